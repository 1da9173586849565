"""Combinations: several payments that are made, paid, canceled and run out together."""

from collections.abc import Iterator, Sequence

import msgspec

from changliao.db.lane import Wish, touches
from changliao.db.tx import Tx
from changliao.kernel.fact import Fact
from changliao.kernel.refusal import Refusal
from changliao.partners import service as partners
from changliao.pay import model as m
from changliao.pay import rules
from changliao.pay.events import (
    CombinedAttemptFailed,
    CombinedCanceled,
    CombinedCreated,
    CombinedInDoubt,
    CombinedPaid,
    CombinedProcessing,
    CombinedRanOut,
    PaymentInDoubt,
)
from changliao.pay.model import (
    WALLET_METHOD,
    AskCombined,
    AskConfirm,
    AskOnCombined,
    AskPayment,
    Combined,
    Part,
    Payment,
    PaymentId,
)
from changliao.pay.service import confirmation, late, payments
from changliao.pay.service.acting import acting_in, parts_for
from changliao.pay.store import COMBINED, METHODS, PAYMENTS
from changliao.people.service import passkeys
from changliao.rails import service as rails
from changliao.rails.events import AttemptFailed, AttemptSucceeded, AttemptUnknown
from changliao.wallet import service as wallet
from changliao.wallet.model import InsufficientFunds

PURPOSE = "combined"
"""The purpose of an attempt over the sum of a combination."""
_BY_REFERENCE = ("app_id", "mode", "reference")


def create_combined(tx: Tx, ask: AskCombined) -> Combined:
    """A wish to be paid 2 to 50 payments at once: all are made in this commit, or none.

    Each is an ordinary payment of its app, under that app's own order number: the asking app, another
    app of its partner, or one that lets the asking app act for it; any other does not exist. Money is
    taken at once, never held.
    """
    partners.allows(ask.caller, "payments:write")
    key = (ask.caller.app_id, ask.caller.mode, ask.reference)
    earlier = tx.find(COMBINED, _BY_REFERENCE, key)
    if earlier is not None:
        for part in ask.parts:
            acting_in(tx, ask.caller, part.app_id)
        return rules.same_combined(earlier, _parts(tx, earlier), ask)
    combined = rules.combined(ask, tx.new_id("cmb"), tx.now)
    made = tuple(_add_part(tx, ask, combined, part) for part in ask.parts)
    combined = msgspec.structs.replace(combined, payment_ids=made)
    _tell(
        tx,
        combined,
        CombinedCreated(combined.id, combined.reference, combined.amount, combined.currency, made),
    )
    return tx.add(COMBINED, combined)


def confirm_combined(tx: Tx, ask: AskConfirm) -> Combined | Refusal:
    """A person pays all the payments of a combination (`ask.payment_id`), or none of them.

    From the wallet the money moves at once; on a rail one attempt over the sum begins. Every shop
    must offer the method. Refusals about the proof are *returned*, as for a single payment.
    """
    combined = rules.payable_combined(tx.get(COMBINED, ask.payment_id), tx.now)
    if combined.mode not in ask.modes:
        raise m.ModeForbids(field="id")
    parts = _parts(tx, combined)
    for part in parts:
        confirmation.check_method(tx, part, ask.method, ask.channel)
    about = rules.worth_confirming(combined, parts)
    if refusal := passkeys.check_proof(tx, confirmation.proof(ask, about)):
        return refusal
    return confirmation.carried_out(tx, ask, lambda tx, ask: _pay(tx, combined, parts, ask))


def _pay(tx: Tx, combined: Combined, parts: list[Payment], ask: AskConfirm) -> Combined:
    if ask.method != WALLET_METHOD:
        return _pay_on_rail(tx, combined, parts, ask)
    purse = wallet.wallet_of(tx, ask.person_id, combined.currency, combined.mode)
    if purse.available < combined.amount:
        raise InsufficientFunds(field="amount", available=purse.available)
    for part in parts:
        confirmation.pay_from_wallet(tx, part, ask.person_id)
    return _paid(tx, combined, WALLET_METHOD, ask.person_id)


@touches(confirm_combined)
def _wishes(tx: Tx, ask: AskConfirm) -> Iterator[Wish | None]:
    yield COMBINED, ask.payment_id
    yield from passkeys.proof_wishes(confirmation.proof(ask, ""))
    yield None
    combined = tx.peek(COMBINED, ask.payment_id)
    if combined is None:
        return
    yield wallet.wallet_wish(ask.person_id, combined.currency, combined.mode)
    for payment_id in combined.payment_ids:
        yield PAYMENTS, payment_id
    yield None
    for payment_id in combined.payment_ids:
        if part := tx.peek(PAYMENTS, payment_id):
            yield METHODS, (part.app_id, part.mode, ask.method, ask.channel)
            yield confirmation.till_wish(part.app_id, part.currency, part.mode, part.split)


