"""Every address that is spoken answers as the published OpenAPI files say: fields, types, words."""

from typing import Any

from tests.wire.platform import Someone
from tests.wire.wechat.spec import complaints, documented, files
from tests.wire.wechat.street import Merchant, Street
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


async def test_every_address_answers_what_is_documented(street: Street, lin: Someone) -> None:
    assert len(files()) == 236
    shop = await street.merchant()
    paid = await orders(shop, lin)
    await bills(street, shop)
    await transfers(shop, paid["payer"]["openid"])
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
