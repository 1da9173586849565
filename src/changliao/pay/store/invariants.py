"""Queries for the audit: rows of pay that cannot be."""

from changliao.db.driver import Reader
from changliao.pay.model import (
    Payment,
)
from changliao.pay.store.tables import PAYMENTS, TOLD_STATUS


def _moved(*codes: str) -> str:
    """SQL: per `ref` the sum that the ledger moved under these codes, and between whom. All of it went
    one way when `least` and `most` are that way."""
    way = f"{_way('d.owner', 'c.owner', 'c.code')} || ' ' || t.mode || ' ' || t.currency"
    listed = ", ".join(f"'{code}'" for code in codes)
    return (
        f"(SELECT t.ref, SUM(t.amount) AS moved, MIN({way}) AS least, MAX({way}) AS most"
        " FROM ledger_transfers t JOIN ledger_accounts d ON d.id = t.debit"
        " JOIN ledger_accounts c ON c.id = t.credit"
        f" WHERE t.code IN ({listed}) AND t.kind IN ('single', 'post') GROUP BY t.ref)"
    )


def _way(*columns: str) -> str:
    return " || ' ' || ".join(columns)


def _elsewhere(debit: str, credit: str, code: str, row: str) -> str:
    """SQL: whether some of what `_moved` found (as `t`) went another way than from this owner to that
    one's account, in the mode and currency of the row."""
    way = _way(debit, credit, code, f"{row}.mode", f"{row}.currency")
    return f"(t.least <> {way} OR t.most <> {way})"


def wrong_sums(reader: Reader) -> list[str]:
    """Payments whose figures cannot be: I8, captured within amount, refunds within captured, and the
    refunds' own rows adding up to them."""
    bad = reader.query(
        "SELECT id FROM pay_payments WHERE captured_amount > amount OR captured_amount < 0"
        " OR split_amount + refunded_amount + refunding_amount > captured_amount"
        " OR split_amount < 0 OR unsplit_amount < 0"
        " OR refunded_amount < 0 OR refunding_amount < 0"
        " OR (status IN ('open', 'processing', 'authorized', 'canceled', 'expired')"
        "     AND captured_amount <> 0) OR (status = 'paid' AND captured_amount = 0)"
        " OR (status = 'paid' AND capture = 'auto' AND captured_amount <> amount)"
        " ORDER BY id LIMIT 10"
    )
    unequal = reader.query(
        "SELECT p.id FROM pay_payments p LEFT JOIN ("
        " SELECT payment_id,"
        "  SUM(CASE WHEN status = 'succeeded' THEN amount ELSE 0 END) AS done,"
        "  SUM(CASE WHEN status = 'pending' THEN amount ELSE 0 END) AS under_way"
        " FROM pay_refunds GROUP BY payment_id) r ON r.payment_id = p.id"
        " WHERE p.refunded_amount <> COALESCE(r.done, 0)"
        " OR p.refunding_amount <> COALESCE(r.under_way, 0) ORDER BY p.id LIMIT 10"
    )
    return [row[0] for row in bad] + [row[0] for row in unequal]


_PAYER = "CASE p.method WHEN 'wallet' THEN p.payer ELSE p.method END"


"""SQL: the owner that a payment's money comes from, and that its refunds go to."""


def unequal_to_ledger(reader: Reader) -> list[str]:
    """Payments whose captured sum is not what the ledger moved for them, from payer to shop."""
    till = "CASE WHEN p.split THEN 'shop_unsplit' ELSE 'shop' END"
    rows = reader.query(
        f"SELECT p.id FROM pay_payments p LEFT JOIN {_moved('payment')} t ON t.ref = p.id"
        " WHERE p.captured_amount <> COALESCE(t.moved, 0)"
        f" OR {_elsewhere(_PAYER, 'p.app_id', till, 'p')} ORDER BY p.id LIMIT 10"
    )
    return [row[0] for row in rows]


def unequal_to_hold(reader: Reader) -> list[str]:
    """Payments whose hold in the ledger is missing, or of another amount or currency."""
    rows = reader.query(
        "SELECT p.id FROM pay_payments p LEFT JOIN ledger_transfers t"
        " ON t.id = p.hold_id AND t.kind = 'pending' AND t.ref = p.id"
        " WHERE (p.hold_id <> '' OR p.status = 'authorized')"
        " AND (t.id IS NULL OR t.amount <> p.amount OR t.currency <> p.currency)"
        " ORDER BY p.id LIMIT 10"
    )
    return [row[0] for row in rows]


