"""Statements and balances, of now and of any moment."""

import pytest

from changliao.ledger import model as m
from changliao.ledger import service as ledger
from changliao.ledger.model import AskTransfer
from changliao.ledger.store import MARKS
from tests.rooms.bank import Bank
from tests.rooms.world import START_US

# Reading ------------------------------------------------------------------------------------


def paged(bank: Bank, limit: int, *, newest_first: bool, pages_max: int = 130) -> list[int]:
    """A statement of Lin's account, read page by page."""
    found: list[int] = []
    for _ in range(pages_max):
        last = found[-1] if found else 0
        bound = {"before": last} if newest_first else {"after": last}
        page = bank.statement(bank.lin, limit=limit, newest_first=newest_first, **bound)
        assert len(page) <= limit
        if not page:
            break
        found += page
    return found


@pytest.fixture
def busy(bank: Bank) -> Bank:
    """Lin has 333 transfers among 1,000, so that marks lie in between."""
    asks = []
    for i in range(500):
        receiver = bank.lin if i % 3 else bank.mo
        asks.append(AskTransfer(1, bank.mint, receiver, "in", ref=f"r{i % 7}"))
        asks.append(AskTransfer(1, bank.mint, bank.shop, "in"))
    bank.many(*asks)
    return bank


WHOLE = [i * 2 + 1 for i in range(500) if i % 3]


@pytest.mark.parametrize("limit", [1, 7, 63, 64, 65, 100, 1000])
def test_a_statement_is_paged_in_both_directions_without_a_gap_or_a_double(
    busy: Bank, limit: int
) -> None:
    oldest, newest = (
        paged(busy, limit, newest_first=False),
        paged(busy, limit, newest_first=True),
    )

    assert len(WHOLE) == 333
    assert len(oldest) == len(newest) == min(333, 130 * limit)
    assert oldest == WHOLE[: len(oldest)]
    assert newest == WHOLE[::-1][: len(newest)]


def test_a_statement_can_begin_and_end_anywhere(busy: Bank) -> None:
    assert busy.statement(busy.lin, after=100, before=110) == [101, 105, 107]
    assert busy.statement(busy.lin, after=100, before=110, newest_first=True) == [107, 105, 101]
    assert busy.statement(busy.lin, after=101, before=107) == [105]
    assert busy.statement(busy.lin, after=999) == []
    assert busy.statement(busy.lin, before=3, newest_first=True) == []
    r3 = [seq for seq in WHOLE if (seq // 2) % 7 == 3]
    assert busy.statement(busy.lin, ref="r3", limit=1000) == r3
    assert busy.statement(busy.lin, ref="r3", limit=5) == r3[:5]
    assert busy.statement(busy.lin, ref="r3", limit=5, newest_first=True) == r3[:-6:-1]
    assert busy.statement(busy.lin, side="debit") == []
    assert busy.statement(busy.lin, side="credit", limit=1000) == WHOLE


def test_every_64th_transfer_of_an_account_is_marked(busy: Bank) -> None:
    marks = busy.world.read(lambda reader: reader.rows(MARKS, "ORDER BY account, seq"))

    assert [one.seq for one in marks if one.account == busy.lin] == WHOLE[63::64]
    assert [one.seq for one in marks if one.account == busy.mint] == list(range(64, 1001, 64))
    assert busy.world.wrong() == []


def test_a_statement_shows_both_sides_and_can_be_narrowed(bank: Bank) -> None:
    bank.fund(bank.lin, 100)
    bank.post(10, bank.lin, bank.shop, "pay", ref="pay_1", memo="m1")
    bank.hold(20, ref="pay_2", memo="m2")
    bank.post(5, bank.shop, bank.lin, "refund", ref="pay_1", memo="m1")
    bank.post(1, bank.mint, bank.shop)

    assert bank.statement(bank.lin) == [1, 2, 3, 4]
    assert bank.statement(bank.lin, side="debit") == [2, 3]
    assert bank.statement(bank.lin, side="credit") == [1, 4]
    assert bank.statement(bank.lin, code="pay") == [2, 3]
    assert bank.statement(bank.lin, ref="pay_1") == [2, 4]
    assert bank.statement(bank.lin, memo="m2") == [3]
    assert bank.statement(bank.mo) == []
    newest = bank.world.read(ledger.transfers_for, [bank.lin, bank.shop], 3)
    assert [one.seq for one in newest] == [5, 4, 3]
    with bank.world.refuses(m.AccountNotFound, field="id"):
        bank.statement("acc_none")


def test_a_statement_can_be_of_a_time(bank: Bank) -> None:
    times = []
    for _ in range(9):
        bank.world.clock.forward(10)
        made = bank.post(1, bank.mint, bank.lin)
        bank.post(1, bank.mint, bank.mo)
        times.append(made.written_at)

    assert bank.statement(bank.lin, from_at=times[2], until_at=times[4]) == [5, 7, 9]
    assert bank.statement(bank.lin, from_at=times[2] + 1, until_at=times[4] - 1) == [7]
    assert bank.statement(bank.lin, until_at=times[0] - 1) == []
    assert bank.statement(bank.lin, from_at=times[8] + 1) == []
    assert bank.statement(bank.lin, from_at=times[6], newest_first=True) == [17, 15, 13]


def test_a_balance_is_known_as_of_any_moment(bank: Bank) -> None:
    written = []
    for amount in (100, 20, 3):
        bank.world.clock.forward(3600)
        written.append(bank.post(amount, bank.mint, bank.lin).written_at)
    bank.world.clock.forward(3600)
    held = bank.hold(50)
    bank.world.clock.forward(3600)
    posted = bank.on_hold("post", held, 40).written_at

    def at(moment: int) -> int:
        return bank.world.read(ledger.balance_at, bank.lin, moment).balance

    assert at(written[0] - 1) == 0
    assert [at(moment) for moment in written] == [100, 120, 123]
    assert [at(moment - 1) for moment in written] == [0, 100, 120]
    assert at(held.written_at) == 123
    assert at(posted - 1) == 123
    assert at(posted) == 83
    assert at(posted + 10**12) == 83
    assert bank.world.read(ledger.balance_at, bank.mint, written[1]).balance == -120


def test_what_happened_earlier_than_it_was_written_counts_from_when_it_happened(bank: Bank) -> None:
    day = 86_400_000_000
    bank.post(100, bank.mint, bank.lin, happened_at=START_US - 2 * day)
    bank.post(10, bank.mint, bank.lin)
    late = bank.post(1, bank.mint, bank.lin, happened_at=START_US - 3 * day)
    held = bank.hold(50, happened_at=START_US - day)
    bank.on_hold("post", held, 7, happened_at=START_US - day)

    def at(moment: int) -> int:
        return bank.world.read(ledger.balance_at, bank.lin, moment, by="happened_at").balance

    assert late.happened_at == START_US - 3 * day < late.written_at
    assert [at(START_US - days * day) for days in (4, 3, 2, 1)] == [0, 1, 101, 94]
    assert at(START_US + day) == 104
    assert bank.world.read(ledger.balance_at, bank.lin, START_US - day).balance == 0


def test_a_balance_of_no_account_is_not_found(bank: Bank) -> None:
    with bank.world.refuses(m.AccountNotFound, field="id"):
        bank.world.read(ledger.balance_at, "acc_none", START_US)
