"""The same story told in the native API and in the dialect leaves the same books."""

import re
from typing import Any

import pytest
import stripe

from changliao.db.driver import Reader
from tests.conformance.test_stripe.world import Side, StripeTown
from tests.wire.platform import Shop, Someone

pytestmark = pytest.mark.slow

IDS = re.compile(r"\b([a-z]{2,6})_[0-9A-HJKMNP-TV-Z]{26}\b")
UNLIKE = {
    "pay_payments": {
        "expires_at",
        "return_url",
        "created_at",
        "changed_at",
        "hold_expires_at",
        "paid_at",
    },
    "pay_refunds": {"created_at", "changed_at", "reference"},
    "ledger_transfers": {"seq", "happened_at", "written_at", "expires_at", "digest"},
    "ledger_accounts": {"opened_at", "last_seq"},
}
"""Moments and running numbers differ; the way back is each API's own."""


async def books(town: StripeTown, shop: Shop, person: Someone) -> dict[str, list[str]]:
    """What is written of a shop's and a person's money, ids numbered in the order they appear."""
    own = await town.platform.db.read(_rows, shop.app_id, person.id)
    seen: dict[str, str] = {shop.app_id: "the shop", person.id: "the person"}

    def plain(text: str) -> str:
        for found in IDS.finditer(text):
            seen.setdefault(found[0], f"{found[1]} {len(seen)}")
        return IDS.sub(lambda found: seen[found[0]], text)

    return {table: [plain(row) for row in rows] for table, rows in own.items()}


def _rows(reader: Reader, app_id: str, person_id: str) -> dict[str, list[str]]:
    accounts = _named(reader, "ledger_accounts", "owner IN (?, ?) ORDER BY id", app_id, person_id)
    ids = [row["id"] for row in accounts]
    marks = ", ".join("?" * len(ids))
    where = f"code <> 'test_money' AND (debit IN ({marks}) OR credit IN ({marks})) ORDER BY seq"
    found = {
        "pay_payments": _named(reader, "pay_payments", "app_id = ? ORDER BY id", app_id),
        "pay_refunds": _named(reader, "pay_refunds", "app_id = ? ORDER BY id", app_id),
        "ledger_transfers": _named(reader, "ledger_transfers", where, *ids, *ids),
        "ledger_accounts": accounts,
    }
    skipped = {table: UNLIKE[table] | {"debit_prev", "credit_prev"} for table in found}
    return {
        table: [str({k: v for k, v in row.items() if k not in skipped[table]}) for row in rows]
        for table, rows in found.items()
    }


def _named(reader: Reader, table: str, where: str, *args: str) -> list[dict[str, Any]]:
    columns = [row[1] for row in reader.query(f"PRAGMA table_info({table})")]
    return [
        dict(zip(columns, row, strict=True))
        for row in reader.query(f"SELECT * FROM {table} WHERE {where}", *args)
    ]


async def native(town: StripeTown, shop: Shop, lin: Someone) -> None:
    """One paid and refunded twice, one held and taken in part, one given back, one canceled, one left."""

    async def ask(reference: str, amount: int, **said: Any) -> Any:
        return await town.payment(shop, amount, reference=reference, description="Tea", **said)

    async def do(payment: Any, what: str, **body: Any) -> None:
        path = f"/v1/payments/{payment['id']}/{what}"
        await town.done("POST", path, body, token=shop.key)

    paid = await ask("o1", 1000)
    await town.pay(lin, paid)
    await do(paid, "refunds", amount=300, reason="duplicate")
    await do(paid, "refunds")
    held = await ask("o2", 2000, capture="manual")
    await town.pay(lin, held)
    await do(held, "captures", amount=1500, final=True)
    gone = await ask("o3", 500, capture="manual")
    await town.pay(lin, gone)
    await do(gone, "void", reason="abandoned")
    await do(await ask("o4", 70), "cancellation")
    await ask("o5", 80, metadata={"a": "b"})


async def spoken(side: Side, lin: Someone) -> None:
    """The same by the SDK."""
    ways = side.client.v1

    async def ask(order: str, amount: int, **said: Any) -> Any:
        return await side.session(amount, client_reference_id=order, **said)

    async def paid(session: Any) -> str:
        await side.pays(lin, session.url)
        now = await side.run(ways.checkout.sessions.retrieve, session.id)
        return str(now.payment_intent)

    manual: Any = {"payment_intent_data": {"capture_method": "manual"}}
    first = await paid(await ask("o1", 1000))
    part: Any = {"payment_intent": first, "amount": 300, "reason": "duplicate"}
    await side.run(ways.refunds.create, part)
    await side.run(ways.refunds.create, {"payment_intent": first})
    held = await paid(await ask("o2", 2000, **manual))
    await side.run(ways.payment_intents.capture, held, {"amount_to_capture": 1500})
    gone = await paid(await ask("o3", 500, **manual))
    await side.run(ways.payment_intents.cancel, gone, {"cancellation_reason": "abandoned"})
    await side.run(ways.checkout.sessions.expire, (await ask("o4", 70)).id)
    await ask("o5", 80, payment_intent_data={"metadata": {"a": "b"}})


async def test_both_leave_the_same_books(town: StripeTown) -> None:
    lin, ann = await town.person(money=50_000), await town.person(money=50_000)
    shop, side = await town.shop(), await town.new_side()

    await native(town, shop, lin)
    await spoken(side, ann)

    one, other = await books(town, shop, lin), await books(town, side.shop, ann)
    for table, rows in one.items():
        assert rows == other[table], table
    assert [len(rows) for rows in one.values()] == [5, 2, 7, 2]
    assert await town.wrong() == []


async def test_what_was_made_natively_is_read_in_the_dialect(town: StripeTown) -> None:
    lin = await town.person(money=5000)
    side = await town.new_side()
    payment = await town.paid(lin, side.shop, 600, metadata={"a": "b"})
    intent = await side.run(side.client.v1.payment_intents.retrieve, "pi_" + payment["id"][4:])
    assert (intent.status, intent.metadata.to_dict()) == ("succeeded", {"a": "b"})
    refund = await side.run(side.client.v1.refunds.create, {"payment_intent": intent.id})
    seen = await town.done("GET", f"/v1/refunds/{refund.id}", token=side.shop.key)
    assert seen["status"] == "succeeded"
    with pytest.raises(stripe.InvalidRequestError):
        await side.run(side.client.v1.checkout.sessions.retrieve, "cs_test_" + payment["id"][4:])
