"""Passwords: argon2id in a thread, few at a time, so that sign-ins never starve payments."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from changliao.people.model import SignInBusy

R = TypeVar("R")

AT_ONCE_MAX = 2
WAITING_MAX = 40


class Passwords:
    """Hashes and checks (19 MiB, 2 passes, 1 lane: OWASP's first choice for argon2id)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._threads = ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="argon2")
        self._under_way = 0
        # Checked when there is no such handle, so that an answer takes as long either way.
        self._nobody = self._hasher.hash("nobody")

    async def hash(self, password: str) -> str:
        """The encoded hash, parameters and salt included."""
        return await self._in_thread(self._hasher.hash, password)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; `kept` None never matches, and takes as long."""
        right = await self._in_thread(self._check, kept or self._nobody, password)
        return right and kept is not None

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _check(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerifyMismatchError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[..., R], *args: str) -> R:
        if self._under_way >= WAITING_MAX:
            raise SignInBusy(retry_after_s=2)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        finally:
            self._under_way -= 1
