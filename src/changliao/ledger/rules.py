"""What may move. Pure: values in, values out, or a refusal. Checks stand in the documented order."""

import re

from msgspec.structs import replace

from changliao.kernel.instant import is_moment
from changliao.kernel.money import AMOUNT_MAX, DIGITS
from changliao.ledger import model as m
from changliao.ledger.model import Account, AskAccount, AskTransfer, Hold, Transfer

MARK_EVERY = 64
"""How many entries of an account lie between two marks."""

_ID = re.compile(r"[\w:.\-]{1,64}", re.ASCII)


def account_id(text: str) -> None:
    """Refuse an id that cannot be one."""
    if not _ID.fullmatch(text):
        raise m.AccountIdInvalid(field="id")


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
    raise m.Exists


def account_ask(ask: AskAccount) -> None:
    """Refuse an account that cannot be, whatever exists."""
    if ask.no_overdraft and ask.no_credit_excess:
        raise m.FlagsExclusive(field="no_overdraft")
    if ask.currency not in DIGITS:
        raise m.CurrencyUnknown(field="currency")
    if not ask.code:
        raise m.CodeMissing(field="code")


def transfer_id(text: str) -> None:
    """Refuse an id that cannot be one."""
    if not _ID.fullmatch(text):
        raise m.TransferIdInvalid(field="id")


def transfer_again(earlier: Transfer, ask: AskTransfer, hold: Hold | None) -> None:
    """Always refuses: says in what the existing transfer of this id differs. What a post or void
    leaves out is the hold's, so it does not differ; amount 0 means all, and all of it was posted."""
    if earlier.kind != ask.kind or earlier.final != ask.final:
        raise m.ExistsDifferentFlags(field="kind")
    if earlier.pending_id != ask.pending_id:
        raise m.ExistsDifferentPending(field="pending_id")
    timeout_us = earlier.expires_at - earlier.written_at if earlier.expires_at else 0
    if timeout_us != ask.timeout_s * 1_000_000:
        raise m.ExistsDifferentTimeout(field="timeout_s")
    if ask.debit and earlier.debit != ask.debit:
        raise m.ExistsDifferentDebit(field="debit")
    if ask.credit and earlier.credit != ask.credit:
        raise m.ExistsDifferentCredit(field="credit")
    all_of_it = ask.amount == 0 and (ask.kind == "void" or _posted_whole(hold))
    if not all_of_it and earlier.amount != ask.amount:
        raise m.ExistsDifferentAmount(field="amount")
    if ask.ref and earlier.ref != ask.ref:
        raise m.ExistsDifferentRef(field="ref")
    if ask.memo and earlier.memo != ask.memo:
        raise m.ExistsDifferentMemo(field="memo")
    if ask.currency and earlier.currency != ask.currency:
        raise m.ExistsDifferentCurrency(field="currency")
    if ask.code and earlier.code != ask.code:
        raise m.ExistsDifferentCode(field="code")
    raise m.Exists


def transfer_ask(ask: AskTransfer) -> None:
    """Refuse a transfer that cannot be, whatever exists."""
    on_a_hold = ask.kind in ("post", "void")
    if not on_a_hold and ask.debit == ask.credit:
        raise m.AccountsSame(field="credit")
    if on_a_hold and not ask.pending_id:
        raise m.PendingIdMissing(field="pending_id")
    if on_a_hold and ask.pending_id == ask.id:
        raise m.PendingIdSame(field="pending_id")
    if ask.pending_id and not on_a_hold:
        raise m.PendingIdReserved(field="pending_id")
    if ask.timeout_s and ask.kind != "pending":
        raise m.TimeoutReserved(field="timeout_s")
    if not 0 <= ask.timeout_s <= m.TIMEOUT_MAX_S:
        raise m.TimeoutOutOfRange(field="timeout_s")
    if not is_moment(ask.happened_at):
        raise m.HappenedOutOfRange(field="happened_at")
    if ask.amount < 0 or (ask.amount == 0 and not on_a_hold):
        raise m.AmountNotPositive(field="amount")
    if ask.amount > AMOUNT_MAX:
        raise m.AmountTooLarge(field="amount")
    if on_a_hold:
        return
    if ask.currency and ask.currency not in DIGITS:
        raise m.CurrencyUnknown(field="currency")
    if not ask.code:
        raise m.CodeMissing(field="code")


def meet(
    ask: AskTransfer, debit: Account | None, credit: Account | None
) -> tuple[Account, Account]:
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


def on_hold(ask: AskTransfer, pending: Transfer | None, hold: Hold | None, now: int) -> int:
    """How much of the hold this post or void takes; 0 asked means all that is left."""
    if pending is None:
        raise m.PendingNotFound(field="pending_id")
    if hold is None:
        raise m.PendingNotPending(field="pending_id")
    if ask.debit and ask.debit != hold.debit:
        raise m.PendingDifferentDebit(field="debit")
    if ask.credit and ask.credit != hold.credit:
        raise m.PendingDifferentCredit(field="credit")
    if ask.currency and ask.currency != pending.currency:
        raise m.PendingDifferentCurrency(field="currency")
    if ask.code and ask.code != pending.code:
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
    if hold.state == "expired" or has_run_out(hold, now):
        raise m.PendingExpired(field="pending_id")
    return ask.amount or hold.remaining


def has_run_out(hold: Hold, now: int) -> bool:
    """Whether the hold's time is over."""
    return 0 < hold.expires_at <= now


def may_move(debit: Account, credit: Account, posted: int, pending: int) -> None:
    """Refuse when an account is closed, would go past its bounds, or could not keep the sum.

    `posted` and `pending` say by how much either figure of either account grows.
    """
    if debit.closed:
        raise m.DebitAccountClosed(field="debit")
    if credit.closed:
        raise m.CreditAccountClosed(field="credit")
    debits = debit.debits_posted + debit.debits_pending + posted + pending
    if debits > m.TOTAL_MAX:
        raise m.OverflowsDebits(field="amount")
    credits_ = credit.credits_posted + credit.credits_pending + posted + pending
    if credits_ > m.TOTAL_MAX:
        raise m.OverflowsCredits(field="amount")
    if debit.no_overdraft and debits > debit.credits_posted:
        raise m.ExceedsCredits(field="amount", available=debit.available)
    if credit.no_credit_excess and credits_ > credit.debits_posted:
        raise m.ExceedsDebits(field="amount")


def debited(account: Account, posted: int, pending: int, seq: int) -> Account:
    """The account to take from, after transfer number `seq`."""
    return replace(
        account,
        debits_posted=account.debits_posted + posted,
        debits_pending=account.debits_pending + pending,
        entries=account.entries + 1,
        last_seq=seq,
    )


def credited(account: Account, posted: int, pending: int, seq: int) -> Account:
    """The account to give to, after transfer number `seq`."""
    return replace(
        account,
        credits_posted=account.credits_posted + posted,
        credits_pending=account.credits_pending + pending,
        entries=account.entries + 1,
        last_seq=seq,
    )


def is_marked(account: Account) -> bool:
    """Whether the newest transfer of the account gets a mark."""
    return account.entries % MARK_EVERY == 0


def closing(account: Account | None) -> Account:
    """The account, closed; refused while anything is on it."""
    if account is None:
        raise m.AccountNotFound(field="id")
    if account.balance or account.debits_pending or account.credits_pending:
        raise m.AccountNotEmpty(field="id", balance=account.balance)
    return replace(account, closed=True)


def _posted_whole(hold: Hold | None) -> bool:
    return hold is not None and hold.posted == hold.amount
