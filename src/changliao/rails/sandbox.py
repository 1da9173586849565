"""Sandbox rails: play money that behaves as the real kinds do.

What happens is chosen by the instrument and told by the time since the attempt was made alone, so
this outside world forgets nothing when the server is killed. Instruments:
`ok`; `declined`; `late` (5 s); `twice` (reports twice); `unknown` (no clear answer for 5 s, then
success); `unknown_declined` (then failure); `silent` (the call breaks though it was heard);
`late_after_decline` (says failed, then the money comes all the same after 5 s).
"""

import asyncio
from collections.abc import Callable
from typing import Literal

from changliao.kernel.instant import SECOND_US
from changliao.rails.model import Answer, Attempt
from changliao.rails.port import Hear

INSTRUMENTS = (
    "ok",
    "declined",
    "late",
    "twice",
    "unknown",
    "unknown_declined",
    "silent",
    "late_after_decline",
)
SLOW_US = 5 * SECOND_US
PLAY_MAX = 10**11
"""A sandbox declines more than this, in minor units: its clearing account is everybody's, and nobody
shall fill it to the brim with play money."""


class Sandbox:
    """One sandbox rail.

    kind `card` and `voucher` answer at once, `bank` and `boleto` say `pending` and report later:
    after `delay_s`. All take attempts outwards (refunds) in the same way.
    """

    test_only = True

    def __init__(
        self,
        name: str,
        kind: Literal["card", "voucher", "bank", "boleto"],
        clock: Callable[[], int],
        *,
        delay_s: float = 1,
        top_up: bool = False,
    ) -> None:
        self.name, self.kind, self.top_up = name, kind, top_up
        self._clock, self._delay_us = clock, round(delay_s * SECOND_US)
        self._hear: Hear | None = None
        self._reports: set[asyncio.Task[None]] = set()

    def listen(self, hear: Hear) -> None:
        self._hear = hear

    async def send(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        if attempt.instrument == "silent" and attempt.asked == 0:
            raise ConnectionResetError("the sandbox hung up, as its instrument asks")
        answer = self._became(attempt)
        if answer.outcome == "pending" or attempt.instrument in ("twice", "late_after_decline"):
            self._report_later(attempt)
        return answer

    async def look(self, attempt: Attempt, of: Attempt | None = None) -> Answer:
        return self._became(attempt)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _became(self, attempt: Attempt) -> Answer:
        age_us = self._clock() - attempt.created_at
        ref = f"{self.name}-{attempt.id[-8:]}"
        slow = SLOW_US if attempt.instrument in ("late", "unknown", "unknown_declined") else 0
        wait_us = max(slow, self._delay_us if self.kind in ("bank", "boleto") else 0)
        if attempt.instrument == "late_after_decline" and age_us < SLOW_US:
            return Answer("failed", "declined", ref)
        if age_us < wait_us:
            vague = attempt.instrument.startswith("unknown")
            seconds = (wait_us - age_us) // SECOND_US + 1
            return Answer("unknown" if vague else "pending", "", ref, ask_again_s=seconds)
        if attempt.instrument in ("declined", "unknown_declined"):
            return Answer("failed", "declined", ref)
        if attempt.amount > PLAY_MAX:
            return Answer("failed", "too_much_play_money", ref)
        return Answer("succeeded", "", ref)

    def _report_later(self, attempt: Attempt) -> None:
        task = asyncio.get_running_loop().create_task(self._report(attempt))
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    async def _report(self, attempt: Attempt) -> None:
        waits_us = (self._delay_us, SLOW_US)
        for wait_us in waits_us:
            due_us = attempt.created_at + wait_us - self._clock()
            await asyncio.sleep(max(0, due_us) * 1e-6 + 0.001)
            answer = self._became(attempt)
            if self._hear is not None and answer.outcome in ("succeeded", "failed"):
                await self._hear(attempt.id, answer)
                if attempt.instrument not in ("twice", "late_after_decline"):
                    return
