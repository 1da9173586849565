"""A server that dies between commit and answer: `python -m benchmarks.dying serve`.

The first POST that would be answered with success is written into `last-words` in the folder of the
books, and instead of answering the process kills itself. What the client should have heard is then
known byte by byte.
"""

import asyncio
import os
import signal
import sys
from typing import Any, cast

from changliao import app, command
from changliao.settings import Settings, read_settings
from changliao.wire.http import Http, Message, Receive, Scope, Send

LAST_WORDS = "last-words"


class Dying:
    """The application, but for its last answer."""

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http, self._words = http, settings.dir / LAST_WORDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0

        async def heard(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if message["type"] == "http.response.body" and status < 300:
                self._words.write_bytes(message["body"])
                os.kill(os.getpid(), signal.SIGKILL)
            await send(message)

        posted = scope["type"] == "http" and scope["method"] == "POST"
        await self._http(scope, receive, heard if posted else send)


async def serve(settings: Settings) -> None:
    """Run until that answer."""
    platform = await command.open_platform(settings)
    application: Any = Dying(platform.http(), settings)
    await app.run(cast(Http, application), settings)


if __name__ == "__main__":
    assert sys.argv[1:] == ["serve"], __doc__
    asyncio.run(serve(read_settings(os.environ)))
