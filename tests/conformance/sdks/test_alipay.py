"""Three SDKs of Alipay, unmodified: from an order to its bill, and what they make of every refusal."""

import asyncio
import base64
import contextlib
import io
import socket
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import aiohttp.web
import httpx2
import pytest

from changliao.kernel.instant import DAY_US
from tests.conformance.sdks.driver import Driver, driven, listening, needs
from tests.patience import PATIENCE_S
from tests.wire.alipay_shop import AlipayShop, alipay_shop
from tests.wire.platform import Receiver, Town

pytestmark = pytest.mark.slow

ORDER = {"total_amount": "88.80", "subject": "一壶茶 & 杯"}
SOLD = {"total_amount": "10.00", "subject": "一壶茶"}
BILL = "alipay.data.dataservice.bill.downloadurl.query"
REFUSED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("query", {"out_trade_no": "nobody"}, "ACQ.TRADE_NOT_EXIST"),
    ("precreate", SOLD | {"out_trade_no": "open", "subject": "x"}, "ACQ.CONTEXT_INCONSISTENT"),
    ("precreate", SOLD | {"out_trade_no": "paid"}, "ACQ.TRADE_HAS_SUCCESS"),
    ("precreate", SOLD | {"out_trade_no": "closed"}, "ACQ.TRADE_HAS_CLOSE"),
    ("close", {"out_trade_no": "paid"}, "ACQ.TRADE_STATUS_ERROR"),
    ("refund", {"out_trade_no": "closed", "refund_amount": "1"}, "ACQ.TRADE_STATUS_ERROR"),
    (
        "refund",
        {"out_trade_no": "paid", "refund_amount": "9.01"},
        "ACQ.REASON_TRADE_REFUND_FEE_ERR",
    ),
    (
        "refund",
        {"out_trade_no": "paid", "refund_amount": "2", "out_request_no": "r"},
        "ACQ.DISCORDANT_REPEAT_REQUEST",
    ),
)
"""What a caller is refused of an open order, of a closed one, and of one of 10.00 of which 1.00 went back
as `r`. No replay is among it: the protocol has no nonce, and a request that comes twice is answered twice."""


@pytest.fixture
async def ear() -> AsyncIterator[Receiver]:
    receiver = await Receiver().start()
    receiver.answers += [aiohttp.web.Response(text="success") for _ in range(9)]
    yield receiver
    await receiver.stop()


class Till:
    """A shop with one of the SDKs, and the people who pay it."""

    def __init__(self, shop: AlipayShop, sdk: Driver) -> None:
        self.shop, self.sdk = shop, sdk

    async def pay(self, url: str) -> str:
        """Somebody opens the SDK's address, is led to the cashier and pays."""
        async with httpx2.AsyncClient() as browser:
            answer = await browser.get(url)
        assert answer.status_code == 302, answer.text
        return await self.pay_at(answer.headers["location"])

    async def pay_at(self, cashier_url: str) -> str:
        """Somebody pays at the cashier."""
        return await self.shop.pay(await self.shop.town.person(money=50_000), cashier_url)


def free_socket() -> socket.socket:
    """A port of this machine."""
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    return place


def socket_at_80() -> socket.socket:
    """127.0.0.2:80, because the official SDK ignores ports."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind(("127.0.0.2", 80))
    except OSError as error:
        place.close()
        pytest.skip(f"alipay-sdk-python ignores ports, and 127.0.0.2:80 cannot be had: {error}")
    return place


@contextlib.asynccontextmanager
async def till(
    tmp_path: Path, bound: Callable[[], socket.socket], sdk: str, script: str
) -> AsyncIterator[Till]:
    """A town on a socket, a shop in it, and the SDK configured by what onboarding handed out."""
    needs(sdk, script)
    place = bound()
    host, port = place.getsockname()
    url = f"http://{host}" + ("" if port == 80 else f":{port}")
    town = Town(tmp_path, alipay_url=url)
    town.clock.ahead_us = -2 * DAY_US
    shop = await alipay_shop(await town.start())
    await shop.paid("two days ago", "3.21")  # For a bill; SDKs sign by the machine's own clock.
    town.clock.ahead_us = 0
    files = {one["name"]: one["content"] for one in shop.view["files"]}
    config = shop.view["values"] | {
        "app_private_key": files["app_private_key_pkcs1.txt"].strip(),
        "app_private_key_pem": files["app_private_key_pkcs1.pem"],
    }
    async with listening(town, place), driven(sdk, script, config) as driver:
        yield Till(shop, driver)
    await shop.http.aclose()
    await town.stop()


async def callback(ear: Receiver, number: int) -> dict[str, str]:
    """The callback of this number, from 1."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if len(ear.heard) >= number:
                break
            await asyncio.sleep(0.02)
    return dict(parse_qsl(ear.heard[number - 1][1].decode(), keep_blank_values=True))


