"""Two servers that do the same by WebSocket: each text that one says goes to all the others.

`ours` is our class under uvicorn; `sansio` is uvicorn's own, with a bare ASGI application, without
pings and compression, so that it does no more than ours. Started by `benchmarks.sockets`.
"""

import gc
import os
from typing import Any

import uvicorn

from changliao import app
from changliao.wire.call import Answer, Call
from changliao.wire.http import Http
from changliao.wire.routes import Route
from changliao.wire.socket import Handshake, Listener, Socket, sockets, text_frame

PATH = "/v1/socket"


class Ear(Listener):
    """One socket of ours."""

    all: set[Socket] = set()

    def __init__(self, handshake: Handshake) -> None:
        self._socket: Socket | None = None

    def opened(self, socket: Socket) -> None:
        self._socket = socket
        self.all.add(socket)

    def said(self, text: bytes) -> None:
        frame = text_frame(text)
        for socket in self.all:
            if socket is not self._socket:
                socket.send(frame)

    def closed(self, code: int) -> None:
        if self._socket is not None:
            self.all.discard(self._socket)


class Asgi:
    """The same with uvicorn's own class."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._all: dict[int, Any] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            await self._http(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        self._all[id(send)] = send
        while (message := await receive())["type"] == "websocket.receive":
            said = {"type": "websocket.send", "text": message["text"]}
            for other in list(self._all.values()):
                if other is not send:
                    await other(said)
        del self._all[id(send)]


async def _alive(call: Call) -> Answer:
    return Answer(b"{}")


async def _serve(which: str, port: int) -> None:
    http = Http([Route("GET", "/healthz", _alive, page=True)], sockets={PATH: Ear})
    ours = which == "ours"
    config = uvicorn.Config(
        http if ours else Asgi(http),
        interface="asgi3",
        host="127.0.0.1",
        port=port,
        http="httptools",
        ws=sockets(http.accept) if ours else "websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="off",
        log_level="warning",
        access_log=False,
        backlog=4096,
        timeout_graceful_shutdown=1,
    )
    config.load()
    gc.collect()
    gc.freeze()
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    app.in_loop(_serve(os.environ["SOCKETS"], int(os.environ["CHANGLIAO_PORT"])))
