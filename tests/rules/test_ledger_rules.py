"""What may move: the pure rules of the ledger, for any accounts, holds and asks."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.kernel.money import AMOUNT_MAX
from changliao.kernel.refusal import Refusal
from changliao.ledger import model as m
from changliao.ledger import rules
from changliao.ledger.model import Account, AskAccount, AskTransfer, Hold, Transfer

NOW = 1_770_000_000_000_000
FIGURES = st.one_of(st.integers(0, 1000), st.integers(0, m.TOTAL_MAX))
AMOUNTS = st.one_of(st.integers(1, 1000), st.integers(1, AMOUNT_MAX))


def account(**said: Any) -> Account:
    return Account(
        **{
            "id": "acc_1",
            "owner": "per_1",
            "code": "wallet",
            "currency": "CNY",
            "mode": "test",
            "no_overdraft": False,
            "no_credit_excess": False,
            "closed": False,
            "debits_posted": 0,
            "credits_posted": 0,
            "debits_pending": 0,
            "credits_pending": 0,
            "opened_at": 1,
            **said,
        }
    )


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Any account that obeys its own flags."""
    flags = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    debits, credits_ = draw(FIGURES), draw(FIGURES)
    if flags == (True, False) and debits > credits_:
        debits, credits_ = credits_, debits
    if flags == (False, True) and credits_ > debits:
        debits, credits_ = credits_, debits
    held_debits, held_credits = draw(st.integers(0, debits)), draw(st.integers(0, credits_))
    if flags[0]:
        held_credits = 0  # Credits that are only held are not there to be spent.
    if flags[1]:
        held_debits = 0
    return account(
        no_overdraft=flags[0],
        no_credit_excess=flags[1],
        debits_posted=debits - held_debits,
        debits_pending=held_debits,
        credits_posted=credits_ - held_credits,
        credits_pending=held_credits,
        entries=draw(st.integers(0, 1000)),
    )


def transfer(**said: Any) -> Transfer:
    return Transfer(
        **{
            "seq": 1,
            "id": "tr_1",
            "kind": "single",
            "debit": "acc_1",
            "credit": "acc_2",
            "amount": 5,
            "currency": "CNY",
            "mode": "test",
            "code": "pay",
            "happened_at": NOW,
            "written_at": NOW,
            "debit_after": -5,
            "credit_after": 5,
            **said,
        }
    )


def hold(**said: Any) -> Hold:
    return Hold(
        **{
            "id": "tr_1",
            "seq": 1,
            "debit": "acc_1",
            "credit": "acc_2",
            "amount": 10,
            "remaining": 10,
            "state": "open",
            "expires_at": 0,
            **said,
        }
    )


def refusal(call: Any, *args: Any) -> type[Refusal] | None:
    """How a rule refuses, if it does."""
    try:
        call(*args)
    except Refusal as refused:
        return type(refused)
    return None


# Movements ----------------------------------------------------------------------------------


@given(accounts(), accounts(), AMOUNTS)
def test_what_one_account_loses_the_other_gets(
    debit: Account, credit: Account, amount: int
) -> None:
    after_debit = rules.debited(debit, amount, 0, 9)
    after_credit = rules.credited(credit, amount, 0, 9)

    assert debit.balance - after_debit.balance == amount
    assert after_credit.balance - credit.balance == amount
    assert (after_debit.entries, after_debit.last_seq) == (debit.entries + 1, 9)
    assert (after_credit.entries, after_credit.last_seq) == (credit.entries + 1, 9)


@given(accounts(), accounts(), AMOUNTS, st.booleans())
def test_what_is_allowed_keeps_every_bound_and_what_is_refused_would_have_broken_one(
    debit: Account, credit: Account, amount: int, held: bool
) -> None:
    posted, pending = (0, amount) if held else (amount, 0)
    refused = refusal(rules.may_move, debit, credit, posted, pending)
    debits = debit.debits_posted + debit.debits_pending + amount
    credits_ = credit.credits_posted + credit.credits_pending + amount

    if debits > m.TOTAL_MAX:
        assert refused is m.OverflowsDebits
    elif credits_ > m.TOTAL_MAX:
        assert refused is m.OverflowsCredits
    elif debit.no_overdraft and debits > debit.credits_posted:
        assert refused is m.ExceedsCredits
    elif credit.no_credit_excess and credits_ > credit.debits_posted:
        assert refused is m.ExceedsDebits
    else:
        assert refused is None


