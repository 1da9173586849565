"""Failed sign-ins are forgotten a day after the last wait, so that an address is not closed for ever."""

import pytest

from changliao.people import model as m
from changliao.people import service
from tests.rooms.world import World

DAY_S = 86400


def fail(world: World, handle: str, address: str = "192.0.2.1") -> None:
    world.ask(service.note_failed_sign_in, m.AskFailedSignIn(handle, address))


def failures(world: World) -> dict[str, int]:
    return {row.name: row.failures for row in world.everything()["people_throttles"]}


def test_an_address_is_not_closed_by_what_many_people_mistyped_in_a_year(world: World) -> None:
    for day in range(120):
        now = world.clock()
        assert world.read(service.sign_in_open, "lin", "192.0.2.1", now) is None
        fail(world, f"somebody{day}")
        world.clock.forward(DAY_S + 20)
    assert failures(world)["address:192.0.2.1"] == 20


def test_failures_within_a_day_of_one_another_add_up(world: World) -> None:
    for _ in range(5):
        fail(world, "lin")
        world.clock.forward(DAY_S - 60)
    assert failures(world) == {"handle:lin": 5, "address:192.0.2.1": 5}
    fail(world, "lin")
    with pytest.raises(m.SignInThrottled):
        world.read(service.sign_in_open, "lin", "192.0.2.9", world.clock())
    assert failures(world) == {"handle:lin": 6, "address:192.0.2.1": 6}


def test_a_day_counts_from_the_end_of_the_wait(world: World) -> None:
    for _ in range(8):
        fail(world, "lin")
    [row] = [one for one in world.everything()["people_throttles"] if one.name == "handle:lin"]
    world.clock.now_us = row.until + (DAY_S - 1) * 1_000_000
    fail(world, "lin")
    assert failures(world)["handle:lin"] == 9
    [row] = [one for one in world.everything()["people_throttles"] if one.name == "handle:lin"]
    world.clock.now_us = row.until + DAY_S * 1_000_000
    fail(world, "lin")
    assert failures(world) == {"handle:lin": 1, "address:192.0.2.1": 10}
