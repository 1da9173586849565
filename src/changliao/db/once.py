"""Idempotency, once for all verbs: the first answer to a key is kept in the commit of what it did."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from changliao.db.lane import touches, wishes_of
from changliao.db.refusals import IdempotencyMismatch
from changliao.db.table import Table
from changliao.db.tx import Tx
from changliao.kernel.refusal import Exhausted, Refusal, revive
from changliao.kernel.value import Value

KEPT_DAYS = 30


class Kept(Value, frozen=True):
    """A first answer: to which request, and what it was (the noun, or the refusal, as JSON)."""

    scope: str
    key: str
    request: bytes
    refused: bool
    answer: str
    at: int


KEPT = Table("kept_answers", Kept, key=("scope", "key"), append=True)


class KeptRefusal(Value, frozen=True):
    """A refusal as it is kept."""

    code: str
    detail: str
    field: str
    extra: dict[str, int | str]


class AskOnce(Value, frozen=True):
    """Run `verb(tx, ask)` once for this key of this scope (an app or a person).

    `request` is a digest of the whole request; `noun` is the type of the verb's answer.
    """

    scope: str
    key: str
    request: bytes
    verb: Callable[[Tx, Any], Any]
    ask: Any
    noun: Any


def once(tx: Tx, ask: AskOnce) -> Any:
    """The verb's answer or its refusal, *returned*: raising would undo the row that keeps it.

    The same key with the same request gets the same answer for 30 days; with another request it is
    refused. An Exhausted is not kept: later may be better.
    """
    kept = tx.get(KEPT, (ask.scope, ask.key))
    # Keyed, because a request may hold a PIN, and six digits are soon found by trying.
    request = tx.vault.fingerprint(ask.request)
    if kept is not None:
        if kept.request != request:
            raise IdempotencyMismatch(field="Idempotency-Key")
        return _revived(kept, ask.noun)
    answer = tx.attempt(ask.verb, ask.ask)
    if isinstance(answer, Exhausted):
        return answer
    refused = isinstance(answer, Refusal)
    if isinstance(answer, Refusal):
        body = msgspec.json.encode(
            KeptRefusal(answer.code, answer.detail, answer.field, answer.extra)
        )
    else:
        body = msgspec.json.encode(answer)
    tx.add(KEPT, Kept(ask.scope, ask.key, request, refused, body.decode(), tx.now))
    return answer


def _revived(kept: Kept, noun: Any) -> Any:
    if kept.refused:
        said = msgspec.json.decode(kept.answer, type=KeptRefusal)
        return revive(said.code, said.detail, said.field, said.extra)
    return msgspec.json.decode(kept.answer, type=noun)


@touches(once)
def _wishes(tx: Tx, ask: AskOnce) -> Iterator[Any]:
    yield KEPT, (ask.scope, ask.key)
    if inner := wishes_of(ask.verb):
        yield from inner(tx, ask.ask)


def forget_old_answers(tx: Tx, before: int) -> None:
    """Drop answers that were kept before this moment."""
    tx.query("DELETE FROM kept_answers WHERE at < ?", before)
