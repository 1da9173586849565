"""One running platform per test file; a test makes its own people, shops and Saleors in it."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.places import Place, quick_folder
from tests.wire.platform import Someone
from tests.wire.saleor.street import Account, Street

ON_BOTH = {"test_story"}
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
    """A person with 10,000.00 of play money."""
    return await street.town.person(money=1_000_000)


@pytest.fixture
async def tea(street: Street) -> Account:
    """A shop whose own Saleor has installed the app."""
    return await street.shop()


@pytest.fixture(scope="module")
async def den(street: Street) -> Account:
    """Another one, which the tests of a file share because they leave it as it is."""
    return await street.shop()
