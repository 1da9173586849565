"""One running platform per test file; a test makes its own people and shops in it."""

from collections.abc import AsyncIterator

import pytest

from tests.wire.platform import Town


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    town = await Town(tmp_path_factory.mktemp("town")).start()
    yield town
    await town.stop()
    
