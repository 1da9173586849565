"""One running platform per test file, and a receiver of webhooks for each test."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.conformance.test_stripe.world import StripeTown
from tests.places import quick_folder
from tests.wire.platform import Receiver


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[StripeTown]:
    folder = quick_folder()
    town = await StripeTown(folder).start()
    yield town
    await town.stop()
    shutil.rmtree(folder)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = await Receiver().start()
    yield receiver
    await receiver.stop()