@given(accounts(), accounts(), AMOUNTS, st.data())
def test_a_hold_that_was_allowed_can_be_posted_in_any_parts_and_never_breaks_a_bound(
    debit: Account, credit: Account, amount: int, data: st.DataObject
) -> None:
    assume(refusal(rules.may_move, debit, credit, 0, amount) is None)
    start = debit.balance, credit.balance
    debit, credit = rules.debited(debit, 0, amount, 1), rules.credited(credit, 0, amount, 1)
    assert (debit.balance, credit.balance) == start
    left = amount
    while left:
        part = data.draw(st.integers(1, left))
        released = data.draw(st.sampled_from([part, left]))
        rules.may_move(debit, credit, part, -released)
        debit = rules.debited(debit, part, -released, 2)
        credit = rules.credited(credit, part, -released, 2)
        left -= released
    assert debit.debits_pending >= 0
    assert credit.credits_pending >= 0


@pytest.mark.parametrize(
    ("debit", "credit", "expected"),
    [
        ({"closed": True}, {"closed": True}, m.DebitAccountClosed),
        ({"debits_posted": m.TOTAL_MAX}, {"closed": True}, m.CreditAccountClosed),
        ({"debits_posted": m.TOTAL_MAX}, {"credits_posted": m.TOTAL_MAX}, m.OverflowsDebits),
        ({"no_overdraft": True}, {"credits_pending": m.TOTAL_MAX}, m.OverflowsCredits),
        ({"no_overdraft": True}, {"no_credit_excess": True}, m.ExceedsCredits),
        ({}, {"no_credit_excess": True}, m.ExceedsDebits),
        ({"debits_posted": m.TOTAL_MAX - 1}, {"credits_pending": m.TOTAL_MAX - 1}, None),
        ({"no_overdraft": True, "credits_posted": 1}, {}, None),
        ({"no_overdraft": True, "credits_pending": 1}, {}, m.ExceedsCredits),
        ({"no_overdraft": True, "credits_posted": 2, "debits_pending": 2}, {}, m.ExceedsCredits),
    ],
)
def test_figures_are_checked_in_the_documented_order(
    debit: dict[str, Any], credit: dict[str, Any], expected: type[Refusal] | None
) -> None:
    assert refusal(rules.may_move, account(**debit), account(**credit), 1, 0) is expected


def test_what_is_refused_says_what_there_is() -> None:
    poor = account(no_overdraft=True, credits_posted=9, debits_posted=2, debits_pending=3)

    with pytest.raises(m.ExceedsCredits) as refused:
        rules.may_move(poor, account(), 5, 0)
    assert refused.value.extra == {"available": 4}


@given(accounts())
def test_every_sixty_fourth_entry_of_an_account_is_marked(one: Account) -> None:
    assert rules.is_marked(one) == (one.entries in range(0, 1001, 64))


# Closing ------------------------------------------------------------------------------------


@given(accounts())
def test_only_an_empty_account_is_closed(one: Account) -> None:
    is_empty = one.balance == one.debits_pending == one.credits_pending == 0

    if is_empty:
        assert rules.closing(one) == replace(one, closed=True)
    else:
        assert refusal(rules.closing, one) is m.AccountNotEmpty
    assert refusal(rules.closing, None) is m.AccountNotFound


# Asks ---------------------------------------------------------------------------------------

GOOD = AskTransfer(5, "acc_1", "acc_2", "pay")
GOOD_POST = AskTransfer(5, kind="post", pending_id="tr_1")
FAULTS: list[tuple[dict[str, Any], type[Refusal]]] = [
    ({"credit": "acc_1"}, m.AccountsSame),
    ({"pending_id": "tr_9"}, m.PendingIdReserved),
    ({"timeout_s": 1}, m.TimeoutReserved),
    ({"happened_at": -1}, m.HappenedOutOfRange),
    ({"amount": 0}, m.AmountNotPositive),
    ({"currency": "XXX"}, m.CurrencyUnknown),
    ({"code": ""}, m.CodeMissing),
]


def test_a_good_ask_passes() -> None:
    assert refusal(rules.transfer_ask, GOOD) is None
    assert refusal(rules.transfer_ask, GOOD_POST) is None
    assert refusal(rules.transfer_ask, replace(GOOD, amount=AMOUNT_MAX)) is None
    assert refusal(rules.transfer_ask, replace(GOOD_POST, amount=0)) is None
    longest = replace(GOOD, kind="pending", timeout_s=m.TIMEOUT_MAX_S)
    assert refusal(rules.transfer_ask, longest) is None


