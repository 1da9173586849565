"""How chat refuses."""

from changliao.kernel.refusal import Conflict, Exhausted, Forbidden, Invalid, NotFound


class ConversationNotFound(NotFound, code="conversation_not_found"):
    """There is no such conversation of yours."""


class EntryNotFound(NotFound, code="message_not_found"):
    """There is no such message in this conversation."""


class MemberNotFound(NotFound, code="not_a_member_here"):
    """There is no such member in this conversation."""


class InvitationNotFound(NotFound, code="invitation_not_found", hint="Ask for a new link."):
    """This invitation does not exist or has ended."""


class JoinRequestNotFound(NotFound, code="join_request_not_found"):
    """Nobody of this id is waiting to join."""


class NotContacts(
    Forbidden, code="not_contacts", hint="Send a contact request: POST /v1/contact-requests."
):
    """You two are not in each other's contacts."""


class BlockedHere(Forbidden, code="blocked_here"):
    """This person does not take messages from you."""


class HasLeft(Forbidden, code="has_left", hint="Ask to be invited again."):
    """You are not in this conversation any more."""


class Silenced(Forbidden, code="silenced"):
    """You may not write here at the moment."""


class WordsRefused(
    Forbidden, code="words_refused", hint="Say it in other words, or without the link."
):
    """This holds a word or a link that is not let through here; nothing was sent."""


class GuardedHere(
    Forbidden, code="guarded_here", hint="Write plain text, or wait ten minutes after you joined."
):
    """This group is on guard: who has just joined may not send links or media yet."""


class SlowHere(Exhausted, code="slow_here", hint="Wait Retry-After seconds."):
    """This group is on guard: everybody writes at most once in ten seconds."""


class NotAllowedHere(Forbidden, code="not_allowed_here"):
    """Your role in this group does not allow it."""


class OnlyGroups(Conflict, code="only_groups"):
    """This can be done in a group only."""


class GroupFull(Conflict, code="group_full", hint="A group has at most 500 members."):
    """This group is full."""


class OwnerMustHandOver(
    Conflict, code="owner_must_hand_over", hint="Hand the group over, or dissolve it."
):
    """The owner of a group cannot simply leave it."""


class ClientIdReused(Conflict, code="client_id_reused", hint="Give each message an id of its own."):
    """This id belongs to another message of yours."""


class ClientIdInvalid(Invalid, code="client_id_invalid", hint="1 to 64 visible ASCII characters."):
    """This cannot be a message's id."""


class TextEmpty(Invalid, code="message_empty"):
    """There is nothing in this message."""


class TextTooLong(Invalid, code="message_too_long", hint="At most 4,000 characters; send a file."):
    """This text is too long."""


class BodyInvalid(Invalid, code="message_invalid", hint="See the kinds of entries in the docs."):
    """This body does not fit its kind."""


class KindInvalid(Invalid, code="message_kind_invalid"):
    """Nobody can post this kind of entry here."""


class TitleInvalid(Invalid, code="group_title_invalid", hint="At most 40 characters, on one line."):
    """This cannot be the name of a group."""


class WordsTooLong(Invalid, code="words_too_long"):
    """This is too long."""


class MembersInvalid(Invalid, code="members_invalid"):
    """These people cannot be put together."""


class RecallTooLate(
    Conflict, code="recall_too_late", hint="Messages can be recalled for 2 minutes."
):
    """This message is too old to be recalled."""


class CannotRecall(Forbidden, code="cannot_recall"):
    """This cannot be recalled."""


class CannotEdit(Forbidden, code="cannot_edit"):
    """This cannot be edited."""


class CannotReact(Invalid, code="reaction_invalid"):
    """This reaction cannot be given."""


class CannotForward(Conflict, code="cannot_forward"):
    """These messages cannot be forwarded."""


class InvitationInvalid(Invalid, code="invitation_invalid", hint="1 to 30 days, 1 to 500 uses."):
    """There cannot be such an invitation."""


class GateRefuses(Forbidden, code="gate_refuses"):
    """What looks at messages here before they are written refused this one."""


class GateSilent(Exhausted, code="gate_silent", hint="Send it again in a moment."):
    """What looks at messages here before they are written did not answer in time."""
