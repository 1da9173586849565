"""Corner Shop: ten things, an order table, and Changliao Pay. Nothing here imports Changliao.

It believes only verified webhooks; the address a buyer comes back to is for show. Who comes through its
entrance in Changliao is greeted: visits.py. What its pages do inside the app is in shop.js.
"""

import os
import secrets
import sqlite3
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pages
import uvicorn
from pages import THINGS
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route
from visits import Visits

PAY_URL, PAY_KEY, URL = (os.environ[one] for one in ("CHANGLIAO_URL", "CHANGLIAO_KEY", "SHOP_URL"))
WEBHOOK = Webhook(os.environ["CHANGLIAO_WEBHOOK_SECRET"])

DB = os.environ.get("SHOP_DB", ":memory:")
db = sqlite3.connect(DB, isolation_level=None, check_same_thread=False)
db.execute(
    "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, item TEXT, amount INTEGER, status TEXT,"
    " refunded INTEGER DEFAULT 0, payment_id TEXT, cashier_url TEXT)"
)
visits = Visits(db, PAY_URL.rstrip("/"), URL)
pay: httpx2.AsyncClient


def page(body: str, refresh: bool = False) -> Response:
    """One page of the shop."""
    return pages.page(body, PAY_URL, refresh)


async def front(request: Request) -> Response:
    """Ten things, and a greeting for who came through the entrance."""
    if onward := await visits.enter(request, pay):
        return onward
    return page(pages.front(visits.of(request)))


async def order(request: Request) -> Response:
    """Keep an order, ask Changliao Pay to be paid for it, send the buyer to the cashier."""
    body = (await request.body()).decode()
    item = body.partition("item=")[2].partition("&")[0]
    if item not in THINGS:
        return page("<p>没有这件东西。No such thing.</p>")
    order_id = f"CS-{secrets.token_hex(5).upper()}"
    _, zh, en, fen = THINGS[item]
    db.execute(
        "INSERT INTO orders (id, item, amount, status) VALUES (?, ?, ?, 'new')",
        (order_id, item, fen),
    )
    try:
        answer = await pay.post(
            "/v1/payments",
            headers={"Idempotency-Key": order_id},
            json={
                "amount": fen,
                "currency": "CNY",
                "reference": order_id,
                "description": f"{zh} {en}",
                "return_url": f"{URL}/orders/{order_id}",
            },
        )
        answer.raise_for_status()
    except httpx2.HTTPError:
        return page(
            "<p>付款没能开始，没有扣款。<br>"
            "The payment could not begin. No money has moved.</p>"
            '<a class="button" href="/">再试 Try again</a>'
        )
    payment = answer.json()
    db.execute(
        "UPDATE orders SET status = CASE status WHEN 'new' THEN 'waiting' ELSE status END,"
        " payment_id = ?, cashier_url = ? WHERE id = ?",
        (payment["id"], payment["cashier_url"], order_id),
    )
    # A cashier never opens inside a frame; there shop.js asks the app for it, or the buyer gets a link.
    framed = request.headers.get("sec-fetch-dest") in ("iframe", "frame")
    return RedirectResponse(f"/orders/{order_id}" if framed else payment["cashier_url"], 303)


def find(order_id: str) -> dict | None:
    """An order as a dictionary."""
    cursor = db.execute("SELECT * FROM orders WHERE id = ?", (order_id,))
    row = cursor.fetchone()
    return (
        dict(zip([column[0] for column in cursor.description], row, strict=True)) if row else None
    )


async def order_page(request: Request) -> Response:
    """How an order stands, for people (HTML) and programs (.json)."""
    order_id, _, kind = request.path_params["id"].partition(".")
    found = find(order_id)
    if found is None:
        return JSONResponse({"error": "no such order"}, 404)
    if kind == "json":
        return JSONResponse(
            {key: found[key] for key in ("id", "status", "amount", "refunded", "payment_id")}
        )
    return page(pages.order(found), refresh=found["status"] == "waiting")


async def name(request: Request) -> Response:
    """The browser brings who the person is, signed by Changliao."""
    return await visits.learn(request, pay)


async def script(request: Request) -> Response:
    """What the pages do inside Changliao."""
    return FileResponse(Path(__file__).with_name("shop.js"), media_type="text/javascript")


async def webhook(request: Request) -> Response:
    """Changliao tells what happened. Unverified is refused; hearing it twice changes nothing more."""
    try:
        event = WEBHOOK.verify(await request.body(), dict(request.headers))
    except WebhookVerificationError:
        return JSONResponse({"error": "bad signature"}, 401)
    payment_id, data = event["data"].get("payment_id", ""), event["data"]
    if event["type"] == "payment.paid":
        db.execute(
            "UPDATE orders SET status = 'paid' WHERE payment_id = ? OR id = ?",
            (payment_id, data["reference"]),
        )
    elif event["type"] in ("payment.canceled", "payment.expired"):
        db.execute(
            "UPDATE orders SET status = 'closed' WHERE payment_id = ? AND status != 'paid'",
            (payment_id,),
        )
    elif event["type"] == "refund.succeeded":
        db.execute(
            "UPDATE orders SET refunded = MAX(refunded, ?) WHERE payment_id = ?",
            (data["refunded_amount"], payment_id),
        )
    return Response(status_code=204)


@asynccontextmanager
async def life(app: Starlette):
    """One client for all calls to Changliao Pay."""
    global pay
    async with httpx2.AsyncClient(
        base_url=PAY_URL, headers={"Authorization": f"Bearer {PAY_KEY}"}, timeout=10
    ) as pay:
        yield


app = Starlette(
    lifespan=life,
    routes=[
        Route("/", front),
        Route("/orders", order, methods=["POST"]),
        Route("/orders/{id}", order_page),
        Route("/visits/name", name, methods=["POST"]),
        Route("/shop.js", script),
        Route("/webhooks", webhook, methods=["POST"]),
    ],
)

if __name__ == "__main__":
    host, port = os.environ.get("SHOP_HOST", "127.0.0.1"), os.environ.get("SHOP_PORT", "8010")
    uvicorn.run(app, host=host, port=int(port), log_level="warning")
