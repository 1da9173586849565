"""A shop's daily bills: every amount taken, every refund that went, every change of the balance."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from changliao.db.migrate import Migration
from changliao.db.tx import Tx
from changliao.kernel.instant import DAY_US, SECOND_US
from changliao.ledger import service as ledger
from changliao.ledger.model import Transfer
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import rules, service
from changliao.pay.model import AskOnPayment, AskRefund, AskShopTransfer, Day, Line, Trade
from changliao.pay.store import REFUNDS
from changliao.people.model import Person
from tests.asking import ask, read
from tests.places import Place, PostgresPlace, SqlitePlace
from tests.rooms.test_pay_machine import living, walk
from tests.rooms.world import START_US, World

CARD = "credit_card"
TODAY = "2026-02-02"  # World.clock begins at 02:40 UTC.
EIGHT_HOURS_S = 8 * 3600


@pytest.fixture
def shop(world: World) -> Caller:
    shop = world.shop()
    world.ask(service.offer_method, m.AskMethod(shop, CARD, "mobile"))
    return shop


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", money=5000)


def trades(world: World, shop: Caller, day: Day, limit: int = 1000) -> list[Trade]:
    """A day's whole trade bill, by pages of this size."""
    found: list[Trade] = []
    mark: m.TradeMark | None = m.TradeMark()
    while mark is not None:
        page = world.read(service.trades, shop, day, mark, limit)
        assert len(page.items) <= limit
        found += page.items
        mark = page.next
    return found


def funds(world: World, shop: Caller, day: Day, limit: int = 1000) -> list[Line]:
    """A day's whole fund bill, by pages of this size."""
    found: list[Line] = []
    after, more = 0, True
    while more:
        page = world.read(service.funds, shop, day, after, limit)
        assert len(page.items) <= limit
        found += page.items
        after, more = page.next, bool(page.next)
    return found


def told(rows: list[Trade]) -> list[tuple[str, int]]:
    return [
        (
            one.refund.id if one.refund else one.payment.reference,
            one.amount * (-1) ** bool(one.refund),
        )
        for one in rows
    ]


def test_a_day_has_what_was_taken_and_what_went_back(
    world: World, shop: Caller, lin: Person
) -> None:
    world.payment(shop, 50, reference="open")
    one = world.paid(lin, shop, 1000, reference="one")
    world.paid(lin, shop, 200, reference="two")
    gone = world.ask(service.request_refund, AskRefund(shop, one.id, 300, "r-1"))
    world.ask(service.pay_person, AskShopTransfer(shop, 100, "CNY", "t-1", "lin"))
    day = service.day_of(TODAY)
    rows = trades(world, shop, day)
    assert told(rows) == [("one", 1000), ("two", 200), (gone.id, -300)]
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert rows[0].at == rows[0].payment.paid_at
    assert rows[2].payment.id == one.id
    assert rules.add_trades({}, rows) == {"CNY": m.TradeTotal(2, 1200, 1, 300)}
    lines = funds(world, shop, day)
    assert [(one.transfer.code, one.amount, one.balance_after) for one in lines] == [
        ("payment", 1000, 1000),
        ("payment", 200, 1200),
        ("refund", -300, 900),
        ("transfer", -100, 800),
    ]
    codes = {"payment": 1200, "refund": -300, "transfer": -100}
    totals = rules.add_lines(world.read(service.fund_balances, shop, day), lines)
    assert totals == {"CNY": m.FundTotal(0, 800, 2, 1200, 2, 400, codes)}


def test_a_day_begins_and_ends_where_its_offset_says(
    world: World, shop: Caller, lin: Person
) -> None:
    midnight = service.day_of("2026-02-03", "+08:00").from_at
    world.clock.now_us = midnight - SECOND_US
    world.paid(lin, shop, 1, reference="last of the 2nd")
    world.clock.now_us = midnight
    world.paid(lin, shop, 2, reference="first of the 3rd")
    world.clock.now_us = midnight + DAY_US - SECOND_US
    world.paid(lin, shop, 4, reference="last of the 3rd")
    world.clock.now_us = midnight + DAY_US
    world.paid(lin, shop, 8, reference="first of the 4th")

    def sums(date: str, offset: str = "") -> tuple[int, int]:
        day = service.day_of(date, offset)
        rows, lines = trades(world, shop, day), funds(world, shop, day)
        return sum(one.amount for one in rows), sum(one.amount for one in lines)

    assert [sums(f"2026-02-0{n}", "+08:00") for n in (1, 2, 3, 4, 5)] == [
        (0, 0),
        (1, 1),
        (6, 6),
        (8, 8),
        (0, 0),
    ]
    assert [sums(f"2026-02-0{n}") for n in (2, 3, 4)] == [(3, 3), (12, 12), (0, 0)]
    third = world.read(service.fund_balances, shop, service.day_of("2026-02-03", "+08:00"))
    assert (third["CNY"].opening_balance, third["CNY"].closing_balance) == (1, 7)


