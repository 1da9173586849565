"""The audit bites: whatever somebody changes in the books by hand is named, by rule and by row."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from changliao.db.tx import Tx
from changliao.pay.store import PAYMENTS, REFUNDS
from changliao.rails.model import Attempt
from changliao.rails.store import ATTEMPTS
from tests.asking import ask
from tests.places import SqlitePlace
from tests.rooms.paying import On


class Tamper(On):
    """A life that is lived by a script, so that the books hold one of everything."""

    def lived(self) -> None:
        for outcomes in (["succeeded"], ["failed", "succeeded"], ["unknown"], ["succeeded"]):
            self.a_person_buys_on_the_rail(0, 300, outcomes)
        self.all_that_waits_succeeds_and_is_heard()
        self.the_shop_refunds(0, 250)
        self.the_rail_refuses_a_refund_as_often_as_it_is_tried(0)
        self.the_shop_refunds(3, 0)
        self.a_person_buys(1, 300, manual=False)
        self.the_shop_refunds(0, 1)
        self.a_person_buys(1, 300, manual=True)
        self.the_shop_captures(0, 200, final=False)
        self.a_new_payment(1, manual=False)
        self.the_shop_cancels(0)
        self.a_person_buys(1, 300, manual=True)


@pytest.fixture
def life(sqlite_place: SqlitePlace) -> Iterator[Tamper]:
    life = Tamper(sqlite_place)
    life.lived()
    assert life.world.wrong() == []
    yield life
    life.teardown()


def change(tx: Tx, asked: tuple[str, tuple[Any, ...]]) -> None:
    tx.query(asked[0], *asked[1])


def tampered(life: Tamper, sql: str, *args: Any) -> str:
    """What the audit says of it, in one text."""
    ask(life.world.db, change, (sql, args))
    return "\n".join(life.world.wrong())


def payment(life: Tamper, status: str, **said: Any) -> str:
    """A payment of this status."""
    rows = life.world.read(lambda reader: reader.rows(PAYMENTS, "ORDER BY id"))
    fit = [
        row.id
        for row in rows
        if row.status == status and all(getattr(row, k) == v for k, v in said.items())
    ]
    return str(fit[0])


def refund(life: Tamper, status: str) -> str:
    """A refund of this status."""
    rows = life.world.read(lambda reader: reader.rows(REFUNDS, "WHERE status = ?", status))
    return str(rows[0].id)


def test_the_script_leaves_one_of_everything(life: Tamper) -> None:
    payments = life.world.read(lambda reader: reader.rows(PAYMENTS, ""))
    assert {one.status for one in payments} == {"open", "authorized", "paid", "canceled"}
    refunds = life.world.read(lambda reader: reader.rows(REFUNDS, ""))
    assert {one.status for one in refunds} == {"pending", "succeeded", "failed"}


@pytest.mark.parametrize(
    "to",
    [
        "captured_amount = captured_amount + 1",
        "captured_amount = captured_amount - 1",
        "refunded_amount = 5000",
        "refunded_amount = refunded_amount + 1",
        "refunding_amount = 1",
        "refunding_amount = -1",
        "amount = 1",
        "captured_amount = 0",
    ],
)
def test_a_changed_sum_of_a_payment_is_named(life: Tamper, to: str) -> None:
    one = payment(life, "paid", refunded_amount=0, refunding_amount=0)
    found = tampered(life, f"UPDATE pay_payments SET {to} WHERE id = ?", one)
    assert f"I8: payment {one}" in found


@pytest.mark.parametrize("before", ["authorized", "canceled", "open", "paid"])
def test_a_changed_status_of_a_payment_is_named(life: Tamper, before: str) -> None:
    one = payment(life, before)
    for after in ("open", "authorized", "paid", "canceled", "expired"):
        if {before, after} in ({before}, {"open", "authorized"}, {"canceled", "expired"}):
            continue  # As far as sums and endings go these are alike.
        found = tampered(life, "UPDATE pay_payments SET status = ? WHERE id = ?", after, one)
        assert f"payment {one}" in found, after


def test_a_payment_that_ended_without_a_fact_or_twice_is_named(life: Tamper) -> None:
    one = payment(life, "canceled")
    gone = "UPDATE facts SET kind = 'payment.gone' WHERE about = ? AND kind = 'payment.canceled'"
    assert f"I10: payment {one}" in tampered(life, gone, one)
    two = payment(life, "paid")
    twice = "UPDATE facts SET kind = 'payment.paid' WHERE about = ? AND kind = 'payment.created'"
    assert f"I10: payment {two}" in tampered(life, twice, two)


@pytest.mark.parametrize(
    ("before", "to"),
    [
        ("succeeded", "status = 'failed'"),
        ("succeeded", "amount = amount + 1"),
        ("failed", "status = 'succeeded'"),
        ("pending", "status = 'failed'"),
        ("pending", "waits_for = 'shop_balance'"),
        ("pending", "amount = 1"),
    ],
)
def test_a_changed_refund_is_named(life: Tamper, before: str, to: str) -> None:
    one = refund(life, before)
    found = tampered(life, f"UPDATE pay_refunds SET {to} WHERE id = ?", one)
    assert f"I8: refund {one}" in found


@pytest.mark.parametrize("status", ["open", "authorized", "canceled", "paid"])
@pytest.mark.parametrize("to", ["app_id = 'app_other'", "mode = 'live'"])
def test_a_payment_given_to_another_shop_is_named(life: Tamper, status: str, to: str) -> None:
    one = payment(life, status)
    found = tampered(life, f"UPDATE pay_payments SET {to} WHERE id = ?", one)
    assert f"I14: payment {one}" in found
    assert (f"I8: payment {one}" in found) == (status == "paid")


@pytest.mark.parametrize("method", ["wallet", "credit_card"])
@pytest.mark.parametrize("to", ["payer = 'per_other'", "method = 'other'"])
def test_a_payment_from_another_payer_is_named(life: Tamper, method: str, to: str) -> None:
    """Its refund would go there. Who paid on a rail has the money back on the rail, whoever it was."""
    one = payment(life, "paid", method=method)
    found = tampered(life, f"UPDATE pay_payments SET {to} WHERE id = ?", one)
    assert (f"I8: payment {one}" in found) == ("method" in to or method == "wallet")


@pytest.mark.parametrize(
    "to", ["app_id = 'app_other'", "mode = 'live'", "currency = 'EUR'", "payment_id = 'pay_other'"]
)
@pytest.mark.parametrize("status", ["succeeded", "failed", "pending"])
def test_a_refund_of_another_shop_is_named(life: Tamper, status: str, to: str) -> None:
    one = refund(life, status)
    found = tampered(life, f"UPDATE pay_refunds SET {to} WHERE id = ?", one)
    assert f"I8: refund {one}" in found


@pytest.mark.parametrize("status", ["open", "authorized"])
def test_a_payment_that_is_gone_is_named(life: Tamper, status: str) -> None:
    one = payment(life, status)
    assert f"I14: {one}" in tampered(life, "DELETE FROM pay_payments WHERE id = ?", one)


@pytest.mark.parametrize(
    "to",
    [
        "amount = amount + 1",
        "currency = 'EUR'",
        "mode = 'live'",
        "person_id = 'per_other'",
        "rail = 'other'",
        "status = 'failed'",
    ],
)
def test_a_changed_top_up_is_named(life: Tamper, to: str) -> None:
    query = "SELECT id FROM wallet_top_ups WHERE status = 'succeeded' ORDER BY id"
    [one, *_] = life.world.read(lambda reader: reader.query(query))[0]
    found = tampered(life, f"UPDATE wallet_top_ups SET {to} WHERE id = ?", one)
    assert f"I8: top-up {one}" in found
    assert f"I8: top-up {one}" in tampered(life, "DELETE FROM wallet_top_ups WHERE id = ?", one)


@pytest.mark.parametrize("to", ["amount = amount * 2", "direction = 'out'", "about = 'pay_other'"])
@pytest.mark.parametrize("direction", ["in", "out"])
def test_an_attempt_for_something_else_is_named(life: Tamper, direction: str, to: str) -> None:
    """Before its rail is asked, no account shows it: the rail would move what the row says."""
    one = life.world.read(
        lambda reader: reader.rows(ATTEMPTS, "WHERE direction = ? ORDER BY id DESC", direction)
    )[0]
    changed = "purpose = 'other'" if to == f"direction = '{direction}'" else to
    found = tampered(life, f"UPDATE rails_attempts SET {changed} WHERE id = ?", one.id)
    assert f"I14: attempt {one.id}" in found


def test_an_attempt_that_is_gone_or_that_nobody_opened_is_named(life: Tamper) -> None:
    one = attempt(life, "in", "succeeded")
    gone = tampered(life, "DELETE FROM rails_attempts WHERE id = ?", one.id)
    assert f"I14: attempt {one.id}" in gone
    columns = (
        "state, reason, rail_ref, asked, created_at, changed_at, channel, payer_ip, pay_url, until"
    )
    copy = (
        "INSERT INTO rails_attempts SELECT 'att_' || n, rail, direction, purpose, about, of, mode, amount,"
        f" currency, instrument, {columns} FROM rails_attempts, (SELECT 1 AS n UNION SELECT 2) AS x"
        " WHERE id = (SELECT MIN(id) FROM rails_attempts)"
    )
    assert "I14: there are " in tampered(life, copy)
    edited = "UPDATE facts SET body = '{}' WHERE kind = 'attempt.opened'"
    assert "I6: facts " in tampered(life, edited)


def attempt(life: Tamper, direction: str, state: str) -> Attempt:
    where = "WHERE direction = ? AND state = ? ORDER BY id"
    rows = life.world.read(lambda reader: reader.rows(ATTEMPTS, where, direction, state))
    return rows[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("direction", "state", "to", "by"),
    [
        ("in", "succeeded", "state = 'failed'", -1),
        ("in", "succeeded", "amount = amount * 2", 1),
        ("out", "failed", "state = 'succeeded'", -1),
    ],
)
def test_a_changed_attempt_no_longer_agrees_with_the_rails_clearing(
    life: Tamper, direction: str, state: str, to: str, by: int
) -> None:
    one = attempt(life, direction, state)
    stands = life.books.has[life.books.at_rail("clearing")]
    found = tampered(life, f"UPDATE rails_attempts SET {to} WHERE id = ?", one.id)
    assert (
        f"I12: clearing of credit_card (test, CNY) stands at {stands}, "
        f"its attempts moved {-stands + by * one.amount}"
    ) in found


def test_more_that_went_back_than_came_in_is_named(life: Tamper) -> None:
    one = attempt(life, "out", "failed")
    to = "state = 'succeeded', amount = 301"
    found = tampered(life, f"UPDATE rails_attempts SET {to} WHERE id = ?", one.id)
    assert f"I12: of attempt {one.of} 301 went back, 300 had come in" in found
    found = tampered(life, "UPDATE rails_attempts SET of = 'att_none' WHERE id = ?", one.id)
    assert "I12: of attempt att_none 301 went back, 0 had come in" in found


def test_an_attempt_on_a_rail_without_any_clearing_account_is_named(life: Tamper) -> None:
    one = attempt(life, "in", "succeeded")
    found = tampered(life, "UPDATE rails_attempts SET rail = 'other' WHERE id = ?", one.id)
    assert f"I12: other (test, CNY) moved {one.amount} outside the ledger" in found


@pytest.mark.parametrize(
    ("table", "to", "rules"),
    [
        ("ledger_accounts", "credits_posted = credits_posted + 1", ("I1", "I2")),
        ("ledger_accounts", "debits_pending = debits_pending + 1", ("I1", "I2")),
        ("ledger_transfers", "amount = amount + 1", ("I2",)),
        ("ledger_holds", "remaining = remaining + 1", ("I5",)),
        ("facts", "body = '{}'", ("I6",)),
    ],
)
def test_any_row_of_the_books_that_is_changed_is_seen(
    life: Tamper, table: str, to: str, rules: tuple[str, ...]
) -> None:
    key = {"ledger_accounts": "id", "ledger_holds": "id"}.get(table, "seq")
    rows = life.world.read(lambda reader: reader.query(f"SELECT {key} FROM {table} ORDER BY 1"))
    one = Random(1).choice(rows)[0]
    found = tampered(life, f"UPDATE {table} SET {to} WHERE {key} = ?", one)
    assert [rule for rule in rules if rule not in found] == []
