"""The ledger through its verbs: exact figures after what was done, nothing at all after a refusal."""

from collections.abc import Sequence

import pytest

from changliao.db.tx import Tx
from changliao.kernel.money import AMOUNT_MAX
from changliao.kernel.refusal import Refusal
from changliao.ledger import model as m
from changliao.ledger import service as ledger
from changliao.ledger.events import HoldExpired
from changliao.ledger.model import Account, AskAccount, AskTransfer, Hold, Result, Transfer
from changliao.ledger.store import ACCOUNTS
from tests.rooms.bank import Bank
from tests.rooms.world import START_US

# Accounts -----------------------------------------------------------------------------------


def test_an_account_opens_with_nothing_on_it(bank: Bank) -> None:
    assert bank.account(bank.lin) == Account(
        m.AccountId(bank.lin),
        owner="lin",
        code="wallet",
        currency="CNY",
        mode="test",
        no_overdraft=True,
        no_credit_excess=False,
        closed=False,
        debits_posted=0,
        credits_posted=0,
        debits_pending=0,
        credits_pending=0,
        opened_at=bank.account(bank.lin).opened_at,
    )
    assert bank.account(bank.lin).opened_at >= START_US


def test_an_owner_has_one_account_of_a_code_currency_and_mode(bank: Bank) -> None:
    with bank.world.refuses(m.AccountTaken, field="owner"):
        bank.open("lin")

    others = [
        bank.open("lin", code="savings"),
        bank.open("lin", currency="USD"),
        bank.open("lin", mode="live"),
    ]
    assert len({bank.lin, *others}) == 4
    found = bank.world.read(ledger.accounts_of, "lin", "wallet", "test")
    assert [one.currency for one in found] == ["CNY", "USD"]


def test_account_of_opens_once_and_finds_it_then(bank: Bank) -> None:
    def of(tx: Tx, owner: str) -> tuple[Account, Account]:
        first = ledger.account_of(tx, owner, "wallet", "JPY", "live", no_overdraft=True)
        return first, ledger.account_of(tx, owner, "wallet", "JPY", "live", no_overdraft=True)

    first, second = bank.world.ask(of, "lin")
    assert first == second == bank.world.ask(of, "lin")[0]
    assert first.no_overdraft


def test_a_closed_account_takes_and_gives_nothing(bank: Bank) -> None:
    bank.fund(bank.lin, 5)
    with bank.world.refuses(m.AccountNotEmpty, field="id", balance=5):
        bank.world.ask(ledger.close_account, bank.lin)
    bank.world.ask(ledger.close_account, bank.mo)

    with bank.world.refuses(m.CreditAccountClosed, field="credit"):
        bank.post(1, bank.lin, bank.mo)
    with bank.world.refuses(m.CreditAccountClosed, field="credit"):
        bank.hold(1, bank.lin, bank.mo)
    with bank.world.refuses(m.DebitAccountClosed, field="debit"):
        bank.post(1, bank.mo, bank.lin)
    with bank.world.refuses(m.AccountNotFound, field="id"):
        bank.world.ask(ledger.close_account, "acc_none")


def test_an_account_with_something_held_for_it_cannot_be_closed(bank: Bank) -> None:
    bank.fund(bank.lin, 5)
    held = bank.hold(5, bank.lin, bank.mo)

    with bank.world.refuses(m.AccountNotEmpty, balance=0):
        bank.world.ask(ledger.close_account, bank.mo)
    bank.on_hold("void", held)
    assert bank.world.ask(ledger.close_account, bank.mo).closed


def test_many_accounts_open_in_one_batch_each_for_itself(bank: Bank) -> None:
    asks = [
        AskAccount("a", "wallet", "CNY", "test", id="acc_a"),
        AskAccount("b", "wallet", "XXX", "test"),
        AskAccount("a", "wallet", "CNY", "test"),
        AskAccount("c", "wallet", "CNY", "test", id="acc_c", linked=True),
        AskAccount("c", "wallet", "CNY", "test"),
    ]
    results = bank.world.ask(ledger.open_many, asks)

    assert results == [
        Result("created", "acc_a"),
        Result("currency_unknown"),
        Result("account_taken"),
        Result("linked_event_failed"),
        Result("account_taken"),
    ]
    assert bank.world.read(ledger.find_account, "c", "wallet", "CNY", "test") is None


