"""Alipay's notifications: signed forms, told until the shop prints `success`, by its table of tries."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp.test_utils
import aiohttp.web
import pytest

from changliao.dialects.rules import RETRY_S
from tests.patience import PATIENCE_S
from tests.wire.alipay_shop import AlipayShop, alipay_shop
from tests.wire.platform import Receiver, Town


def success() -> aiohttp.web.Response:
    return aiohttp.web.Response(text="success")


@pytest.fixture
async def ear() -> AsyncIterator[Receiver]:
    receiver = await Receiver().start()
    yield receiver
    await receiver.stop()


async def heard(ear: Receiver, count: int) -> None:
    """Wait until so many tries have come."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if len(ear.heard) >= count:
                return
            await asyncio.sleep(0.02)


async def notices(shop: AlipayShop) -> list[dict[str, object]]:
    path = f"/v1/dialects/{shop.view['id']}/notices"
    return list((await shop.town.done("GET", path, token=shop.shop.key))["items"])


async def until(shop: AlipayShop, states: set[str]) -> list[dict[str, object]]:
    """The notices, once they are in these states."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await notices(shop)
            if found and {str(one["state"]) for one in found} == states:
                return found
            await asyncio.sleep(0.02)


async def tried(shop: AlipayShop, tries: int) -> None:
    """Wait until every notice had so many tries, and its job has put itself off."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if {one["tries"] for one in await notices(shop)} == {tries}:
                break
            await asyncio.sleep(0.02)
    await shop.town.resting()


