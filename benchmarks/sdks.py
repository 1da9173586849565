"""The real SDKs as a shop uses them: told a URL and keys, nothing of them changed."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

from benchmarks.street import Desk, Refused, Told

FOLDER = Path(os.environ.get("CHANGLIAO_SDKS") or Path(sys.prefix) / "sdk")
"""Where `scripts/setup test` puts each SDK that cannot share a folder with others."""
_DRIVERS = Path(__file__).resolve().parents[1] / "tests" / "conformance" / "sdks"
"""Alipay's two SDKs are both called `alipay`: each runs in a process of its own, behind a script."""


class Absent(Exception):
    """This SDK cannot be had here, or cannot run here."""


class Sdk(Protocol):
    """What a shop does with one."""

    dialect: str

    def fetch(self, desk: Desk, key: str, hook_url: str) -> Any:
        """What the onboarding API gives: numbers, keys, files."""

    def configure(self, kit: Any, key: str, url: str, hook_url: str) -> None:
        """Make the client: one URL and keys."""

    def order(self, number: str, amount: int, hook_url: str) -> str:
        """The first order; where its buyer is sent."""

    def told_paid(self, told: Told) -> bool:
        """Whether a callback says that it is paid, its signature verified by the SDK."""

    def refund(self, number: str, amount: int, back: int) -> None:
        """Give some of it back."""

    def settled(self, number: str) -> bool:
        """Whether the refund has arrived, as the SDK tells."""

    def close(self) -> None:
        """Let it go."""


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Absent(f"{error}; `scripts/setup test` fetches it") from None


class Native:
    """Our own API: an HTTP client and any library of Standard Webhooks."""

    dialect = "native"

    def fetch(self, desk: Desk, key: str, hook_url: str) -> Any:
        """A webhook's secret is all there is."""
        return desk.call("POST", "/v1/webhook_endpoints", {"url": hook_url}, token=key)

    def configure(self, kit: Any, key: str, url: str, hook_url: str) -> None:
        """No SDK: the key in a header."""
        self._desk, self._key = Desk(url), key
        self._hook = _module("standardwebhooks").Webhook(kit["secret"])

    def order(self, number: str, amount: int, hook_url: str) -> str:
        """POST /v1/payments."""
        said = {"amount": amount, "currency": "CNY", "reference": number}
        self._payment = self._desk.call("POST", "/v1/payments", said, token=self._key)
        return str(self._payment["cashier_url"])

    def told_paid(self, told: Told) -> bool:
        """payment.paid, in Standard Webhooks."""
        event = self._hook.verify(told.body, told.headers)
        return bool(event["type"] == "payment.paid")

    def refund(self, number: str, amount: int, back: int) -> None:
        """POST /v1/payments/{id}/refunds."""
        path = f"/v1/payments/{self._payment['id']}/refunds"
        self._refund = self._desk.call("POST", path, {"amount": back}, token=self._key)

    def settled(self, number: str) -> bool:
        """GET /v1/refunds/{id}."""
        found = self._desk.call("GET", f"/v1/refunds/{self._refund['id']}", token=self._key)
        return bool(found["status"] == "succeeded")

    def close(self) -> None:
        """Nothing is open."""


class _Dialect:
    """What the dialects share: POST /v1/dialects is all that it takes to be let in."""

    dialect = ""

    def fetch(self, desk: Desk, key: str, hook_url: str) -> Any:
        """Numbers, keys and files, shown this once."""
        return desk.call("POST", "/v1/dialects", {"dialect": self.dialect}, token=key)

    def close(self) -> None:
        """Nothing is open."""


class Stripe(_Dialect):
    """stripe-python."""

    dialect = "stripe"

    def configure(self, kit: Any, key: str, url: str, hook_url: str) -> None:
        """`base_addresses`, and the webhook endpoint as with Stripe itself."""
        self._stripe = _module("stripe")
        self._client = self._stripe.StripeClient(key, base_addresses={"api": url})
        asked = {"url": hook_url, "enabled_events": ["checkout.session.completed"]}
        self._secret = self._client.v1.webhook_endpoints.create(asked).secret

    def order(self, number: str, amount: int, hook_url: str) -> str:
        """A Checkout session."""
        price = {"currency": "cny", "unit_amount": amount, "product_data": {"name": "Tea"}}
        asked = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "success_url": "https://shop.example/done",
            "client_reference_id": number,
        }
        self._session = self._client.v1.checkout.sessions.create(asked)
        return str(self._session.url)

    def told_paid(self, told: Told) -> bool:
        """checkout.session.completed."""
        signature = told.headers["stripe-signature"]
        event = self._stripe.Webhook.construct_event(told.body, signature, self._secret)
        return bool(event.data.object.payment_status == "paid")

    def refund(self, number: str, amount: int, back: int) -> None:
        """A refund of its intent."""
        session = self._client.v1.checkout.sessions.retrieve(self._session.id)
        asked = {"payment_intent": session.payment_intent, "amount": back}
        self._refund = self._client.v1.refunds.create(asked)

    def settled(self, number: str) -> bool:
        """The refund's status."""
        return bool(self._client.v1.refunds.retrieve(self._refund.id).status == "succeeded")


