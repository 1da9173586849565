"""An index whose process is killed holds what its position says; and what there is without tantivy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from changliao.search.fts5 import Fts5Index
from changliao.search.port import Index, Query
from changliao.search.tantivy import TantivyIndex
from tests.conformance.test_search.dying import OF_ONE_COMMIT
from tests.conformance.test_search.plain import MINE

pytestmark = pytest.mark.slow

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
ROUNDS = 3


@pytest.mark.parametrize("engine", [TantivyIndex, Fts5Index])
def test_a_kill_loses_nothing_that_was_committed_and_doubles_nothing(
    engine: type[TantivyIndex] | type[Fts5Index], folder: Path
) -> None:
    told = 0
    for round_ in range(ROUNDS):
        command = [sys.executable, "-m", "tests.conformance.test_search.dying"]
        process = subprocess.Popen(
            [*command, engine.__name__, str(folder)],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for _ in range(3 + round_):
            told = int(process.stdout.readline())
        process.kill()
        rest = process.stdout.read().split()
        process.stdout.close()
        process.wait()
        told = max([told, *[int(one) for one in rest]])
        index = engine(folder)
        index.mend()
        assert told <= index.position <= told + OF_ONE_COMMIT
        assert _numbers(index) == [
            n for n in range(1, index.position + 1) if n % OF_ONE_COMMIT or n == index.position
        ]
        index.close()


def _numbers(index: Index) -> list[int]:
    found: list[int] = []
    skip = 0
    while True:
        page = index.find(Query("上海", MINE, skip=skip, limit=100))
        found += [int(one.id[1:]) for one in page.items]
        skip = page.next
        if not skip:
            return sorted(found)


def test_without_tantivy_search_falls_back_to_what_python_brings() -> None:
    asked = (
        "import sys; sys.modules['tantivy'] = None\n"
        "from changliao.search.place import BEST\n"
        "print(BEST.__name__)"
    )
    said = subprocess.run(
        [sys.executable, "-c", asked], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "Fts5Index"
