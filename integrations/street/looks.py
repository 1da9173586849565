"""What people see in a shop, as HTML: the shelf with its basket, an order, a plain sentence."""

import html
from collections.abc import Callable, Mapping
from pathlib import Path

from integrations.street.goods import Sign

STYLE = Path(__file__).with_name("shop.css").read_text("utf-8")
WORDS = {
    "waiting": "等待付款 Waiting to be paid",
    "paid": "已付款，正在打包 Paid, we are packing",
    "closed": "已关闭 Closed",
    "refunded": "已退款 Refunded",
}
NO_ANSWER = (
    "付款服务暂时没有回应，没有扣款。 The payment service does not answer. No money has moved."
)


def yuan(fen: int) -> str:
    """Whole fen as yuan."""
    return f"¥{fen // 100}.{fen % 100:02}"


def page(sign: Sign, body: str, *, refresh: bool = False) -> str:
    """One page of the shop."""
    again = '<meta http-equiv="refresh" content="1">' if refresh else ""
    look = (
        f":root{{--paper:{sign.paper};--paint:{sign.paint};--on:#fff}}"
        f"@media(prefers-color-scheme:dark){{:root{{--paper:{sign.night};--paint:{sign.glow};--on:#16110f}}}}"
    )
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8">{again}<title>{sign.name}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{look}{STYLE}</style>'
        f'<header><a href="/">{sign.zh} <small>{html.escape(sign.en)}</small></a></header>'
        f"<main>{body}</main></html>"
    )


def shelf(sign: Sign, buy: Callable[[str], str], basket: Mapping[str, int] | None = None) -> str:
    """What there is. `buy` is the address that buys one thing; a shop with a basket shows that too."""
    rows = []
    for key, one in sign.goods.items():
        field = f'<input type="hidden" name="item" value="{key}">'
        add = f'<form method="post" action="/basket">{field}<button class="quiet">＋ 入篮 Add</button></form>'
        rows.append(
            f'<li><div class="pic">{one.sign}</div><b>{one.zh}</b><small>{one.en}</small>'
            f'<span class="price">{yuan(one.fen)}</span><div class="ways">'
            f'<form method="post" action="{buy(key)}">{field}'
            f'<button data-test="buy-{key}">购买 Buy</button></form>'
            f"{'' if basket is None else add}</div></li>"
        )
    return page(sign, f"<ul>{''.join(rows)}</ul>{_basket(sign, basket or {})}")


def _basket(sign: Sign, basket: Mapping[str, int]) -> str:
    if not basket:
        return ""
    told = "、".join(f"{sign.goods[key].zh} × {count}" for key, count in basket.items())
    fen = sum(sign.goods[key].fen * count for key, count in basket.items())
    return (
        f'<div class="basket"><span>购物篮 Basket · {told} · <b data-test="basket">{yuan(fen)}</b></span>'
        '<form method="post" action="/orders">'
        '<button data-test="check-out">去付款 Check out</button></form></div>'
    )


def order(
    sign: Sign, number: str, title: str, fen: int, status: str, pay_url: str = "", code: str = ""
) -> str:
    """How an order stands; while it waits, the link to pay and, if there is one, the code to scan."""
    text = f'<div class="card"><b>{html.escape(title)}</b><div class="big">{yuan(fen)}</div>'
    text += f'<p data-test="order-status">{WORDS.get(status, status)}</p><small>{number}</small>'
    if status == "waiting" and pay_url:
        text += code
        link = f'target="_blank" rel="noopener" href="{html.escape(pay_url)}"'
        text += f'<a class="button" data-test="pay" {link}>去付款 Pay</a> '
    text += '<a class="button quiet" href="/">继续逛 Keep shopping</a></div>'
    return page(sign, text, refresh=status == "waiting")


def sentence(sign: Sign, words: str) -> str:
    """One sentence and the way back."""
    return page(
        sign,
        f'<div class="card"><p>{words}</p><a class="button" href="/">再试 Try again</a></div>',
    )
