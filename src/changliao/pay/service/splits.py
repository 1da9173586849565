"""Sharing a paid payment among receivers, taking back from them, ending it."""

from collections.abc import Iterator, Sequence

import msgspec

from changliao.db.lane import Wish, touches
from changliao.db.tx import Tx
from changliao.ledger import service as ledger
from changliao.ledger.model import Account, AskTransfer, ExceedsCredits
from changliao.partners import service as partners
from changliao.partners.model import audience
from changliao.pay import model as m
from changliao.pay import rules
from changliao.pay.events import (
    SplitCreated,
    SplitFinished,
    SplitReceived,
    SplitReturned,
    SplitTakenBack,
)
from changliao.pay.model import (
    SHOP,
    AskSplit,
    AskSplitReturn,
    Payment,
    ReceiverKind,
    Split,
    SplitLine,
    SplitReturn,
)
from changliao.pay.service.acting import acted
from changliao.pay.service.confirmation import shop_account, till_wish, unsplit_account
from changliao.pay.store import LINES, PAYMENTS, RETURNS, SPLITS
from changliao.people import service as people
from changliao.wallet import service as wallet

_BY_REFERENCE = ("app_id", "mode", "reference")


def split_payment(tx: Tx, ask: AskSplit) -> Split:
    """Share a paid payment among 1 to 50 receivers: all of them have their money, or none.

    It comes from what was set aside (`split` of the payment), or else from the shop's balance, which
    must cover it. What was split (less returns), refunded and is being refunded never exceeds what was
    captured. `finish` gives the rest to the shop and ends the splitting; without receivers it does
    only that. The shop's number is unique for ever: the same split again is answered the same.
    """
    partners.allows(ask.caller, "refunds:write")
    payment = rules.own(tx.get(PAYMENTS, ask.payment_id), ask.caller)
    earlier = tx.find(SPLITS, _BY_REFERENCE, (payment.app_id, payment.mode, ask.reference))
    if earlier is not None:
        return rules.same_split(earlier, [_line(tx, one) for one in earlier.line_ids], ask)
    amount = rules.split_amount(payment, ask)
    split_id = m.SplitId(tx.new_id("spl"))
    lines = [
        _pay_out(tx, payment, split_id, place, receiver)
        for place, receiver in enumerate(ask.receivers)
    ]
    left = payment.unsplit_amount - amount if payment.sets_aside else 0
    payment = tx.put(
        PAYMENTS,
        msgspec.structs.replace(
            payment,
            split_amount=payment.split_amount + amount,
            unsplit_amount=left,
            changed_at=tx.now,
        ),
    )
    split = Split(
        split_id,
        payment.id,
        payment.app_id,
        payment.mode,
        ask.reference,
        amount,
        payment.currency,
        ask.description,
        ask.finish,
        left if ask.finish else 0,
        tuple(line.id for line in lines),
        tx.now,
    )
    if lines:
        told = (split.id, payment.id, payment.reference, amount, split.currency, len(lines))
        created = SplitCreated(*told, ask.caller.doer)
        tx.emit(created, about=payment.id, audience=payment.audience)
        acted(tx, ask.caller, SplitCreated.kind, payment, amount)
    if ask.finish:
        _end(tx, payment, "shop", ask.caller.doer)
        acted(tx, ask.caller, SplitFinished.kind, payment, split.rest_amount)
    return tx.add(SPLITS, split)


@touches(split_payment)
def _wishes(tx: Tx, ask: AskSplit) -> Iterator[Wish | None]:
    yield PAYMENTS, ask.payment_id
    yield SPLITS, _BY_REFERENCE, (ask.caller.app_id, ask.caller.mode, ask.reference)
    yield None
    if payment := tx.peek(PAYMENTS, ask.payment_id):
        currency, mode = payment.currency, payment.mode
        yield till_wish(payment.app_id, currency, mode, split=payment.sets_aside)
        for receiver in ask.receivers[: rules.RECEIVERS_MAX]:
            if receiver.kind == "app":
                yield till_wish(receiver.id, currency, mode)
            else:
                yield wallet.wallet_wish(receiver.id, currency, mode)


def return_split(tx: Tx, ask: AskSplitReturn) -> SplitReturn:
    """Take back from an app that received: what its balance covers, and no more than it had.

    The money goes where it came from: aside while splitting is not over, else to the shop. A person
    cannot be debited. The shop's number is unique for ever.
    """
    partners.allows(ask.caller, "refunds:write")
    split = tx.get(SPLITS, ask.split_id)
    if split is None or (split.app_id, split.mode) != (ask.caller.app_id, ask.caller.mode):
        raise m.SplitNotFound(field="id")
    earlier = tx.find(RETURNS, _BY_REFERENCE, (split.app_id, split.mode, ask.reference))
    if earlier is not None:
        return rules.same_return(earlier, ask)
    line = tx.get(LINES, ask.line_id)
    if line is None or line.split_id != split.id:
        raise m.SplitLineNotFound(field="line_id")
    amount = rules.return_amount(line, ask)
    payment = tx.get(PAYMENTS, split.payment_id)
    assert payment is not None
    made = SplitReturn(
        m.SplitReturnId(tx.new_id("srt")),
        split.id,
        line.id,
        payment.id,
        payment.app_id,
        payment.mode,
        ask.reference,
        amount,
        payment.currency,
        ask.reason,
        "unsplit" if payment.sets_aside else "shop",
        tx.now,
        ask.amount,
    )
    _take_back(tx, payment, line, made)
    _tell_return(tx, payment, line, made, ask.caller.doer)
    acted(tx, ask.caller, SplitReturned.kind, payment, amount)
    return tx.add(RETURNS, made)


