"""What a shop signs by itself, with its SDK, for the call inside an app: over our `prepay_id`, by the key
that we know it by. Nothing here is asked of the server; a bridge can check it with what the server has."""

import json
import time

import pytest

from changliao.dialects import service as dialects
from changliao.wire.rsa import verifies
from tests.wire.platform import Receiver
from tests.wire.wechat.street import Merchant, Street
from tests.wire.wechat.test_npm import sdk_of

pytest.importorskip("wechatpayv3", reason="wechatpayv3 is not installed: scripts/setup test")

from tests.wire.wechat.test_sdk import blocking, by_public_key, sdk

PACKAGES = {"jsapi": "prepay_id={}", "app": "{}"}
"""What stands for the order in the signed text. Source: `transactions_jsapi` and `transactions_app` of
wechatpay-node-v3, which sign by themselves, and the example of wechatpayv3's `sign`."""


async def signed_by(street: Street, shop: Merchant, lines: list[str], signature: str) -> bool:
    """Whether the four lines are signed with the key that this number is known by."""
    account = await street.town.platform.db.read(dialects.account_by_number, "wechat", shop.mchid)
    assert account is not None
    return verifies(account.public_key, "".join(f"{one}\n" for one in lines).encode(), signature)


async def check(
    street: Street, shop: Merchant, way: str, times: tuple[str, str], prepay_id: str, signature: str
) -> None:
    """The signature is the shop's, over this order and app and no other."""
    package = PACKAGES[way].format(prepay_id)
    assert await signed_by(street, shop, [shop.appid, *times, package], signature)
    other = await street.merchant()
    assert not await signed_by(street, other, [shop.appid, *times, package], signature)
    assert not await signed_by(street, shop, [other.appid, *times, package], signature)
    assert not await signed_by(street, shop, [shop.appid, *times, package + "0"], signature)


@pytest.mark.parametrize("way", PACKAGES)
async def test_wechatpayv3_signs_the_call_inside_an_app(
    street: Street, hook: Receiver, way: str
) -> None:
    shop = await street.merchant()
    pay = blocking(street, shop, hook, **by_public_key(shop))
    code, said = await pay.pay(
        "茶叶",
        "INSIDE" + way,
        {"total": 1000, "currency": "CNY"},
        payer={"openid": "opn_somebody"},
        pay_type=getattr(sdk.WeChatPayType, "JSAPI" if way == "jsapi" else "APP"),
    )
    assert code == 200, said
    prepay_id = json.loads(said)["prepay_id"]
    times = (str(int(time.time())), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS")
    lines = [shop.appid, *times, PACKAGES[way].format(prepay_id)]
    await check(street, shop, way, times, prepay_id, pay.client.sign(lines))


async def test_node_v3_hands_out_the_call_inside_an_app_ready_to_make(street: Street) -> None:
    shop = await street.merchant()
    async with sdk_of(shop, "node-v3") as npm:
        order = shop.order(payer={"openid": "opn_somebody"})
        made = (await npm.run("transactions_jsapi", order))["data"]
        assert (made["appId"], made["signType"]) == (shop.appid, "RSA")
        prepay_id = made["package"].removeprefix("prepay_id=")
        times = (made["timeStamp"], made["nonceStr"])
        await check(street, shop, "jsapi", times, prepay_id, made["paySign"])
        made = (await npm.run("transactions_app", shop.order()))["data"]
        assert (made["appid"], made["partnerid"]) == (shop.appid, shop.mchid)
        times = (made["timestamp"], made["noncestr"])
        await check(street, shop, "app", times, made["prepayid"], made["sign"])
