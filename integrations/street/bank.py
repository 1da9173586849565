"""Stone Bridge Bank, invented: the hosted checkout a shop had before it came on board.

It speaks as much of Stripe's dialect as its one shop needs: a session, a page, a signed event.
"""

import hashlib
import hmac
import html
import json
import secrets
import time
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from integrations.street.goods import SIGNS
from integrations.street.looks import yuan

NAME = "石桥银行 Stone Bridge Bank"
SESSIONS_MAX = 500
TIMEOUT = aiohttp.ClientTimeout(total=5)


class Bank:
    """Its open sessions, and the shop that it tells."""

    def __init__(self, home: str, key: str, secret: str, notices: str) -> None:
        self._home, self._key, self._secret, self._notices = home, key, secret, notices
        self._sessions: dict[str, dict[str, Any]] = {}

    def app(self) -> Starlette:
        """Its pages."""
        return Starlette(
            routes=[
                Route("/v1/checkout/sessions", self._create, methods=["POST"]),
                Route("/pay/{id}", self._page),
                Route("/pay/{id}", self._pay, methods=["POST"]),
            ]
        )

    async def _create(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self._key}":
            return JSONResponse(
                {"error": {"type": "invalid_request_error", "message": "no such key"}}, 401
            )
        form = dict(parse_qsl((await request.body()).decode()))
        session = {
            "id": "cs_" + secrets.token_hex(8),
            "object": "checkout.session",
            "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
            "client_reference_id": form["client_reference_id"],
            "success_url": form["success_url"],
        }
        session["url"] = f"{self._home}/pay/{session['id']}"
        self._sessions[str(session["id"])] = session
        while len(self._sessions) > SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        return JSONResponse(session)

    async def _page(self, request: Request) -> Response:
        session = self._sessions.get(request.path_params["id"])
        if session is None:
            return HTMLResponse("这一笔已经结束。 This one is over.", 404)
        shop = html.escape(SIGNS["flowers"].name)
        return HTMLResponse(
            f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{NAME}</title>'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            "<style>:root{color-scheme:light dark}body{font:17px/1.6 system-ui,sans-serif;max-width:26em;"
            "margin:12vh auto;padding:0 20px}button{font:inherit;padding:10px 24px}</style>"
            f"<h1>{NAME}</h1><p>{shop}</p><p><b>{yuan(session['amount_total'])}</b></p>"
            "<p>编的银行，不动真钱，也不归畅聊管。<br>"
            "An invented bank: no real money, and nothing of Changliao's.</p>"
            '<form method="post"><button data-test="bank-pay">付款 Pay</button></form></html>'
        )

    async def _pay(self, request: Request) -> Response:
        session = self._sessions.pop(request.path_params["id"], None)
        if session is None:
            return HTMLResponse("这一笔已经结束。 This one is over.", 404)
        event = {
            "id": "evt_" + secrets.token_hex(8),
            "object": "event",
            "type": "checkout.session.completed",
            "data": {"object": session},
        }
        body = json.dumps(event).encode()
        now = str(int(time.time()))
        digest = hmac.new(self._secret.encode(), f"{now}.".encode() + body, hashlib.sha256)
        headers = {
            "stripe-signature": f"t={now},v1={digest.hexdigest()}",
            "content-type": "application/json",
        }
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as http,
            http.post(self._notices, data=body, headers=headers),
        ):
            pass
        return RedirectResponse(session["success_url"], 303)
