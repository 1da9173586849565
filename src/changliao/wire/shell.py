"""What the app needs beside its page: its offline worker, codes to scan, the way in from `/`."""

import re

from changliao.wire import qr
from changliao.wire.assets import Assets
from changliao.wire.call import Answer, Call
from changliao.wire.refusals import RouteNotFound
from changliao.wire.routes import Param, Routes

PAGE, WORKER = "app.html", "js/worker.js"
ADDRESSES = {"/app": PAGE, "/app/{a}": PAGE, "/app/{a}/{b}": PAGE, "/u/{handle}": PAGE}
"""Where the app's page is found; its script reads the rest of the address."""

_SCANNED = re.compile(r"/u/[a-z0-9_]{1,40}|/app/join/[\w-]{1,64}", re.ASCII)


def routes(assets: Assets, url: str, *, root: bool) -> Routes:
    """The routes beside the app's page; `root` leads from `/` to it."""
    shell = Routes("App")

    @shell.get("/sw.js", page=True)
    async def worker(call: Call) -> Answer:
        """The service worker, which changes with whatever the app's page loads."""
        return assets.worker(WORKER, PAGE)

    @shell.get("/qr.svg", page=True, params=(Param("path", "A person's or an invitation's."),))
    async def code(call: Call) -> Answer:
        """A person's or an invitation's address as a QR code; RouteNotFound for any other address."""
        path = call.param("path")
        if not _SCANNED.fullmatch(path):
            raise RouteNotFound
        return qr.picture(url + path)

    if root:

        @shell.get("/", page=True)
        async def front(call: Call) -> Answer:
            """The app."""
            return Answer(b"", 302, headers=(("location", "/app"),))

    return shell
