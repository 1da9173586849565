"""What must not pass Alipay's gateway: bytes changed on the way, old requests, odd numbers, bad addresses."""

import base64
import time
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import msgspec
import pytest

from changliao.dialects.api.alipay import forms
from changliao.dialects.api.alipay.faults import Fault
from changliao.wire.call import Answer, Call
from changliao.wire.http import Http
from changliao.wire.routes import Route
from changliao.wire.rsa import new_pair
from tests.wire.alipay_shop import AlipayShop, alipay_shop
from tests.wire.platform import Town

BIZ = {"out_trade_no": "a-1", "total_amount": "10.00", "subject": "一壶茶"}
PRECREATE = "alipay.trade.precreate"


@pytest.fixture(scope="module")
async def shop(town: Town) -> AlipayShop:
    return await alipay_shop(town)


async def refused(shop: AlipayShop, said: dict[str, str], how: str = "split") -> dict[str, str]:
    """The gateway's own refusal: HTTP 200, no signature, nothing written."""
    before = await shop.town.everything()
    answer = await shop.send(said, how=how)
    assert answer.status_code == 200, answer.text
    told = msgspec.json.decode(answer.content)
    assert "sign" not in told and len(told) == 1
    assert await shop.town.everything() == before
    return dict(next(iter(told.values())))


@pytest.mark.parametrize("how", ["get", "split", "form"])
@pytest.mark.parametrize(
    "changed",
    ["biz_content", "notify_url", "timestamp", "method", "added", "dropped"],
)
async def test_one_byte_changed_on_the_way_is_an_invalid_signature(
    shop: AlipayShop, how: str, changed: str
) -> None:
    said = shop.params(PRECREATE, BIZ, notify_url="http://127.0.0.1:9/n")
    if changed == "added":
        said["return_url"] = "https://shop.example/"
    elif changed == "dropped":
        del said["notify_url"]
    elif changed == "method":
        said["method"] = "alipay.trade.query"
    elif changed == "biz_content":
        said[changed] = said[changed].replace("10.00", "10.01")
    else:
        said[changed] = said[changed][:-1] + ("7" if said[changed].endswith("8") else "8")

    told = await refused(shop, said, how)

    assert (told["code"], told["sub_code"]) == ("40002", "isv.invalid-signature")


@pytest.mark.parametrize(
    ("change", "sub_code"),
    [
        ({"sign": ""}, "isv.missing-signature"),
        ({"sign": "not base 64!"}, "isv.invalid-signature"),
        ({"sign": base64.b64encode(b"x" * 256).decode()}, "isv.invalid-signature"),
        ({"app_id": ""}, "isv.missing-app-id"),
        ({"app_id": "2021000000000000"}, "isv.invalid-app-id"),
        ({"app_id": "1' OR 1=1"}, "isv.invalid-app-id"),
        ({"method": ""}, "isv.missing-method"),
        ({"timestamp": ""}, "isv.missing-timestamp"),
        ({"sign_type": "RSA"}, "isv.invalid-signature-type"),
        ({"sign_type": ""}, "isv.missing-signature-type"),
        ({"charset": "GBK"}, "isv.invalid-charset"),
        ({"version": "2.0"}, "isv.invalid-version"),
        ({"format": "XML"}, "isv.invalid-format"),
        ({"encrypt_type": "AES"}, "isv.invalid-encrypt-type"),
        ({"app_auth_token": "t"}, "aop.invalid-app-auth-token"),
    ],
    ids=str,
)
async def test_common_parameters_are_looked_at_before_anything_else(
    shop: AlipayShop, change: dict[str, str], sub_code: str
) -> None:
    assert (await refused(shop, shop.params(PRECREATE, BIZ) | change))["sub_code"] == sub_code


async def test_a_method_that_is_not_spoken_here_is_named(shop: AlipayShop) -> None:
    told = await refused(shop, shop.params('alipay.x","y":{', BIZ))
    assert told["sub_code"] == "isv.invalid-method"


async def test_another_shops_key_opens_nothing(shop: AlipayShop, town: Town) -> None:
    other = await alipay_shop(town)
    other.number = shop.number
    told = await refused(other, other.params(PRECREATE, BIZ))
    assert told["sub_code"] == "isv.invalid-signature"


# What is ahead of us comes nearer while it is on its way: some room for a busy machine.
@pytest.mark.parametrize("off_s", [-301, 330, -3600 * 7, 86400])
async def test_a_timestamp_more_than_300_seconds_off_is_refused(
    shop: AlipayShop, off_s: int
) -> None:
    at = shop.now() + timedelta(hours=8, seconds=off_s)
    told = await refused(
        shop, shop.params(PRECREATE, BIZ, timestamp=at.strftime("%Y-%m-%d %H:%M:%S"))
    )
    assert told["sub_code"] == "isv.invalid-timestamp"


