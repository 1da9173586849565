"""The same story told in the native API and in the dialect leaves the same books."""

import shutil
from typing import Any

import pytest

from changliao.db.driver import Reader
from tests.places import quick_folder
from tests.wire.platform import Shop, Someone
from tests.wire.wechat.street import NATIVE, Merchant, Street

pytestmark = pytest.mark.slow

Rows = list[tuple[Any, ...]]
Amounts = tuple[int, int]
COMBINED = "/v3/combine-transactions"
TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
AT = "/v3/pay/transactions/out-trade-no"
REFUNDS = "/v3/refund/domestic/refunds"


def books(reader: Reader) -> dict[str, Rows]:
    """What the ledger and pay have, without ids and times."""
    return {
        "transfers": reader.query(
            "SELECT seq, kind, amount, currency, mode, code, debit_after, credit_after, memo"
            " FROM ledger_transfers ORDER BY seq"
        ),
        "payments": reader.query(
            "SELECT reference, amount, currency, description, capture, status, method,"
            " captured_amount, refunded_amount, refunding_amount, reason, version"
            " FROM pay_payments ORDER BY reference"
        ),
        "refunds": reader.query(
            "SELECT reference, amount, currency, reason, status, waits_for, tries"
            " FROM pay_refunds ORDER BY reference"
        ),
        "splits": reader.query(
            "SELECT reference, amount, finish, rest_amount FROM pay_splits ORDER BY reference"
        ),
        "lines": reader.query(
            "SELECT place, kind, amount, description, returned_amount FROM pay_split_lines"
            " ORDER BY place"
        ),
        "returns": reader.query(
            "SELECT reference, amount, reason, destination FROM pay_split_returns ORDER BY reference"
        ),
        "combined": reader.query(
            "SELECT reference, amount, currency, description, status, method, reason, version"
            " FROM pay_combined ORDER BY reference"
        ),
        "to persons": reader.query(
            "SELECT reference, amount, currency, description, status FROM pay_transfers"
            " ORDER BY reference"
        ),
        "facts": reader.query(
            "SELECT kind FROM facts WHERE kind LIKE 'payment.%' OR kind LIKE 'refund.%'"
            " OR kind LIKE 'split.%' OR kind LIKE 'combined.%' OR kind LIKE 'transfer.%'"
            " ORDER BY seq"
        ),
    }


async def accepted(street: Street, lin: Someone, transfer_id: str) -> None:
    """The person takes what a shop gives."""
    at = f"/v1/wallet/incoming_transfers/{transfer_id}/acceptance"
    await street.town.done("POST", at, {}, token=lin.token)


class Native:
    """Tells it in our own API."""

    def __init__(self, street: Street, shop: Shop, lin: Someone) -> None:
        self.street, self.town, self.shop, self.lin = street, street.town, shop, lin
        self.ids: dict[str, Any] = {}

    async def ask(self, reference: str, amount: int, *, split: bool = False) -> None:
        said: dict[str, Any] = {"reference": reference, "description": "茶叶", "split": split}
        self.ids[reference] = await self.town.payment(self.shop, amount, **said)

    async def pay(self, reference: str) -> None:
        assert (await self.town.pay(self.lin, self.ids[reference])).is_success

    async def refund(self, reference: str, amount: int, number: str) -> bool:
        at = f"/v1/payments/{self.ids[reference]['id']}/refunds"
        body = {"amount": amount, "reference": number, "reason": "少发"}
        return (await self.town.call("POST", at, body, token=self.shop.key)).is_success

    async def close(self, reference: str) -> bool:
        at = f"/v1/payments/{self.ids[reference]['id']}/cancellation"
        return (await self.town.call("POST", at, {}, token=self.shop.key)).is_success

    async def share(self, reference: str, other: Merchant) -> list[bool]:
        at, key = f"/v1/payments/{self.ids[reference]['id']}", self.shop.key
        receivers = [
            {"kind": "app", "id": other.shop.app_id, "amount": 600, "description": "货款"},
            {"kind": "person", "id": self.lin.id, "amount": 50, "description": "返现"},
        ]
        body = {"reference": "S1", "receivers": receivers}
        made = await self.town.call("POST", f"{at}/splits", body, token=key)
        line = made.json()["receivers"][0]["id"]
        back = {"line_id": line, "reference": "B1", "amount": 200, "reason": "退货"}
        path = f"/v1/splits/{made.json()['id']}/returns"
        returned = await self.town.call("POST", path, back, token=key)
        body = {"reference": "E1", "description": "完结"}
        ended = await self.town.call("POST", f"{at}/split_end", body, token=key)
        return [made.is_success, returned.is_success, ended.is_success]

    async def gather(self, reference: str, amounts: Amounts, other: Merchant) -> bool:
        parts = [
            {"reference": f"{reference}-{place}", "amount": amount, "description": "茶叶"}
            | {"currency": "CNY", "app_id": app_id}
            for place, amount, app_id in zip("ab", amounts, ("", other.shop.app_id), strict=True)
        ]
        body = {"reference": reference, "payments": parts}
        at, key = "/v1/combined_payments", self.shop.key
        made = await self.town.call("POST", at, body, token=key)
        if made.is_success:
            self.ids[reference] = made.json()
        return made.is_success

    async def pay_all(self, reference: str) -> None:
        await self.street.pays(self.lin, self.ids[reference]["cashier_url"])

    async def close_all(self, reference: str) -> bool:
        at = f"/v1/combined_payments/{self.ids[reference]['id']}/cancellation"
        return (await self.town.call("POST", at, {}, token=self.shop.key)).is_success

    async def give(self, reference: str, amount: int, paid: str) -> bool:
        at, key = f"/v1/payments/{self.ids[paid]['id']}", self.shop.key
        person = (await self.town.done("GET", at, token=key))["payer"]
        body = {"amount": amount, "currency": "CNY", "reference": reference, "person": person}
        body |= {"description": "谢谢", "needs_acceptance": True}
        made = await self.town.call("POST", "/v1/transfers", body, token=key)
        if made.is_success:
            self.ids[reference] = made.json()
        return made.is_success

    async def accept(self, reference: str) -> None:
        await accepted(self.street, self.lin, self.ids[reference]["id"])

    async def take_back(self, reference: str) -> bool:
        at = f"/v1/transfers/{self.ids[reference]['id']}/cancellation"
        return (await self.town.call("POST", at, {}, token=self.shop.key)).is_success


