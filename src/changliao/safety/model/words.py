"""Words and links that are not let through, and how fast people may do things."""

from typing import Literal

from changliao.kernel.refusal import Conflict, Invalid, NotFound
from changliao.kernel.value import Value

Sort = Literal["word", "link"]
Deed = Literal["refuse", "veil", "queue"]
For = Literal["all", "domestic", "overseas"]
Pace = Literal["message", "media", "card", "group", "join"]
Age = Literal["new", "old"]

RULES_MAX = 20_000
PATTERN_MAX = 100
PACE_MAX = 1_000_000


class WordRule(Value, frozen=True):
    """A word or the host of a link, and what becomes of a message that has it: `refuse` it, `veil` it so
    that its writer alone sees it, or let it through and put it into the `queue`."""

    id: str
    sort: Sort
    pattern: str
    deed: Deed
    edition: For
    added_by: str
    created_at: int


class PaceRow(Value, frozen=True):
    """How fast people with young (`new`) or older accounts may do something, if the operator has said."""

    pace: Pace
    age: Age
    per_minute: int
    burst: int


class Struck(Value, frozen=True):
    """The rule that a text struck."""

    rule_id: str
    deed: Deed


class Noticed(Value, frozen=True):
    """A text that struck a rule which lets it through and wants it looked at."""

    rule_id: str
    text: str


class AskWord(Value, frozen=True):
    """Add a rule."""

    operator_id: str
    sort: Sort
    pattern: str
    deed: Deed
    edition: For


class AskPace(Value, frozen=True):
    """Say how fast people may do something; `per_minute` 0: as it was shipped."""

    operator_id: str
    pace: Pace
    age: Age
    per_minute: int
    burst: int


class WordRuleInvalid(
    Invalid,
    code="word_rule_invalid",
    hint="A word of 2 to 100 characters that can be seen, or the host of a link such as bad.example.",
):
    """This cannot be a rule."""


class WordRuleNotFound(NotFound, code="word_rule_not_found"):
    """There is no such rule."""


class WordRuleTaken(Conflict, code="word_rule_taken"):
    """There is a rule for this already."""


class TooManyWordRules(Conflict, code="too_many_word_rules"):
    """There are 20,000 rules already."""


class PaceInvalid(
    Invalid, code="pace_invalid", hint="Both from 1 to 1,000,000; `per_minute` 0 for as shipped."
):
    """This cannot be a limit."""
