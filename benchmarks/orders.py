"""Real orders from files: read exactly, with everything unexpected named. Money never becomes a float."""

import csv
import hashlib
import io
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import zstandard

from changliao.kernel.value import Value

CURRENCY, DIGITS = "BRL", 2
FOLDER = "orders-olist"
REFUNDED = ("canceled", "unavailable")
KINDS = ("credit_card", "boleto", "voucher", "debit_card")
STATUSES = ("created", "approved", "processing", "invoiced", "shipped", "delivered", *REFUNDED)
ENTRY_CHARS_MAX, ENTRIES_MAX = 500, 20

_COLUMNS = {
    "orders": (
        "order_id customer_id order_status order_purchase_timestamp order_approved_at "
        "order_delivered_carrier_date order_delivered_customer_date order_estimated_delivery_date"
    ),
    "order_items": (
        "order_id order_item_id product_id seller_id shipping_limit_date price freight_value"
    ),
    "order_payments": (
        "order_id payment_sequential payment_type payment_installments payment_value"
    ),
    "customers": (
        "customer_id customer_unique_id customer_zip_code_prefix customer_city customer_state"
    ),
}
_NEEDED = {
    "orders": "order_id customer_id order_status order_purchase_timestamp",
    "order_items": "order_id seller_id",
    "order_payments": "order_id payment_sequential payment_type payment_value",
    "customers": "customer_id",
}
_AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]*))?")


class Unusable(Exception):
    """The files are not there, or not what they should be."""


class Due(Value, frozen=True):
    """One row of order_payments: one payment."""

    order_id: str
    number: str
    kind: str
    amount: int
    customer_id: str
    refunded: bool
    sellers: tuple[str, ...]
    instalments: str
    bought_at: str

    @property
    def reference(self) -> str:
        """The shop's own number of this payment."""
        return f"{self.order_id}/{self.number}"


class Skipped(Value, frozen=True):
    """A row that cannot be replayed, and why."""

    reference: str
    kind: str
    value: str
    why: str


class Plan(Value, frozen=True):
    """All that is to be replayed, in the order in which people bought, and what was noticed."""

    rows: int
    dues: list[Due]
    nothing: list[Due]
    skipped: list[Skipped]
    customers: list[str]
    notes: list[str]
    digest: str


def folder() -> Path:
    """Where the data lies: `$CHANGLIAO_DATA`, or `shared/data` beside the checkout."""
    root = Path(__file__).resolve().parents[1]
    return Path(os.environ.get("CHANGLIAO_DATA") or root.parent / "shared" / "data") / FOLDER


def minor(text: str) -> int | None:
    """Decimal text as whole minor units; None when it is no amount, or finer than the currency."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    fraction = (found[2] or "").rstrip("0")
    if len(fraction) > DIGITS:
        return None
    return int(found[1] + fraction.ljust(DIGITS, "0"))


def read(place: Path, first_orders: int = 0) -> Plan:
    """What the files ask for; `first_orders` takes only so many of the oldest orders."""
    if not place.is_dir():
        raise Unusable(
            f"There are no orders at {place}. Set CHANGLIAO_DATA to the folder that holds {FOLDER}/."
        )
    notes: list[str] = []
    hashed = hashlib.sha256(str(first_orders).encode())
    tables = {name: list(_rows(place, name, hashed, notes)) for name in _COLUMNS}
    orders = {row["order_id"]: row for row in tables["orders"]}
    if first_orders:
        oldest = sorted(orders, key=lambda one: (orders[one]["order_purchase_timestamp"], one))
        orders = {order_id: orders[order_id] for order_id in oldest[:first_orders]}
        for name in ("order_items", "order_payments"):
            tables[name] = [row for row in tables[name] if row["order_id"] in orders]
        wanted = {row["customer_id"] for row in orders.values()}
        tables["customers"] = [row for row in tables["customers"] if row["customer_id"] in wanted]
    _note_statuses(orders, notes)
    sellers = _sellers(tables["order_items"])
    known = dict.fromkeys(row["customer_id"] for row in tables["customers"])
    plan = Plan(len(tables["order_payments"]), [], [], [], list(known), notes, hashed.hexdigest())
    for row in tables["order_payments"]:
        _file(row, orders.get(row["order_id"]), known, sellers, plan)
    _note_kinds(plan)
    plan.dues.sort(key=lambda due: (due.bought_at, due.reference))
    return plan


def metadata(due: Due) -> dict[str, str]:
    """What a payment carries beside its amount: the sellers' ids, as many to an entry as fit."""
    found = {"order": due.order_id, "instalments": due.instalments or "1"}
    entry, number = "", 1
    for seller in due.sellers:
        if entry and len(entry) + 1 + len(seller) > ENTRY_CHARS_MAX:
            number, entry = number + 1, ""
        entry = f"{entry},{seller}" if entry else seller
        found["sellers" if number == 1 else f"sellers_{number}"] = entry
    if len(found) > ENTRIES_MAX:
        raise Unusable(f"order {due.order_id} has more sellers than a payment's metadata can name")
    return found


