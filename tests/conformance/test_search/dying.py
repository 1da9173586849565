"""A process that fills an index until it is killed; it is told the engine and the folder."""

import sys
from pathlib import Path

from changliao.search.fts5 import Fts5Index
from changliao.search.port import Index
from changliao.search.tantivy import TantivyIndex
from tests.conformance.test_search.plain import document

OF_ONE_COMMIT = 20


def main(engine: str, folder: Path) -> None:
    """Put documents in, numbered from where the index stands, and drop one of each commit before."""
    index: Index = TantivyIndex(folder) if engine == "TantivyIndex" else Fts5Index(folder)
    index.mend()
    while True:
        start = index.position
        index.put([document(f"m{start + n + 1}", "上海") for n in range(OF_ONE_COMMIT)])
        index.drop([f"m{start}"])
        index.commit(start + OF_ONE_COMMIT)
        sys.stdout.write(f"{index.position}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
