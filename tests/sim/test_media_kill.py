"""Killed at each step of an upload and of housekeeping: no row without its bytes, no bytes for ever."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.media import jobs, service
from changliao.media.folder import FolderStore
from changliao.media.model import Media, MediaBusy
from changliao.media.store import BLOBS, MEDIA
from tests.places import ROOT
from tests.sim.mortal import KEEPING_HOUSE, UPLOADING, announced, opened, upload


def killed(folder: Path, what: str, step: str) -> None:
    """Let a process do it until it dies there."""
    command = [sys.executable, "-m", "tests.sim.mortal", str(folder), what, step]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -9, ended.stderr


@contextmanager
def books(folder: Path, days: int = 0) -> Iterator[tuple[Db, FolderStore]]:
    db = opened(folder, days)
    try:
        yield db, FolderStore(folder / "media")
    finally:
        db.close()


def held(folder: Path) -> set[str]:
    """The blobs that are there."""
    found = (folder / "media").rglob("*")
    return {one.name for one in found if one.is_file() and one.parent.name != "incoming"}


def grow_old(folder: Path) -> None:
    """What lies in `incoming` has lain there for two days."""
    for path in (folder / "media" / "incoming").iterdir():
        os.utime(path, (0, 0))


async def all_media(db: Db) -> list[Media]:
    return await db.read(lambda reader: reader.rows(MEDIA, "ORDER BY id"))


async def check(db: Db, folder: Path) -> None:
    """Every row that is whole has its bytes, and the counts are right."""

    def wrong(reader: Reader) -> list[str]:
        return list(service.broken_invariants(reader))

    assert await db.read(wrong) == []
    needed = {sha256 for _, sha256 in await db.read(service.needed, 100)}
    assert needed <= held(folder)


@pytest.mark.parametrize("step", UPLOADING)
async def test_an_upload_that_was_killed_is_sent_again_or_leaves_nothing_for_ever(
    tmp_path: Path, step: str
) -> None:
    again, never = tmp_path / "again", tmp_path / "never"
    again.mkdir()
    killed(again, "upload", step)
    shutil.copytree(again, never)
    with books(again) as (db, store):
        await check(db, again)
        [media] = await all_media(db)
        assert (media.state == "ready") is (step == "after finish")
        if media.state == "waiting":
            media = await upload(db, store, media)
        await check(db, again)
        assert held(again) == {media.blob, media.thumbnail}
    grow_old(never)
    with books(never, days=2) as (db, store):
        await jobs.keep_house(db, store)
        await check(db, never)
        whole = {name for one in await all_media(db) for name in (one.blob, one.thumbnail)}
        assert held(never) == whole
        assert bool(whole) is (step == "after finish")
        assert list(store.incoming.iterdir()) == []


@pytest.mark.parametrize("step", KEEPING_HOUSE)
async def test_housekeeping_that_was_killed_is_finished_and_the_same_can_be_kept_again(
    tmp_path: Path, step: str
) -> None:
    with books(tmp_path) as (db, store):
        await upload(db, store, await announced(db))
    killed(tmp_path, "keep_house", step)
    with books(tmp_path, days=8) as (db, store):
        await check(db, tmp_path)
        assert await all_media(db) == []
        media = await announced(db)
        if step != "after forget_blobs":  # Somebody may be dropping them at this moment.
            with pytest.raises(MediaBusy):
                await upload(db, store, media)
            await jobs.keep_house(db, store)
        assert await db.read(lambda reader: reader.rows(BLOBS, "")) == []
        assert held(tmp_path) == set()
        whole = await upload(db, store, media)
        await jobs.keep_house(db, store)
        assert held(tmp_path) == {whole.blob, whole.thumbnail}
        await check(db, tmp_path)
