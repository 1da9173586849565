"""What must not break when money moves over HTTP: keys, amounts, ends, refunds, PINs, tokens."""

import asyncio
from typing import Any

import pytest

from tests.patience import PATIENCE_S
from tests.wire.platform import PIN, Town


def code(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


# Keys ---------------------------------------------------------------------------------------


async def test_the_same_key_twice_at_once_pays_once(town: Town) -> None:
    lin, shop = await town.person(money=5000), await town.shop()
    payment = await town.payment(shop, 3000)

    first, second = await asyncio.gather(*(town.pay(lin, payment, key="press 1") for _ in "ab"))

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert await town.balance(lin) == 2000


async def test_the_same_key_later_gets_the_same_bytes(town: Town) -> None:
    lin, shop = await town.person(money=5000), await town.shop()
    body = {"amount": 1000, "currency": "CNY", "reference": "A-1"}
    first = await town.call("POST", "/v1/payments", body, token=shop.key, key="k1")
    assert (await town.pay(lin, first.json())).status_code == 200
    path = f"/v1/payments/{first.json()['id']}/refunds"
    refund = await town.call("POST", path, {"amount": 400}, token=shop.key, key="k2")
    before = await town.books()

    again = await town.call("POST", "/v1/payments", body, token=shop.key, key="k1")
    refund_again = await town.call("POST", path, {"amount": 400}, token=shop.key, key="k2")

    assert again.content == first.content
    assert refund_again.content == refund.content
    assert (refund.status_code, refund_again.status_code) == (201, 201)
    assert await town.books() == before


async def test_a_refusal_is_kept_under_its_key_too(town: Town) -> None:
    lin, shop = await town.person(money=500), await town.shop()
    payment = await town.payment(shop, 1000)
    first = await town.pay(lin, payment, key="short")
    await town.give(lin.id, 1000)

    again = await town.pay(lin, payment, key="short")

    assert code(first) == code(again) == (409, "insufficient_funds")
    assert await town.balance(lin) == 1500


async def test_the_same_key_with_another_body_is_refused(town: Town) -> None:
    shop = await town.shop()
    body = {"amount": 1000, "currency": "CNY", "reference": "B-1"}
    await town.done("POST", "/v1/payments", body, token=shop.key, key="same")
    before = await town.books()

    other = await town.call(
        "POST", "/v1/payments", body | {"amount": 1}, token=shop.key, key="same"
    )

    assert code(other) == (422, "idempotency_mismatch")
    assert await town.books() == before


async def test_one_shops_key_is_not_another_shops(town: Town) -> None:
    one, other = await town.shop(), await town.shop()
    body = {"amount": 1000, "currency": "CNY", "reference": "C-1"}

    first = await town.done("POST", "/v1/payments", body, token=one.key, key="shared")
    second = await town.done("POST", "/v1/payments", body, token=other.key, key="shared")

    assert first["id"] != second["id"]


async def test_an_order_number_with_another_amount_is_refused(town: Town) -> None:
    shop = await town.shop()
    body = {"amount": 1000, "currency": "CNY", "reference": "D-1"}
    first = await town.done("POST", "/v1/payments", body, token=shop.key)
    before = await town.books()

    other = await town.call("POST", "/v1/payments", body | {"amount": 1001}, token=shop.key)
    same = await town.call("POST", "/v1/payments", body, token=shop.key)

    assert code(other) == (409, "reference_taken")
    assert same.json() == first
    assert await town.books() == before


@pytest.mark.parametrize(
    ("key", "refusal"),
    [
        ("", "idempotency_key_missing"),
        ('""', "idempotency_key_missing"),
        ("k" * 256, "idempotency_key_invalid"),
        ("a\tb", "idempotency_key_invalid"),
    ],
)
async def test_a_payment_needs_a_good_key(town: Town, key: str, refusal: str) -> None:
    shop = await town.shop()
    before = await town.books()
    body = {"amount": 1000, "currency": "CNY", "reference": "E-1"}

    answer = await town.call("POST", "/v1/payments", body, token=shop.key, key=key)

    assert code(answer) == (400, refusal)
    assert await town.books() == before


# Amounts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        (b"0", "amount_must_be_positive"),
        (b"-1", "amount_must_be_positive"),
        (b"9007199254740992", "amount_too_large"),
        (b"9007199254740993", "amount_too_large"),
        (b"99999999999999999999999", "amount_too_large"),
        (b"1.5", "bad_request"),
        (b"1e2", "bad_request"),
        (b"1e400", "bad_request"),
        (b'"100"', "bad_request"),
        (b"true", "bad_request"),
        (b"null", "bad_request"),
        (b"[1]", "bad_request"),
        (b"NaN", "bad_json"),
    ],
)
async def test_an_amount_that_is_none_is_refused(town: Town, amount: bytes, refusal: str) -> None:
    shop = await town.shop()
    before = await town.books()
    content = b'{"currency":"CNY","reference":"F-1","amount":' + amount + b"}"

    answer = await town.call("POST", "/v1/payments", token=shop.key, content=content)

    assert answer.json()["code"] == refusal
    assert answer.status_code == 400
    assert await town.books() == before