class Dialect:
    """Tells it in the dialect."""

    def __init__(self, merchant: Merchant, lin: Someone) -> None:
        self.merchant, self.lin = merchant, lin
        self.made: dict[str, tuple[str, int]] = {}
        self.given: dict[str, str] = {}
        self.carts: dict[str, list[dict[str, Any]]] = {}

    async def ask(self, reference: str, amount: int, *, split: bool = False) -> None:
        body = self.merchant.order(
            out_trade_no=reference,
            amount={"total": amount},
            description="茶叶",
            settle_info={"profit_sharing": split},
        )
        code_url = (await self.merchant.done("POST", NATIVE, body))["code_url"]
        self.made[reference] = (code_url, amount)

    async def pay(self, reference: str) -> None:
        await self.merchant.street.pays(self.lin, self.made[reference][0])

    async def refund(self, reference: str, amount: int, number: str) -> bool:
        body = {
            "out_trade_no": reference,
            "out_refund_no": number,
            "reason": "少发",
            "amount": {"refund": amount, "total": self.made[reference][1], "currency": "CNY"},
        }
        return (await self.merchant.call("POST", REFUNDS, body)).is_success

    async def close(self, reference: str) -> bool:
        at = f"{AT}/{reference}/close"
        return (await self.merchant.call("POST", at, {"mchid": self.merchant.mchid})).is_success

    async def share(self, reference: str, other: Merchant) -> list[bool]:
        at, paid = "/v3/profitsharing", await self.merchant.query(reference)
        ours = {"transaction_id": paid["transaction_id"]}
        app = {"type": "MERCHANT_ID", "account": other.mchid}
        person = {"type": "PERSONAL_OPENID", "account": paid["payer"]["openid"]}
        receivers = [
            app | {"amount": 600, "description": "货款"},
            person | {"amount": 50, "description": "返现"},
        ]
        body = {"out_order_no": "S1", "unfreeze_unsplit": False, "receivers": receivers}
        made = await self.merchant.call("POST", f"{at}/orders", ours | body)
        back = {"out_return_no": "B1", "return_mchid": other.mchid, "description": "退货"}
        back |= {"out_order_no": "S1", "amount": 200}
        returned = await self.merchant.call("POST", f"{at}/return-orders", back)
        end = ours | {"out_order_no": "E1", "description": "完结"}
        ended = await self.merchant.call("POST", f"{at}/orders/unfreeze", end)
        return [made.is_success, returned.is_success, ended.is_success]

    async def gather(self, reference: str, amounts: Amounts, other: Merchant) -> bool:
        sellers = zip("ab", (self.merchant.mchid, other.mchid), strict=True)
        parts: list[dict[str, Any]] = [
            {"mchid": mchid, "out_trade_no": f"{reference}-{place}"} for place, mchid in sellers
        ]
        subs = [
            part
            | {"attach": "x", "description": "茶叶"}
            | {"amount": {"total_amount": amount, "currency": "CNY"}}
            for part, amount in zip(parts, amounts, strict=True)
        ]
        body = {
            "combine_appid": self.merchant.appid,
            "combine_mchid": self.merchant.mchid,
            "combine_out_trade_no": reference,
            "sub_orders": subs,
            "notify_url": self.merchant.order()["notify_url"],
        }
        made = await self.merchant.call("POST", f"{COMBINED}/native", body)
        if made.is_success:
            self.made[reference] = (made.json()["code_url"], sum(amounts))
            self.carts[reference] = parts
        return made.is_success

    async def pay_all(self, reference: str) -> None:
        await self.pay(reference)

    async def close_all(self, reference: str) -> bool:
        body = {"combine_appid": self.merchant.appid, "sub_orders": self.carts[reference]}
        at = f"{COMBINED}/out-trade-no/{reference}/close"
        return (await self.merchant.call("POST", at, body)).is_success

    async def give(self, reference: str, amount: int, paid: str) -> bool:
        body = {
            "appid": self.merchant.appid,
            "out_bill_no": reference,
            "transfer_scene_id": "1000",
            "openid": (await self.merchant.query(paid))["payer"]["openid"],
            "transfer_amount": amount,
            "transfer_remark": "谢谢",
        }
        made = await self.merchant.call("POST", TRANSFERS, body)
        if made.is_success:
            self.given[reference] = made.json()["transfer_bill_no"]
        return made.is_success

    async def accept(self, reference: str) -> None:
        await accepted(self.merchant.street, self.lin, self.given[reference])

    async def take_back(self, reference: str) -> bool:
        at = f"{TRANSFERS}/out-bill-no/{reference}/cancel"
        return (await self.merchant.call("POST", at)).is_success


