"""Requests that nobody sends by accident, and what an answer must never look like."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

import changliao
from changliao.rails import service as rails
from changliao.rails.model import Answer, AskSettle
from changliao.rails.sandbox import PLAY_MAX
from tests.patience import PATIENCE_S
from tests.places import quick_folder
from tests.wire.platform import Town

CLIENT = Path(changliao.__file__).parent / "client"
NAMES = ["*", "{}", "{id}", "/*", "..", ".", "%2F", "%2A", "a%2Fb", "%", "+", "~", "-"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "path", ["/v1/payments/{}", "/v1/refunds/{}", "/v1/apps/{}/keys", "/pay/{}"]
)
async def test_no_name_in_an_address_breaks_its_route(town: Town, path: str, name: str) -> None:
    shop = await town.shop()
    token = shop.owner.token if "apps" in path else shop.key
    answer = await town.call("GET", path.format(name), token=token)
    if (path, name) == ("/pay/{}", ".."):  # Clients walk up before they ask: this is `/`.
        assert answer.headers["location"] == "/app"
        return
    assert answer.status_code in (200, 404)
    if answer.status_code == 404:
        assert answer.json()["code"].endswith("_not_found")


async def test_pages_are_served_at_their_own_address_alone(town: Town) -> None:
    for page in ("pay", "wallet", "console", "sign-in", "docs", "demo"):
        assert (await town.call("GET", f"/static/{page}.html")).status_code == 404
    assert (await town.call("GET", "/static/js/api.js")).status_code == 200


async def test_what_is_served_as_html_always_has_the_policy(town: Town) -> None:
    found = list(CLIENT.rglob("*"))
    assert len(found) > 20
    for file in found:
        path = file.relative_to(CLIENT).as_posix()
        answer = await town.call("GET", f"/static/{path}")
        kind = answer.headers["content-type"]
        assert not kind.startswith(("text/html", "application/xhtml"))
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_answer_without_a_body_announces_none(town: Town) -> None:
    lin = await town.person()
    answer = await town.call("DELETE", "/v1/sessions/current", token=lin.token)
    assert answer.status_code == 204
    assert "content-length" not in answer.headers
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "1e3", "", "65537"])
async def test_a_length_that_cannot_be_is_refused(town: Town, length: str) -> None:
    shop = await town.shop()
    headers = {"content-length": length}
    answer = await town.call(
        "POST",
        "/v1/payments",
        content=b"{}",
        token=shop.key,
        headers=headers,
    )
    assert answer.json()["code"] == "body_too_large"


async def test_an_installation_without_play_wallets_says_so() -> None:
    folder = quick_folder()
    town = await Town(folder, mode="test", allow_play=False).start()
    try:
        lin = await town.person()
        wallet = await town.done("GET", "/v1/wallet", token=lin.token)
        assert wallet["wallets"] == []
        answer = await town.call("GET", "/v1/wallet/entries", token=lin.token)
        assert answer.json()["code"] == "bad_request"
        body = {"mode": "test", "rail": "sandbox_bank", "amount": 100, "currency": "CNY"}
        refused = await town.call("POST", "/v1/wallet/top_ups", body, token=lin.token)
        assert (refused.status_code, refused.json()["code"]) == (409, "play_not_allowed")
        shop = await town.shop()
        mandate = {
            "app_id": shop.app_id,
            "mode": "test",
            "currency": "CNY",
            "per_payment": 1,
            "per_day": 1,
            "pin": "258036",
        }
        refused = await town.call("POST", "/v1/mandates", mandate, token=lin.token)
        assert refused.json()["code"] == "play_not_allowed"
        payment = await town.payment(shop)
        refused = await town.pay(lin, payment)
        assert (refused.status_code, refused.json()["code"]) == (403, "mode_forbids")
    finally:
        await town.stop()


async def attempt_at(town: Town, payment: Any, wanted: str) -> Any:
    """What the cashier tells of the payment's last try, once it has this status and pay has heard of it."""
    path = f"/v1/cashier/{payment['id']}?{payment['cashier_url'].partition('?')[2]}"
    async with asyncio.timeout(PATIENCE_S):
        while True:
            view = await town.done("GET", path)
            heard = view["payment"]["status"] != "processing"
            if heard and (view["attempt"] or {}).get("status", "") == wanted:
                return view
            await asyncio.sleep(0.01)


async def test_money_that_came_late_is_no_try_to_pay(town: Town) -> None:
    shop, lin = await town.shop(), await town.person()
    body = {"method": "credit_card", "channel": "mobile"}
    await town.done("POST", "/v1/methods", body, token=shop.key)
    payment = await town.payment(shop)
    await town.pay(lin, payment, method="credit_card", instrument="declined")
    view = await attempt_at(town, payment, "failed")
    assert view["payment"]["status"] == "open"
    db = town.platform.db
    [declined] = await db.read(rails.attempts_about, payment["id"])
    await db.write(rails.settle, AskSettle(declined.id, Answer("succeeded")))
    view = await attempt_at(town, payment, "")
    assert view["payment"]["status"] == "open"
    async with asyncio.timeout(PATIENCE_S):
        while True:
            tries = await db.read(rails.attempts_about, payment["id"])
            if [one.direction for one in tries] == ["in", "out"]:
                break
            await asyncio.sleep(0.01)
    assert (await attempt_at(town, payment, ""))["attempt"] is None
    assert await town.wrong() == []


async def test_nobody_fills_the_sandbox_to_the_brim(town: Town) -> None:
    lin = await town.person()
    for amount, status in (
        (PLAY_MAX + 1, "failed"),
        (2**53 - 1, "failed"),
        (PLAY_MAX, "succeeded"),
    ):
        body = {"mode": "test", "rail": "sandbox_bank", "amount": amount, "currency": "CNY"}
        top_up = await town.done("POST", "/v1/wallet/top_ups", body, token=lin.token)
        path = f"/v1/wallet/top_ups/{top_up['id']}"
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = await town.done("GET", path, token=lin.token)
                if found["status"] != "processing":
                    break
                await asyncio.sleep(0.01)
        assert found["status"] == status
    assert await town.balance(lin) == PLAY_MAX
