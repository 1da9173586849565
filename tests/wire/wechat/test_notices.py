"""Notifications: encrypted, signed at each try, tried until they are heard; and hostile addresses."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp.test_utils
import aiohttp.web
import pytest

from changliao.dialects import rules
from changliao.dialects import service as dialects
from changliao.dialects.model import Notice
from tests.patience import PATIENCE_S
from tests.places import quick_folder
from tests.wire.platform import Receiver, Someone
from tests.wire.wechat.street import NATIVE, Merchant, Street


async def heard(hook: Receiver, count: int) -> list[tuple[dict[str, str], bytes]]:
    """The first so many requests, once they are there."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if len(hook.heard) >= count:
                return hook.heard
            await asyncio.sleep(0.02)


async def notices(street: Street, shop: Merchant) -> list[Notice]:
    """A merchant's notices, newest first."""
    found: list[Notice] = await street.town.platform.db.read(
        dialects.notices_of, shop.account_id, 50
    )
    return found


async def all_are(street: Street, shop: Merchant, fine: Callable[[Notice], bool]) -> None:
    """Wait until every notice is as it should be."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if all(map(fine, await notices(street, shop))):
                return
            await asyncio.sleep(0.02)


async def tried(street: Street, shop: Merchant, tries: int = 1) -> Notice:
    """The newest notice, once it was tried so often."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await notices(street, shop)
            if found and found[0].tries >= tries:
                return found[0]
            await asyncio.sleep(0.02)


async def test_a_payment_and_a_refund_are_told_under_lock_and_seal(
    street: Street, tea: Merchant, lin: Someone, hook: Receiver
) -> None:
    paid = await tea.bought(lin, notify_url=hook.url, attach="桌 7")
    (headers, body), *_ = await heard(hook, 1)
    assert tea.verifies(headers, body)
    assert headers["wechatpay-serial"] == tea.values["public_key_id"]
    said = json.loads(body)
    assert (said["event_type"], said["resource_type"], said["summary"]) == (
        "TRANSACTION.SUCCESS",
        "encrypt-resource",
        "支付成功",
    )
    assert said["resource"]["original_type"] == "transaction"
    assert tea.opened_resource(body) == paid
    await tea.refund(paid["out_trade_no"], 400, out_refund_no="R-heard")
    headers, body = (await heard(hook, 2))[1]
    assert tea.verifies(headers, body)
    assert json.loads(body)["event_type"] == "REFUND.SUCCESS"
    told = tea.opened_resource(body)
    assert (told["refund_status"], told["out_refund_no"], told["amount"]["refund"]) == (
        "SUCCESS",
        "R-heard",
        400,
    )
    other = await street.merchant()
    with pytest.raises(ValueError, match="does not open"):
        other.opened_resource(body)


async def test_a_refund_is_told_where_its_own_request_says(
    tea: Merchant, lin: Someone, hook: Receiver
) -> None:
    paid = await tea.bought(lin, notify_url=hook.url)
    await heard(hook, 1)
    elsewhere = hook.url.replace("/hook", "/refunds")
    await tea.refund(paid["out_trade_no"], 1, notify_url=elsewhere)
    _, body = (await heard(hook, 2))[1]
    assert json.loads(body)["event_type"] == "REFUND.SUCCESS"


