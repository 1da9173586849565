"""Payments: asked for once per order number, paid by a person's PIN or within a mandate, ended once."""

from typing import Any

import msgspec
import pytest

from changliao.db.once import AskOnce, once
from changliao.db.refusals import IdempotencyMismatch
from changliao.kernel.instant import MINUTE_US
from changliao.kernel.money import AMOUNT_MAX
from changliao.kernel.refusal import Refusal
from changliao.ledger.model import AmountNotPositive, CurrencyUnknown
from changliao.partners.model import Caller, ScopeForbids
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.model import AskConfirm, AskOnPayment, AskPayment, Payment
from changliao.people import service as people
from changliao.people.model import Person, PinLocked, PinMissing, WrongPin
from changliao.wallet.model import InsufficientFunds
from tests.asking import ask
from tests.rooms.world import PIN, World

HOUR_S = 3600


@pytest.fixture
def shop(world: World) -> Caller:
    return world.shop()


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", money=5000)


def test_a_payment_is_open_until_somebody_pays(world: World, shop: Caller) -> None:
    payment = world.payment(shop, 1000, description="tea", metadata={"table": "7"})
    assert (payment.status, payment.amount, payment.currency) == ("open", 1000, "CNY")
    assert payment.expires_at - payment.created_at == 2 * HOUR_S * 1_000_000
    assert world.payment_now(payment) == payment
    assert world.facts(payment.id) == ["payment.created"]
    assert world.wrong() == []


def test_the_same_order_again_is_the_same_payment(world: World, shop: Caller) -> None:
    first = world.payment(shop, 1000, reference="7", description="tea")
    before = world.everything()
    assert world.payment(shop, 1000, reference="7", description="tea") == first
    assert world.everything() == before


@pytest.mark.parametrize(
    "said",
    [
        {"amount": 999},
        {"currency": "USD"},
        {"description": "coffee"},
        {"capture": "manual"},
        {"metadata": {"a": "b"}},
        {"return_url": "https://shop.example/"},
    ],
)
def test_the_same_order_with_other_content_is_refused(
    world: World, shop: Caller, said: dict[str, Any]
) -> None:
    world.payment(shop, 1000, reference="7", description="tea")
    with world.refuses(m.ReferenceTaken, "reference"):
        world.payment(shop, **{"amount": 1000, "reference": "7", "description": "tea", **said})


def test_an_order_number_is_each_apps_and_each_modes_own(world: World, shop: Caller) -> None:
    live = msgspec.structs.replace(shop, mode="live")
    made = {
        world.payment(who, amount, reference="7").id
        for who, amount in ((shop, 1), (live, 2), (world.shop("Other"), 3))
    }
    assert len(made) == 3


def test_one_order_asked_for_many_times_at_once_is_one_payment(world: World, shop: Caller) -> None:
    asks = [AskPayment(shop, 1000 + n // 3, "CNY", "7") for n in range(6)]
    answers = world.ask_together([(service.create_payment, one) for one in asks])
    assert len({answer.id for answer in answers[:3]}) == 1
    assert [type(answer) for answer in answers[3:]] == [m.ReferenceTaken] * 3
    assert len(world.everything()["pay_payments"]) == 1


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"amount": 0}, AmountNotPositive),
        ({"currency": "RMB"}, CurrencyUnknown),
        ({"reference": ""}, m.ReferenceInvalid),
        ({"reference": "a\0"}, m.ReferenceInvalid),
        ({"description": "\ud800"}, m.TextTooLong),
        ({"metadata": {"a": "\ud800"}}, m.MetadataInvalid),
        ({"metadata": {"\0": "a"}}, m.MetadataInvalid),
        ({"return_url": "javascript:alert(1)"}, m.ReturnUrlInvalid),
        ({"return_url": "https://a.example/\ud800"}, m.ReturnUrlInvalid),
        ({"expires_at": 1}, m.ExpiryInvalid),
        ({"customer_id": "cus_none"}, m.CustomerNotFound),
        ({"customer_id": "\0"}, m.CustomerNotFound),
    ],
)
def test_a_payment_that_cannot_be_is_refused_and_leaves_nothing(
    world: World, shop: Caller, said: dict[str, Any], refusal: type[Refusal]
) -> None:
    with world.refuses(refusal):
        world.payment(shop, **{"amount": 1000, "reference": "7", **said})


