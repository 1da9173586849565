"""Asking a database from a test that is a plain function; async tests await `db.write` themselves."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.tx import Tx

A = TypeVar("A")
R = TypeVar("R")
P = ParamSpec("P")

GATE_MAX_S = 3.0  # Shorter than PostgreSQL lets a transaction idle.


def ask(db: Db, verb: Callable[[Tx, A], R], asked: A) -> R:
    """The verb's answer after its commit, or its refusal raised."""

    async def once() -> R:
        return await db.write(verb, asked)

    return asyncio.run(once())


def ask_together(db: Db, asks: Iterable[tuple[Callable[[Tx, Any], Any], Any]]) -> list[Any]:
    """Ask everything in one group (unless it is too large); what is raised stands in its place."""

    async def together() -> list[Any]:
        async with gathering(db):
            waiting = [asyncio.ensure_future(db.write(verb, asked)) for verb, asked in asks]
            await asyncio.sleep(0)
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(together())


@asynccontextmanager
async def gathering(db: Db) -> AsyncIterator[None]:
    """Hold the lane, so that what is asked inside forms one group."""
    held, free = threading.Event(), threading.Event()

    def hold(_tx: Tx, _asked: None) -> None:
        held.set()
        free.wait(GATE_MAX_S)

    gate = asyncio.ensure_future(db.write(hold, None))
    while not held.is_set() and not gate.done():  # noqa: ASYNC110 - another thread sets it.
        await asyncio.sleep(0.0002)
    try:
        yield
    finally:
        free.set()
        await gate


def read(
    db: Db, query: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """The answer of a query function against what is committed."""

    async def once() -> R:
        return await db.read(query, *args, **kwargs)

    return asyncio.run(once())
