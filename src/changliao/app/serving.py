"""Serving: the loop, the sockets, the end."""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import (
    Coroutine,
    Iterator,
)
from typing import Any, TypeVar

import uvicorn

from changliao.settings import Settings
from changliao.wire.hosts import ByHost
from changliao.wire.http import Http
from changliao.wire.socket import sockets
from changliao.wire.upgrades import at_most

R = TypeVar("R")

SWITCH_S = 0.0005
UPGRADES_PER_S = 1_000
"""So many sockets may open in a second: about a third of a core goes into it then."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers, which would end the process by the signal again."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def in_loop(work: Coroutine[Any, Any, R]) -> R:
    """What the work comes to, in the fastest event loop there is. (uvicorn's own `loop` setting is for
    its own runner, which we do not use.)"""
    try:
        from uvloop import new_event_loop
    except ImportError:  # Only where it cannot be had: pyproject asks for it.
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


def _listening(config: uvicorn.Config, settings: Settings) -> list[socket.socket]:
    """A socket for the server's own address and one for each that it also listens to."""
    sockets = [config.bind_socket()]
    for place in settings.also_listen:
        host, _, port = place.rpartition(":")
        quiet = uvicorn.Config(
            config.app,
            host=host,
            port=int(port),
            log_config=None,  # Its own would let uvicorn log every request of the server, too.
            log_level="warning",
            access_log=False,
        )
        sockets.append(quiet.bind_socket())
    return sockets


async def run(http: Http | ByHost, settings: Settings, stop: asyncio.Event | None = None) -> None:
    """Serve until `stop` is set, or Ctrl-C or SIGTERM comes; the second one does not wait."""
    config = uvicorn.Config(
        http,
        host=settings.host,
        port=settings.port,
        http="httptools",
        ws=sockets(at_most(http.accept, UPGRADES_PER_S, 2 * UPGRADES_PER_S)),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        backlog=4096,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    server, stop = _Server(config), stop or asyncio.Event()
    # Loop and lane take turns; with Python's own 5 ms, each waits that long for the other's end of turn.
    sys.setswitchinterval(SWITCH_S)
    gc.freeze()  # What is loaded stays: nobody need look through it for garbage.

    def told() -> None:
        server.force_exit = stop.is_set()
        stop.set()

    for signal_ in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_, told)

    async def end_when_told() -> None:
        await stop.wait()
        http.farewell()
        server.should_exit = True

    ending = asyncio.create_task(end_when_told())
    try:
        await server.serve(_listening(config, settings))
    finally:
        ending.cancel()