def end_splits(tx: Tx, payment_ids: Sequence[str]) -> None:
    """Give the rest of what was set aside to the shop, where it has waited for thirty days."""
    for payment_id in payment_ids:
        payment = tx.get(PAYMENTS, payment_id)
        if payment is not None and 0 < payment.split_until <= tx.now:
            _end(tx, payment, "time")


def release(tx: Tx, payment: Payment) -> Payment:
    """Give all that is set aside to the shop."""
    rest = payment.unsplit_amount
    if not rest:
        return payment
    aside, shop = unsplit_account(tx, payment), shop_account(tx, payment)
    _post(tx, rest, aside, shop, "split_rest", payment.id, payment.reference)
    return tx.put(PAYMENTS, msgspec.structs.replace(payment, unsplit_amount=0))


def _end(tx: Tx, payment: Payment, by: str, actor: str = "") -> None:
    rest = payment.unsplit_amount
    payment = release(tx, payment)
    tx.put(PAYMENTS, msgspec.structs.replace(payment, split_until=0, split_ended_at=tx.now))
    tx.emit(
        SplitFinished(payment.id, payment.reference, rest, payment.currency, by, actor),
        about=payment.id,
        audience=payment.audience,
    )


def _pay_out(
    tx: Tx, payment: Payment, split_id: m.SplitId, place: int, receiver: m.Receiver
) -> SplitLine:
    """One receiver has its money; told to the receiver when it is an app."""
    account = _receiving(tx, payment, receiver.kind, receiver.id)
    source = unsplit_account(tx, payment) if payment.sets_aside else shop_account(tx, payment)
    line = SplitLine(
        m.LineId(tx.new_id("spr")),
        split_id,
        payment.id,
        place,
        receiver.kind,
        receiver.id,
        receiver.amount,
        payment.currency,
        receiver.description,
        0,
        tx.now,
    )
    try:
        _post(tx, line.amount, source, account, "split", line.id, payment.reference)
    except ExceedsCredits as short:
        raise m.ShopBalanceShort(field="receivers") from short
    if line.kind == "app":
        tx.emit(
            SplitReceived(
                line.id,
                split_id,
                payment.id,
                payment.app_id,
                line.amount,
                line.currency,
                line.description,
            ),
            about=line.id,
            audience=audience(line.receiver, payment.mode),
        )
    return tx.add(LINES, line)


def _receiving(tx: Tx, payment: Payment, kind: ReceiverKind, receiver: str) -> Account:
    """Where a receiver's money stands: an app's balance, or a person's wallet, of the same mode."""
    if kind == "app":
        if partners.app_in(tx, receiver) is None:
            raise m.ReceiverNotFound(field="receivers")
        return _balance(tx, receiver, payment)
    if people.person_in(tx, receiver) is None:
        raise m.ReceiverNotFound(field="receivers")
    return wallet.wallet_of(tx, receiver, payment.currency, payment.mode)


def _balance(tx: Tx, app_id: str, payment: Payment) -> Account:
    return ledger.account_of(tx, app_id, SHOP, payment.currency, payment.mode, no_overdraft=True)


def _take_back(tx: Tx, payment: Payment, line: SplitLine, made: SplitReturn) -> None:
    aside = made.destination == "unsplit"
    target = unsplit_account(tx, payment) if aside else shop_account(tx, payment)
    source = _balance(tx, line.receiver, payment)
    try:
        _post(tx, made.amount, source, target, "split_returned", made.id, payment.reference)
    except ExceedsCredits as short:
        raise m.ReceiverShort(field="amount") from short
    returned = line.returned_amount + made.amount
    tx.put(LINES, msgspec.structs.replace(line, returned_amount=returned))
    tx.put(
        PAYMENTS,
        msgspec.structs.replace(
            payment,
            split_amount=payment.split_amount - made.amount,
            unsplit_amount=payment.unsplit_amount + (made.amount if aside else 0),
            changed_at=tx.now,
        ),
    )


def _tell_return(tx: Tx, payment: Payment, line: SplitLine, made: SplitReturn, actor: str) -> None:
    tx.emit(
        SplitReturned(
            made.id,
            made.split_id,
            line.id,
            payment.id,
            payment.reference,
            made.amount,
            made.currency,
            made.destination,
            actor,
        ),
        about=payment.id,
        audience=payment.audience,
    )
    tx.emit(
        SplitTakenBack(
            made.id,
            made.split_id,
            line.id,
            payment.id,
            made.amount,
            made.currency,
            made.reason,
        ),
        about=line.id,
        audience=audience(line.receiver, payment.mode),
    )


def _line(tx: Tx, line_id: str) -> SplitLine:
    line = tx.get(LINES, line_id)
    assert line is not None
    return line


def _post(
    tx: Tx, amount: int, debit: Account, credit: Account, code: str, ref: str, memo: str
) -> None:
    ledger.post(tx, AskTransfer(amount, debit.id, credit.id, code, ref=ref, memo=memo))