@pytest.mark.parametrize("hours", [0, 8])
@pytest.mark.parametrize("off_s", [-280, 0, 295])
async def test_beijing_time_and_utc_are_taken_within_300_seconds(
    shop: AlipayShop, hours: int, off_s: int
) -> None:
    at = shop.now() + timedelta(hours=hours, seconds=off_s)
    said = {"timestamp": at.strftime("%Y-%m-%d %H:%M:%S")}
    told = await shop.ask("alipay.trade.query", {"out_trade_no": "nobody"}, **said)
    assert told["sub_code"] == "ACQ.TRADE_NOT_EXIST"


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30 00:00:00", "2026-11-23T09:30:00", "１"])
async def test_a_timestamp_that_is_none_is_refused(shop: AlipayShop, text: str) -> None:
    told = await refused(shop, shop.params(PRECREATE, BIZ, timestamp=text))
    assert told["sub_code"] == "isv.invalid-timestamp"


@pytest.mark.parametrize(
    "amount",
    [
        *("1e3", "1E3", "0.001", "10.000", "10.", ".5", "-1.00", "+1.00", " 1.00", "1,000.00"),
        *("0", "0.00", "", "007.00", "1_000", "٣.00", "NaN", "Infinity", "0x10", "1.00元"),
        *(1000.001, 1e30, 0, -1, True, None, [], {}),
        "9" * 1_000_000,
        "0." + "0" * 1_000_000 + "1",
    ],
    ids=lambda a: str(a)[:12],
)
def test_an_amount_is_yuan_with_at_most_two_decimals(amount: Any) -> None:
    said = forms.Asked({"biz_content": msgspec.json.encode({"a": amount}).decode()})
    with pytest.raises(Fault) as raised:
        forms.cents(forms.content(said), "a")
    assert raised.value.sub_code == "ACQ.INVALID_PARAMETER"


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("0.01", 1), ("1", 100), ("1.5", 150), ("88.88", 8888), (12, 1200), (0.1, 10), (12.34, 1234)],
)
def test_good_amounts_are_exact(amount: Any, minor: int) -> None:
    said = forms.Asked({"biz_content": msgspec.json.encode({"a": amount}).decode()})
    assert forms.cents(forms.content(said), "a") == minor
    assert forms.yuan(minor) == f"{minor // 100}.{minor % 100:02d}"


@pytest.mark.parametrize("raw", ['{"total_amount":1e3}', '{"total_amount":1' + "0" * 30_000 + "}"])
async def test_a_number_is_read_as_it_was_written(shop: AlipayShop, raw: str) -> None:
    biz = '{"out_trade_no":"n","subject":"s",' + raw[1:]
    told = await shop.ask(PRECREATE, biz, how="form")
    assert told["sub_code"] == "ACQ.INVALID_PARAMETER"


async def test_an_amount_of_a_million_digits_costs_nothing(shop: AlipayShop) -> None:
    said = shop.params(PRECREATE, BIZ | {"total_amount": "9" * 1_000_000})
    told = await refused(shop, said, "form")
    assert told["sub_code"] == "isv.invalid-parameter" and "body" in told["sub_msg"]


@pytest.mark.parametrize(
    "biz",
    [
        *("", "null", "[]", '"x"', "{", "{}", "[" * 5000, '{"a":NaN}', '{"out_trade_no":{}}'),
        '{"out_trade_no":"a","total_amount":"1.00","subject":"\\ud800"}',
        '{"out_trade_no":"\\u0000","total_amount":"1.00","subject":"x"}',
        '{"out_trade_no":"' + "n" * 65 + '","total_amount":"1.00","subject":"x"}',
        '{"out_trade_no":"a\\nb","total_amount":"1.00","subject":"x"}',
    ],
    ids=lambda b: b[:30],
)
async def test_a_biz_content_that_is_none_is_refused(shop: AlipayShop, biz: str) -> None:
    before = await shop.town.everything()
    told = await shop.ask(PRECREATE, biz, how="form")
    assert told["sub_code"] == "ACQ.INVALID_PARAMETER", told
    assert await shop.town.everything() == before


