"""Facts about codes that sign a computer in: what the computer that shows one waits for."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class CodeScanned(Fact, frozen=True):
    """Somebody who is signed in has scanned the code."""

    kind: ClassVar[str] = "sign_in_code.scanned"
    person_id: str


class CodeApproved(Fact, frozen=True):
    """Whoever scanned it named the computer's number."""

    kind: ClassVar[str] = "sign_in_code.approved"
    person_id: str


class CodeRefused(Fact, frozen=True):
    """Whoever scanned it named another number, or said that it is not their computer."""

    kind: ClassVar[str] = "sign_in_code.refused"
    person_id: str
    wrong_number: bool = False
