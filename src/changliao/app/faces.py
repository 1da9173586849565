"""A person's picture is one of their own uploads: what connects people with media."""

from changliao.db.tx import Tx
from changliao.media import service as media
from changliao.media.model import PUBLIC, AskRelease, AskUse, MediaNotFound, WrongMediaKind
from changliao.people import service as people
from changliao.people.model import Person, PersonNotFound
from changliao.people.model.profiles import AskProfile
from changliao.people.service.profiles import change_profile

REFUSES = (MediaNotFound, WrongMediaKind)
"""What `show_face` refuses beyond what people do."""


def show_face(tx: Tx, ask: AskProfile) -> Person:
    """Change a profile; a new picture is shown to everybody who is signed in from now on, the one before
    no longer. Refuses a picture that is not one's own, and one that was uploaded as something else."""
    before = people.person_in(tx, ask.person_id)
    if before is None:
        raise PersonNotFound(field="id")
    person = change_profile(tx, ask)
    if person.avatar == before.avatar:
        return person
    if person.avatar:
        media.use(tx, AskUse(person.id, person.avatar, "avatar", PUBLIC))
    if before.avatar:
        media.release(tx, AskRelease(before.avatar, PUBLIC))
    return person
