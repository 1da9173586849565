"""Stripe, by its own SDK: people pay at a hosted Checkout Session; refunds by payment intent.

Every POST carries the attempt's id as its idempotency key, so what was lost is asked for again and is
still one thing. The SDK's own retries are off: the job asks again, and doubt is written down before.

Source: Stripe's API reference (Checkout Sessions, Refunds, webhook signatures, currencies).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import stripe

from changliao.kernel.instant import HOUR_US, SECOND_US
from changliao.kernel.value import Value
from changliao.rails import rules
from changliao.rails.model import Answer, Attempt, NoticeRefused, Word
from changliao.rails.port import TIMEOUT_S, Hear, Site

NAME = "stripe"
_OPEN_US = HOUR_US
"""How long a session is open unless we end it: Stripe takes nothing below half an hour."""
_KEY_US = 12 * HOUR_US
"""How long a key certainly makes two requests one: Stripe may forget it after a day."""
_TWO_MORE = frozenset({"ISK", "UGX"})
"""Currencies without minor units that Stripe counts in hundredths."""
_NOT_TAKEN = frozenset({"MGA"})
"""Stripe counts ariary whole, our books in hundredths."""
_CERTAIN = (
    stripe.InvalidRequestError,
    stripe.AuthenticationError,
    stripe.PermissionError,
    stripe.CardError,
)
"""Refusals: nothing was done. Everything else that the SDK raises is doubt."""
_FAILED = "checkout.session.async_payment_failed"
_SESSIONS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    _FAILED,
    "checkout.session.expired",
)
_REFUNDS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")


class Account(Value, frozen=True, forbid_unknown_fields=True):
    """A Stripe account, as `rails.toml` names it. Without `webhook_secret` no notice is believed, and
    queries alone settle."""

    secret_key: str
    webhook_secret: str = ""
    url: str = "https://api.stripe.com"

    @property
    def mode(self) -> Literal["live", "test"]:
        """The mode that the key is for."""
        return "test" if "_test_" in self.secret_key[:8] else "live"


class StripeRail:
    """Checkout Sessions inwards, refunds outwards. A session's id is the attempt's `rail_ref`."""

    name, top_up = NAME, False
    thanks = b"{}"

    def __init__(self, account: Account, site: Site) -> None:
        self._account, self._site = account, site
        self.test_only = account.mode == "test"
        self._http = stripe.AIOHTTPClient(timeout=TIMEOUT_S)
        self._v1 = stripe.StripeClient(
            account.secret_key,
            base_addresses={"api": account.url.rstrip("/")},
            max_network_retries=0,
            http_client=self._http,
        ).v1

    def listen(self, hear: Hear) -> None:
        """What Stripe reports comes by `read`."""

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def send(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        if attempt.currency in _NOT_TAKEN:
            return Answer("failed", "currency_not_taken")
        if of is None:
            return await self._order(attempt)
        if self._site.clock() - attempt.created_at > _KEY_US:  # Perhaps sent before we were killed.
            return await self._look_at_refund(attempt, of)
        return await self._refund(attempt, of)

    async def look(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        if of is not None:
            return await self._look_at_refund(attempt, of)
        if not attempt.rail_ref:  # Its answer was lost: the same key brings the same session.
            return await self._order(attempt)
        session = await self._v1.checkout.sessions.retrieve_async(attempt.rail_ref)
        if session.status == "open" and self._site.clock() >= attempt.until:
            return await self._end(attempt)
        if (session.status, session.payment_status) == ("complete", "unpaid"):
            return await self._took_days(session)
        return _sold(session)

    def read(self, headers: Mapping[str, str], body: bytes) -> Word | None:
        """An event under a signature of the last five minutes."""
        secret = self._account.webhook_secret
        try:
            if not secret:
                raise NoticeRefused
            signature = headers.get("stripe-signature", "")
            signature.encode("ascii")  # The SDK breaks on other letters.
            event = stripe.Webhook.construct_event(body, signature, secret)
        except (ValueError, stripe.SignatureVerificationError):
            raise NoticeRefused from None
        told: Any = event.data.object
        # Not by `client_reference_id`: whoever opens a payment link of the account names that.
        number = _marked(told) if event.type in (*_SESSIONS, *_REFUNDS) else ""
        if not number:
            return None
        if event.type == _FAILED:
            return Word(number, Answer("failed", "declined", told.id))
        return Word(number, _sold(told) if event.type in _SESSIONS else _returned(told))

    # Inwards --------------------------------------------------------------------------------

    async def _order(self, attempt: Attempt) -> Answer:
        """Open a session; with the same key the one that is open already, for a day at least."""
        back, mark = self._site.cashier_url(attempt.about), {"attempt": attempt.id}
        price = {
            "currency": attempt.currency.lower(),
            "unit_amount": _theirs(attempt.amount, attempt.currency),
            "product_data": {"name": f"{self._site.name} {attempt.about}"},
        }
        params: Any = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "client_reference_id": attempt.id,
            "metadata": mark,
            "payment_intent_data": {"metadata": mark},
            "success_url": back,
            "cancel_url": back,
            "expires_at": (attempt.created_at + _OPEN_US) // SECOND_US,
        }
        create = self._v1.checkout.sessions.create_async
        return await _certainly(lambda: create(params, {"idempotency_key": attempt.id}), _sold)

    async def _took_days(self, session: Any) -> Answer:
        """By some ways of paying (bank debits, vouchers) the money comes days after the session is
        complete, or never: the session does not say so, its intent does."""
        intent = await self._v1.payment_intents.retrieve_async(_intent_of(session))
        if intent.status in ("requires_payment_method", "canceled"):
            return Answer("failed", "declined", session.id)
        return _sold(session)

    async def _end(self, attempt: Attempt) -> Answer:
        try:
            return _sold(await self._v1.checkout.sessions.expire_async(attempt.rail_ref))
        except _CERTAIN:  # Perhaps it is being paid now: asked again.
            return Answer("pending")

    # Outwards -------------------------------------------------------------------------------

    async def _refund(self, attempt: Attempt, of: Attempt) -> Answer:
        """Refund under the attempt's id as the key: one refund however often it is asked for."""
        params: Any = {
            "payment_intent": await self._intent(of),
            "amount": _theirs(attempt.amount, attempt.currency),
            "metadata": {"attempt": attempt.id},
        }
        create = self._v1.refunds.create_async
        return await _certainly(lambda: create(params, {"idempotency_key": attempt.id}), _returned)

    async def _look_at_refund(self, attempt: Attempt, of: Attempt) -> Answer:
        """By its id, or by our mark among the refunds of the payment: a key is forgotten after a day."""
        if attempt.rail_ref:
            return _returned(await self._v1.refunds.retrieve_async(attempt.rail_ref))
        listed = await self._v1.refunds.list_async(
            {"payment_intent": await self._intent(of), "limit": 100}
        )
        async for refund in listed.auto_paging_iter():
            if _marked(refund) == attempt.id:
                return _returned(refund)
        return await self._refund(attempt, of)

    async def _intent(self, of: Attempt) -> str:
        return _intent_of(await self._v1.checkout.sessions.retrieve_async(of.rail_ref))


