"""What the database answers when it cannot take a verb now."""

from changliao.kernel.refusal import Exhausted, Invalid


class Busy(Exhausted, code="busy", hint="Send the same request again after Retry-After seconds."):
    """Too many requests are waiting; this one was not started."""


class StorageUnavailable(
    Exhausted,
    code="storage_unavailable",
    hint="Nothing was written. Send the same request, with the same Idempotency-Key, again later.",
):
    """The database cannot write at the moment."""


class OutcomeUnknown(
    Exhausted,
    code="outcome_unknown",
    hint="Send the same request with the same Idempotency-Key again: it is done once in any case.",
):
    """The database went away while it was committing, and cannot be asked yet whether it did."""


class IdempotencyMismatch(
    Invalid,
    code="idempotency_mismatch",
    hint="Use a fresh Idempotency-Key for a different request.",
):
    """This Idempotency-Key was used before with another request."""
