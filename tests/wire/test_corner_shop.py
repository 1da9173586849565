"""The corner shop believes a webhook that is signed and fresh; what it hears twice changes nothing."""

import importlib.util
import secrets
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import httpx2
import msgspec
import pytest
from standardwebhooks import Webhook

from tests.places import ROOT

SHOP = ROOT / "integrations" / "corner_shop" / "shop.py"
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Corner:
    """The shop in this process, with one order that waits to be paid."""

    def __init__(self, shop: ModuleType) -> None:
        self.shop = shop
        transport = httpx2.ASGITransport(shop.app)
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://shop.test")
        self.order, self.payment = f"CS-{secrets.token_hex(5)}", "pay_1"
        shop.db.execute(
            "INSERT INTO orders (id, item, amount, status, payment_id) VALUES (?, '1', 6800, ?, ?)",
            (self.order, "waiting", self.payment),
        )

    async def hears(
        self,
        kind: str,
        *,
        secret: str = SECRET,
        age: timedelta = timedelta(),
        then: bytes = b"",
        **data: Any,
    ) -> int:
        """The status that a webhook is answered; `then` is added after it was signed."""
        data = {"payment_id": self.payment, "reference": self.order} | data
        body = msgspec.json.encode({"type": kind, "data": data})
        at = datetime.now(UTC) - age
        headers = {
            "webhook-id": "evt_1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign("evt_1", at, body.decode()),
        }
        answer = await self.client.post("/webhooks", content=body + then, headers=headers)
        return answer.status_code

    async def stands(self) -> tuple[str, int]:
        """Status and refunded amount of the order, as the shop tells it."""
        found = (await self.client.get(f"/orders/{self.order}.json")).json()
        return found["status"], found["refunded"]


@pytest.fixture
async def corner(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Corner]:
    for name, value in {
        "CHANGLIAO_URL": "http://pay.test",
        "CHANGLIAO_KEY": "sk_test_1",
        "SHOP_URL": "http://shop.test",
        "CHANGLIAO_WEBHOOK_SECRET": SECRET,
        "SHOP_DB": ":memory:",
    }.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("corner_shop", SHOP)
    assert spec is not None and spec.loader is not None
    shop = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shop)
    corner = Corner(shop)
    yield corner
    await corner.client.aclose()
    shop.db.close()


async def test_a_webhook_that_verifies_is_believed_and_one_heard_again_changes_nothing(
    corner: Corner,
) -> None:
    assert await corner.stands() == ("waiting", 0)
    for _ in range(2):
        assert await corner.hears("payment.paid") == 204
        assert await corner.stands() == ("paid", 0)
    for _ in range(2):
        assert await corner.hears("refund.succeeded", refunded_amount=500) == 204
        assert await corner.stands() == ("paid", 500)
    assert await corner.hears("payment.paid") == 204
    assert await corner.hears("payment.expired") == 204
    assert await corner.stands() == ("paid", 500)


@pytest.mark.parametrize(
    "said",
    [
        {"secret": "whsec_" + "A" * 32},
        {"then": b" "},
        {"age": timedelta(minutes=6)},
        {"age": timedelta(minutes=-6)},
    ],
    ids=["by another key", "changed on the way", "stale", "of the future"],
)
async def test_a_forged_or_stale_webhook_is_refused_and_the_order_waits(
    corner: Corner, said: dict[str, Any]
) -> None:
    assert await corner.hears("payment.paid", **said) == 401
    assert await corner.stands() == ("waiting", 0)


async def test_a_webhook_without_a_signature_is_refused(corner: Corner) -> None:
    body = {"type": "payment.paid", "data": {"payment_id": "pay_1", "reference": corner.order}}
    unsigned = await corner.client.post("/webhooks", json=body)
    stamped = {"webhook-id": "evt_1", "webhook-timestamp": str(int(time.time()))}
    empty = await corner.client.post("/webhooks", json=body, headers=stamped)
    assert (unsigned.status_code, empty.status_code) == (401, 401)
    assert await corner.stands() == ("waiting", 0)
