"""The SDK wechatpayv3, unmodified, against a running server: from the first order to the closed one.

One attribute is set after it was made, as a shop would: the address. It blocks, so it runs in threads.
"""

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.wire.platform import Receiver, Someone
from tests.wire.wechat.refused import Said, every_refusal
from tests.wire.wechat.street import Merchant, Street
from tests.wire.wechat.test_bills import today
from tests.wire.wechat.test_notices import heard

sdk = pytest.importorskip("wechatpayv3", reason="wechatpayv3 is not installed: scripts/setup test")

Calls = Callable[..., Any]
NATIVE, H5 = sdk.WeChatPayType.NATIVE, sdk.WeChatPayType.H5


def settings(shop: Merchant, notify_url: str, **said: Any) -> dict[str, Any]:
    """What a shop configures, out of its onboarding."""
    return {
        "wechatpay_type": NATIVE,
        "mchid": shop.mchid,
        "appid": shop.appid,
        "private_key": shop.files["apiclient_key.pem"],
        "cert_serial_no": shop.serial,
        "apiv3_key": shop.apiv3_key,
        "notify_url": notify_url,
    } | said


def by_public_key(shop: Merchant) -> dict[str, Any]:
    """Public-key mode."""
    key, name = shop.files["pub_key.pem"], shop.values["public_key_id"]
    return {"public_key": key, "public_key_id": name}


def by_certificate(shop: Merchant, folder: Path) -> dict[str, Any]:
    """Certificate mode: its folder holds our certificate, as the kit has it."""
    name = f"{shop.values['platform_serial_no']}.pem"
    (folder / name).write_text(shop.files[name])
    return {"cert_dir": str(folder)}


