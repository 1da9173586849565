"""A platform behind real sockets, and people who talk there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.places import Place
from tests.talk.house import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    found = House(tmp_path)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def either(tmp_path: Path, place: Place) -> AsyncIterator[House]:
    """The same, on SQLite and on PostgreSQL."""
    found = House(tmp_path, place)
    await found.start()
    yield found
    await found.stop()
