"""Conversations and who is in them."""

import secrets
from collections.abc import Sequence

import msgspec

from changliao.chat import model as m
from changliao.chat import rules
from changliao.chat.events import ConversationChanged, MemberJoined, MemberLeft
from changliao.chat.model import Conversation, ConversationKind, Member, Role
from changliao.chat.model import refusals as r
from changliao.chat.model.entries import NoteKind
from changliao.chat.rules import raids
from changliao.chat.service.log import member_of, note, place_of, put_mine, tell
from changliao.chat.store import CONVERSATIONS, INVITATIONS, JOIN_REQUESTS, MEMBERS, reading
from changliao.chat.store.moderation import joined_since
from changliao.db.tx import Tx
from changliao.people.service import contacts

_replace = msgspec.structs.replace


def pair_of(one: str, other: str) -> str:
    """What makes the conversation of two unique."""
    return " ".join(sorted((one, other)))


def open_direct(tx: Tx, ask: m.AskDirect) -> Conversation:
    """The conversation of two people who are in each other's contacts; made when there is none yet."""
    pair = pair_of(ask.person_id, ask.other_id)
    found = tx.find(CONVERSATIONS, ("pair",), pair)
    if found is not None:
        return found
    if ask.other_id == ask.person_id or not (
        contacts.is_contact(tx, ask.person_id, ask.other_id)
        and contacts.is_contact(tx, ask.other_id, ask.person_id)
    ):
        raise r.NotContacts(field="person")
    made = begin(tx, "direct", pair=pair)
    for one in (ask.person_id, ask.other_id):
        enter(tx, made, one, "member")
    note(tx, made, "opened")
    return _now(tx, made.id)


def create_group(tx: Tx, ask: m.AskGroup) -> Conversation:
    """A group of oneself, its owner, and some of one's contacts."""
    members = rules.others(ask.person_id, ask.members)
    _all_contacts(tx, ask.person_id, members)
    made = begin(tx, "group", title=rules.title(ask.title), owner=ask.person_id)
    enter(tx, made, ask.person_id, "owner")
    for one in members:
        enter(tx, made, one, "member")
    note(tx, made, "opened", ask.person_id, tuple(members))
    return _now(tx, made.id)


def change_group(tx: Tx, ask: m.AskChange) -> Conversation:
    """Change a group's name (any member), its notice, who joins and who writes, whether it is on guard
    (owner and admins)."""
    place = rules.in_group(place_of(tx, ask.person_id, ask.conversation_id))
    conversation = place.conversation
    if any(one is not None for one in (ask.notice, ask.approval, ask.silent, ask.guard)):
        rules.as_admin(place)
    if ask.title is not None and (title := rules.title(ask.title)) != conversation.title:
        _put(tx, conversation.id, title=title)
        note(tx, conversation, "renamed", ask.person_id, text=title)
    if ask.notice is not None and (words := rules.notice(ask.notice)) != conversation.notice:
        _put(tx, conversation.id, notice=words)
        note(tx, conversation, "notice", ask.person_id, text=words)
    if ask.approval is not None and ask.approval != conversation.approval:
        _put(tx, conversation.id, approval=ask.approval)
        note(tx, conversation, "approval", ask.person_id, text="on" if ask.approval else "off")
    if ask.guard is not None and ask.guard != raids.on_guard(conversation, tx.now):
        _set_guard(tx, conversation, ask.person_id, raids.BY_HAND_US if ask.guard else 0)
    if ask.silent is not None and ask.silent != conversation.silent:
        _put(tx, conversation.id, silent=ask.silent)
        note(tx, conversation, "silent" if ask.silent else "loud", ask.person_id)
    return _now(tx, conversation.id)


def invite(tx: Tx, ask: m.AskInvite) -> Conversation:
    """Bring some of one's contacts into a group. Where joining must be approved, owner and admins may."""
    place = rules.in_group(place_of(tx, ask.person_id, ask.conversation_id))
    if _needs_approval(place.conversation, tx.now):
        rules.as_admin(place)
    members = rules.others(ask.person_id, ask.members)
    _all_contacts(tx, ask.person_id, members)
    fresh = [one for one in members if not _is_in(tx, place.conversation.id, one)]
    rules.room_for(place.conversation, len(fresh))
    for one in fresh:
        enter(tx, place.conversation, one, "member")
    if fresh:
        note(tx, place.conversation, "invited", ask.person_id, tuple(fresh))
    return _now(tx, place.conversation.id)


