"""A world for each test: an empty database that shakes every verb, and a clock that stands still."""

import pytest

from tests.places import Place
from tests.rooms.bank import Bank
from tests.rooms.world import Clock, World


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(place: Place, clock: Clock) -> World:
    return World(place, clock)


@pytest.fixture
def bank(world: World) -> Bank:
    return Bank(world)
