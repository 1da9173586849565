"""What Corner Shop sells, and how its pages look."""

import html
from pathlib import Path

from starlette.responses import HTMLResponse

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
"""A sign, a name in two languages, a price in fen."""

STATUS = {
    "waiting": "等待付款 Waiting to be paid",
    "paid": "已付款，正在打包 Paid, we are packing",
    "closed": "已关闭 Closed",
}
STYLE = Path(__file__).with_name("shop.css").read_text("utf-8")


def yuan(fen: int) -> str:
    """Whole fen as yuan."""
    return f"¥{fen // 100}.{fen % 100:02}"


def page(body: str, pay_url: str, refresh: bool = False) -> HTMLResponse:
    """One page of the shop."""
    again = '<noscript><meta http-equiv="refresh" content="1"></noscript>' if refresh else ""
    return HTMLResponse(
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8">{again}<title>一味小铺 Corner Shop</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style>'
        f'<header><a href="/">一味小铺 · Corner Shop</a></header><main>{body}</main>'
        f'<script src="{pay_url}/changliao.js"></script><script src="/shop.js"></script>'
    )


def front(visit: dict | None) -> str:
    """Ten things, and a greeting for who came through the entrance."""
    hello = ""
    if visit and visit["name"]:
        hello = f'<p data-test="hello">{html.escape(visit["name"])}，你好 Hello</p>'
    elif visit:
        ask = "告诉小铺你是谁 Say who you are"
        hello = f'<p class="in"><button data-test="greet">{ask}</button></p>'
    items = "".join(
        f'<li><div class="pic">{pic}</div><b>{zh}</b><small>{en}</small>{yuan(fen)}'
        f'<form method="post" action="/orders"><input type="hidden" name="item" value="{key}">'
        f'<button data-test="buy-{key}">购买 Buy</button></form>'
        f'<button class="in" data-share="{zh} {en}" data-path="/?item={key}">分享 Share</button></li>'
        for key, (pic, zh, en, fen) in THINGS.items()
    )
    return f"{hello}<ul>{items}</ul>"


def order(found: dict) -> str:
    """How an order stands, and the way to pay while it waits."""
    pic, zh, en, fen = THINGS[found["item"]]
    waits = found["status"] == "waiting"
    marks = f' data-order="{found["id"]}" data-payment="{found["payment_id"]}"' if waits else ""
    text = f'<div class="card"{marks}><div class="pic">{pic}</div><b>{zh}</b><small>{en}</small>'
    text += f'<div class="big">{yuan(fen)}</div>'
    text += f'<p data-test="order-status">{STATUS.get(found["status"], found["status"])}</p>'
    text += f"<small>{found['id']}</small>"
    if found["refunded"]:
        text += f"<p>已退 Refunded {yuan(found['refunded'])}</p>"
    if waits:
        link = html.escape(found["cashier_url"])
        text += '<a class="button" data-test="pay-link" target="_blank" rel="noopener"'
        text += f' href="{link}">去付款 Pay</a> '
    return text + '<a class="button" href="/">继续逛 Keep shopping</a></div>'