def refunds_unequal_to_ledger(reader: Reader) -> list[str]:
    """Refunds for which the ledger moved another sum from shop to payer than their state says (all of
    it when done or with a rail, nothing while they wait or after they failed), or that are not of their
    payment's shop and currency."""
    to = "CASE p.method WHEN 'wallet' THEN 'wallet' ELSE 'rail_payable' END"
    rows = reader.query(
        f"SELECT r.id FROM pay_refunds r LEFT JOIN {_moved('refund')} t ON t.ref = r.id"
        f" LEFT JOIN {_moved('refund_returned')} b ON b.ref = r.id"
        " LEFT JOIN pay_payments p ON p.id = r.payment_id AND p.app_id = r.app_id"
        "  AND p.mode = r.mode AND p.currency = r.currency"
        " WHERE COALESCE(t.moved, 0) - COALESCE(b.moved, 0) <> CASE WHEN r.status = 'succeeded'"
        " OR (r.status = 'pending' AND r.waits_for = '') THEN r.amount ELSE 0 END"
        f" OR p.id IS NULL OR {_elsewhere('p.app_id', _PAYER, to, 'p')} ORDER BY r.id LIMIT 10"
    )
    return [row[0] for row in rows]


def unlike_their_facts(reader: Reader) -> list[str]:
    """Payments whose status is not the one that the newest fact about it tells (I11)."""
    told = " ".join(f"WHEN '{kind}' THEN '{status}'" for kind, status in TOLD_STATUS.items())
    kinds = ", ".join(f"'{kind}'" for kind in TOLD_STATUS)
    # Payment by payment, by the index: joined to all facts at once, a planner that knows nothing of
    # the tables yet may compare each with each.
    rows = reader.query(
        "SELECT p.id FROM pay_payments p WHERE p.status <> COALESCE(("
        f" SELECT CASE f.kind {told} END FROM facts f"
        f" WHERE f.about = p.id AND f.kind IN ({kinds}) ORDER BY f.seq DESC LIMIT 1"
        "), '') ORDER BY p.id LIMIT 10"
    )
    return [row[0] for row in rows]


def created(reader: Reader, after: str, limit: int) -> list[tuple[Payment, str, str]]:
    """Payments in order of their ids, each with the fact (as JSON) that told of it first, or '', and to
    whom it told it."""
    payments: list[Payment] = reader.rows(
        PAYMENTS, "WHERE id > ? ORDER BY id LIMIT ?", after, limit
    )
    last = payments[-1].id if payments else after
    bodies = reader.query(
        "SELECT about, body, audience FROM facts"
        " WHERE kind = 'payment.created' AND about > ? AND about <= ?",
        after,
        last,
    )
    told: dict[str, tuple[str, str]] = {row[0]: (row[1], row[2]) for row in bodies}
    return [(payment, *told.get(payment.id, ("", ""))) for payment in payments]


def wrong_endings(reader: Reader) -> list[str]:
    """Payments that have ended and do not have exactly one fact saying so (I10)."""
    rows = reader.query(
        "SELECT p.id FROM pay_payments p LEFT JOIN ("
        " SELECT about, COUNT(*) AS n FROM facts"
        " WHERE kind IN ('payment.paid', 'payment.canceled', 'payment.expired')"
        " GROUP BY about) f ON f.about = p.id"
        " WHERE (CASE WHEN p.status IN ('paid', 'canceled', 'expired') THEN 1 ELSE 0 END)"
        " <> COALESCE(f.n, 0) ORDER BY p.id LIMIT 10"
    )
    return [row[0] for row in rows]


def wrong_moments(reader: Reader) -> list[str]:
    """Payments that say another moment for being paid than their fact, or one without being paid."""
    rows = reader.query(
        "SELECT p.id FROM pay_payments p LEFT JOIN ("
        " SELECT about, MIN(at) AS at FROM facts WHERE kind = 'payment.paid' GROUP BY about"
        ") f ON f.about = p.id WHERE p.paid_at <> COALESCE(f.at, 0) ORDER BY p.id LIMIT 10"
    )
    return [row[0] for row in rows]


# Transfers ----------------------------------------------------------------------------------