@given(st.sets(st.integers(0, len(FAULTS) - 1), min_size=1))
def test_of_several_faults_the_first_in_the_documented_order_is_told(which: set[int]) -> None:
    ask = GOOD
    for place in which:
        ask = replace(ask, **FAULTS[place][0])

    assert refusal(rules.transfer_ask, ask) is FAULTS[min(which)][1]


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (replace(GOOD_POST, pending_id=""), m.PendingIdMissing),
        (replace(GOOD_POST, id="tr_1"), m.PendingIdSame),
        (replace(GOOD_POST, timeout_s=5), m.TimeoutReserved),
        (replace(GOOD_POST, amount=-1), m.AmountNotPositive),
        (replace(GOOD_POST, amount=AMOUNT_MAX + 1), m.AmountTooLarge),
        (replace(GOOD, amount=AMOUNT_MAX + 1), m.AmountTooLarge),
        (replace(GOOD, kind="pending", timeout_s=-1), m.TimeoutOutOfRange),
        (replace(GOOD, kind="pending", timeout_s=m.TIMEOUT_MAX_S + 1), m.TimeoutOutOfRange),
        (replace(GOOD, happened_at=253_402_300_800_000_000), m.HappenedOutOfRange),
        (AskTransfer(5, code="pay"), m.AccountsSame),
    ],
)
def test_an_ask_that_cannot_be_is_refused(ask: AskTransfer, expected: type[Refusal]) -> None:
    assert refusal(rules.transfer_ask, ask) is expected


@pytest.mark.parametrize("text", ["a" * 65, "a b", "ä", "a/b", "a\n", "tr_1\0"])
def test_an_id_is_up_to_64_plain_characters(text: str) -> None:
    assert refusal(rules.transfer_id, text) is m.TransferIdInvalid
    assert refusal(rules.account_id, text) is m.AccountIdInvalid
    assert refusal(rules.transfer_id, "A-z_0:9." + "x" * 56) is None


def test_an_account_that_cannot_be_is_refused() -> None:
    good = AskAccount("per_1", "wallet", "CNY", "test")

    assert refusal(rules.account_ask, good) is None
    both = replace(good, no_overdraft=True, no_credit_excess=True, currency="", code="")
    assert refusal(rules.account_ask, both) is m.FlagsExclusive
    assert refusal(rules.account_ask, replace(good, currency="cny", code="")) is m.CurrencyUnknown
    assert refusal(rules.account_ask, replace(good, code="")) is m.CodeMissing


# The same id again --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, m.Exists),
        ({"no_overdraft": True, "owner": "per_2", "currency": "USD"}, m.ExistsDifferentFlags),
        ({"owner": "per_2", "currency": "USD", "code": "shop"}, m.ExistsDifferentOwner),
        ({"mode": "live", "code": "shop"}, m.ExistsDifferentCurrency),
        ({"currency": "USD", "code": "shop"}, m.ExistsDifferentCurrency),
        ({"code": "shop"}, m.ExistsDifferentCode),
    ],
)
def test_an_account_asked_again_is_told_in_what_it_differs(
    other: dict[str, Any], expected: type[Refusal]
) -> None:
    ask = replace(AskAccount("per_1", "wallet", "CNY", "test", id="acc_1"), **other)

    assert refusal(rules.account_again, account(), ask) is expected


DIFFERENT: list[tuple[dict[str, Any], type[Refusal]]] = [
    ({"kind": "pending"}, m.ExistsDifferentFlags),
    ({"pending_id": "tr_9"}, m.ExistsDifferentPending),
    ({"timeout_s": 1}, m.ExistsDifferentTimeout),
    ({"debit": "acc_9"}, m.ExistsDifferentDebit),
    ({"credit": "acc_9"}, m.ExistsDifferentCredit),
    ({"amount": 6}, m.ExistsDifferentAmount),
    ({"ref": "order-9"}, m.ExistsDifferentRef),
    ({"memo": "thanks"}, m.ExistsDifferentMemo),
    ({"currency": "USD"}, m.ExistsDifferentCurrency),
    ({"code": "gift"}, m.ExistsDifferentCode),
]


