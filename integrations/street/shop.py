"""One shop: a shelf, a basket, orders. It knows nothing of who pays it but a till."""

import base64
import io
import secrets
import sqlite3
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import segno
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from integrations.street import looks
from integrations.street.goods import SIGNS
from integrations.street.tills import TILLS
from integrations.street.tills.till import Order, Till

BASKET_MAX = 20


class Shop:
    """One shop of the street, set up by a file of settings that it reads anew whenever that changes."""

    def __init__(self, settings: Path) -> None:
        self._file, self._read_at = settings, -1
        self._till: Till | None = None
        self._fresh()
        self.slug: str = self.settings["shop"]
        self.port: int = self.settings["port"]
        self._sign, self._home = SIGNS[self.slug], self.settings["home"]
        self._db = sqlite3.connect(
            settings.with_suffix(".sqlite3"), isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS orders"
            " (number TEXT PRIMARY KEY, title TEXT, fen INTEGER, status TEXT, pay_url TEXT)"
        )

    def _fresh(self) -> Till:
        """The till, made anew when the settings have changed."""
        changed_at = self._file.stat().st_mtime_ns
        if self._till is None or changed_at != self._read_at:
            self.settings: dict[str, Any] = tomllib.loads(self._file.read_text("utf-8"))
            self._till, self._read_at = TILLS[self.settings["speaks"]](self.settings), changed_at
        return self._till

    def app(self) -> Starlette:
        """Its pages."""
        return Starlette(
            routes=[
                Route("/", self._shelf),
                Route("/basket", self._add, methods=["POST"]),
                Route("/orders", self._order, methods=["POST"]),
                Route("/orders/{number}", self._show),
                Route("/notices", self._hear, methods=["POST"]),
            ]
        )

    @property
    def _cookie(self) -> str:
        return f"basket_{self.slug}"  # Ports share cookies.

    def _basket(self, request: Request) -> dict[str, int]:
        found: dict[str, int] = {}
        for key in request.cookies.get(self._cookie, "").split(".")[:BASKET_MAX]:
            if key in self._sign.goods:
                found[key] = found.get(key, 0) + 1
        return found

    async def _shelf(self, request: Request) -> Response:
        return HTMLResponse(looks.shelf(self._sign, lambda key: "/orders", self._basket(request)))

    async def _add(self, request: Request) -> Response:
        answer = RedirectResponse("/", 303)
        item = await _item(request)
        if item in self._sign.goods:
            kept = [key for key in request.cookies.get(self._cookie, "").split(".") if key]
            answer.set_cookie(self._cookie, ".".join([*kept, item][-BASKET_MAX:]), httponly=True)
        return answer

    async def _order(self, request: Request) -> Response:
        """Keep an order, ask the till, send the buyer there: one thing, or the basket."""
        item = await _item(request)
        things = {item: 1} if item in self._sign.goods else self._basket(request)
        if not things:
            return HTMLResponse(looks.sentence(self._sign, "购物篮是空的。 The basket is empty."))
        goods = self._sign.goods
        title = "、".join(goods[key].zh + (f" × {n}" if n > 1 else "") for key, n in things.items())
        fen = sum(goods[key].fen * count for key, count in things.items())
        number = f"{self.slug[:2].upper()}{secrets.token_hex(7).upper()}"
        self._db.execute(
            "INSERT INTO orders VALUES (?, ?, ?, 'waiting', '')", (number, title[:60], fen)
        )
        asked = Order(number, title[:60], fen, self._home)
        try:
            till = self._fresh()
            pay_url = await run_in_threadpool(till.ask, asked)
        except Exception as error:  # Each SDK raises what it likes; the buyer hears one sentence.
            print(f"{self.slug}: {type(error).__name__}: {error}", flush=True)
            return HTMLResponse(looks.sentence(self._sign, looks.NO_ANSWER), 502)
        self._db.execute("UPDATE orders SET pay_url = ? WHERE number = ?", (pay_url, number))
        answer = RedirectResponse(asked.page if till.shows_code else pay_url, 303)
        if item not in self._sign.goods:
            answer.delete_cookie(self._cookie)
        return answer

    async def _show(self, request: Request) -> Response:
        """An order, for people and (.json) for programs."""
        number, _, kind = request.path_params["number"].partition(".")
        found = self._db.execute(
            "SELECT title, fen, status, pay_url FROM orders WHERE number = ?", (number,)
        ).fetchone()
        if found is None:
            return HTMLResponse(
                looks.sentence(self._sign, "没有这张订单。 There is no such order."), 404
            )
        title, fen, status, pay_url = found
        if kind == "json":
            return JSONResponse({"number": number, "amount": fen, "status": status})
        code = _code(pay_url) if self._fresh().shows_code and status == "waiting" else ""
        return HTMLResponse(looks.order(self._sign, number, title, fen, status, pay_url, code))

    async def _hear(self, request: Request) -> Response:
        """Believe only what the till's SDK has verified; hearing it twice changes nothing more."""
        till = self._fresh()
        heard = till.hear(request.headers, await request.body())
        if heard is None:
            return Response("not believed", 401)
        if heard.status:
            self._db.execute(
                "UPDATE orders SET status = ? WHERE number = ? AND status != 'paid'",
                (heard.status, heard.number),
            )
        return Response(till.thanks)


def _code(address: str) -> str:
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="svg", scale=4, border=2, xmldecl=False)
    told = base64.b64encode(picture.getvalue()).decode()
    return f'<img class="code" alt="扫码付款 Scan to pay" src="data:image/svg+xml;base64,{told}">'


async def _item(request: Request) -> str:
    form = parse_qs((await request.body()).decode())
    return form.get("item", [""])[0]
