"""Two SDKs of npm, unmodified, against a running server: wechatpay-axios-plugin and wechatpay-node-v3.

`requirements/npm-wechat` locks them by hash: copied to `.venv/sdk/wechat-npm`, `npm ci --ignore-scripts`
puts them where they are looked for. Without them, or without Node, these tests are skipped.
"""

import asyncio
import base64
import gzip
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE_S
from tests.wire.platform import Receiver, Someone
from tests.wire.wechat.refused import Said, every_refusal
from tests.wire.wechat.street import Merchant, Street
from tests.wire.wechat.test_bills import today
from tests.wire.wechat.test_notices import heard

pytestmark = pytest.mark.slow

SDKS = Path(os.environ.get("CHANGLIAO_SDKS") or Path(sys.prefix) / "sdk") / "wechat-npm"
SCRIPT = Path(__file__).parent / "sdks_of_npm.mjs"


class Npm:
    """An SDK in a process of its own, asked line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, do: str, **said: Any) -> Any:
        """What the SDK answered, or the whole of what it raised."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do} | said).encode() + b"\n")
        async with asyncio.timeout(PATIENCE_S):
            line = await self._process.stdout.readline()
        assert line, "the SDK's process has ended"
        told = json.loads(line)
        return told.get("ok", told)

    async def call(self, method: str, path: str, data: Any = None, **said: Any) -> Any:
        """A request by the plugin."""
        return await self.ask("call", method=method, path=path, data=data, **said)

    async def run(self, name: str, *values: Any) -> Any:
        """A method of wechatpay-node-v3."""
        return await self.ask("call", name=name, values=list(values))


