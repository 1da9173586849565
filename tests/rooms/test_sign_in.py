"""Tries to sign in are counted before they are checked, taken back when right, and forgiven a day after the
last wait, so that no burst gets more than there are and no address is closed for ever."""

from changliao.people import model as m
from changliao.people import service
from changliao.people.model import Throttle, Try
from tests.rooms.world import World

DAY_S = 86400


def fail(world: World, handle: str, address: str = "192.0.2.1") -> Try:
    return world.ask(service.count_try, m.AskTry(handle, address))


def failures(world: World) -> dict[str, int]:
    return {row.name: row.failures for row in world.everything()["people_throttles"]}


def throttle(world: World, name: str) -> Throttle:
    [row] = [one for one in world.everything()["people_throttles"] if one.name == name]
    assert isinstance(row, Throttle)
    return row


def test_of_twenty_tries_at_once_five_are_let_through(world: World) -> None:
    world.person()
    tried = m.AskTry("lin", "192.0.2.1")

    answers = world.ask_together([(service.count_try, tried)] * 20)

    assert [type(one) for one in answers] == [Try] * 5 + [m.SignInThrottled] * 15
    assert failures(world) == {"handle:lin": 5, "address:192.0.2.1": 5}


def test_right_tries_leave_no_trace_and_wrong_ones_beside_them_stay(world: World) -> None:
    world.person()
    fail(world, "lin")
    right, wrong, busy = (fail(world, "lin") for _ in range(3))
    assert failures(world) == {"handle:lin": 4, "address:192.0.2.1": 4}
    for one in (right, busy):
        world.ask(service.take_back_try, one)
    assert failures(world) == {"handle:lin": 2, "address:192.0.2.1": 2}
    assert wrong.person == right.person


def test_a_right_try_opens_again_what_it_closed(world: World) -> None:
    for _ in range(6):
        fail(world, "lin")
        world.clock.forward(10)
    before = throttle(world, "handle:lin")
    right = fail(world, "lin")
    assert throttle(world, "handle:lin").until > world.clock()
    world.ask(service.take_back_try, right)
    assert throttle(world, "handle:lin") == before
    fail(world, "lin")


def test_an_address_is_not_closed_by_what_many_people_mistyped_in_a_year(world: World) -> None:
    for day in range(120):
        fail(world, f"somebody{day}")
        world.clock.forward(DAY_S + 20)
    assert failures(world)["address:192.0.2.1"] == 20


def test_right_passwords_do_not_put_the_day_of_forgiveness_off(world: World) -> None:
    for number in range(51):
        fail(world, f"x{number}")
        world.clock.forward(3)
    for _ in range(2):
        world.clock.forward(DAY_S // 2)
        world.ask(service.take_back_try, fail(world, "lin"))
    assert failures(world)["address:192.0.2.1"] == 0


def test_failures_within_a_day_of_one_another_add_up(world: World) -> None:
    for _ in range(5):
        fail(world, "lin")
        world.clock.forward(DAY_S - 60)
    assert failures(world) == {"handle:lin": 5, "address:192.0.2.1": 5}
    fail(world, "lin")
    with world.refuses(m.SignInThrottled):
        fail(world, "lin", "192.0.2.9")
    assert failures(world) == {"handle:lin": 6, "address:192.0.2.1": 6}


def test_a_day_counts_from_the_end_of_the_wait(world: World) -> None:
    for _ in range(8):
        fail(world, "lin")
        world.clock.forward(20)
    world.clock.now_us = throttle(world, "handle:lin").until + (DAY_S - 1) * 1_000_000
    fail(world, "lin")
    assert failures(world)["handle:lin"] == 9
    world.clock.now_us = throttle(world, "handle:lin").until + DAY_S * 1_000_000
    fail(world, "lin")
    assert failures(world) == {"handle:lin": 1, "address:192.0.2.1": 10}