# Moving -------------------------------------------------------------------------------------


def test_a_transfer_takes_from_one_what_it_gives_to_the_other(bank: Bank) -> None:
    bank.fund(bank.lin, 1000)
    made = bank.post(300, bank.lin, bank.shop, ref="pay_1", memo="order 1")

    assert bank.figures(bank.lin) == (300, 1000, 0, 0)
    assert bank.figures(bank.shop) == (0, 300, 0, 0)
    assert (made.seq, made.kind, made.amount) == (2, "single", 300)
    assert (made.debit_after, made.credit_after) == (700, 300)
    assert (made.debit_prev, made.credit_prev) == (1, 0)
    assert (made.currency, made.mode, made.ref, made.memo) == ("CNY", "test", "pay_1", "order 1")
    assert made.happened_at == made.written_at
    assert bank.world.wrong() == []


def test_nobody_spends_what_is_not_there_and_a_refusal_changes_nothing(bank: Bank) -> None:
    bank.fund(bank.lin, 1000)
    with bank.world.refuses(m.ExceedsCredits, field="amount", available=1000):
        bank.post(1001, bank.lin, bank.shop)
    bank.hold(400)
    with bank.world.refuses(m.ExceedsCredits, available=600):
        bank.post(601, bank.lin, bank.mo)
    bank.post(600, bank.lin, bank.mo)
    assert bank.balance(bank.lin) == 400


def test_a_verb_that_catches_a_refusal_of_the_ledger_leaves_no_trace_of_it(bank: Bank) -> None:
    def try_and_pay_less(tx: Tx, amounts: Sequence[int]) -> list[int]:
        paid = []
        for amount in amounts:
            try:
                paid.append(ledger.post(tx, AskTransfer(amount, bank.lin, bank.shop, "pay")).seq)
            except m.ExceedsCredits:
                paid.append(0)
        return paid

    bank.fund(bank.lin, 100)

    assert bank.world.ask(try_and_pay_less, [101, 60, 41, 40]) == [0, 2, 0, 3]
    assert bank.figures(bank.lin) == (100, 100, 0, 0)
    assert bank.world.wrong() == []


def test_play_money_and_real_money_never_meet(bank: Bank) -> None:
    live = bank.open("mo", mode="live")
    bank.fund(bank.lin, 10)

    with bank.world.refuses(m.ModesDiffer, field="credit"):
        bank.post(1, bank.lin, live)
    with bank.world.refuses(m.ModesDiffer, field="credit"):
        bank.hold(1, bank.lin, live)
    with bank.world.refuses(m.ModesDiffer, field="credit"):
        bank.post(1, live, bank.lin)


def test_money_moves_in_one_currency(bank: Bank) -> None:
    dollars = bank.open("mo", currency="USD")
    bank.fund(bank.lin, 10)

    with bank.world.refuses(m.CurrenciesDiffer, field="credit"):
        bank.post(1, bank.lin, dollars)
    with bank.world.refuses(m.TransferCurrencyDiffers, field="currency"):
        bank.post(1, bank.lin, bank.mo, currency="USD")
    with bank.world.refuses(m.CurrencyUnknown, field="currency"):
        bank.post(1, bank.lin, bank.mo, currency="YUAN")
    assert bank.post(1, bank.lin, bank.mo, currency="CNY").currency == "CNY"


def test_an_account_is_full_at_2_to_the_63_minus_1_and_says_so(bank: Bank) -> None:
    """1,024 times the largest amount is 2^63 - 1024."""
    full = [AskTransfer(AMOUNT_MAX, bank.mint, bank.lin, "mint") for _ in range(1024)]
    assert {one.code for one in bank.many(*full)} == {"created"}
    bank.post(1023, bank.mint, bank.lin)

    assert bank.balance(bank.lin) == 2**63 - 1
    assert bank.balance(bank.mint) == 1 - 2**63
    with bank.world.refuses(m.OverflowsDebits, field="amount"):
        bank.post(1, bank.mint, bank.mo)
    with bank.world.refuses(m.OverflowsDebits, field="amount"):
        bank.hold(1, bank.mint, bank.mo)
    other = bank.open("other mint", no_overdraft=False)
    with bank.world.refuses(m.OverflowsCredits, field="amount"):
        bank.post(1, other, bank.lin)
    with bank.world.refuses(m.OverflowsCredits, field="amount"):
        bank.hold(1, other, bank.lin)
    bank.post(AMOUNT_MAX, bank.lin, bank.shop)
    assert bank.balance(bank.lin) == 2**63 - 2**53
    totals = bank.world.read(ledger.trial_balance)
    assert [row[:3] for row in totals] == [("test", "CNY", "shop"), ("test", "CNY", "wallet")]
    assert totals[1][3:] == (4, 2**63 - 1 + AMOUNT_MAX, 2**63 - 1, 0, 0)
    assert bank.world.wrong() == []


