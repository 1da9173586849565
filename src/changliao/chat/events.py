"""What happened in chat. No words of a message are in a fact: it could never be recalled."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class EntryWritten(Fact, frozen=True):
    """An entry was added to a log."""

    kind: ClassVar[str] = "chat.entry"
    conversation_id: str
    number: int


class EntryFlagged(Fact, frozen=True):
    """An entry struck a rule of the operator's, who wants to look at what does."""

    kind: ClassVar[str] = "chat.flagged"
    conversation_id: str
    number: int
    rule_id: str


class EntryTakenDown(Fact, frozen=True):
    """The operator recalled an entry."""

    kind: ClassVar[str] = "chat.taken_down"
    conversation_id: str
    number: int


class ConversationChanged(Fact, frozen=True):
    """What every member sees of a conversation, beside its entries, is another now."""

    kind: ClassVar[str] = "chat.conversation"
    conversation_id: str


class MemberJoined(Fact, frozen=True):
    """A person is in a conversation from now on."""

    kind: ClassVar[str] = "chat.joined"
    conversation_id: str
    person_id: str


class MemberLeft(Fact, frozen=True):
    """A person is not in a conversation any more."""

    kind: ClassVar[str] = "chat.left"
    conversation_id: str
    person_id: str


class MineChanged(Fact, frozen=True):
    """How a conversation stands in one member's own list is another now."""

    kind: ClassVar[str] = "chat.mine"
    conversation_id: str
    person_id: str


class FaceChanged(Fact, frozen=True):
    """An official account is shown otherwise."""

    kind: ClassVar[str] = "chat.face"
    account_id: str


class TalkSpoken(Fact, frozen=True):
    """A person wrote to an official account; `owner` is whose conversation it is, `said` what kind."""

    kind: ClassVar[str] = "chat.spoken"
    conversation_id: str
    owner: str
    person_id: str
    number: int
    said: str


class PersonalWritten(Fact, frozen=True):
    """Something was added to a person's own log."""

    kind: ClassVar[str] = "chat.personal"
    person_id: str
    position: int
