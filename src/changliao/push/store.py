"""The tables of push and their hand-written queries."""

from collections.abc import Sequence

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.db.tx import Tx
from changliao.push.model import Subscription, Wanted

SUBSCRIPTIONS = Table("push_subscriptions", Subscription, unique=[("session_id",), ("endpoint",)])
SETTINGS = Table("push_settings", Wanted, key="person_id")

KEYS_AT_ONCE = 400


def any_subscription(reader: Reader | Tx) -> bool:
    """Whether anybody is told of anything at all."""
    return bool(reader.query("SELECT 1 FROM push_subscriptions LIMIT 1"))


def subscribed(reader: Reader | Tx, persons: Sequence[str]) -> set[str]:
    """Who of these people has a device that is told."""
    found: set[str] = set()
    for start in range(0, len(persons), KEYS_AT_ONCE):
        some = persons[start : start + KEYS_AT_ONCE]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT DISTINCT person_id FROM push_subscriptions WHERE person_id IN ({marks})"
        found.update(row[0] for row in reader.query(sql, *some))
    return found


def of_person(reader: Reader | Tx, person_id: str) -> list[Subscription]:
    """A person's devices that are told, in the order in which they came."""
    return reader.rows(SUBSCRIPTIONS, "WHERE person_id = ? ORDER BY created_at", person_id)


def of_sessions(reader: Reader | Tx, sessions: Sequence[str]) -> list[str]:
    """The subscriptions of these sessions."""
    if not sessions:
        return []
    marks = ", ".join("?" * len(sessions))
    sql = f"SELECT id FROM push_subscriptions WHERE session_id IN ({marks})"
    return [row[0] for row in reader.query(sql, *sessions)]


def drop(tx: Tx, subscription_id: str) -> None:
    """Forget one."""
    tx.query("DELETE FROM push_subscriptions WHERE id = ?", subscription_id)


def forget(tx: Tx, person_id: str) -> None:
    """Forget what somebody wanted who is gone."""
    tx.query("DELETE FROM push_settings WHERE person_id = ?", person_id)
