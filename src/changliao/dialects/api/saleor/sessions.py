"""Sessions of storefronts: a payment is made at the cashier, and where it stands is told."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from changliao.dialects import numbers
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.saleor import amounts, settings, standing, verbs
from changliao.dialects.api.saleor.door import Asked, Door
from changliao.dialects.api.saleor.manifest import GATEWAY, INITIALIZE, PROCESS, Webhook
from changliao.dialects.api.saleor.refusals import EventRefused, StorefrontNotAllowed
from changliao.dialects.api.saleor.shapes import Action, Event
from changliao.dialects.model import AskSaying, Said
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.refusal import Exhausted, Refusal
from changliao.pay import service as pay
from changliao.pay.model import AskPayment, Payment
from changliao.wire.call import Answer, Call
from changliao.wire.routes import Route

MESSAGE_MAX = 512
_ECHOED_MAX = 100  # Decimal digits before or behind the point.
_JSON = msgspec.json.Encoder(decimal_format="number")
"""Amounts as JSON numbers with all their digits: what Saleor's scalars are."""

Shown = dict[str, Any]


def answer(shown: Shown) -> Answer:
    """What a webhook answers."""
    return Answer(_JSON.encode(shown))


def failed(kind: str, action: Action, refusal: Refusal) -> Shown:
    """A refusal as Saleor keeps it: a failure of the amount that was asked for, and why."""
    return {
        "result": f"{kind}_{standing.FAILURE}",
        "amount": action.wanted if _is_told(action) else 0,
        "message": f"{refusal.detail} {refusal.hint}".strip()[:MESSAGE_MAX],
    }


def _is_told(action: Action) -> bool:
    """Whether its amount is a number that Saleor could have sent."""
    return action.wanted.is_finite() and abs(action.wanted.adjusted()) < _ECHOED_MAX


def part(found: Any) -> Any:
    """A part that this event must have."""
    if found is None:
        raise EventRefused(field="body")
    return found


class Sessions:
    """The three webhooks that a storefront causes."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door

    def routes(self, path: Callable[[Webhook], str]) -> list[Route]:
        """Their addresses."""
        return [
            Route("POST", path(GATEWAY), self.gateway),
            Route("POST", path(INITIALIZE), self.initialize),
            Route("POST", path(PROCESS), self.process),
        ]

    async def gateway(self, call: Call, number: str) -> Answer:
        """What a storefront may want to know before it begins: nothing but whether money is real."""
        asked = await self._door.asked(call, number, GATEWAY)
        return answer({"data": {"mode": asked.known.account.mode}})

    async def initialize(self, call: Call, number: str) -> Answer:
        """A payment for the transaction, and the cashier's address for the person who pays. Asked again
        it is the same payment, wherever it stands."""
        asked = await self._door.asked(call, number, INITIALIZE)
        action: Action = part(asked.event.action)
        kind = _kind(action)
        try:
            ask = self._saying(asked, action, kind)
            payment = await self._ground.db.write(numbers.saying_payment, ask)
        except Exhausted:
            raise
        except Refusal as refusal:
            return answer({**failed(kind, action, refusal), "actions": [], "data": _why(refusal)})
        return self._standing(payment)

    async def process(self, call: Call, number: str) -> Answer:
        """Where the payment stands."""
        asked = await self._door.asked(call, number, PROCESS)
        action: Action = part(asked.event.action)
        try:
            payment = await self._ground.db.read(
                verbs.transaction_of,
                asked.known.caller,
                asked.instance.id,
                part(asked.event.transaction).id,
            )
        except Exhausted:
            raise
        except Refusal as refusal:
            shown = failed(_kind(action), action, refusal)
            return answer({**shown, "actions": [], "data": _why(refusal)})
        return self._standing(payment)

    def _saying(self, asked: Asked, action: Action, kind: str) -> AskSaying:
        account, event = asked.known.account, asked.event
        transaction_id = part(event.transaction).id
        amount = amounts.minor(action.wanted, action.currency)
        payment = AskPayment(
            asked.known.caller,
            amount,
            action.currency,
            transaction_id,
            _description(event),
            _return_url(asked),
            capture="manual" if kind == standing.AUTHORIZATION else "auto",
        )
        said = {verbs.TRANSACTION: transaction_id, verbs.INSTANCE: asked.instance.id}
        same = f"{asked.instance.id} {kind} {amount} {action.currency}".encode()
        about = Said(
            account,
            asked.instance.api_url,
            payment.return_url,
            hashlib.sha256(same).digest(),
            said,
        )
        return AskSaying(pay.create_payment, payment, about)

    def _standing(self, payment: Payment) -> Answer:
        db, url = self._ground.db, self._ground.cashier_url(payment.id)
        return answer(
            {
                "pspReference": payment.id,
                "result": standing.result(payment),
                "amount": amounts.decimal(payment.amount, payment.currency),
                "time": rfc3339(Instant(payment.changed_at)),
                "externalUrl": console_url(url, payment),
                "message": payment.reason[:MESSAGE_MAX],
                "actions": standing.actions(payment, db.clock()),
                "data": {"url": url, "paymentId": payment.id, "status": payment.status},
            }
        )


def console_url(cashier_url: str, payment: Payment) -> str:
    """Where the shop's own people see the payment."""
    site = cashier_url.partition("/pay/")[0]
    return f"{site}/console/payment?app={payment.app_id}&mode={payment.mode}&id={payment.id}"


def _kind(action: Action) -> str:
    if action.action_type not in (standing.CHARGE, standing.AUTHORIZATION):
        raise EventRefused(field="actionType")
    return action.action_type


def _description(event: Event) -> str:
    number = event.source_object.number if event.source_object else ""
    return f"#{number}" if number and len(number) < 100 and number.isprintable() else ""


def _return_url(asked: Asked) -> str:
    """Where people come back to. Whoever pays may write the storefront's words, so only the shop's own
    storefronts count."""
    wanted = asked.event.return_url
    if wanted and settings.origin(wanted) not in settings.storefronts(asked.known.account):
        raise StorefrontNotAllowed(field="returnUrl")
    return wanted


def _why(refusal: Refusal) -> Shown:
    return {"code": refusal.code, "field": refusal.field}
