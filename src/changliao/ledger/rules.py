"""What may move. Pure: values in, values out, or a refusal. Checks stand in the documented order."""

import re

from changliao.kernel.money import AMOUNT_MAX, DIGITS
from changliao.ledger import model as m
from changliao.ledger.model import Account, AskAccount, AskTransfer, Hold, Transfer

_ID = re.compile(r"[\w:.\-]{1,64}", re.ASCII)


def account_ask(ask: AskAccount) -> None:
    """Refuse an account that cannot be, whatever exists."""
    if ask.id and not _ID.fullmatch(ask.id):
        raise m.AccountIdInvalid(field="id")
    if ask.no_overdraft and ask.no_credit_excess:
        raise m.FlagsExclusive(field="no_overdraft")
    if ask.currency not in DIGITS:
        raise m.CurrencyUnknown(field="currency")
    if not ask.code:
        raise m.CodeMissing(field="code")


def account_again(earlier: Account, ask: AskAccount) -> None:
    """Always refuses: says in what the existing account of this id differs."""
    if (earlier.no_overdraft, earlier.no_credit_excess) != (ask.no_overdraft, ask.no_credit_excess):
        raise m.ExistsDifferentFlags(field="id")
    if earlier.owner != ask.owner:
        raise m.ExistsDifferentOwner(field="owner")
    if (earlier.currency, earlier.mode) != (ask.currency, ask.mode):
        raise m.ExistsDifferentCurrency(field="currency")
    if earlier.code != ask.code:
        raise m.ExistsDifferentCode(field="code")
    raise m.AccountExists


def transfer_ask(ask: AskTransfer) -> None:
    """Refuse a transfer that cannot be, whatever exists."""
    if ask.id and not _ID.fullmatch(ask.id):
        raise m.TransferIdInvalid(field="id")
    on_hold = ask.kind in ("post", "void")
    if on_hold:
        if not ask.pending_id:
            raise m.PendingIdMissing(field="pending_id")
        if ask.pending_id == ask.id:
            raise m.PendingIdSame(field="pending_id")
    elif ask.pending_id:
        raise m.PendingIdReserved(field="pending_id")
    if ask.timeout_s and ask.kind != "pending":
        raise m.TimeoutReserved(field="timeout_s")
    if ask.amount > AMOUNT_MAX:
        raise m.AmountTooLarge(field="amount")
    if ask.amount < 0 or (ask.amount == 0 and not on_hold):
        raise m.AmountNotPositive(field="amount")
    if on_hold:
        return
    if ask.debit == ask.credit:
        raise m.AccountsSame(field="credit")
    if ask.currency and ask.currency not in DIGITS:
        raise m.CurrencyUnknown(field="currency")
    if not ask.code:
        raise m.CodeMissing(field="code")


def transfer_again(earlier: Transfer, ask: AskTransfer, hold: Hold | None) -> None:
    """Always refuses: says in what the existing transfer of this id differs. What a post or void
    leaves out is the hold's, so it does not differ; amount 0 means all that was left then."""
    if earlier.kind != ask.kind or earlier.final != ask.final:
        raise m.ExistsDifferentFlags(field="kind")
    if earlier.pending_id != ask.pending_id:
        raise m.ExistsDifferentPending(field="pending_id")
    if ask.debit and earlier.debit != ask.debit:
        raise m.ExistsDifferentDebit(field="debit")
    if ask.credit and earlier.credit != ask.credit:
        raise m.ExistsDifferentCredit(field="credit")
    all_of_it = ask.amount == 0 and hold is not None and hold.remaining == 0
    if not all_of_it and earlier.amount != ask.amount:
        raise m.ExistsDifferentAmount(field="amount")
    timeout_us = earlier.expires_at - earlier.written_at if earlier.expires_at else 0
    if ask.kind == "pending" and timeout_us != ask.timeout_s * 1_000_000:
        raise m.ExistsDifferentTimeout(field="timeout_s")
    if ask.ref and earlier.ref != ask.ref:
        raise m.ExistsDifferentRef(field="ref")
    if ask.memo and earlier.memo != ask.memo:
        raise m.ExistsDifferentMemo(field="memo")
    if ask.currency and earlier.currency != ask.currency:
        raise m.ExistsDifferentCurrency(field="currency")
    if ask.code and earlier.code != ask.code:
        raise m.ExistsDifferentCode(field="code")
    raise m.AccountExists


def meet(ask: AskTransfer, debit: Account | None, credit: Account | None) -> tuple[Account, Account]:
    """The two accounts, if they exist and money may go from one to the other."""
    if debit is None:
        raise m.DebitAccountNotFound(field="debit")
    if credit is None:
        raise m.CreditAccountNotFound(field="credit")
    if debit.currency != credit.currency:
        raise m.CurrenciesDiffer(field="credit")
    if debit.mode != credit.mode:
        raise m.ModesDiffer(field="credit")
    if ask.currency and ask.currency != debit.currency:
        raise m.TransferCurrencyDiffers(field="currency")
    return debit, credit