def remove(tx: Tx, ask: m.AskMember) -> Conversation:
    """Leave a group, or take out somebody of a lower rank. The owner hands over first."""
    place = rules.in_group(place_of(tx, ask.person_id, ask.conversation_id))
    conversation = place.conversation
    if ask.member_id == ask.person_id:
        if place.member.role == "owner":
            raise r.OwnerMustHandOver(field="member")
        note(tx, conversation, "left", ask.person_id)
        leave(tx, conversation.id, ask.person_id, gone=True)
    else:
        other = member_of(tx, conversation.id, ask.member_id)
        rules.outranks(place.member, other)
        note(tx, conversation, "removed", ask.person_id, (ask.member_id,))
        leave(tx, conversation.id, ask.member_id, gone=False)
    return _now(tx, conversation.id)


def change_role(tx: Tx, ask: m.AskRole) -> Member:
    """Make somebody an admin or an ordinary member; the owner's right."""
    place = rules.as_owner(place_of(tx, ask.person_id, ask.conversation_id))
    other = member_of(tx, ask.conversation_id, ask.member_id)
    if other.role == "owner":
        raise r.NotAllowedHere(field="member")
    if other.role == ask.role:
        return other
    note(tx, place.conversation, "role", ask.person_id, (other.person_id,), ask.role)
    return put_mine(tx, _replace(_member(tx, other), role=ask.role))


def hand_over(tx: Tx, ask: m.AskMember) -> Conversation:
    """Make another member the owner; one becomes an ordinary member."""
    place = rules.as_owner(place_of(tx, ask.person_id, ask.conversation_id))
    other = member_of(tx, ask.conversation_id, ask.member_id)
    if other.person_id == ask.person_id:
        raise r.MembersInvalid(field="person")
    _put(tx, ask.conversation_id, owner=other.person_id)
    note(tx, place.conversation, "owner", ask.person_id, (other.person_id,))
    put_mine(tx, _replace(_member(tx, place.member), role="member"))
    put_mine(tx, _replace(_member(tx, other), role="owner", silenced_until=0))
    return _now(tx, ask.conversation_id)


def silence(tx: Tx, ask: m.AskSilence) -> Member:
    """Let somebody of a lower rank be silent for a while, or speak again."""
    place = rules.as_admin(place_of(tx, ask.person_id, ask.conversation_id))
    other = member_of(tx, ask.conversation_id, ask.member_id)
    rules.outranks(place.member, other)
    until = rules.silence_until(ask.seconds, tx.now)
    kind: NoteKind = "silenced" if until else "unsilenced"
    note(tx, place.conversation, kind, ask.person_id, (other.person_id,), str(ask.seconds))
    return put_mine(tx, _replace(_member(tx, other), silenced_until=until))


def change_member(tx: Tx, ask: m.AskMemberChange) -> Member:
    """Change a member's role, and for how long they are silent: both, or nothing."""
    who, where, whom = ask.person_id, ask.conversation_id, ask.member_id
    rules.in_group(place_of(tx, who, where))
    member = member_of(tx, where, whom)
    if ask.role is not None:
        member = change_role(tx, m.AskRole(who, where, whom, ask.role))
    if ask.seconds is not None:
        member = silence(tx, m.AskSilence(who, where, whom, ask.seconds))
    return member


def dissolve(tx: Tx, ask: m.AskDissolve) -> Conversation:
    """End a group for everybody; what was said stays readable for its members."""
    place = rules.as_owner(place_of(tx, ask.person_id, ask.conversation_id))
    return end_group(tx, place.conversation, ask.person_id)


def end_group(tx: Tx, conversation: Conversation, by: str) -> Conversation:
    """End a group, whoever (empty: the platform) does; one that has ended stays so."""
    if conversation.kind != "group":
        raise r.OnlyGroups(field="conversation")
    if conversation.dissolved:
        return conversation
    note(tx, conversation, "dissolved", by)
    for member in tx.rows(MEMBERS, "WHERE conversation_id = ? AND left_s = 0", conversation.id):
        leave(tx, conversation.id, member.person_id, gone=False)
    return _put(tx, conversation.id, dissolved=True)


# Links --------------------------------------------------------------------------------------


