"""Routes for people who act for partners: partners, members, apps, keys."""

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.partners import model as m
from changliao.partners import service
from changliao.partners.api import agents
from changliao.partners.api.guard import AppGuard
from changliao.partners.model import App, Key, Member, Mode, Partner, Role, Scope
from changliao.people import service as people
from changliao.people.model import PersonNotFound, SignedIn
from changliao.people.service import token_hash
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.routes import CREATED, EMPTY, Guard, Routes

GRACE_DEFAULT_S, GRACE_MAX_S = 24 * 3600, 7 * 24 * 3600


class NameBody(Value, frozen=True, forbid_unknown_fields=True):
    """A name."""

    name: str


class MemberBody(Value, frozen=True, forbid_unknown_fields=True):
    """Who, by handle, and in which role."""

    handle: str
    role: Role


class KeyBody(Value, frozen=True, forbid_unknown_fields=True):
    """A new key: its mode, what it may do, how often."""

    mode: Mode = "test"
    label: str = ""
    scopes: tuple[Scope, ...] = m.SCOPES
    per_s: int = m.KEY_PER_S
    burst: int = m.KEY_BURST


class RotationBody(Value, frozen=True, forbid_unknown_fields=True):
    """How long the old key lives on, in seconds; at most a week."""

    grace_s: int = GRACE_DEFAULT_S


class RateBody(Value, frozen=True, forbid_unknown_fields=True):
    """Calls a second on average, and at once."""

    per_s: int
    burst: int


class PartnerView(View, frozen=True):
    """A partner, and one's role there."""

    id: str
    name: str
    role: str
    created_at: str


class MemberView(View, frozen=True):
    """A member of a partner."""

    person_id: str
    handle: str
    name: str
    role: str
    since: str


class AppView(View, frozen=True):
    """An app of a partner."""

    id: str
    partner_id: str
    name: str
    created_at: str


class KeyView(View, frozen=True):
    """An API key. `key` is shown once, when it is made; afterwards only how it ends. `ended_key_id`: the
    older key, still in its grace, that ended at once when this one was made by a rotation."""

    id: str
    app_id: str
    mode: Mode
    label: str
    ending: str
    scopes: tuple[Scope, ...]
    per_s: int
    burst: int
    created_at: str
    expires_at: str | None
    state: str
    key: str | None = None
    ended_key_id: str | None = None


class Partners(View, frozen=True):
    """One's partners."""

    items: list[PartnerView]


class Members(View, frozen=True):
    """A partner's members."""

    items: list[MemberView]


class Apps(View, frozen=True):
    """A partner's apps."""

    items: list[AppView]


class Keys(View, frozen=True):
    """An app's keys."""

    items: list[KeyView]


def show_partner(partner: Partner, role: str) -> PartnerView:
    """A partner as its members see it."""
    return PartnerView(partner.id, partner.name, role, rfc3339(Instant(partner.created_at)))


def show_app(app: App) -> AppView:
    """An app as its members see it."""
    return AppView(app.id, app.partner_id, app.name, rfc3339(Instant(app.created_at)))


def show_key(key: Key, now: int, text: str | None = None, ended_id: str = "") -> KeyView:
    """A key without its text, but when it was made just now."""
    ended, ending = 0 < key.expires_at <= now, key.expires_at > now
    return KeyView(
        key.id,
        key.app_id,
        key.mode,
        key.label,
        key.ending,
        key.scopes,
        key.per_s,
        key.burst,
        rfc3339(Instant(key.created_at)),
        rfc3339(Instant(key.expires_at)) if key.expires_at else None,
        "ended" if ended else "ending" if ending else "live",
        text,
        ended_id or None,
    )


def _show_members(reader: Reader, partner_id: str) -> list[MemberView]:
    return [_show_member(reader, member) for member in service.members_of(reader, partner_id)]


def _show_member(reader: Reader, member: Member) -> MemberView:
    person = people.person(reader, member.person_id)
    handle, name = (person.handle, person.name) if person else ("", "")
    return MemberView(member.person_id, handle, name, member.role, rfc3339(Instant(member.since)))


def _for_member(reader: Reader, partner_id: str, person_id: str) -> None:
    if service.member_of(reader, partner_id, person_id) is None:
        raise m.PartnerNotFound(field="id")


def _for_app_member(reader: Reader, app_id: str, person_id: str) -> None:
    service.console_caller(reader, person_id, app_id, "test")


