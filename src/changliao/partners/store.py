"""The tables of partners and their hand-written queries."""

from changliao.db.driver import Reader
from changliao.db.facts import FACTS, FactRow
from changliao.db.table import Table
from changliao.db.tx import Tx
from changliao.partners.model import (
    Agent,
    App,
    Delivery,
    Endpoint,
    Key,
    Member,
    Partner,
    Subscription,
    Try,
)

PARTNERS = Table("partners_partners", Partner)
MEMBERS = Table("partners_members", Member, key=("partner_id", "person_id"))
APPS = Table("partners_apps", App)
AGENTS = Table("partners_agents", Agent, key=("app_id", "agent_app_id"))
KEYS = Table("partners_keys", Key, unique=[("token_hash",)])
ENDPOINTS = Table("partners_endpoints", Endpoint)
SUBSCRIPTIONS = Table("partners_subscriptions", Subscription, key="audience")
DELIVERIES = Table("partners_deliveries", Delivery)
TRIES = Table("partners_tries", Try, append=True)


def partners_of(reader: Reader, person_id: str) -> list[tuple[Partner, Member]]:
    """The partners a person acts for."""
    members = reader.rows(MEMBERS, "WHERE person_id = ? ORDER BY since", person_id)
    return [(reader.get(PARTNERS, member.partner_id), member) for member in members]


def members_of(reader: Reader, partner_id: str) -> list[Member]:
    """Who acts for a partner."""
    return reader.rows(MEMBERS, "WHERE partner_id = ? ORDER BY since", partner_id)


def owned_alone(reader: Reader, person_id: str) -> list[str]:
    """The partners of which a person is the only owner."""
    rows = reader.query(
        "SELECT m.partner_id FROM partners_members m WHERE m.person_id = ? AND m.role = 'owner'"
        " AND 1 = (SELECT COUNT(*) FROM partners_members o WHERE o.partner_id = m.partner_id"
        " AND o.role = 'owner') ORDER BY m.partner_id",
        person_id,
    )
    return [row[0] for row in rows]


def apps_of(reader: Reader, partner_id: str) -> list[App]:
    """A partner's apps."""
    return reader.rows(APPS, "WHERE partner_id = ? ORDER BY id", partner_id)


def agents_of(reader: Reader, app_id: str, state: str) -> list[Agent]:
    """Who may act for an app, or no longer may, in the order in which that came."""
    return reader.rows(
        AGENTS, "WHERE app_id = ? AND state = ? ORDER BY changed_at LIMIT 200", app_id, state
    )


def keys_of(reader: Reader, app_id: str) -> list[Key]:
    """An app's keys, ended ones too, newest first."""
    return reader.rows(KEYS, "WHERE app_id = ? ORDER BY created_at DESC LIMIT 100", app_id)


def endpoints_of(reader: Reader, app_id: str, mode: str) -> list[Endpoint]:
    """An app's endpoints in one mode."""
    return reader.rows(ENDPOINTS, "WHERE app_id = ? AND mode = ? ORDER BY id", app_id, mode)


def all_endpoint_ids(reader: Reader) -> list[str]:
    """Every endpoint, for re-sealing."""
    return [row[0] for row in reader.query("SELECT id FROM partners_endpoints ORDER BY id")]


def deliveries_of(reader: Reader, endpoint_id: str, before: str, limit: int) -> list[Delivery]:
    """An endpoint's deliveries, newest first, older than the one named."""
    return reader.rows(
        DELIVERIES,
        "WHERE endpoint_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
        endpoint_id,
        before or "~",
        limit,
    )


def deliveries_about(reader: Reader, about: str) -> list[Delivery]:
    """Deliveries of facts about one thing, oldest first."""
    return reader.rows(DELIVERIES, "WHERE about = ? ORDER BY fact_seq, id LIMIT 500", about)


def tries_of(reader: Reader, delivery_id: str) -> list[Try]:
    """The tries of a delivery, in order; a replay counts from one again."""
    return reader.rows(TRIES, "WHERE delivery_id = ? ORDER BY at, number LIMIT 100", delivery_id)


def fact(reader: Reader, seq: int) -> FactRow:
    """The fact with this number."""
    return reader.get(FACTS, seq)  # type: ignore[no-any-return]


def undelivered(reader: Reader) -> int:
    """How many deliveries still wait."""
    rows = reader.query("SELECT COUNT(*) FROM partners_deliveries WHERE state = 'waiting'")
    return int(rows[0][0])


def count_owners(tx: Tx, partner_id: str) -> int:
    """How many owners a partner has."""
    rows = tx.query(
        "SELECT COUNT(*) FROM partners_members WHERE partner_id = ? AND role = 'owner'", partner_id
    )
    return int(rows[0][0])


def count_live_keys(tx: Tx, app_id: str, mode: str) -> int:
    """How many keys of an app live in one mode."""
    rows = tx.query(
        "SELECT COUNT(*) FROM partners_keys WHERE app_id = ? AND mode = ?"
        " AND (expires_at = 0 OR expires_at > ?)",
        app_id,
        mode,
        tx.now,
    )
    return int(rows[0][0])


def key_in_grace(tx: Tx, newest: Key) -> str:
    """The id of the key in the same line that still lives beside its newest, or empty."""
    rows = tx.query(
        "SELECT id FROM partners_keys WHERE app_id = ? AND mode = ? AND line = ? AND expires_at > ?",
        newest.app_id,
        newest.mode,
        newest.line,
        tx.now,
    )
    return rows[0][0] if rows else ""


def tries_since(reader: Reader, try_id: str, limit: int) -> list[Try]:
    """Tries made after this one, in order."""
    return reader.rows(TRIES, "WHERE id > ? ORDER BY id LIMIT ?", try_id, limit)


def unreachable(reader: Reader) -> list[tuple[str, str]]:
    """Endpoints whose newest try failed: address and trouble."""
    rows = reader.query(
        "SELECT e.url, t.trouble FROM partners_endpoints e"
        " JOIN partners_tries t ON t.endpoint_id = e.id"
        " WHERE e.state = 'enabled' AND t.trouble <> '' AND t.at ="
        " (SELECT MAX(at) FROM partners_tries WHERE endpoint_id = e.id) ORDER BY e.url LIMIT 20"
    )
    return [(row[0], row[1]) for row in rows]
