"""Conversations, their members, invitations, personal logs; what may be asked of them."""

from typing import Literal

from changliao.chat.model.entries import Entry, Kind, Letterhead
from changliao.kernel.value import Value

ConversationKind = Literal["direct", "group", "account", "service"]
Role = Literal["owner", "admin", "member"]
RequestState = Literal["open", "approved", "denied"]

GROUP_MAX = 500
INVITED_AT_ONCE = 50
EVERYBODY = "all"
"""Stands among the mentions of an entry for everybody who is there."""


class Conversation(Value, frozen=True):
    """One log. `head` is its newest number, `shown` how many entries are messages, `last` the newest of
    those (0: none) and `at` its time. `called_s` is the newest entry that mentions everybody.

    `pair` is what makes a `direct` or `service` conversation unique: its two ids in order. `approval`: who
    joins by invitation must be let in. `silent`: only owner and admins write. `version` is the number of
    the newest change of what its members see of it. `guarded_until`: it is on guard against a raid
    until then: joining must be approved, newcomers send neither links nor media, everybody writes slowly.
    """

    id: str
    kind: ConversationKind
    pair: str | None
    title: str
    owner: str
    head: int
    shown: int
    last: int
    at: int
    size: int
    notice: str
    approval: bool
    silent: bool
    dissolved: bool
    called_s: int
    version: int
    created_at: int
    guarded_until: int = 0


class Member(Value, frozen=True):
    """A person in a conversation. Entries up to and with `from_s` are not theirs to see (`from_n` of them
    are messages); `left_s` is the last they may see once they have left, 0 while they are in, `left_last`
    the last message of those, `left_title` what the group was called then.

    They have read up to `read_s`, which is `read_n` messages. `hidden_s`: hidden until a message after it
    comes; 0: not hidden. `mentioned_s`: the newest entry that mentions them.
    `posted_at`: when they last wrote a message.
    """

    person_id: str
    conversation_id: str
    role: Role
    nickname: str
    joined_at: int
    from_s: int
    from_n: int
    left_s: int
    left_n: int
    left_last: int
    left_title: str
    read_s: int
    read_n: int
    pinned: bool
    muted: bool
    hidden_s: int
    remark: str
    draft: str
    mentioned_s: int
    silenced_until: int
    version: int
    posted_at: int = 0


class Invitation(Value, frozen=True):
    """A link by which people join a group, until it ends or is used up."""

    code: str
    conversation_id: str
    by: str
    uses_left: int
    expires_at: int


class JoinRequest(Value, frozen=True):
    """Somebody who came by an invitation and must be let in."""

    conversation_id: str
    person_id: str
    state: RequestState
    at: int
    version: int


class Personal(Value, frozen=True):
    """One event that concerns one person alone; `body` is JSON."""

    person_id: str
    position: int
    at: int
    kind: str
    body: str


class Epoch(Value, frozen=True):
    """Which life of these books it is: another one after they were put back from a copy, so that every
    device forgets what it holds."""

    name: str
    value: str


class Face(Value, frozen=True):
    """What is shown of an official account. `id` is the owner of its conversations: the account itself,
    or the app in whose name it gives receipts. `open`: people may write to it."""

    id: str
    account_id: str
    handle: str
    name: str
    avatar: str
    open: bool
    version: int


class Place(Value, frozen=True):
    """A conversation and the member of it who looks; `face` is the account's whose conversation it is."""

    conversation: Conversation
    member: Member
    face: Face | None = None


class Receipt(Value, frozen=True):
    """What a person paid to a shop's app; `amount` in minor units. `play`: it was play money."""

    payment_id: str
    person_id: str
    app_id: str
    shop: str
    amount: int
    currency: str
    description: str
    play: bool


class AskDirect(Value, frozen=True):
    """Open the conversation of two people, or find it."""

    person_id: str
    other_id: str


class AskGroup(Value, frozen=True):
    """Make a group of oneself and some of one's contacts."""

    person_id: str
    title: str
    members: tuple[str, ...]


class AskPost(Value, frozen=True):
    """Write a message. `body` is JSON as it came; `ref` is what it answers, 0 for nothing."""

    person_id: str
    conversation_id: str
    client_id: str
    kind: Kind
    body: bytes
    ref: int = 0
    mentions: tuple[str, ...] = ()
    editing: bool = False  # Whether this edition lets people edit.
    previews: bool = False  # Whether it shows what is behind links.
    veiled: bool = False  # Whether its writer alone is to see it.
    flagged: str = ""  # The operator's rule that it struck, if somebody is to look at it.


class Verdict(Value, frozen=True):
    """What becomes of a message that may be written: whether its writer alone sees it, and which of the
    operator's rules it struck, if somebody is to look at it."""

    veiled: bool = False
    flagged: str = ""


