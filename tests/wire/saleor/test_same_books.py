"""The same story told in the native API and by a Saleor leaves the same books."""

import shutil
from typing import Any

import pytest

from changliao.db.driver import Reader
from tests.places import quick_folder
from tests.wire.platform import Shop, Someone
from tests.wire.saleor.instance import Transaction
from tests.wire.saleor.street import Account, Street

pytestmark = pytest.mark.slow

Rows = list[tuple[Any, ...]]


def books(reader: Reader) -> dict[str, Rows]:
    """What the ledger and pay have, without ids and times, and without numbers of either side's own."""
    return {
        "transfers": reader.query(
            "SELECT seq, kind, amount, currency, mode, code, debit_after, credit_after"
            " FROM ledger_transfers ORDER BY seq"
        ),
        "payments": reader.query(
            "SELECT amount, currency, description, capture, status, method, captured_amount,"
            " refunded_amount, refunding_amount, reason, version FROM pay_payments ORDER BY id"
        ),
        "refunds": reader.query(
            "SELECT amount, currency, reason, status, waits_for, tries FROM pay_refunds ORDER BY id"
        ),
        "facts": reader.query(
            "SELECT kind FROM facts WHERE kind LIKE 'payment.%' OR kind LIKE 'refund.%' ORDER BY seq"
        ),
    }


class Native:
    """Tells it in our own API."""

    def __init__(self, street: Street, shop: Shop, lin: Someone) -> None:
        self.town, self.shop, self.lin = street.town, shop, lin

    async def ask(self, amount: int, kind: str) -> Any:
        capture = "manual" if kind == "AUTHORIZATION" else "auto"
        return await self.town.payment(self.shop, amount, capture=capture, description="#42")

    async def pay(self, payment: Any) -> None:
        assert (await self.town.pay(self.lin, payment)).is_success

    async def act(self, payment: Any, action: str, amount: int) -> bool:
        at = f"/v1/payments/{payment['id']}"
        now = await self.town.done("GET", at, token=self.shop.key)
        way = {"CHARGE": "captures", "REFUND": "refunds", "CANCEL": "cancellation"}[action]
        if way == "cancellation" and now["status"] == "authorized":
            way = "void"
        body = {} if action == "CANCEL" else {"amount": amount}
        return (await self.town.call("POST", f"{at}/{way}", body, token=self.shop.key)).is_success


class Dialect:
    """Tells it by the webhooks of a Saleor."""

    def __init__(self, account: Account, lin: Someone) -> None:
        self.account, self.lin = account, lin
        self.urls: dict[str, Any] = {}

    async def ask(self, amount: int, kind: str) -> Transaction:
        whole, rest = divmod(amount, 100)
        transaction, told = await self.account.saleor.begin(f"{whole}.{rest:02}", kind=kind)
        self.urls[transaction.id] = told
        return transaction

    async def pay(self, transaction: Transaction) -> None:
        await self.account.pays(self.lin, self.urls[transaction.id])

    async def act(self, transaction: Transaction, action: str, amount: int) -> bool:
        whole, rest = divmod(amount, 100)
        told = await self.account.saleor.act(transaction, action, f"{whole}.{rest:02}")
        return bool(told.get("result", "SUCCESS").endswith("SUCCESS"))


async def story(teller: Native | Dialect) -> list[bool]:
    """One charged and refunded twice and once too often; one held, taken in two parts and refunded; one
    given back; one canceled; one left open."""
    went = []
    first = await teller.ask(1000, "CHARGE")
    await teller.pay(first)
    for amount in (300, 1, 700, 699):
        went.append(await teller.act(first, "REFUND", amount))
    held = await teller.ask(99_000, "AUTHORIZATION")
    await teller.pay(held)
    for action, amount in (
        *(("CHARGE", 1500), ("CHARGE", 97_501), ("CHARGE", 97_500)),
        *(("CANCEL", 0), ("REFUND", 98_000)),
    ):
        went.append(await teller.act(held, action, amount))
    given = await teller.ask(500, "AUTHORIZATION")
    await teller.pay(given)
    went.append(await teller.act(given, "CANCEL", 500))
    went.append(await teller.act(await teller.ask(70, "CHARGE"), "CANCEL", 0))
    await teller.ask(80, "CHARGE")
    return went


async def told(dialect: bool) -> tuple[list[bool], dict[str, Rows]]:
    """The story in a town of its own."""
    folder = quick_folder()
    street = await Street(folder).start()
    lin = await street.town.person(money=200_000)
    account = await street.shop()
    teller: Native | Dialect = Native(street, account.shop, lin)
    if dialect:
        teller = Dialect(account, lin)
    went = await story(teller)
    assert await street.town.wrong() == []
    found = await street.town.platform.db.read(books)
    await street.stop()
    shutil.rmtree(folder)
    return went, found


async def test_both_leave_the_same_books() -> None:
    one, other = await told(False), await told(True)
    assert one[0] == other[0]
    assert one[0] == [True, True, False, True, True, False, True, False, True, True, True]
    for table, rows in one[1].items():
        assert rows == other[1][table], table
    assert [len(rows) for rows in one[1].values()][1:3] == [5, 4]
