"""Open ids, transfers and bills over HTTP: who paid is an open id, a day is a page or a file."""

import csv
from typing import Any

import pytest

from tests.wire.platform import Shop, Someone, Town

EMPTY: dict[str, Any] = {"items": [], "next": None}


@pytest.fixture
async def shop(town: Town) -> Shop:
    return await town.shop()


@pytest.fixture
async def lin(town: Town) -> Someone:
    return await town.person(money=5000)


async def get(town: Town, shop: Shop, path: str) -> Any:
    return await town.done("GET", path, token=shop.key)


async def csv_of(town: Town, shop: Shop, path: str, **headers: str) -> tuple[Any, Any]:
    """The rows of a file, and the rows of its totals, by the names in their headings."""
    answer = await town.call("GET", path, token=shop.key, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    rows, totals = answer.text.split("\r\n\r\n")
    return list(csv.DictReader(rows.splitlines())), list(csv.DictReader(totals.splitlines()))


async def test_a_shop_knows_its_payer_by_an_open_id_of_its_own(
    town: Town, shop: Shop, lin: Someone
) -> None:
    opened = await town.payment(shop, 100)
    assert (opened["payer"], opened["paid_at"]) == (None, None)
    one, two = await town.paid(lin, shop, 10), await town.paid(lin, shop, 20)
    assert one["payer"] == two["payer"] and one["payer"].startswith("opn_")
    assert one["created_at"] < one["paid_at"]
    held = await town.paid(lin, shop, 10, capture="manual")
    assert (held["payer"], held["paid_at"]) == (one["payer"], None)
    other = await town.shop()
    assert (await town.paid(lin, other, 10))["payer"] != one["payer"]
    mei = await town.person(money=100)
    assert (await town.paid(mei, shop, 10))["payer"] != one["payer"]
    history = await get(town, shop, f"/v1/payments/{one['id']}/history")
    assert history["payment"]["payer"] == one["payer"]
    told = repr(history["facts"]) + repr(await get(town, shop, "/v1/events"))
    assert one["payer"] not in told and lin.id not in told
    listed = (await get(town, shop, "/v1/payments"))["items"]
    assert [row["payer"] for row in listed].count(one["payer"]) == 3


async def test_a_shop_pays_whoever_paid_it(town: Town, shop: Shop, lin: Someone) -> None:
    paid = await town.paid(lin, shop, 1000)
    body = {"amount": 300, "currency": "CNY", "reference": "p-1", "person": paid["payer"]}
    made = await town.done("POST", "/v1/transfers", body, token=shop.key)
    assert (made["status"], made["person"], made["expires_at"]) == (
        "succeeded",
        paid["payer"],
        None,
    )
    assert await town.balance(lin) == 4300
    found = await get(town, shop, "/v1/transfers?reference=p-1")
    assert found == {"items": [made], "next": None}
    assert await get(town, shop, "/v1/transfers?reference=p-2") == EMPTY
    books = await town.books()
    other = await town.shop()
    for key, said, code in (
        (other.key, {}, "person_not_found"),
        (shop.key, {"reference": "p-2", "amount": 701}, "shop_balance_short"),
        (shop.key, {"amount": 301}, "transfer_reference_taken"),
    ):
        answer = await town.call("POST", "/v1/transfers", body | said, token=key)
        assert answer.json()["code"] == code
    assert await town.books() == books


async def test_a_person_accepts_with_any_number_of_presses(
    town: Town, shop: Shop, lin: Someone
) -> None:
    await town.paid(lin, shop, 1000)
    body = {"amount": 300, "currency": "CNY", "reference": "w", "person": lin.handle}
    body |= {"needs_acceptance": True, "description": "Prize"}
    made = await town.done("POST", "/v1/transfers", body, token=shop.key)
    here = "/v1/wallet/incoming_transfers"
    [one] = (await town.done("GET", f"{here}?status=waiting", token=lin.token))["items"]
    told = (one["id"], one["shop_name"], one["description"], one["status"])
    assert told == (made["id"], "Shop", "Prize", "waiting")
    mei = await town.person()
    assert await town.done("GET", here, token=mei.token) == EMPTY
    stranger = await town.call("POST", f"{here}/{made['id']}/acceptance", token=mei.token)
    assert stranger.json()["code"] == "transfer_not_found"
    for _ in range(2):
        path = f"{here}/{made['id']}/acceptance"
        took = await town.done("POST", path, token=lin.token, key="press")
        assert took["status"] == "succeeded"
    assert await town.balance(lin) == 4300
    late = await town.call("POST", f"/v1/transfers/{made['id']}/cancellation", token=shop.key)
    assert (late.status_code, late.json()["code"]) == (409, "transfer_not_waiting")
    wrong = await town.call("GET", f"{here}?status=lost", token=lin.token)
    assert wrong.json()["field"] == "status"


async def test_a_day_is_read_in_pages_or_as_one_file(town: Town, shop: Shop, lin: Someone) -> None:
    metadata = {"note": 'a "quoted", line'}
    first = await town.paid(lin, shop, 1000, metadata=metadata, description="茶, 一包")
    await town.paid(lin, shop, 20)
    body = {"amount": 300, "reference": "r-1"}
    path = f"/v1/payments/{first['id']}/refunds"
    refund = await town.done("POST", path, body, token=shop.key)
    day = first["paid_at"][:10]
    whole = await get(town, shop, f"/v1/bills/trades?date={day}")
    assert (whole["from_at"], whole["complete"]) == (f"{day}T00:00:00.000000Z", False)
    assert [(row["kind"], row["amount"], row["refunded_amount"]) for row in whole["items"]] == [
        ("payment", 1000, 0),
        ("payment", 20, 0),
        ("refund", 0, 300),
    ]
    assert whole["items"][2]["refund_id"] == refund["id"]
    assert whole["totals"] == [
        {
            "currency": "CNY",
            "payments": 2,
            "amount": 1020,
            "refunds": 1,
            "refunded_amount": 300,
            "net": 720,
        }
    ]
    rows: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await get(town, shop, f"/v1/bills/trades?date={day}&limit=1&after={cursor}")
        assert (page["totals"] is None) == bool(cursor)
        rows, cursor = rows + page["items"], page["next"]
    assert rows == whole["items"]
    lines, totals = await csv_of(town, shop, f"/v1/bills/trades?date={day}&format=csv")
    assert [row["amount"] for row in lines] == ["1000", "20", "0"]
    assert lines[0]["description"] == "茶, 一包"
    assert lines[0]["metadata"] == '{"note":"a \\"quoted\\", line"}'
    assert lines[0]["payer"] == first["payer"]
    assert totals[0]["net"] == "720"


async def test_a_fund_bill_ends_at_the_balance(town: Town, shop: Shop, lin: Someone) -> None:
    first = await town.paid(lin, shop, 1000)
    body = {"amount": 300, "currency": "CNY", "reference": "p", "person": lin.handle}
    await town.done("POST", "/v1/transfers", body, token=shop.key)
    day = first["paid_at"][:10]
    bill = await get(town, shop, f"/v1/bills/funds?date={day}&utc_offset=+00:00")
    assert [(row["code"], row["amount"]) for row in bill["items"]] == [
        ("payment", 1000),
        ("transfer", -300),
    ]
    [total] = bill["totals"]
    assert (total["opening_balance"], total["closing_balance"]) == (0, 700)
    assert total["codes"] == {"payment": 1000, "transfer": -300}
    assert (await get(town, shop, "/v1/balances"))["items"][0]["balance"] == 700
    path = f"/v1/bills/funds?date={day}"
    lines, totals = await csv_of(town, shop, path, accept="text/csv")
    assert [row["balance_after"] for row in lines] == ["1000", "700"]
    assert totals[0]["closing_balance"] == "700"
    past = await get(town, shop, "/v1/bills/funds?date=2020-02-29&utc_offset=%2B08:00")
    assert (past["from_at"], past["complete"]) == ("2020-02-28T16:00:00.000000Z", True)
    assert past["totals"][0]["closing_balance"] == 0


@pytest.mark.parametrize("kind", ["trades", "funds"])
@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("", "day_invalid", "date"),
        ("date=yesterday", "day_invalid", "date"),
        ("date=2026-01-01&utc_offset=Mars", "day_invalid", "utc_offset"),
        ("date=2026-01-01&format=xls", "bad_request", "format"),
        ("date=2026-01-01&after=x", "bad_cursor", "after"),
        ("date=2026-01-01&after=-1", "bad_cursor", "after"),
    ],
)
async def test_what_is_no_bill_is_refused(
    town: Town, shop: Shop, kind: str, query: str, code: str, field: str
) -> None:
    answer = await town.call("GET", f"/v1/bills/{kind}?{query}", token=shop.key)
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)


async def test_a_file_has_no_body_for_head_and_no_length_before_it_is_read(
    town: Town, shop: Shop
) -> None:
    path = "/v1/bills/trades?date=2026-01-01&format=csv"
    head = await town.call("HEAD", path, token=shop.key)
    assert (head.status_code, head.content) == (200, b"")
    assert "content-length" not in head.headers
