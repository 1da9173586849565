"""A town behind real sockets, so that a foreign shop can call it: one port native, and one for each
dialect that it is told to speak."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import uvicorn

from changliao.wire.socket import sockets
from tests.patience import PATIENCE_S
from tests.places import Place
from tests.wire.platform import Shop, Someone, Town


def bound() -> socket.socket:
    """A listening socket on a port of its own."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind(("127.0.0.1", 0))
    found.listen(256)
    return found


def address(found: socket.socket) -> str:
    """Where it listens."""
    return f"http://127.0.0.1:{found.getsockname()[1]}"


class Quiet(uvicorn.Server):
    """uvicorn that leaves signals to the tests."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _nowhere(_message: Any) -> None:
    """Where an answer goes that is lost."""


class Served(Town):
    """A Town that also listens. `speaks` names the settings of dialects, such as `wechat_url`."""

    def __init__(
        self, folder: Path, place: Place | None = None, speaks: tuple[str, ...] = (), **said: Any
    ) -> None:
        self._silent = self._losing = False
        self._sockets = [bound() for _ in range(1 + len(speaks))]
        self.url, *others = map(address, self._sockets)
        said |= dict(zip(speaks, others, strict=True))
        super().__init__(folder, place, base_url=self.url, **said)
        config = uvicorn.Config(
            self._heard,
            interface="asgi3",
            lifespan="off",
            log_level="critical",
            ws=sockets(self.hosts.accept),
        )
        self._server = Quiet(config)

    async def start(self) -> Self:
        await super().start()
        self._serving = asyncio.create_task(self._server.serve(self._sockets))
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if self._server.started:
                    return self
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._serving
        await super().stop()

    async def _heard(self, scope: Any, receive: Any, send: Any) -> None:
        if self._losing:
            await self.hosts(scope, receive, _nowhere)
        if not self._silent and not self._losing:
            await self.hosts(scope, receive, send)

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Meanwhile nobody who calls has an answer of ours."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    @contextlib.contextmanager
    def losing_answers(self) -> Iterator[None]:
        """Meanwhile everything that is asked is done, and nobody hears the answer."""
        self._losing = True
        try:
            yield
        finally:
            self._losing = False

    async def paid_at(self, person: Someone, cashier_url: str) -> Any:
        """The person pays at the cashier of this address, and is told where to go."""
        payment_id, _, token = cashier_url.rpartition("/")[2].partition("?t=")
        payment = {"id": payment_id, "cashier_url": f"?t={token}"}
        answer = await self.pay(person, payment)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def payment_at(self, app: Shop, cashier_url: str) -> Any:
        """The payment of this cashier, as its shop sees it."""
        payment_id = cashier_url.rpartition("/")[2].partition("?")[0]
        return await self.done("GET", f"/v1/payments/{payment_id}", token=app.key)
