"""A wire between two servers, on which answers get lost, servers stumble, and nobody comes through."""

import asyncio
from collections.abc import Callable
from typing import Literal

import aiohttp
import aiohttp.test_utils
import aiohttp.web
from yarl import URL

Fault = Literal["lose", "stumble", "cut", "mask", "astray"]
"""`lose`: heard, and the answer never comes; `stumble`: 503, not heard; `cut`: not heard, no answer.
Somebody between answers with a page of his own: `mask`: heard, 408; `astray`: not heard, 302."""
ELSEWHERE = "/elsewhere"
_OWN = ("host", "content-length", "transfer-encoding", "connection")


class Wire:
    """Passes requests on to `target` as they are. `faults` say what happens to those whose method,
    path or body hold some bytes, each so many times. `seen` is what came, fault or not; `letters` the
    same as path, headers and body."""

    def __init__(self, target: Callable[[], str]) -> None:
        self._target = target
        self._faults: list[tuple[bytes, Fault, int]] = []
        self.seen: list[bytes] = []
        self.letters: list[tuple[str, dict[str, str], bytes]] = []
        site = aiohttp.web.Application()
        site.router.add_route("*", "/{way:.*}", self._pass)
        self._server = aiohttp.test_utils.TestServer(site)

    async def start(self) -> str:
        """Its address."""
        await self._server.start_server()
        self._session = aiohttp.ClientSession(auto_decompress=False)
        return str(self._server.make_url("")).rstrip("/")

    async def stop(self) -> None:
        await self._session.close()
        await self._server.close()

    def fail(self, holds: bytes, fault: Fault, times: int = 1) -> None:
        """From now on, what holds this goes wrong so many times."""
        self._faults.append((holds, fault, times))

    def mend(self) -> None:
        """Nothing goes wrong any more, and nothing was seen."""
        self._faults.clear()
        self.seen.clear()
        self.letters.clear()

    def count(self, holds: bytes) -> int:
        """How many requests held this."""
        return sum(holds in one for one in self.seen)

    def _fault(self, came: bytes) -> Fault | None:
        for place, (holds, fault, times) in enumerate(self._faults):
            if holds in came and times > 0:
                self._faults[place] = (holds, fault, times - 1)
                return fault
        return None

    async def _pass(self, request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        if request.raw_path == ELSEWHERE:
            return aiohttp.web.Response(text="<h1>Who are you?</h1>", content_type="text/html")
        body = await request.read()
        came = f"{request.method} {request.raw_path}\n".encode() + body
        self.seen.append(came)
        letter = {k: v for k, v in request.headers.items() if k.lower() not in _OWN}
        self.letters.append((request.raw_path, letter, body))
        fault = self._fault(came)
        if fault == "stumble":
            return aiohttp.web.Response(status=503)
        if fault == "cut":
            return _hang_up(request)
        if fault == "astray":
            return aiohttp.web.Response(status=302, headers={"location": ELSEWHERE})
        url = URL(self._target() + request.raw_path, encoded=True)
        async with self._session.request(
            request.method, url, data=body, headers=letter, allow_redirects=False
        ) as answer:
            told = await answer.read()
        if fault == "lose":
            return _hang_up(request)
        if fault == "mask":
            return aiohttp.web.Response(status=408, text="<h1>Request Timeout</h1>")
        kept = [(k, v) for k, v in answer.headers.items() if k.lower() not in _OWN]
        return aiohttp.web.Response(status=answer.status, body=told, headers=dict(kept))


def _hang_up(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
    assert isinstance(request.transport, asyncio.Transport)
    request.transport.abort()
    return aiohttp.web.Response()