async def _certainly(call: Callable[[], Awaitable[Any]], read: Callable[[Any], Answer]) -> Answer:
    """What a call that makes something came to; a refusal is one, any other trouble is raised as doubt."""
    try:
        return read(await call())
    except _CERTAIN as error:
        return Answer("failed", str(error.code or type(error).__name__))


def _sold(session: Any) -> Answer:
    """How a session stands."""
    if session.payment_status == "paid":
        currency = str(session.currency).upper()
        moved = _ours(session.amount_total, currency)
        return Answer("succeeded", "", session.id, 5, "", moved, currency)
    if session.status == "expired":
        return Answer("failed", rules.EXPIRED, session.id)
    return Answer("pending", "", session.id, pay_url=session.url or "")


def _returned(refund: Any) -> Answer:
    """How a refund stands."""
    if refund.status == "succeeded":
        currency = str(refund.currency).upper()
        moved = _ours(refund.amount, currency)
        return Answer("succeeded", "", refund.id, 5, "", moved, currency)
    if refund.status in ("failed", "canceled"):
        return Answer("failed", str(refund.status), refund.id)
    return Answer("pending", "", refund.id)


def _intent_of(session: Any) -> str:
    intent = session.payment_intent
    return intent if isinstance(intent, str) else str(getattr(intent, "id", ""))


def _marked(told: Any) -> str:
    """The attempt that a session or a refund is, by the mark that we put on it."""
    marks = told.metadata
    return str(marks["attempt"]) if marks and "attempt" in marks else ""


def _theirs(amount: int, currency: str) -> int:
    return amount * 100 if currency in _TWO_MORE else amount


def _ours(amount: int, currency: str) -> int:
    return amount // 100 if currency in _TWO_MORE else amount
