"""Each test runs once with tantivy and once with FTS5."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from changliao.search.fts5 import Fts5Index
from changliao.search.port import Index
from changliao.search.tantivy import TantivyIndex
from tests.places import quick_folder

ENGINES = [pytest.param(TantivyIndex, id="tantivy"), pytest.param(Fts5Index, id="fts5")]


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = quick_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Callable[[Path], Index]:
    made: Callable[..., Index] = request.param

    def opened(folder: Path, *said: Any) -> Index:
        index = made(folder, *said)
        index.mend()
        return index

    return opened


@pytest.fixture
def index(engine: Callable[[Path], Index], folder: Path) -> Iterator[Index]:
    index = engine(folder)
    yield index
    index.close()
