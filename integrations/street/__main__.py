"""Opens the shops whose settings lie in a folder: one process, each shop on its own port.

`STREET_FOLDER` has a file of settings per shop, and `bank.toml` for the bank; `SHOP_HOST` is where to listen.
"""

import asyncio
import contextlib
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from integrations.street.bank import Bank
from integrations.street.shop import Shop


class Server(uvicorn.Server):
    """One of several in a process, which a signal ends as a whole."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield


async def serve(app: Starlette, port: int) -> None:
    """One shop, until the end."""
    host = os.environ.get("SHOP_HOST", "127.0.0.1")
    await Server(uvicorn.Config(app, host=host, port=port, log_level="warning")).serve()


async def main(folder: Path) -> None:
    """All of them."""
    doors = []
    for file in sorted(folder.glob("*.toml")):  # noqa: ASYNC240 - nobody is served yet
        if file.stem == "bank":
            said = tomllib.loads(file.read_text("utf-8"))
            port = said.pop("port")
            doors.append(serve(Bank(**said).app(), port))
        else:
            shop = Shop(file)
            doors.append(serve(shop.app(), shop.port))
    await asyncio.gather(*doors)


if __name__ == "__main__":
    asyncio.run(main(Path(os.environ["STREET_FOLDER"])))