def routes(db: Db, person: Guard[SignedIn], apps: AppGuard) -> Routes:
    """Everything under /v1/partners and /v1/apps."""
    api = Routes("Partners")
    refuses = (m.PartnerNotFound, m.RoleForbids)

    @api.post(
        "/v1/partners",
        guard=person,
        body=NameBody,
        answers=PartnerView,
        status=CREATED,
        refuses=(m.PartnerNameInvalid,),
    )
    async def found(call: Call, body: NameBody) -> PartnerView:
        """Found a partner. Whoever founds it becomes its owner."""
        ask = m.AskFound(call.who.person.id, body.name)
        return show_partner(await db.write(service.found_partner, ask), "owner")

    @api.get("/v1/partners", guard=person, answers=Partners)
    async def mine(call: Call) -> Partners:
        """The partners one acts for."""
        found = await db.read(service.partners_of, call.who.person.id)
        return Partners([show_partner(partner, member.role) for partner, member in found])

    @api.get(
        "/v1/partners/{id}/members", guard=person, answers=Members, refuses=(m.PartnerNotFound,)
    )
    async def members(call: Call, partner_id: str) -> Members:
        """Who acts for a partner, and in which role."""
        await db.read(_for_member, partner_id, call.who.person.id)
        return Members(await db.read(_show_members, partner_id))

    @api.post(
        "/v1/partners/{id}/members",
        guard=person,
        body=MemberBody,
        answers=Members,
        refuses=(*refuses, PersonNotFound, m.LastOwner),
    )
    async def set_member(call: Call, partner_id: str, body: MemberBody) -> Members:
        """Give a person a role, or change it: owner, developer, finance or viewer. Owners only."""
        await db.read(_for_member, partner_id, call.who.person.id)
        wanted = await db.read(people.person_by_handle, body.handle)
        if wanted is None:
            raise PersonNotFound(field="handle")
        ask = m.AskMember(call.who.person.id, partner_id, wanted.id, body.role)
        await db.write(service.set_member, ask)
        return Members(await db.read(_show_members, partner_id))

    @api.delete(
        "/v1/partners/{id}/members/{person_id}",
        guard=person,
        status=EMPTY,
        refuses=(*refuses, m.MemberNotFound, m.LastOwner),
    )
    async def remove_member(call: Call, partner_id: str, person_id: str) -> Answer:
        """Take a person's role away. Owners only; one owner always stays."""
        ask = m.AskMember(call.who.person.id, partner_id, person_id, None)
        await db.write(service.set_member, ask)
        return DONE

    @api.post(
        "/v1/partners/{id}/apps",
        guard=person,
        body=NameBody,
        answers=AppView,
        status=CREATED,
        refuses=(*refuses, m.PartnerNameInvalid),
    )
    async def create_app(call: Call, partner_id: str, body: NameBody) -> AppView:
        """Make an app: one shop with its own keys, payments and balance."""
        ask = m.AskApp(call.who.person.id, partner_id, body.name)
        return show_app(await db.write(service.create_app, ask))

    @api.get("/v1/partners/{id}/apps", guard=person, answers=Apps, refuses=(m.PartnerNotFound,))
    async def list_apps(call: Call, partner_id: str) -> Apps:
        """A partner's apps."""
        await db.read(_for_member, partner_id, call.who.person.id)
        return Apps([show_app(app) for app in await db.read(service.apps_of, partner_id)])

    @api.get("/v1/apps/{id}/keys", guard=person, answers=Keys, refuses=(m.AppNotFound,))
    async def list_keys(call: Call, app_id: str) -> Keys:
        """An app's keys, without their text."""
        await db.read(_for_app_member, app_id, call.who.person.id)
        now = db.clock()
        found = await db.read(service.keys_of, app_id)
        ended = service.ended_for(found)
        return Keys([show_key(key, now, ended_id=ended.get(key.id, "")) for key in found])

    @api.post(
        "/v1/apps/{id}/keys",
        guard=person,
        body=KeyBody,
        answers=KeyView,
        status=CREATED,
        refuses=(m.AppNotFound, m.RoleForbids, m.ScopeUnknown, m.RateInvalid, m.TooManyKeys),
    )
    async def issue_key(call: Call, app_id: str, body: KeyBody) -> KeyView:
        """Make a key. Its text is shown in this answer and never again."""
        text = service.new_key_text(body.mode)
        ask = m.AskKey(
            call.who.person.id,
            app_id,
            body.mode,
            token_hash(text),
            text[-4:],
            body.label,
            body.scopes,
            body.per_s,
            body.burst,
        )
        return show_key(await db.write(service.issue_key, ask), db.clock(), text)

    @api.post(
        "/v1/apps/{id}/keys/{key_id}/rotation",
        guard=person,
        body=RotationBody,
        answers=KeyView,
        status=CREATED,
        refuses=(m.AppNotFound, m.RoleForbids, m.KeyNotFound, m.KeyRotatedAlready),
    )
    async def rotate_key(call: Call, app_id: str, key_id: str, body: RotationBody) -> KeyView:
        """Replace a key: the new one lives at once, the old one until the grace is over.

        Two keys of a line live at a time, not three. If the key was itself made by a rotation and its
        predecessor is still in its grace, that one ends at once and is named in `ended_key_id`. With
        `grace_s` 0 (a key that leaked) the key itself ends at once, and its predecessor keeps its grace.
        """
        old = next((k for k in await db.read(service.keys_of, app_id) if k.id == key_id), None)
        text = service.new_key_text(old.mode if old else "test")
        grace_s = max(0, min(body.grace_s, GRACE_MAX_S))
        ask = m.AskRotateKey(
            call.who.person.id, app_id, key_id, token_hash(text), text[-4:], grace_s
        )
        rotated = await db.write(service.rotate_key, ask)
        apps.forget()
        return show_key(rotated.new, db.clock(), text, rotated.ended_id)

    @api.delete(
        "/v1/apps/{id}/keys/{key_id}",
        guard=person,
        status=EMPTY,
        refuses=(m.AppNotFound, m.RoleForbids, m.KeyNotFound),
    )
    async def end_key(call: Call, app_id: str, key_id: str) -> Answer:
        """End a key now."""
        await db.write(service.end_key, m.AskKeyChange(call.who.person.id, app_id, key_id))
        apps.forget()
        return DONE

    @api.post(
        "/v1/apps/{id}/keys/{key_id}/rate",
        guard=person,
        body=RateBody,
        answers=KeyView,
        refuses=(m.AppNotFound, m.RoleForbids, m.KeyNotFound, m.RateInvalid),
    )
    async def change_rate(call: Call, app_id: str, key_id: str, body: RateBody) -> KeyView:
        """Let a key call more or less often: calls a second on average, and at once."""
        ask = m.AskKeyChange(call.who.person.id, app_id, key_id, body.per_s, body.burst)
        key = await db.write(service.change_rate, ask)
        apps.forget()
        return show_key(key, db.clock())

    agents.add(api, db, person)
    return api
