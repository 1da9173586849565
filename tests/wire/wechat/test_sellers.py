"""Many sellers: combined orders, profit sharing, and a provider that acts for its merchants; by the SDK."""

import json
from typing import Any

import pytest

from tests.wire.platform import Receiver, Someone
from tests.wire.wechat.street import Merchant, Street
from tests.wire.wechat.test_bills import today
from tests.wire.wechat.test_notices import heard

pytest.importorskip("wechatpayv3", reason="wechatpayv3 is not installed: scripts/setup test")

from tests.wire.wechat.test_sdk import H5, blocking, by_public_key

CNY = "CNY"


async def mall(street: Street) -> tuple[Merchant, Merchant, Merchant]:
    """A mall and two sellers that let it act for them."""
    shops = [await street.merchant() for _ in range(3)]
    for seller in shops[1:]:
        await street.lets(seller, shops[0])
    return shops[0], shops[1], shops[2]


def sub_order(seller: Merchant, number: str, amount: int, **said: Any) -> dict[str, Any]:
    """One seller's order of a combined one."""
    body = {
        "mchid": seller.mchid,
        "attach": f"for {number}",
        "amount": {"total_amount": amount, "currency": CNY},
        "out_trade_no": number,
        "description": "茶",
    }
    return body | said


async def test_one_payment_pays_many_sellers_or_none(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    owner, tea, rice = await mall(street)
    pay = blocking(street, owner, hook, **by_public_key(owner))
    subs = [sub_order(tea, "cart-1-tea", 700), sub_order(rice, "cart-1-rice", 300)]
    code, said = await pay.combine_pay("CART1", subs)
    assert code == 200, said
    assert (await pay.combine_pay("CART1", subs)) == (code, said)
    open_ = json.loads((await pay.combine_query("CART1"))[1])
    assert {one["trade_state"] for one in open_["sub_orders"]} == {"NOTPAY"}
    await street.pays(lin, json.loads(said)["code_url"])
    assert (await street.balance(tea), await street.balance(rice)) == (700, 300)
    told = pay.client.callback(*(await heard(hook, 1))[0])
    assert told["event_type"] == "TRANSACTION.SUCCESS"
    paid = json.loads((await pay.combine_query("CART1"))[1])
    assert told["resource"] == paid
    first = paid["sub_orders"][0]
    assert (first["trade_state"], first["mchid"], first["attach"]) == (
        "SUCCESS",
        tea.mchid,
        "for cart-1-tea",
    )
    assert paid["combine_payer_info"]["openid"].startswith("opn_")
    own = await tea.query("cart-1-tea")
    assert (own["transaction_id"], own["amount"]["total"]) == (first["transaction_id"], 700)
    await tea.refund("cart-1-tea", 100, 700)
    assert await street.balance(tea) == 600


async def test_what_cannot_be_combined_is_refused(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    owner, tea, rice = await mall(street)
    stranger = await street.merchant()
    pay = blocking(street, owner, hook, **by_public_key(owner))

    async def no(status: int, word: str, asked: Any) -> None:
        code, said = await asked
        assert (code, json.loads(said)["code"]) == (status, word), said

    good = [sub_order(tea, "cart-2-tea", 700), sub_order(rice, "cart-2-rice", 300)]
    before = await street.kept()
    other = [good[0], sub_order(stranger, "cart-2-x", 1)]
    await no(403, "NO_AUTH", pay.combine_pay("CART2", other))
    nobody = [good[0], good[1] | {"mchid": "1000000000"}]
    await no(400, "MCH_NOT_EXISTS", pay.combine_pay("CART2", nobody))
    await no(400, "PARAM_ERROR", pay.combine_pay("CART2", good[:1]))
    await no(400, "PARAM_ERROR", pay.combine_pay("CART2", good * 26))
    await no(400, "PARAM_ERROR", pay.combine_pay("CART2", good, combine_mchid="1000000000"))
    assert await street.kept() == before
    assert (await pay.combine_pay("CART2", good))[0] == 200
    more = [good[0], sub_order(rice, "cart-2-rice", 301)]
    await no(403, "OUT_TRADE_NO_USED", pay.combine_pay("CART2", more))
    await no(404, "ORDER_NOT_EXIST", pay.combine_query("CART9"))
    close = f"/v3/pay/transactions/out-trade-no/{'cart-2-tea'}/close"
    await tea.refused("INVALID_REQUEST", "POST", close, {"mchid": tea.mchid})
    one = [{"mchid": tea.mchid, "out_trade_no": "cart-2-tea"}]
    await no(400, "PARAM_ERROR", pay.combine_close("CART2", one))
    both = [*one, {"mchid": rice.mchid, "out_trade_no": "cart-2-rice"}]
    assert (await pay.combine_close("CART2", both))[0] == 204
    assert (await tea.query("cart-2-tea"))["trade_state"] == "CLOSED"
    await no(400, "ORDER_CLOSED", pay.combine_pay("CART2", good))


async def test_an_order_is_shared_taken_back_and_ended(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    owner, tea, _ = await mall(street)
    pay = blocking(street, owner, hook, **by_public_key(owner))
    amount = {"total": 1000, "currency": CNY}
    settle = {"profit_sharing": True}
    code, said = await pay.pay("茶", "SHARED1", amount, settle_info=settle)
    assert code == 200, said
    await street.pays(lin, json.loads(said)["code_url"])
    order = await owner.query("SHARED1")
    ours, openid = order["transaction_id"], order["payer"]["openid"]
    assert await street.balance(owner) == 0
    code, said = await pay.profitsharing_amount_query(ours)
    assert json.loads(said) == {"transaction_id": ours, "unsplit_amount": 1000}
    assert (await pay.profitsharing_add_receiver("MERCHANT_ID", tea.mchid, "PARTNER"))[0] == 200
    receivers = [
        {"type": "MERCHANT_ID", "account": tea.mchid, "amount": 600, "description": "货款"},
        {"type": "PERSONAL_OPENID", "account": openid, "amount": 50, "description": "返现"},
    ]
    before = await street.town.balance(lin)
    code, said = await pay.profitsharing_order(ours, "S1", receivers, False)
    shared = json.loads(said)
    assert (code, shared["state"]) == (200, "FINISHED"), said
    assert [one["account"] for one in shared["receivers"]] == [tea.mchid, openid]
    assert {one["result"] for one in shared["receivers"]} == {"SUCCESS"}
    assert await street.town.balance(lin) == before + 50
    assert await street.balance(tea) == 600
    assert await pay.profitsharing_order(ours, "S1", receivers, False) == (code, said)
    assert json.loads((await pay.profitsharing_order_query(ours, "S1"))[1]) == shared
    code, said = await pay.profitsharing_return("B1", tea.mchid, 200, "退货", out_order_no="S1")
    back = json.loads(said)
    assert (code, back["result"], back["return_mchid"]) == (200, "SUCCESS", tea.mchid)
    assert json.loads((await pay.profitsharing_return_query("S1", "B1"))[1]) == back
    assert json.loads((await pay.profitsharing_amount_query(ours))[1])["unsplit_amount"] == 550
    many = [receivers[0] | {"amount": 551}]
    code, said = await pay.profitsharing_order(ours, "S2", many, False)
    assert (code, json.loads(said)["code"]) == (403, "NOT_ENOUGH")
    code, said = await pay.profitsharing_unfreeze(ours, "E1", "完结")
    assert (code, json.loads(said)["receivers"]) == (200, [])
    assert (await street.balance(owner), await street.balance(tea)) == (550, 400)
    code, said = await pay.profitsharing_order(ours, "S3", receivers, True)
    assert (code, json.loads(said)["code"]) == (400, "INVALID_REQUEST")
    assert await street.town.wrong() == []


async def test_a_provider_acts_for_the_merchants_that_let_it(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    owner, tea, _ = await mall(street)
    stranger = await street.merchant()
    pay = blocking(street, owner, hook, **by_public_key(owner), partner_mode=True)
    amount = {"total": 1000, "currency": CNY}
    scene = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
    code, said = await pay.pay(
        "茶", "FORTEA1", amount, sub_mchid=tea.mchid, pay_type=H5, scene_info=scene
    )
    assert code == 200, said
    await street.pays(lin, json.loads(said)["h5_url"])
    assert (await street.balance(tea), await street.balance(owner)) == (1000, 0)
    told = pay.client.callback(*(await heard(hook, 1))[0])
    code, said = await pay.query(out_trade_no="FORTEA1", sub_mchid=tea.mchid)
    order = json.loads(said)
    assert told["resource"] == order
    assert (order["sp_mchid"], order["sub_mchid"]) == (owner.mchid, tea.mchid)
    assert order["payer"]["sp_openid"] != order["payer"]["sub_openid"]
    same = await pay.query(transaction_id=order["transaction_id"], sub_mchid=tea.mchid)
    assert json.loads(same[1]) == order
    back = {"refund": 300, "total": 1000, "currency": CNY}
    code, said = await pay.refund("RT1", back, out_trade_no="FORTEA1", sub_mchid=tea.mchid)
    assert code == 200, said
    assert (await pay.query_refund("RT1", sub_mchid=tea.mchid))[0] == 200
    told = pay.client.callback(*(await heard(hook, 2))[1])
    assert (told["resource"]["sp_mchid"], told["resource"]["sub_mchid"]) == (
        owner.mchid,
        tea.mchid,
    )
    code, said = await pay.trade_bill(today(street), sub_mchid=tea.mchid)
    assert code == 200, said
    assert (await pay.download_bill(json.loads(said)["download_url"]))[0] == 200
    assert (await pay.pay("茶", "FORTEA2", amount, sub_mchid=tea.mchid))[0] == 200
    assert (await pay.close("FORTEA2", sub_mchid=tea.mchid))[0] == 204
    before = await street.kept()
    for seller, word in ((stranger.mchid, "NO_AUTH"), ("1000000000", "MCH_NOT_EXISTS")):
        for asked in (
            pay.pay("茶", "FORTEA3", amount, sub_mchid=seller),
            pay.query(out_trade_no="FORTEA1", sub_mchid=seller),
            pay.refund("RT2", back, out_trade_no="FORTEA1", sub_mchid=seller),
            pay.close("FORTEA1", sub_mchid=seller),
        ):
            code, said = await asked
            assert json.loads(said)["code"] == word, said
    assert await street.kept() == before


async def test_a_provider_that_is_no_longer_let_is_a_stranger(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    owner, tea, _ = await mall(street)
    at = f"/v1/apps/{tea.shop.app_id}/agents/{owner.shop.app_id}"
    answer = await street.town.call("DELETE", at, token=tea.shop.owner.token)
    assert answer.is_success
    pay = blocking(street, owner, hook, **by_public_key(owner), partner_mode=True)
    amount = {"total": 1000, "currency": CNY}
    code, said = await pay.pay("茶", "FORTEA1", amount, sub_mchid=tea.mchid)
    assert (code, json.loads(said)["code"]) == (403, "NO_AUTH")
