"""Reports to Saleor: `transactionEventReport` for whatever happened to a payment, by whomever.

Source: Saleor's docs, "Reporting actions for transactions". An event with the pspReference, type and amount
of an earlier one is answered with `alreadyProcessed`, so a report may be repeated, and may tell what a
webhook's answer has told.
"""

from decimal import Decimal
from typing import Any

import msgspec

from changliao.bus import outbox
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.dialects import instances, service
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.saleor import amounts, standing, verbs
from changliao.dialects.api.saleor.registration import headers
from changliao.dialects.api.saleor.sessions import MESSAGE_MAX, console_url
from changliao.dialects.api.saleor.shapes import ReportAnswer
from changliao.dialects.model import Account, Notice
from changliao.kernel.ids import looks_like
from changliao.kernel.instant import Instant, rfc3339
from changliao.pay import service as pay
from changliao.pay.model import Payment
from changliao.wire.outbound import Told

MUTATION = (
    "mutation Report($id: ID!, $type: TransactionEventTypeEnum!, $amount: PositiveDecimal!,"
    " $pspReference: String!, $time: DateTime, $message: String, $externalUrl: String,"
    " $availableActions: [TransactionActionEnum!]) {"
    " transactionEventReport(id: $id, type: $type, amount: $amount, pspReference: $pspReference,"
    " time: $time, message: $message, externalUrl: $externalUrl,"
    " availableActions: $availableActions) { alreadyProcessed errors { field code message } } }"
)
_JSON = msgspec.json.Encoder(decimal_format="number")
_EXACT = msgspec.json.Decoder(float_hook=Decimal)
_FAILED = ("payment.attempt_failed",)
_CLOSED = ("payment.canceled", "payment.expired")


def tells(reader: Reader, fact: FactRow) -> list[tuple[str, str]]:
    """The report that a fact is: its type, and what it is about. What was paid of a hold is told capture
    by capture."""
    if fact.kind.startswith("refund."):
        ending = {"refund.succeeded": standing.SUCCESS, "refund.failed": standing.FAILURE}
        subject = str(msgspec.json.decode(fact.body)["refund_id"])
        found = ending.get(fact.kind)
        return [(f"{standing.REFUND}_{found}", subject)] if found else []
    kind = _kind(pay.payment(reader, fact.about), fact.kind) if _is_told(fact.kind) else ""
    return [(kind, fact.about)] if kind else []


def _is_told(kind: str) -> bool:
    told = ("payment.authorized", "payment.paid", "payment.captured", *_FAILED, *_CLOSED)
    return kind in told


def _kind(payment: Payment, fact: str) -> str:
    held = bool(payment.hold_id)
    if fact == "payment.authorized":
        return f"{standing.AUTHORIZATION}_{standing.SUCCESS}"
    if fact == "payment.captured" or (fact == "payment.paid" and not held):
        return f"{standing.CHARGE}_{standing.SUCCESS}"
    if fact in _CLOSED and held:
        return f"{standing.CANCEL}_{standing.SUCCESS}"
    if fact == "payment.paid":
        return ""
    return f"{standing.first_step(payment)}_{standing.FAILURE}"


class Reports:
    """Renders reports once, and gives each try the token and what may be requested at that moment."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def render(self, account: Account, notice: Notice) -> str:
        """The variables of the mutation, but for what may be requested next."""
        variables = await self._ground.db.read(self._variables, notice)
        return _JSON.encode(variables).decode()

    async def dressed(self, account: Account, notice: Notice) -> bytes:
        """The mutation. What may be requested is how things stand now: reports may come late, and not in
        the order in which things happened."""
        variables = _EXACT.decode(notice.body)
        payment = await self._ground.db.read(_payment, notice.subject)
        variables["availableActions"] = standing.actions(payment, self._ground.db.clock())
        return _JSON.encode({"query": MUTATION, "variables": variables})

    async def headers(self, account: Account, notice: Notice) -> dict[str, str]:
        """The token of the app at that instance, as it is now."""
        db = self._ground.db
        instance = await db.read(instances.instance_at, account.id, notice.url)
        assert instance is not None, "reports go to instances that have registered"
        return headers(instances.token_of(db.vault, instance))

    def _variables(self, reader: Reader, notice: Notice) -> dict[str, Any]:
        fact = outbox.fact(reader, notice.seq)
        assert fact is not None
        payment = pay.payment(reader, fact.about)
        said = service.particulars(reader, payment.id)
        assert said is not None
        body = msgspec.json.decode(fact.body)
        return {
            "id": said.said[verbs.TRANSACTION],
            "type": notice.kind,
            "amount": amounts.decimal(body["amount"], payment.currency),
            "pspReference": _reference(payment, notice, fact.kind, body),
            "time": rfc3339(Instant(fact.at)),
            "message": str(body.get("reason", ""))[:MESSAGE_MAX],
            "externalUrl": console_url(self._ground.cashier_url(payment.id), payment),
        }


def _reference(payment: Payment, notice: Notice, fact: str, body: dict[str, Any]) -> str:
    if fact == "payment.captured":
        return standing.capture_reference(payment.id, body["captured_amount"])
    if fact in _CLOSED and payment.hold_id:
        return standing.void_reference(payment.id)
    return notice.subject


def _payment(reader: Reader, subject: str) -> Payment:
    """The payment that a notice is about, or whose refund it is about."""
    if looks_like("re", subject):
        return pay.payment(reader, pay.refund(reader, subject).payment_id)
    return pay.payment(reader, subject)


def heard(told: Told) -> bool:
    """Whether Saleor has the event now; `alreadyProcessed` is as good."""
    if told.trouble:
        return False
    try:
        answer = msgspec.json.decode(told.text, type=ReportAnswer)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    report = answer.data.transaction_event_report if answer.data else None
    return report is not None and not report.errors
