"""What may happen to a payment: every arrow, every limit."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.kernel.instant import DAY_US, MINUTE_US
from changliao.kernel.money import AMOUNT_MAX
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown
from changliao.pay import model as m
from changliao.pay import rules
from changliao.pay.model import AskRefund, Method, Refund, RefundId, Status
from tests.rules.samples import NOW, ask, caller, payment

STATUSES: tuple[Status, ...] = get_args(Status)
DRAWN = {
    ("open", "processing"),
    ("open", "authorized"),
    ("open", "paid"),
    ("open", "canceled"),
    ("open", "expired"),
    ("processing", "open"),
    ("processing", "authorized"),
    ("processing", "paid"),
    ("authorized", "paid"),
    ("authorized", "canceled"),
    ("authorized", "expired"),
}
ARROWS = [(before, after) for before in STATUSES for after in STATUSES if before != after]


@pytest.mark.parametrize(("before", "after"), ARROWS)
def test_a_payment_moves_along_drawn_arrows_alone(before: Status, after: Status) -> None:
    standing = payment(status=before)
    if (before, after) not in DRAWN:
        with pytest.raises(AssertionError):
            rules.moved(standing, after, NOW + 1)
        return
    moved = rules.moved(standing, after, NOW + 1)
    assert (moved.status, moved.version, moved.changed_at) == (after, 2, NOW + 1)


@pytest.mark.parametrize("status", STATUSES)
def test_only_an_open_payment_can_be_paid(status: Status) -> None:
    standing = payment(status=status)
    if status == "open":
        assert rules.payable(standing, NOW) == standing
        return
    with pytest.raises(m.PaymentExpired if status == "expired" else m.PaymentNotOpen):
        rules.payable(standing, NOW)


def test_an_open_payment_can_be_paid_up_to_the_moment_it_expires() -> None:
    standing = payment(expires_at=NOW + 10)
    assert rules.payable(standing, NOW + 9) == standing
    with pytest.raises(m.PaymentExpired):
        rules.payable(standing, NOW + 10)
    with pytest.raises(m.PaymentNotFound):
        rules.payable(None, NOW)


@pytest.mark.parametrize("status", STATUSES)
def test_only_an_open_payment_can_be_canceled(status: Status) -> None:
    if status == "open":
        rules.cancelable(payment(status=status))
        return
    with pytest.raises(m.PaymentNotCancelable) as refused:
        rules.cancelable(payment(status=status))
    assert refused.value.extra == {"status": status}


@pytest.mark.parametrize("status", STATUSES)
def test_only_an_untouched_hold_can_be_voided(status: Status) -> None:
    held = payment(status=status, hold_id="tr_1")
    if status == "authorized":
        rules.voidable(held)
        return
    with pytest.raises(m.HoldUsed if status == "paid" else m.PaymentNotAuthorized):
        rules.voidable(held)


def test_a_payment_that_was_paid_at_once_has_no_hold_to_void() -> None:
    with pytest.raises(m.PaymentNotAuthorized):
        rules.voidable(payment(status="paid"))


@given(asked=st.integers(-5, 1500), left=st.integers(0, 1000))
def test_a_capture_takes_what_is_asked_or_all_that_is_left_and_never_more(
    asked: int, left: int
) -> None:
    held = payment(status="authorized", hold_id="tr_1")
    if not left:
        with pytest.raises(m.PaymentNotAuthorized):
            rules.capture_amount(held, asked, left)
    elif asked < 0:
        with pytest.raises(AmountNotPositive):
            rules.capture_amount(held, asked, left)
    elif asked > left:
        with pytest.raises(m.CaptureTooLarge) as refused:
            rules.capture_amount(held, asked, left)
        assert refused.value.extra == {"capturable_amount": left}
    else:
        assert rules.capture_amount(held, asked, left) == (asked or left)


@pytest.mark.parametrize("status", ["open", "processing", "canceled", "expired"])
def test_nothing_is_captured_of_what_is_not_held(status: Status) -> None:
    with pytest.raises(m.PaymentNotAuthorized):
        rules.capture_amount(payment(status=status, hold_id="tr_1"), 1, 1000)
    with pytest.raises(m.PaymentNotAuthorized):
        rules.capture_amount(payment(status="paid"), 1, 1000)


@given(
    captured=st.integers(1, 10**6),
    refunded=st.integers(0, 10**6),
    refunding=st.integers(0, 10**6),
    asked=st.integers(-3, 2 * 10**6),
)
def test_refunds_and_those_under_way_never_exceed_what_was_captured(
    captured: int, refunded: int, refunding: int, asked: int
) -> None:
    left = captured - refunded - refunding
    if left < 0:
        return
    paid = payment(
        status="paid",
        amount=captured,
        captured_amount=captured,
        refunded_amount=refunded,
        refunding_amount=refunding,
    )
    assert paid.refundable_amount == left
    if asked < 0:
        with pytest.raises(AmountNotPositive):
            rules.refund_amount(paid, asked)
    elif asked > left or not left:
        with pytest.raises(m.RefundTooLarge) as refused:
            rules.refund_amount(paid, asked)
        assert refused.value.extra == {"refundable_amount": left}
    else:
        taken = rules.refund_amount(paid, asked)
        assert taken == (asked or left)
        assert refunded + refunding + taken <= captured


@pytest.mark.parametrize("status", [one for one in STATUSES if one != "paid"])
def test_what_is_not_paid_cannot_be_refunded(status: Status) -> None:
    with pytest.raises(m.PaymentNotPaid):
        rules.refund_amount(payment(status=status), 1)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"amount": 0}, AmountNotPositive),
        ({"amount": -1}, AmountNotPositive),
        ({"amount": AMOUNT_MAX + 1}, AmountTooLarge),
        ({"currency": "RMB"}, CurrencyUnknown),
        ({"currency": "cny"}, CurrencyUnknown),
        ({"reference": ""}, m.ReferenceInvalid),
        ({"reference": "x" * 101}, m.ReferenceInvalid),
        ({"reference": "a\nb"}, m.ReferenceInvalid),
        ({"reference": "a\0b"}, m.ReferenceInvalid),
        ({"description": "x" * 201}, m.TextTooLong),
        ({"description": "a\0b"}, m.TextTooLong),
        ({"metadata": {str(n): "" for n in range(21)}}, m.MetadataInvalid),
        ({"metadata": {"k" * 41: ""}}, m.MetadataInvalid),
        ({"metadata": {"k": "v" * 501}}, m.MetadataInvalid),
        ({"metadata": {"k\0": "v"}}, m.MetadataInvalid),
        ({"expires_at": NOW + MINUTE_US - 1}, m.ExpiryInvalid),
        ({"expires_at": NOW + 30 * DAY_US + 1}, m.ExpiryInvalid),
        ({"expires_at": -1}, m.ExpiryInvalid),
    ],
)
def test_a_payment_that_cannot_be_is_refused(
    said: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        rules.payment(ask(**said), "pay_1", NOW)


@pytest.mark.parametrize(
    "said",
    [
        {"amount": 1},
        {"amount": AMOUNT_MAX},
        {"currency": "JPY"},
        {"reference": "x" * 100},
        {"reference": "订单 №7 ✓"},
        {"description": "奶茶 🧋" * 40},
        {"metadata": {str(n): "v" * 500 for n in range(20)}},
        {"expires_at": NOW + MINUTE_US},
        {"expires_at": NOW + 30 * DAY_US},
    ],
)
def test_a_payment_at_the_very_edge_is_taken(said: dict[str, object]) -> None:
    made = rules.payment(ask(**said), "pay_1", NOW)
    assert made.status == "open"
    assert {name: getattr(made, name) for name in said} == said
    assert made.expires_at - NOW == said.get("expires_at", NOW + 2 * 3600 * 10**6) - NOW  # type: ignore[operator]


GOOD_URLS = ["https://shop.example/back", "https://shop.example:8443/?a=1#b", ""]
TEST_URLS = [
    "http://localhost:3000/x",
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://a.localhost/",
    "http://192.168.1.7:8010/orders/1",
]
BAD_URLS = [
    "http://8.8.8.8/",
    "http://shop.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "//shop.example/",
    "https://",
    "https:///x",
    "https://user@shop.example/",
    "https://:secret@shop.example/",
    "https://shop.example/a b",
    "https://shop.example/\n",
    "https://shop.example:99999/",
    "https://[::1/",
    "https://shop.example/" + "x" * 2000,
    "ftp://shop.example/",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_people_are_not_sent_to_a_bad_address(url: str) -> None:
    for test in (True, False):
        with pytest.raises(m.ReturnUrlInvalid):
            rules.return_url(url, test)


@pytest.mark.parametrize("url", GOOD_URLS + TEST_URLS)
def test_people_are_sent_to_https_and_in_test_mode_to_this_machine(url: str) -> None:
    rules.return_url(url, test=True)
    if url in TEST_URLS:
        with pytest.raises(m.ReturnUrlInvalid):
            rules.return_url(url, test=False)
    else:
        rules.return_url(url, test=False)


@pytest.mark.parametrize(
    "said",
    [
        {"amount": 999},
        {"currency": "USD"},
        {"description": "else"},
        {"return_url": "https://else.example/"},
        {"capture": "manual"},
        {"customer_id": "cus_2"},
        {"metadata": {"a": "b"}},
    ],
)
def test_one_order_number_is_one_payment(said: dict[str, object]) -> None:
    earlier = rules.payment(ask(), "pay_1", NOW)
    assert rules.same_payment(earlier, ask()) is earlier
    with pytest.raises(m.ReferenceTaken):
        rules.same_payment(earlier, ask(**said))


def test_a_payment_exists_for_its_own_shop_and_mode_alone() -> None:
    mine = payment()
    assert rules.own(mine, caller()) is mine
    for other in (caller("live"), caller(app="app_2")):
        with pytest.raises(m.PaymentNotFound):
            rules.own(mine, other)
    with pytest.raises(m.PaymentNotFound):
        rules.own(None, caller())


def test_the_same_refund_number_is_the_same_refund_only_for_the_same_thing() -> None:
    earlier = Refund(
        RefundId("re_1"),
        m.PaymentId("pay_1"),
        "app_1",
        "test",
        "r-1",
        300,
        "CNY",
        "",
        "pending",
        "",
        "",
        0,
        NOW,
        NOW,
    )
    for amount in (300, 0):
        again = AskRefund(caller(), "pay_1", amount, "r-1")
        assert rules.same_refund(earlier, again) is earlier
    part = msgspec.structs.replace(earlier, asked_amount=300)
    assert rules.same_refund(part, AskRefund(caller(), "pay_1", 300, "r-1")) is part
    with pytest.raises(m.AmountMismatch):
        rules.same_refund(part, AskRefund(caller(), "pay_1", 0, "r-1"))
    for other in (
        AskRefund(caller(), "pay_1", 301, "r-1"),
        AskRefund(caller(), "pay_2", 300, "r-1"),
    ):
        with pytest.raises(m.ReferenceTaken):
            rules.same_refund(earlier, other)


def test_a_waiting_refund_is_tried_ever_more_rarely_and_once_a_day_at_the_least() -> None:
    waits = [rules.refund_wait_s(tries) for tries in range(12)]
    assert waits[:6] == [30, 120, 480, 1920, 7680, 30720]
    assert set(waits[6:]) == {86400}


def test_the_wallet_is_offered_by_itself_and_other_methods_when_the_shop_says_so() -> None:
    rules.offered(None, "wallet")
    with pytest.raises(m.MethodNotFound):
        rules.offered(None, "credit_card")
    offered = Method("app_1", "test", "credit_card", "web", "active", "", NOW)
    rules.offered(offered, "credit_card")
    for name in ("wallet", "credit_card"):
        off = Method("app_1", "test", name, "web", "suspended", "till is broken", NOW)
        with pytest.raises(m.MethodSuspended) as refused:
            rules.offered(off, name)
        assert refused.value.extra == {"reason": "till is broken"}
