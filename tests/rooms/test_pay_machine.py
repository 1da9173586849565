"""A random life of payments, splits, holds, refunds, rails and passkeys agrees with the books at each step.

Hypothesis looks for short lives and shrinks what it finds; the long walks go where short ones do not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from changliao.db.migrate import Migration
from tests.places import Place, PostgresPlace, SqliteFiles, SqlitePlace
from tests.rooms.key_paying import HOWS, KeyPaying, On

pytestmark = pytest.mark.slow

RANDOMLY = settings(
    deadline=None, database=None, suppress_health_check=list(HealthCheck), max_examples=10
)
STEPS = (
    ["a_person_buys"] * 4
    + ["a_person_buys_on_the_rail"] * 5
    + ["the_shop_refunds"] * 6
    + ["the_shop_captures", "the_rail_answers", "followers_hear"] * 4
    + ["somebody_asks_again_with_the_same_key", "a_waiting_refund_is_tried_again"] * 2
    + ["fill_a_wallet", "a_new_payment", "a_person_pays", "a_person_pays_on_the_rail"]
    + ["the_shop_uses_the_mandate", "the_shop_cancels", "the_shop_voids", "sweep"] * 2
    + ["the_shop_tries_a_failed_refund_again", "all_that_waits_succeeds_and_is_heard"]
    + ["the_rail_refuses_a_refund_as_often_as_it_is_tried", "the_shop_spends_elsewhere"]
    + ["the_shop_splits"] * 10
    + ["a_person_buys_what_is_to_be_split", "a_person_buys_a_combination"] * 3
    + ["a_receiver_gives_back", "a_person_buys_on_the_rail_what_is_to_be_split"] * 5
    + ["the_shop_cancels_a_combination", "a_person_pays_a_combination", "a_new_combination"]
    + ["the_market_spends", "a_month_passes"]
    + ["a_person_pays_by_passkey"] * 8
    + ["a_person_pays_a_combination_by_passkey", "somebody_forges_passkeys"] * 2
    + ["time_passes", "somebody_guesses_a_pin", "the_house_restarts"]
)
NOW_OR_PAST = (0, 0, 0, 1, 1, 2, 3, 5, 8, 13, 21)


@contextmanager
def living(place: Place) -> Iterator[KeyPaying]:
    """One life."""
    life = On(place)
    yield life
    life.teardown()


def walk(life: KeyPaying, seed: int, steps: int) -> None:
    """So many steps, drawn by the seed."""
    chance = Random(seed)
    for _ in range(steps):
        name = chance.choice(STEPS)
        getattr(life, name)(**drawn(chance, name))
        life.the_audit_finds_nothing()
        life.the_ledger_is_what_the_books_say()
        life.payments_and_refunds_are_what_the_books_say()
        life.splits_are_what_the_books_say()
        life.every_proof_was_spent_once()
        life.devices_and_books_count_alike()


def drawn(chance: Random, name: str) -> dict[str, object]:
    """What a step wants to be told."""
    amounts = (
        (0, 1, 250, 500)
        if "refunds" in name or "captures" in name or "gives_back" in name
        else (1, 300, 500, 700)
    )
    outcomes = ("pending", "unknown", "succeeded", "succeeded", "failed")
    possible = {
        "place": chance.choice(NOW_OR_PAST),
        "who": chance.randrange(2),
        "amount": chance.choice(amounts),
        "manual": chance.random() < 0.4,
        "whole": chance.random() < 0.5,
        "times": chance.randrange(3, 7),
        "one": chance.choice((1, 300, 500)),
        "two": chance.choice((1, 300, 500)),
        "app": chance.choice((0, 1, 100, 400)),
        "person": chance.choice((0, 1, 100, 400)),
        "split": chance.random() < 0.5,
        "rail": chance.random() < 0.5,
        "final": chance.random() < 0.3,
        "right": chance.random() < 0.7,
        "how": chance.choice(HOWS),
        "outcome": chance.choice(outcomes),
        "outcomes": chance.choices(outcomes, k=chance.randrange(2)),
        "seconds": chance.choice((61, 310, 1900, 3600, 86400, 7 * 86400)),
    }
    wanted = signature(getattr(KeyPaying, name)).parameters
    return {key: value for key, value in possible.items() if key in wanted}


def test_short_lives_agree_with_the_books(
    sqlite_files: SqliteFiles, migrations: list[Migration]
) -> None:
    class Lives(KeyPaying):
        def lend(self) -> Place:
            self.path = sqlite_files.lend(migrations)
            return SqlitePlace(self.path, migrations)

        def give_back(self) -> None:
            sqlite_files.take_back(self.path)

    run_state_machine_as_test(Lives, settings=settings(RANDOMLY, stateful_step_count=25))


@pytest.mark.parametrize("seed", range(2))
def test_a_long_life_agrees_with_the_books_on_sqlite(sqlite_place: SqlitePlace, seed: int) -> None:
    with living(sqlite_place) as life:
        walk(life, seed, 200)


@pytest.mark.postgres
def test_a_long_life_agrees_with_the_books_on_postgresql(postgres_place: PostgresPlace) -> None:
    with living(postgres_place) as life:
        walk(life, 7, 80)