def test_the_same_id_again_moves_nothing_and_says_what_differs(bank: Bank) -> None:
    bank.post(10, bank.mint, bank.lin, id="order-1", ref="pay_1")

    with bank.world.refuses(m.Exists):
        bank.post(10, bank.mint, bank.lin, id="order-1", ref="pay_1")
    with bank.world.refuses(m.ExistsDifferentAmount, field="amount"):
        bank.post(11, bank.mint, bank.lin, id="order-1")
    with bank.world.refuses(m.ExistsDifferentCredit, field="credit"):
        bank.post(10, bank.mint, bank.mo, id="order-1")
    with bank.world.refuses(m.TransferIdInvalid, field="id"):
        bank.post(10, bank.mint, bank.lin, id="order 1")
    assert bank.balance(bank.lin) == 10


# Holds --------------------------------------------------------------------------------------


def test_a_hold_is_posted_in_many_parts_until_nothing_remains(bank: Bank) -> None:
    bank.fund(bank.lin, 100)
    held = bank.hold(100, ref="pay_1", memo="order 1")
    assert bank.figures(bank.lin) == (0, 100, 100, 0)
    assert bank.figures(bank.shop) == (0, 0, 0, 100)

    parts = [bank.on_hold("post", held, part) for part in (1, 59, 30)]
    assert bank.figures(bank.lin) == (90, 100, 10, 0)
    assert bank.figures(bank.shop) == (0, 90, 0, 10)
    assert [(part.debit_after, part.credit_after) for part in parts] == [
        (99, 1),
        (40, 60),
        (10, 90),
    ]
    assert {(part.code, part.ref, part.memo) for part in parts} == {("pay", "pay_1", "order 1")}
    with bank.world.refuses(m.ExceedsPending, field="amount", remaining=10):
        bank.on_hold("post", held, 11)

    last = bank.on_hold("post", held)
    assert last.amount == 10
    assert bank.figures(bank.lin) == (100, 100, 0, 0)
    assert bank.hold_now(held) == Hold(
        held.id, 2, held.debit, held.credit, 100, 0, "posted", 0, posted=100
    )
    with bank.world.refuses(m.PendingPosted, field="pending_id"):
        bank.on_hold("post", held, 1)
    with bank.world.refuses(m.PendingPosted, field="pending_id"):
        bank.on_hold("void", held)
    assert [one.kind for one in bank.world.read(ledger.on_hold, held.id)] == ["post"] * 4
    assert bank.world.wrong() == []


def test_a_final_post_gives_the_rest_back(bank: Bank) -> None:
    bank.fund(bank.lin, 100)
    held = bank.hold(100)
    bank.on_hold("post", held, 20)
    bank.on_hold("post", held, 30, final=True)

    assert bank.figures(bank.lin) == (50, 100, 0, 0)
    assert bank.figures(bank.shop) == (0, 50, 0, 0)
    assert bank.hold_now(held).state == "posted"
    assert (bank.hold_now(held).remaining, bank.hold_now(held).posted) == (0, 50)
    bank.post(50, bank.lin, bank.mo)
    assert bank.world.wrong() == []


def test_a_void_gives_all_that_is_left_back(bank: Bank) -> None:
    bank.fund(bank.lin, 100)
    held = bank.hold(100)
    bank.on_hold("post", held, 20)
    with bank.world.refuses(m.PendingDifferentAmount, field="amount", remaining=80):
        bank.on_hold("void", held, 79)
    voided = bank.on_hold("void", held, 80)

    assert (voided.amount, voided.debit_after, voided.credit_after) == (80, 80, 20)
    assert bank.figures(bank.lin) == (20, 100, 0, 0)
    assert bank.figures(bank.shop) == (0, 20, 0, 0)
    with bank.world.refuses(m.PendingVoided, field="pending_id"):
        bank.on_hold("post", held, 1)
    assert bank.world.wrong() == []