def transfers_unequal_to_ledger(reader: Reader) -> list[str]:
    """Transfers of which the ledger moved or holds another sum, or to somebody else, than their status
    says: all of it when they succeeded, all on hold while they wait, else neither."""
    rows = reader.query(
        "SELECT p.id FROM pay_transfers p LEFT JOIN ("
        " SELECT t.ref, t.currency, t.mode, d.owner AS payer, c.owner AS payee,"
        "  SUM(CASE WHEN t.kind IN ('single', 'post') THEN t.amount ELSE 0 END) AS moved"
        " FROM ledger_transfers t JOIN ledger_accounts d ON d.id = t.debit"
        " JOIN ledger_accounts c ON c.id = t.credit WHERE t.code = 'transfer'"
        " GROUP BY t.ref, t.currency, t.mode, d.owner, c.owner"
        ") l ON l.ref = p.id AND l.currency = p.currency AND l.mode = p.mode"
        " AND l.payer = p.app_id AND l.payee = p.person_id"
        " LEFT JOIN ledger_holds h ON h.id = p.hold_id"
        " WHERE COALESCE(l.moved, 0) <> CASE WHEN p.status = 'succeeded' THEN p.amount ELSE 0 END"
        " OR COALESCE(h.remaining, 0) <> CASE WHEN p.status = 'waiting' THEN p.amount ELSE 0 END"
        " OR l.ref IS NULL OR (p.hold_id <> '' AND h.id IS NULL) ORDER BY p.id LIMIT 10"
    )
    return [row[0] for row in rows]


def transfers_unlike_their_facts(reader: Reader) -> list[str]:
    """Transfers that do not have exactly one fact that tells how they ended, and of their status."""
    rows = reader.query(
        "SELECT p.id FROM pay_transfers p LEFT JOIN ("
        " SELECT about, COUNT(*) AS n, MIN(kind) AS kind FROM facts"
        " WHERE kind IN ('transfer.succeeded', 'transfer.declined', 'transfer.canceled',"
        "  'transfer.returned') GROUP BY about) f ON f.about = p.id"
        " WHERE COALESCE(f.n, 0) <> CASE WHEN p.status = 'waiting' THEN 0 ELSE 1 END"
        " OR COALESCE(f.kind, 'transfer.waiting') <> 'transfer.' || p.status"
        " ORDER BY p.id LIMIT 10"
    )
    return [row[0] for row in rows]


# Bills --------------------------------------------------------------------------------------


def wrong_splits(reader: Reader) -> list[str]:
    """Payments whose split sum is not what their lines keep, or whose unsplit sum is not what is left
    of what was captured once splits and refunds (but those that still wait) are off."""
    unequal = reader.query(
        "SELECT p.id FROM pay_payments p LEFT JOIN ("
        " SELECT payment_id, SUM(amount - returned_amount) AS kept FROM pay_split_lines"
        " GROUP BY payment_id) l ON l.payment_id = p.id"
        " WHERE p.split_amount <> COALESCE(l.kept, 0) ORDER BY p.id LIMIT 10"
    )
    unsplit = reader.query(
        "SELECT p.id FROM pay_payments p LEFT JOIN ("
        " SELECT payment_id, SUM(amount) AS waiting FROM pay_refunds"
        " WHERE status = 'pending' AND waits_for <> '' GROUP BY payment_id"
        ") w ON w.payment_id = p.id WHERE p.unsplit_amount <> CASE"
        " WHEN p.split AND p.split_ended_at = 0 THEN p.captured_amount - p.split_amount"
        "  - p.refunded_amount - p.refunding_amount + COALESCE(w.waiting, 0)"
        " ELSE 0 END ORDER BY p.id LIMIT 10"
    )
    return [row[0] for row in unequal] + [row[0] for row in unsplit]


def splits_unlike_their_lines(reader: Reader) -> list[str]:
    """Splits whose sum is not that of their lines, or that are not of their payment's shop and currency."""
    rows = reader.query(
        "SELECT s.id FROM pay_splits s LEFT JOIN ("
        " SELECT split_id, payment_id, SUM(amount) AS amount FROM pay_split_lines"
        " GROUP BY split_id, payment_id) l ON l.split_id = s.id AND l.payment_id = s.payment_id"
        " LEFT JOIN pay_payments p ON p.id = s.payment_id AND p.app_id = s.app_id"
        "  AND p.mode = s.mode AND p.currency = s.currency"
        " WHERE s.amount <> COALESCE(l.amount, 0) OR p.id IS NULL ORDER BY s.id LIMIT 10"
    )
    return [row[0] for row in rows]


def wrong_lines(reader: Reader) -> list[str]:
    """Lines of splits for which the ledger moved another sum from shop to receiver, whose returned sum is
    beyond it or not that of their returns, or that are of no split."""
    to = "CASE l.kind WHEN 'app' THEN 'shop' ELSE 'wallet' END"
    rows = reader.query(
        f"SELECT l.id FROM pay_split_lines l LEFT JOIN {_moved('split')} t ON t.ref = l.id LEFT JOIN ("
        " SELECT line_id, SUM(amount) AS back FROM pay_split_returns GROUP BY line_id"
        ") r ON r.line_id = l.id LEFT JOIN pay_splits s ON s.id = l.split_id"
        "  AND s.payment_id = l.payment_id AND s.currency = l.currency"
        " WHERE l.amount <> COALESCE(t.moved, 0) OR l.returned_amount <> COALESCE(r.back, 0)"
        " OR l.returned_amount > l.amount OR s.id IS NULL"
        f" OR {_elsewhere('s.app_id', 'l.receiver', to, 's')} ORDER BY l.id LIMIT 10"
    )
    return [row[0] for row in rows]


