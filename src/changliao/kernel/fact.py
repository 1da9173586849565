"""Facts: what happened, in the past tense."""

from typing import ClassVar

from changliao.kernel.value import Value


class Fact(Value, frozen=True):
    """Something that happened. `kind` is its public name (`payment.paid`); fields are only ever added."""

    kind: ClassVar[str] = ""


def kinds(of: type[Fact] = Fact) -> dict[str, type[Fact]]:
    """Every fact that the imported rooms declare, by its kind."""
    found = {of.kind: of} if of.kind else {}
    for below in of.__subclasses__():
        found |= kinds(below)
    return found
