"""Who may do what in a conversation."""

from changliao.chat import model as m
from changliao.chat.model import Conversation, Member, Place
from changliao.chat.model import refusals as r
from changliao.kernel.instant import DAY_US, MINUTE_US, SECOND_US

RECALL_US = 2 * MINUTE_US
SILENCE_MAX_S = 30 * 24 * 3600
_TITLE_MAX, _NOTICE_MAX, _REMARK_MAX, _DRAFT_MAX = 40, 1000, 40, 4000


def inside(place: Place) -> Place:
    """The place, if one is still in; HasLeft otherwise."""
    if place.member.left_s:
        raise r.HasLeft(field="conversation")
    return place


def in_group(place: Place) -> Place:
    """The place, if it is a group that one is in."""
    if place.conversation.kind != "group":
        raise r.OnlyGroups(field="conversation")
    return inside(place)


def as_admin(place: Place) -> Place:
    """The place, if one is owner or admin of the group."""
    if in_group(place).member.role == "member":
        raise r.NotAllowedHere(field="conversation")
    return place


def as_owner(place: Place) -> Place:
    """The place, if one is the owner of the group."""
    if in_group(place).member.role != "owner":
        raise r.NotAllowedHere(field="conversation")
    return place


def may_write(place: Place, now: int) -> None:
    """Refuse who has left, who is silenced, members of a silent group, and those who follow a feed. To an
    official account one may write as long as it is open."""
    inside(place)
    member, conversation = place.member, place.conversation
    if conversation.kind == "account":
        raise r.NotAllowedHere(field="conversation")
    if conversation.kind == "service" and not (place.face and place.face.open):
        raise r.NotAllowedHere(field="conversation")
    if member.silenced_until > now:
        raise r.Silenced(field="conversation", until_s=member.silenced_until // SECOND_US)
    if conversation.silent and member.role == "member":
        raise r.Silenced(field="conversation")


def outranks(member: Member, other: Member) -> None:
    """Refuse to act on somebody of one's own rank or above."""
    ranks = ("member", "admin", "owner")
    if ranks.index(member.role) <= ranks.index(other.role):
        raise r.NotAllowedHere(field="member")


def room_for(conversation: Conversation, more: int) -> None:
    """Refuse more members than a group holds."""
    if conversation.size + more > m.GROUP_MAX:
        raise r.GroupFull(field="members")


def others(person_id: str, members: tuple[str, ...]) -> list[str]:
    """Whom one wants to bring along, each once, oneself left out; refuses none and too many."""
    found = [one for one in dict.fromkeys(members) if one != person_id]
    if not 1 <= len(found) <= m.INVITED_AT_ONCE:
        raise r.MembersInvalid(field="members")
    return found


def title(text: str) -> str:
    """The name of a group; empty for none of its own."""
    text = text.strip()
    if len(text) > _TITLE_MAX or not (text.isprintable() or not text):
        raise r.TitleInvalid(field="title")
    return text


def notice(text: str) -> str:
    """What everybody in the group should know."""
    return _short(text.strip(), _NOTICE_MAX, "notice")


def remark(text: str) -> str:
    """What one calls a conversation, or oneself in it."""
    text = text.strip()
    if not (text.isprintable() or not text):
        raise r.WordsTooLong(field="remark")
    return _short(text, _REMARK_MAX, "remark")


def draft(text: str) -> str:
    """What one began to write."""
    return _short(text, _DRAFT_MAX, "draft")


def _short(text: str, most: int, field: str) -> str:
    if len(text) > most:
        raise r.WordsTooLong(field=field)
    return text


def silence_until(seconds: int, now: int) -> int:
    """When somebody may speak again; 0 at once."""
    if not 0 <= seconds <= SILENCE_MAX_S:
        raise r.MembersInvalid(field="silenced_s")
    return now + seconds * SECOND_US if seconds else 0


def invitation(days: int, uses: int) -> None:
    """Refuse links that last or serve too long."""
    if not (1 <= days <= 30 and 1 <= uses <= m.GROUP_MAX):
        raise r.InvitationInvalid(field="days" if not 1 <= days <= 30 else "uses")


def open_invitation(found: m.Invitation | None, now: int) -> m.Invitation:
    """The link, if it still lets somebody in."""
    if found is None or found.expires_at <= now or found.uses_left < 1:
        raise r.InvitationNotFound(field="code")
    return found


def invitation_ends(now: int, days: int) -> int:
    """When a link of so many days ends."""
    return now + days * DAY_US