def returns_unequal_to_ledger(reader: Reader) -> list[str]:
    """Returns for which the ledger moved another sum from receiver to shop, or that are of no such line."""
    to = "CASE r.destination WHEN 'shop' THEN 'shop' ELSE 'shop_unsplit' END"
    rows = reader.query(
        f"SELECT r.id FROM pay_split_returns r LEFT JOIN {_moved('split_returned')} t ON t.ref = r.id"
        " LEFT JOIN pay_split_lines l ON l.id = r.line_id AND l.split_id = r.split_id"
        "  AND l.payment_id = r.payment_id WHERE r.amount <> COALESCE(t.moved, 0) OR l.id IS NULL"
        f" OR {_elsewhere('l.receiver', 'r.app_id', to, 'r')} ORDER BY r.id LIMIT 10"
    )
    return [row[0] for row in rows]


def unsplit_sums(reader: Reader) -> dict[tuple[str, str, str], int]:
    """Per app, mode and currency what its payments say is set aside."""
    rows = reader.query(
        "SELECT app_id, mode, currency, SUM(unsplit_amount) FROM pay_payments"
        " WHERE unsplit_amount <> 0 GROUP BY app_id, mode, currency"
    )
    return {(row[0], row[1], row[2]): int(row[3]) for row in rows}


def wrong_combined(reader: Reader) -> list[str]:
    """Combinations whose payments are not as they are: of another status, or not their sum; or that are
    not of the app and mode that their first fact told."""
    rows = reader.query(
        "SELECT c.id FROM pay_combined c LEFT JOIN facts f ON f.about = c.id"
        "  AND f.kind = 'combined.created' AND f.audience = c.app_id || ':' || c.mode LEFT JOIN ("
        " SELECT combined_id, mode, currency, SUM(amount) AS amount,"
        "  MIN(status) AS least, MAX(status) AS most,"
        "  MIN(attempt_id) AS first_try, MAX(attempt_id) AS last_try"
        " FROM pay_payments WHERE combined_id <> '' GROUP BY combined_id, mode, currency"
        ") p ON p.combined_id = c.id AND p.mode = c.mode AND p.currency = c.currency"
        " WHERE f.seq IS NULL OR c.amount <> COALESCE(p.amount, 0)"
        " OR c.status <> COALESCE(p.least, '') OR c.status <> COALESCE(p.most, '')"
        " OR c.attempt_id <> p.first_try OR c.attempt_id <> p.last_try ORDER BY c.id LIMIT 10"
    )
    lost = reader.query(
        "SELECT p.id FROM pay_payments p LEFT JOIN pay_combined c ON c.id = p.combined_id"
        " WHERE p.combined_id <> '' AND c.id IS NULL ORDER BY p.id LIMIT 10"
    )
    return [row[0] for row in rows] + [row[0] for row in lost]


def combined_with_wrong_endings(reader: Reader) -> list[str]:
    """Combinations that have ended and do not have exactly one fact saying so."""
    rows = reader.query(
        "SELECT c.id FROM pay_combined c LEFT JOIN ("
        " SELECT about, COUNT(*) AS n FROM facts"
        " WHERE kind IN ('combined.paid', 'combined.canceled', 'combined.expired')"
        " GROUP BY about) f ON f.about = c.id"
        " WHERE (CASE WHEN c.status IN ('paid', 'canceled', 'expired') THEN 1 ELSE 0 END)"
        " <> COALESCE(f.n, 0) ORDER BY c.id LIMIT 10"
    )
    return [row[0] for row in rows]


def gone(reader: Reader) -> list[str]:
    """Payments, combinations and transfers that a fact tells of and that are not there."""
    rows = reader.query(
        "SELECT DISTINCT f.about FROM facts f LEFT JOIN pay_payments p ON p.id = f.about"
        " LEFT JOIN pay_combined c ON c.id = f.about LEFT JOIN pay_transfers t ON t.id = f.about"
        " WHERE f.kind IN ('payment.created', 'combined.created', 'transfer.waiting',"
        "  'transfer.succeeded') AND p.id IS NULL AND c.id IS NULL AND t.id IS NULL"
        " ORDER BY 1 LIMIT 10"
    )
    return [row[0] for row in rows]
