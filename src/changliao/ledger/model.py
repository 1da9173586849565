"""Accounts, transfers, holds; what may be asked of them and how they refuse."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Invalid, NotFound
from changliao.kernel.value import Value

AccountId = NewType("AccountId", str)
TransferId = NewType("TransferId", str)
Mode = Literal["test", "live"]
AskKind = Literal["single", "pending", "post", "void"]
Kind = Literal["single", "pending", "post", "void", "expire"]

TOTAL_MAX = 2**63 - 1
"""Largest sum an account may reach on one side; both databases keep 64-bit integers."""

TIMEOUT_MAX_S = 2**32 - 1
"""A hold runs out after 136 years at most."""


class Account(Value, frozen=True):
    """One account. Amounts are minor units of `currency`; the balance is credits minus debits.

    `no_overdraft`: debits (pending ones too) may not exceed credits posted; wallets, shops, budgets.
    `no_credit_excess`: the other way round, for what may not be in credit. `entries` counts the
    transfers that name it, `last_seq` is the number of the newest of them.
    """

    id: AccountId
    owner: str
    code: str
    currency: str
    mode: Mode
    no_overdraft: bool
    no_credit_excess: bool
    closed: bool
    debits_posted: int
    credits_posted: int
    debits_pending: int
    credits_pending: int
    opened_at: int
    entries: int = 0
    last_seq: int = 0

    @property
    def balance(self) -> int:
        """Credits minus debits, posted."""
        return self.credits_posted - self.debits_posted

    @property
    def available(self) -> int:
        """What may be spent: the balance less what is held."""
        return self.credits_posted - self.debits_posted - self.debits_pending


class Transfer(Value, frozen=True):
    """One movement. `debit_after` and `credit_after` are the posted balances it left behind;
    `debit_prev` and `credit_prev` the numbers of the transfers before it on either account.

    `code` says why, `ref` on whose account of business (a payment, a refund), `memo` is free text.
    `final` on a post gives the rest of the hold back.
    """

    seq: int
    id: TransferId
    kind: Kind
    debit: AccountId
    credit: AccountId
    amount: int
    currency: str
    mode: Mode
    code: str
    happened_at: int
    written_at: int
    debit_after: int
    credit_after: int
    debit_prev: int = 0
    credit_prev: int = 0
    ref: str = ""
    memo: str = ""
    pending_id: str = ""
    final: bool = False
    expires_at: int = 0


class Hold(Value, frozen=True):
    """What is left of a pending transfer, and how much of it has been posted."""

    id: TransferId
    seq: int
    debit: AccountId
    credit: AccountId
    amount: int
    remaining: int
    state: Literal["open", "posted", "voided", "expired"]
    expires_at: int
    posted: int = 0


class Mark(Value, frozen=True):
    """Every 64th transfer of an account, so that a long statement can be opened in the middle."""

    account: AccountId
    seq: int


class AskAccount(Value, frozen=True):
    """Open an account. With `id` empty one is made. `linked`: see AskTransfer."""

    owner: str
    code: str
    currency: str
    mode: Mode
    no_overdraft: bool = False
    no_credit_excess: bool = False
    id: str = ""
    linked: bool = False


class AskTransfer(Value, frozen=True):
    """Move `amount` minor units from `debit` to `credit`.

    kind `single` moves at once; `pending` sets aside (until `timeout_s` has passed, 0: for ever);
    `post` and `void` name a `pending_id`, and what they leave out (accounts, currency, code) is the
    hold's; `amount` 0 there means all that is left. `linked` ties it to the next ask: all of such a
    run happen, or none. `happened_at` 0 means now.
    """

    amount: int
    debit: str = ""
    credit: str = ""
    code: str = ""
    kind: AskKind = "single"
    id: str = ""
    currency: str = ""
    ref: str = ""
    memo: str = ""
    pending_id: str = ""
    final: bool = False
    timeout_s: int = 0
    happened_at: int = 0
    linked: bool = False


class Filter(Value, frozen=True):
    """Which transfers of an account a statement shows.

    Numbers strictly between `after` and `before` (0: no end), written from `from_at` until
    `until_at` (both inclusive, 0: no end); at most `limit`, oldest or newest first.
    """

    after: int = 0
    before: int = 0
    limit: int = 100
    newest_first: bool = False
    side: Literal["", "debit", "credit"] = ""
    code: str = ""
    ref: str = ""
    memo: str = ""
    from_at: int = 0
    until_at: int = 0


class Result(Value, frozen=True):
    """What became of one ask among many: `created`, or the code of its refusal."""

    code: str
    id: str = ""
    seq: int = 0


class Balance(Value, frozen=True):
    """An account's posted balance as of one moment."""

    account: Account
    at: int
    balance: int


class AccountIdInvalid(Invalid, code="account_id_invalid"):
    """An account id is 1 to 64 letters, digits, `_`, `-`, `:` or `.`."""


class FlagsExclusive(Invalid, code="flags_are_mutually_exclusive"):
    """An account cannot be barred from both sides."""


class CurrencyUnknown(Invalid, code="currency_unknown", hint="Use an ISO 4217 code such as CNY."):
    """No such currency."""


class CodeMissing(Invalid, code="code_must_not_be_empty"):
    """Every account and transfer says what it is for."""


class Exists(Conflict, code="exists"):
    """This very thing exists already."""


class ExistsDifferentFlags(Conflict, code="exists_with_different_flags"):
    """The id is taken, by something with other flags or of another kind."""


class ExistsDifferentOwner(Conflict, code="exists_with_different_owner"):
    """The id is taken, by an account of another owner."""


class ExistsDifferentCurrency(Conflict, code="exists_with_different_currency"):
    """The id is taken, by something in another currency or mode."""


