"""A replay of made-up orders: every cent agrees, a second run changes nothing, what is strange is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from benchmarks import orders
from benchmarks.orders import Unusable
from tests.places import ROOT

ORDERS = """order_id,customer_id,order_status,order_purchase_timestamp
o1,c1,delivered,2017-10-02 10:56:33
o2,c2,canceled,2017-10-01 09:00:00
o3,c3,shipped,2018-01-05 12:00:00
"""
ITEMS = """order_id,seller_id
o1,s1
o1,s2
o1,s1
o2,s3
"""
PAYMENTS = """order_id,payment_sequential,payment_type,payment_installments,payment_value
o1,1,credit_card,3,99.33
o1,2,voucher,1,0.67
o2,1,boleto,1,24.39
o3,1,debit_card,1,65.7
o3,2,voucher,1,0.00
"""
CUSTOMERS = "customer_id\nc1\nc2\nc3\n"


def lay(root: Path, **changed: str) -> Path:
    """The files as a folder that CHANGLIAO_DATA may name; one of them packed."""
    place = root / orders.FOLDER
    place.mkdir(parents=True)
    files = {
        "orders": ORDERS,
        "order_items": ITEMS,
        "order_payments": PAYMENTS,
        "customers": CUSTOMERS,
    }
    for name, text in (files | changed).items():
        (place / f"{name}.csv").write_text(text, "utf-8")
    packed = zstandard.ZstdCompressor().compress((place / "orders.csv").read_bytes())
    (place / "orders.csv").unlink()
    (place / "orders.csv.zst").write_bytes(packed)
    return place


def test_rows_become_payments_in_the_order_in_which_people_bought(tmp_path: Path) -> None:
    plan = orders.read(lay(tmp_path))
    assert (plan.rows, plan.customers, plan.notes, plan.skipped) == (5, ["c1", "c2", "c3"], [], [])
    assert [(due.reference, due.kind, due.amount, due.refunded) for due in plan.dues] == [
        ("o2/1", "boleto", 2439, True),
        ("o1/1", "credit_card", 9933, False),
        ("o1/2", "voucher", 67, False),
        ("o3/1", "debit_card", 6570, False),
    ]
    assert [due.reference for due in plan.nothing] == ["o3/2"]
    assert plan.dues[1].sellers == ("s1", "s2")


def test_a_column_and_a_kind_never_seen_before_are_named(tmp_path: Path) -> None:
    strange = PAYMENTS.replace("voucher,1,0.67", "barter,1,0.67").splitlines()
    strange = [f"{line},{'mood' if place == 0 else 'x'}" for place, line in enumerate(strange)]
    plan = orders.read(lay(tmp_path, order_payments="\n".join(strange) + "\n"))
    assert plan.notes == [
        "order_payments: column mood was never seen before: not used",
        "payment kind `barter` was never seen before: 1 rows refused",
    ]
    [skipped] = plan.skipped
    assert (skipped.reference, skipped.kind, skipped.value) == ("o1/2", "barter", "0.67")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"order_payments": PAYMENTS.replace("payment_value", "worth")}, "lacks the column"),
        ({"order_payments": PAYMENTS + "o1,1,voucher,1,2.00\n"}, "o1/1 stands in the file more"),
        ({"customers": "customer_id,city\nc1\n"}, "customers, line 2: not 2 cells"),
    ],
)
def test_files_that_cannot_be_meant_are_refused(
    tmp_path: Path, changed: dict[str, str], why: str
) -> None:
    with pytest.raises(Unusable, match=why):
        orders.read(lay(tmp_path, **changed))


def test_an_amount_finer_than_the_currency_is_no_amount(tmp_path: Path) -> None:
    plan = orders.read(lay(tmp_path, order_payments=PAYMENTS.replace("99.33", "99.335")))
    assert [one.why for one in plan.skipped] == ["`99.335` is no amount in whole hundredths"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="Set CHANGLIAO_DATA"):
        orders.read(tmp_path / orders.FOLDER)


def replay(root: Path, books: Path) -> "subprocess.CompletedProcess[str]":
    """`make replay` of these files, on a server of its own."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.replay", "--dir", str(books)],
        cwd=ROOT,
        env=os.environ | {"CHANGLIAO_DATA": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_a_replay_agrees_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    lay(tmp_path)
    books = tmp_path / "books"
    first = replay(tmp_path, books)
    assert first.returncode == 0, first.stdout + first.stderr
    told = dict(row for row in map(_line, first.stdout.splitlines()) if row is not None)
    assert told["in all"] == ["5", "190.09", "190.09"]
    assert told["refunded"] == ["1", "24.39", "24.39"]
    assert told["nothing to pay"] == ["1", "0.00", "0.00"]
    second = replay(tmp_path, books)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "these orders were replayed here before, and nothing changed" in second.stdout


@pytest.mark.slow
def test_a_replay_of_a_row_that_nobody_can_take_says_so_and_fails(tmp_path: Path) -> None:
    lay(tmp_path, order_payments=PAYMENTS.replace("voucher,1,0.67", "barter,1,0.67"))
    run = replay(tmp_path, tmp_path / "books")
    assert run.returncode == 1, run.stdout + run.stderr
    assert "payment kind `barter` was never seen before" in run.stdout
    assert "IT DOES NOT AGREE" in run.stdout


def _line(text: str) -> tuple[str, list[str]] | None:
    """A line of the printed table: its name and its three figures."""
    words = text.split()
    return (" ".join(words[:-3]), words[-3:]) if len(words) >= 4 else None
