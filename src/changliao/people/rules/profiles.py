"""What may be shown of a person, and how two people stand to each other."""

from changliao.kernel.ids import looks_like
from changliao.people import rules as people_rules
from changliao.people.model import Person
from changliao.people.model.profiles import (
    AskProfile,
    Between,
    Profile,
    ProfileInvalid,
    Relation,
)
from changliao.people.rules.contacts import is_open, showable, state_for

REGION_MAX, BIO_MAX = 40, 120


def profile(ask: AskProfile) -> dict[str, object]:
    """The fields that are to change, as they are kept."""
    found: dict[str, object] = {}
    if ask.name is not None:
        people_rules.check_name(ask.name)
        found["name"] = ask.name.strip()
    if ask.avatar is not None:
        if ask.avatar and not looks_like("med", ask.avatar):
            raise ProfileInvalid(field="avatar")
        found["avatar"] = ask.avatar
    if ask.region is not None:
        if not showable(ask.region.strip(), REGION_MAX):
            raise ProfileInvalid(field="region")
        found["region"] = ask.region.strip()
    if ask.bio is not None:
        if not showable(ask.bio.strip(), BIO_MAX, lines=True):
            raise ProfileInvalid(field="bio")
        found["bio"] = ask.bio.strip()
    if ask.findable is not None:
        found["findable"] = ask.findable
    return found


def standing(between: Between, now: int) -> Relation:
    """How another stands to me. Their row of me is not looked at, so a block or a removal of theirs shows
    nowhere."""
    mine, sent, got = between.mine, between.sent, between.got
    if mine is not None and mine.blocked_at:
        return "blocked"
    if mine is not None and mine.since:
        return "contact"
    if got is not None and is_open(got, now) and not got.hidden:
        return "asked"
    if sent is not None and state_for(sent, sent.asker_id, now) == "open":
        return "requested"
    return "stranger"


def profile_of(me: str, person: Person, between: Between, now: int) -> Profile:
    """A person as I see them."""
    relation = "self" if person.id == me else standing(between, now)
    remark = between.mine.remark if between.mine is not None else ""
    request = {"asked": between.got, "requested": between.sent}.get(relation)
    return Profile(person, relation, remark, request.id if request is not None else "")


def shares(profile: Profile, between: Between) -> bool:
    """Whether the two have something to do with each other: a stranger may still have me in the list."""
    theirs = between.theirs
    return profile.relation != "stranger" or (theirs is not None and theirs.since > 0)
