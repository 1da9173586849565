"""Shops written for npm's wechatpay-axios-plugin and alipay-sdk sell, are paid, and give back."""

import asyncio
import json
import shutil
from urllib.parse import urlencode

import pytest

from tests.conformance.test_node_shops.shop import DIALECTS, HERE, PHONE, SDKS, TEA, NodeShop
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

if shutil.which("node") is None or not all((SDKS / f"{one}-npm").is_dir() for one in DIALECTS):
    pytest.skip(
        f"no Node, or not all packages in {SDKS}; `scripts/setup test` fetches them",
        allow_module_level=True,
    )


async def told(shop: NodeShop, path: str, state: str) -> None:
    """Wait until the book says so; the page is not looked at, so that it is a notification's doing."""
    number = path.rpartition("/")[2]
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if shop.kept()[number]["state"] == state:
                return
            await asyncio.sleep(0.05)


async def test_from_the_shelf_by_a_notification_to_partial_refunds(shop: NodeShop) -> None:
    town, lin = shop.town, await shop.town.person(money=10_000)
    async with shop.browser() as buyer, shop.keeper() as keeper:
        path, cashier = await buyer.buys()
        payment = await town.payment_at(shop.app, cashier)
        assert (payment["amount"], payment["currency"]) == (TEA, "CNY")
        assert payment["reference"] == path.rpartition("/")[2]
        assert await buyer.state(path) == "waiting"
        await town.paid_at(lin, cashier)
        await told(shop, path, "paid")
        page = (await buyer.client.get(path)).text
        assert "Paid, we are packing" in page and "<svg" not in page

        assert (await keeper.gives_back(path, "15")).status_code == 200
        assert "refunded ¥5.50" in (await keeper.gives_back(path, "5.5")).text
        assert await shop.refunds(payment) == [(1500, "succeeded"), (550, "succeeded")]
        assert "Refunded ¥15.00" in (await buyer.client.get(path)).text
        for amount in ("47.51", "0", "-1", "1.234", "all"):
            refused = await keeper.gives_back(path, amount)
            assert refused.status_code == 400 and "at most two decimals" in refused.text
        assert "refunded ¥47.50" in (await keeper.gives_back(path, "47.50")).text
        assert (await shop.refunds(payment))[2:] == [(4750, "succeeded")]
    assert await town.balance(lin) == 10_000
    assert await town.wrong() == []


async def test_a_phone_goes_straight_to_the_cashier_and_reads_chinese(shop: NodeShop) -> None:
    lin = await shop.town.person(money=10_000)
    async with shop.browser(PHONE, "zh-CN,zh;q=0.9") as buyer:
        assert "龙井茶 50 克" in (await buyer.client.get("/")).text
        answer = await buyer.client.post("/orders", data={"thing": "tea"})
        path = "/orders/" + list(shop.kept())[-1]
        assert answer.headers["location"] != path
        cashier = await buyer.cashier(path, answer.headers["location"])
        await shop.town.paid_at(lin, cashier)
        await told(shop, path, "paid")
        assert "已付款，正在打包" in (await buyer.client.get(path)).text


async def test_who_pays_while_the_shop_cannot_be_reached_is_asked_about(shop: NodeShop) -> None:
    """The first notification is in vain; the page that a buyer comes back to asks."""
    town, lin = shop.town, await shop.town.person(money=10_000)
    async with shop.browser() as buyer:
        path, cashier = await buyer.buys()
        await shop.close()
        paid = await town.paid_at(lin, cashier)
        await town.settled()
        await shop.open()
        assert shop.kept()[path.rpartition("/")[2]]["state"] == "waiting"
        with town.silence():
            page = await buyer.client.get(path)
            assert "cannot be asked for now. Please do not pay again." in page.text
        if paid["return_to"]:
            back = await buyer.client.get(paid["return_to"], follow_redirects=True)
            assert str(back.url).startswith(shop.url + path) and "Paid, we are packing" in back.text
        assert await buyer.state(path) == "paid"


