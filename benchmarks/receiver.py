"""A shop's webhook receiver: notes the number of every event it is told, at least once."""

import asyncio
from collections import Counter
from typing import cast

import msgspec

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Receiver:
    """Listens on a free port of this machine; `heard` counts how often each event came."""

    def __init__(self) -> None:
        self.heard: Counter[int] = Counter()
        self.url = ""
        self._server: asyncio.Server | None = None

    async def start(self) -> "Receiver":
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Ear(self.heard), "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/webhooks"
        return self

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()


class _Ear(asyncio.Protocol):
    def __init__(self, heard: Counter[int]) -> None:
        self._heard = heard
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, piece: bytes) -> None:
        self._got += piece
        while (end := self._got.find(b"\r\n\r\n")) >= 0:
            head = self._got[:end].lower()
            at = head.find(b"content-length:") + len(b"content-length:")
            whole = end + 4 + int(head[at:].split(b"\r\n", 1)[0])
            if len(self._got) < whole:
                return
            told = msgspec.json.decode(self._got[end + 4 : whole])
            self._got = self._got[whole:]
            self._heard[told["sequence"]] += 1
            self._transport.write(_ANSWER)
