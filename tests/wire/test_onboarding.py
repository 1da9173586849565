"""Coming on board of a dialect: numbers, files that the SDKs take, keys that are replaced, the self-check."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp.web
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from changliao.wire.rsa import bare, new_pair, public_of
from tests.wire.alipay_shop import AlipayShop, alipay_shop
from tests.wire.platform import Receiver, Town


@pytest.fixture
async def ear() -> AsyncIterator[Receiver]:
    receiver = await Receiver().start()
    yield receiver
    await receiver.stop()


async def test_every_file_is_the_same_key_in_another_spelling(town: Town) -> None:
    shop = await alipay_shop(town)
    files = {one["name"]: one["content"] for one in shop.view["files"]}
    keys = [
        load_pem_private_key(files["app_private_key_pkcs1.pem"].encode(), None),
        load_pem_private_key(files["app_private_key_pkcs8.pem"].encode(), None),
        load_der_private_key(base64.b64decode(files["app_private_key_pkcs1.txt"]), None),
        load_der_private_key(base64.b64decode(files["app_private_key_pkcs8.txt"]), None),
    ]
    public = set()
    for key in keys:
        assert isinstance(key, RSAPrivateKey) and key.key_size == 2048
        public.add(public_of(key.public_key()))
    assert public == {files["app_public_key.pem"]}
    assert "BEGIN RSA PRIVATE KEY" in files["app_private_key_pkcs1.pem"]
    assert bare(files["alipay_public_key.pem"]) == files["alipay_public_key.txt"].strip()
    values = shop.view["values"]
    assert values["alipay_public_key"] == files["alipay_public_key.txt"].strip()
    assert (len(values["app_id"]), values["app_id"][:4]) == (16, "9021")
    assert (len(values["seller_id"]), values["seller_id"][:4]) == (16, "2088")
    assert values["gateway"] == "http://alipay.localhost/gateway.do"


async def test_lines_name_the_gateway_and_the_number_for_every_sdk(town: Town) -> None:
    shop = await alipay_shop(town)
    sdks = {one["sdk"]: one["code"] for one in shop.view["lines"]}
    assert set(sdks) == {
        *("alipay-sdk-python", "python-alipay-sdk", "alipay-sdk (Node)", "alipay-sdk-java")
    }
    for code in sdks.values():
        assert shop.number in code and "http://alipay.localhost/gateway.do" in code
        assert "PRIVATE KEY-----" not in code


async def test_a_shop_with_its_own_key_is_given_no_private_one(town: Town) -> None:
    shop = await town.shop()
    private, public = new_pair()
    body = {"dialect": "alipay", "public_key": bare(public)}
    view = await town.done("POST", "/v1/dialects", body, token=shop.key)

    assert {one["name"] for one in view["files"]} == {
        *("alipay_public_key.pem", "alipay_public_key.txt")
    }
    assert "PRIVATE" not in repr(view)
    view["files"].append({"name": "app_private_key_pkcs8.pem", "content": private.decode()})
    told = await AlipayShop(town, shop, view).ask("alipay.trade.query", {"out_trade_no": "x"})
    assert told["sub_code"] == "ACQ.TRADE_NOT_EXIST"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"dialect": "nobody"}, "dialect_unknown"),
        ({"dialect": "alipay", "public_key": "no key"}, "public_key_invalid"),
        ({"dialect": "alipay", "public_key": "x" * 5000}, "public_key_invalid"),
        (
            {"dialect": "alipay", "public_key": "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK"},
            "public_key_invalid",
        ),
    ],
)
async def test_what_cannot_be_is_refused(town: Town, body: dict[str, str], code: str) -> None:
    shop = await town.shop()
    before = await town.everything()
    answer = await town.call("POST", "/v1/dialects", body, token=shop.key)
    assert answer.json()["code"] == code
    assert await town.everything() == before


async def test_one_account_per_dialect_until_it_is_closed(town: Town) -> None:
    shop = await alipay_shop(town)
    body = {"dialect": "alipay"}
    again = await town.call("POST", "/v1/dialects", body, token=shop.shop.key)
    assert (again.status_code, again.json()["code"]) == (409, "dialect_account_taken")
    path = f"/v1/dialects/{shop.view['id']}"
    await town.done("DELETE", path, token=shop.shop.key)
    other = await town.done("POST", "/v1/dialects", body, token=shop.shop.key)
    assert other["number"] != shop.number
    assert other["values"]["alipay_public_key"] == shop.view["values"]["alipay_public_key"]


async def test_a_key_made_anew_is_shown_once_and_signs_from_then_on(town: Town) -> None:
    shop = await alipay_shop(town)
    path = f"/v1/dialects/{shop.view['id']}/public_key"
    empty = await town.call("PUT", path, {"public_key": ""}, token=shop.shop.key)
    assert empty.json()["code"] == "public_key_invalid", (
        "a field that was forgotten changes nothing"
    )
    answer = await town.done("PUT", path, {}, token=shop.shop.key)
    files = {one["name"]: one["content"] for one in answer["files"]}
    assert answer["number"] == shop.number and "alipay_public_key.pem" not in files
    assert answer["values"]["app_public_key"] == bare(files["app_public_key.pem"])
    told = await shop.ask("alipay.trade.query", {"out_trade_no": "a"})
    assert told["sub_code"] == "isv.invalid-signature"
    shop.private_key = files["app_private_key_pkcs8.pem"].encode()
    told = await shop.ask("alipay.trade.query", {"out_trade_no": "a"})
    assert told["sub_code"] == "ACQ.TRADE_NOT_EXIST"


async def checked(shop: AlipayShop) -> dict[str, Any]:
    """The self-check's lines by their names."""
    path = f"/v1/dialects/{shop.view['id']}/checks"
    told = await shop.town.done("POST", path, token=shop.shop.key)
    assert told["well"] == all(one["well"] for one in told["items"])
    return {one["name"]: one for one in told["items"]}


