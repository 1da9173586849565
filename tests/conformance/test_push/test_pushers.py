"""What every way to a device promises: Web Push, and a phone's own way, of which a small one is here."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

import pytest
from aiohttp import web

from changliao.kernel.instant import SECOND_US
from changliao.push import rules
from changliao.push.model import Delivery, Notice, Subscription
from changliao.push.port import Pusher
from changliao.push.web import WebPush
from changliao.wire.outbound import Outbound
from tests.pushed import Browser, PushService

NOW_US = 1_770_000_000 * SECOND_US
CLOSED = {"gone": 410, "later": 503, "refused": 403}


class Ground(Protocol):
    """A way, what it brought, and what its other side does next."""

    pusher: Pusher
    to: Subscription

    def brought(self) -> list[bytes]:
        """What arrived at the device."""

    def next(self, outcome: str, after_s: int = 0) -> None:
        """The other side answers so the next time."""


class Phone:
    """A phone maker's way: it keeps one notice for each topic until the phone fetches it."""

    def __init__(self) -> None:
        self.shelf: dict[tuple[str, str], bytes] = {}
        self.answers: list[Delivery] = []

    async def push(self, to: Subscription, notice: Notice) -> Delivery:
        if self.answers:
            return self.answers.pop(0)
        self.shelf[to.id, notice.topic] = notice.payload
        return Delivery("sent")

    async def close(self) -> None:
        self.shelf.clear()


class OnPhone:
    def __init__(self) -> None:
        self.phone = Phone()
        self.pusher: Pusher = self.phone
        self.to = Subscription("psb_1", "per_1", "ses_1", "phone-token", "", "", 0)

    def brought(self) -> list[bytes]:
        return list(self.phone.shelf.values())

    def next(self, outcome: str, after_s: int = 0) -> None:
        self.phone.answers.append(Delivery(outcome, after_s))  # type: ignore[arg-type]


class OnWeb:
    def __init__(self, service: PushService) -> None:
        self.service, self.browser = service, Browser()
        keys = self.browser.keys()
        calls = Outbound(allow_private=True, timeout_s=5)
        self.pusher: Pusher = WebPush(calls, b"s" * 32, "https://chat.example", lambda: NOW_US)
        self.to = Subscription(
            "psb_1", "per_1", "ses_1", service.at("1"), keys["p256dh"], keys["auth"], 0
        )
        self.failed = 0

    def brought(self) -> list[bytes]:
        """As a push service keeps it: the newest of each topic."""
        kept = {headers["topic"]: body for headers, body in self.service.heard[self.failed :]}
        return [self.browser.opened(body) for body in kept.values()]

    def next(self, outcome: str, after_s: int = 0) -> None:
        self.failed += 1
        headers = {"retry-after": str(after_s)} if after_s else {}
        self.service.answers.append(web.Response(status=CLOSED[outcome], headers=headers))


@pytest.fixture(params=["web", "phone"])
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    service = await PushService().start()
    made: Callable[[], Ground] = (lambda: OnWeb(service)) if request.param == "web" else OnPhone
    found = made()
    yield found
    await found.pusher.close()
    await service.stop()


def notice(to: Subscription, text: str, where: str = "cv_1") -> Notice:
    return rules.notice(to, {"c": where, "text": text}, urgent=True)


async def test_a_notice_arrives_as_it_was(ground: Ground) -> None:
    one = notice(ground.to, "茶 🍵")
    assert await ground.pusher.push(ground.to, one) == Delivery("sent")
    assert ground.brought() == [one.payload]


async def test_a_later_one_of_the_same_topic_takes_its_place(ground: Ground) -> None:
    for text in ("one", "two", "two"):
        assert (await ground.pusher.push(ground.to, notice(ground.to, text))).outcome == "sent"
    other = notice(ground.to, "else", "cv_2")
    await ground.pusher.push(ground.to, other)
    assert ground.brought() == [notice(ground.to, "two").payload, other.payload]


@pytest.mark.parametrize("outcome", ["gone", "later", "refused"])
async def test_trouble_is_an_answer_and_the_next_one_may_be_better(
    ground: Ground, outcome: str
) -> None:
    after_s = 30 if outcome == "later" else 0
    ground.next(outcome, after_s)
    one = notice(ground.to, "hi")
    assert await ground.pusher.push(ground.to, one) == Delivery(outcome, after_s)  # type: ignore[arg-type]
    assert ground.brought() == []
    assert (await ground.pusher.push(ground.to, one)).outcome == "sent"
    assert ground.brought() == [one.payload]
