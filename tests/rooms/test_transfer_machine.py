"""A random life of transfers from shops to persons agrees with naive books at every step."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from changliao.db.migrate import Migration
from changliao.db.once import AskOnce, once
from changliao.kernel.refusal import Refusal
from changliao.ledger import service as ledger
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.model import AskCancelTransfer, AskIncoming, AskShopTransfer, ShopTransfer
from tests.asking import ask
from tests.places import Place, PostgresPlace, SqliteFiles, SqlitePlace
from tests.rooms.world import Clock, World

pytestmark = pytest.mark.slow

AMOUNTS = st.sampled_from([1, 250, 400, 900])
ONE_OF_TWO = st.integers(0, 1)
PLACES = st.integers(0, 9)
DAY_S = 24 * 3600
RANDOMLY = settings(
    deadline=None, database=None, suppress_health_check=list(HealthCheck), max_examples=10
)


class Row:
    """A transfer in the naive books."""

    def __init__(self, shop: int, who: int, amount: int, asks: bool, until: int) -> None:
        self.shop, self.who, self.amount, self.asks = shop, who, amount, asks
        self.until, self.status, self.id = until, "waiting" if asks else "succeeded", ""


class Transferring(RuleBasedStateMachine):
    """Two shops with some money, two people without."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.place = self.lend()
        self.world = World(self.place, self.clock)
        self.people = [self.world.person("lin"), self.world.person("mei")]
        self.shops = [self.world.shop(), self.world.shop()]
        self.funded = [0, 0]
        self.rows: dict[tuple[int, str], Row] = {}
        self.asked: list[tuple[AskOnce, Any]] = []
        for shop in (0, 1):
            self.fund(shop, 900)

    def lend(self) -> Place:
        """Where this life takes place."""
        raise NotImplementedError

    def teardown(self) -> None:
        self.place.close()

    @rule(shop=ONE_OF_TWO, amount=AMOUNTS)
    def fund(self, shop: int, amount: int) -> None:
        self.world.fund(self.shops[shop].app_id, amount, code="shop")
        self.funded[shop] += amount

    @rule(shop=ONE_OF_TWO, who=ONE_OF_TWO, amount=AMOUNTS, asks=st.booleans(), place=PLACES)
    def pay(self, shop: int, who: int, amount: int, asks: bool, place: int) -> None:
        self.clock.forward(1)
        reference = f"t-{place}"
        row, known = Row(shop, who, amount, asks, 0), self.rows.get((shop, reference))
        expected: type[Any] = ShopTransfer
        if known is not None:
            same = (known.who, known.amount, known.asks) == (who, amount, asks)
            expected = ShopTransfer if same else m.TransferReferenceTaken
        elif amount > self.free(shop):
            expected = m.ShopBalanceShort
        asked = AskShopTransfer(
            self.shops[shop], amount, "CNY", reference, self.people[who].handle, "", asks
        )
        answer = self.once(service.pay_person, asked, expected)
        if known is None and isinstance(answer, ShopTransfer):
            row.id, row.until = answer.id, self.clock.now_us + DAY_S * 1_000_000
            self.rows[shop, reference] = row

    @rule(place=PLACES, who=ONE_OF_TWO, yes=st.booleans())
    def answer(self, place: int, who: int, yes: bool) -> None:
        if row := self.pick(place):
            self.clock.forward(1)
            expected = self.expected(row) if row.asks and row.who == who else m.TransferNotFound
            verb = service.accept_transfer if yes else service.decline_transfer
            self.once(verb, AskIncoming(self.people[who].id, row.id), expected)
            if expected is ShopTransfer:
                row.status = "succeeded" if yes else "declined"

    @rule(place=PLACES, shop=ONE_OF_TWO)
    def cancel(self, place: int, shop: int) -> None:
        if row := self.pick(place):
            self.clock.forward(1)
            expected = self.expected(row) if row.shop == shop else m.TransferNotFound
            self.once(
                service.cancel_transfer, AskCancelTransfer(self.shops[shop], row.id), expected
            )
            if expected is ShopTransfer:
                row.status = "canceled"

    @rule(seconds=st.sampled_from([60, DAY_S // 2, DAY_S]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds)

    @rule()
    def sweep(self) -> None:
        self.clock.forward(1)
        due = self.world.read(ledger.holds_due, self.clock.now_us)
        self.world.ask(service.expire_holds, due)
        for row in self.rows.values():
            if row.status == "waiting" and row.until <= self.clock.now_us:
                row.status = "returned"

    @rule(place=PLACES)
    def somebody_asks_again_with_the_same_key(self, place: int) -> None:
        if self.asked:
            asked, answer = self.asked[-1 - place % len(self.asked)]
            before = self.world.everything()
            assert shown(ask(self.world.db, once, asked)) == shown(answer)
            assert self.world.everything() == before

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert self.world.wrong() == []

    @invariant()
    def everybody_has_what_the_books_say(self) -> None:
        for who, person in enumerate(self.people):
            got = [row.amount for row in self.done() if row.who == who]
            assert self.world.balance(person.id) == sum(got)
        for shop, caller in enumerate(self.shops):
            account = self.world.read(ledger.find_account, caller.app_id, "shop", "CNY", "test")
            assert account is not None
            gone = sum(row.amount for row in self.done() if row.shop == shop)
            assert account.balance == self.funded[shop] - gone
            assert account.available == self.free(shop)
            found = self.world.read(service.transfers_of, caller, before="", limit=100)
            statuses = {row.id: row.status for row in self.rows.values() if row.shop == shop}
            assert {one.id: one.status for one in found} == statuses

    def done(self) -> list[Row]:
        return [row for row in self.rows.values() if row.status == "succeeded"]

    def free(self, shop: int) -> int:
        """What the shop may still spend."""
        bound = ("succeeded", "waiting")
        rows = [row for row in self.rows.values() if row.shop == shop and row.status in bound]
        return self.funded[shop] - sum(row.amount for row in rows)

    def expected(self, row: Row) -> type[Any]:
        """What deciding on it comes to."""
        in_time = row.status == "waiting" and self.clock.now_us < row.until - 10_000
        return ShopTransfer if in_time else m.TransferNotWaiting

    def pick(self, place: int) -> Row | None:
        rows = list(self.rows.values())
        return rows[-1 - place % len(rows)] if rows else None

    def once(self, verb: Any, asked: Any, expected: type[Any]) -> Any:
        key = str(len(self.asked))
        wrapped = AskOnce("scope", key, key.encode(), verb, asked, ShopTransfer)
        answer = ask(self.world.db, once, wrapped)
        assert type(answer) is expected, answer
        self.asked.append((wrapped, answer))
        return answer


def shown(answer: Any) -> Any:
    """What can be compared: refusals are not equal to one another."""
    if isinstance(answer, Refusal):
        return answer.code, answer.detail, answer.field, answer.extra
    return answer


class In(Transferring):
    """A life in a place that somebody else lends."""

    def __init__(self, place: Place) -> None:
        self.lent = place
        super().__init__()

    def lend(self) -> Place:
        return self.lent


def walk(life: Transferring, seed: int, steps: int) -> None:
    """So many steps, drawn by the seed."""
    chance = Random(seed)
    for _ in range(steps):
        amount, shop, who = chance.choice((1, 250, 400)), chance.randrange(2), chance.randrange(2)
        place = chance.randrange(10)
        step = chance.choice("pppaaacstaf")
        if step == "p":
            life.pay(shop, who, amount, chance.random() < 0.7, chance.randrange(60))
        elif step == "a":
            life.answer(place, who, chance.random() < 0.6)
        elif step == "c":
            life.cancel(place, shop)
        elif step == "s":
            life.sweep()
        elif step == "t":
            life.time_passes(chance.choice((60, DAY_S // 2)))
        else:
            life.fund(shop, amount)
        life.the_audit_finds_nothing()
        life.everybody_has_what_the_books_say()


def test_short_lives_agree_with_the_books(
    sqlite_files: SqliteFiles, migrations: list[Migration]
) -> None:
    class Lives(Transferring):
        def lend(self) -> Place:
            self.path = sqlite_files.lend(migrations)
            return SqlitePlace(self.path, migrations)

        def teardown(self) -> None:
            super().teardown()
            sqlite_files.take_back(self.path)

    run_state_machine_as_test(Lives, settings=settings(RANDOMLY, stateful_step_count=25))


def test_a_long_life_agrees_with_the_books_on_sqlite(sqlite_place: SqlitePlace) -> None:
    life = In(sqlite_place)
    walk(life, 1, 150)
    life.teardown()


@pytest.mark.postgres
def test_a_long_life_agrees_with_the_books_on_postgresql(postgres_place: PostgresPlace) -> None:
    life = In(postgres_place)
    walk(life, 2, 60)
    life.teardown()
