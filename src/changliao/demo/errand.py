"""One errand of a townsperson: into a shop, press Buy, pay at the cashier, come back. HTTP like anybody's."""

import random
from collections import deque
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import aiohttp

from changliao.demo.world import PIN, Client, give
from changliao.kernel.value import Value
from changliao.wire.http import monotonic_s

CHANNEL = "mobile"
_HOPS_MAX = 6
_REMEMBERED = 500
_PATIENCE_S = 20
_TOP_UP = 500_000
_MOVED = (301, 302, 303, 307)


class Lost(Exception):
    """A shop showed nothing that leads on."""


class Wish(Value, frozen=True):
    """How somebody wants to pay; `stays`: pays another way rather than go elsewhere."""

    method: str
    stays: bool


class Errand(Value, frozen=True):
    """What came of it: `paid`, `elsewhere` (no payment of ours), or `left` because the method is
    suspended, with the shop's `reason`. `turned` when paid in another way than wished."""

    ending: str
    payment_id: str = ""
    method: str = ""
    reason: str = ""
    turned: bool = False


class Shown(HTMLParser):
    """What a page offers to press: forms by the mark of their button, links by their own mark."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, tuple[str, dict[str, str]]] = {}
        self.links: dict[str, str] = {}
        self._action, self._fields = "", dict[str, str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, their hidden fields, their buttons; and links."""
        said = {name: value or "" for name, value in attrs}
        mark = said.get("data-test", "")
        if tag == "form":
            self._action, self._fields = said.get("action", ""), {}
        elif tag == "input" and "name" in said:
            self._fields[said["name"]] = said.get("value", "")
        elif tag == "button" and mark:
            self.forms[mark] = (self._action, self._fields)
        elif tag == "a" and mark:
            self.links[mark] = said.get("href", "")


class Walker:
    """Walks from page to page until a cashier of ours, or until somebody else was paid."""

    def __init__(self, http: aiohttp.ClientSession, client: Client) -> None:
        self._http, self._client = http, client
        self.at_cashier: deque[str] = deque(maxlen=_REMEMBERED)

    async def run(self, token: str, shop_url: str, wish: Wish, rng: random.Random) -> Errand:
        """Buy one thing there."""
        _, shown = await self._page("GET", shop_url + "/")
        buys = sorted(mark for mark in shown.forms if mark.startswith("buy-"))
        if not buys:
            raise Lost(f"{shop_url} sells nothing")
        action, fields = shown.forms[rng.choice(buys)]
        cashier = await self._to_cashier(urljoin(shop_url + "/", action), fields)
        return await self._pay(cashier, token, wish) if cashier else Errand("elsewhere")

    async def _to_cashier(self, url: str, fields: dict[str, str]) -> str:
        """Where the shop leads: our cashier's address, or nothing when another one took the money."""
        method = "POST"
        for _ in range(_HOPS_MAX):
            if url.startswith(f"{self._client.url}/pay/"):
                self.at_cashier.append(urlsplit(url).path.rpartition("/")[2])
                return url
            moved, shown = await self._page(method, url, fields)
            method, fields = "GET", {}
            if moved:
                url = urljoin(url, moved)
            elif "pay" in shown.links:
                url = shown.links["pay"]
            elif "bank-pay" in shown.forms:
                await self._page("POST", url)
                return ""
            else:
                break
        raise Lost(f"{url} leads to no cashier")

    async def _page(
        self, method: str, url: str, fields: dict[str, str] | None = None
    ) -> tuple[str, Shown]:
        data = fields if method == "POST" else None
        async with self._http.request(method, url, data=data, allow_redirects=False) as answer:
            if answer.status in _MOVED:
                return answer.headers["Location"], Shown("")
            return "", Shown(await answer.text())

    async def _pay(self, cashier: str, token: str, wish: Wish) -> Errand:
        parts = urlsplit(cashier)
        payment_id, secret = parts.path.rpartition("/")[2], parse_qs(parts.query)["t"][0]
        look = f"/v1/cashier/{payment_id}?t={secret}"
        ticket = await self._client.call("GET", look, token=token)
        offered = {one["method"]: one for one in ticket["methods"] if one["channel"] == CHANNEL}
        method, reason = wish.method, ""
        if offered[method]["state"] != "active":
            reason = offered[method]["reason"] or ""
            others = [name for name, one in offered.items() if one["state"] == "active"]
            if not (wish.stays and others):
                return Errand("left", payment_id, method, reason)
            method = others[0]
        if method == "wallet" and ticket["me"]["wallet"]["available"] < ticket["payment"]["amount"]:
            await give(self._client, token, _TOP_UP)
        body = {"token": secret, "method": method, "channel": CHANNEL, "pin": PIN}
        path = f"/v1/payments/{payment_id}/confirmation"
        await self._client.call("POST", path, body, token=token)
        await self._come_back(look, token)
        return Errand("paid", payment_id, method, reason, turned=bool(reason))

    async def _come_back(self, look: str, token: str) -> None:
        """Wait until it is paid, then go where the cashier's way back leads."""
        until = monotonic_s() + _PATIENCE_S
        ticket: Any = await self._client.call("GET", look, token=token)
        while ticket["payment"]["status"] != "paid":
            if monotonic_s() > until:
                raise TimeoutError(f"{look} is {ticket['payment']['status']}")
            later = f"{look}&seen={ticket['version']}&wait=5"
            ticket = await self._client.call("GET", later, token=token)
        if ticket["return_to"]:
            async with self._http.get(ticket["return_to"]):
                pass
