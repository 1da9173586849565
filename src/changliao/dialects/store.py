"""The tables of dialects and their hand-written queries."""

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.dialects.model import (
    Account,
    Hook,
    Hooked,
    Instance,
    Notice,
    Particulars,
    PlatformKey,
    Speaking,
)

ACCOUNTS = Table("dialects_accounts", Account, unique=[("dialect", "number")])
SPEAKING = Table("dialects_speaking", Speaking, key="audience")
PLATFORM_KEYS = Table("dialects_platform_keys", PlatformKey)
PARTICULARS = Table("dialects_particulars", Particulars, key="about")
NOTICES = Table("dialects_notices", Notice)
HOOKS = Table("dialects_hooks", Hook)
HOOKED = Table("dialects_hooked", Hooked, key="account_id")
INSTANCES = Table("dialects_instances", Instance, unique=[("account_id", "api_url")])


def platform_keys(reader: Reader, dialect: str, mode: str) -> list[PlatformKey]:
    """This installation's key pairs in a dialect, the newest first."""
    return reader.rows(
        PLATFORM_KEYS,
        "WHERE dialect = ? AND mode = ? ORDER BY created_at DESC, id DESC",
        *(dialect, mode),
    )


def accounts_of(reader: Reader, app_id: str, mode: str) -> list[Account]:
    """An app's accounts in one mode, closed ones too."""
    return reader.rows(
        ACCOUNTS, "WHERE app_id = ? AND mode = ? ORDER BY created_at, id", app_id, mode
    )


def all_account_ids(reader: Reader) -> list[str]:
    """Every account, for sealing anew."""
    return [row[0] for row in reader.query("SELECT id FROM dialects_accounts ORDER BY id")]


def all_platform_key_ids(reader: Reader) -> list[str]:
    """Every key pair of ours, for sealing anew."""
    return [row[0] for row in reader.query("SELECT id FROM dialects_platform_keys ORDER BY id")]


def notices_of(reader: Reader, account_id: str, limit: int) -> list[Notice]:
    """An account's notices, newest first."""
    return reader.rows(NOTICES, "WHERE account_id = ? ORDER BY id DESC LIMIT ?", account_id, limit)


def said_by(
    reader: Reader, account_id: str, between: tuple[str, str], *, newest_first: bool, limit: int
) -> list[Particulars]:
    """What an account said about things with ids between the two given."""
    order = "DESC" if newest_first else "ASC"
    return reader.rows(
        PARTICULARS,
        f"WHERE account_id = ? AND about > ? AND about < ? ORDER BY about {order} LIMIT ?",
        *(account_id, *between, limit),
    )


def waiting_for(reader: Reader, hook_id: str, limit: int) -> list[Notice]:
    """Notices on their way to a registered address."""
    return reader.rows(
        NOTICES, "WHERE hook = ? AND hook <> '' AND state = 'waiting' LIMIT ?", hook_id, limit
    )


def all_hook_ids(reader: Reader) -> list[str]:
    """Every registered address, for sealing anew."""
    return [row[0] for row in reader.query("SELECT id FROM dialects_hooks ORDER BY id")]


def instances_of(reader: Reader, account_id: str) -> list[Instance]:
    """The servers that an account has exchanged tokens with, oldest first."""
    return reader.rows(INSTANCES, "WHERE account_id = ? ORDER BY id", account_id)


def all_instance_ids(reader: Reader) -> list[str]:
    """Every shop's server, for sealing anew."""
    return [row[0] for row in reader.query("SELECT id FROM dialects_instances ORDER BY id")]


def newest_notify_url(reader: Reader, account_id: str) -> str:
    """The address in the newest particulars of an account that name one."""
    found = reader.query(
        "SELECT notify_url FROM dialects_particulars WHERE account_id = ? AND notify_url <> ''"
        " ORDER BY created_at DESC, about DESC LIMIT 1",
        account_id,
    )
    return found[0][0] if found else ""


def account_by_alias(reader: Reader, dialect: str, alias: str) -> Account | None:
    """The open account with this second number."""
    found: list[Account] = reader.rows(
        ACCOUNTS, "WHERE dialect = ? AND alias = ? AND closed_at = 0 LIMIT 1", dialect, alias
    )
    return found[0] if found else None
