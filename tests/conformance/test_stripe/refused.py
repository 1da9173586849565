"""What a shop is refused: one table, told through both SDKs, which name their errors alike."""

from collections.abc import Awaitable
from typing import Any, Protocol

from tests.conformance.test_stripe.world import Side, StripeTown, heard
from tests.wire.platform import Receiver, Someone

Refused = tuple[str, str | None, int]
"""The error's class without `Stripe`, its code, the status."""
INVALID, STATE = "InvalidRequestError", "payment_intent_unexpected_state"


class Ask(Protocol):
    """A method of an SDK by its dotted name in Python; None when it was not refused."""

    def __call__(self, path: str, *values: Any, key: str = "") -> Awaitable[Refused | None]: ...


async def every_refusal(side: Side, lin: Someone, ask: Ask, stranger: Ask) -> None:
    """The table by `ask`; `stranger` has a key of nobody's. No money moves. A request has neither nonce nor
    stamp in this protocol: what comes twice is known by its Idempotency-Key, and stamps are in webhooks."""
    paid = await side.bought(lin)
    shut = (await side.session()).id
    back = {"payment_intent": paid.payment_intent, "amount": 300}
    gone = "pi_" + shut[8:]
    assert await ask("checkout.sessions.expire", shut) is None
    assert await ask("refunds.create", back, key="once") is None
    home = {"return_url": "https://shop.example/back"}
    before = await side.town.books()
    for kind, code, status, path, values, key in (
        ("IdempotencyError", None, 400, "refunds.create", [back | {"amount": 301}], "once"),
        (INVALID, "amount_too_large", 400, "refunds.create", [back | {"amount": 701}], ""),
        (INVALID, STATE, 400, "refunds.create", [{"payment_intent": gone}], ""),
        (INVALID, STATE, 400, "payment_intents.confirm", [gone, home], ""),
        (INVALID, STATE, 400, "checkout.sessions.expire", [shut], ""),
        (INVALID, STATE, 400, "checkout.sessions.expire", [paid.id], ""),
        (INVALID, "resource_missing", 404, "refunds.retrieve", ["re_nobody"], ""),
    ):
        assert await ask(path, *values, key=key) == (kind, code, status), (path, values)
    assert await stranger("refunds.create", back) == ("AuthenticationError", None, 401)
    assert await side.town.books() == before


async def told_late(town: StripeTown, receiver: Receiver) -> tuple[str, str, str]:
    """Body, signature and secret of a webhook from a town whose clock is behind."""
    side, lin = await town.new_side(), await town.person(money=5000)
    said: Any = {"url": receiver.url, "enabled_events": ["checkout.session.completed"]}
    hook = await side.run(side.client.v1.webhook_endpoints.create, said)
    await side.bought(lin)
    (headers, body), *_ = await heard(receiver, 1)
    return body.decode(), headers["stripe-signature"], hook.secret
