"""Work of chat outside the lane: looking what is behind the links in texts.

Nobody is told of a page that cannot be had: the text stands without a card, and that is all.
"""

from collections.abc import Awaitable, Callable

from changliao.bus.jobs import Job, Work
from changliao.chat import service
from changliao.chat.model import AskPreview
from changliao.chat.rules.previews import found_in
from changliao.db.db import Db
from changliao.kernel.instant import Instant
from changliao.kernel.refusal import Refusal
from changliao.wire.outbound import Outbound

PICTURE_MAX = 4 << 20

Bring = Callable[[str, bytes], Awaitable[str]]
"""Keeps a picture for a person, drawn anew; answers its media, or refuses."""


def preview(db: Db, outbound: Outbound, bring: Bring) -> Work:
    """The job that writes what is behind the first link in a text."""

    async def work(job: Job) -> Instant | None:
        conversation_id, _, number = job.about.partition(" ")
        link, sender = await db.read(service.link_of, conversation_id, int(number))
        page = await outbound.fetch(_safely(link, outbound), "text/html") if link else None
        found = found_in(page.url, page.content_type, page.body) if page else None
        if found is None:
            return None
        image = await _picture(_safely(found.image, outbound), sender)
        ask = AskPreview(conversation_id, int(number), link, found.title, found.text, image)
        await db.write(service.write_preview, ask)
        return None

    async def _picture(url: str, sender: str) -> str:
        # One byte more than is taken shows what is too large: half a picture is none.
        fetched = await outbound.fetch(url, "image/", PICTURE_MAX + 1) if url else None
        if fetched is None or not 0 < len(fetched.body) <= PICTURE_MAX:
            return ""
        try:
            return await bring(sender, fetched.body)
        except Refusal:
            return ""

    return work


def _safely(url: str, outbound: Outbound) -> str:
    """The address under https, where we may go: what a text calls `http` is there by now."""
    scheme, _, rest = url.partition("://")
    if outbound.allow_private or scheme.lower() != "http":
        return url.partition("#")[0]
    return f"https://{rest.partition('#')[0]}"