def test_without_the_scope_nothing_is_asked_for(world: World, shop: Caller) -> None:
    payment = world.payment(shop)
    weak = msgspec.structs.replace(shop, scopes=("payments:read", "refunds:write"))
    with world.refuses(ScopeForbids):
        world.payment(weak)
    for verb in (service.cancel_payment, service.capture, service.void):
        with world.refuses(ScopeForbids):
            world.ask(verb, AskOnPayment(weak, payment.id))


# A person pays ------------------------------------------------------------------------------


def test_a_person_pays_from_the_wallet(world: World, shop: Caller, lin: Person) -> None:
    payment = world.paid(lin, shop, 1000)
    assert (payment.status, payment.captured_amount, payment.method) == ("paid", 1000, "wallet")
    assert payment.payer == lin.id
    assert (world.balance(lin.id), world.balance(shop.app_id, "shop")) == (4000, 1000)
    assert world.facts(payment.id) == ["payment.created", "payment.paid"]
    assert world.wrong() == []


def test_the_largest_amount_can_be_paid(world: World, shop: Caller) -> None:
    rich = world.person("rich", money=AMOUNT_MAX)
    assert world.paid(rich, shop, AMOUNT_MAX).captured_amount == AMOUNT_MAX
    assert world.wrong() == []


def test_nobody_pays_twice(world: World, shop: Caller, lin: Person) -> None:
    payment = world.paid(lin, shop, 1000)
    with world.refuses(m.PaymentNotOpen, status="paid"):
        world.confirm(lin, payment)


def test_two_who_pay_at_once_are_one_payer_and_one_refusal(
    world: World, shop: Caller, lin: Person
) -> None:
    chen = world.person("chen", money=5000)
    payment = world.payment(shop, 1000)
    asks = [AskConfirm(who.id, payment.id, "wallet", "web", PIN) for who in (lin, chen)]
    first, second = world.ask_together([(service.confirm_payment, one) for one in asks])
    assert first.payer == lin.id
    assert isinstance(second, m.PaymentNotOpen)
    assert (world.balance(lin.id), world.balance(chen.id)) == (4000, 5000)


def test_one_wallet_does_not_pay_two_at_once_with_the_same_money(
    world: World, shop: Caller
) -> None:
    poor = world.person("poor", money=1500)
    payments = [world.payment(shop, 1000) for _ in range(2)]
    asks = [AskConfirm(poor.id, one.id, "wallet", "web", PIN) for one in payments]
    first, second = world.ask_together([(service.confirm_payment, one) for one in asks])
    assert first.status == "paid"
    assert isinstance(second, InsufficientFunds)
    assert second.extra == {"available": 500}
    assert world.balance(poor.id) == 500


def test_too_little_money_moves_none(world: World, shop: Caller, lin: Person) -> None:
    payment = world.payment(shop, 5001)
    with world.refuses(InsufficientFunds, available=5000):
        world.confirm(lin, payment)
    dollars = world.payment(shop, 1, currency="USD")
    with world.refuses(InsufficientFunds, available=0):
        world.confirm(lin, dollars)


def test_wrong_pins_move_nothing_and_the_fifth_locks(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.payment(shop, 1000)
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongPin) as refused:
            world.confirm(lin, payment, pin="000000")
        assert refused.value.extra == {"tries_left": left}
    with pytest.raises(PinLocked):
        world.confirm(lin, payment, pin="000000")
    with world.refuses(PinLocked):
        world.confirm(lin, payment)
    assert world.payment_now(payment) == payment
    assert world.balance(lin.id) == 5000
    world.clock.forward(61)
    assert world.confirm(lin, payment).status == "paid"


