"""Every address that is spoken answers as the published OpenAPI files say: fields, types, words."""

from typing import Any

from tests.wire.platform import Someone
from tests.wire.wechat.spec import complaints, documented, files
from tests.wire.wechat.street import NOTIFY, Merchant, Street
from tests.wire.wechat.test_bills import today

AT = "/v3/pay/transactions"
TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"


async def orders(shop: Merchant, lin: Someone) -> dict[str, Any]:
    """Orders of every kind and state; one that was paid."""
    await shop.done("POST", f"{AT}/app", shop.order())
    await shop.done("POST", f"{AT}/jsapi", shop.order(payer={"openid": "o"}))
    h5 = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
    await shop.done("POST", f"{AT}/h5", shop.order(scene_info=h5))
    body = shop.order(attach="x")
    await shop.done("POST", f"{AT}/native", body)
    at = f"{AT}/out-trade-no/{body['out_trade_no']}"
    await shop.query(body["out_trade_no"])
    await shop.done("POST", f"{at}/close", {"mchid": shop.mchid})
    await shop.query(body["out_trade_no"])
    paid = await shop.bought(lin, amount={"total": 9000})
    await shop.done("GET", f"{AT}/id/{paid['transaction_id']}?mchid={shop.mchid}")
    refund = await shop.refund(paid["out_trade_no"], 1, 9000)
    await shop.done("GET", f"/v3/refund/domestic/refunds/{refund['out_refund_no']}")
    await shop.query(paid["out_trade_no"])
    return paid


async def bills(street: Street, shop: Merchant) -> None:
    """Both bills and a file."""
    for bill in ("tradebill", "fundflowbill"):
        found = await shop.done("GET", f"/v3/bill/{bill}?bill_date={today(street)}")
        await shop.call("GET", found["download_url"].removeprefix(street.url))


async def transfers(shop: Merchant, openid: str) -> None:
    """A transfer that is asked for, looked at, taken back."""
    body = {
        "appid": shop.appid,
        "out_bill_no": "T1",
        "transfer_scene_id": "1000",
        "openid": openid,
        "transfer_amount": 100,
        "transfer_remark": "谢谢",
        "transfer_scene_report_infos": [],
    }
    made = await shop.done("POST", TRANSFERS, body)
    await shop.done("GET", f"{TRANSFERS}/out-bill-no/T1")
    await shop.done("GET", f"{TRANSFERS}/transfer-bill-no/{made['transfer_bill_no']}")
    await shop.done("POST", f"{TRANSFERS}/out-bill-no/T1/cancel")


async def combined(shop: Merchant, other: Merchant, lin: Someone) -> None:
    """Combined orders in every way, one of them paid, one closed."""
    at = "/v3/combine-transactions"

    def body(number: str) -> dict[str, Any]:
        subs = []
        for seller, name in ((shop, "a"), (other, "b")):
            amount = {"total_amount": 10, "currency": "CNY"}
            subs.append(
                {
                    "mchid": seller.mchid,
                    "attach": "x",
                    "amount": amount,
                    "out_trade_no": f"{number}-{name}",
                    "description": "茶",
                }
            )
        return {
            "combine_appid": shop.appid,
            "combine_mchid": shop.mchid,
            "combine_out_trade_no": number,
            "notify_url": NOTIFY,
            "sub_orders": subs,
        }

    for way in ("jsapi", "app", "h5"):
        await shop.done("POST", f"{at}/{way}", body(f"cart-{way}"))
    made = await shop.done("POST", f"{at}/native", body("cart-native"))
    await shop.done("GET", f"{at}/out-trade-no/cart-native")
    await shop.street.pays(lin, made["code_url"])
    await shop.done("GET", f"{at}/out-trade-no/cart-native")
    closed = {"combine_appid": shop.appid, "sub_orders": body("cart-app")["sub_orders"]}
    await shop.done("POST", f"{at}/out-trade-no/cart-app/close", closed)