class ExistsDifferentCode(Conflict, code="exists_with_different_code"):
    """The id is taken, by something with another code."""


class AccountTaken(Conflict, code="account_taken"):
    """This owner has an account of this code, currency and mode already, under another id."""


class TransferIdInvalid(Invalid, code="transfer_id_invalid"):
    """A transfer id is 1 to 64 letters, digits, `_`, `-`, `:` or `.`."""


class AmountNotPositive(
    Invalid, code="amount_must_be_positive", hint="Send a whole number of minor units above 0."
):
    """The amount must be above zero."""


class AmountTooLarge(
    Invalid, code="amount_too_large", hint="An amount is at most 9007199254740991 minor units."
):
    """The amount is larger than any this platform keeps."""


class AccountsSame(Invalid, code="accounts_must_be_different"):
    """Debit and credit are the same account."""


class PendingIdMissing(Invalid, code="pending_id_must_not_be_empty"):
    """Posting or voiding needs to name the hold."""


class PendingIdReserved(Invalid, code="pending_id_must_be_empty"):
    """Only posting and voiding name a hold."""


class PendingIdSame(Invalid, code="pending_id_must_be_different"):
    """A transfer cannot post or void itself."""


class TimeoutReserved(Invalid, code="timeout_reserved_for_pending_transfer"):
    """Only a pending transfer runs out."""


class TimeoutOutOfRange(Invalid, code="timeout_out_of_range"):
    """A timeout is 0 to 4294967295 seconds."""


class HappenedOutOfRange(Invalid, code="happened_at_out_of_range"):
    """`happened_at` lies between 1970 and the year 9999."""


class DebitAccountNotFound(NotFound, code="debit_account_not_found"):
    """There is no such account to take from."""


class CreditAccountNotFound(NotFound, code="credit_account_not_found"):
    """There is no such account to give to."""


class AccountNotFound(NotFound, code="account_not_found"):
    """There is no such account."""


class CurrenciesDiffer(Invalid, code="accounts_must_have_the_same_currency"):
    """The two accounts keep different currencies."""


class TransferCurrencyDiffers(Invalid, code="transfer_must_have_the_same_currency_as_accounts"):
    """The transfer names another currency than its accounts keep."""


class ModesDiffer(Invalid, code="accounts_must_have_the_same_mode"):
    """Play money and real money never meet."""


class PendingNotFound(NotFound, code="pending_transfer_not_found"):
    """There is no such hold."""


class PendingNotPending(Invalid, code="pending_transfer_not_pending"):
    """That transfer was not a hold."""


class PendingDifferentDebit(Invalid, code="pending_transfer_has_different_debit_account"):
    """The hold takes from another account."""


class PendingDifferentCredit(Invalid, code="pending_transfer_has_different_credit_account"):
    """The hold gives to another account."""


class PendingDifferentCurrency(Invalid, code="pending_transfer_has_different_currency"):
    """The hold is in another currency."""


class PendingDifferentCode(Invalid, code="pending_transfer_has_different_code"):
    """The hold has another code."""


class ExceedsPending(Conflict, code="exceeds_pending_transfer_amount"):
    """That is more than is left of the hold."""


class PendingDifferentAmount(Invalid, code="pending_transfer_has_different_amount"):
    """A void is of all that is left."""


class PendingPosted(Conflict, code="pending_transfer_already_posted"):
    """Nothing is left of the hold: it was posted."""


class PendingVoided(Conflict, code="pending_transfer_already_voided"):
    """The hold was given back."""


class PendingExpired(Conflict, code="pending_transfer_expired"):
    """The hold ran out."""


class ExistsDifferentDebit(Conflict, code="exists_with_different_debit_account"):
    """The id is taken, by a transfer from another account."""


class ExistsDifferentCredit(Conflict, code="exists_with_different_credit_account"):
    """The id is taken, by a transfer to another account."""


class ExistsDifferentAmount(Conflict, code="exists_with_different_amount"):
    """The id is taken, by a transfer of another amount."""


class ExistsDifferentPending(Conflict, code="exists_with_different_pending_id"):
    """The id is taken, by a transfer on another hold."""


class ExistsDifferentRef(Conflict, code="exists_with_different_ref"):
    """The id is taken, by a transfer with another ref."""


class ExistsDifferentMemo(Conflict, code="exists_with_different_memo"):
    """The id is taken, by a transfer with another memo."""


class ExistsDifferentTimeout(Conflict, code="exists_with_different_timeout"):
    """The id is taken, by a hold with another timeout."""


class DebitAccountClosed(Conflict, code="debit_account_already_closed"):
    """The account to take from is closed."""


class CreditAccountClosed(Conflict, code="credit_account_already_closed"):
    """The account to give to is closed."""


class ExceedsCredits(Conflict, code="exceeds_credits"):
    """The account to take from has too little."""


class ExceedsDebits(Conflict, code="exceeds_debits"):
    """The account to give to may not be in credit."""


class OverflowsDebits(Conflict, code="overflows_debits"):
    """The account to take from has reached the largest sum it can keep."""


class OverflowsCredits(Conflict, code="overflows_credits"):
    """The account to give to has reached the largest sum it can keep."""


class LinkedFailed(Conflict, code="linked_event_failed"):
    """Another one of the linked group was refused, so none happened."""


class ChainOpen(Invalid, code="linked_event_chain_open"):
    """The last one of a batch cannot be linked to a next one."""


class AccountNotEmpty(Conflict, code="account_not_empty"):
    """Only an account with nothing on it and nothing held can be closed."""


class BatchTooLarge(Invalid, code="batch_too_large"):
    """A batch is at most 8,192 transfers."""
