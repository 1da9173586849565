"""The books of an installation: opened, looked at, audited."""

import contextlib
import os
from collections.abc import (
    AsyncIterator,
    Iterator,
)

from changliao.accounts import service as accounts
from changliao.bots import service as bots
from changliao.chat import service as chat
from changliao.db import audit as db_audit
from changliao.db.db import (
    Books,
    Db,
    check_version,
    look_at_postgres,
    look_at_sqlite,
    open_postgres,
    open_sqlite,
)
from changliao.db.driver import Reader
from changliao.db.vault import Vault, VaultError, new_ring, read_ring, write_ring
from changliao.ledger import service as ledger
from changliao.media import service as media
from changliao.pay import service as pay
from changliao.people import rules as people_rules
from changliao.people import service as people
from changliao.people.api.passwords import Passwords
from changliao.people.model import AskRegister
from changliao.people.service import passkeys
from changliao.rails import service as rails_service
from changliao.safety import service as safety
from changliao.settings import Settings
from changliao.wallet import service as wallet

KEY_FILE, BOOKS_FILE = "keys.json", "changliao.sqlite3"


def vault_of(settings: Settings, *, make: bool = False) -> Vault:
    """The vault under the master keys; with `make`, a first key when there is none."""
    path = settings.dir / KEY_FILE
    if make and not path.exists() and "CHANGLIAO_MASTER_KEY" not in os.environ:
        settings.dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_ring(path, new_ring())
    elif not path.exists() and "CHANGLIAO_MASTER_KEY" not in os.environ:
        raise VaultError(
            f"there is no master key at {path}: `changliao serve` makes a first one, "
            "or CHANGLIAO_MASTER_KEY names it"
        )
    return Vault(read_ring(path, os.environ))


def open_db(settings: Settings, vault: Vault) -> Db:
    """The configured database, migrated."""
    if settings.database_url:
        return open_postgres(settings.database_url, vault)
    settings.dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return open_sqlite(settings.dir / BOOKS_FILE, vault)


@contextlib.asynccontextmanager
async def books_of(settings: Settings) -> AsyncIterator[Books]:
    """The configured database to look at, also while it is being served; refuses one of another version."""
    if settings.database_url:
        books = look_at_postgres(settings.database_url)
    else:
        books = look_at_sqlite(settings.dir / BOOKS_FILE)
    try:
        await books.read(check_version)
        yield books
    finally:
        books.close()


async def register(db: Db, handle: str, password: str) -> None:
    """Make a person from the command line, under the same rules as the edge."""
    people_rules.password(handle, password)
    passwords = Passwords()
    try:
        hashed = await passwords.hash(password)
    finally:
        passwords.close()
    await db.write(people.register, AskRegister(handle, handle, "zh-CN", hashed))


def audit(reader: Reader) -> Iterator[str]:
    """Everything that is wrong with the books, in plain words; the hash chain last."""
    yield from passkeys.broken_invariants(reader)
    yield from ledger.broken_invariants(reader)
    yield from rails_service.broken_invariants(reader)
    yield from wallet.broken_invariants(reader)
    yield from pay.broken_invariants(reader)
    yield from media.broken_invariants(reader)
    yield from chat.broken_invariants(reader)
    yield from safety.broken_invariants(reader)
    yield from accounts.broken_invariants(reader)
    yield from bots.broken_invariants(reader)
    yield from db_audit.broken_links(reader)