async def test_a_shop_that_has_asked_for_nothing_yet_is_told_so(town: Town) -> None:
    found = await checked(await alipay_shop(town))

    assert {name: one["code"] for name, one in found.items()} == {
        "our_key": "our_key_fits",
        "signature": "no_request",
        "clock": "no_clock",
        "callback": "no_callback",
    }


async def test_a_shop_where_all_is_well_is_told_so(town: Town, ear: Receiver) -> None:
    shop = await alipay_shop(town)
    ear.answers.append(aiohttp.web.Response(text="what is this?"))
    await shop.precreated("check-1", notify_url=ear.url)
    before = await town.everything()

    found = await checked(shop)

    assert all(one["well"] for one in found.values()), found
    assert found["callback"]["figures"]["excerpt"] == "what is this?"
    said = shop.verified(ear.heard[0][1])
    assert said["notify_type"] == "self_check" and "trade_no" not in said
    assert await town.everything() == before


async def test_a_wrong_key_and_a_wrong_clock_are_named(town: Town) -> None:
    shop = await alipay_shop(town)
    right, shop.private_key = shop.private_key, new_pair()[0]
    await shop.send(shop.params("alipay.trade.query", {"out_trade_no": "x"}))
    found = await checked(shop)
    assert (found["signature"]["code"], found["signature"]["well"]) == ("refused", False)
    figures = found["signature"]["figures"]
    assert figures["trouble"] == "isv.invalid-signature"
    assert f"app_id={shop.number}&biz_content=" in figures["signed"]

    shop.private_key = right
    said = shop.params("alipay.trade.query", {}, timestamp="2026-01-01 00:00:00")
    await shop.send(said)
    found = await checked(shop)
    assert found["signature"]["figures"]["trouble"] == "isv.invalid-timestamp"
    assert found["clock"]["code"] == "clock_off" and "Beijing" in found["clock"]["says"]


async def test_a_callback_that_fails_is_named(town: Town, ear: Receiver) -> None:
    shop = await alipay_shop(town)
    await shop.precreated("check-2", notify_url="http://127.0.0.1:9/")
    found = await checked(shop)
    assert found["callback"]["code"] == "callback_fails"
    await shop.precreated("check-3", notify_url=ear.url)
    ear.answers.append(aiohttp.web.Response(status=500, text="oops"))
    found = await checked(shop)
    assert found["callback"]["figures"]["trouble"] == "status 500"


async def test_another_shop_learns_nothing_of_it(town: Town) -> None:
    shop, stranger = await alipay_shop(town), await town.shop()
    assert (await town.done("GET", "/v1/dialects", token=stranger.key))["items"] == []
    for method, end in (("POST", "/checks"), ("GET", "/notices"), ("DELETE", "")):
        path = f"/v1/dialects/{shop.view['id']}{end}"
        answer = await town.call(method, path, token=stranger.key)
        assert (answer.status_code, answer.json()["code"]) == (404, "dialect_account_not_found")