@pytest.mark.parametrize(
    ("change", "refusal", "field"),
    [
        ({"amount": None}, "bad_request", "amount"),
        ({"currency": "XXX"}, "currency_unknown", "currency"),
        ({"currency": "cny"}, "currency_unknown", "currency"),
        ({"currency": ""}, "currency_unknown", "currency"),
        ({"reference": ""}, "reference_invalid", "reference"),
        ({"reference": "x" * 101}, "reference_invalid", "reference"),
        ({"surprise": 1}, "bad_request", "surprise"),
        ({"return_url": "javascript:alert(1)"}, "return_url_invalid", "return_url"),
        ({"return_url": "http://shop.example/"}, "return_url_invalid", "return_url"),
        ({"return_url": "https://a:b@shop.example/"}, "return_url_invalid", "return_url"),
        ({"expires_at": "yesterday"}, "bad_request", "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at_invalid", "expires_at"),
        ({"expires_at": "2031-01-01T00:00:00"}, "bad_request", "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "expires_at_invalid", "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+23:59"}, "expires_at_invalid", "expires_at"),
        ({"customer_id": "cus_none"}, "customer_not_found", "customer_id"),
    ],
)
async def test_a_wrong_field_is_named(
    town: Town, change: dict[str, Any], refusal: str, field: str
) -> None:
    shop = await town.shop()
    before = await town.books()
    body = {"amount": 1000, "currency": "CNY", "reference": "G-1"} | change

    answer = await town.call("POST", "/v1/payments", body, token=shop.key)

    assert (answer.json()["code"], answer.json()["field"]) == (refusal, field)
    assert await town.books() == before


# Ends ---------------------------------------------------------------------------------------


async def test_an_unknown_payment_and_anothers_are_the_same_nothing(town: Town) -> None:
    shop, other, lin = await town.shop(), await town.shop(), await town.person(money=900)
    payment = await town.paid(lin, shop, 900)
    before = await town.books()
    for payment_id in ("pay_nobody", payment["id"], "a'; DROP TABLE pay_payments; --"):
        for method, end, body in (
            ("GET", "", None),
            ("GET", "/refunds", None),
            ("GET", "/history", None),
            ("POST", "/refunds", {}),
            ("POST", "/captures", {}),
            ("POST", "/void", {}),
            ("POST", "/cancellation", {}),
        ):
            path = f"/v1/payments/{payment_id}{end}"
            answer = await town.call(method, path, body, token=other.key)
            assert code(answer) == (404, "payment_not_found"), path
    assert await town.books() == before


async def test_an_expired_payment_cannot_be_paid(town: Town) -> None:
    lin, shop = await town.person(money=900), await town.shop()
    payment = await town.payment(shop, 900)
    town.clock.forward(2 * 3600 + 1)

    answer = await town.pay(lin, payment)

    assert code(answer) == (409, "payment_expired")
    # The sweep writes it down, and those of earlier tests with it.
    async with asyncio.timeout(PATIENCE_S):
        while True:
            path = f"/v1/payments/{payment['id']}"
            if (await town.done("GET", path, token=shop.key))["status"] == "expired":
                break
            await asyncio.sleep(0.01)
    assert await town.balance(lin) == 900


async def test_a_held_payment_is_captured_in_parts_and_never_after_its_void(town: Town) -> None:
    lin, shop = await town.person(money=2000), await town.shop()
    parts = await town.paid(lin, shop, 1000, capture="manual")
    voided = await town.paid(lin, shop, 1000, capture="manual")
    path, gone = f"/v1/payments/{parts['id']}", f"/v1/payments/{voided['id']}"
    await town.done("POST", f"{gone}/void", {}, token=shop.key)
    taken = await town.done("POST", f"{path}/captures", {"amount": 300}, token=shop.key)
    before = await town.books()

    late = await town.call("POST", f"{gone}/captures", {}, token=shop.key)
    large = await town.call("POST", f"{path}/captures", {"amount": 701}, token=shop.key)
    nought = await town.call("POST", f"{path}/captures", {"amount": 0}, token=shop.key)
    void = await town.call("POST", f"{path}/void", {}, token=shop.key)

    assert (taken["status"], taken["captured_amount"]) == ("paid", 300)
    assert code(late) == (409, "payment_not_authorized")
    assert large.json()["code"] == "capture_too_large"
    assert large.json()["figures"] == {"capturable_amount": 700}
    assert code(nought) == (400, "amount_must_be_positive")
    assert code(void) == (409, "hold_already_captured")
    assert await town.books() == before
    assert await town.balance(lin) == 1000


async def test_money_that_is_set_aside_to_be_split_is_shown_beside_the_balance(town: Town) -> None:
    shop, lin = await town.shop(), await town.person(money=2000)
    paid = await town.paid(lin, shop, 700, split=True)
    await town.paid(lin, shop, 50, split=True, capture="manual")

    async def shown() -> Any:
        return (await town.done("GET", "/v1/balances", token=shop.key))["items"]

    line = {"currency": "CNY", "balance": 0, "available": 0, "pending": 50, "unsplit": 700}
    assert await shown() == [line]
    path = f"/v1/payments/{paid['id']}/split_end"
    await town.done("POST", path, {"reference": "end"}, token=shop.key)
    assert await shown() == [line | {"balance": 700, "available": 700, "unsplit": 0}]


async def test_a_canceled_payment_cannot_be_paid_nor_canceled_again(town: Town) -> None:
    lin, shop = await town.person(money=900), await town.shop()
    payment = await town.payment(shop, 900)
    path = f"/v1/payments/{payment['id']}/cancellation"
    assert (await town.done("POST", path, {"reason": "gone"}, token=shop.key))[
        "status"
    ] == "canceled"
    before = await town.books()

    paid = await town.pay(lin, payment)
    again = await town.call("POST", path, {}, token=shop.key)

    assert code(paid) == (409, "payment_not_open")
    assert code(again) == (409, "payment_not_cancelable")
    assert await town.books() == before


# Refunds ------------------------------------------------------------------------------------


async def test_a_refund_above_the_rest_is_refused(town: Town) -> None:
    lin, shop = await town.person(money=1000), await town.shop()
    payment = await town.paid(lin, shop, 1000)
    path = f"/v1/payments/{payment['id']}/refunds"
    await town.done("POST", path, {"amount": 600}, token=shop.key)
    before = await town.books()

    answer = await town.call("POST", path, {"amount": 401}, token=shop.key)

    assert answer.json()["code"] == "refund_too_large"
    assert answer.json()["figures"] == {"refundable_amount": 400}
    assert await town.books() == before


async def test_two_refunds_at_once_never_give_back_more_than_was_paid(town: Town) -> None:
    lin, shop = await town.person(money=1000), await town.shop()
    payment = await town.paid(lin, shop, 1000)
    path = f"/v1/payments/{payment['id']}/refunds"

    answers = await asyncio.gather(
        *(town.call("POST", path, {"amount": 600}, token=shop.key) for _ in "ab")
    )

    assert sorted(one.status_code for one in answers) == [201, 409]
    assert await town.balance(lin) == 600
    found = await town.done("GET", f"/v1/payments/{payment['id']}", token=shop.key)
    assert (found["refunded_amount"], found["refundable_amount"]) == (600, 400)


@pytest.mark.parametrize("amount", [0, -1])
async def test_a_refund_of_nothing_is_refused(town: Town, amount: int) -> None:
    lin, shop = await town.person(money=1000), await town.shop()
    payment = await town.paid(lin, shop, 1000)
    before = await town.books()

    answer = await town.call(
        "POST", f"/v1/payments/{payment['id']}/refunds", {"amount": amount}, token=shop.key
    )

    assert code(answer) == (400, "amount_must_be_positive")
    assert await town.books() == before


# PINs and tokens ----------------------------------------------------------------------------


async def test_a_wallet_that_is_too_small_pays_nothing(town: Town) -> None:
    lin, shop = await town.person(money=999), await town.shop()
    payment = await town.payment(shop, 1000)
    before = await town.books()

    answer = await town.pay(lin, payment)

    assert code(answer) == (409, "insufficient_funds")
    assert answer.json()["figures"] == {"available": 999}
    assert (await town.books())["pay_payments"] == before["pay_payments"]
    assert await town.balance(lin) == 999


async def test_five_wrong_pins_lock_even_the_right_one(town: Town) -> None:
    lin, shop = await town.person(money=1000), await town.shop()
    payment = await town.payment(shop, 1000)

    tries = [await town.pay(lin, payment, pin="111222") for _ in range(5)]
    right = await town.pay(lin, payment)

    assert [one.json()["code"] for one in tries] == ["wrong_pin"] * 4 + ["pin_locked"]
    assert [one.json()["figures"].get("tries_left") for one in tries] == [4, 3, 2, 1, None]
    assert code(right) == (403, "pin_locked")
    assert await town.balance(lin) == 1000
    town.clock.forward(61)
    assert (await town.pay(lin, payment)).status_code == 200


async def test_wrong_pins_at_once_are_all_counted(town: Town) -> None:
    lin, shop = await town.person(money=1000), await town.shop()
    payment = await town.payment(shop, 1000)

    tries = await asyncio.gather(*(town.pay(lin, payment, pin="111222") for _ in range(9)))

    codes = sorted(one.json()["code"] for one in tries)
    assert codes == ["pin_locked"] * 5 + ["wrong_pin"] * 4
    assert await town.balance(lin) == 1000


@pytest.mark.parametrize("token", ["", "x", "\x00", "é", "0" * 5000])
async def test_a_payment_without_its_token_does_not_exist(town: Town, token: str) -> None:
    lin, shop = await town.person(money=1000), await town.shop()
    payment, other = await town.payment(shop, 1000), await town.payment(shop, 1000)
    others = other["cashier_url"].partition("?t=")[2]
    before = await town.books()

    for given in (token, others):
        paid = await town.pay(lin, payment, token=given)
        assert paid.status_code in (400, 404)
        for end in ("", "/qr.svg"):
            path = f"/v1/cashier/{payment['id']}{end}"
            looked = await town.client.get(path, params={"t": given})
            town.check(looked)
            assert looked.status_code in (400, 404)
    assert await town.books() == before


async def test_nobody_pays_without_a_pin(town: Town) -> None:
    lin, shop = await town.person(money=1000, pin=False), await town.shop()
    payment = await town.payment(shop, 1000)

    missing = await town.pay(lin, payment, pin=PIN)
    unknown = await town.pay(lin, payment, method="credit_card")

    assert code(missing) == (403, "pin_missing")
    assert code(unknown) == (404, "method_not_found")
    assert await town.balance(lin) == 1000


async def test_the_books_hold_after_all_that(town: Town) -> None:
    assert await town.wrong() == []
