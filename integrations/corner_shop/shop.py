"""Corner Shop: ten things, an order table, and Changliao Pay. Nothing here imports Changliao.

It believes only verified webhooks; the address a buyer comes back to is for show.
"""

import html
import os
import secrets
import sqlite3
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import uvicorn
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

PAY_URL, PAY_KEY, URL = (os.environ[one] for one in ("CHANGLIAO_URL", "CHANGLIAO_KEY", "SHOP_URL"))
WEBHOOK = Webhook(os.environ["CHANGLIAO_WEBHOOK_SECRET"])

THINGS = {
    "1": ("茶", "龙井茶 50 克", "Longjing tea, 50 g", 6800),
    "2": ("碗", "青花饭碗", "Blue rice bowl", 3900),
    "3": ("饺", "手工水饺 20 只", "Twenty dumplings", 2600),
    "4": ("红", "红纸一叠", "A stack of red paper", 1200),
    "5": ("烛", "蜂蜡蜡烛", "Beeswax candle", 4500),
    "6": ("靛", "靛蓝围裙", "Indigo apron", 12800),
    "7": ("蜜", "荔枝蜜", "Lychee honey", 5200),
    "8": ("扇", "竹骨折扇", "Bamboo fan", 3300),
    "9": ("册", "手账本", "Notebook", 1900),
    "10": ("伞", "油纸伞", "Oil-paper umbrella", 19900),
}

DB = os.environ.get("SHOP_DB", ":memory:")
db = sqlite3.connect(DB, isolation_level=None, check_same_thread=False)
db.execute(
    "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, item TEXT, amount INTEGER, status TEXT,"
    " refunded INTEGER DEFAULT 0, payment_id TEXT, cashier_url TEXT)"
)
pay: httpx2.AsyncClient
STYLE = Path(__file__).with_name("shop.css").read_text("utf-8")


def yuan(fen: int) -> str:
    """Whole fen as yuan."""
    return f"¥{fen // 100}.{fen % 100:02}"


def page(body: str, refresh: bool = False) -> HTMLResponse:
    """One page of the shop."""
    again = '<meta http-equiv="refresh" content="1">' if refresh else ""
    return HTMLResponse(
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8">{again}<title>一味小铺 Corner Shop</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style>'
        f'<header><a href="/">一味小铺 · Corner Shop</a></header><main>{body}</main>'
    )


async def front(request: Request) -> Response:
    """Ten things."""
    items = "".join(
        f'<li><div class="pic">{pic}</div><b>{zh}</b><small>{en}</small>{yuan(fen)}'
        f'<form method="post" action="/orders"><input type="hidden" name="item" value="{key}">'
        f'<button data-test="buy-{key}">购买 Buy</button></form></li>'
        for key, (pic, zh, en, fen) in THINGS.items()
    )
    return page(f"<ul>{items}</ul>")


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
    # A cashier never opens inside a frame; there the buyer gets a link instead.
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
    words = {
        "waiting": "等待付款 Waiting to be paid",
        "paid": "已付款，正在打包 Paid, we are packing",
        "closed": "已关闭 Closed",
    }
    pic, zh, en, fen = THINGS[found["item"]]
    status = words.get(found["status"], found["status"])
    text = f'<div class="card"><div class="pic">{pic}</div><b>{zh}</b><small>{en}</small>'
    text += f'<div class="big">{yuan(fen)}</div>'
    text += f'<p data-test="order-status">{status}</p><small>{order_id}</small>'
    if found["refunded"]:
        text += f"<p>已退 Refunded {yuan(found['refunded'])}</p>"
    if found["status"] == "waiting":
        link = html.escape(found["cashier_url"])
        text += f'<a class="button" target="_blank" rel="noopener" href="{link}">去付款 Pay</a> '
    text += '<a class="button" href="/">继续逛 Keep shopping</a></div>'
    return page(text, refresh=found["status"] == "waiting")


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
        Route("/webhooks", webhook, methods=["POST"]),
    ],
)

if __name__ == "__main__":
    host, port = os.environ.get("SHOP_HOST", "127.0.0.1"), os.environ.get("SHOP_PORT", "8010")
    uvicorn.run(app, host=host, port=int(port), log_level="warning")