def make_invitation(tx: Tx, ask: m.AskInvitation) -> m.Invitation:
    """A link to join by; where joining must be approved, whoever comes waits to be let in."""
    place = rules.in_group(place_of(tx, ask.person_id, ask.conversation_id))
    rules.invitation(ask.days, ask.uses)
    made = m.Invitation(
        secrets.token_urlsafe(12),
        place.conversation.id,
        ask.person_id,
        ask.uses,
        rules.invitation_ends(tx.now, ask.days),
    )
    return tx.add(INVITATIONS, made)


def end_invitation(tx: Tx, ask: m.AskEndInvitation) -> m.Invitation:
    """End a link that one made, or as owner or admin any."""
    place = rules.in_group(place_of(tx, ask.person_id, ask.conversation_id))
    found = tx.get(INVITATIONS, ask.code)
    if found is None or found.conversation_id != place.conversation.id:
        raise r.InvitationNotFound(field="code")
    if found.by != ask.person_id:
        rules.as_admin(place)
    return tx.put(INVITATIONS, _replace(found, uses_left=0))


def join(tx: Tx, ask: m.AskJoin) -> m.Joined:
    """Join by a link: at once, or after somebody has approved. Who is in already stays so, and who waits
    already waits on; neither uses the link up."""
    found = rules.open_invitation(tx.get(INVITATIONS, ask.code), tx.now)
    conversation = _now(tx, found.conversation_id)
    if conversation.dissolved:
        raise r.InvitationNotFound(field="code")
    if _is_in(tx, conversation.id, ask.person_id):
        return m.Joined(conversation, False)
    if _waits(tx, conversation, ask.person_id):
        return m.Joined(conversation, True)
    rules.room_for(conversation, 1)
    tx.put(INVITATIONS, _replace(found, uses_left=found.uses_left - 1))
    if _needs_approval(conversation, tx.now):
        _wait(tx, conversation, ask.person_id)
        return m.Joined(conversation, True)
    enter(tx, conversation, ask.person_id, "member")
    note(tx, conversation, "joined", found.by, (ask.person_id,))
    if joined_since(tx, conversation.id, tx.now - raids.JOINS_IN_US) >= raids.JOINS_MAX:
        raise_guard(tx, conversation.id)
    return m.Joined(_now(tx, conversation.id), False)


def raise_guard(tx: Tx, conversation_id: str) -> None:
    """Put a group on guard by itself, for an hour; one that is already, and any other conversation, is
    left alone."""
    found = tx.get(CONVERSATIONS, conversation_id)
    if found and found.kind == "group" and not raids.on_guard(found, tx.now):
        _set_guard(tx, found, "", raids.BY_ITSELF_US)


def _set_guard(tx: Tx, conversation: Conversation, by: str, lasts_us: int) -> None:
    _put(tx, conversation.id, guarded_until=tx.now + lasts_us if lasts_us else 0)
    note(tx, conversation, "guarded" if lasts_us else "unguarded", by)


def _needs_approval(conversation: Conversation, now: int) -> bool:
    return conversation.approval or raids.on_guard(conversation, now)


def decide(tx: Tx, ask: m.AskDecide) -> m.JoinRequest:
    """Let somebody in who waits, or not."""
    place = rules.as_admin(place_of(tx, ask.person_id, ask.conversation_id))
    waiting = tx.get(JOIN_REQUESTS, (ask.conversation_id, ask.member_id))
    if waiting is None or waiting.state != "open":
        raise r.JoinRequestNotFound(field="person")
    if ask.approve and not _is_in(tx, ask.conversation_id, ask.member_id):
        rules.room_for(place.conversation, 1)
        enter(tx, place.conversation, ask.member_id, "member")
        note(tx, place.conversation, "joined", ask.person_id, (ask.member_id,))
    else:
        tx.emit(ConversationChanged(ask.conversation_id), about=ask.conversation_id)
    state: m.RequestState = "approved" if ask.approve else "denied"
    return tx.put(JOIN_REQUESTS, _replace(waiting, state=state))


def _waits(tx: Tx, conversation: Conversation, person_id: str) -> bool:
    if not _needs_approval(conversation, tx.now):
        return False
    waiting = tx.get(JOIN_REQUESTS, (conversation.id, person_id))
    return waiting is not None and waiting.state == "open"


