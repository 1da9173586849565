"""One running platform per test file; a test makes its own people and merchants in it."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.places import quick_folder
from tests.wire.platform import Receiver, Someone
from tests.wire.wechat.street import Merchant, Street


@pytest.fixture(scope="module")
async def street() -> AsyncIterator[Street]:
    folder = quick_folder()
    street = await Street(folder).start()
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
