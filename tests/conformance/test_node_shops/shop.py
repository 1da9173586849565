"""A shop's process, a buyer's browser on a PC or a phone, and its keeper's."""

import asyncio
import contextlib
import html
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.server import free_port
from tests.patience import PATIENCE_S
from tests.wire.platform import Shop
from tests.wire.served import Served

HERE = Path(__file__).resolve().parents[3]
SDKS = Path(os.environ.get("CHANGLIAO_SDKS") or Path(sys.prefix) / "sdk")
DIALECTS = ("wechat", "alipay")
KEEPER = ("keeper", "a long keeper's password")
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile Safari/537.36"
PC = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Safari/537.36"
TEA = 6800


class NodeShop:
    """The shop, started by its one command, and its platform."""

    def __init__(self, town: Served, dialect: str, app: Shop, folder: Path) -> None:
        self.town, self.dialect, self.app, self.folder = town, dialect, app, folder
        self.url = f"http://127.0.0.1:{free_port()}"

    async def open(self) -> None:
        """Start the process."""
        self._process = await asyncio.create_subprocess_exec(
            str(HERE / "integrations/node_shops/run"),
            self.dialect,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={
                "PATH": os.environ["PATH"],
                "CHANGLIAO_SDKS": str(SDKS),
                "CHANGLIAO_URL": self.town.url,
                "CHANGLIAO_KEY": self.app.key,
                "SHOP_PORT": self.url.rpartition(":")[2],
                "SHOP_FOLDER": str(self.folder),
                "SHOP_KEEPER_PASSWORD": KEEPER[1],
            },
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            assert (await self._process.stdout.readline()).decode() == f"shop: {self.url}\n"

    async def close(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        await self._process.wait()

    @contextlib.asynccontextmanager
    async def browser(
        self, device: str = PC, language: str = "en", **said: Any
    ) -> AsyncIterator["Browser"]:
        """Somebody's browser."""
        headers = {"user-agent": device, "accept-language": language}
        async with httpx2.AsyncClient(
            base_url=self.url, headers=headers, timeout=PATIENCE_S, **said
        ) as client:
            yield Browser(self, client)

    def keeper(self) -> Any:
        """The keeper's browser."""
        return self.browser(auth=KEEPER)

    async def refunds(self, payment: Any) -> list[tuple[int, str]]:
        """The refunds of a payment on the platform."""
        path = f"/v1/payments/{payment['id']}/refunds"
        items = (await self.town.done("GET", path, token=self.app.key))["items"]
        return [(one["amount"], one["status"]) for one in items]

    def kept(self) -> Any:
        """The orders in the shop's book."""
        return json.loads((self.folder / "orders.json").read_text("utf-8"))


class Browser:
    """Follows what the shop shows."""

    def __init__(self, shop: NodeShop, client: httpx2.AsyncClient) -> None:
        self.shop, self.client = shop, client

    async def buys(self, thing: str = "tea") -> tuple[str, str]:
        """From the shelf to the cashier: the order's path, and the cashier's address."""
        shelf = await self.client.get("/")
        assert f'value="{thing}"' in shelf.text
        answer = await self.client.post("/orders", data={"thing": thing})
        assert answer.status_code == 303, answer.text
        path = "/orders/" + list(self.shop.kept())[-1]
        return path, await self.cashier(path, answer.headers["location"])

    async def cashier(self, path: str, location: str) -> str:
        """Where an order is paid: behind the QR code of its page, or where its buyer is sent."""
        if location == path:
            page = (await self.client.get(path)).text
            found = re.search(r'<svg .*?</svg>.*?href="([^"]+/pay/[^"]+)"', page, re.DOTALL)
            assert found, page
            return html.unescape(found[1])
        if "/pay/" in location:
            return location
        answer = await self.client.get(location)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def state(self, path: str) -> str:
        """How the order's page says that it stands."""
        page = (await self.client.get(path)).text
        found = re.search(r'data-state="(\w+)"', page)
        assert found, page
        return found[1]

    async def gives_back(self, path: str, amount: str = "") -> httpx2.Response:
        """The keeper refunds so many yuan; the desk afterwards."""
        at = f"/keeper/{path.rpartition('/')[2]}/refund"
        form = {"amount": amount} if amount else {}
        return await self.client.post(at, data=form, follow_redirects=True)
