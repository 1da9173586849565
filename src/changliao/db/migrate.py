"""Numbered SQL files, applied once each and in order, on both databases."""

import hashlib
from importlib.resources import files
from typing import Protocol

from changliao.kernel.value import Value


class Migration(Value, frozen=True):
    """One file: its number and name, and the SQL in it."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, kept when it runs."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class MigrationChanged(Exception):
    """A file that ran on this database reads otherwise now, or is gone: history was rewritten."""


class NotMigrated(Exception):
    """This database has no books of this version yet: `changliao migrate` makes them."""


class Target(Protocol):
    """What a database must do to be migrated; all inside one transaction that excludes other writers."""

    def applied(self) -> dict[str, str]:
        """Names and checksums of what ran; makes the table for it when missing."""

    def apply(self, migration: Migration) -> None:
        """Run the file's statements and note it."""


def shipped() -> list[Migration]:
    """The files of this version, in order."""
    folder = files("changliao.db") / "migrations"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [Migration(f.name, f.read_text(encoding="utf-8")) for f in found]


def migrate(target: Target, migrations: list[Migration]) -> list[str]:
    """Apply what is missing and say what it was. Refuses when a file that ran has changed."""
    missing = lacking(target.applied(), migrations)
    for migration in missing:
        target.apply(migration)
    return [migration.name for migration in missing]


def lacking(applied: dict[str, str], migrations: list[Migration]) -> list[Migration]:
    """What is still to be applied. Refuses when a file that ran has changed."""
    ours = {migration.name: migration.checksum for migration in migrations}
    for name, checksum in applied.items():
        if ours.get(name) != checksum:
            raise MigrationChanged(
                f"{name} ran on this database and is {'changed' if name in ours else 'missing'} now; "
                "restore the file and put the change into a new one"
            )
    return [migration for migration in migrations if migration.name not in applied]


def statements(sql: str) -> list[str]:
    """The statements of a file: comments dropped, cut at semicolons (none stand inside our literals)."""
    lines = [line for line in sql.splitlines() if not line.lstrip().startswith("--")]
    return [text.strip() for text in "\n".join(lines).split(";") if text.strip()]
