"""Many transfers at once: linked runs, refusals in the middle, one fact for all."""

import pytest

from changliao.ledger import model as m
from changliao.ledger import service as ledger
from changliao.ledger.events import TransfersPosted
from changliao.ledger.model import AskAccount, AskTransfer, Result
from tests.rooms.bank import Bank

# Batches ------------------------------------------------------------------------------------


def test_a_batch_with_refusals_in_the_middle_numbers_what_remains_without_a_gap(
    bank: Bank,
) -> None:
    bank.fund(bank.lin, 100)
    results = bank.many(
        AskTransfer(60, bank.lin, bank.shop, "pay", id="a"),
        AskTransfer(60, bank.lin, bank.shop, "pay", id="b"),
        AskTransfer(0, bank.lin, bank.shop, "pay"),
        AskTransfer(40, bank.lin, bank.mo, "pay", id="c"),
        AskTransfer(60, bank.lin, bank.shop, "pay", id="a"),
        AskTransfer(1, bank.mo, "acc_none", "pay"),
        AskTransfer(40, bank.mo, bank.lin, "pay", id="d"),
    )

    assert results == [
        Result("created", "a", 2),
        Result("exceeds_credits"),
        Result("amount_must_be_positive"),
        Result("created", "c", 3),
        Result("exists"),
        Result("credit_account_not_found"),
        Result("created", "d", 4),
    ]
    assert bank.world.facts("ledger") == ["ledger.transfers_posted"]
    assert bank.world.newest("ledger") == TransfersPosted(2, 4, 4)
    assert bank.balance(bank.lin) == 40
    assert bank.world.wrong() == []


def test_a_batch_of_which_nothing_was_taken_says_nothing(bank: Bank) -> None:
    before = bank.world.everything()
    results = bank.many(*[AskTransfer(1, bank.lin, bank.shop, "pay") for _ in range(3)])

    assert results == [Result("exceeds_credits")] * 3
    assert bank.world.everything() == before


def test_a_linked_run_happens_whole_or_not_at_all(bank: Bank) -> None:
    bank.fund(bank.lin, 100)
    results = bank.many(
        AskTransfer(10, bank.lin, bank.mo, "pay", id="one"),
        AskTransfer(90, bank.lin, bank.shop, "pay", linked=True),
        AskTransfer(10, bank.mo, bank.shop, "pay", linked=True, kind="pending"),
        AskTransfer(1, bank.lin, bank.shop, "pay", linked=True),
        AskTransfer(5, bank.mint, bank.shop, "pay"),
        AskTransfer(90, bank.lin, bank.mo, "pay", id="two", linked=True),
        AskTransfer(100, bank.mo, bank.shop, "pay", id="three"),
    )

    assert results == [
        Result("created", "one", 2),
        Result("linked_event_failed"),
        Result("linked_event_failed"),
        Result("exceeds_credits"),
        Result("linked_event_failed"),
        Result("created", "two", 3),
        Result("created", "three", 4),
    ]
    assert bank.figures(bank.lin) == (100, 100, 0, 0)
    assert bank.figures(bank.mo) == (100, 100, 0, 0)
    assert bank.figures(bank.shop) == (0, 100, 0, 0)
    assert bank.world.wrong() == []


@pytest.mark.parametrize("amount", [1, 101])
def test_a_run_that_is_left_open_does_not_happen(bank: Bank, amount: int) -> None:
    bank.fund(bank.lin, 100)
    before = bank.world.everything()
    results = bank.many(
        AskTransfer(amount, bank.lin, bank.mo, "pay", linked=True),
        AskTransfer(1, bank.lin, bank.shop, "pay", linked=True),
    )

    first = "linked_event_failed" if amount == 1 else "exceeds_credits"
    assert results == [Result(first), Result("linked_event_chain_open")]
    assert bank.world.everything() == before


def test_holds_are_posted_and_voided_in_a_batch_too(bank: Bank) -> None:
    bank.fund(bank.lin, 100)
    results = bank.many(
        AskTransfer(50, bank.lin, bank.shop, "pay", "pending", id="h1"),
        AskTransfer(30, kind="post", pending_id="h1", id="p1"),
        AskTransfer(0, kind="void", pending_id="h1", id="v1"),
        AskTransfer(0, kind="void", pending_id="h1"),
    )

    assert results == [
        Result("created", "h1", 2),
        Result("created", "p1", 3),
        Result("created", "v1", 4),
        Result("pending_transfer_already_voided"),
    ]
    assert bank.figures(bank.lin) == (30, 100, 0, 0)
    assert bank.world.wrong() == []


def test_a_batch_is_at_most_8192(bank: Bank) -> None:
    one = AskTransfer(1, bank.mint, bank.lin, "pay")

    with bank.world.refuses(m.BatchTooLarge, field="transfers"):
        bank.many(*[one] * 8193)
    with bank.world.refuses(m.BatchTooLarge, field="accounts"):
        bank.world.ask(ledger.open_many, [AskAccount("a", "wallet", "CNY", "test")] * 8193)