class WeChat(_Dialect):
    """wechatpayv3 in public-key mode."""

    dialect = "wechat"

    def configure(self, kit: Any, key: str, url: str, hook_url: str) -> None:
        """Its usual settings out of the kit, and the one line that is new."""
        sdk, values = _module("wechatpayv3"), kit["values"]
        files = {one["name"]: one["content"] for one in kit["files"]}
        self._client = sdk.WeChatPay(
            wechatpay_type=sdk.WeChatPayType.NATIVE,
            mchid=values["mchid"],
            appid=values["appid"],
            private_key=files["apiclient_key.pem"],
            cert_serial_no=values["serial_no"],
            apiv3_key=files["apiv3_key.txt"],
            notify_url=hook_url,
            public_key=files["pub_key.pem"],
            public_key_id=values["public_key_id"],
        )
        self._client._core._gate_way = url

    def order(self, number: str, amount: int, hook_url: str) -> str:
        """A Native order: `code_url` is shown as a picture."""
        said = {"total": amount, "currency": "CNY"}
        return str(_well(self._client.pay("Tea", number, said))["code_url"])

    def told_paid(self, told: Told) -> bool:
        """TRANSACTION.SUCCESS, verified and decrypted."""
        event = self._client.callback(told.headers, told.body)
        return bool(event and event["event_type"] == "TRANSACTION.SUCCESS")

    def refund(self, number: str, amount: int, back: int) -> None:
        """A refund by our own number."""
        said = {"refund": back, "total": amount, "currency": "CNY"}
        _well(self._client.refund(f"R{number}", said, out_trade_no=number))

    def settled(self, number: str) -> bool:
        """The refund's status."""
        return bool(_well(self._client.query_refund(f"R{number}"))["status"] == "SUCCESS")


def _well(answer: tuple[int, str]) -> Any:
    status, text = answer
    if status >= 300:
        raise Refused(f"wechatpayv3 was answered {status} {text[:400]}")
    return json.loads(text)


class Alipay(_Dialect):
    """One of the two Python SDKs of Alipay."""

    dialect = "alipay"

    def __init__(self, sdk: str, script: str) -> None:
        self._sdk, self._script = sdk, script
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, kit: Any, key: str, url: str, hook_url: str) -> None:
        """The gateway and the keys; the SDK is loaded too, which takes its time."""
        folder = FOLDER / self._sdk
        if not folder.is_dir():
            raise Absent(f"{self._sdk} is not in {FOLDER}; `scripts/setup test` fetches it")
        if self._sdk == "alipay-official" and url.count(":") > 1:
            raise Absent("it takes no port, and 127.0.0.2:80 cannot be had here")
        files = {one["name"]: one["content"] for one in kit["files"]}
        self._values = kit["values"]
        self._process = subprocess.Popen(
            [sys.executable, str(_DRIVERS / self._script)],
            env={"PYTHONPATH": str(folder), "PYTHONUTF8": "1", "PYTHONSAFEPATH": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._say(
            self._values
            | {
                "app_private_key": files["app_private_key_pkcs1.txt"].strip(),
                "app_private_key_pem": files["app_private_key_pkcs1.pem"],
            }
        )
        self._say({"do": "nothing"})
        self._told()  # It knows no such thing, and says so once it is loaded.

    def _say(self, said: Any) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps(said).encode() + b"\n")
        self._process.stdin.flush()

    def _told(self) -> Any:
        assert self._process is not None and self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def ask(self, do: str, **said: Any) -> Any:
        """What the SDK answered."""
        self._say({"do": do, **said})
        told = self._told()
        if "error" in told:
            raise Refused(f"{self._sdk} raised {told['error']}")
        return told["ok"]

    def call(self, method: str, biz: dict[str, Any], **said: Any) -> Any:
        """One method of the gateway by this SDK."""
        raise NotImplementedError

    def order(self, number: str, amount: int, hook_url: str) -> str:
        """precreate: a code to be shown as a picture."""
        biz = {"out_trade_no": number, "total_amount": _yuan(amount), "subject": "Tea"}
        return str(self.call("precreate", biz, notify_url=hook_url)["qr_code"])

    def told_paid(self, told: Told) -> bool:
        """A form whose signature the SDK has verified."""
        form = dict(parse_qsl(told.body.decode(), keep_blank_values=True))
        key = self._values["alipay_public_key"]
        good = self.ask("verify", form=form, alipay_public_key=key)
        return bool(good and form["trade_status"] == "TRADE_SUCCESS")

    def refund(self, number: str, amount: int, back: int) -> None:
        """Some of it."""
        biz = {
            "out_trade_no": number,
            "refund_amount": _yuan(back),
            "out_request_no": f"R{number}",
        }
        self.call("refund", biz)

    def settled(self, number: str) -> bool:
        """fastpay.refund.query."""
        biz = {"out_trade_no": number, "out_request_no": f"R{number}"}
        return bool(self.call("fastpay.refund.query", biz)["refund_status"] == "REFUND_SUCCESS")

    def close(self) -> None:
        """End its process."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(20)


def _yuan(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02}"


class Official(Alipay):
    """alipay-sdk-python."""

    def __init__(self) -> None:
        super().__init__("alipay-official", "alipay_official.py")

    def call(self, method: str, biz: dict[str, Any], **said: Any) -> Any:
        """`execute`, which verifies the answer."""
        return self.ask("execute", method=f"alipay.trade.{method}", biz=biz, **said)


class Fzlee(Alipay):
    """python-alipay-sdk."""

    def __init__(self) -> None:
        super().__init__("alipay-fzlee", "alipay_fzlee.py")

    def call(self, method: str, biz: dict[str, Any], **said: Any) -> Any:
        """`api_alipay_trade_…`, which verifies the answer."""
        name = f"api_alipay_trade_{method.replace('.', '_')}"
        return self.ask(name, **{"with": biz | said})


SDKS: dict[str, Callable[[], Sdk]] = {
    "native": Native,
    "stripe-python": Stripe,
    "wechatpayv3": WeChat,
    "alipay-sdk-python": Official,
    "python-alipay-sdk": Fzlee,
}
"""Each by the name it has in its registry."""