def test_a_hold_runs_out_to_the_microsecond_and_is_then_given_back(bank: Bank) -> None:
    bank.fund(bank.lin, 100)
    held = bank.hold(100, timeout_s=60, ref="pay_1")
    bank.on_hold("post", held, 25)
    assert held.expires_at == held.written_at + 60_000_000

    bank.world.clock.now_us = held.expires_at - 100
    assert bank.world.read(ledger.holds_due, held.expires_at - 1) == []
    assert bank.world.ask(ledger.expire_hold, held.id) is None
    bank.on_hold("post", held, 5)

    bank.world.clock.now_us = held.expires_at
    with bank.world.refuses(m.PendingExpired, field="pending_id"):
        bank.on_hold("post", held, 1)
    with bank.world.refuses(m.PendingExpired, field="pending_id"):
        bank.on_hold("void", held)
    assert bank.world.read(ledger.holds_due, held.expires_at) == [held.id]
    expired = bank.world.ask(ledger.expire_hold, held.id)

    assert expired is not None
    assert (expired.kind, expired.amount, expired.ref) == ("expire", 70, "pay_1")
    assert bank.figures(bank.lin) == (30, 100, 0, 0)
    assert bank.hold_now(held).state == "expired"
    assert bank.world.read(ledger.holds_due, held.expires_at) == []
    assert bank.world.newest("pay_1") == HoldExpired(held.id, "pay_1", 70)
    before = bank.world.everything()
    assert bank.world.ask(ledger.expire_hold, held.id) is None
    assert bank.world.ask(ledger.expire_hold, "tr_none") is None
    assert bank.world.everything() == before
    assert bank.world.wrong() == []


def test_a_hold_without_a_timeout_never_runs_out(bank: Bank) -> None:
    bank.fund(bank.lin, 100)
    held = bank.hold(100)
    bank.world.clock.forward(100 * 365 * 24 * 3600)

    assert held.expires_at == 0
    assert bank.world.read(ledger.holds_due, bank.world.clock.now_us) == []
    assert bank.world.ask(ledger.expire_hold, held.id) is None
    bank.on_hold("post", held)
    assert bank.balance(bank.shop) == 100


def test_only_a_hold_can_be_posted_or_voided(bank: Bank) -> None:
    bank.fund(bank.lin, 100)
    single = bank.post(1, bank.lin, bank.shop)

    with bank.world.refuses(m.PendingNotPending, field="pending_id"):
        bank.on_hold("post", single, 1)
    with bank.world.refuses(m.PendingNotFound, field="pending_id"):
        bank.post(1, code="", kind="void", pending_id="tr_none")


# In one group -----------------------------------------------------------------------------


def test_one_group_of_many_posts_on_one_account_refuses_exactly_what_is_too_much(
    bank: Bank,
) -> None:
    bank.fund(bank.lin, 100)
    asks = [(ledger.post, AskTransfer(30, bank.lin, bank.shop, "pay")) for _ in range(5)]
    answers = bank.world.ask_together(asks)

    assert [type(one) for one in answers] == [Transfer] * 3 + [m.ExceedsCredits] * 2
    assert [one.debit_after for one in answers[:3]] == [70, 40, 10]
    assert [one.seq for one in answers[:3]] == [2, 3, 4]
    assert bank.world.wrong() == []


@pytest.mark.parametrize(
    ("ask", "refused"),
    [
        (AskTransfer(5, "acc_none", "acc_nobody", "pay"), m.DebitAccountNotFound),
        (AskTransfer(5, "acc\0", "acc_\ud800", "pay"), m.DebitAccountNotFound),
        (AskTransfer(5, kind="post", pending_id="tr\0"), m.PendingNotFound),
    ],
)
def test_names_that_no_database_can_hold_are_simply_not_found(
    bank: Bank, ask: AskTransfer, refused: type[Refusal]
) -> None:
    with bank.world.refuses(refused):
        bank.world.ask(ledger.post, ask)


def test_every_account_that_is_read_is_the_account_that_is_kept(bank: Bank) -> None:
    accounts = bank.world.read(lambda reader: reader.rows(ACCOUNTS, "ORDER BY id"))

    assert [bank.account(one.id) for one in accounts] == accounts
    assert len(accounts) == 4
