"""Routes for shops that share payments among receivers: splits, their end, returns."""

from collections.abc import Sequence
from typing import Literal

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.vault import Vault
from changliao.kernel.ids import looks_like
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.ledger.model import AmountNotPositive
from changliao.partners import service as partners
from changliao.partners.model import Caller, RoleForbids, ScopeForbids
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.api.shop import PAGING, positive
from changliao.pay.model import Mode, ReceiverKind, Split, SplitLine, SplitReturn
from changliao.pay.service import Cut
from changliao.people.model import PersonNotFound
from changliao.wire.call import Call
from changliao.wire.routes import CREATED, Guard, Param, Routes

_ALLOWED = (ScopeForbids, RoleForbids)
_REFERENCES = (m.ReferenceInvalid, m.ReferenceTaken, m.TextTooLong)


class ReceiverBody(Value, frozen=True, forbid_unknown_fields=True):
    """Who is to have how much, in minor units: another app (on its balance) or a person (in the
    wallet) by the open id that this app knows."""

    kind: ReceiverKind
    id: str
    amount: int
    description: str = ""


class SplitBody(Value, frozen=True, forbid_unknown_fields=True):
    """Receivers, 1 to 50, and the shop's own number of this split. `finish` gives the rest of what was
    set aside to the shop and ends the splitting."""

    reference: str
    receivers: tuple[ReceiverBody, ...]
    finish: bool = False


class SplitEndBody(Value, frozen=True, forbid_unknown_fields=True):
    """The shop's own number of this last split, which has no receivers."""

    reference: str
    description: str = ""


class SplitReturnBody(Value, frozen=True, forbid_unknown_fields=True):
    """From which receiver line how much comes back, in minor units; left out: all that is left."""

    reference: str
    line_id: str
    amount: int | None = None
    reason: str = ""


class SplitLineView(View, frozen=True):
    """What one receiver had. `id` is the line's own; `receiver` the app or person."""

    id: str
    kind: ReceiverKind
    receiver: str
    amount: int
    returned_amount: int
    description: str


class SplitView(View, frozen=True):
    """A split: done as a whole. With `finish` it was the last one, and `rest_amount` went to the
    shop."""

    id: str
    payment_id: str
    reference: str
    mode: Mode
    amount: int
    currency: str
    description: str
    finish: bool
    rest_amount: int
    receivers: list[SplitLineView]
    created_at: str


class Splits(View, frozen=True):
    """A payment's splits, oldest first."""

    items: list[SplitView]


class SplitPage(View, frozen=True):
    """An app's splits, newest first."""

    items: list[SplitView]
    next: str | None


class SplitReturnView(View, frozen=True):
    """Money that a receiver gave back. `destination` says where it stands now: set aside again
    (`unsplit`), or with the shop."""

    id: str
    split_id: str
    line_id: str
    payment_id: str
    reference: str
    amount: int
    currency: str
    reason: str
    destination: Literal["unsplit", "shop"]
    created_at: str


class SplitReturns(View, frozen=True):
    """Returns, oldest first."""

    items: list[SplitReturnView]


def show_split(vault: Vault, split: Split, lines: Sequence[SplitLine]) -> SplitView:
    """A split as its shop sees it: persons by their open ids."""
    return SplitView(
        split.id,
        split.payment_id,
        split.reference,
        split.mode,
        split.amount,
        split.currency,
        split.description,
        split.finish,
        split.rest_amount,
        [
            SplitLineView(
                line.id,
                line.kind,
                partners.open_id_of(vault, split.app_id, line.receiver)
                if line.kind == "person"
                else line.receiver,
                line.amount,
                line.returned_amount,
                line.description,
            )
            for line in lines
        ],
        rfc3339(Instant(split.created_at)),
    )


