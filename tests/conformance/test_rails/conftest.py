"""One pair of platforms per test file, or per test where time is put forward."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.conformance.test_rails.world import Pair
from tests.places import quick_folder


@asynccontextmanager
async def pairing() -> AsyncIterator[Pair]:
    """A pair in a folder of its own."""
    folder = quick_folder()
    pair = await Pair(folder).start()
    yield pair
    await pair.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
async def both() -> AsyncIterator[Pair]:
    async with pairing() as pair:
        yield pair


@pytest.fixture
async def fresh_pair() -> AsyncIterator[Pair]:
    """A pair that nobody else has."""
    async with pairing() as pair:
        yield pair
        await pair.sound()


@pytest.fixture
async def pair(both: Pair) -> AsyncIterator[Pair]:
    """The pair, its wires mended, and its books looked at when the test is over."""
    both.mend()
    yield both
    both.mend()
    await both.sound()
