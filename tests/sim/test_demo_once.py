"""`changliao demo --once`: a whole purchase by HTTP between three processes, and its exit code."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from changliao.app import BOOKS_FILE
from changliao.demo.purchase import REFUND_MINOR
from tests.places import ROOT


def once(folder: Path) -> "subprocess.CompletedProcess[str]":
    """One purchase in this folder's books."""
    return subprocess.run(
        [sys.executable, "-m", "changliao", "demo", "--once", "--dir", str(folder)],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_it_ends_with_0_when_everybody_agrees_and_not_when_the_books_do_not(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    first = once(folder)
    assert first.returncode == 0, first.stdout + first.stderr
    for said in ("Receipt (play money)", "the shop was told by webhook: paid", "Everybody agrees."):
        assert said in first.stdout
    assert "NOT EQUAL" not in first.stdout

    [books] = folder.rglob(BOOKS_FILE)
    with closing(sqlite3.connect(books)) as db, db:
        said = "UPDATE pay_payments SET refunded_amount = refunded_amount - 1 WHERE refunded_amount = ?"
        assert db.execute(said, (REFUND_MINOR,)).rowcount == 1

    second = once(folder)
    assert second.returncode == 1, second.stdout + second.stderr
    assert "It does not agree:" in second.stdout
    assert "Everybody agrees." not in second.stdout
