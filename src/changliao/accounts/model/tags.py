"""Tags that an account gives to who follows it, and what may be asked of them."""

from changliao.kernel.value import Value
from changliao.partners.model import Caller


class Tag(Value, frozen=True):
    """A word of the account's own for some of its followers; `size` of them have it. People never see it."""

    number: int
    account_id: str
    name: str
    size: int
    created_at: int


class Tagged(Value, frozen=True):
    """A follower who has a tag, since when."""

    number: int
    person_id: str
    account_id: str
    since: int


class AskTag(Value, frozen=True):
    """Make a tag."""

    caller: Caller
    account_id: str
    name: str


class AskRetag(Value, frozen=True):
    """Give a tag another name."""

    caller: Caller
    account_id: str
    number: int
    name: str


class AskDropTag(Value, frozen=True):
    """Take a tag away, from all who have it."""

    caller: Caller
    account_id: str
    number: int


class AskMark(Value, frozen=True):
    """Give a tag to some followers, and take it from others, all by their open ids."""

    caller: Caller
    account_id: str
    number: int
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
