"""What is behind a link, fetched from pages that mean well and pages that do not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp.test_utils
import pytest
from aiohttp import web

from changliao.wire.outbound import ANSWER_MAX, Outbound
from tests.patience import until
from tests.wire.platform import Someone, Town
from tests.wire.uploads import picture

PAGE = "<title>Tea</title><meta name=description content='Warm &amp; green.'>"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Elsewhere:
    """Somebody else's site, with a page for each kind of trouble."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.left = asyncio.Event()
        site = web.Application(middlewares=[self._note])
        for name in (
            "good",
            "pictured",
            "huge",
            "slow",
            "loop",
            "away",
            "pdf",
            "gone",
            "packed",
            "svg",
        ):
            site.router.add_get(f"/{name}", getattr(self, name))
        site.router.add_get("/named", self.named)
        site.router.add_get("/tea.png", self.tea)
        self._server = aiohttp.test_utils.TestServer(site)

    @web.middleware
    async def _note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.asked.append(request.path)
        return await handler(request)

    async def start(self) -> "Elsewhere":
        await self._server.start_server()
        return self

    async def stop(self) -> None:
        self.left.set()
        await self._server.close()

    def at(self, path: str) -> str:
        return str(self._server.make_url(path))

    async def good(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=PAGE, content_type="text/html")

    async def pictured(self, request: web.Request) -> web.StreamResponse:
        image = '<meta property="og:image" content="/tea.png">'
        return web.Response(text=PAGE + image, content_type="text/html")

    async def svg(self, request: web.Request) -> web.StreamResponse:
        image = '<meta property="og:image" content="/pdf">'
        return web.Response(text=PAGE + image, content_type="text/html")

    async def tea(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=picture("PNG", (640, 320)), content_type="image/png")

    async def huge(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"content-type": "text/html"})
        await answer.prepare(request)
        await answer.write(PAGE.encode())
        while not self.left.is_set():  # As long as somebody takes it.
            await answer.write(b"x" * 65536)
        return answer

    async def slow(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"content-type": "text/html"})
        await answer.prepare(request)
        await answer.write(b"<title>")
        await self.left.wait()
        return answer

    async def loop(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/loop")

    async def away(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPMovedPermanently("/good#there")

    async def named(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(self.at("/good").replace("://", "://me:secret@"))

    async def pdf(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"%PDF <title>Not me</title>", content_type="application/pdf")

    async def gone(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=404, text=PAGE, content_type="text/html")

    async def packed(self, request: web.Request) -> web.StreamResponse:
        answer = web.Response(text=PAGE, content_type="text/html")
        answer.enable_compression(web.ContentCoding.gzip)
        return answer


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    site = await Elsewhere().start()
    yield site
    await site.stop()


@pytest.fixture(scope="module")
async def pair(town: Town) -> tuple[Someone, Someone, str]:
    lin, chen = [await town.person(pin=False) for _ in range(2)]
    await town.befriend(lin, chen)
    await town.settled()
    return lin, chen, await town.direct(lin, chen)


async def said(town: Town, who: Someone, where: str, text: str) -> int:
    path, body = f"/v1/conversations/{where}/messages", {"k": "text", "b": {"text": text}}
    return int((await town.done("POST", path, body, token=who.token))["s"])


async def looked(town: Town) -> None:
    """Wait until nobody looks behind links any more."""
    sql = "SELECT COUNT(*) FROM bus_jobs WHERE kind = 'chat.preview' AND state <> 'done'"
    await until(lambda: town.platform.db.read(lambda reader: reader.query(sql)[0][0] == 0))


async def preview(town: Town, who: Someone, where: str, number: int) -> Any:
    path = f"/v1/conversations/{where}/messages?before={number + 1}&limit=1"
    (entry,) = (await town.done("GET", path, token=who.token))["items"]
    return entry.get("x", {}).get("pv")


async def test_a_link_gets_a_card_with_a_picture_drawn_anew(
    town: Town, pair: tuple[Someone, Someone, str], elsewhere: Elsewhere
) -> None:
    lin, chen, where = pair
    url = elsewhere.at("/pictured")
    number = await said(town, lin, where, f"look {url} there")
    await looked(town)

    shown = await preview(town, chen, where, number)

    assert (shown["url"], shown["title"], shown["text"]) == (url, "Tea", "Warm & green.")
    answer = await town.call("GET", f"/v1/media/{shown['image']}?scope={where}", token=chen.token)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    stranger = await town.person(pin=False)
    answer = await town.call("GET", f"/v1/media/{shown['image']}", token=stranger.token)
    assert answer.status_code == 404
    log = await town.done("GET", f"/v1/conversations/{where}/messages", token=chen.token)
    assert [(one["k"], one["r"]) for one in log["items"] if one["k"] == "preview"] == [
        ("preview", number)
    ]
    assert await town.wrong() == []


@pytest.mark.parametrize(("path", "asked"), [("/away", 2), ("/huge", 1), ("/svg", 2)])
async def test_a_page_that_moved_is_endless_or_has_no_picture_gets_a_card_all_the_same(
    town: Town, pair: tuple[Someone, Someone, str], elsewhere: Elsewhere, path: str, asked: int
) -> None:
    lin, chen, where = pair
    number = await said(town, lin, where, elsewhere.at(path))
    await looked(town)

    shown = await preview(town, chen, where, number)

    assert (shown["title"], shown.get("image", "")) == ("Tea", "")
    assert len(elsewhere.asked) == asked


@pytest.mark.parametrize(
    ("path", "asked"), [("/loop", 4), ("/pdf", 1), ("/gone", 1), ("/packed", 1), ("/tea.png", 1)]
)
async def test_what_is_no_page_gets_no_card_and_nobody_is_told(
    town: Town, pair: tuple[Someone, Someone, str], elsewhere: Elsewhere, path: str, asked: int
) -> None:
    lin, chen, where = pair
    number = await said(town, lin, where, elsewhere.at(path))
    await looked(town)

    assert await preview(town, chen, where, number) is None
    head = (await town.done("GET", f"/v1/conversations/{where}", token=chen.token))["s"]
    assert (head, len(elsewhere.asked)) == (number, asked)


async def test_no_more_than_was_asked_for_is_taken(elsewhere: Elsewhere) -> None:
    outbound = Outbound(allow_private=True)
    found = await outbound.fetch(elsewhere.at("/huge"), "text/html")
    assert found is not None
    assert len(found.body) == ANSWER_MAX
    await outbound.close()


async def test_a_page_that_never_ends_its_first_word_is_left(elsewhere: Elsewhere) -> None:
    outbound = Outbound(allow_private=True, timeout_s=0.2)
    assert await outbound.fetch(elsewhere.at("/slow"), "text/html") is None
    await outbound.close()


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{port}/good", "https://127.0.0.1:{port}/good", "https://localhost:{port}/good",
     "https://2130706433:{port}/good", "https://[::ffff:127.0.0.1]:{port}/good", "https://0x7f.1:{port}/good"],
)  # fmt: skip
async def test_nothing_inside_is_looked_at(elsewhere: Elsewhere, url: str) -> None:
    outbound = Outbound(allow_private=False, timeout_s=2)
    port = elsewhere.at("/").split(":")[2].strip("/")
    assert await outbound.fetch(url.format(port=port), "text/html") is None
    assert elsewhere.asked == []
    await outbound.close()


async def test_each_step_of_the_way_is_guarded(elsewhere: Elsewhere) -> None:
    outbound = Outbound(allow_private=True)
    assert await outbound.fetch(elsewhere.at("/named"), "text/html") is None
    assert elsewhere.asked == ["/named"]
    await outbound.close()


async def test_a_house_may_leave_links_alone(tmp_path: Path, elsewhere: Elsewhere) -> None:
    town = await Town(tmp_path, link_previews=False).start()
    lin, chen = [await town.person(pin=False) for _ in range(2)]
    await town.befriend(lin, chen)
    await town.settled()
    await said(town, lin, await town.direct(lin, chen), elsewhere.at("/good"))
    jobs = "SELECT COUNT(*) FROM bus_jobs WHERE kind = 'chat.preview'"
    assert await town.platform.db.read(lambda reader: reader.query(jobs)[0][0]) == 0
    await town.stop()