async def test_neither_an_address_nor_a_forged_notification_is_believed(shop: NodeShop) -> None:
    town, lin = shop.town, await shop.town.person(money=20_000)
    async with shop.browser() as buyer:
        path, cashier = await buyer.buys()
        number = path.rpartition("/")[2]
        assert await buyer.state(f"{path}?trade_status=TRADE_SUCCESS&paid=1") == "waiting"
        forged = {"out_trade_no": number, "trade_status": "TRADE_SUCCESS", "sign": "AAAA"}
        bodies = [urlencode(forged), json.dumps(forged), json.dumps({"resource": {}}), "", "{"]
        for body in bodies:
            answer = await buyer.client.post("/notify", content=body.encode())
            assert answer.status_code == 401
        assert await buyer.state(path) == "waiting"
        assert (await buyer.client.get("/orders/NS0")).status_code == 404
        answer = await buyer.client.post("/orders", data={"thing": "constructor"})
        assert answer.status_code == 404

        # A true one of another order changes nothing here.
        other, other_cashier = await buyer.buys("bowl")
        await town.paid_at(lin, other_cashier)
        await told(shop, other, "paid")
        assert await buyer.state(path) == "waiting"
        assert (await town.payment_at(shop.app, cashier))["status"] == "open"


async def test_only_the_keeper_gives_money_back(shop: NodeShop) -> None:
    lin = await shop.town.person(money=10_000)
    async with shop.browser() as buyer, shop.keeper() as keeper:
        path, cashier = await buyer.buys()
        unpaid = await keeper.gives_back(path, "1")
        assert unpaid.status_code == 400
        await shop.town.paid_at(lin, cashier)
        await told(shop, path, "paid")
        assert (await buyer.gives_back(path, "1")).status_code == 401
        assert (await buyer.client.get("/keeper")).status_code == 401
        keeper.client.headers["sec-fetch-site"] = "cross-site"
        assert (await keeper.gives_back(path, "1")).status_code == 401
        payment = await shop.town.payment_at(shop.app, cashier)
        assert await shop.refunds(payment) == []


async def test_silence_costs_nobody_money(shop: NodeShop) -> None:
    town, lin = shop.town, await shop.town.person(money=20_000)
    async with shop.browser() as buyer, shop.keeper() as keeper:
        path, cashier = await buyer.buys()
        await town.paid_at(lin, cashier)
        await told(shop, path, "paid")
        payment = await town.payment_at(shop.app, cashier)
        with town.losing_answers():
            page = (await keeper.gives_back(path, "8")).text
            assert "refund of ¥8.00 under way or unanswered" in page
        assert await shop.refunds(payment) == [(800, "succeeded")], "made, and nobody heard it"
        await keeper.gives_back(path, "60")  # Whatever is asked now, the one in doubt comes first.
        assert await shop.refunds(payment) == [(800, "succeeded")]
        assert "refunded ¥8.00" in (await keeper.client.get("/keeper")).text

        await town.done("POST", f"/v1/payments/{payment['id']}/refunds", {}, token=shop.app.key)
        assert "refund of ¥60.00 refused" in (await keeper.gives_back(path, "60")).text
    assert await town.balance(lin) == 20_000
    assert await town.wrong() == []


async def test_an_order_outlives_a_platform_that_was_silent(shop: NodeShop) -> None:
    lin = await shop.town.person(money=10_000)
    async with shop.browser() as buyer:
        with shop.town.silence():
            await buyer.client.post("/orders", data={"thing": "tea"})
            path = "/orders/" + list(shop.kept())[-1]
            page = (await buyer.client.get(path)).text
        # Alipay's SDK makes its address by itself; this shop learns of the silence when it asks.
        says = {"wechat": "No money has moved.", "alipay": "Please do not pay again."}
        assert says[shop.dialect] in page
        answer = await buyer.client.post(f"{path}/pay")
        cashier = await buyer.cashier(path, answer.headers["location"])
        again = await buyer.client.post(f"{path}/pay")
        assert await buyer.cashier(path, again.headers["location"]) == cashier, "the same payment"
        await shop.town.paid_at(lin, cashier)
        await told(shop, path, "paid")


def test_the_shops_are_short_speak_both_languages_and_know_nothing_of_us() -> None:
    folder = HERE / "integrations/node_shops"
    words = json.loads((folder / "words.json").read_text("utf-8"))
    assert words["en"].keys() == words["zh"].keys()
    for path in folder.glob("*.js"):
        assert len(path.read_text("utf-8").splitlines()) <= 220, path


async def test_an_order_whose_payment_was_canceled_is_closed(shop: NodeShop) -> None:
    town = shop.town
    async with shop.browser() as buyer:
        path, cashier = await buyer.buys()
        payment = await town.payment_at(shop.app, cashier)
        await town.done(
            "POST", f"/v1/payments/{payment['id']}/cancellation", {}, token=shop.app.key
        )
        assert await buyer.state(path) == "closed"