def test_a_kept_refusal_does_not_count_a_wrong_pin_again(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.payment(shop, 1000)
    confirm = AskConfirm(lin.id, payment.id, "wallet", "web", "000000")
    asked = AskOnce(lin.id, "key", b"1", service.confirm_payment, confirm, Payment)
    first = ask(world.db, once, asked)
    assert isinstance(first, WrongPin)
    before = world.everything()
    again = ask(world.db, once, asked)
    assert isinstance(again, WrongPin)
    assert (again.extra, again.field) == ({"tries_left": 4}, "pin")
    assert world.everything() == before
    pin = world.read(people.pin_of, lin.id)
    assert pin is not None and pin.wrong == 1


def test_a_person_without_a_pin_does_not_pay(world: World, shop: Caller) -> None:
    person = world.person("new", money=5000, pin="")
    payment = world.payment(shop)
    with world.refuses(PinMissing, "pin"):
        world.confirm(person, payment)


def test_a_payment_that_is_not_there_is_not_paid(world: World, lin: Person) -> None:
    for payment_id in ("pay_00000000000000000000000000", "", "\0", "\ud800"):
        confirm = AskConfirm(lin.id, payment_id, "wallet", "web", PIN)
        with world.refuses(m.PaymentNotFound):
            world.ask(service.confirm_payment, confirm)


def test_play_money_never_pays_a_live_shop_nor_real_money_a_test_shop(
    world: World, shop: Caller
) -> None:
    live = msgspec.structs.replace(shop, mode="live")
    player = world.person("player", money=5000, mode="test")
    banker = world.person("banker", money=5000, mode="live")
    for who, where in ((player, live), (banker, shop)):
        payment = world.payment(where)
        with world.refuses(InsufficientFunds, available=0):
            world.confirm(who, payment)
    world.paid(banker, live, 2000)
    world.paid(player, shop, 300)
    assert world.balance(shop.app_id, "shop", mode="live") == 2000
    assert world.balance(shop.app_id, "shop", mode="test") == 300
    assert world.wrong() == []


# Ends ---------------------------------------------------------------------------------------


def test_an_open_payment_is_canceled_once(world: World, shop: Caller, lin: Person) -> None:
    payment = world.payment(shop)
    canceled = world.ask(service.cancel_payment, AskOnPayment(shop, payment.id, reason="sold out"))
    assert (canceled.status, canceled.reason) == ("canceled", "sold out")
    assert world.facts(payment.id) == ["payment.created", "payment.canceled"]
    with world.refuses(m.PaymentNotCancelable, status="canceled"):
        world.ask(service.cancel_payment, AskOnPayment(shop, payment.id))
    with world.refuses(m.PaymentNotOpen, status="canceled"):
        world.confirm(lin, payment)


def test_what_is_paid_or_held_is_not_canceled(world: World, shop: Caller, lin: Person) -> None:
    for capture, status in (("auto", "paid"), ("manual", "authorized")):
        payment = world.paid(lin, shop, 100, capture=capture)
        assert payment.status == status
        with world.refuses(m.PaymentNotCancelable, status=status):
            world.ask(service.cancel_payment, AskOnPayment(shop, payment.id))


def test_a_payment_runs_out_at_its_very_moment(world: World, shop: Caller, lin: Person) -> None:
    payment = world.payment(shop, expires_at=world.clock() + 10 * MINUTE_US)
    world.clock.forward(600)
    with world.refuses(m.PaymentExpired, "id"):
        world.confirm(lin, payment)
    world.ask(service.expire_many, world.read(service.payments_due, world.clock()))
    assert world.payment_now(payment).status == "expired"
    assert world.facts(payment.id) == ["payment.created", "payment.expired"]
    with world.refuses(m.PaymentExpired):
        world.confirm(lin, payment)
    with world.refuses(m.PaymentNotCancelable, status="expired"):
        world.ask(service.cancel_payment, AskOnPayment(shop, payment.id))
    assert world.wrong() == []


def test_a_sweep_leaves_alone_what_is_paid_or_has_time(
    world: World, shop: Caller, lin: Person
) -> None:
    paid, fresh = world.paid(lin, shop), world.payment(shop)
    before = world.everything()
    world.ask(service.expire_many, [paid.id, fresh.id, "pay_none"])
    assert world.everything() == before
    assert world.read(service.payments_due, world.clock()) == []


@pytest.mark.parametrize("verb", [service.cancel_payment, service.capture, service.void])
def test_the_payment_of_another_shop_or_mode_does_not_exist(
    world: World, shop: Caller, lin: Person, verb: Any
) -> None:
    payment = world.paid(lin, shop, 100, capture="manual")
    for other in (world.shop("Other"), msgspec.structs.replace(shop, mode="live")):
        with world.refuses(m.PaymentNotFound, "id"):
            world.ask(verb, AskOnPayment(other, payment.id))
        with pytest.raises(m.PaymentNotFound):
            world.read(service.payment_of, other, payment.id)
        found = world.read(service.payment_by_reference, other, payment.reference)
        assert found is None


# Once ---------------------------------------------------------------------------------------


def keyed(shop: Caller, asked: AskPayment, key: str = "k", request: bytes = b"1") -> AskOnce:
    return AskOnce(shop.audience, key, request, service.create_payment, asked, Payment)


def test_the_first_answer_to_a_key_is_kept_and_given_again(
    world: World, shop: Caller, lin: Person
) -> None:
    asked = keyed(shop, AskPayment(shop, 1000, "CNY", "7"))
    first = world.ask(once, asked)
    world.confirm(lin, first)
    before = world.everything()
    assert world.ask(once, asked) == first
    assert world.everything() == before
    with world.refuses(IdempotencyMismatch, "Idempotency-Key"):
        world.ask(once, keyed(shop, AskPayment(shop, 2000, "CNY", "8"), request=b"2"))


def test_a_refusal_is_kept_even_when_it_would_not_be_refused_now(
    world: World, shop: Caller, lin: Person
) -> None:
    payment = world.payment(shop, 6000)
    confirm = AskConfirm(lin.id, payment.id, "wallet", "web", PIN)
    asked = AskOnce(lin.id, "press 1", b"1", service.confirm_payment, confirm, Payment)
    assert isinstance(ask(world.db, once, asked), InsufficientFunds)
    world.fund(lin.id, 1000)
    assert isinstance(ask(world.db, once, asked), InsufficientFunds)
    assert world.payment_now(payment).status == "open"
    pressed = msgspec.structs.replace(asked, key="press 2")
    assert world.ask(once, pressed).status == "paid"


def test_one_key_sent_twice_at_once_is_one_payment(world: World, shop: Caller) -> None:
    asked = keyed(shop, AskPayment(shop, 1000, "CNY", "7"))
    first, second = world.ask_together([(once, asked), (once, asked)])
    assert first == second
    assert len(world.everything()["pay_payments"]) == 1


def test_a_key_is_each_scopes_own(world: World, shop: Caller) -> None:
    other = world.shop("Other")
    one = world.ask(once, keyed(shop, AskPayment(shop, 1000, "CNY", "7")))
    two = world.ask(once, keyed(other, AskPayment(other, 1000, "CNY", "7")))
    assert one.id != two.id


def test_asks_do_not_show_the_pin(lin: Person) -> None:
    confirm = AskConfirm(lin.id, "pay_1", "wallet", "web", PIN)
    asked = AskOnce(lin.id, "k", b"1", service.confirm_payment, confirm, Payment)
    assert PIN not in repr(confirm) + repr(asked)
