"""Killed at each step of packing an archive: after the restart there is one, whole, and no other bytes."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from changliao.app.made import entry_of_export
from changliao.db.driver import Reader
from changliao.media.folder import FolderStore
from changliao.people import service as people
from changliao.people.model import AskRegister
from changliao.safety.jobs import Packing
from changliao.safety.model.mine import Export
from changliao.safety.service import broken_invariants, mine
from tests.places import ROOT
from tests.sim.mortal import PACKING, announced, opened, packed, upload


async def asked(folder: Path) -> tuple[Export, set[str]]:
    """Somebody who has uploaded a picture asks for everything; the archive, and the blobs of the picture."""
    db, store = opened(folder), FolderStore(folder / "media")
    try:
        lin = await db.write(people.register, AskRegister("lin", "Lin", "en", "no hash"))
        await upload(db, store, await announced(db, lin.id))
        return await db.write(mine.ask_export, lin.id), held(store)
    finally:
        db.close()


def held(store: FolderStore) -> set[str]:
    """The blobs that are there."""
    found = store.incoming.parent.rglob("*")
    return {one.name for one in found if one.is_file() and one.parent.name != "incoming"}


def killed(folder: Path, step: str) -> None:
    """Let a process pack until it dies there."""
    command = [sys.executable, "-m", "tests.sim.mortal", str(folder), "pack", step]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -9, ended.stderr


@pytest.mark.parametrize("step", PACKING)
async def test_an_archive_whose_packing_was_killed_is_whole_after_the_restart_and_alone(
    tmp_path: Path, step: str
) -> None:
    export, pictures = await asked(tmp_path)
    killed(tmp_path, step)
    db, store = opened(tmp_path, days=1), FolderStore(tmp_path / "media")
    try:
        left = await db.read(mine.export, export.id)
        assert left is not None
        assert (left.state == "ready") is (step == "after finish_export")

        async def ready() -> bool:
            found = await db.read(mine.export, export.id)
            return found is not None and found.state == "ready"

        await packed(db, Packing(db, store, entry_of_export), ready)
        made = await db.read(mine.readable, export.person_id, export.id, db.clock())
        archive = tmp_path / "media" / made.blob[:2] / made.blob[2:4] / made.blob
        assert hashlib.sha256(archive.read_bytes()).hexdigest() == made.blob
        assert archive.stat().st_size == made.size
        with zipfile.ZipFile(archive) as whole:
            assert whole.testzip() is None
            names = set(whole.namelist())
        assert {"profile.json", "contacts.json", "payments.jsonl", "wallet.json"} < names
        assert len([one for one in names if one.startswith("media/")]) == 1
        assert held(store) == pictures | {made.blob}
        if step in ("one kept", "after finish_export"):
            assert made.blob == left.blob

        def wrong(reader: Reader) -> list[str]:
            return list(broken_invariants(reader))

        assert await db.read(wrong) == []
    finally:
        db.close()