async def test_a_payment_is_told_in_a_form_whose_every_value_is_signed(
    town: Town, ear: Receiver
) -> None:
    shop = await alipay_shop(town)
    ear.answers.append(success())
    biz = {
        "out_trade_no": "n-1",
        "total_amount": "10.00",
        "subject": "茶 & 杯 + 1",
        "body": "两只=一对",
        "passback_params": "a%3D1&b=2",
    }
    told = await shop.ask("alipay.trade.precreate", biz, notify_url=ear.url)
    trade_no = await shop.pay(await town.person(money=2000), told["qr_code"])
    await heard(ear, 1)

    headers, body = ear.heard[0]
    said = shop.verified(body)
    assert headers["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"
    assert (said["trade_no"], said["out_trade_no"]) == (trade_no, "n-1")
    assert (said["trade_status"], said["total_amount"]) == ("TRADE_SUCCESS", "10.00")
    assert (said["app_id"], said["seller_id"]) == (shop.number, shop.view["values"]["seller_id"])
    assert (said["subject"], said["body"]) == ("茶 & 杯 + 1", "两只=一对")
    assert said["passback_params"] == "a%3D1&b=2"
    assert said["notify_type"] == "trade_status_sync" and said["buyer_open_id"].startswith("opn_")
    assert said["receipt_amount"] == said["buyer_pay_amount"] == "10.00"
    found = await until(shop, {"delivered"})
    assert [(one["tries"], one["status"]) for one in found] == [(1, 200)]


async def test_a_refund_and_a_closed_order_are_told(town: Town, ear: Receiver) -> None:
    shop = await alipay_shop(town)
    ear.answers += [success() for _ in range(4)]
    await shop.paid("n-2", "10.00", notify_url=ear.url)
    await heard(ear, 1)
    for number, amount in (("r-1", "4.00"), ("r-2", "6.00")):
        biz = {"out_trade_no": "n-2", "refund_amount": amount, "out_request_no": number}
        await shop.ask("alipay.trade.refund", biz)
        await heard(ear, 2 if number == "r-1" else 3)
    await shop.precreated("n-3", notify_url=ear.url)
    await shop.ask("alipay.trade.close", {"out_trade_no": "n-3"})
    await heard(ear, 4)

    paid, part, full, closed = (shop.verified(body) for _, body in ear.heard)
    assert "refund_fee" not in paid
    assert (part["out_biz_no"], part["refund_fee"], part["trade_status"]) == (
        *("r-1", "4.00"),
        "TRADE_SUCCESS",
    )
    assert (full["out_biz_no"], full["refund_fee"], full["trade_status"]) == (
        *("r-2", "10.00"),
        "TRADE_CLOSED",
    )
    assert (closed["out_trade_no"], closed["trade_status"]) == ("n-3", "TRADE_CLOSED")
    assert "gmt_close" in closed and "gmt_payment" not in closed


@pytest.mark.parametrize(
    ("text", "status", "counts"),
    [
        ("success", 200, True),
        (" success\r\n", 200, True),
        ("SUCCESS", 200, False),
        ("fail", 200, False),
        ("<html>success</html>", 200, False),
        ("", 200, False),
        ("success", 500, False),
        ("success", 302, False),
    ],
)
async def test_only_the_word_success_counts(
    town: Town, ear: Receiver, text: str, status: int, counts: bool
) -> None:
    shop = await alipay_shop(town)
    elsewhere = {"location": "http://127.0.0.1:9/"} if status == 302 else {}
    ear.answers.append(aiohttp.web.Response(text=text, status=status, headers=elsewhere))
    await shop.paid("word", notify_url=ear.url)
    await heard(ear, 1)

    found = await until(shop, {"delivered"} if counts else {"waiting"})
    for _ in range(50):
        if found[0]["tries"]:
            break
        await asyncio.sleep(0.02)
        found = await notices(shop)
    assert found[0]["tries"] == 1


async def test_a_shop_that_fails_for_a_day_hears_everything_when_it_is_back(
    town: Town, ear: Receiver
) -> None:
    shop = await alipay_shop(town)
    table = RETRY_S["alipay"]
    assert table == (240, 600, 600, 3600, 7200, 21600, 54000)  # 4m 10m 10m 1h 2h 6h 15h
    ear.answers += [aiohttp.web.Response(status=500) for _ in range(3 * len(table))]
    for number in ("day-1", "day-2", "day-3"):
        await shop.paid(number, notify_url=ear.url)
    await heard(ear, 3)
    await tried(shop, 1)
    for tries, wait_s in enumerate(table, start=2):
        town.clock.forward(wait_s - 60)
        await asyncio.sleep(0.6)  # The runner looks twice a second.
        assert len(ear.heard) == 3 * (tries - 1), "told before its time"
        if tries == len(table) + 1:
            ear.answers += [success() for _ in range(3)]
        town.clock.forward(61)
        await heard(ear, 3 * tries)
        await tried(shop, tries)
    found = await until(shop, {"delivered"})

    assert [one["tries"] for one in found] == [8, 8, 8]
    told = [shop.verified(body) for _, body in ear.heard]
    assert len({one["notify_id"] for one in told}) == 3
    mine = [one for one in told if one["out_trade_no"] == "day-1"]
    assert len({one["notify_time"] for one in mine}) == 8, "each try carries its own time"
    for one in mine:
        one.pop("notify_time")
    assert all(one == mine[0] for one in mine), "and says the same otherwise"


async def test_a_shop_that_never_answers_is_given_up(town: Town, ear: Receiver) -> None:
    shop = await alipay_shop(town)
    ear.answers += [aiohttp.web.Response(status=500) for _ in range(20)]
    await shop.paid("deaf", notify_url=ear.url)
    await tried(shop, 1)
    for tries, wait_s in enumerate(RETRY_S["alipay"], start=2):
        town.clock.forward(wait_s + 1)
        await tried(shop, tries)
    found = await until(shop, {"failed"})

    assert (found[0]["tries"], found[0]["status"]) == (8, 500)


async def test_an_order_without_an_address_is_told_to_nobody(town: Town) -> None:
    shop = await alipay_shop(town)
    await shop.paid("mute")
    await town.settled()

    assert await notices(shop) == []


async def test_a_shop_that_hangs_or_talks_for_ever_costs_five_seconds_and_64_kib(
    town: Town,
) -> None:
    async def hang(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        await asyncio.sleep(60)
        return success()

    async def talk(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        return aiohttp.web.Response(body=b"success" + b" " * 10_000_000)

    site = aiohttp.web.Application()
    site.router.add_post("/hang", hang)
    site.router.add_post("/talk", talk)
    server = aiohttp.test_utils.TestServer(site)
    await server.start_server()
    shop = await alipay_shop(town)
    await shop.paid("hangs", notify_url=str(server.make_url("/hang")))
    await shop.paid("talks", notify_url=str(server.make_url("/talk")))

    await tried(shop, 1)
    found = {str(one["url"]).rpartition("/")[2]: one for one in await notices(shop)}

    assert (found["hang"]["trouble"], found["hang"]["status"]) == ("timeout", 0)
    assert (found["talk"]["status"], len(str(found["talk"]["excerpt"]))) == (200, 500)
    await server.close()


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "https://127.0.0.1/", "https://10.0.0.1/", "https://x.localhost/"],
)
async def test_a_private_address_is_refused_where_there_is_no_sandbox(
    tmp_path: Path, url: str
) -> None:
    town = await Town(tmp_path, allow_private_callbacks=False).start()
    shop = await alipay_shop(town)
    biz = {"out_trade_no": "private", "total_amount": "1", "subject": "x"}

    told = await shop.ask("alipay.trade.precreate", biz, notify_url=url)

    assert told["sub_code"] == "ACQ.INVALID_PARAMETER" and "notify_url" in told["sub_msg"]
    await town.stop()