@given(st.sets(st.integers(0, len(DIFFERENT) - 1)))
def test_a_transfer_asked_again_is_told_the_first_thing_in_which_it_differs(
    which: set[int],
) -> None:
    ask = GOOD
    for place in which:
        ask = replace(ask, **DIFFERENT[place][0])
    expected = DIFFERENT[min(which)][1] if which else m.Exists

    assert refusal(rules.transfer_again, transfer(), ask, None) is expected


@pytest.mark.parametrize(
    ("posted", "amount", "expected"),
    [
        (10, 0, m.Exists),  # All of it was posted, and all is what is asked.
        (10, 10, m.Exists),
        (7, 0, m.ExistsDifferentAmount),  # The rest went back.
        (7, 10, m.ExistsDifferentAmount),
    ],
)
def test_amount_0_of_a_post_asked_again_means_all(
    posted: int, amount: int, expected: type[Refusal]
) -> None:
    earlier = transfer(kind="post", pending_id="tr_0", amount=posted, final=True)
    held = hold(id="tr_0", posted=posted, remaining=0, state="posted")
    again = AskTransfer(amount, kind="post", pending_id="tr_0", final=True)

    assert refusal(rules.transfer_again, earlier, again, held) is expected


# Holds --------------------------------------------------------------------------------------

PENDING = transfer(kind="pending", amount=10)


@given(st.integers(1, 20), st.integers(0, 25), st.sampled_from(["post", "void"]))
def test_a_hold_gives_what_is_left_and_no_more(remaining: int, amount: int, kind: Any) -> None:
    held = hold(amount=20, remaining=remaining)
    ask = AskTransfer(amount, kind=kind, pending_id="tr_1")
    refused = refusal(rules.on_hold, ask, PENDING, held, NOW)

    if amount > remaining:
        assert refused is m.ExceedsPending
    elif kind == "void" and amount not in (0, remaining):
        assert refused is m.PendingDifferentAmount
    else:
        assert rules.on_hold(ask, PENDING, held, NOW) == (amount or remaining)


@pytest.mark.parametrize(
    ("ask", "held", "expected"),
    [
        ({}, hold(state="posted", remaining=0), m.PendingPosted),
        ({}, hold(state="voided", remaining=0), m.PendingVoided),
        ({}, hold(state="expired", remaining=0), m.PendingExpired),
        ({}, hold(expires_at=NOW), m.PendingExpired),
        ({}, hold(expires_at=NOW + 1), None),
        ({"amount": 11}, hold(state="posted", remaining=0), m.ExceedsPending),
        ({"code": "gift", "amount": 11}, hold(), m.PendingDifferentCode),
        ({"currency": "USD", "code": "gift"}, hold(), m.PendingDifferentCurrency),
        ({"credit": "acc_9", "currency": "USD"}, hold(), m.PendingDifferentCredit),
        ({"debit": "acc_9", "credit": "acc_9"}, hold(), m.PendingDifferentDebit),
        ({"debit": "acc_9"}, None, m.PendingNotPending),
        ({"debit": "acc_1", "credit": "acc_2", "currency": "CNY", "code": "pay"}, hold(), None),
    ],
)
def test_what_is_asked_of_a_hold_is_checked_in_the_documented_order(
    ask: dict[str, Any], held: Hold | None, expected: type[Refusal] | None
) -> None:
    post = replace(AskTransfer(1, kind="post", pending_id="tr_1"), **ask)

    assert refusal(rules.on_hold, post, PENDING, held, NOW) is expected
    assert refusal(rules.on_hold, post, None, None, NOW) is m.PendingNotFound


# Accounts that meet -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("debit", "credit", "currency", "expected"),
    [
        (None, None, "", m.DebitAccountNotFound),
        (account(), None, "", m.CreditAccountNotFound),
        (account(), account(currency="USD", mode="live"), "", m.CurrenciesDiffer),
        (account(), account(mode="live"), "USD", m.ModesDiffer),
        (account(), account(), "USD", m.TransferCurrencyDiffers),
        (account(), account(), "CNY", None),
        (account(), account(), "", None),
    ],
)
def test_accounts_meet_only_in_one_currency_and_mode(
    debit: Account | None, credit: Account | None, currency: str, expected: type[Refusal] | None
) -> None:
    ask = replace(GOOD, currency=currency)

    assert refusal(rules.meet, ask, debit, credit) is expected