class AskFace(Value, frozen=True):
    """Show an official account so from now on."""

    id: str
    account_id: str
    handle: str
    name: str
    avatar: str
    open: bool


class AskSpeak(Value, frozen=True):
    """The owner of a feed or a talk says something in it. `body` is of `kind`; pictures and files in it
    belong to `actor`, or are in one of `seen_in`. The same `client_id` again is the same message."""

    conversation_id: str
    kind: Kind
    body: bytes
    client_id: str
    actor: str = ""
    seen_in: tuple[str, ...] = ()


class AskSpeakAs(Value, frozen=True):
    """Write for somebody who is no person: a bot, a hook. `body` is JSON; its picture or file belongs to
    `uploader`. `client_id` empty: no retry is meant."""

    sender: str
    conversation_id: str
    kind: Kind
    body: bytes
    by: Letterhead
    client_id: str = ""
    ref: int = 0
    mentions: tuple[str, ...] = ()
    uploader: str = ""


class AskTakeBack(Value, frozen=True):
    """Recall what somebody who is no person wrote."""

    sender: str
    conversation_id: str
    number: int


class Piece(Value, frozen=True):
    """One message that somebody wants to write, before it is written: `body` is JSON."""

    id: str
    kind: Kind
    body: bytes
    ref: int = 0


class Wish(Value, frozen=True):
    """What somebody wants to write, for whatever may look at it before: several when they are forwarded."""

    sender: str
    conversation_id: str
    pieces: tuple[Piece, ...]


class AskForward(Value, frozen=True):
    """Send messages of one conversation on to another, one by one or as one."""

    person_id: str
    from_id: str
    numbers: tuple[int, ...]
    to_id: str
    together: bool
    client_id: str
    previews: bool = False


class AskPreview(Value, frozen=True):
    """Show what was found behind the link in a text; `image` is a media, or empty."""

    conversation_id: str
    number: int
    url: str
    title: str
    text: str
    image: str


class AskRead(Value, frozen=True):
    """A member has read up to this number."""

    person_id: str
    conversation_id: str
    number: int


class AskMine(Value, frozen=True):
    """Change how a conversation stands in one's own list; None leaves a thing as it is."""

    person_id: str
    conversation_id: str
    pin: bool | None = None
    mute: bool | None = None
    hide: bool | None = None
    remark: str | None = None
    draft: str | None = None
    nickname: str | None = None


class AskClear(Value, frozen=True):
    """Clear a conversation up to its head, for oneself."""

    person_id: str
    conversation_id: str


class AskChange(Value, frozen=True):
    """Change a group; None leaves a thing as it is."""

    person_id: str
    conversation_id: str
    title: str | None = None
    notice: str | None = None
    approval: bool | None = None
    silent: bool | None = None
    guard: bool | None = None


class AskInvite(Value, frozen=True):
    """Bring some of one's contacts into a group."""

    person_id: str
    conversation_id: str
    members: tuple[str, ...]


class AskMember(Value, frozen=True):
    """Do something to a member of a group: remove (oneself: leave), hand over."""

    person_id: str
    conversation_id: str
    member_id: str


class AskRole(Value, frozen=True):
    """Make a member an admin or an ordinary member."""

    person_id: str
    conversation_id: str
    member_id: str
    role: Literal["admin", "member"]


class AskSilence(Value, frozen=True):
    """Let a member be silent for so many seconds; 0 lets them speak again."""

    person_id: str
    conversation_id: str
    member_id: str
    seconds: int


class AskMemberChange(Value, frozen=True):
    """Change a member of a group; None leaves a thing as it is."""

    person_id: str
    conversation_id: str
    member_id: str
    role: Literal["admin", "member"] | None = None
    seconds: int | None = None


class AskDissolve(Value, frozen=True):
    """End a group."""

    person_id: str
    conversation_id: str


class AskInvitation(Value, frozen=True):
    """Make a link by which people join a group."""

    person_id: str
    conversation_id: str
    days: int
    uses: int


class AskEndInvitation(Value, frozen=True):
    """End a link."""

    person_id: str
    conversation_id: str
    code: str


class AskJoin(Value, frozen=True):
    """Join by a link."""

    person_id: str
    code: str


class AskDecide(Value, frozen=True):
    """Let somebody in who asked to join, or not."""

    person_id: str
    conversation_id: str
    member_id: str
    approve: bool


class AskReported(Value, frozen=True):
    """The messages of these numbers, and a few around them, as a member may see them."""

    person_id: str
    conversation_id: str
    numbers: tuple[int, ...]


class AskTakeDown(Value, frozen=True):
    """The operator recalls a message, in whatever conversation it stands."""

    conversation_id: str
    number: int


class Joined(Value, frozen=True):
    """Where one is now by a link, or waits to be let in."""

    conversation: Conversation
    pending: bool


__all__ = ["Entry", "Kind"]
