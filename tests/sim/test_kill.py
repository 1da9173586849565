"""The server is killed under load; what it had acknowledged is there once, and nothing is half there.

`make soak` does the same for longer.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.soak import Soak
from tests.places import PostgresPlace, quick_folder

KILLS = 2


@pytest.fixture
def folder() -> Iterator[Path]:
    made = quick_folder()
    yield made
    shutil.rmtree(made)


@pytest.mark.slow
async def test_acknowledged_payments_survive_kill_9_on_sqlite(folder: Path) -> None:
    soak = Soak(folder, kills=KILLS)
    assert await soak.run() == []
    assert soak.said["kills"] == KILLS
    assert soak.said["payments acknowledged"] > 0
    assert soak.said["answers lost and repeated"] == 4


@pytest.mark.slow
@pytest.mark.postgres
async def test_acknowledged_payments_survive_kill_9_on_postgres(
    folder: Path, postgres_place: PostgresPlace
) -> None:
    soak = Soak(folder, postgres_place.url, kills=KILLS)
    assert await soak.run() == []
    assert soak.said["payments acknowledged"] > 0
    assert soak.said["answers lost and repeated"] == 4