def shown(amount: int) -> str:
    """Minor units as text."""
    return f"{amount // 10**DIGITS:,}.{amount % 10**DIGITS:0{DIGITS}}"


def _file(
    row: dict[str, str],
    order: dict[str, str] | None,
    customers: dict[str, None],
    sellers: dict[str, dict[str, None]],
    plan: Plan,
) -> None:
    order_id, kind = row["order_id"], row["payment_type"]
    amount = minor(row["payment_value"])
    customer_id = order["customer_id"] if order else ""
    due = Due(
        order_id,
        row["payment_sequential"],
        kind,
        amount or 0,
        customer_id if customer_id in customers else "",
        order is not None and order["order_status"] in REFUNDED,
        tuple(sellers.get(order_id, ())),
        row.get("payment_installments", ""),
        order["order_purchase_timestamp"] if order else "",
    )
    if amount is None:
        why = f"`{row['payment_value']}` is no amount in whole hundredths"
        plan.skipped.append(Skipped(due.reference, kind, row["payment_value"], why))
    elif amount == 0:
        plan.nothing.append(due)
    elif kind not in KINDS:
        why = f"payment kind `{kind}` was never seen before"
        plan.skipped.append(Skipped(due.reference, kind, row["payment_value"], why))
    else:
        plan.dues.append(due)


def _sellers(items: list[dict[str, str]]) -> dict[str, dict[str, None]]:
    """The sellers of each order, each once, in the order of its items."""
    found: dict[str, dict[str, None]] = {}
    for item in items:
        found.setdefault(item["order_id"], {})[item["seller_id"]] = None
    return found


def _note_statuses(orders: dict[str, dict[str, str]], notes: list[str]) -> None:
    for status, count in Counter(order["order_status"] for order in orders.values()).items():
        if status not in STATUSES:
            notes.append(
                f"order status `{status}` ({count} orders) was never seen before: not refunded"
            )


def _note_kinds(plan: Plan) -> None:
    for kind, count in Counter(due.kind for due in plan.nothing if due.kind not in KINDS).items():
        plan.notes.append(
            f"payment kind `{kind}` was never seen before: {count} rows, all of 0.00, nothing to pay"
        )
    for why, count in Counter(one.why for one in plan.skipped).items():
        plan.notes.append(f"{why}: {count} rows refused")
    strangers = sum(not due.bought_at for due in plan.dues)
    if strangers:
        plan.notes.append(f"{strangers} payments are of orders that the files do not hold")
    twice = [ref for ref, n in Counter(due.reference for due in plan.dues).items() if n > 1]
    if twice:
        raise Unusable(f"payment {twice[0]} stands in the file more than once")


def _rows(
    place: Path, name: str, hashed: "hashlib._Hash", notes: list[str]
) -> Iterator[dict[str, str]]:
    plain, packed = place / f"{name}.csv", place / f"{name}.csv.zst"
    if packed.exists():
        with packed.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
            text = reader.read()
    elif plain.exists():
        text = plain.read_bytes()
    else:
        raise Unusable(f"There is neither {packed.name} nor {plain.name} in {place}.")
    hashed.update(text)
    rows = csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""))
    columns = rows.fieldnames or []
    missing = sorted(set(_NEEDED[name].split()) - set(columns))
    if missing:
        raise Unusable(
            f"{name} lacks the column {', '.join(missing)}; it has {', '.join(columns)}."
        )
    strange = [column for column in columns if column not in _COLUMNS[name].split()]
    if strange:
        notes.append(f"{name}: column {', '.join(strange)} was never seen before: not used")
    for row in rows:
        if None in row or None in row.values():
            raise Unusable(f"{name}, line {rows.line_num}: not {len(columns)} cells")
        yield row