def move(debit: Account, credit: Account, amount: int) -> tuple[Account, Account]:
    """Both accounts after the amount has gone from one to the other."""
    _open(debit, credit)
    debits, credits_ = debit.debits_posted + amount, credit.credits_posted + amount
    _room(debit, debits, debit.debits_pending, credit, credits_, credit.credits_pending)
    return _with(debit, debits_posted=debits), _with(credit, credits_posted=credits_)


def set_aside(debit: Account, credit: Account, amount: int) -> tuple[Account, Account]:
    """Both accounts after the amount has been held."""
    _open(debit, credit)
    debits, credits_ = debit.debits_pending + amount, credit.credits_pending + amount
    _room(debit, debit.debits_posted, debits, credit, credit.credits_posted, credits_)
    return _with(debit, debits_pending=debits), _with(credit, credits_pending=credits_)


def on_hold(
    ask: AskTransfer, earlier: Transfer | None, hold: Hold | None, code_of: str, now: int
) -> int:
    """How much of the hold this post or void takes; 0 asked means all that is left."""
    if earlier is None:
        raise m.PendingNotFound(field="pending_id")
    if earlier.kind != "pending" or hold is None:
        raise m.PendingNotPending(field="pending_id")
    if ask.debit and ask.debit != hold.debit:
        raise m.PendingDifferentDebit(field="debit")
    if ask.credit and ask.credit != hold.credit:
        raise m.PendingDifferentCredit(field="credit")
    if ask.currency and ask.currency != earlier.currency:
        raise m.PendingDifferentCurrency(field="currency")
    if ask.code and ask.code != code_of:
        raise m.PendingDifferentCode(field="code")
    # What the ask itself gets wrong comes before what has become of the hold.
    left = hold.remaining if hold.state == "open" else hold.amount
    if ask.amount > left:
        raise m.ExceedsPending(field="amount", remaining=hold.remaining)
    if ask.kind == "void" and ask.amount and ask.amount != left:
        raise m.PendingDifferentAmount(field="amount", remaining=hold.remaining)
    if hold.state == "posted":
        raise m.PendingPosted(field="pending_id")
    if hold.state == "voided":
        raise m.PendingVoided(field="pending_id")
    if hold.state == "expired" or 0 < hold.expires_at <= now:
        raise m.PendingExpired(field="pending_id")
    return ask.amount or hold.remaining


def release(debit: Account, credit: Account, amount: int) -> tuple[Account, Account]:
    """Both accounts after so much is no longer held. Allowed on closed accounts: it only frees."""
    assert amount <= debit.debits_pending and amount <= credit.credits_pending
    return (
        _with(debit, debits_pending=debit.debits_pending - amount),
        _with(credit, credits_pending=credit.credits_pending - amount),
    )


def post_held(
    debit: Account, credit: Account, amount: int, released: int
) -> tuple[Account, Account]:
    """Both accounts after `amount` of a hold has moved and `released` (at least as much) is free."""
    assert released >= amount
    debit, credit = release(debit, credit, released)
    return move(debit, credit, amount)


def closing(account: Account | None) -> Account:
    """The account, closed; refused while anything is on it."""
    if account is None:
        raise m.AccountNotFound(field="id")
    if account.balance or account.debits_pending or account.credits_pending:
        raise m.AccountNotEmpty(field="id", balance=account.balance)
    return _with(account, closed=True)


def _open(debit: Account, credit: Account) -> None:
    if debit.closed:
        raise m.DebitAccountClosed(field="debit")
    if credit.closed:
        raise m.CreditAccountClosed(field="credit")


def _room(
    debit: Account,
    debits: int,
    debits_pending: int,
    credit: Account,
    credits_: int,
    credits_pending: int,
) -> None:
    if debits + debits_pending > m.TOTAL_MAX:
        raise m.OverflowsDebits(field="amount")
    if credits_ + credits_pending > m.TOTAL_MAX:
        raise m.OverflowsCredits(field="amount")
    if debit.no_overdraft and debits + debits_pending > debit.credits_posted:
        raise m.ExceedsCredits(field="amount", available=debit.available)
    if credit.no_credit_excess and credits_ + credits_pending > credit.debits_posted:
        raise m.ExceedsDebits(field="amount")


def _with(
    account: Account,
    *,
    debits_posted: int | None = None,
    credits_posted: int | None = None,
    debits_pending: int | None = None,
    credits_pending: int | None = None,
    closed: bool = False,
) -> Account:
    """The account with other figures; written out because it is the hottest line of the house."""
    a = account
    return Account(
        a.id,
        a.owner,
        a.code,
        a.currency,
        a.mode,
        a.no_overdraft,
        a.no_credit_excess,
        a.closed or closed,
        a.debits_posted if debits_posted is None else debits_posted,
        a.credits_posted if credits_posted is None else credits_posted,
        a.debits_pending if debits_pending is None else debits_pending,
        a.credits_pending if credits_pending is None else credits_pending,
        a.opened_at,
    )
