"""The picture a person wears: posted where everybody who is signed in may see it, and taken back with the
next one."""

from collections.abc import Sequence

import msgspec

from changliao.bus.outbox import hears, of_kinds
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.media import service as media
from changliao.media.model import PUBLIC, AskRelease, AskUse, MediaNotFound, WrongMediaKind
from changliao.people.events.standing import PersonGone


def wear(tx: Tx, person_id: str, new: str, old: str) -> bool:
    """Wear one picture instead of another; either may be empty. False when the new one is none that this
    person may use, and then nothing was done."""
    if new:
        try:
            media.use(tx, AskUse(person_id, new, "avatar", PUBLIC))
        except (MediaNotFound, WrongMediaKind):
            return False
    if old:
        media.release(tx, AskRelease(old, PUBLIC))
    return True


@hears(of_kinds(PersonGone.kind))
def hear_people(tx: Tx, facts: Sequence[FactRow]) -> None:
    """Follow people: the picture of somebody who has gone is seen no more."""
    for row in facts:
        if row.kind == PersonGone.kind:
            gone = msgspec.json.decode(row.body, type=PersonGone)
            if gone.avatar:
                media.release(tx, AskRelease(gone.avatar, PUBLIC))
