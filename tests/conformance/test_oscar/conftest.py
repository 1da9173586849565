"""One platform and one shop for all tests here."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.conformance.test_oscar.shop import SDK, OscarShop, running
from tests.places import quick_folder
from tests.wire.served import Served


@pytest.fixture(scope="module")
async def shop() -> AsyncIterator[OscarShop]:
    if not SDK.is_dir():
        pytest.skip(f"django-oscar is not in {SDK}; `scripts/setup test` fetches it")
    folder = quick_folder()
    town = await Served(folder).start()
    try:
        async with running(town, folder) as one:
            yield one
    finally:
        await town.stop()
        shutil.rmtree(folder)
