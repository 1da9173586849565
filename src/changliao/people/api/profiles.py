"""The routes of profiles: finding and looking at people, what one shows of oneself, one's own QR code."""

import io
from collections.abc import Callable
from functools import lru_cache

import segno

from changliao.db.db import Db
from changliao.db.tx import Tx
from changliao.kernel.value import Value, View
from changliao.people import model as m
from changliao.people.api.guard import PersonGuard
from changliao.people.api.routes import MeView, show_me
from changliao.people.model import SignedIn
from changliao.people.model.profiles import (
    AskProfile,
    Profile,
    ProfileInvalid,
    Relation,
)
from changliao.people.model.shown import Check, Shown, WordsNotShown
from changliao.people.service import profiles as service
from changliao.people.service.profiles import IDS_MAX, Knows, Wear
from changliao.wire.call import Answer, Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import BadRequest, RateLimited
from changliao.wire.routes import Param, Routes

LOOKUPS_PER_S, LOOKUPS_BURST = 0.2, 20
"""So many handles may a person look up: enough for one who types, too few for one who collects."""

Change = Callable[[Tx, AskProfile], m.Person]
"""The verb that changes a profile."""

_HANDLE = Param("handle", "Exactly this handle; answers one profile.")
_IDS = Param("ids", "Up to 100 ids with commas between; answers `items`.")


class ProfileBody(Value, frozen=True, forbid_unknown_fields=True):
    """What to show of oneself: a name of up to 40 characters, the id of a picture of one's own or nothing, a
    region of up to 40, a bio of up to 120; whether others find one by the handle. What is left out stays."""

    name: str | None = None
    avatar: str | None = None
    region: str | None = None
    bio: str | None = None
    findable: bool | None = None


class ProfileView(View, frozen=True):
    """A person as one sees them. `relation`: `requested` by oneself, `asked` by them, `blocked` by oneself;
    `request` is the open request between the two, `remark` what one calls them."""

    id: str
    handle: str
    name: str
    avatar: str
    region: str
    bio: str
    relation: Relation
    remark: str
    request: str | None


class Profiles(View, frozen=True):
    """Several people, in the order asked."""

    items: list[ProfileView]


def show_profile(profile: Profile) -> ProfileView:
    """A person as one sees them."""
    person = profile.person
    return ProfileView(
        person.id,
        person.handle,
        person.name,
        person.avatar,
        person.region,
        person.bio,
        profile.relation,
        profile.remark,
        profile.request_id or None,
    )


def person_address(base_url: str) -> Callable[[str], str]:
    """Makes the address that a person's QR code holds, of the handle. The app opens it."""
    return lambda handle: f"{base_url}/u/{handle}"


@lru_cache(maxsize=1024)
def qr_svg(text: str) -> bytes:
    """A QR code: level H, so that a third of it may be covered (by a picture in its middle); black on white
    with the quiet zone of ISO/IEC 18004 (4 modules), whatever colour lies behind."""
    picture = io.BytesIO()
    segno.make(text, error="h", micro=False).save(
        picture, kind="svg", scale=8, border=4, dark="#000", light="#fff", xmldecl=False
    )
    return picture.getvalue()


def routes(
    db: Db,
    guard: PersonGuard,
    address: Callable[[str], str],
    wear: Wear,
    knows: Knows,
    check: Check,
) -> Routes:
    """Everything under /v1/people, and what one shows of oneself, which `check` lets through."""
    api = Routes("People")
    _people(api, db, guard, knows)
    _me(api, db, guard, address, wear, check)
    return api


def _people(api: Routes, db: Db, guard: PersonGuard, knows: Knows) -> None:
    buckets = Buckets()

    @api.get(
        "/v1/people",
        guard=guard,
        answers=(ProfileView, Profiles),
        params=(_HANDLE, _IDS),
        refuses=(m.PersonNotFound, RateLimited),
    )
    async def find(call: Call) -> ProfileView | Profiles:
        """Somebody by the exact handle, or several by their ids.

        Of several, those whom one shares nothing with are left out. Handles can be looked up 20 at once, and
        then one in five seconds.
        """
        me, now = call.who.person.id, db.clock()
        if ids := [one for one in call.param("ids").split(",") if one]:
            if len(ids) > IDS_MAX:
                raise BadRequest(f"`ids` holds at most {IDS_MAX}.", field="ids")
            found = await db.read(service.profiles_of, me, ids, now, knows)
            return Profiles([show_profile(one) for one in found])
        handle = call.param("handle").strip().lower()
        if not handle:
            raise BadRequest("Say a `handle` or `ids`.", field="handle")
        buckets.take(me, LOOKUPS_PER_S, LOOKUPS_BURST)
        return show_profile(await db.read(service.profile_by_handle, me, handle, now, knows))

    @api.get("/v1/people/{id}", guard=guard, answers=ProfileView, refuses=(m.PersonNotFound,))
    async def look(call: Call, person_id: str) -> ProfileView:
        """Somebody whom one shares something with: a contact on either side, a request, a group."""
        me = call.who.person.id
        found = await db.read(service.profiles_of, me, [person_id], db.clock(), knows)
        if not found:
            raise m.PersonNotFound(field="id")
        return show_profile(found[0])


def _me(
    api: Routes,
    db: Db,
    guard: PersonGuard,
    address: Callable[[str], str],
    wear: Wear,
    check: Check,
) -> None:
    change_profile = service.profile_changer(wear)

    @api.patch(
        "/v1/me",
        guard=guard,
        body=ProfileBody,
        answers=MeView,
        refuses=(m.NameInvalid, ProfileInvalid, WordsNotShown),
    )
    async def change(call: Call, body: ProfileBody) -> MeView:
        """Show something else of oneself. Whoever wants to be a contact always has to ask."""
        who: SignedIn = call.who
        passed = check(name=body.name, region=body.region, bio=body.bio)
        ask = AskProfile(
            who.person.id, body.name, body.avatar, body.region, body.bio, body.findable
        )
        verb = passed(change_profile, lambda one: Shown("person", one.id, one.id))
        person = await db.write(verb, ask)
        guard.forget(who.session.id)
        return await show_me(db, person)

    @api.get("/v1/me/code.svg", guard=guard)
    async def code(call: Call) -> Answer:
        """One's own QR code (SVG): whoever scans it comes to a page to add one."""
        headers = (("cache-control", "private, max-age=3600"), ("vary", "cookie, authorization"))
        svg = qr_svg(address(call.who.person.handle))
        return Answer(svg, content_type="image/svg+xml", headers=headers)