def _meant(
    reader: Reader, vault: Vault, caller: Caller, receivers: Sequence[ReceiverBody]
) -> list[str]:
    """Our own ids of the receivers; a person is meant by an open id of the calling app."""
    found: list[str] = []
    for one in receivers:
        if one.kind == "person" and looks_like("opn", one.id):
            try:
                found.append(partners.person_of_open_id(reader, vault, caller.app_id, one.id).id)
            except PersonNotFound:
                raise m.ReceiverNotFound(field="receivers") from None
        else:
            found.append(one.id)
    return found


def show_return(made: SplitReturn) -> SplitReturnView:
    """A return as its shop sees it."""
    return SplitReturnView(
        made.id,
        made.split_id,
        made.line_id,
        made.payment_id,
        made.reference,
        made.amount,
        made.currency,
        made.reason,
        made.destination,
        rfc3339(Instant(made.created_at)),
    )


def _shown(reader: Reader, vault: Vault, splits: Sequence[Split]) -> list[SplitView]:
    return [show_split(vault, one, service.lines_of(reader, one)) for one in splits]


def routes(db: Db, guard: Guard[Caller]) -> Routes:
    """Everything about splits that a shop calls."""
    api = Routes("Splits")
    _add_splits(api, db, guard)
    _add_returns(api, db, guard)
    return api


def _add_splits(api: Routes, db: Db, guard: Guard[Caller]) -> None:
    refuses = (
        *_ALLOWED,
        *_REFERENCES,
        m.PaymentNotFound,
        m.PaymentNotPaid,
        m.SplitEnded,
    )

    async def carry_out(call: Call, ask: m.AskSplit) -> SplitView:
        once = call.once(call.who.once_scope, service.split_payment, ask, Split)
        split = await db.write_once(once)
        return show_split(db.vault, split, await db.read(service.lines_of, split))

    @api.post(
        "/v1/payments/{id}/splits",
        guard=guard,
        body=SplitBody,
        answers=SplitView,
        status=CREATED,
        keyed=True,
        refuses=(
            *refuses,
            m.ReceiversInvalid,
            m.ReceiverNotFound,
            m.ReceiverIsShop,
            m.SplitTooLarge,
            m.ShopBalanceShort,
            AmountNotPositive,
        ),
    )
    async def split(call: Call, payment_id: str, body: SplitBody) -> SplitView:
        """Share a paid payment among receivers: all have their money at once, or none.

        It comes from what the payment set aside (`split`), or else from the shop's balance. What was
        split, less returns, and what was refunded never exceed what was captured. The number
        (`reference`) is unique for ever per app and mode.
        """
        if not body.receivers:
            raise m.ReceiversInvalid(field="receivers")
        meant = await db.read(_meant, db.vault, call.who, body.receivers)
        receivers = tuple(
            m.Receiver(one.kind, owner, one.amount, one.description)
            for one, owner in zip(body.receivers, meant, strict=True)
        )
        ask = m.AskSplit(call.who, payment_id, body.reference, receivers, body.finish)
        return await carry_out(call, ask)

    @api.post(
        "/v1/payments/{id}/split_end",
        guard=guard,
        body=SplitEndBody,
        answers=SplitView,
        status=CREATED,
        keyed=True,
        refuses=refuses,
    )
    async def end(call: Call, payment_id: str, body: SplitEndBody) -> SplitView:
        """End the splitting: the rest of what was set aside is the shop's.

        It is kept as a split without receivers. Thirty days after the payment it happens by itself.
        """
        ask = m.AskSplit(
            call.who, payment_id, body.reference, finish=True, description=body.description
        )
        return await carry_out(call, ask)

    @api.get(
        "/v1/payments/{id}/splits",
        guard=guard,
        answers=Splits,
        refuses=(*_ALLOWED, m.PaymentNotFound),
    )
    async def of_payment(call: Call, payment_id: str) -> Splits:
        """A payment's splits, oldest first."""
        partners.allows(call.who, "payments:read")

        def query(reader: Reader) -> Splits:
            payment = service.payment_of(reader, call.who, payment_id)
            return Splits(_shown(reader, db.vault, service.splits_of(reader, payment.id)))

        return await db.read(query)

    @api.get(
        "/v1/splits",
        guard=guard,
        answers=SplitPage,
        params=(
            *PAGING,
            Param("reference", "The shop's own number of the split: that split alone."),
        ),
        refuses=_ALLOWED,
    )
    async def find(call: Call) -> SplitPage:
        """The app's splits, newest first, or the one of a number."""
        partners.allows(call.who, "payments:read")
        reference, cut = call.param("reference"), Cut(call.limit, before=call.after)

        def query(reader: Reader) -> SplitPage:
            if reference:
                one = service.split_by_reference(reader, call.who, reference)
                return SplitPage(_shown(reader, db.vault, [one] if one else []), None)
            found = service.splits_page(reader, call.who, cut)
            more = found[-1].id if len(found) == cut.limit else None
            return SplitPage(_shown(reader, db.vault, found), more)

        return await db.read(query)

    @api.get(
        "/v1/splits/{id}", guard=guard, answers=SplitView, refuses=(*_ALLOWED, m.SplitNotFound)
    )
    async def one(call: Call, split_id: str) -> SplitView:
        """One split with its receivers, and what came back of each."""
        partners.allows(call.who, "payments:read")

        def query(reader: Reader) -> SplitView:
            found = service.split_of(reader, call.who, split_id)
            return show_split(db.vault, found, service.lines_of(reader, found))

        return await db.read(query)


