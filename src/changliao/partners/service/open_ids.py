"""Open ids: how an app knows a person without knowing who it is."""

from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.db.vault import Vault
from changliao.kernel.ids import block_of, looks_like, of_block
from changliao.people import service as people
from changliao.people.model import Person, PersonNotFound


def open_id_of(vault: Vault, app_id: str, person_id: str) -> str:
    """The person as this app knows it: `opn_…`, the same in both modes and for ever, and to every other
    app a different one. There is no table: it is the person's id, enciphered under a key of the app.

    The key comes of the vault's oldest master key, as the cashier's tokens do, so open ids survive
    `changliao keys rotate`, which adds a key and removes none. Who removes that oldest key by hand
    gives every person new open ids.
    """
    block = block_of(person_id)
    assert block is not None, person_id
    return of_block("opn", vault.veil(block, purpose=_purpose(app_id)))


def person_of_open_id(reader: Reader, vault: Vault, app_id: str, open_id: str) -> Person:
    """Whom an app means. Refuses what is no open id, and another app's (which deciphers to nobody)."""
    found = people.person(reader, _meant(vault, app_id, open_id))
    if found is None:
        raise PersonNotFound(field="person")
    return found


def person_meant(tx: Tx, app_id: str, open_id: str) -> Person:
    """The same inside a transaction."""
    found = people.person_in(tx, _meant(tx.vault, app_id, open_id))
    if found is None:
        raise PersonNotFound(field="person")
    return found


def _meant(vault: Vault, app_id: str, open_id: str) -> str:
    block = block_of(open_id) if looks_like("opn", open_id) else None
    if block is None:
        raise PersonNotFound(field="person")
    return of_block("per", vault.unveil(block, purpose=_purpose(app_id)))


def _purpose(app_id: str) -> str:
    return f"open ids of {app_id}"
