"""Groups over HTTP: making and changing them, who is in them, links to join."""

from typing import Literal

import msgspec

from changliao.chat import model as m
from changliao.chat import service
from changliao.chat.api.desk import Desk
from changliao.chat.api.routes import LIMIT, NAMING, look, me_of
from changliao.chat.api.show import (
    ConversationRow,
    InvitationView,
    MemberRow,
    WaitingRow,
    invitation_view,
    member_row,
    waiting_row,
)
from changliao.chat.model import refusals as r
from changliao.chat.service import reading
from changliao.kernel.value import Value, View
from changliao.people.model import SignedIn
from changliao.people.model.shown import Shown
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.refusals import RateLimited
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

_GROUP = (r.ConversationNotFound, r.OnlyGroups, r.HasLeft, r.NotAllowedHere)


class OpenBody(Value, frozen=True, forbid_unknown_fields=True):
    """With whom: one `person`, or a group of `members` under a `title`."""

    person: str = ""
    title: str = ""
    members: tuple[str, ...] = ()


class ChangeBody(Value, frozen=True, forbid_unknown_fields=True):
    """What to change of a group."""

    title: str | None = None
    notice: str | None = None
    approval: bool | None = None
    silent: bool | None = None
    guard: bool | None = None


class MembersBody(Value, frozen=True, forbid_unknown_fields=True):
    """Whom to bring along."""

    members: tuple[str, ...]


class MemberChangeBody(Value, frozen=True, forbid_unknown_fields=True):
    """What to change of a member: a role, or for how many seconds they are silent."""

    role: Literal["admin", "member"] | None = None
    silenced_s: int | None = None


class OwnerBody(Value, frozen=True, forbid_unknown_fields=True):
    """Who owns the group from now on."""

    person: str


class InvitationBody(Value, frozen=True, forbid_unknown_fields=True):
    """How long a link lasts, and how many may come by it."""

    days: int = 7
    uses: int = 100


class DecisionBody(Value, frozen=True, forbid_unknown_fields=True):
    """Whether to let somebody in."""

    approve: bool


class MemberList(View, frozen=True):
    """Members by when they came; `next` leads on, empty at the end."""

    items: list[MemberRow]
    next: str


class InvitedView(View, frozen=True):
    """Where a link leads."""

    title: str
    size: int
    approval: bool


class JoinedView(View, frozen=True):
    """Where one is by a link, or that one waits to be let in."""

    pending: bool
    conversation: ConversationRow | None


class WaitingList(View, frozen=True):
    """Who waits to be let in."""

    items: list[WaitingRow]


def routes(desk: Desk, guard: Guard[SignedIn]) -> Routes:
    """What changes conversations and who is in them."""
    api = Routes("Groups")
    _groups(api, desk, guard)
    _members(api, desk, guard)
    _joining(api, desk, guard)
    return api


def _groups(api: Routes, desk: Desk, guard: Guard[SignedIn]) -> None:
    db = desk.db

    @api.post(
        "/v1/conversations",
        guard=guard,
        body=OpenBody,
        answers=ConversationRow,
        status=CREATED,
        refuses=(r.NotContacts, r.MembersInvalid, r.TitleInvalid, *NAMING),
    )
    async def begin(call: Call, body: OpenBody) -> ConversationRow:
        """Open the conversation with a contact, or begin a group with some."""
        me = me_of(call)
        if body.person:
            made = await db.write(service.open_direct, m.AskDirect(me, body.person))
        else:
            desk.screen.count(me, "group")
            passed = desk.screen.check(title=body.title)
            ask = m.AskGroup(me, body.title, body.members)
            verb = passed(service.create_group, lambda one: Shown("group", one.id, me))
            made = await db.write(verb, ask)
        return await db.read(look, me, made.id)

    @api.add(
        "PATCH",
        "/v1/conversations/{id}",
        guard=guard,
        body=ChangeBody,
        answers=ConversationRow,
        refuses=(*_GROUP, r.TitleInvalid, r.WordsTooLong, *NAMING),
    )
    async def change(call: Call, conversation_id: str, body: ChangeBody) -> ConversationRow:
        """Change a group: its name (anybody), its notice, who joins, who writes (owner and admins).

        `guard` puts it on guard against a raid for a day: joining must be approved, who joined within ten
        minutes sends neither links nor media, and members write once in ten seconds.
        """
        me = me_of(call)
        passed = desk.naming(me, title=body.title, notice=body.notice)
        said = msgspec.structs.asdict(body)
        verb = passed(service.change_group, lambda one: Shown("group", one.id, me))
        await db.write(verb, m.AskChange(me, conversation_id, **said))
        return await db.read(look, me, conversation_id)

    @api.delete("/v1/conversations/{id}", guard=guard, status=EMPTY, refuses=_GROUP)
    async def dissolve(call: Call, conversation_id: str) -> Answer:
        """End a group; its owner may. What was said stays readable."""
        await db.write(service.dissolve, m.AskDissolve(me_of(call), conversation_id))
        return DONE

    @api.put(
        "/v1/conversations/{id}/owner",
        guard=guard,
        body=OwnerBody,
        answers=ConversationRow,
        refuses=(*_GROUP, r.MemberNotFound, r.MembersInvalid),
    )
    async def hand_over(call: Call, conversation_id: str, body: OwnerBody) -> ConversationRow:
        """Make another member the owner."""
        ask = m.AskMember(me_of(call), conversation_id, body.person)
        await db.write(service.hand_over, ask)
        return await db.read(look, me_of(call), conversation_id)


