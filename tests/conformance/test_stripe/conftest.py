"""One running platform per test file, and a receiver of webhooks for each test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

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
async def slow_town(tmp_path: Path) -> AsyncIterator[StripeTown]:
    """A platform whose clock is 400 s behind: SDKs take no webhook that is older than 300."""
    town = StripeTown(tmp_path)
    town.clock.forward(-400)
    yield await town.start()
    await town.stop()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = await Receiver().start()
    yield receiver
    await receiver.stop()
