"""Search: how fast messages become findable and are found, tantivy beside FTS5 over the same real words."""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec
import zstandard

from benchmarks.irc import NoMessages, messages
from benchmarks.report import Bar, Report, median
from changliao.search.fts5 import Fts5Index
from changliao.search.port import WHOLE, Document, Index, Query, Window
from changliao.search.tantivy import TantivyIndex

QUICK_MESSAGES = 30_000
IN_EACH = 80
"""Messages of one conversation."""
MINE = 2_000
"""Conversations of the one who searches; with more than these the index holds others' too."""
BATCH = 300
ROUNDS, QUICK_ROUNDS = 15, 5
PAGE = 20
COMMENTS = "catalogue-zh-litemall/litemall_comment.jsonl.zst"

ENGINES: dict[str, Callable[[Path], Index]] = {"tantivy": TantivyIndex, "FTS5": Fts5Index}

QUERIES = {
    "a rare word": "strace",
    "a common word": "ubuntu",
    "nearly every second message": "the",
    "two words": "install driver",
    "three words": "how install nvidia",
    "a word being typed": "insta",
    "one letter being typed": "x",
    "letters and digits": "ext3",
    "two Chinese characters": "质量",
    "one Chinese character": "厚",
    "a Chinese phrase": "不缩水",
    "both": "质量 ok",
    "nothing": "zzzzqqq",
}


class Wrong(Exception):
    """What was measured was not right, so it counts for nothing."""


def documents(quick: bool) -> list[Document]:
    """The messages of chat-irc and the comments of a Chinese shop, so many to a conversation."""
    texts = chain(_comments(), ((one.nick, one.text) for one in messages()))
    found = [
        Document(f"m{n}", "messages", (f"cv_{n // IN_EACH}",), "", text, n, n % IN_EACH + 1, nick)
        for n, (nick, text) in enumerate(texts)
    ]
    return found[:QUICK_MESSAGES] if quick else found


def _comments() -> Iterator[tuple[str, str]]:
    packed = Path(os.environ.get("CHANGLIAO_DATA", "data")) / COMMENTS
    if not packed.exists():
        raise NoMessages(f"There is no {packed}; CHANGLIAO_DATA names the folder of the data.")
    text = zstandard.ZstdDecompressor().stream_reader(packed.open("rb")).read().decode()
    return (("buyer", msgspec.json.decode(line)["content"]) for line in text.splitlines())


class Engine:
    """One engine and what it took."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.index = ENGINES[name](folder)
        self.index.mend()
        self.rate = 0.0

    def fill(self, all_: Sequence[Document]) -> None:
        """Put everything in, with a commit for each few thousand, as a rebuild does."""
        bar = Bar(self.name, len(all_))
        began = time.process_time()
        for number, some in enumerate(_batches(all_, BATCH)):
            self.index.put(some)
            if number % 100 == 99:
                self.index.commit(number)
            bar.step(len(some))
        self.index.commit(len(all_))
        self.rate = len(all_) / (time.process_time() - began)

    def ask(self, query: Query) -> tuple[float, list[str]]:
        """How long one page took, in milliseconds, and what was on it."""
        began = time.perf_counter()
        found = self.index.find(query)
        return (time.perf_counter() - began) * 1000, [one.id for one in found.items]

    def size(self) -> float:
        """Of its files, in MiB."""
        return sum(one.stat().st_size for one in self.folder.rglob("*") if one.is_file()) / 2**20


def _batches(all_: Sequence[Document], many: int) -> Iterator[Sequence[Document]]:
    return (all_[at : at + many] for at in range(0, len(all_), many))


def scopes(all_: Sequence[Document]) -> dict[str, dict[str, Window]]:
    """Whose messages are looked through: those of many conversations, or of one."""
    every = list(dict.fromkeys(one.scopes[0] for one in all_))
    mine = random.Random(1).sample(every, min(MINE, len(every) * 4 // 5))
    return {
        f"{len(mine):,} conversations": dict.fromkeys(mine, WHOLE),
        "1 conversation": {mine[3]: WHOLE},
    }


def compare(report: Report, engines: Sequence[Engine], all_: Sequence[Document]) -> None:
    """Every question to every engine by turns; both must find the same."""
    rounds = QUICK_ROUNDS if report.quick else ROUNDS
    for where, mine in scopes(all_).items():
        print(
            f"\n  one page out of {where}, ms{'':<18}" + "".join(f"{e.name:>10}" for e in engines)
        )
        middles: dict[str, list[float]] = {engine.name: [] for engine in engines}
        for what, text in QUERIES.items():
            query = Query(text, mine, ("messages",), titles=False, limit=PAGE)
            took: dict[str, list[float]] = {engine.name: [] for engine in engines}
            found: set[tuple[str, ...]] = set()
            for _ in range(rounds):
                for engine in engines:
                    ms, ids = engine.ask(query)
                    took[engine.name].append(ms)
                    found.add(tuple(ids))
            if len(found) != 1:
                raise Wrong(f"the engines do not agree about {text!r}")
            best = {name: min(figures) for name, figures in took.items()}
            for name, ms in best.items():
                middles[name].append(ms)
            print(f"  {what:<44}" + "".join(f"{ms:>10.2f}" for ms in best.values()))
        report.figure(where, middles)
        ours, theirs = (median(middles[name]) for name in ("tantivy", "FTS5"))
        print(f"  {'median':<44}{ours:>10.2f}{theirs:>10.2f}")
        report.claim(f"tantivy, median, {where}", ours, "ms", most=10)
        if len(mine) > 1:
            report.claim(f"FTS5's median of tantivy's, {where}", theirs / ours, "×", least=2)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_MESSAGES:,} messages")
    parser.add_argument("--json", type=Path, help="write the figures there")
    said = parser.parse_args()
    report = Report("Search", quick=said.quick)
    report.head()
    folder = Path(tempfile.mkdtemp(prefix="changliao-search-"))
    try:
        all_ = documents(said.quick)
        engines = [Engine(name, folder / name) for name in ENGINES]
        print(f"  {len(all_):,} messages; documents per second of processor time, MiB on disk")
        for engine in engines:
            engine.fill(all_)
            print(f"  {engine.name:<22}{engine.rate:>10,.0f}{engine.size():>10.1f}")
            report.figure(engine.name, {"per_s": round(engine.rate), "mib": engine.size()})
        report.claim("tantivy, documents put in", engines[0].rate, "per s", least=5_000)
        compare(report, engines, all_)
        for engine in engines:
            engine.index.close()
    except NoMessages as missing:
        print(f"  {missing}")
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report.end(said.json)


if __name__ == "__main__":
    sys.exit(main())
