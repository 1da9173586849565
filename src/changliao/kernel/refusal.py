"""Refusals: answers that say no. Anything else that is raised is a bug of ours.

Refusal
  Invalid     the ask itself is wrong; asking again the same way cannot help
  NotFound    no such thing, as far as the asker may know
  Forbidden   the asker may not do this
  Conflict    the state of things does not allow it
  Exhausted   a limit is used up; asking later may help
"""

from typing import ClassVar

CATALOGUE: dict[str, type["Refusal"]] = {}
"""Every refusal by its code; the reference page and the tests read it."""


class Refusal(Exception):
    """An answer that says no, with a stable code.

    Declared as `class WrongPin(Forbidden, code="wrong_pin")`; the docstring is the plain sentence a
    caller reads, `hint` says what to do about it. `extra` carries figures a program may want.
    """

    code: ClassVar[str] = "refused"
    hint: ClassVar[str] = ""
    retryable: ClassVar[bool] = False

    def __init_subclass__(
        cls, code: str = "", hint: str = "", retryable: bool | None = None
    ) -> None:
        super().__init_subclass__()
        if code:
            assert code not in CATALOGUE, f"refusal code {code} is declared twice"
            cls.code, cls.hint = code, hint
            CATALOGUE[code] = cls
        if retryable is not None:
            cls.retryable = retryable

    def __init__(self, detail: str = "", *, field: str = "", **extra: int | str) -> None:
        self.detail = detail or (self.__doc__ or "").strip().split("\n")[0]
        self.field = field
        self.extra = extra
        super().__init__(self.detail)


class Invalid(Refusal):
    """The ask itself is wrong."""


class NotFound(Refusal):
    """No such thing."""


class Forbidden(Refusal):
    """The asker may not do this."""


class Conflict(Refusal):
    """The state of things does not allow it."""


class Exhausted(Refusal, retryable=True):
    """A limit is used up; asking again later may help."""

    def __init__(
        self, detail: str = "", *, field: str = "", retry_after_s: int = 1, **extra: int | str
    ) -> None:
        super().__init__(detail, field=field, **extra)
        self.retry_after_s = retry_after_s


def revive(code: str, detail: str, field: str, extra: dict[str, int | str]) -> Refusal:
    """A refusal that was kept, as it was."""
    return CATALOGUE[code](detail, field=field, **extra)
