"""The proof of the ledger and of the chain names the row that somebody changed by hand, and no other."""

from typing import Any

import pytest

from changliao.db.audit import broken_links
from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.ledger import service as ledger
from changliao.ledger.model import AskTransfer
from tests.rooms.bank import Bank


@pytest.fixture
def book(bank: Bank) -> Bank:
    """Ten transfers in five groups, of every kind, and two facts."""
    bank.many(
        AskTransfer(100, bank.mint, bank.lin, "top_up"),
        AskTransfer(50, bank.mint, bank.mo, "top_up"),
        AskTransfer(30, bank.lin, bank.mo, "gift"),
    )
    held = bank.hold(40)
    bank.on_hold("post", held, 10)
    bank.on_hold("post", held, 5, final=True)
    bank.many(
        AskTransfer(20, bank.mo, bank.shop, "pay", "pending", id="h2"),
        AskTransfer(7, kind="post", pending_id="h2"),
        AskTransfer(0, kind="void", pending_id="h2"),
        AskTransfer(9, bank.mo, bank.lin, "gift"),
    )
    assert told(bank) == []
    return bank


def told(bank: Bank) -> list[str]:
    """Everything that either proof says."""

    def both(reader: Reader) -> list[str]:
        return [*ledger.broken_invariants(reader, accounts_at_once=1), *broken_links(reader)]

    return bank.world.read(both)


def by_hand(bank: Bank, sql: str, *args: Any) -> list[str]:
    """Change the books past all verbs; what is said of it then."""

    def change(tx: Tx, asked: tuple[Any, ...]) -> None:
        tx.query(sql, *asked)

    bank.world.ask(change, args)
    return told(bank)


def figures(bank: Bank, account: str, transfers: int, last: int) -> str:
    debits, credits_, held_debits, held_credits = bank.figures(account)
    return (
        f"{debits} debited, {credits_} credited, {held_debits} and {held_credits} held,"
        f" {transfers} transfers, the last being {last}"
    )


def test_a_clean_book_gives_nothing_to_say(bank: Bank, book: Bank) -> None:
    assert told(bank) == []


def test_an_empty_book_gives_nothing_to_say(bank: Bank) -> None:
    assert told(bank) == []


# Transfers ----------------------------------------------------------------------------------


def test_a_changed_amount_is_named_by_the_fold_and_by_the_chain(book: Bank) -> None:
    found = by_hand(book, "UPDATE ledger_transfers SET amount = 31 WHERE seq = 3")

    assert found[:-1] == [one for one in found[:-1] if one.startswith("I2: transfer 3 left ")]
    assert found[-1] == "I6: ledger_transfers 3 was edited"


@pytest.mark.parametrize(
    "change",
    ["memo = 'x'", "code = 'fee'", "ref = 'pay_9'", "happened_at = happened_at - 1", "id = 'x'"],
)
def test_whatever_else_is_changed_in_a_transfer_is_named_by_the_chain(
    book: Bank, change: str
) -> None:
    found = by_hand(book, f"UPDATE ledger_transfers SET {change} WHERE seq = 8")

    assert found == ["I6: ledger_transfers 8 was edited"]


def test_a_transfer_that_is_led_to_another_account_is_named(book: Bank) -> None:
    found = by_hand(book, "UPDATE ledger_transfers SET credit = ? WHERE seq = 3", book.shop)

    assert f"I2: transfer 3 follows 2 on {book.shop}, but 0 was before it" in found
    assert found[-1] == "I6: ledger_transfers 3 was edited"


def test_a_removed_transfer_is_named(book: Bank) -> None:
    found = by_hand(book, "DELETE FROM ledger_transfers WHERE seq = 3")

    assert f"I2: transfer 4 follows 3 on {book.lin}, but 1 was before it" in found
    assert found[-1] == "I6: ledger_transfers 3 was removed"


def test_an_added_transfer_is_named(book: Bank) -> None:
    columns = (
        "id, kind, debit, credit, amount, currency, mode, code, happened_at, written_at,"
        " debit_after, credit_after, debit_prev, credit_prev, ref, memo, pending_id, final, expires_at"
    )
    others = columns.removeprefix("id, ")
    found = by_hand(
        book,
        f"INSERT INTO ledger_transfers (seq, {columns})"
        f" SELECT 11, 'forged', {others} FROM ledger_transfers WHERE seq = 10",
    )

    assert any(one.startswith("I2: transfer 11 follows ") for one in found)
    assert found[-1] == "I6: ledger_transfers 11 was added: the chain covers 1 to 10"


def test_transfers_between_unfit_accounts_are_named(book: Bank) -> None:
    by_hand(book, "UPDATE ledger_transfers SET currency = 'USD' WHERE seq = 2")
    found = by_hand(book, "UPDATE ledger_transfers SET credit = 'acc_none' WHERE seq = 9")

    assert (
        "I4: transfer 2 moves nothing, or its accounts are missing, the same,"
        " or of another currency or mode"
    ) in found


# Accounts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column", ["debits_posted", "credits_posted", "debits_pending", "credits_pending"]
)
def test_a_changed_figure_of_an_account_is_named(book: Bank, column: str) -> None:
    found = by_hand(
        book, f"UPDATE ledger_accounts SET {column} = {column} + 1 WHERE id = ?", book.lin
    )

    assert found[0].startswith("I1: in test CNY ")
    assert found[1].startswith(
        f"I2: account {book.lin} says {figures(book, book.lin, 6, 10)}, its 6 transfers and open"
    )
    assert len(found) == 2