async def shared(shop: Merchant, other: Merchant, lin: Someone) -> None:
    """Profit sharing from beginning to end."""
    at = "/v3/profitsharing"
    paid = await shop.bought(lin, settle_info={"profit_sharing": True})
    ours = {"transaction_id": paid["transaction_id"]}
    account = {"type": "MERCHANT_ID", "account": other.mchid}
    relation = {"appid": shop.appid, **account, "relation_type": "PARTNER"}
    await shop.done("POST", f"{at}/receivers/add", relation)
    receiver = account | {"amount": 500, "description": "货款"}
    body = {"out_order_no": "S1", "unfreeze_unsplit": False, "receivers": [receiver]}
    await shop.done("POST", f"{at}/orders", ours | body)
    await shop.done("GET", f"{at}/orders/S1?transaction_id={paid['transaction_id']}")
    back = {"out_return_no": "B1", "return_mchid": other.mchid, "amount": 1, "description": "x"}
    await shop.done("POST", f"{at}/return-orders", back | {"out_order_no": "S1"})
    await shop.done("GET", f"{at}/return-orders/B1?out_order_no=S1")
    await shop.done("GET", f"{at}/transactions/{paid['transaction_id']}/amounts")
    end = {"out_order_no": "E1", "description": "完结"}
    await shop.done("POST", f"{at}/orders/unfreeze", ours | end)
    await shop.done("POST", f"{at}/receivers/delete", {"appid": shop.appid, **account})


async def for_another(shop: Merchant, other: Merchant, lin: Someone) -> None:
    """A provider's orders."""
    at = "/v3/pay/partner/transactions"
    numbers = {"sp_appid": shop.appid, "sp_mchid": shop.mchid, "sub_mchid": other.mchid}
    both = f"sp_mchid={shop.mchid}&sub_mchid={other.mchid}"

    def body(number: str) -> dict[str, Any]:
        order = shop.order(out_trade_no=number) | numbers
        return {name: value for name, value in order.items() if name not in ("appid", "mchid")}

    h5 = {"scene_info": {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}}
    await shop.done("POST", f"{at}/h5", body("for-h5") | h5)
    await shop.done("POST", f"{at}/jsapi", body("for-jsapi") | {"payer": {"sp_openid": "o"}})
    await shop.done("POST", f"{at}/app", body("for-app"))
    made = await shop.done("POST", f"{at}/native", body("for-native"))
    await shop.done("GET", f"{at}/out-trade-no/for-native?{both}")
    await shop.street.pays(lin, made["code_url"])
    paid = await shop.done("GET", f"{at}/out-trade-no/for-native?{both}")
    await shop.done("GET", f"{at}/id/{paid['transaction_id']}?{both}")
    del numbers["sp_appid"]
    await shop.done("POST", f"{at}/out-trade-no/for-app/close", numbers)


async def test_every_address_answers_what_is_documented(street: Street, lin: Someone) -> None:
    assert len(files()) == 236
    shop = await street.merchant()
    paid = await orders(shop, lin)
    await bills(street, shop)
    await transfers(shop, paid["payer"]["openid"])
    other = await street.merchant()
    await street.lets(other, shop)
    await combined(shop, other, lin)
    await shared(shop, other, lin)
    await for_another(shop, other, lin)
    await shop.done("GET", "/v3/certificates")
    wrong, answered = [], set()
    for method, target, status, body in street.said:
        path = target.partition("?")[0]
        if status < 400:
            answered.add((method, documented(method, path)[0]))
            wrong += complaints(method, path, status, body)
    assert not wrong, "\n".join(sorted(set(wrong)))
    spoken = {
        (route.method, documented(route.method, filled(route.path))[0])
        for route in street.town.platform.dialects["wechat"].routes()
    }
    assert spoken == answered


def filled(path: str) -> str:
    """The path with something in its places."""
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))
