"""The screen before the chat: who is silenced, how fast one may be, which words are let through.

Asked with every message, so it answers from memory. What an operator changes is known here within a second,
from the outbox, whichever process it was changed in.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from changliao.bus.outbox import BATCH_MAX, News, facts_of_kind, newest_seq
from changliao.chat.model import Verdict
from changliao.chat.model import refusals as r
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.ids import made_at
from changliao.kernel.instant import SECOND_US
from changliao.kernel.refusal import Exhausted
from changliao.kernel.value import Value
from changliao.people.model.shown import Passed, WordsNotShown
from changliao.safety.events import GuardsChanged
from changliao.safety.model.words import Age, Noticed, Pace, WordRule
from changliao.safety.rules import words as rules
from changliao.safety.service import words as service
from changliao.safety.service.noticing import noticing
from changliao.wire.http import monotonic_s
from changliao.wire.limits import Buckets

log = logging.getLogger("changliao.safety")

LOOK_AGAIN_S = 0.5
GATHER_S = 0.1
SAME_LETTERS = 12
"""A shorter text may be a greeting that everybody sends."""
SAME_MAX, SAME_IN_S = 6, 60.0
"""So many times the same longer text within so long in one conversation is a raid."""
FLOODS_MAX = 10_000

Raid = Callable[[str], Awaitable[None]]


class Known(Value, frozen=True):
    """What the screen goes by."""

    seq: int
    words: tuple[WordRule, ...]
    paces: dict[tuple[Pace, Age], tuple[int, int]]
    silenced: dict[str, int]


class Screen:
    """Judges what people of one edition write; `raid` is told of a conversation that is being flooded."""

    def __init__(self, db: Db, edition: str, per_s: int, burst: int, raid: Raid) -> None:
        self._db, self._edition, self._raid = db, edition, raid
        self._speed = per_s, burst
        self._buckets = Buckets()
        self._words = rules.Words((), edition)
        self._paces: dict[tuple[Pace, Age], tuple[int, int]] = {}
        self._silenced: dict[str, int] = {}
        self._floods: dict[int, tuple[float, int]] = {}
        self._raids: set[asyncio.Task[None]] = set()
        self._seq = 0

    # Judging --------------------------------------------------------------------------------

    def count(self, person_id: str, what: str) -> None:
        """One more of this kind of doing; Silenced for whom an operator has silenced, RateLimited for who is
        too fast."""
        now = self._db.clock()
        if (until := self._silenced.get(person_id, 0)) > now:
            raise r.Silenced(field="conversation", until_s=until // SECOND_US)
        pace: Pace | None = what if what in ("group", "join") else rules.pace_of(what)  # type: ignore[assignment]
        if pace is None:
            return
        age: Age = "new" if now - made_at(person_id) < rules.YOUNG_US else "old"
        per_minute, burst = self.pace(pace, age)
        self._buckets.take((pace, person_id), per_minute / 60, burst)

    def pace(self, pace: Pace, age: Age) -> tuple[int, int]:
        """How many a minute, and at once."""
        return self._paces.get((pace, age)) or rules.shipped(pace, age, *self._speed)

    def judge(self, conversation_id: str, kind: str, body: bytes) -> Verdict:
        """What becomes of this body; WordsRefused for what is not let through."""
        texts = _texts(kind, body)
        if not texts:
            return Verdict()
        self._notice(conversation_id, kind, texts)
        if self._words.empty or (struck := self._words.struck(texts)) is None:
            return Verdict()
        if struck.deed == "refuse" or (struck.deed == "veil" and kind == "edit"):
            raise r.WordsRefused(field="b")
        if struck.deed == "veil":
            return Verdict(veiled=True)
        return Verdict(flagged=struck.rule_id)

    def check(self, **texts: str | tuple[str, ...] | None) -> Passed:
        """What is shown of somebody or something by these names: WordsNotShown for the first that holds what
        no message may say to others. A name cannot be veiled, so that is refused too."""
        queued: list[Noticed] = []
        for name, said in texts.items() if not self._words.empty else ():
            for text in (said,) if isinstance(said, str) else said or ():
                if (struck := self._words.struck([text])) is None:
                    continue
                if struck.deed != "queue":
                    raise WordsNotShown(field=name)
                queued.append(Noticed(struck.rule_id, text))
        return noticing(queued)

    def _notice(self, conversation_id: str, kind: str, texts: list[str]) -> None:
        """Count the same longer text in one conversation; too often is a raid."""
        if kind != "text" or len(texts[0]) < SAME_LETTERS:
            return
        said = rules.tight(rules.folded(texts[0]))
        name = hash((conversation_id, said))  # Keyed anew in each process.
        now = monotonic_s()
        began, times = self._floods.get(name, (now, 0))
        if now - began > SAME_IN_S:
            began, times = now, 0
        if len(self._floods) >= FLOODS_MAX:
            self._floods.clear()  # Forgetting is kinder than growing.
        self._floods[name] = began, times + 1
        if times + 1 == SAME_MAX:
            task = asyncio.ensure_future(self._raise(conversation_id))
            self._raids.add(task)
            task.add_done_callback(self._raids.discard)

    async def _raise(self, conversation_id: str) -> None:
        try:
            await self._raid(conversation_id)
        except Exhausted:
            log.warning("no time to put %s on guard", conversation_id)

    # Knowing --------------------------------------------------------------------------------

    async def load(self) -> None:
        """Learn what is so; before the first message is judged."""
        known = await self._db.read(_known, self._db.clock())
        self._words = rules.Words(known.words, self._edition)
        self._paces, self._silenced = known.paces, known.silenced
        self._seq = known.seq

    async def run(self, news: News) -> None:
        """Hear of changes, for ever."""
        while True:
            try:
                newest, changed = await self._db.read(_changed, self._seq)
                if changed:
                    await self.load()
                else:
                    self._seq = max(self._seq, newest)
            except Exhausted as busy:
                await asyncio.sleep(busy.retry_after_s)
            except Exception:
                log.exception("the screen stumbled after fact %d", self._seq)
            await news.wait(LOOK_AGAIN_S)
            await asyncio.sleep(GATHER_S)


def _texts(kind: str, body: bytes) -> list[str]:
    if kind in ("react", "recall", "image", "voice", "sticker", "contact"):
        return []
    try:
        said: Any = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []  # The verb says what is wrong with it.
    return [one for one in rules.words_in(said) if one]


def _known(reader: Reader, now: int) -> Known:
    return Known(
        newest_seq(reader),
        tuple(service.all_words(reader)),
        {(one.pace, one.age): (one.per_minute, one.burst) for one in service.all_paces(reader)},
        {one.person_id: one.until for one in service.silenced(reader, now)},
    )


def _changed(reader: Reader, seq: int) -> tuple[int, bool]:
    return newest_seq(reader), bool(facts_of_kind(reader, GuardsChanged.kind, seq, BATCH_MAX))
