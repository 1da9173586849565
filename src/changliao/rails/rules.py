"""How an attempt moves on when a rail answers, and when to ask again."""

from changliao.kernel.instant import SECOND_US
from changliao.rails.model import Answer, Attempt, AttemptState, InstrumentInvalid

_STATE: dict[str, AttemptState] = {
    "pending": "sent",
    "succeeded": "succeeded",
    "failed": "failed",
    "unknown": "unknown",
}
_PATIENCE_S = 3600
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


def ask_again_at(attempt: Attempt, answer: Answer, now: int) -> int:
    """When to ask the rail again: as it said, then ever more rarely, once an hour at the least."""
    patience = min(max(attempt.asked - 5, 0), 10)
    wait_s: int = answer.ask_again_s * 2**patience
    return now + min(wait_s, _PATIENCE_S) * SECOND_US
