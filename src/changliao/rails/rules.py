"""How an attempt moves on when a rail answers, and when to ask again."""

import msgspec

from changliao.kernel.instant import MINUTE_US, SECOND_US
from changliao.rails.model import (
    Answer,
    Attempt,
    AttemptState,
    InstrumentInvalid,
    NothingToGiveUp,
)

_STATE: dict[str, AttemptState] = {
    "pending": "sent",
    "succeeded": "succeeded",
    "failed": "failed",
    "unknown": "unknown",
}
_PATIENCE_S, _PAGE_S = 3600, 60
EXPIRED, GIVEN_UP = "expired", "given_up"
"""Why nobody can pay at a rail's page any more: its time was up, or its payer wanted another way."""
PAY_US = 15 * MINUTE_US
"""How long a payer has at a rail's own page."""
_INSTRUMENT_MAX = 40


def instrument(text: str) -> None:
    """Refuse what is too long or cannot be shown; which instruments there are, the rail knows."""
    if len(text) > _INSTRUMENT_MAX or not text.isprintable():
        raise InstrumentInvalid(field="instrument")


def moved_on(attempt: Attempt, answer: Answer) -> AttemptState | None:
    """The state after this answer; None when it changes nothing.

    A success is final. A failure is too, but for money that comes in after it: that came late.
    (Outwards the shop has its money back by then; a rail that contradicts itself there is a matter
    for its bank file, not for a second posting.) A vague answer never takes back a clear one.
    """
    after = _STATE[answer.outcome]
    if attempt.state in (after, "succeeded"):
        return None
    if attempt.state == "failed" and (after != "succeeded" or attempt.direction == "out"):
        return None
    return after


def believed(attempt: Attempt, answer: Answer) -> Answer:
    """The answer, but for a success over another sum than was asked for: nobody knows what that is. What
    ran out because its payer gave it up says so."""
    if (
        answer.outcome == "failed"
        and answer.reason == EXPIRED
        and attempt.until < page_until(attempt)
    ):
        return msgspec.structs.replace(answer, reason=GIVEN_UP)
    said = (answer.amount, answer.currency)
    if answer.outcome != "succeeded" or said in ((0, ""), (attempt.amount, attempt.currency)):
        return answer
    why = f"the rail says {answer.amount} {answer.currency}"
    return msgspec.structs.replace(answer, outcome="unknown", reason=why)


def ask_again_at(attempt: Attempt, answer: Answer, now: int) -> int:
    """When to ask the rail again: as it said, then ever more rarely, once an hour at the least; while
    a payer is at the rail's page once a minute at the least, and once the time for that is over."""
    patience = min(max(attempt.asked - 5, 0), 10)
    wait_s: int = answer.ask_again_s * 2**patience
    at_page = attempt.pay_url and now < attempt.until
    again_at = now + min(wait_s, _PAGE_S if at_page else _PATIENCE_S) * SECOND_US
    return min(again_at, attempt.until) if at_page else again_at


def page_until(attempt: Attempt) -> int:
    """Until when the rail's page was promised to be open, whether or not its payer has given up since."""
    return attempt.created_at + PAY_US


def given_up(attempt: Attempt | None, now: int) -> Attempt:
    """The attempt, with no more time for its payer. Refused where no payer is sent elsewhere."""
    if attempt is None or not attempt.pay_url or attempt.state in ("succeeded", "failed"):
        raise NothingToGiveUp(field="id")
    return msgspec.structs.replace(attempt, until=min(attempt.until, now))