def test_figures_that_agree_with_each_other_but_not_with_the_transfers_are_named(
    book: Bank,
) -> None:
    """A thief who keeps debits and credits equal."""
    by_hand(
        book, "UPDATE ledger_accounts SET credits_posted = credits_posted + 9 WHERE id = ?", book.mo
    )
    found = by_hand(
        book, "UPDATE ledger_accounts SET debits_posted = debits_posted + 9 WHERE id = ?", book.mint
    )

    assert sorted(one[: len(book.mo) + 12] for one in found) == sorted(
        [f"I2: account {book.mo}", f"I2: account {book.mint}"]
    )


def test_an_account_beyond_its_bounds_is_named(book: Bank) -> None:
    found = by_hand(
        book, "UPDATE ledger_accounts SET no_overdraft = ? WHERE id = ?", True, book.mint
    )

    assert found == [
        f"I3: account {book.mint} is beyond its bounds: {figures(book, book.mint, 2, 2)}"
    ]


def test_an_account_with_a_wrong_last_transfer_is_named(book: Bank) -> None:
    found = by_hand(book, "UPDATE ledger_accounts SET last_seq = 8 WHERE id = ?", book.lin)

    assert len(found) == 1
    assert found[0].startswith(f"I2: account {book.lin} says ")
    assert found[0].endswith("the last being 10")


# Holds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("remaining = 1", "posted, 15 posted and 1 left of 40"),
        ("posted = 16", "posted, 16 posted and 0 left of 40"),
        ("amount = 41", "posted, 15 posted and 0 left of 41"),
        ("state = 'voided'", "voided, 15 posted and 0 left of 40"),
        ("state = 'open'", "open, 15 posted and 0 left of 40"),
    ],
)
def test_a_changed_hold_is_named(book: Bank, change: str, says: str) -> None:
    [hold] = book.world.read(
        lambda reader: reader.query("SELECT id FROM ledger_holds WHERE seq = 4")
    )
    found = by_hand(book, f"UPDATE ledger_holds SET {change} WHERE id = ?", hold[0])

    wanted = f"I5: hold {hold[0]} says {says}, which does not follow from its transfers"
    assert [one for one in found if one.startswith("I5")] == [wanted]


def test_a_removed_hold_is_named(book: Bank) -> None:
    found = by_hand(book, "DELETE FROM ledger_holds WHERE id = 'h2'")

    assert found == ["I5: pending transfer 7 has no hold"]


# The chain ----------------------------------------------------------------------------------


def test_a_changed_fact_is_named(book: Bank) -> None:
    found = by_hand(book, "UPDATE facts SET body = '{}' WHERE seq = 2")

    assert found == ["I6: facts 2 was edited"]


def test_a_removed_fact_is_named(book: Bank) -> None:
    assert by_hand(book, "DELETE FROM facts WHERE seq = 1") == ["I6: facts 1 was removed"]


def test_an_added_fact_is_named(book: Bank) -> None:
    found = by_hand(
        book,
        "INSERT INTO facts (seq, at, kind, about, audience, body)"
        " SELECT 0, at, kind, about, audience, body FROM facts WHERE seq = 1",
    )

    assert found == ["I6: facts 0 was added: the chain covers 1 to 2"]


@pytest.mark.parametrize("column", ["hash", "digests"])
def test_a_changed_link_is_named(book: Bank, column: str) -> None:
    found = by_hand(book, f"UPDATE chain SET {column} = ? WHERE number = 2", bytes(32))

    assert found[0] == "I6: chain 2 was edited, or does not follow from the one before it"


def test_a_link_that_was_moved_in_time_is_named(book: Bank) -> None:
    found = by_hand(book, "UPDATE chain SET at = at + 1 WHERE number = 3")

    assert found == ["I6: chain 3 was edited, or does not follow from the one before it"]


def test_a_removed_link_is_named(book: Bank) -> None:
    found = by_hand(book, "DELETE FROM chain WHERE number = 2")

    assert found[0] == "I6: chain 2 is missing"


def test_an_end_that_was_cut_off_is_seen_though_all_that_is_left_agrees(book: Bank) -> None:
    """The last transfers and their link removed, and the lane told to end before."""
    [(links,)] = book.world.read(lambda reader: reader.query("SELECT MAX(number) FROM chain"))
    by_hand(book, "DELETE FROM ledger_transfers WHERE seq > 6")
    by_hand(book, "DELETE FROM facts WHERE seq > 1")
    found = by_hand(book, "DELETE FROM chain WHERE number = ?", links)

    assert [one for one in found if one.startswith("I6")] == [
        f"I6: the lane ends at link {links}, the chain at {links - 1}, or their hashes differ",
        "I6: the lane has counted 2 facts, the chain covers 1",
        "I6: the lane has counted 10 ledger_transfers, the chain covers 6",
    ]


def test_the_chain_goes_on_over_a_restart_and_over_many_groups(book: Bank) -> None:
    book.world.reopen()
    for amount in range(1, 4):
        book.post(amount, book.mint, book.lin)

    assert told(book) == []
