"""One whole purchase by HTTP, without a browser: buy, pay, be told, refund in part, check the books."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from changliao.demo.once import Disagreement, agree, one_each
from changliao.demo.street_routes import Stage
from changliao.demo.world import PIN, Client, World
from changliao.kernel.money import shown
from changliao.wire.http import monotonic_s

_PATIENCE_S = 20
REFUND_MINOR = 500


async def purchase(
    http: aiohttp.ClientSession,
    client: Client,
    stage: Stage,
    audit: Callable[[], Awaitable[list[str]]],
) -> int:
    """Do it, and buy once in each shop of the street; print the receipt and the trial balance; 0 when
    everybody agrees."""
    try:
        await _purchase(http, client, stage.world)
        await one_each(stage.world, stage.street)
        if wrong := await audit():
            raise Disagreement("; ".join(wrong))
    except (Disagreement, TimeoutError) as trouble:
        print(f"\nIt does not agree: {trouble}")
        return 1
    print("\nEverybody agrees.")
    return 0


async def _purchase(http: aiohttp.ClientSession, client: Client, world: World) -> None:
    lin = await client.sign_in("lin", world.passwords["lin"])
    before = await _play_balance(client, lin)
    async with http.post(
        world.shop_url + "/orders", data={"item": "1"}, allow_redirects=False
    ) as answer:
        agree("the shop sends us to the cashier", answer.status, 303)
        cashier_url = answer.headers["Location"]
    parts = urlsplit(cashier_url)
    payment_id, token = parts.path.rpartition("/")[2], parse_qs(parts.query)["t"][0]
    ticket = await client.call("GET", f"/v1/cashier/{payment_id}?t={token}", token=lin)
    amount, currency = ticket["payment"]["amount"], ticket["payment"]["currency"]
    body = {"token": token, "method": "wallet", "channel": "mobile", "pin": PIN}
    paid = await client.call("POST", f"/v1/payments/{payment_id}/confirmation", body, token=lin)
    agree("the payment", paid["payment"]["status"], "paid")
    order_id = ticket["payment"]["reference"]
    order = await _until(http, f"{world.shop_url}/orders/{order_id}.json", "status", "paid")
    await _check_return(client, paid["return_to"])
    refund = await client.call(
        "POST",
        f"/v1/payments/{payment_id}/refunds",
        {"amount": REFUND_MINOR, "reason": "one cup was chipped"},
        token=world.key,
    )
    agree("the refund", refund["status"], "succeeded")
    told = await _until(http, f"{world.shop_url}/orders/{order_id}.json", "refunded", REFUND_MINOR)
    after = await _play_balance(client, lin)
    agree("Lin's wallet", before - after, amount - REFUND_MINOR)
    _receipt(ticket, order, told, amount, currency, payment_id, before, after)


async def _play_balance(client: Client, token: str) -> int:
    """Lin's play money, once the bank has answered."""
    until = monotonic_s() + _PATIENCE_S
    while monotonic_s() < until:
        wallets = (await client.call("GET", "/v1/wallet", token=token))["wallets"]
        play = next(one for one in wallets if one["play"])
        balance = sum(one["balance"] for one in play["balances"] if one["currency"] == "CNY")
        if balance:
            return int(balance)
        await asyncio.sleep(0.1)
    raise TimeoutError("the play money did not come")


async def _until(http: aiohttp.ClientSession, url: str, field: str, value: Any) -> Any:
    """Wait until the shop has heard by webhook."""
    order: Any = {}
    until = monotonic_s() + _PATIENCE_S
    while monotonic_s() < until:
        async with http.get(url) as answer:
            order = await answer.json()
        if order.get(field) == value:
            return order
        await asyncio.sleep(0.05)
    raise TimeoutError(f"the shop was not told: {field} is {order.get(field)!r}")


async def _check_return(client: Client, address: str) -> None:
    """The signed return address verifies, and does not when a byte is changed."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    jwk = await client.call("GET", "/.well-known/changliao-return-key")
    key = Ed25519PublicKey.from_public_bytes(_unpadded(jwk["x"]))
    content = f"{query['payment_id']}.{query['status']}.{query['timestamp']}".encode()
    key.verify(_unpadded(query["signature"]), content)
    try:
        key.verify(_unpadded(query["signature"]), content + b"0")
    except InvalidSignature:
        return
    raise Disagreement("a changed return address was believed")


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _receipt(
    ticket: Any,
    order: Any,
    told: Any,
    amount: int,
    currency: str,
    payment_id: str,
    before: int,
    after: int,
) -> None:
    rows = (
        ("Paid to", ticket["shop"]["name"]),
        ("For", ticket["payment"]["description"]),
        ("Order", f"{order['id']}  (the shop was told by webhook: {told['status']})"),
        ("Payment", payment_id),
        ("Amount", shown(amount, currency)),
        ("Refunded", shown(told["refunded"], currency)),
        ("Play wallet", f"{shown(before, currency)} → {shown(after, currency)}"),
    )
    print("Receipt (play money)")
    for name, text in rows:
        print(f"  {name:12} {text}")
    print(flush=True)
