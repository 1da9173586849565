"""Searching in tests of the rooms: an index beside the world, fed by hand."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from changliao.app.made import FOUND
from changliao.bus.outbox import facts_after
from changliao.people.model import Person
from changliao.search.feed import Search
from changliao.search.place import BEST
from changliao.search.port import Document, Index, Query
from changliao.search.source import Shown
from tests.rooms.world import World

R = TypeVar("R")


class Finder:
    """Finds what a person may find, as the route does."""

    def __init__(self, world: World, folder: Path, engine: Callable[[Path], Index] = BEST) -> None:
        self.world, self._folder, self._engine = world, folder, engine

    def run(self, work: Callable[[Search], Awaitable[R]]) -> R:
        """What some work with an open index comes to; it is closed again."""

        async def opened() -> R:
            search = Search(self.world.db, facts_after, FOUND, self._folder, engine=self._engine)
            await search.open()
            try:
                return await work(search)
            finally:
                search.close()

        return asyncio.run(opened())

    def hear(self) -> int:
        """Take in what happened."""
        return self.run(lambda search: search.catch_up())

    def find(self, who: Person, text: str, *, person: str = "") -> list[tuple[str, str, str]]:
        """Kind, title and text of everything that a person finds."""
        return [(kind, one.title, one.text) for kind, _, one in self.found(who, text, person)]

    def messages(self, who: Person, text: str, *, person: str = "") -> list[str]:
        """The texts of the messages that a person finds."""
        return [one.text for kind, _, one in self.found(who, text, person) if kind == "messages"]

    def found(self, who: Person, text: str, person: str = "") -> list[tuple[str, Document, Shown]]:
        """Everything that a person finds, after taking in what happened."""

        async def ask(search: Search) -> list[tuple[str, Document, Shown]]:
            await search.catch_up()
            hits: list[tuple[str, Document, Shown]] = []
            for source in FOUND:
                scopes = await self.world.db.read(source.scopes, who.id)
                query = Query(text, scopes, (source.kind,), person, source.titled, limit=100)
                page = await search.find(query)
                shown = await self.world.db.read(source.shown, who.id, page.items)
                pairs = zip(page.items, shown, strict=True)
                hits += [(source.kind, document, one) for document, one in pairs if one]
            return hits

        return self.run(ask)