def _add_returns(api: Routes, db: Db, guard: Guard[Caller]) -> None:
    @api.post(
        "/v1/splits/{id}/returns",
        guard=guard,
        body=SplitReturnBody,
        answers=SplitReturnView,
        status=CREATED,
        keyed=True,
        refuses=(
            *_ALLOWED,
            *_REFERENCES,
            m.SplitNotFound,
            m.SplitLineNotFound,
            m.ReceiverIsPerson,
            m.ReceiverShort,
            m.ReturnTooLarge,
            m.AmountMismatch,
            AmountNotPositive,
        ),
    )
    async def give_back(call: Call, split_id: str, body: SplitReturnBody) -> SplitReturnView:
        """Take money back from an app that received: many times, never more than it had.

        It stands set aside again, or with the shop once splitting is over. Refused when the receiver's
        balance is too small, and for persons: their money is theirs.
        """
        ask = m.AskSplitReturn(
            call.who, split_id, body.line_id, body.reference, positive(body.amount), body.reason
        )
        once = call.once(call.who.once_scope, service.return_split, ask, SplitReturn)
        return show_return(await db.write_once(once))

    @api.get(
        "/v1/splits/{id}/returns",
        guard=guard,
        answers=SplitReturns,
        refuses=(*_ALLOWED, m.SplitNotFound),
    )
    async def of_split(call: Call, split_id: str) -> SplitReturns:
        """What came back of a split, oldest first."""
        partners.allows(call.who, "payments:read")

        def query(reader: Reader) -> SplitReturns:
            found = service.split_of(reader, call.who, split_id)
            return SplitReturns([show_return(x) for x in service.returns_of(reader, found.id)])

        return await db.read(query)

    @api.get(
        "/v1/split_returns",
        guard=guard,
        answers=SplitReturns,
        params=(Param("reference", "The shop's own number of the return."),),
        refuses=_ALLOWED,
    )
    async def return_by_reference(call: Call) -> SplitReturns:
        """The return of a number, if there is one."""
        partners.allows(call.who, "payments:read")
        wanted = call.param("reference")
        found = await db.read(service.return_by_reference, call.who, wanted)
        return SplitReturns([show_return(found)] if found else [])

    @api.get(
        "/v1/split_returns/{id}",
        guard=guard,
        answers=SplitReturnView,
        refuses=(*_ALLOWED, m.SplitReturnNotFound),
    )
    async def one_return(call: Call, return_id: str) -> SplitReturnView:
        """One return."""
        partners.allows(call.who, "payments:read")
        return show_return(await db.read(service.return_of, call.who, return_id))
