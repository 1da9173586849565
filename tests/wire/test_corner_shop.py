"""The corner shop believes a webhook that is signed and fresh, and a name that Changliao signed about this
very visit; what it hears twice changes nothing."""

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
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from changliao.db.vault import Vault, new_ring
from changliao.entrances.api.tokens import Signer
from changliao.entrances.model import EntranceId, Launch, LaunchId, Visitor
from changliao.kernel.instant import SECOND_US
from tests.places import ROOT

SHOP = ROOT / "integrations" / "corner_shop" / "shop.py"
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Changliao:
    """What the shop asks of the platform: it trades codes, and publishes the key that it signs with."""

    def __init__(self) -> None:
        self.signer = Signer(Vault(new_ring()), "http://pay.test")
        self.codes: dict[str, Visitor] = {}
        app = Starlette(
            routes=[
                Route("/.well-known/jwks.json", self._keys),
                Route("/v1/launch_tokens", self._trade, methods=["POST"]),
            ]
        )
        transport = httpx2.ASGITransport(app)
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://pay.test")

    async def _keys(self, request: Request) -> JSONResponse:
        return JSONResponse(self.signer.key_set(now_us()))

    async def _trade(self, request: Request) -> JSONResponse:
        visitor = self.codes.pop((await request.json())["code"], None)
        if visitor is None:
            return JSONResponse({"code": "launch_used"}, 409)
        token = self.signer.token(visitor, now_us())
        said = {"id_token": token, "sub": visitor.sub, "launch": visitor.launch.id}
        return JSONResponse(said | {"shared": visitor.shared}, 201)


def now_us() -> int:
    return time.time_ns() // 1000


def visitor(launch_id: str = "lau_1", app_id: str = "app_1", **shared: str) -> Visitor:
    launch = Launch(
        LaunchId(launch_id), EntranceId("ent_1"), app_id, "test", "per_1", b"", "en", "", 0, 0
    )
    return Visitor(launch, "opn_1", "domestic", shared)


class Corner:
    """The shop in this process, with one order that waits to be paid."""

    def __init__(self, shop: ModuleType) -> None:
        self.shop = shop
        transport = httpx2.ASGITransport(shop.app)
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://shop.test")
        self.changliao = Changliao()
        vars(shop)["pay"] = self.changliao.client
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
    monkeypatch.syspath_prepend(str(SHOP.parent))
    spec = importlib.util.spec_from_file_location("corner_shop", SHOP)
    assert spec is not None and spec.loader is not None
    shop = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shop)
    corner = Corner(shop)
    yield corner
    await corner.client.aclose()
    await corner.changliao.client.aclose()
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


# Who comes through the entrance --------------------------------------------------------------


async def enters(corner: Corner, **shared: str) -> None:
    """Somebody opens the entrance; the browser keeps the shop's cookie."""
    corner.changliao.codes["lc_1"] = visitor(**shared)
    answer = await corner.client.get("/?item=3&code=lc_1&launch=lau_1&lang=en&edition=domestic")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?item=3")
    assert "HttpOnly" in answer.headers["set-cookie"]


async def test_a_code_is_traded_once_and_leaves_the_address(corner: Corner) -> None:
    await enters(corner, name="<b>Lin</b>")

    front = (await corner.client.get("/")).text

    assert "&lt;b&gt;Lin&lt;/b&gt;，你好" in front
    corner.client.cookies.clear()
    again = await corner.client.get("/?code=lc_1")
    assert (again.status_code, again.headers["location"]) == (303, "/")
    assert "set-cookie" not in again.headers
    assert "你好" not in (await corner.client.get("/")).text


async def test_a_name_is_kept_when_changliao_signed_it_about_this_visit(corner: Corner) -> None:
    await enters(corner)
    token = corner.changliao.signer.token(visitor(name="Lin"), now_us())

    answer = await corner.client.post("/visits/name", json={"id_token": token})

    assert (answer.status_code, answer.json()) == (200, {"name": "Lin"})
    assert "Lin，你好" in (await corner.client.get("/")).text


def tokens(corner: Corner) -> dict[str, str]:
    """Tokens that say Lin and prove nothing to this visit."""
    signer, lin = corner.changliao.signer, visitor(name="Lin")
    good = signer.token(lin, now_us())
    head, body, signature = good.split(".")
    stranger = Signer(Vault(new_ring()), "http://pay.test")
    return {
        "changed": f"{head}.{body[:-4]}AAAA.{signature}",
        "unsigned": f"{head}.{body}.",
        "of another key": stranger.token(lin, now_us()),
        "of another issuer": Signer(signer._vault, "http://else.test").token(lin, now_us()),
        "for another app": signer.token(visitor(app_id="app_2", name="Lin"), now_us()),
        "about another visit": signer.token(visitor("lau_2", name="Lin"), now_us()),
        "over": signer.token(lin, now_us() - 301 * SECOND_US),
        "of the future": signer.token(lin, now_us() + 120 * SECOND_US),
        "nothing": "",
        "no token": "a.b.c",
    }


async def test_no_other_token_gives_a_name(corner: Corner) -> None:
    await enters(corner)
    for what, token in tokens(corner).items():
        answer = await corner.client.post("/visits/name", json={"id_token": token})
        assert answer.status_code == 403, what
    for body in (b"", b"[]", b'{"id_token": 1}', b"{"):
        assert (await corner.client.post("/visits/name", content=body)).status_code == 403
    assert "你好" not in (await corner.client.get("/")).text


async def test_without_a_visit_nobody_is_greeted(corner: Corner) -> None:
    token = corner.changliao.signer.token(visitor(name="Lin"), now_us())
    answer = await corner.client.post("/visits/name", json={"id_token": token})
    assert answer.status_code == 403
