"""Whatever is asked of the ledger, in whatever order, batches and groups: it answers and stands as the
plain books do, and its own proof finds nothing wrong."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from changliao.db.audit import broken_links
from changliao.db.driver import Reader
from changliao.db.migrate import Migration
from changliao.kernel.money import AMOUNT_MAX
from changliao.kernel.refusal import Refusal
from changliao.ledger import service as ledger
from changliao.ledger.model import AskAccount, AskTransfer, Hold, Transfer
from changliao.ledger.store import ACCOUNTS, HOLDS
from tests.asking import ask, ask_together, read
from tests.places import Place, PostgresPlace, PostgresServer, SqliteFiles, SqlitePlace
from tests.rooms.plain_books import MOMENT_US, PlainBooks

pytestmark = pytest.mark.slow

RANDOMLY = settings(
    deadline=None, database=None, suppress_health_check=list(HealthCheck), max_examples=15
)
START_US = 1_770_000_000_000_000
ACCOUNT_IDS = st.sampled_from(["a0", "a0", "a1", "a1", "a2", "a2", "a3", "a4", "a5", "nobody"])
HOLD_IDS = ["h0", "h1", "h2"]
OTHER_IDS = ["", "", "", "s0", "s1", "s2"]

ACCOUNT_ASKS = st.builds(
    AskAccount,
    owner=st.sampled_from(["lin", "mo"]),
    code=st.sampled_from(["wallet", "shop"]),
    currency=st.sampled_from(["CNY", "CNY", "USD"]),
    mode=st.sampled_from(["test", "test", "live"]),
    no_overdraft=st.booleans(),
    no_credit_excess=st.sampled_from([False, False, True]),
    id=st.sampled_from(["a3", "a4", "a5"]),
)
AMOUNTS = st.one_of(
    st.integers(1, 60), st.integers(1, 600), st.sampled_from([0, -1, AMOUNT_MAX, AMOUNT_MAX + 1])
)


@st.composite
def transfer_asks(draw: st.DrawFn) -> AskTransfer:
    """Mostly sensible asks; of some, every field may be nonsense."""
    kind: Any = draw(st.sampled_from([*["single", "pending"] * 2, *["post"] * 4, "void"]))
    on_hold = kind in ("post", "void")
    odd = draw(st.integers(0, 7)) == 0
    amount = draw(st.integers(0, 40)) if on_hold and not odd else draw(AMOUNTS)
    return AskTransfer(
        0 if kind == "void" and not odd else amount,
        debit=draw(ACCOUNT_IDS) if odd or not on_hold else "",
        credit=draw(ACCOUNT_IDS) if odd or not on_hold else "",
        code=draw(st.sampled_from(["pay", "gift", ""])) if odd else "" if on_hold else "pay",
        kind=kind,
        id=draw(st.sampled_from([*HOLD_IDS, ""] if kind == "pending" else OTHER_IDS)),
        currency=draw(st.sampled_from(["", "CNY", "USD", "XXX"])) if odd else "",
        ref=draw(st.sampled_from(["", "", "r1", "r2"])),
        pending_id=draw(st.sampled_from(HOLD_IDS + OTHER_IDS * odd)) if odd or on_hold else "",
        final=kind == "post" and draw(st.booleans()),
        timeout_s=draw(st.sampled_from([0, 5, 25, 95])) if odd or kind == "pending" else 0,
        linked=draw(st.integers(0, 4)) == 0,
    )


class Ledger(RuleBasedStateMachine):
    """Every verb, beside the plain books."""

    def __init__(self) -> None:
        super().__init__()
        self.now_us = START_US
        self.place = self.lend()
        self.db = self.place.open(shake=True, clock=lambda: self.now_us)
        self.books = PlainBooks()
        self.asked: list[AskTransfer] = []
        self.open([AskAccount("mint", "mint", "CNY", "test", id="a0")])
        for number in (1, 2):
            wallet = AskAccount(f"w{number}", "wallet", "CNY", "test", no_overdraft=True)
            self.open([replace(wallet, id=f"a{number}")])
            self.post(AskTransfer(500, "a0", f"a{number}", "top_up"))
        for name, timeout_s in (("0", 0), ("1", 95)):
            hold = AskTransfer(300, "a1", "a2", "pay", "pending", timeout_s=timeout_s)
            self.post(replace(hold, id=f"h{name}", debit=f"a{1 + int(name)}", credit="a0"))

    @staticmethod
    def lend() -> Place:
        raise NotImplementedError

    @staticmethod
    def give_back(place: Place) -> None:
        raise NotImplementedError

    def teardown(self) -> None:
        self.place.close()
        self.give_back(self.place)

    @rule(asks=st.lists(ACCOUNT_ASKS, min_size=1, max_size=3))
    def open(self, asks: list[AskAccount]) -> None:
        results = ask(self.db, ledger.open_many, asks)
        assert [one.code for one in results] == [self.books.open(one) for one in asks]

    @rule(account=ACCOUNT_IDS)
    def close(self, account: str) -> None:
        assert self.answer(ledger.close_account, account) == self.books.close(account)

    @rule(asked=transfer_asks())
    def post(self, asked: AskTransfer) -> None:
        asked = replace(asked, linked=False)
        self.asked.append(asked)
        assert self.answer(ledger.post, asked) == self.books.post(asked)

    @rule(asks=st.lists(transfer_asks(), min_size=1, max_size=12), cuts=st.sets(st.integers(1, 11)))
    def post_a_batch_cut_anywhere(self, asks: list[AskTransfer], cuts: set[int]) -> None:
        """Between linked runs it makes no difference where a batch is cut."""
        self.asked += asks
        expected = self.books.post_many(asks)
        places = [
            0,
            *sorted(i for i in cuts if i < len(asks) and not asks[i - 1].linked),
            len(asks),
        ]
        codes: list[str] = []
        for start, end in pairwise(places):
            codes += [one.code for one in ask(self.db, ledger.post_many, asks[start:end])]
        assert codes == expected

    @rule(asks=st.lists(transfer_asks(), min_size=2, max_size=8))
    def post_together_in_one_group(self, asks: list[AskTransfer]) -> None:
        asks = [replace(one, linked=False) for one in asks]
        self.asked += asks
        answers = ask_together(self.db, [(ledger.post, one) for one in asks])
        codes = [_code(one) for one in answers]
        assert codes == [self.books.post(one) for one in asks]

    @rule(
        place=st.integers(0, 50),
        other=transfer_asks(),
        field=st.sampled_from(
            ["", "", "amount", "kind", "debit", "credit", "ref", "final", "timeout_s", "pending_id"]
        ),
    )
    def post_again(self, place: int, other: AskTransfer, field: str) -> None:
        """One that was asked before, it may be with a change."""
        if not self.asked:
            return
        again = replace(self.asked[place % len(self.asked)], linked=False)
        if field:
            again = replace(again, **{field: getattr(other, field)})
        assert self.answer(ledger.post, again) == self.books.post(again)

    @rule(moments=st.integers(1, 12))
    def time_passes(self, moments: int) -> None:
        self.now_us += moments * MOMENT_US
        self.books.now += moments * MOMENT_US // 1_000_000

    @rule()
    def sweep(self) -> None:
        due = read(self.db, ledger.holds_due, self.now_us)
        swept = [ask(self.db, ledger.expire_hold, one) for one in due]
        assert all(isinstance(one, Transfer) for one in swept)
        assert len(swept) == self.books.expire()

    @invariant()
    def it_stands_as_the_plain_books_and_the_proof_finds_nothing_wrong(self) -> None:
        accounts, holds, count, wrong = read(self.db, _standing)
        assert accounts == {
            key: (*one["figures"], one["closed"]) for key, one in self.books.accounts.items()
        }
        assert sorted(holds) == sorted(
            (one["amount"], one["left"], one["posted"], one["state"])
            for one in self.books.holds.values()
        )
        assert count == self.books.count
        assert wrong == []

    def answer(self, verb: Any, asked: Any) -> str:
        try:
            return _code(ask(self.db, verb, asked))
        except Refusal as refusal:
            return refusal.code


def _code(answer: Any) -> str:
    if isinstance(answer, Exception) and not isinstance(answer, Refusal):
        raise answer
    return answer.code if isinstance(answer, Refusal) else "created"


def _standing(reader: Reader) -> tuple[dict[str, Any], list[Any], int, list[str]]:
    accounts = {
        one.id: (
            *(one.debits_posted, one.credits_posted, one.debits_pending, one.credits_pending),
            one.closed,
        )
        for one in reader.rows(ACCOUNTS, "")
    }
    holds: list[Hold] = reader.rows(HOLDS, "")
    [(count,)] = reader.query("SELECT COUNT(*) FROM ledger_transfers")
    wrong = [*ledger.broken_invariants(reader, accounts_at_once=2), *broken_links(reader)]
    return (
        accounts,
        [(one.amount, one.remaining, one.posted, one.state) for one in holds],
        count,
        wrong + [f"statement of {account}" for account in accounts if _has_gap(reader, account)],
    )


def _has_gap(reader: Reader, account: str) -> bool:
    """Whether the statement is not what a search through all transfers finds."""
    listed = ledger.statement(reader, account, limit=1000)
    rows = reader.query(
        "SELECT seq FROM ledger_transfers WHERE debit = ? OR credit = ? ORDER BY seq LIMIT 1000",
        *(account, account),
    )
    return [one.seq for one in listed] != [row[0] for row in rows]


def test_any_life_on_sqlite(sqlite_files: SqliteFiles, migrations: list[Migration]) -> None:
    class Lives(Ledger):
        lend = staticmethod(lambda: SqlitePlace(sqlite_files.lend(migrations), migrations))
        give_back = staticmethod(lambda place: sqlite_files.take_back(place.path))

    run_state_machine_as_test(Lives, settings=settings(RANDOMLY, stateful_step_count=40))


@pytest.mark.postgres
def test_any_life_on_postgresql(
    postgres_server: PostgresServer, migrations: list[Migration]
) -> None:
    class Lives(Ledger):
        lend = staticmethod(lambda: PostgresPlace(postgres_server.lend(migrations), migrations))
        give_back = staticmethod(lambda place: postgres_server.take_back(place.url, migrations))

    run_state_machine_as_test(
        Lives, settings=settings(RANDOMLY, stateful_step_count=40, max_examples=3)
    )
