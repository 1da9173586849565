"""Where an index lives: a folder for each process that serves, with the best engine there is."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from changliao.search.fts5 import Fts5Index
from changliao.search.port import Index

try:
    from changliao.search.tantivy import TantivyIndex
except ImportError:  # No wheel for this platform: the same answers, more slowly.
    BEST: Callable[[Path], Index] = Fts5Index
else:
    BEST = TantivyIndex

PROCESSES_MAX = 64
_AGAIN = "again"


class NoPlace(Exception):
    """More processes search from one folder than may."""


class Place:
    """The folder of this process's index. Locked, because an index has one writer."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path, self._handle = path, handle

    @property
    def again(self) -> bool:
        """Whether somebody asked for the index to be made anew."""
        return (self.path / _AGAIN).exists()

    def begun(self) -> None:
        """The index is empty: what was asked for has begun."""
        (self.path / _AGAIN).unlink(missing_ok=True)

    def close(self) -> None:
        """Let another process have it."""
        os.close(self._handle)


def take_place(folder: Path) -> Place:
    """The place below `folder` with the lowest number that no other process holds, so that the next start
    finds it again."""
    for number in range(PROCESSES_MAX):
        path = folder / str(number)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return Place(path, handle)
        except BlockingIOError:
            os.close(handle)
    raise NoPlace(f"{PROCESSES_MAX} processes search below {folder} already")


def ask_again(folder: Path) -> None:
    """Ask whoever serves from an index below `folder`, now or later, to make it anew."""
    for lock in folder.glob("*/lock"):
        (lock.parent / _AGAIN).touch()
