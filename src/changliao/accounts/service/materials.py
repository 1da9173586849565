"""Permanent material: pictures that stay though nobody was shown them yet."""

from changliao.accounts.model.materials import AskMaterial, Material
from changliao.accounts.service.accounts import writable
from changliao.accounts.store import MATERIALS, materials
from changliao.db.tx import Tx
from changliao.media import service as media
from changliao.media.model import AskRelease, AskUse, MediaNotFound


def keep_material(tx: Tx, ask: AskMaterial) -> Material:
    """Keep a picture that the caller uploaded; one that is kept stays so. How many there may be is what an
    app may upload. Refuses with MediaNotFound what is not the caller's, and WrongMediaKind."""
    account = writable(tx, ask.caller, ask.account_id)
    kept = tx.get(MATERIALS, (account.id, ask.media_id))
    if kept is not None:
        return kept
    media.use(tx, AskUse(ask.caller.uploader, ask.media_id, "image", account.id))
    return tx.add(MATERIALS, Material(ask.media_id, account.id, tx.now))


def drop_material(tx: Tx, ask: AskMaterial) -> Material:
    """Let a picture go; where it was said it stays. Refuses with MediaNotFound what is not kept."""
    account = writable(tx, ask.caller, ask.account_id)
    kept = tx.get(MATERIALS, (account.id, ask.media_id))
    if kept is None:
        raise MediaNotFound(field="media")
    materials.drop(tx, account.id, ask.media_id)
    media.release(tx, AskRelease(ask.media_id, account.id))
    return kept