def _wait(tx: Tx, conversation: Conversation, person_id: str) -> None:
    key = (conversation.id, person_id)
    waiting = m.JoinRequest(conversation.id, person_id, "open", tx.now, tx.next_number("chat"))
    if tx.get(JOIN_REQUESTS, key):
        tx.put(JOIN_REQUESTS, waiting)
    else:
        tx.add(JOIN_REQUESTS, waiting)
    asked = {"conversation": conversation.id, "person": person_id}
    for leader in reading.leaders_of(tx, conversation.id):
        tell(tx, leader, "join_request", asked)


# Inside -------------------------------------------------------------------------------------


def begin(
    tx: Tx, kind: ConversationKind, *, pair: str | None = None, title: str = "", owner: str = ""
) -> Conversation:
    """A new conversation that nobody is in yet."""
    made = Conversation(
        tx.new_id("cv"),
        kind,
        pair,
        title,
        owner,
        head=0,
        shown=0,
        last=0,
        at=tx.now,
        size=0,
        notice="",
        approval=False,
        silent=False,
        dissolved=False,
        called_s=0,
        version=tx.next_number("chat"),
        created_at=tx.now,
    )
    return tx.add(CONVERSATIONS, made)


def enter(tx: Tx, conversation: Conversation, person_id: str, role: Role) -> None:
    """Put somebody in; who comes anew sees what comes from now on."""
    conversation = _now(tx, conversation.id)
    before = tx.get(MEMBERS, (person_id, conversation.id))
    head, shown = conversation.head, conversation.shown
    member = Member(
        person_id,
        conversation.id,
        role,
        nickname=before.nickname if before else "",
        joined_at=tx.now,
        from_s=head,
        from_n=shown,
        left_s=0,
        left_n=0,
        left_last=0,
        left_title="",
        read_s=head,
        read_n=shown,
        pinned=before.pinned if before else False,
        muted=before.muted if before else False,
        hidden_s=0,
        remark=before.remark if before else "",
        draft="",
        mentioned_s=0,
        silenced_until=before.silenced_until if before else 0,
        version=tx.next_number("chat"),
    )
    (tx.put if before else tx.add)(MEMBERS, member)
    _resize(tx, conversation, 1)
    tx.emit(MemberJoined(conversation.id, person_id), about=person_id)


def leave(tx: Tx, conversation_id: str, person_id: str, *, gone: bool) -> None:
    """Take somebody out: they keep what they could see, unless they went by themselves."""
    conversation = _now(tx, conversation_id)
    member = member_of(tx, conversation_id, person_id)
    tx.put(
        MEMBERS,
        _replace(
            member,
            role="member",
            left_s=conversation.head,
            left_n=conversation.shown,
            left_last=conversation.last,
            left_title=conversation.title,
            hidden_s=conversation.head if gone else 0,
            pinned=member.pinned and not gone,
            version=tx.next_number("chat"),
        ),
    )
    _resize(tx, conversation, -1)
    tx.emit(MemberLeft(conversation_id, person_id), about=person_id)


def _all_contacts(tx: Tx, person_id: str, members: Sequence[str]) -> None:
    for one in members:
        mutual = contacts.is_contact(tx, person_id, one) and contacts.is_contact(tx, one, person_id)
        if not mutual or contacts.is_blocked(tx, one, person_id):
            raise r.NotContacts(field="members")


def _is_in(tx: Tx, conversation_id: str, person_id: str) -> bool:
    member = tx.get(MEMBERS, (person_id, conversation_id))
    return member is not None and not member.left_s


def _now(tx: Tx, conversation_id: str) -> Conversation:
    found = tx.get(CONVERSATIONS, conversation_id)
    if found is None:
        raise r.ConversationNotFound(field="conversation")
    return found


def _member(tx: Tx, member: Member) -> Member:
    return member_of(tx, member.conversation_id, member.person_id)


def _resize(tx: Tx, conversation: Conversation, by: int) -> None:
    """One more or less is in it. Followers of a feed are not told how many they are: otherwise each new
    one would change what all the others see."""
    size = conversation.size + by
    if conversation.kind == "account":
        tx.put(CONVERSATIONS, _replace(conversation, size=size))
    else:
        _put(tx, conversation.id, size=size)


def _put(tx: Tx, conversation_id: str, **changed: object) -> Conversation:
    version = tx.next_number("chat")
    return tx.put(CONVERSATIONS, _replace(_now(tx, conversation_id), version=version, **changed))