async def every_refusal(
    one: Till,
    ask: Callable[[str, dict[str, str]], Awaitable[tuple[str, str]]],
    gate: Callable[[], Awaitable[str]],
) -> None:
    """The table through an SDK, then a wrong key and a wrong clock. `ask` answers code and sub-code, `gate`
    what the SDK has when the gateway itself refuses a query."""
    shop, town = one.shop, one.shop.town
    await shop.paid("paid")
    back = {"out_trade_no": "paid", "refund_amount": "1.00", "out_request_no": "r"}
    assert (await shop.ask("alipay.trade.refund", back))["code"] == "10000"
    for number in ("open", "closed"):
        await shop.precreated(number)
    await shop.ask("alipay.trade.close", {"out_trade_no": "closed"})
    before = await town.everything()
    for method, biz, sub_code in REFUSED:
        told = await ask(f"alipay.trade.{method}", biz)
        assert told == ("40004", sub_code), (method, biz)
    assert await town.everything() == before
    path, other = f"/v1/dialects/{shop.view['id']}/public_key", await alipay_shop(town)
    for key, ahead_s, sub_code in (
        (other.view["values"]["app_public_key"], 0, "isv.invalid-signature"),
        (shop.view["values"]["app_public_key"], 400, "isv.invalid-timestamp"),
    ):
        await town.done("PUT", path, {"public_key": key}, token=shop.shop.key)
        town.clock.forward(ahead_s)
        assert sub_code in await gate()
    await other.http.aclose()


def two_days_ago(one: Till) -> dict[str, str]:
    """Which bill has the payment that was there before the SDK began."""
    day = one.shop.now() + timedelta(hours=8, days=-2)
    return {"bill_type": "trade", "bill_date": day.strftime("%Y-%m-%d")}


async def downloaded(url: str) -> str:
    """The first file of the bill at this address."""
    async with httpx2.AsyncClient() as browser:
        answer = await browser.get(url)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return archive.read(archive.namelist()[0]).decode("gbk")


