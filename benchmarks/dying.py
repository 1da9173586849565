"""A server that dies between commit and answer: `python -m benchmarks.dying serve`.

A POST whose Idempotency-Key begins with `dying-` is carried out; but what it would be answered is
written into a file of that name in the folder of the books, and the process kills itself. So it is
known, byte by byte, what the client should have heard. Asked again, it answers like any server.
"""

import asyncio
import os
import signal
import sys
from typing import Any, cast

from changliao import app, command
from changliao.settings import Settings, read_settings
from changliao.wire.hosts import ByHost
from changliao.wire.http import Message, Receive, Scope, Send

MARK = "dying-"


class Dying:
    """The application, but for some of its answers."""

    def __init__(self, http: ByHost, settings: Settings) -> None:
        self._http, self._folder = http, settings.dir

    def __getattr__(self, name: str) -> Any:
        return getattr(self._http, name)  # Sockets and the farewell are served as ever.

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        key = headers.get(b"idempotency-key", b"").decode()
        words = self._folder / key
        if not key.startswith(MARK) or words.exists():
            await self._http(scope, receive, send)
            return

        async def heard(message: Message) -> None:
            if message["type"] == "http.response.body":
                words.write_bytes(message["body"])
                os.kill(os.getpid(), signal.SIGKILL)

        await self._http(scope, receive, heard)


async def serve(settings: Settings) -> None:
    """Run until that answer."""
    platform = await command.open_platform(settings)
    application: Any = Dying(platform.hosts(), settings)
    await app.run(cast(ByHost, application), settings)


if __name__ == "__main__":
    assert sys.argv[1:] == ["serve"], __doc__
    asyncio.run(serve(read_settings(os.environ)))