def _members(api: Routes, desk: Desk, guard: Guard[SignedIn]) -> None:
    db = desk.db

    @api.get(
        "/v1/conversations/{id}/members",
        guard=guard,
        answers=MemberList,
        params=(Param("after", "Cursor: `next` of the page before."), LIMIT),
        refuses=(r.ConversationNotFound, r.HasLeft, r.OnlyGroups),
    )
    async def members(call: Call, conversation_id: str) -> MemberList:
        """Who is in it, by when they came."""
        found = await db.read(
            reading.members, me_of(call), conversation_id, call.after_number, call.limit
        )
        more = len(found) >= call.limit
        items = [member_row(member, person) for member, person in found]
        return MemberList(items, str(found[-1][0].joined_at) if more else "")

    @api.post(
        "/v1/conversations/{id}/members",
        guard=guard,
        body=MembersBody,
        answers=ConversationRow,
        refuses=(*_GROUP, r.NotContacts, r.MembersInvalid, r.GroupFull),
    )
    async def invite(call: Call, conversation_id: str, body: MembersBody) -> ConversationRow:
        """Bring some of my contacts in."""
        await db.write(service.invite, m.AskInvite(me_of(call), conversation_id, body.members))
        return await db.read(look, me_of(call), conversation_id)

    @api.delete(
        "/v1/conversations/{id}/members/{person_id}",
        guard=guard,
        status=EMPTY,
        refuses=(*_GROUP, r.MemberNotFound, r.OwnerMustHandOver),
    )
    async def remove(call: Call, conversation_id: str, person_id: str) -> Answer:
        """Take somebody of a lower rank out; `me` leaves."""
        member = me_of(call) if person_id == "me" else person_id
        await db.write(service.remove, m.AskMember(me_of(call), conversation_id, member))
        return DONE

    @api.add(
        "PATCH",
        "/v1/conversations/{id}/members/{person_id}",
        guard=guard,
        body=MemberChangeBody,
        status=EMPTY,
        refuses=(*_GROUP, r.MemberNotFound, r.MembersInvalid),
    )
    async def change(
        call: Call, conversation_id: str, person_id: str, body: MemberChangeBody
    ) -> Answer:
        """Change a member's role (the owner may), or let them be silent for a while (owner and admins)."""
        ask = m.AskMemberChange(me_of(call), conversation_id, person_id, body.role, body.silenced_s)
        await db.write(service.change_member, ask)
        return DONE


def _joining(api: Routes, desk: Desk, guard: Guard[SignedIn]) -> None:
    db = desk.db

    @api.post(
        "/v1/conversations/{id}/invitations",
        guard=guard,
        body=InvitationBody,
        answers=InvitationView,
        status=CREATED,
        refuses=(*_GROUP, r.InvitationInvalid),
    )
    async def make(call: Call, conversation_id: str, body: InvitationBody) -> InvitationView:
        """A link to join by, which can be shown as a QR code."""
        ask = m.AskInvitation(me_of(call), conversation_id, body.days, body.uses)
        return invitation_view(await db.write(service.make_invitation, ask), desk.url)

    @api.delete(
        "/v1/conversations/{id}/invitations/{code}",
        guard=guard,
        status=EMPTY,
        refuses=(*_GROUP, r.InvitationNotFound),
    )
    async def end(call: Call, conversation_id: str, code: str) -> Answer:
        """End a link."""
        ask = m.AskEndInvitation(me_of(call), conversation_id, code)
        await db.write(service.end_invitation, ask)
        return DONE

    @api.get("/v1/invitations/{code}", answers=InvitedView, refuses=(r.InvitationNotFound,))
    async def invited(call: Call, code: str) -> InvitedView:
        """Where a link leads; whoever has it may look before signing in."""
        _, found = await db.read(reading.invitation, code, db.clock())
        return InvitedView(found.title, found.size, found.approval)

    @api.post(
        "/v1/invitations/{code}/joins",
        guard=guard,
        answers=JoinedView,
        status=CREATED,
        refuses=(r.InvitationNotFound, r.GroupFull, r.Silenced, RateLimited),
    )
    async def join(call: Call, code: str) -> JoinedView:
        """Join by a link; where joining must be approved, wait."""
        desk.screen.count(me_of(call), "join")
        joined = await db.write(service.join, m.AskJoin(me_of(call), code))
        if joined.pending:
            return JoinedView(True, None)
        return JoinedView(False, await db.read(look, me_of(call), joined.conversation.id))

    @api.get("/v1/conversations/{id}/requests", guard=guard, answers=WaitingList, refuses=_GROUP)
    async def waiting(call: Call, conversation_id: str) -> WaitingList:
        """Who waits to be let in; for owner and admins."""
        found = await db.read(reading.waiting, me_of(call), conversation_id)
        return WaitingList([waiting_row(request, person) for request, person in found])

    @api.put(
        "/v1/conversations/{id}/requests/{person_id}",
        guard=guard,
        body=DecisionBody,
        status=EMPTY,
        refuses=(*_GROUP, r.JoinRequestNotFound, r.GroupFull),
    )
    async def decide(
        call: Call, conversation_id: str, person_id: str, body: DecisionBody
    ) -> Answer:
        """Let somebody in, or not."""
        ask = m.AskDecide(me_of(call), conversation_id, person_id, body.approve)
        await db.write(service.decide, ask)
        return DONE