async def story(teller: Native | Dialect, other: Merchant) -> list[bool]:
    """Four orders, refunds that go and one that is too large, one order closed, one left open; a fifth
    that is shared, partly taken back, and ended; two carts of two sellers, of which one is paid; what the
    shop gives to the person, taken, taken back, and too much."""
    for number, amount in (("order1", 1000), ("order2", 1), ("order3", 99_000), ("order4", 5)):
        await teller.ask(number, amount)
    await teller.ask("order1", 1000)
    await teller.pay("order1")
    await teller.pay("order2")
    await teller.ask("order5", 1000, split=True)
    await teller.pay("order5")
    return [
        *await teller.share("order5", other),
        await teller.refund("order1", 300, "R1"),
        await teller.refund("order1", 300, "R1"),
        await teller.refund("order1", 701, "R2"),
        await teller.refund("order1", 700, "R3"),
        await teller.refund("order3", 1, "R4"),
        await teller.close("order3"),
        await teller.close("order2"),
        *await carts(teller, other),
        *await gifts(teller),
    ]


async def carts(teller: Native | Dialect, other: Merchant) -> list[bool]:
    """Paid together and closed together; the same cart again, and another under its number."""
    first = [
        await teller.gather("cart1", (700, 300), other),
        await teller.gather("cart1", (700, 300), other),
        await teller.gather("cart1", (700, 301), other),
    ]
    await teller.pay_all("cart1")
    return [
        *first,
        await teller.close_all("cart1"),
        await teller.gather("cart2", (5, 6), other),
        await teller.close_all("cart2"),
    ]


async def gifts(teller: Native | Dialect) -> list[bool]:
    """One that is accepted, one that is taken back, one that the shop cannot afford."""
    first = [await teller.give("gift1", 40, "order1"), await teller.give("gift1", 40, "order1")]
    await teller.accept("gift1")
    return [
        *first,
        await teller.take_back("gift1"),
        await teller.give("gift2", 60, "order1"),
        await teller.take_back("gift2"),
        await teller.give("gift3", 90_000, "order1"),
        await teller.give("gift1", 41, "order1"),
    ]


async def told(in_dialect: bool) -> tuple[list[bool], dict[str, Rows]]:
    """What each step came to, and the books at the end."""
    folder = quick_folder()
    street = await Street(folder).start()
    try:
        lin = await street.town.person(money=100_000)
        merchant, other = await street.merchant(), await street.merchant()
        await street.lets(other, merchant)
        teller = Dialect(merchant, lin) if in_dialect else Native(street, merchant.shop, lin)
        steps = await story(teller, other)
        assert await street.town.wrong() == []
        return steps, await street.town.platform.db.read(books)
    finally:
        await street.stop()
        shutil.rmtree(folder)


async def test_the_same_story_leaves_the_same_books() -> None:
    native, dialect = await told(False), await told(True)
    shared = [True, True, True]
    alone = [True, True, False, True, False, True, False]
    carts_went = [True, True, False, False, True, True]
    gifts_went = [True, True, False, True, True, False, False]
    assert native[0] == dialect[0] == [*shared, *alone, *carts_went, *gifts_went]
    assert native[1] == dialect[1]
    counts = {name: len(rows) for name, rows in native[1].items()}
    assert (counts["payments"], counts["combined"], counts["to persons"]) == (9, 2, 2)
    assert counts["transfers"] == 16