def test_each_capture_of_a_hold_is_a_row_of_its_day(
    world: World, shop: Caller, lin: Person
) -> None:
    held = world.paid(lin, shop, 1000, capture="manual", reference="held")
    world.ask(service.capture, AskOnPayment(shop, held.id, 300))
    world.clock.forward(24 * 3600)
    world.ask(service.capture, AskOnPayment(shop, held.id, 500, final=True))
    first, second = service.day_of(TODAY), service.day_of("2026-02-03")
    assert told(trades(world, shop, first)) == [("held", 300)]
    assert told(trades(world, shop, second)) == [("held", 500)]
    assert [one.amount for one in funds(world, shop, first)] == [300]
    assert [one.amount for one in funds(world, shop, second)] == [500]
    assert world.payment_now(held).paid_at == trades(world, shop, first)[0].at


def test_a_refund_on_a_rail_stands_on_the_day_it_arrived(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.payment(shop, 1000)
    world.confirm(lin, payment, CARD)
    world.rail_says(world.attempts(payment.id)[0], "succeeded")
    asked = world.ask(service.request_refund, AskRefund(shop, payment.id, 400))
    first, second = service.day_of(TODAY), service.day_of("2026-02-03")
    assert told(trades(world, shop, first)) == [(payment.reference, 1000)]
    assert [one.amount for one in funds(world, shop, first)] == [1000, -400]
    world.clock.forward(24 * 3600)
    world.rail_says(world.attempts(asked.id)[0], "succeeded")
    assert told(trades(world, shop, second)) == [(asked.id, -400)]
    assert funds(world, shop, second) == []


def test_bills_are_of_one_shop_one_mode_and_all_its_currencies(
    world: World, shop: Caller, lin: Person
) -> None:
    world.fund(lin.id, 900, currency="EUR")
    world.paid(lin, shop, 1, reference="yuan")
    world.paid(lin, shop, 2, currency="EUR", reference="euro")
    world.paid(lin, world.shop(), 4)
    day = service.day_of(TODAY)
    assert told(trades(world, shop, day)) == [("yuan", 1), ("euro", 2)]
    assert [one.transfer.currency for one in funds(world, shop, day)] == ["CNY", "EUR"]
    assert rules.add_trades({}, trades(world, shop, day)) == {
        "CNY": m.TradeTotal(1, 1),
        "EUR": m.TradeTotal(1, 2),
    }


def test_pages_of_any_size_make_the_same_bill(world: World, shop: Caller, lin: Person) -> None:
    world.fund(lin.id, 900, currency="EUR")
    for number in range(130):  # Many lines that are no payments between a few that are.
        world.fund(shop.app_id, 1 + number, code="shop")
    for number in range(9):
        paid = world.paid(lin, shop, 10 + number, currency=("CNY", "EUR")[number % 2])
        if number % 3:
            world.ask(service.request_refund, AskRefund(shop, paid.id, 1 + number))
        for _ in range(20):
            world.fund(shop.app_id, 1, code="shop")
    day = service.day_of(TODAY)
    whole, lines = trades(world, shop, day), funds(world, shop, day)
    assert (len(whole), len(lines)) == (15, 130 + 180 + 15)
    for limit in (1, 2, 4, 7, 15, 16):
        assert trades(world, shop, day, limit) == whole
    for limit in (1, 64, 101):
        assert funds(world, shop, day, limit) == lines


# The sums agree with the ledger -------------------------------------------------------------

OFFSETS = ("+00:00", "+08:00", "-03:30", "+14:00")


def days(offset: str, until_us: int) -> Iterator[Day]:
    """Every day from the first of the world's life to the last."""
    day = service.day_of("2026-02-01", offset)
    while day.from_at <= until_us:
        yield day
        day = Day(day.until_at, day.until_at + DAY_US)


def aside_on(world: World, shop: Caller, day: Day, code: str) -> list[Transfer]:
    """What moved that day on the account where money is set aside to be split."""
    account = world.read(ledger.find_account, shop.app_id, "shop_unsplit", "CNY", shop.mode)
    if account is None:
        return []
    said: dict[str, Any] = {"from_at": day.from_at, "until_at": day.until_at - 1, "limit": 1000}
    rows = world.read(ledger.statement, account.id, **said)
    return [one for one in rows if one.code == code and one.kind in ("single", "post")]


def agree(world: World, shop: Caller, offset: str, limit: int) -> None:
    """All bills of a life beside the ledger and the refunds themselves."""
    balances = dict.fromkeys(("CNY",), 0)
    taken = refunded = refunded_aside = 0
    everything: list[Line] = []
    for day in days(offset, world.clock.now_us + DAY_US):
        rows, lines = trades(world, shop, day, limit), funds(world, shop, day, limit)
        opening = world.read(service.fund_balances, shop, day)
        totals = rules.add_lines(opening, lines)
        for currency, one in totals.items():
            assert one.opening_balance == balances[currency]
            moved = one.incoming_amount - one.outgoing_amount
            assert one.closing_balance == one.opening_balance + moved
            assert sum(one.codes.values()) == moved
            balances[currency] = one.closing_balance
        for currency, total in rules.add_trades({}, rows).items():
            came_aside = sum(one.amount for one in aside_on(world, shop, day, "payment"))
            assert total.amount == totals[currency].codes.get("payment", 0) + came_aside
        refunded_aside += sum(one.amount for one in aside_on(world, shop, day, "refund"))
        refunded_aside -= sum(one.amount for one in aside_on(world, shop, day, "refund_returned"))
        taken += sum(row.amount for row in rows if row.refund is None)
        refunded += sum(row.amount for row in rows if row.refund is not None)
        assert all(day.from_at <= row.at < day.until_at for row in rows)
        everything += lines
    account = world.read(ledger.find_account, shop.app_id, "shop", "CNY", shop.mode)
    assert account is not None and account.balance == balances["CNY"]
    payments = world.read(service.payments_of, shop, status="", text="", before="", limit=1000)
    assert taken == sum(one.captured_amount for one in payments)
    assert refunded == sum(one.refunded_amount for one in payments)
    refunds: list[Any] = world.read(lambda reader: reader.rows(REFUNDS, ""))
    out = sum(one.amount for one in everything if one.transfer.code.startswith("refund"))
    under_way = [one.amount for one in refunds if one.status == "pending" and not one.waits_for]
    assert refunded_aside - out == refunded + sum(under_way)


def lived(place: SqlitePlace | PostgresPlace, seed: int, steps: int) -> None:
    with living(place) as life:
        walk(life, seed, steps)
        for offset, limit in zip(OFFSETS, (1000, 3, 1, 50), strict=True):
            agree(life.world, life.shop, offset, limit)


@pytest.mark.parametrize("seed", [11, 12])
def test_the_bills_of_a_life_agree_with_the_ledger_on_sqlite(
    sqlite_place: SqlitePlace, seed: int
) -> None:
    lived(sqlite_place, seed, 120)


@pytest.mark.postgres
def test_the_bills_of_a_life_agree_with_the_ledger_on_postgresql(
    postgres_place: PostgresPlace,
) -> None:
    lived(postgres_place, 13, 60)


AMOUNTS = st.lists(
    st.tuples(st.sampled_from(["CNY", "EUR"]), st.integers(1, 10**12), st.booleans()), max_size=20
)


@given(AMOUNTS)
@hypothesis_settings(deadline=None)
def test_counting_in_slices_is_counting_at_once(rows: list[tuple[str, int, bool]]) -> None:
    payments: Any = {}
    for currency in ("CNY", "EUR"):
        asked = m.AskPayment(_CALLER, 1, currency, "r")
        payments[currency] = rules.payment(asked, "pay_1", START_US)
    trades_ = [
        Trade(number, amount, payments[currency], None if taken else _REFUND)
        for number, (currency, amount, taken) in enumerate(rows)
    ]
    middle = len(trades_) // 2
    at_once = rules.add_trades({}, trades_)
    assert rules.add_trades(rules.add_trades({}, trades_[:middle]), trades_[middle:]) == at_once
    for currency, total in at_once.items():
        taken_ = [amount for one, amount, taken in rows if one == currency and taken]
        back = [amount for one, amount, taken in rows if one == currency and not taken]
        assert total == m.TradeTotal(len(taken_), sum(taken_), len(back), sum(back))


_CALLER: Any = Caller("app_1", "par_1", "test", (), "key_1")  # type: ignore[arg-type]
_REFUND: Any = "a refund"


# Payments of before the bills ---------------------------------------------------------------


def write_old_payments(tx: Tx, _asked: None) -> None:
    """Two payments as they stood before `paid_at`, refunded later; only one has its fact."""
    for name, status in (("pay_1", "paid"), ("pay_2", "paid"), ("pay_3", "open")):
        tx.query(
            "INSERT INTO pay_payments VALUES (?, 'app_1', 'test', ?, 1, 'CNY', '', '', 'auto', '',"
            " '{}', 5, 9, ?, 'wallet', '', '', '', 0, 1, 0, 0, '', 77, 2)",
            *(name, name, status),
        )
    tx.query(
        "INSERT INTO facts (seq, at, kind, about, audience, body)"
        " VALUES (1, 42, 'payment.paid', 'pay_1', '', '{}')"
    )


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_payments_of_before_know_from_their_facts_when_they_were_paid(
    request: pytest.FixtureRequest, migrations: list[Migration], kind: str
) -> None:
    old = [one for one in migrations if one.name < "074"]
    if kind == "sqlite":
        path = request.getfixturevalue("sqlite_files").make()
        places: list[Place] = [SqlitePlace(path, old), SqlitePlace(path, migrations)]
    else:
        url = request.getfixturevalue("postgres_server").make()
        places = [PostgresPlace(url, old), PostgresPlace(url, migrations)]
    before, after = places
    ask(before.open(), write_old_payments, None)
    before.close()
    rows = read(after.open(), lambda reader: reader.query(PAID_AT))
    after.close()
    assert [tuple(row) for row in rows] == [("pay_1", 42), ("pay_2", 77), ("pay_3", 0)]


PAID_AT = "SELECT id, paid_at FROM pay_payments ORDER BY id"
