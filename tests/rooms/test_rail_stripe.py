"""What Stripe says that our own other side never says: forged marks, ways of paying that take days."""

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp.test_utils
import aiohttp.web
import msgspec
import pytest

pytest.importorskip("stripe", reason="stripe is not installed: scripts/setup test")

from stripe import WebhookSignature

from changliao.kernel.instant import DAY_US
from changliao.rails.model import Answer, Attempt, AttemptId, NoticeRefused, Word
from changliao.rails.port import Site
from changliao.rails.stripe import Account, StripeRail
from tests.rules.samples import NOW
from tests.rules.test_rails_rules import attempt

SECRET = "whsec_there"
SENT: Attempt = msgspec.structs.replace(
    attempt("sent"), rail="stripe", rail_ref="cs_1", until=NOW + 1
)
SESSION = {
    "id": "cs_1",
    "object": "checkout.session",
    "client_reference_id": SENT.id,
    "metadata": {"attempt": SENT.id},
    "status": "complete",
    "payment_status": "unpaid",
    "payment_intent": "pi_1",
    "amount_total": 1000,
    "currency": "cny",
    "url": None,
}


BACK: Attempt = msgspec.structs.replace(
    SENT, id=AttemptId("att_2"), direction="out", state="created", of=SENT.id, rail_ref=""
)


class There:
    """A Stripe that knows one session and its intent, and forgets keys after a day."""

    def __init__(self) -> None:
        self.intent = "processing"
        self.refunds: list[dict[str, Any]] = []
        site = aiohttp.web.Application()
        site.router.add_get("/v1/checkout/sessions/cs_1", self._session)
        site.router.add_get("/v1/payment_intents/pi_1", self._intent)
        site.router.add_get("/v1/refunds", self._listed)
        site.router.add_post("/v1/refunds", self._refund)
        self.server = aiohttp.test_utils.TestServer(site)

    async def _session(self, _: aiohttp.web.Request) -> aiohttp.web.Response:
        return aiohttp.web.json_response(SESSION)

    async def _intent(self, _: aiohttp.web.Request) -> aiohttp.web.Response:
        told = {"id": "pi_1", "object": "payment_intent", "status": self.intent}
        return aiohttp.web.json_response(told)

    async def _listed(self, _: aiohttp.web.Request) -> aiohttp.web.Response:
        told = {"object": "list", "data": self.refunds, "has_more": False, "url": "/v1/refunds"}
        return aiohttp.web.json_response(told)

    async def _refund(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        said = await request.post()
        made = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "status": "succeeded",
            "amount": int(str(said["amount"])),
            "currency": "cny",
            "metadata": {"attempt": str(said["metadata[attempt]"])},
        }
        self.refunds.append(made)
        return aiohttp.web.json_response(made)


@pytest.fixture
async def there() -> AsyncIterator[There]:
    there = There()
    await there.server.start_server()
    yield there
    await there.server.close()


@pytest.fixture
async def rail(there: There) -> AsyncIterator[StripeRail]:
    site = Site(lambda: NOW, "Here", "https://here.example/notices", str)
    rail = StripeRail(Account("sk_test_x", SECRET, str(there.server.make_url(""))), site)
    yield rail
    await rail.close()


def heard(rail: StripeRail, kind: str, **said: Any) -> Word | None:
    """A notice under the right signature."""
    event = {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "data": {"object": {**SESSION, **said}},
    }
    body = msgspec.json.encode(event)
    header = WebhookSignature.generate_signature_header(body.decode(), SECRET, int(time.time()))
    return rail.read({"stripe-signature": header}, body)


async def test_a_payment_that_takes_days_and_fails_does_not_stay_under_way(
    rail: StripeRail, there: There
) -> None:
    assert (await rail.look(SENT)).outcome == "pending"
    for ended in ("requires_payment_method", "canceled"):
        there.intent = ended
        assert await rail.look(SENT) == Answer("failed", "declined", "cs_1")


async def test_a_refund_whose_key_may_be_forgotten_is_looked_for_before_it_is_sent(
    rail: StripeRail, there: There
) -> None:
    """The server was killed when it had sent it, and stood still for days."""
    back = msgspec.structs.replace(BACK, created_at=NOW - 2 * DAY_US)
    went = Answer("succeeded", "", "re_1", 5, "", 1000, "CNY")
    for _ in range(2):
        assert await rail.send(back, SENT) == went
    assert len(there.refunds) == 1


async def test_the_notice_of_a_payment_that_failed_days_later_says_so(rail: StripeRail) -> None:
    assert heard(rail, "checkout.session.completed") == Word(SENT.id, Answer("pending", "", "cs_1"))
    word = heard(rail, "checkout.session.async_payment_failed")
    assert word == Word(SENT.id, Answer("failed", "declined", "cs_1"))


async def test_a_session_that_bears_our_number_but_not_our_mark_is_not_ours(
    rail: StripeRail,
) -> None:
    """Whoever opens a payment link of the same account names its `client_reference_id`."""
    for kind in ("checkout.session.expired", "checkout.session.completed"):
        assert heard(rail, kind, metadata={}, status="expired") is None


@pytest.mark.parametrize(
    "letters", ["t={now},v1=é", "t={now},v1", "t", "", "t={now},v1=" + "a" * 64]
)
async def test_no_letters_of_a_stranger_in_the_place_of_a_signature_break_it(
    rail: StripeRail, letters: str
) -> None:
    header = letters.format(now=int(time.time()))
    with pytest.raises(NoticeRefused):
        rail.read({"stripe-signature": header}, b"{}")