async def test_gbk_bytes_are_refused_clearly(shop: AlipayShop) -> None:
    said = shop.params(PRECREATE, BIZ)
    raw = urlencode({name: value for name, value in said.items() if name != "biz_content"})
    gbk = quote("一壶茶".encode("gbk"))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    for body in (f"biz_content={gbk}".encode(), "biz_content=一壶茶".encode("gbk")):
        answer = await shop.http.post(f"/gateway.do?{raw}", content=body, headers=kind)
        assert answer.status_code == 200
        assert "isv.invalid-charset" in answer.text and "UTF-8" in answer.text


async def test_a_parameter_sent_twice_with_two_values_is_refused(shop: AlipayShop) -> None:
    said = shop.params("alipay.trade.query", {"out_trade_no": "a"})
    other = msgspec.json.encode({"out_trade_no": "b"}).decode()
    answer = await shop.http.post("/gateway.do", params=said, data={"biz_content": other})
    assert "isv.suspected-attack" in answer.text
    same = await shop.http.post("/gateway.do", params=said, data=said)
    assert "ACQ.TRADE_NOT_EXIST" in same.text


async def test_other_shapes_of_a_request_are_answered_200_in_their_words(shop: AlipayShop) -> None:
    json = {"content-type": "application/json"}
    answers = [
        await shop.http.post("/gateway.do", content=b"{}", headers=json),
        await shop.http.post("/gateway.do", content=b"a=" + b"x" * 70_000),
        await shop.http.put("/gateway.do", content=b""),
        await shop.http.get("/gateway.do?" + "&".join(f"a{i}=1" for i in range(200))),
        await shop.http.get("/gateway.do"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        told = answer.json()["error_response"]
        assert told["code"] in ("40001", "40002") and told["sub_code"].startswith("isv.")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://shop.example/",
        "javascript:alert(1)",
        "https://u:p@shop.example/",
        "https://shop.example/ x",
        "https://" + "x" * 2000 + ".example/",
    ],
)
@pytest.mark.parametrize("name", ["notify_url", "return_url"])
async def test_an_address_that_cannot_be_called_is_refused(
    shop: AlipayShop, name: str, url: str
) -> None:
    said = shop.params("alipay.trade.page.pay", BIZ, **{name: url})
    before = await shop.town.everything()
    answer = await shop.send(said, how="get")
    assert "ACQ.INVALID_PARAMETER" in answer.text and name in answer.text
    assert await shop.town.everything() == before


async def test_the_rate_is_counted_before_the_signature_is_looked_at(town: Town) -> None:
    shop = await alipay_shop(town)
    said = shop.params("alipay.trade.query", {"out_trade_no": "a"}) | {"sign": "AA=="}
    words = set()
    for _ in range(5000):
        answer = await shop.send(said, how="get")
        words.add(next(iter(answer.json().values()))["sub_code"])
        if "isv.app-call-limited" in words:
            break
    assert words == {"isv.invalid-signature", "isv.app-call-limited"}


async def test_a_closed_account_and_a_changed_key_are_refused_at_once(town: Town) -> None:
    shop = await alipay_shop(town)
    biz = {"out_trade_no": "a"}
    path = f"/v1/dialects/{shop.view['id']}"
    private, public = new_pair()
    body = {"public_key": public}
    await town.done("PUT", f"{path}/public_key", body, token=shop.shop.key)
    told = await refused(shop, shop.params("alipay.trade.query", biz))
    assert told["sub_code"] == "isv.invalid-signature"
    shop.private_key = private
    assert (await shop.ask("alipay.trade.query", biz))["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    await town.done("DELETE", path, token=shop.shop.key)
    told = await refused(shop, shop.params("alipay.trade.query", biz))
    assert told["sub_code"] == "isv.invalid-app-id"


def test_the_clock_is_measured_in_the_zone_that_suits_it() -> None:
    at = 1_790_000_000_000_000
    beijing = forms.shown(at)
    assert forms.skew_s(beijing, at) == 0
    utc = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at // 1_000_000))
    assert forms.skew_s(utc, at) == 0
    assert forms.skew_s("never", at) is None
    assert UTC in forms.ZONES


async def test_a_bug_of_ours_is_http_200_and_asks_to_try_again(town: Town) -> None:
    async def bug(call: Call) -> Answer:
        raise ZeroDivisionError

    spoken = town.platform.dialects["alipay"]
    http = Http([Route("POST", "/gateway.do", bug)], refused=spoken.refused, broken=spoken.broken)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(http), base_url="http://x")

    answer = await client.post("/gateway.do", content=b"")

    assert answer.status_code == 200
    told = answer.json()["error_response"]
    assert (told["code"], told["sub_code"]) == ("20000", "isp.unknow-error")
    assert "Zero" not in answer.text
    await client.aclose()
