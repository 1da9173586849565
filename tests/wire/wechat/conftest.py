"""One running platform per test file; a test makes its own people and merchants in it."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.places import Place, quick_folder
from tests.wire.platform import Receiver, Someone
from tests.wire.wechat.street import Merchant, Street

ON_BOTH = {"test_orders", "test_sellers", "test_sdk", "test_two_buttons"}
"""Files about money: they run on PostgreSQL too."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    name = metafunc.module.__name__.rpartition(".")[2]
    if "town_place" in metafunc.fixturenames and name in ON_BOTH:
        both = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
        metafunc.parametrize("town_place", both, indirect=True, scope="module")


@pytest.fixture(scope="module")
async def street(town_place: Place | None) -> AsyncIterator[Street]:
    folder = quick_folder()
    street = await Street(folder, town_place).start()
    yield street
    await street.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
async def lin(street: Street) -> Someone:
    """A person with 1,000.00 of play money."""
    return await street.town.person(money=100_000)


@pytest.fixture(scope="module")
async def tea(street: Street) -> Merchant:
    """A merchant."""
    return await street.merchant()


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    """An address for notifications."""
    receiver = await Receiver().start()
    yield receiver
    await receiver.stop()