class Form(HTMLParser):
    """The form that the SDK's page posts by itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action, self.fields = "", dict[str, str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = said["action"]
        elif tag == "input" and "name" in said:
            self.fields[said["name"]] = said["value"]


# alipay-sdk-python ---------------------------------------------------------------------------


@pytest.fixture
async def official(tmp_path: Path) -> AsyncIterator[Till]:
    async with till(tmp_path, socket_at_80, "alipay-official", "alipay_official.py") as found:
        yield found


async def executed(one: Till, method: str, biz: dict[str, Any], **said: str) -> dict[str, Any]:
    """A reply whose signature the official SDK has verified."""
    told = await one.sdk.ask("execute", method=method, biz=biz, **said)
    assert isinstance(told, dict)
    return told


async def test_the_official_sdk_from_an_order_to_its_bill(official: Till, ear: Receiver) -> None:
    town = official.shop.town
    order = ORDER | {"out_trade_no": "o-1", "product_code": "FAST_INSTANT_TRADE_PAY"}
    url = await official.sdk.ask(
        "page",
        http_method="GET",
        method="alipay.trade.page.pay",
        biz=order,
        notify_url=ear.url,
        return_url="https://shop.example/done",
    )
    trade_no = await official.pay(url)
    form = await callback(ear, 1)
    key = official.shop.view["values"]["alipay_public_key"]
    assert await official.sdk.ask("verify", form=form, alipay_public_key=key) is True
    tampered = form | {"total_amount": "0.01"}
    said = await official.sdk.trouble("verify", form=tampered, alipay_public_key=key)
    assert "VerificationError" in said
    found = await executed(official, "alipay.trade.query", {"out_trade_no": "o-1"})
    assert (found["trade_status"], found["trade_no"]) == ("TRADE_SUCCESS", trade_no)
    back = {"out_trade_no": "o-1", "refund_amount": "8.80", "out_request_no": "r-1"}
    refund = await executed(official, "alipay.trade.refund", back)
    assert (refund["code"], refund["fund_change"], refund["refund_fee"]) == ("10000", "Y", "8.80")
    asked = {"out_trade_no": "o-1", "out_request_no": "r-1"}
    looked = await executed(official, "alipay.trade.fastpay.refund.query", asked)
    assert looked["refund_status"] == "REFUND_SUCCESS"
    other = ORDER | {"out_trade_no": "o-2"}
    assert (await executed(official, "alipay.trade.precreate", other))["qr_code"]
    assert (await executed(official, "alipay.trade.close", {"out_trade_no": "o-2"}))["trade_no"]
    link = await executed(official, BILL, two_days_ago(official))
    assert "two days ago" in await downloaded(link["bill_download_url"])
    assert await town.wrong() == []


async def test_the_official_sdks_form_and_order_string_are_taken(official: Till) -> None:
    order = ORDER | {"out_trade_no": "o-3", "product_code": "QUICK_WAP_WAY"}
    page = await official.sdk.ask(
        "page", http_method="POST", method="alipay.trade.wap.pay", biz=order
    )
    form = Form(page)
    async with httpx2.AsyncClient() as browser:
        answer = await browser.post(form.action, data=form.fields)
        assert answer.status_code == 302
        string = await official.sdk.ask(
            "sdk", method="alipay.trade.app.pay", biz=ORDER | {"out_trade_no": "o-4"}
        )
        kind = {"content-type": "application/x-www-form-urlencoded"}
        told = await browser.post(
            official.shop.view["values"]["gateway"], content=string, headers=kind
        )
    said = told.json()["alipay_trade_app_pay_response"]
    assert said["cashier_url"].startswith("http://changliao.localhost/pay/")


async def test_the_official_sdk_reads_every_refusal_because_http_says_200(official: Till) -> None:
    async def ask(method: str, biz: dict[str, str]) -> tuple[str, str]:
        told = await executed(official, method, biz)
        return told["code"], told["sub_code"]

    async def gate() -> str:
        said = {"method": "alipay.trade.query", "biz": {"out_trade_no": "open"}}
        return await official.sdk.trouble("execute", **said)

    await every_refusal(official, ask, gate)


# python-alipay-sdk ---------------------------------------------------------------------------


@pytest.fixture
async def fzlee(tmp_path: Path) -> AsyncIterator[Till]:
    async with till(tmp_path, free_socket, "alipay-fzlee", "alipay_fzlee.py") as found:
        yield found


async def test_python_alipay_sdk_from_an_order_to_its_bill_and_a_transfer(
    fzlee: Till, ear: Receiver
) -> None:
    gateway = fzlee.shop.view["values"]["gateway"]

    async def call(name: str, **said: Any) -> Any:
        return await fzlee.sdk.ask(f"api_alipay_{name}", **{"with": said})

    string = await call(
        "trade_wap_pay", **ORDER, out_trade_no="f-1", notify_url=ear.url, return_url=None
    )
    assert "QUICK_WAP_PAY" in string
    trade_no = await fzlee.pay(f"{gateway}?{string}")
    form = await callback(ear, 1)
    assert await fzlee.sdk.ask("verify", form=form) is True
    assert await fzlee.sdk.ask("verify", form=form | {"total_amount": "0.01"}) is False
    raw = base64.b64decode(form["sign"])
    changed = base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()
    assert await fzlee.sdk.ask("verify", form=form | {"sign": changed}) is False
    found = await call("trade_query", out_trade_no="f-1")
    assert (found["trade_status"], found["trade_no"]) == ("TRADE_SUCCESS", trade_no)
    back = {"refund_amount": "8.80", "out_trade_no": "f-1", "out_request_no": "r-1"}
    assert (await call("trade_refund", **back))["fund_change"] == "Y"
    assert (await call("trade_refund", **back))["fund_change"] == "N"
    looked = await call("trade_fastpay_refund_query", out_request_no="r-1", out_trade_no="f-1")
    assert looked["refund_amount"] == "8.80"
    assert (await callback(ear, 2))["refund_fee"] == "8.80"
    made = await call("trade_precreate", **ORDER, out_trade_no="f-2")
    assert made["code"] == "10000"
    assert (await call("trade_close", out_trade_no="f-2"))["code"] == "10000"
    assert (await call("trade_cancel", out_trade_no="f-1"))["action"] == "refund"
    await fzlee.pay_at((await call("trade_precreate", **ORDER, out_trade_no="f-3"))["qr_code"])
    mei = await fzlee.shop.town.person()
    payee = {"identity": mei.handle, "identity_type": "ALIPAY_LOGON_ID"}
    biz = {"out_biz_no": "t-1", "trans_amount": "0.50", "payee_info": payee}
    sent = await fzlee.sdk.ask("server", method="alipay.fund.trans.uni.transfer", biz=biz)
    assert sent["status"] == "SUCCESS"
    link = await fzlee.sdk.ask("server", method=BILL, biz=two_days_ago(fzlee))
    assert "two days ago" in await downloaded(link["bill_download_url"])
    scanned = await call(
        "trade_pay", out_trade_no="f-4", scene="bar_code", auth_code="1", subject="x"
    )
    assert scanned["sub_code"] == "ACQ.PAYMENT_AUTH_CODE_INVALID"
    assert await fzlee.shop.town.wrong() == []


async def test_python_alipay_sdk_reads_refusals_and_numbers_that_are_no_texts(fzlee: Till) -> None:
    said = {"out_trade_no": "f-5", "total_amount": 0.01, "subject": "x"}
    assert (await fzlee.sdk.ask("api_alipay_trade_precreate", **{"with": said}))["code"] == "10000"
    said |= {"total_amount": 0.02}
    told = await fzlee.sdk.ask("api_alipay_trade_precreate", **{"with": said})
    assert (told["code"], told["sub_code"]) == ("40004", "ACQ.CONTEXT_INCONSISTENT")

    async def ask(method: str, biz: dict[str, str]) -> tuple[str, str]:
        told = await fzlee.sdk.ask("server", method=method, biz=biz)
        return told["code"], told["sub_code"]

    async def gate() -> str:
        said = {"method": "alipay.trade.query", "biz": {"out_trade_no": "open"}}
        return await fzlee.sdk.trouble("server", **said)

    await every_refusal(fzlee, ask, gate)


# npm: alipay-sdk ----------------------------------------------------------------------------


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Till]:
    async with till(tmp_path, free_socket, "alipay-npm", "alipay_node.mjs") as found:
        yield found


async def test_alipay_sdk_of_npm_from_an_order_to_its_bill(node: Till, ear: Receiver) -> None:
    said = {"notifyUrl": ear.url, "returnUrl": "https://shop.example/done"}
    order = ORDER | {"out_trade_no": "n-1", "product_code": "FAST_INSTANT_TRADE_PAY"}
    method = "alipay.trade.page.pay"
    url = await node.sdk.ask("page", method=method, biz=order, **{"with": said})
    trade_no = await node.pay(url)
    form = await callback(ear, 1)
    for way in ("verify", "verify v2"):
        assert await node.sdk.ask(way, form=form) is True
        assert await node.sdk.ask(way, form=form | {"total_amount": "0.01"}) is False

    async def asked(method: str, biz: dict[str, Any]) -> Any:
        return await node.sdk.ask("exec", method=f"alipay.trade.{method}", biz=biz)

    found = await asked("query", {"out_trade_no": "n-1"})
    assert (found["tradeStatus"], found["tradeNo"]) == ("TRADE_SUCCESS", trade_no)
    back = {"out_trade_no": "n-1", "refund_amount": "8.80", "out_request_no": "r-1"}
    assert (await asked("refund", back))["fundChange"] == "Y"
    assert (await asked("precreate", ORDER | {"out_trade_no": "n-2"}))["code"] == "10000"
    assert (await asked("close", {"out_trade_no": "n-2"}))["code"] == "10000"
    assert (await asked("query", {"out_trade_no": "n-2"}))["tradeStatus"] == "TRADE_CLOSED"
    link = await node.sdk.ask("exec", method=BILL, biz=two_days_ago(node))
    assert "two days ago" in await downloaded(link["billDownloadUrl"])
    assert await node.shop.town.wrong() == []


async def test_alipay_sdk_of_npm_reads_every_refusal(node: Till) -> None:
    async def ask(method: str, biz: dict[str, str]) -> tuple[str, str]:
        told = await node.sdk.ask("exec", method=method, biz=biz)
        return told["code"], told["subCode"]

    async def gate() -> str:
        said = {"method": "alipay.trade.query", "biz": {"out_trade_no": "open"}}
        assert "signature" in await node.sdk.trouble("exec", **said)  # The gateway's are unsigned.
        return str((await node.sdk.ask("exec", **said, validate=False))["subCode"])

    await every_refusal(node, ask, gate)
