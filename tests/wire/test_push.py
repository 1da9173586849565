"""Notices over HTTP: a push service of the test takes, opens and checks what is left for a browser."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from changliao.chat.api.session import Session
from changliao.push import rules
from changliao.push.model import Delivery, Subscription
from tests.patience import PATIENCE_S
from tests.pushed import Browser, PushService, sender_of
from tests.wire.platform import Someone, Town


class Street:
    """Two friends, one of whom has a device that is told."""

    def __init__(self, town: Town, service: PushService) -> None:
        self.town, self.service, self.browser = town, service, Browser()

    async def start(self) -> "Street":
        self.lin, self.chen = [await self.town.person(pin=False) for _ in range(2)]
        await self.town.befriend(self.lin, self.chen)
        await self.town.settled()
        self.where = await self.town.direct(self.lin, self.chen)
        return self

    async def subscribes(self, who: Someone, endpoint: str = "", browser: Any = None) -> Any:
        body = {
            "endpoint": endpoint or self.service.at(who.handle),
            "keys": (browser or self.browser).keys(),
        }
        return await self.town.done("POST", "/v1/push/subscriptions", body, token=who.token)

    async def says(self, text: str, where: str = "") -> Any:
        path = f"/v1/conversations/{where or self.where}/messages"
        body = {"k": "text", "b": {"text": text}}
        return await self.town.done("POST", path, body, token=self.lin.token)

    async def passes(self, seconds: int = 5) -> None:
        """Followers hear of it, so much time passes, and what is due then is done."""
        await self.town.settled()
        self.town.clock.forward(seconds)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if not await self.town.platform.db.read(_undone, self.town.clock()):
                    return
                await asyncio.sleep(0.01)

    async def left(self) -> list[str]:
        """Whose devices are told still."""
        path = "/v1/push/subscriptions"
        found = await self.town.done("GET", path, token=self.chen.token)
        return [one["id"] for one in found["items"]]


def _undone(reader: Any, now: int) -> bool:
    sql = (
        "SELECT 1 FROM bus_jobs WHERE kind IN ('push.tell', 'push.again') AND state = 'waiting'"
        " AND (run_at <= ? OR again_at > 0)"
    )
    return bool(reader.query(sql, now))


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    found = await PushService().start()
    yield found
    await found.stop()


@pytest.fixture
async def street(town: Town, service: PushService) -> Street:
    return await Street(town, service).start()


async def test_a_browser_is_told_of_a_message_and_it_alone_can_read_it(street: Street) -> None:
    await street.subscribes(street.chen)
    await street.subscribes(street.lin)
    entry = await street.says("今晚喝茶吗 🍵")
    await street.passes()
    [(headers, body)] = street.service.heard
    said = street.browser.read(body)
    assert (said["c"], said["s"], said["k"]) == (street.where, entry["s"], "text")
    assert (said["text"], said["name"], said["n"]) == ("今晚喝茶吗 🍵", "", 1)
    assert "茶".encode() not in body
    key = (await street.town.done("GET", "/v1/push/key", token=street.chen.token))["key"]
    claims = sender_of(headers["authorization"], key)
    assert claims["aud"] == street.service.origin
    assert claims["sub"] == street.town.platform.settings.url
    assert 0 < claims["exp"] - street.town.clock() // 1_000_000 <= 86_400
    wanted = {"content-encoding": "aes128gcm", "ttl": "86400", "urgency": "high"}
    assert wanted.items() <= headers.items()
    assert len(headers["topic"]) == 32


async def test_a_burst_is_one_notice_and_the_next_one_takes_its_place(street: Street) -> None:
    await street.subscribes(street.chen)
    for text in ("one", "two", "three"):
        await street.says(text)
    await street.passes()
    await street.says("four")
    await street.passes()
    said = [street.browser.read(body) for _, body in street.service.heard]
    assert [(one["text"], one["n"]) for one in said] == [("three", 3), ("four", 4)]
    assert len({headers["topic"] for headers, _ in street.service.heard}) == 1


async def test_nobody_is_told_who_is_connected_or_has_read_it(street: Street) -> None:
    await street.subscribes(street.chen)
    platform = street.town.platform
    entry = await street.says("hi")
    path = f"/v1/conversations/{street.where}/read"
    await street.town.done("PUT", path, {"s": entry["s"]}, token=street.chen.token)
    await street.passes()
    here = Session(platform.hub, platform.desk, platform.socket_tokens)
    here.person_id = street.chen.id
    platform.hub.add(here)
    await street.says("you are here")
    await street.passes(120)
    assert street.service.heard == []
    await street.says("and gone")
    await street.town.settled()
    platform.hub.drop(here)
    await street.passes(120)
    assert [street.browser.read(body)["text"] for _, body in street.service.heard] == ["and gone"]


async def test_an_app_that_shows_nothing_says_so_and_night_is_quiet(street: Street) -> None:
    await street.subscribes(street.chen)
    path, token = "/v1/push/settings", street.chen.token
    await street.town.done("PUT", path, {"content": False}, token=token)
    await street.says("hush")
    await street.passes()
    [(_, body)] = street.service.heard
    assert set(street.browser.read(body)) == {"c", "s", "at", "hidden"}
    always = {"quiet_from": "00:00", "quiet_to": "23:59", "offset_min": 0}
    now_min = street.town.clock() // 60_000_000 % 1440
    if now_min >= 1437:  # The last minutes of the day are not in it.
        always["offset_min"] = 60
    await street.town.done("PUT", path, always, token=token)
    await street.says("at night")
    await street.passes()
    assert len(street.service.heard) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_the_browser_ended_is_forgotten(
    street: Street, status: int
) -> None:
    await street.subscribes(street.chen)
    street.service.answers.append(web.Response(status=status))
    await street.says("hi")
    await street.passes()
    assert len(street.service.heard) == 1 and await street.left() == []
    await street.says("again")
    await street.passes()
    assert len(street.service.heard) == 1


async def test_a_busy_push_service_is_asked_again_when_it_says(street: Street) -> None:
    await street.subscribes(street.chen)
    other = Browser()
    token = await street.town.sign_in(street.chen.handle)
    elsewhere = Someone(street.chen.id, street.chen.handle, token)
    await street.subscribes(elsewhere, street.service.at("second"), other)
    busy = web.Response(status=503, headers={"retry-after": "100"})
    street.service.answers.append(busy)
    await street.says("hi")
    await street.passes()
    assert len(street.service.heard) == 2
    await street.passes(90)
    assert len(street.service.heard) == 2
    await street.passes(20)
    ways = [headers["way"] for headers, _ in street.service.heard]
    assert len(ways) == 3 and ways[2] == ways[0] != ways[1]  # The other one was told already.


async def test_a_push_service_that_leads_elsewhere_is_not_followed(street: Street) -> None:
    mine = await street.subscribes(street.chen)
    away = web.Response(status=307, headers={"location": street.service.at("elsewhere")})
    street.service.answers.append(away)
    await street.says("hi")
    await street.passes()
    await street.passes(120)
    assert [headers["way"] for headers, _ in street.service.heard] == [f"send/{street.chen.handle}"]
    assert await street.left() == [mine["id"]]


async def test_a_push_service_that_hangs_holds_nobody_up(street: Street) -> None:
    other, service = await street.town.person(pin=False), await PushService().start()
    await street.town.befriend(street.lin, other)
    await street.town.settled()
    await street.subscribes(street.chen)
    await street.subscribes(other, service.at("quick"))
    street.service.hangs = True
    await street.says("hi")
    await street.says("hi", await street.town.direct(street.lin, other))
    await street.town.settled()
    street.town.clock.forward(5)
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(service.one(), street.service.one())
    await service.stop()


async def test_a_session_that_ends_is_told_no_more(street: Street) -> None:
    await street.subscribes(street.chen)
    token = await street.town.sign_in(street.chen.handle)
    before, street.chen.token = street.chen.token, token
    sessions = await street.town.done("GET", "/v1/sessions", token=before)
    [mine] = [one["id"] for one in sessions["items"] if one["current"]]
    await street.town.done("DELETE", f"/v1/sessions/{mine}", token=token)
    await street.says("hi")
    await street.passes()
    assert street.service.heard == [] and await street.left() == []


async def test_nothing_is_sent_to_private_addresses(tmp_path: Path, service: PushService) -> None:
    town = await Town(tmp_path, allow_private_callbacks=False).start()
    try:
        street = await Street(town, service).start()
        body = {"keys": street.browser.keys()}
        for endpoint in (
            service.at("x"),
            "https://127.0.0.1/x",
            "https://10.1.2.3/x",
            "https://box.internal/x",
            "http://push.example/x",
            "https://push.example/#x",
            "javascript:alert(1)",
            "https://push.example/" + "x" * 1000,
            "",
        ):
            refused = await town.call(
                "POST",
                "/v1/push/subscriptions",
                body | {"endpoint": endpoint},
                token=street.chen.token,
            )
            assert refused.status_code == 400, endpoint
            assert refused.json()["code"] == "push_endpoint_invalid"
            assert refused.json()["field"] == "endpoint"
        # What leads there only when it is called, too.
        keys = street.browser.keys()
        to = Subscription("psb_1", "p", "s", service.at("x"), keys["p256dh"], keys["auth"], 0)
        said = rules.notice(to, {"c": "cv_1"}, urgent=False)
        assert await town.platform.pusher.push(to, said) == Delivery("refused")
        assert service.heard == []
    finally:
        await town.stop()