@asynccontextmanager
async def sdk_of(shop: Merchant, name: str, **said: Any) -> AsyncIterator[Npm]:
    """The SDK with what a shop configures."""
    node = shutil.which("node")
    if node is None or not SDKS.is_dir():
        pytest.skip(f"no Node, or no SDKs of npm in {SDKS}")
    process = await asyncio.create_subprocess_exec(
        node,
        str(SCRIPT),
        env={"SDK_FOLDER": str(SDKS)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    config = {
        "sdk": name,
        "url": shop.street.url,
        "mchid": shop.mchid,
        "appid": shop.appid,
        "serial": shop.serial,
        "private_key": shop.files["apiclient_key.pem"],
        "certificate": shop.files["apiclient_cert.pem"],
        "apiv3_key": shop.apiv3_key,
        "public_key": shop.files["pub_key.pem"],
        "public_key_id": shop.values["public_key_id"],
        "platform_serial": shop.values["platform_serial_no"],
    }
    assert process.stdin is not None
    process.stdin.write(json.dumps(config | said).encode() + b"\n")
    yield Npm(process)
    process.stdin.close()
    async with asyncio.timeout(PATIENCE_S):
        await process.wait()


def back(number: str, amount: int, refund_number: str = "") -> dict[str, Any]:
    """A refund of an order of 1000."""
    return {
        "out_trade_no": number,
        "out_refund_no": refund_number or f"R{amount}{number}",
        "amount": {"refund": amount, "total": 1000, "currency": "CNY"},
    }


class ByAxios:
    """The table of refusals in the words of the plugin."""

    def __init__(self, npm: Npm, shop: Merchant) -> None:
        self._npm, self._shop = npm, shop
        self._one = "v3/pay/transactions/out-trade-no/"

    async def order(self, number: str, words: str) -> Said:
        body = self._shop.order(out_trade_no=number, description=words)
        return await self._call("POST", "v3/pay/transactions/native", body)

    async def close(self, number: str) -> Said:
        body = {"mchid": self._shop.mchid}
        return await self._call("POST", f"{self._one}{number}/close", body)

    async def query(self, number: str) -> Said:
        return await self._call("GET", self._one + number, params={"mchid": self._shop.mchid})

    async def refund(self, number: str, amount: int, refund_number: str) -> Said:
        body = back(number, amount, refund_number)
        return await self._call("POST", "v3/refund/domestic/refunds", body)

    async def _call(self, *values: Any, **said: Any) -> Said:
        told = await self._npm.call(*values, **said)
        return told["status"], told["data"]


class ByNodeV3:
    """The table of refusals in the words of wechatpay-node-v3."""

    def __init__(self, npm: Npm, shop: Merchant) -> None:
        self._npm, self._shop = npm, shop

    async def order(self, number: str, words: str) -> Said:
        body = self._shop.order(out_trade_no=number, description=words)
        return await self._run("transactions_native", body)

    async def close(self, number: str) -> Said:
        return await self._run("close", number)

    async def query(self, number: str) -> Said:
        return await self._run("query", {"out_trade_no": number})

    async def refund(self, number: str, amount: int, refund_number: str) -> Said:
        return await self._run("refunds", back(number, amount, refund_number))

    async def _run(self, name: str, value: Any) -> Said:
        told = await self._npm.run(name, value)
        return told["status"], json.loads(told["error"]) if "error" in told else told["data"]


async def test_the_axios_plugin_from_an_order_to_its_bill(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    shop = await street.merchant()
    async with sdk_of(shop, "axios") as npm:
        body = shop.order(out_trade_no="a|b@c*d-e", notify_url=hook.url)
        at = "v3/pay/transactions"
        made = await npm.call("POST", f"{at}/native", body)
        assert made["status"] == 200, made
        await street.pays(lin, made["data"]["code_url"])
        headers, text = (await heard(hook, 1))[0]
        told = await npm.ask("callback", headers=headers, body=text.decode())
        tampered = text.decode().replace("SUCCESS", "FAILURE")
        assert await npm.ask("callback", headers=headers, body=tampered) is None
        one = f"{at}/out-trade-no/{body['out_trade_no']}"
        found = await npm.call("GET", one, params={"mchid": shop.mchid})
        assert found["data"] == told
        refund = await npm.call("POST", "v3/refund/domestic/refunds", back("a|b@c*d-e", 300))
        assert refund["data"]["status"] == "SUCCESS"
        date = today(street)
        params = {"bill_date": date, "tar_type": "GZIP"}
        bill = await npm.call("GET", "v3/bill/tradebill", params=params)
        path = bill["data"]["download_url"].removeprefix(street.url + "/")
        path, _, token = path.partition("?token=")
        file = await npm.call("GET", path, params={"token": token}, type="arraybuffer")
        assert "a|b@c*d-e" in gzip.decompress(base64.b64decode(file["data"])).decode()
        unpaid = shop.order()
        await npm.call("POST", f"{at}/native", unpaid)
        one = f"{at}/out-trade-no/{unpaid['out_trade_no']}"
        closed = await npm.call("POST", f"{one}/close", {"mchid": shop.mchid})
        assert closed["status"] == 204, closed
        found = await npm.call("GET", one, params={"mchid": shop.mchid})
        assert found["data"]["trade_state"] == "CLOSED"
        key = (await street.merchant()).files["apiclient_key.pem"]
        async with sdk_of(shop, "axios", private_key=key) as other:
            await every_refusal(street, lin, ByAxios(npm, shop), ByAxios(other, shop))


@pytest.mark.parametrize("lower", [False, True])
async def test_node_v3_whatever_the_case_of_its_serial(
    street: Street, lin: Someone, hook: Receiver, lower: bool
) -> None:
    """Quirk 2: left to itself it reads the serial out of its certificate in lower case. It checks
    callbacks by our certificate, which it fetches, so notifications are signed under that."""
    shop = await street.merchant()
    at = f"/v1/dialects/{shop.account_id}/settings"
    body: Any = {"settings": {"verify_with": "certificate"}}
    await street.town.done("PUT", at, body, token=shop.shop.key)
    async with sdk_of(shop, "node-v3", lower=lower) as npm:
        order = shop.order(notify_url=hook.url)
        number = order["out_trade_no"]
        made = await npm.run("transactions_native", order)
        assert made["status"] == 200, made
        await street.pays(lin, made["data"]["code_url"])
        headers, text = (await heard(hook, 1))[0]
        told = await npm.ask("callback", headers=headers, body=text.decode())
        tampered = text.decode().replace("SUCCESS", "FAILURE")
        assert await npm.ask("callback", headers=headers, body=tampered) is None
        found = await npm.run("query", {"out_trade_no": number})
        assert found["data"] == (json.loads(told) if isinstance(told, str) else told)
        refund = await npm.run("refunds", back(number, 300))
        assert refund["data"]["status"] == "SUCCESS", refund
        bill = await npm.run("tradebill", {"bill_date": today(street), "bill_type": "ALL"})
        file = await npm.run("downloadBill", bill["data"]["download_url"])
        assert file["status"] == 200 and number in file["data"], file
        unpaid = shop.order()
        await npm.run("transactions_native", unpaid)
        assert (await npm.run("close", unpaid["out_trade_no"]))["status"] == 204
        found = await npm.run("query", {"out_trade_no": unpaid["out_trade_no"]})
        assert found["data"]["trade_state"] == "CLOSED"
        key = (await street.merchant()).files["apiclient_key.pem"]
        async with sdk_of(shop, "node-v3", lower=lower, private_key=key) as other:
            await every_refusal(street, lin, ByNodeV3(npm, shop), ByNodeV3(other, shop))