def cancel_combined(tx: Tx, ask: AskOnCombined) -> Combined:
    """Nobody shall pay these any more. Refused unless open: money may be on its way; and once one of the
    apps no longer lets the asking app act, when only time closes them."""
    partners.allows(ask.caller, "payments:write")
    combined = rules.own_combined(tx.get(COMBINED, ask.combined_id), ask.caller)
    parts = parts_for(tx, ask.caller, combined)
    if combined.status != "open":
        raise m.PaymentNotCancelable(
            f"This payment is {combined.status}.", field="id", status=combined.status
        )
    rules.text("reason", ask.reason, 200)
    for part, acting in parts:
        payments.canceled(tx, part, ask.reason, acting)
    combined = rules.combined_moved(combined, "canceled", tx.now, reason=ask.reason)
    _tell(tx, combined, CombinedCanceled(*_told(combined), ask.reason, ask.caller.doer))
    return tx.put(COMBINED, combined)


def expire_combined(tx: Tx, combined_ids: Sequence[str]) -> None:
    """Expire each of these whose time is up, with all its payments."""
    for combined_id in combined_ids:
        combined = tx.get(COMBINED, combined_id)
        if combined is None or combined.status != "open" or combined.expires_at > tx.now:
            continue
        for part in _parts(tx, combined):
            payments.ran_out(tx, part)
        combined = rules.combined_moved(combined, "expired", tx.now)
        _tell(tx, combined, CombinedRanOut(*_told(combined)))
        tx.put(COMBINED, combined)


# What rails say -----------------------------------------------------------------------------


def money_came(tx: Tx, fact: AttemptSucceeded) -> None:
    """The rail has the sum: every payment is paid; or nobody waits for it any more, and it goes back."""
    combined = _combined(tx, fact.about)
    if not _awaited(combined, fact.attempt_id):
        late.came(tx, combined, fact)
        return
    received = rails.received(tx, fact.rail, fact.currency, combined.mode)
    for part in _parts(tx, combined):
        late.post(tx, part.amount, received, confirmation.till(tx, part), "payment", part)
        confirmation.paid(tx, part, fact.rail)
    _paid(tx, combined, fact.rail, combined.payer)


def attempt_failed(tx: Tx, fact: AttemptFailed) -> None:
    """The rail has refused for certain: the whole can be paid again."""
    combined = _combined(tx, fact.about)
    if not _awaited(combined, fact.attempt_id):
        return
    for part in _parts(tx, combined):
        confirmation.reopened(tx, part, fact.rail, fact.reason)
    combined = rules.combined_moved(
        combined, "open", tx.now, reason=fact.reason, attempt_id="", payer=""
    )
    _tell(tx, combined, CombinedAttemptFailed(*_told(combined), fact.rail, fact.reason))
    tx.put(COMBINED, combined)


def in_doubt(tx: Tx, fact: AttemptUnknown) -> None:
    """Nobody can tell yet whether the sum came; each shop hears of its own payment."""
    combined = _combined(tx, fact.about)
    _tell(tx, combined, CombinedInDoubt(*_told(combined), fact.rail))
    for part in _parts(tx, combined):
        tx.emit(
            PaymentInDoubt(part.id, part.reference, part.amount, part.currency, fact.rail),
            about=part.id,
            audience=part.audience,
        )


# Inside -------------------------------------------------------------------------------------


def _add_part(tx: Tx, ask: AskCombined, combined: Combined, part: Part) -> PaymentId:
    caller = acting_in(tx, ask.caller, part.app_id)
    key = (caller.app_id, caller.mode, part.reference)
    if tx.find(PAYMENTS, _BY_REFERENCE, key) is not None:
        raise m.ReferenceTaken(field="payments")
    wish = AskPayment(
        caller,
        part.amount,
        part.currency,
        part.reference,
        part.description,
        combined.return_url,
        combined.expires_at,
        metadata=part.metadata,
        split=part.split,
    )
    return payments.add_payment(tx, wish, combined.id).id


def _pay_on_rail(tx: Tx, combined: Combined, parts: list[Payment], ask: AskConfirm) -> Combined:
    attempt_id = confirmation.pay_on_rail(tx, combined, PURPOSE, ask)
    for part in parts:
        confirmation.began(tx, part, ask.method, ask.person_id, attempt_id)
    combined = rules.combined_moved(
        combined,
        "processing",
        tx.now,
        method=ask.method,
        payer=ask.person_id,
        attempt_id=attempt_id,
        reason="",
    )
    _tell(tx, combined, CombinedProcessing(*_told(combined), ask.method))
    return tx.put(COMBINED, combined)


def _paid(tx: Tx, combined: Combined, method: str, payer: str) -> Combined:
    combined = rules.combined_moved(combined, "paid", tx.now, method=method, payer=payer, reason="")
    _tell(tx, combined, CombinedPaid(*_told(combined), method))
    return tx.put(COMBINED, combined)


def _awaited(combined: Combined, attempt_id: str) -> bool:
    return combined.status == "processing" and combined.attempt_id == attempt_id


def _parts(tx: Tx, combined: Combined) -> list[Payment]:
    found = [tx.get(PAYMENTS, payment_id) for payment_id in combined.payment_ids]
    return [part for part in found if part is not None]


def _combined(tx: Tx, combined_id: str) -> Combined:
    combined = tx.get(COMBINED, combined_id)
    assert combined is not None
    return combined


def _told(combined: Combined) -> tuple[str, str, int, str]:
    return combined.id, combined.reference, combined.amount, combined.currency


def _tell(tx: Tx, combined: Combined, fact: Fact) -> None:
    tx.emit(fact, about=combined.id, audience=combined.audience)
