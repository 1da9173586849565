"""What happened with official accounts. Apps hear of people by open ids, and of messages without words."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class AccountRegistered(Fact, frozen=True):
    """An app has a new official account."""

    kind: ClassVar[str] = "account.registered"
    account_id: str
    app_id: str
    handle: str
    own: bool
    actor: str


class AccountChanged(Fact, frozen=True):
    """These fields of an account are others now."""

    kind: ClassVar[str] = "account.changed"
    account_id: str
    fields: tuple[str, ...]
    actor: str


class AccountSuspended(Fact, frozen=True):
    """The operator suspended an account."""

    kind: ClassVar[str] = "account.suspended"
    account_id: str
    reason: str
    actor: str


class AccountRestored(Fact, frozen=True):
    """The operator lets an account speak again."""

    kind: ClassVar[str] = "account.restored"
    account_id: str
    actor: str


class AccountFollowed(Fact, frozen=True):
    """A person follows an account; `first`: never before."""

    kind: ClassVar[str] = "account.followed"
    account_id: str
    person: str
    first: bool


class AccountUnfollowed(Fact, frozen=True):
    """A person does not follow an account any more."""

    kind: ClassVar[str] = "account.unfollowed"
    account_id: str
    person: str


class AccountMessage(Fact, frozen=True):
    """A person wrote to an account: entry `number` of their talk. `answered`: by a rule; `taken`: a
    member has it in hand."""

    kind: ClassVar[str] = "account.message"
    account_id: str
    person: str
    number: int
    said: str
    answered: bool
    taken: bool


class AccountPressed(Fact, frozen=True):
    """A person pressed a button of the menu."""

    kind: ClassVar[str] = "account.pressed"
    account_id: str
    person: str
    key: str


class TalkTaken(Fact, frozen=True):
    """A member answers by hand in a talk."""

    kind: ClassVar[str] = "account.talk_taken"
    account_id: str
    person: str
    actor: str


class TalkReturned(Fact, frozen=True):
    """A talk is answered by rules again."""

    kind: ClassVar[str] = "account.talk_returned"
    account_id: str
    person: str
    actor: str


class AccountPosted(Fact, frozen=True):
    """An account said something to all who follow it: entry `number` of its feed."""

    kind: ClassVar[str] = "account.posted"
    account_id: str
    number: int


class ArticlePublished(Fact, frozen=True):
    """An article can be read by everybody."""

    kind: ClassVar[str] = "article.published"
    account_id: str
    article_id: str
    of: str
    number: int


class ArticleRecalled(Fact, frozen=True):
    """An article was taken back."""

    kind: ClassVar[str] = "article.recalled"
    account_id: str
    article_id: str
    of: str
    number: int
