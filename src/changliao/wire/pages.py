"""The routes of pages and of what lies beside them: the reference as a document, the partners' script."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from changliao.wire.assets import Assets
from changliao.wire.call import Answer, Call
from changliao.wire.routes import Route, Routes

SCRIPT = "js/changliao.js"
SCRIPT_LASTS_S = 3600
"""How long a partner's page may keep the script before it asks whether it has changed."""

Bring = Callable[[Call, str], Awaitable[Any]]
"""What a page brings along for its script, to the person who asks."""
Frames = Callable[[], Awaitable[Sequence[str]]]
"""The origins whose pages a page may show in a frame."""


def routes(
    assets: Assets,
    reference: Callable[[], bytes],
    named: Mapping[str, str],
    brings: Mapping[str, Bring],
    frames: Mapping[str, Frames],
) -> Routes:
    """A route for each page by its address, and those beside them."""
    pages = Routes("Pages")
    for path, name in named.items():
        page = _page(assets, name, brings.get(path), frames.get(path))
        pages.all.append(Route("GET", path, page, page=True))

    @pages.get("/openapi.json", page=True)
    async def document(call: Call) -> Answer:
        """This reference as OpenAPI 3.1."""
        return Answer(reference())

    @pages.get("/changliao.js", page=True)
    async def script(call: Call) -> Answer:
        """What partners' pages speak to us with: one address for every version of it."""
        answer = assets.answer(call, SCRIPT)
        kept = [pair for pair in answer.headers if pair[0] != "cache-control"]
        lasts = f"public, max-age={SCRIPT_LASTS_S}, stale-while-revalidate=86400"
        return msgspec.structs.replace(answer, headers=(*kept, ("cache-control", lasts)))

    @pages.get("/healthz", page=True)
    async def health(call: Call) -> Answer:
        """Whether the server answers."""
        return Answer(b'{"status":"ok"}')

    return pages


def _page(
    assets: Assets, name: str, bring: Bring | None, frames: Frames | None
) -> Callable[..., Awaitable[Answer]]:
    async def page(call: Call, *values: str) -> Answer:
        brought = await bring(call, *values) if bring else None
        return assets.page(name, msgspec.json.encode(brought), await frames() if frames else ())

    return page
