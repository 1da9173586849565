"""What others read where it stands: names, notices, profiles, articles; and who looks at it first."""

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeVar

from changliao.kernel.refusal import Forbidden
from changliao.kernel.value import Value

A = TypeVar("A")
R = TypeVar("R")


class Shown(Value, frozen=True):
    """What bears words that others read: a person, a group (its conversation) or an official account; and
    which person said them, if one did."""

    what: Literal["person", "group", "account"]
    about: str
    person_id: str = ""


class Passed(Protocol):
    """That words may be shown. The operator may want to look at them all the same, once they stand."""

    def __call__(
        self, verb: Callable[[Any, A], R], of: Callable[[R], Shown | None]
    ) -> Callable[[Any, A], R]:
        """The verb that makes them stand. If it does, and a rule wants what it did looked at, that comes into
        the operator's queue in the same commit; `of` tells what bears the words, None when nobody reads
        them yet."""


class Check(Protocol):
    """Looks at what is to be shown."""

    def __call__(self, **texts: str | tuple[str, ...] | None) -> Passed:
        """Each text by the name of its field; WordsNotShown for the first that may not be shown."""


class WordsNotShown(
    Forbidden, code="words_not_shown", hint="Say it in other words, or without the link."
):
    """This holds a word or a link that is not let through here; nothing was changed."""


def unasked(verb: Callable[[Any, A], R], of: Callable[[R], Shown | None]) -> Callable[[Any, A], R]:
    """Passed, where no rule wants to look."""
    return verb
