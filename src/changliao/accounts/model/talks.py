"""Talks of an account with single people, templates, posts; and what may be asked of them."""

from typing import Literal

from changliao.chat.model.entries import Kind
from changliao.kernel.value import Value
from changliao.partners.model import Caller


class Talk(Value, frozen=True):
    """How a person's conversation with an account stands: the newest message of theirs, up to which of
    them it was answered, which member took it over (empty: nobody), when the fallback was last said."""

    account_id: str
    person_id: str
    conversation_id: str
    heard_s: int
    heard_at: int
    answered_s: int
    answered_at: int
    taken_by: str
    taken_at: int
    fallback_at: int


class Template(Value, frozen=True):
    """A text with fields as `{name}` that may be sent to a follower or a payer at any time."""

    id: str
    account_id: str
    title: str
    text: str
    state: Literal["kept", "dropped"]
    created_at: int


class AskTalk(Value, frozen=True):
    """A person opens their talk with an account."""

    person_id: str
    account_id: str


class AskPress(Value, frozen=True):
    """A person presses a button of the menu; `press_id` names that press."""

    person_id: str
    account_id: str
    key: str
    press_id: str


class AskPost(Value, frozen=True):
    """Say something to all who follow the account; `body` is JSON of the kind."""

    caller: Caller
    account_id: str
    kind: Kind
    body: bytes
    client_id: str


class AskRecall(Value, frozen=True):
    """Take back a post."""

    caller: Caller
    account_id: str
    number: int


class AskAnswer(Value, frozen=True):
    """Say something to one person, whom the app knows by this open id."""

    caller: Caller
    account_id: str
    open_id: str
    kind: Kind
    body: bytes
    client_id: str


class AskSend(Value, frozen=True):
    """Send a template with its fields filled in."""

    caller: Caller
    account_id: str
    open_id: str
    template_id: str
    fields: dict[str, str]
    url: str
    client_id: str


class AskTemplate(Value, frozen=True):
    """Register a text with fields."""

    caller: Caller
    account_id: str
    title: str
    text: str


class AskDropTemplate(Value, frozen=True):
    """Send this template no more."""

    caller: Caller
    account_id: str
    template_id: str


class AskTake(Value, frozen=True):
    """A member takes a talk over, or hands it back."""

    caller: Caller
    account_id: str
    open_id: str