async def test_a_merchant_may_choose_to_check_by_certificate(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    shop = await street.merchant()
    at = f"/v1/dialects/{shop.account_id}/settings"
    body = {"settings": {"verify_with": "certificate"}}
    changed = await street.town.done("PUT", at, body, token=shop.shop.key)
    assert changed["values"]["verify_with"] == "certificate"
    for wrong in ({"verify_with": "nothing"}, {"certificate": "x"}):
        answer = await street.town.call("PUT", at, {"settings": wrong}, token=shop.shop.key)
        assert answer.json()["code"] == "dialect_setting_invalid"
    await shop.bought(lin, notify_url=hook.url)
    (headers, body_), *_ = await heard(hook, 1)
    assert shop.verifies(headers, body_)
    assert headers["wechatpay-serial"] == shop.values["platform_serial_no"]


async def test_a_shop_that_answers_500_for_a_day_hears_everything_when_it_recovers(
    lin: Someone, hook: Receiver
) -> None:
    folder = quick_folder()
    street = await Street(folder).start()
    try:
        lin = await street.town.person(money=100_000)
        shop = await street.merchant()
        hook.answers = [aiohttp.web.Response(status=500, text="{}") for _ in range(45)]
        for number in ("order1", "order2", "order3"):
            await shop.bought(lin, out_trade_no=number, notify_url=hook.url)
        table = rules.RETRY_S["wechat"]
        assert sum(table) == 24 * 3600 + 4 * 60
        for tries, wait_s in enumerate(table, 1):
            await heard(hook, 3 * tries)
            await all_are(street, shop, lambda one, tries=tries: one.tries >= tries)  # type: ignore[misc]
            await street.town.resting()
            street.town.clock.forward(wait_s + 1)
        found = (await heard(hook, 48))[45:]
        numbers = {shop.opened_resource(body)["out_trade_no"] for _, body in found}
        assert numbers == {"order1", "order2", "order3"}
        assert all(shop.verifies(headers, body) for headers, body in found)
        times = {headers["wechatpay-timestamp"] for headers, _ in hook.heard}
        assert len(times) > 15  # Signed anew at each try ...
        assert len({body for _, body in hook.heard}) == 3  # ... what was encrypted once.
        await all_are(street, shop, lambda one: one.state == "delivered")
        assert [one.tries for one in await notices(street, shop)] == [16, 16, 16]
    finally:
        await street.stop()
        shutil.rmtree(folder)


@pytest.fixture
async def stranger() -> AsyncIterator[tuple[str, list[str]]]:
    """A server that redirects, hangs, or answers without end; and what was asked of it."""
    asked: list[str] = []

    async def hear(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        asked.append(request.path)
        if request.path == "/redirect":
            raise aiohttp.web.HTTPTemporaryRedirect("/redirected")
        if request.path == "/hang":
            await asyncio.sleep(60)
        endless = aiohttp.web.StreamResponse()
        await endless.prepare(request)
        for _ in range(160):
            await endless.write(b"x" * 65536)
        return endless

    site = aiohttp.web.Application()
    site.router.add_post("/{way:.*}", hear)
    server = aiohttp.test_utils.TestServer(site)
    await server.start_server()
    yield str(server.make_url("/")), asked
    await server.close()


@pytest.mark.parametrize(
    ("way", "state", "trouble"),
    [
        ("redirect", "waiting", "status 307"),
        ("hang", "waiting", "timeout"),
        ("endless", "delivered", ""),
    ],
)
async def test_a_hostile_address_keeps_nobody_waiting(
    street: Street,
    lin: Someone,
    stranger: tuple[str, list[str]],
    way: str,
    state: str,
    trouble: str,
) -> None:
    shop = await street.merchant()
    url, asked = stranger
    await shop.bought(lin, notify_url=url + way)
    notice = await tried(street, shop)
    assert (notice.state, notice.trouble) == (state, trouble)
    assert asked == ["/" + way]
    assert len(notice.excerpt) <= 500


async def test_a_private_address_is_never_called(hook: Receiver) -> None:
    folder = quick_folder()
    street = await Street(folder, allow_private_callbacks=False).start()
    try:
        shop = await street.merchant()
        before = await street.kept()
        for url in (
            hook.url,
            "https://127.0.0.1/x",
            "https://localhost/x",
            "https://10.0.0.1/",
            "https://0x7f.1/",
        ):
            body: Any = shop.order(notify_url=url)
            assert "notify_url" in await shop.refused("PARAM_ERROR", "POST", NATIVE, body)
        assert await street.kept() == before and not hook.heard
    finally:
        await street.stop()
        shutil.rmtree(folder)
