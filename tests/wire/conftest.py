"""One running platform per test file; a test makes its own people and shops in it."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.places import quick_folder
from tests.wire.platform import Town


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[Town]:
    folder = quick_folder()
    town = await Town(folder).start()
    yield town
    await town.stop()
    shutil.rmtree(folder)
