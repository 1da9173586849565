"""Queries for those who read: pages, and what is due."""

from collections.abc import Sequence
from typing import Any

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.kernel.value import Value
from changliao.pay.model import (
    Method,
    Payment,
    Refund,
    ShopTransfer,
    Split,
    SplitLine,
    SplitReturn,
)
from changliao.pay.store.tables import (
    LINES,
    METHODS,
    PAYMENTS,
    REFUNDS,
    RETURNS,
    SPLITS,
    TRANSFERS,
)


class Cut(Value, frozen=True):
    """Which page of a list: ids before or after one, of a customer, a payment, some statuses (the table
    must have them), made from one moment until before another."""

    limit: int
    before: str = ""
    after: str = ""
    customer_id: str = ""
    payment_id: str = ""
    statuses: tuple[str, ...] = ()
    from_at: int = 0
    until_at: int = 0


def payments_of(
    reader: Reader, app_id: str, mode: str, *, status: str, text: str, before: str, limit: int
) -> list[Payment]:
    """An app's payments, newest first. `text` is looked for in order number, id and description."""
    where, args = ["app_id = ?", "mode = ?", "id < ?"], [app_id, mode, before or "~"]
    if status:
        where.append("status = ?")
        args.append(status)
    if text:
        like = "%" + text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
        where.append(
            "(LOWER(reference) LIKE LOWER(?) ESCAPE '!' OR id = ?"
            " OR LOWER(description) LIKE LOWER(?) ESCAPE '!')"
        )
        args += [like, text, like]
    tail = f"WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
    return reader.rows(PAYMENTS, tail, *args, limit)


def refunds_of(reader: Reader, payment_id: str) -> list[Refund]:
    """A payment's refunds, oldest first."""
    return reader.rows(
        REFUNDS, "WHERE payment_id = ? ORDER BY created_at, id LIMIT 500", payment_id
    )


def page_of(reader: Reader, table: Table[Any], app_id: str, mode: str, cut: Cut) -> list[Any]:
    """An app's rows of a table whose ids sort by time, newest first, as the cut wants them."""
    where, args = ["app_id = ?", "mode = ?"], [app_id, mode]
    for sql, value in (
        ("id < ?", cut.before),
        ("id > ?", cut.after),
        ("customer_id = ?", cut.customer_id),
        ("payment_id = ?", cut.payment_id),
        ("created_at >= ?", cut.from_at),
        ("created_at < ?", cut.until_at),
    ):
        if value:
            where.append(sql)
            args.append(value)  # type: ignore[arg-type]
    statuses = f"status IN ({', '.join('?' * len(cut.statuses))})"
    where += [statuses] if cut.statuses else []
    args += cut.statuses
    tail = f"WHERE {' AND '.join(where)} ORDER BY id {'' if cut.after else 'DESC '}LIMIT ?"
    found = reader.rows(table, tail, *args, cut.limit)
    return found[::-1] if cut.after else found


def methods_of(reader: Reader, app_id: str, mode: str) -> list[Method]:
    """What an app has said of its methods."""
    return reader.rows(
        METHODS, "WHERE app_id = ? AND mode = ? ORDER BY method, channel", app_id, mode
    )


def due(reader: Reader, now: int, limit: int) -> list[str]:
    """Ids of open payments whose time is up."""
    rows = reader.query(
        "SELECT id FROM pay_payments WHERE status = 'open' AND expires_at <= ?"
        " AND combined_id = '' ORDER BY expires_at LIMIT ?",
        now,
        limit,
    )
    return [row[0] for row in rows]


def transfers_of(
    reader: Reader, app_id: str, mode: str, before: str, limit: int
) -> list[ShopTransfer]:
    """An app's transfers, newest first."""
    where = "WHERE app_id = ? AND mode = ? AND id < ? ORDER BY id DESC LIMIT ?"
    return reader.rows(TRANSFERS, where, app_id, mode, before or "~", limit)


def incoming_of(
    reader: Reader, person_id: str, status: str, before: str, limit: int
) -> list[ShopTransfer]:
    """What a person was asked to accept, newest first."""
    where, args = "person_id = ? AND hold_id <> '' AND id < ?", [person_id, before or "~"]
    if status:
        where += " AND status = ?"
        args.append(status)
    return reader.rows(TRANSFERS, f"WHERE {where} ORDER BY id DESC LIMIT ?", *args, limit)


def payments_by_ids(reader: Reader, ids: Sequence[str]) -> dict[str, Payment]:
    """These payments, by their ids."""
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    found: list[Payment] = reader.rows(PAYMENTS, f"WHERE id IN ({marks})", *ids)
    return {one.id: one for one in found}


def refunds_succeeded(
    reader: Reader, app_id: str, mode: str, after: tuple[int, str], until: int, limit: int
) -> list[Refund]:
    """An app's refunds that went after this one and before a moment, in order of when they went."""
    at, refund_id = after
    where = (
        "WHERE app_id = ? AND mode = ? AND status = 'succeeded' AND changed_at >= ?"
        " AND changed_at < ? AND (changed_at > ? OR id > ?) ORDER BY changed_at, id LIMIT ?"
    )
    return reader.rows(REFUNDS, where, app_id, mode, at, until, at, refund_id, limit)


# Splits and combinations --------------------------------------------------------------------


def splits_of(reader: Reader, payment_id: str) -> list[Split]:
    """A payment's splits, oldest first."""
    return reader.rows(SPLITS, "WHERE payment_id = ? ORDER BY created_at, id LIMIT 500", payment_id)


def lines_of(reader: Reader, line_ids: Sequence[str]) -> list[SplitLine]:
    """These lines of a split, in their places."""
    if not line_ids:
        return []
    marks = ", ".join("?" * len(line_ids))
    return reader.rows(LINES, f"WHERE id IN ({marks}) ORDER BY place", *line_ids)


def returns_of(reader: Reader, split_id: str) -> list[SplitReturn]:
    """A split's returns, oldest first."""
    return reader.rows(RETURNS, "WHERE split_id = ? ORDER BY created_at, id LIMIT 500", split_id)


def splits_due(reader: Reader, now: int, limit: int) -> list[str]:
    """Ids of payments whose set-aside money has waited long enough."""
    rows = reader.query(
        "SELECT id FROM pay_payments WHERE split_until > 0 AND split_until <= ?"
        " ORDER BY split_until LIMIT ?",
        now,
        limit,
    )
    return [row[0] for row in rows]


def combined_due(reader: Reader, now: int, limit: int) -> list[str]:
    """Ids of open combinations whose time is up."""
    rows = reader.query(
        "SELECT id FROM pay_combined WHERE status = 'open' AND expires_at <= ?"
        " ORDER BY expires_at LIMIT ?",
        now,
        limit,
    )
    return [row[0] for row in rows]


def under_way_of(reader: Reader, person_id: str) -> list[str]:
    """Ids of the payments and transfers with real money that a person began and that have not ended."""
    rows = reader.query(
        "SELECT id FROM pay_payments WHERE payer = ? AND mode = 'live'"
        " AND status IN ('processing', 'authorized') UNION ALL"
        " SELECT id FROM pay_transfers WHERE person_id = ? AND mode = 'live' AND status = 'waiting'",
        person_id,
        person_id,
    )
    return [row[0] for row in rows]


def payments_by(reader: Reader, person_id: str, after: str, limit: int) -> list[Payment]:
    """What a person paid or began to pay, oldest first."""
    tail = "WHERE payer = ? AND id > ? ORDER BY id LIMIT ?"
    return reader.rows(PAYMENTS, tail, person_id, after, limit)
