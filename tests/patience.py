"""How tests wait: for a state and never for a time, and long enough for a machine that is busy."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 180
"""What has not come by then never comes. Only a test that fails waits so long."""


async def until(look: Callable[[], Awaitable[T]], pause_s: float = 0.02) -> T:
    """What `look` answers, once that is true."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await look()):  # noqa: ASYNC110 - others make it true.
            await asyncio.sleep(pause_s)
    return found
