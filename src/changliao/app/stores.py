"""Where pictures and files are kept, and whether they all are."""

from collections.abc import Callable

from changliao.db.db import Books
from changliao.media import jobs, roster
from changliao.media.port import Store
from changliao.settings import Settings


def store_of(settings: Settings, clock: Callable[[], int]) -> Store:
    """The configured store. Refuses an address that cannot be one."""
    keys = settings.media_key, settings.media_secret
    return roster.built(settings.media_url, settings.dir / "media", *keys, clock)


async def media_trouble(books: Books, settings: Settings) -> str:
    """What is wrong with pictures and files; empty when nothing is."""
    store = store_of(settings, books.clock)
    try:
        return await jobs.trouble(books, store)
    finally:
        await store.close()