class InThread:
    """The blocking SDK, called from a loop that serves its answers."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Calls:
        method = getattr(self.client, name)

        async def call(*values: Any, **said: Any) -> Any:
            return await asyncio.to_thread(method, *values, **said)

        return call


def blocking(street: Street, shop: Merchant, hook: Receiver, **said: Any) -> InThread:
    """The SDK, with its one new line."""
    client = sdk.WeChatPay(**settings(shop, hook.url, **said))
    client._core._gate_way = street.url
    return InThread(client)


class ByPython:
    """The table of refusals in the words of this SDK, blocking or not."""

    def __init__(self, pay: Any) -> None:
        self._pay = pay

    async def order(self, number: str, words: str) -> Said:
        return self._read(await self._pay.pay(words, number, {"total": 1000, "currency": "CNY"}))

    async def close(self, number: str) -> Said:
        return self._read(await self._pay.close(number))

    async def query(self, number: str) -> Said:
        return self._read(await self._pay.query(out_trade_no=number))

    async def refund(self, number: str, amount: int, refund_number: str) -> Said:
        back = {"refund": amount, "total": 1000, "currency": "CNY"}
        return self._read(await self._pay.refund(refund_number, back, out_trade_no=number))

    def _read(self, told: tuple[int, Any]) -> Said:
        return told[0], json.loads(told[1]) if told[1] else None


async def whole_story(
    street: Street, shop: Merchant, lin: Someone, hook: Receiver, pay: Any, client: Any
) -> None:
    """Order, cashier, callback, query, partial refund, bill, close; `pay` calls, `client` is the SDK."""
    number = "STORY" + shop.mchid
    amount = {"total": 1000, "currency": "CNY"}
    code, said = await pay.pay("茶叶", number, amount, attach="桌 7")
    assert code == 200, said
    assert (await pay.pay("茶叶", number, amount, attach="桌 7")) == (code, said)
    await street.pays(lin, json.loads(said)["code_url"])
    (headers, body), *_ = await heard(hook, 1)
    told = client.callback(headers, body)
    assert (told["event_type"], told["resource"]["out_trade_no"]) == ("TRANSACTION.SUCCESS", number)
    assert told["resource"]["amount"]["payer_total"] == 1000
    assert not client.callback(headers, body.replace(b"TRANSACTION", b"TRANSITION"))
    code, said = await pay.query(out_trade_no=number)
    order = json.loads(said)
    assert (code, order["trade_state"]) == (200, "SUCCESS")
    assert order == told["resource"]
    code, said = await pay.query(transaction_id=order["transaction_id"])
    assert (code, json.loads(said)) == (200, order)
    back = {"refund": 300, "total": 1000, "currency": "CNY"}
    code, said = await pay.refund("R" + number, back, out_trade_no=number, reason="少发")
    assert (code, json.loads(said)["status"]) == (200, "SUCCESS")
    code, said = await pay.query_refund("R" + number)
    assert (code, json.loads(said)["amount"]["refund"]) == (200, 300)
    told = client.callback(*(await heard(hook, 2))[1])
    assert (told["event_type"], told["resource"]["refund_status"]) == ("REFUND.SUCCESS", "SUCCESS")
    for bill in (pay.trade_bill, pay.fundflow_bill):
        code, said = await bill(today(street))
        assert code == 200, said
        code, file = await pay.download_bill(json.loads(said)["download_url"])
        assert code == 200 and b"2.50" not in file
        assert number in gzip.decompress(file).decode()
    code, said = await pay.pay("茶叶", "CLOSE" + shop.mchid, amount)
    assert code == 200
    assert (await pay.close("CLOSE" + shop.mchid))[0] == 204
    code, said = await pay.query(out_trade_no="CLOSE" + shop.mchid)
    assert json.loads(said)["trade_state"] == "CLOSED"
    await refusals(pay, number, amount)


async def refusals(pay: Any, number: str, amount: dict[str, Any]) -> None:
    """What its callers know besides what every SDK is refused."""

    async def no(status: int, word: str, asked: Any) -> None:
        code, said = await asked
        assert (code, json.loads(said)["code"]) == (status, word), said

    await no(400, "PARAM_ERROR", pay.query(out_trade_no=number, mchid="1000000000"))
    await no(404, "RESOURCE_NOT_EXISTS", pay.query_refund("R9" + number))
    await no(400, "APPID_MCHID_NOT_MATCH", pay.pay("茶", "OTHER" + number[5:], amount, appid="wx0"))


@pytest.mark.parametrize("mode", ["public key", "certificate"])
async def test_the_blocking_sdk_lives_a_whole_shops_life(
    street: Street, lin: Someone, hook: Receiver, tmp_path: Path, mode: str
) -> None:
    shop = await street.merchant()
    said = by_public_key(shop) if mode == "public key" else by_certificate(shop, tmp_path)
    if mode == "certificate":
        await by_the_certificate(street, shop)
    pay = blocking(street, shop, hook, **said)
    await whole_story(street, shop, lin, hook, pay, pay.client)
    key = (await street.merchant()).files["apiclient_key.pem"]
    stranger = blocking(street, shop, hook, **by_public_key(shop), private_key=key)
    await every_refusal(street, lin, ByPython(pay), ByPython(stranger))


async def by_the_certificate(street: Street, shop: Merchant) -> None:
    """Choose certificates for notifications."""
    body = {"settings": {"verify_with": "certificate"}}
    at = f"/v1/dialects/{shop.account_id}/settings"
    await street.town.done("PUT", at, body, token=shop.shop.key)


@pytest.mark.parametrize("mode", ["public key", "certificate"])
async def test_the_async_sdk_lives_a_whole_shops_life(
    street: Street, lin: Someone, hook: Receiver, mode: str
) -> None:
    aside = pytest.importorskip("wechatpayv3.async_", reason="wechatpayv3[async] is not installed")
    shop = await street.merchant()
    if mode == "certificate":
        await by_the_certificate(street, shop)
    said = by_public_key(shop) if mode == "public key" else {}
    said["wechatpay_type"] = aside.WeChatPayType.NATIVE
    client = aside.AsyncWeChatPay(**settings(shop, hook.url, **said))
    client._core._gate_way = street.url  # Before its constructor's end it asks for nothing ...
    async with client:  # ... and here it fetches our certificates by itself.
        await whole_story(street, shop, lin, hook, client, client)
        key = (await street.merchant()).files["apiclient_key.pem"]
        said = by_public_key(shop) | {"wechatpay_type": said["wechatpay_type"], "private_key": key}
        other = aside.AsyncWeChatPay(**settings(shop, hook.url, **said))
        other._core._gate_way = street.url
        async with other:
            await every_refusal(street, lin, ByPython(client), ByPython(other))


async def test_an_sdk_signs_odd_numbers_and_queries_in_its_own_way(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    """Quirks 3 and 4 as the SDK has them."""
    shop = await street.merchant()
    pay = blocking(street, shop, hook, **by_public_key(shop))
    amount = {"total": 100, "currency": "CNY"}
    for number in ("a|b@c*d-e", "plain_00"):
        scene = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
        code, said = await pay.pay("茶", number, amount, pay_type=H5, scene_info=scene)
        assert code == 200, said
        await street.pays(lin, json.loads(said)["h5_url"])
        code, said = await pay.query(out_trade_no=number)
        assert (code, json.loads(said)["trade_type"]) == (200, "MWEB")


async def test_the_callback_reads_header_names_in_any_case(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    """Quirk 6: a web framework may hand headers on in its own spelling."""
    shop = await street.merchant()
    client = blocking(street, shop, hook, **by_public_key(shop)).client
    await shop.bought(lin, notify_url=hook.url)
    headers, body = (await heard(hook, 1))[0]
    django = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    titled = {name.title(): value for name, value in headers.items()}
    for spelled in (headers, django, titled):
        assert client.callback(spelled, body)["event_type"] == "TRANSACTION.SUCCESS"
    wrong = dict(headers) | {"wechatpay-nonce": "other"}
    assert client.callback(wrong, body) is None


async def test_a_wrong_apiv3_key_opens_no_callback(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    shop = await street.merchant()
    client = blocking(street, shop, hook, **by_public_key(shop), apiv3_key="x" * 32).client
    await shop.bought(lin, notify_url=hook.url)
    assert client.callback(*(await heard(hook, 1))[0]) is None


async def test_a_transfer_waits_for_the_person(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    shop = await street.merchant()
    paid = await shop.bought(lin, amount={"total": 5000})
    pay = blocking(street, shop, hook, **by_public_key(shop))
    openid = paid["payer"]["openid"]
    reports = [{"info_type": "活动名称", "info_content": "新会员有礼"}]

    async def asked(number: str, amount: int = 1000) -> tuple[int, Any]:
        code, said = await pay.mch_transfer_bills(
            number, "1000", openid, amount, "谢谢", "林", None, reports
        )
        return code, json.loads(said)

    code, first = await asked("T1")
    assert (code, first["state"], first["out_bill_no"]) == (200, "WAIT_USER_CONFIRM", "T1")
    assert await asked("T1") == (200, first)  # Though the name is encrypted anew.
    assert (await asked("T1", 1001))[0] == 400
    before = await street.town.balance(lin)
    at = f"/v1/wallet/incoming_transfers/{first['transfer_bill_no']}/acceptance"
    await street.town.done("POST", at, {}, token=lin.token)
    assert await street.town.balance(lin) == before + 1000
    said = json.loads((await pay.mch_transfer_bills_query(out_bill_no="T1"))[1])
    assert (said["state"], said["openid"], said["transfer_amount"]) == ("SUCCESS", openid, 1000)
    told = pay.client.callback(*(await heard(hook, 1))[0])
    assert told["event_type"] == "MCHTRANSFER.BILL.FINISHED"
    assert told["resource"]["state"] == "SUCCESS"
    await asked("T2")
    code, said = await pay.mch_transfer_bills_cancel("T2")
    assert (code, json.loads(said)["state"]) == (200, "CANCELLED")
    code, said = await asked("T3", 100_000)
    assert (code, said["code"]) == (403, "NOT_ENOUGH")
    code, said = await pay.mch_transfer_bills_query(out_bill_no="T9")
    assert (code, json.loads(said)["code"]) == (404, "RESOURCE_NOT_EXISTS")
