"""Attempts and what rails answer; what may be asked and how it is refused."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Forbidden, Invalid, NotFound
from changliao.kernel.value import Value

AttemptId = NewType("AttemptId", str)
Mode = Literal["test", "live"]
Direction = Literal["in", "out"]
AttemptState = Literal["created", "sent", "succeeded", "failed", "unknown"]
Outcome = Literal["pending", "succeeded", "failed", "unknown"]

CLEARING = "rail_clearing"
RECEIVED = "rail_received"
PAYABLE = "rail_payable"


class Attempt(Value, frozen=True):
    """One try on one rail. `purpose` and `about` say what for (`payment` pay_…, `top_up` top_…);
    an attempt outwards gives back money of the attempt `of`. `asked` counts calls to the rail.

    Where a payer has to go to a page of the rail, `pay_url` is that page, `channel` what the payer holds,
    `payer_ip` where from (some rails ask for it; forgotten at the end), and from `until` on the rail is
    told that nobody shall pay this any more."""

    id: AttemptId
    rail: str
    direction: Direction
    purpose: str
    about: str
    of: str
    mode: Mode
    amount: int
    currency: str
    instrument: str
    state: AttemptState
    reason: str
    rail_ref: str
    asked: int
    created_at: int
    changed_at: int
    channel: str = ""
    payer_ip: str = ""
    pay_url: str = ""
    until: int = 0


class Answer(Value, frozen=True):
    """What a rail says of an attempt. `pending`: it has it and will know later; `unknown`: nobody can
    tell, ask again. `ask_again_s` is when. `pay_url` is where the payer goes. `amount` and `currency`
    are what the rail says has moved; 0 of no currency where it does not say."""

    outcome: Outcome
    reason: str = ""
    rail_ref: str = ""
    ask_again_s: int = 5
    pay_url: str = ""
    amount: int = 0
    currency: str = ""


class Word(Value, frozen=True):
    """What a rail reports of one attempt, by itself and under its signature."""

    attempt_id: str
    answer: Answer


class AskAttempt(Value, frozen=True):
    """Try to move money on a rail."""

    rail: str
    direction: Direction
    purpose: str
    about: str
    mode: Mode
    amount: int
    currency: str
    instrument: str = ""
    of: str = ""
    channel: str = ""
    payer_ip: str = ""


class AskSettle(Value, frozen=True):
    """What a rail said of an attempt."""

    attempt_id: str
    answer: Answer


class RailUnknown(Invalid, code="rail_unknown", hint="GET /v1/methods lists what can be used."):
    """There is no such rail here."""


class InstrumentInvalid(
    Invalid, code="instrument_invalid", hint="At most 40 visible characters, or leave it out."
):
    """This cannot be an instrument to pay with."""


class NothingToGiveUp(
    Conflict, code="nothing_to_give_up", hint="Wait until the way of paying has answered."
):
    """Nobody waits for the payer to pay elsewhere."""


class NoticeRefused(
    Forbidden,
    code="rail_notice_refused",
    hint="Only the other side of a rail may say something here, under its signature.",
):
    """This is not signed by the other side of this rail, or not now."""


class AttemptNotFound(NotFound, code="attempt_not_found"):
    """There is no such attempt."""
