"""Bytes that are no JSON, in fields that nothing here reads."""

import json
from typing import Any

import pytest

from tests.wire.wechat.street import NATIVE, Merchant, Street

ADDRESSES = {
    "an order": NATIVE,
    "a partner's order": "/v3/pay/partner/transactions/native",
    "a combined order": "/v3/combine-transactions/native",
    "a refund": "/v3/refund/domestic/refunds",
    "a split": "/v3/profitsharing/orders",
    "an unfreezing": "/v3/profitsharing/orders/unfreeze",
    "a split's return": "/v3/profitsharing/return-orders",
    "a transfer": "/v3/fund-app/mch-transfer/transfer-bills",
}
"""Where what a request says is digested, so that its number is not used again with another content."""

ODD = (
    '"龙井"'.encode("gbk"),
    b'"\xff"',
    b"1e999",
    b"-1e999",
    b"9" * 5000,
    b'{"x": [1e999]}',
)
"""Values that no JSON reader takes, or none that keeps them."""


def asked(tea: Merchant) -> dict[str, dict[str, Any]]:
    """Bodies of the right shape for each of ADDRESSES."""
    order = tea.order()
    partner = {"sp_appid": tea.appid, "sp_mchid": tea.mchid, "sub_mchid": tea.mchid}
    sub = {
        "mchid": tea.mchid,
        "attach": "x",
        "amount": {"total_amount": 5, "currency": "CNY"},
        "description": "茶",
    }
    share = {"transaction_id": "pay_none", "out_order_no": "S1"}
    report = {"info_type": "活动名称", "info_content": "新会员有礼"}
    return {
        "an order": order,
        "a partner's order": partner | order,
        "a combined order": {
            "combine_appid": tea.appid,
            "combine_mchid": tea.mchid,
            "combine_out_trade_no": "CART00001",
            "sub_orders": [sub | {"out_trade_no": f"cart-{place}"} for place in "ab"],
            "notify_url": order["notify_url"],
        },
        "a refund": {
            "out_trade_no": "nothing1",
            "out_refund_no": "R1",
            "amount": {"refund": 1, "total": 1, "currency": "CNY"},
        },
        "a split": share | {"unfreeze_unsplit": True, "receivers": []},
        "an unfreezing": share | {"description": "完结"},
        "a split's return": {
            "out_order_no": "S1",
            "out_return_no": "B1",
            "return_mchid": tea.mchid,
            "amount": 1,
            "description": "退货",
        },
        "a transfer": {
            "appid": tea.appid,
            "out_bill_no": "T1",
            "transfer_scene_id": "1000",
            "openid": "opn_nobody",
            "transfer_amount": 1,
            "transfer_remark": "谢谢",
            "transfer_scene_report_infos": [report],
        },
    }


@pytest.mark.parametrize("kind", ADDRESSES)
async def test_a_field_that_means_nothing_here_must_be_json_all_the_same(
    street: Street, tea: Merchant, kind: str
) -> None:
    """Whoever got a 500 for it would send it again for ever."""
    text = json.dumps(asked(tea)[kind] | {"goods_tag": "HERE"}).encode()
    before = await street.kept()
    for value in ODD:
        content = text.replace(b'"HERE"', value)
        said = await tea.refused("PARAM_ERROR", "POST", ADDRESSES[kind], content=content)
        assert "JSON" in said or "out of range" in said
    assert await street.kept() == before
