"""Paying by passkey: what was signed moves this money, once; anything else moves nothing."""

from typing import Any

import msgspec
import pytest

from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.pay.model import AskConfirm, Payment
from changliao.people.model import Person, PinLocked, PinMissing, WrongPin
from changliao.people.model.passkeys import (
    Assertion,
    PasskeyChallengeGone,
    PasskeyLocked,
    WrongPasskey,
)
from changliao.wallet.model import InsufficientFunds
from tests.device import Device
from tests.rooms.keys import asked_to_confirm, registered
from tests.rooms.test_combined import Mall
from tests.rooms.world import PIN, World


def signed(world: World, device: Device, person: Person, asked: Any, **lies: Any) -> Assertion:
    """What the person's device says to pay this."""
    about = world.read(pay.worth_confirming, asked)
    return device.sign(asked_to_confirm(world, person.id, about), **lies)


def confirm(person: Person, payment_id: str, said: Assertion, method: str = "wallet") -> Any:
    return AskConfirm(person.id, payment_id, method, "mobile", "", passkey=said)


def money(world: World) -> Any:
    rows = world.everything()
    return rows["ledger_accounts"], rows["ledger_transfers"], rows["pay_payments"]


def refused(world: World, refusal: type[Exception], asked: Any) -> None:
    """It is refused so, and neither money nor payment has moved."""
    before = money(world)
    with pytest.raises(refusal) as caught:
        world.ask(pay.confirm_payment, asked)
    assert type(caught.value) is refusal
    assert money(world) == before


def pays(world: World, person: Person, payment: Payment, said: Assertion) -> None:
    """It is taken, and the payment is paid."""
    world.ask(pay.confirm_payment, confirm(person, payment.id, said))
    assert world.payment_now(payment).status == "paid"


def test_a_passkey_pays_without_a_pin(world: World) -> None:
    lin, shop = world.person(pin="", money=1000), world.shop()
    device, _ = registered(world, lin)
    payment = world.payment(shop, 700)
    with world.refuses(PinMissing, "pin"):
        world.confirm(lin, payment)
    said = signed(world, device, lin, payment)
    paid = world.ask(pay.confirm_payment, confirm(lin, payment.id, said))
    assert isinstance(paid, Payment) and paid.status == "paid" and paid.payer == lin.id
    assert (world.balance(lin.id), world.balance(shop.app_id, "shop")) == (300, 700)
    assert world.wrong() == []


def test_what_was_signed_for_another_payment_moves_nothing(world: World) -> None:
    lin, shop = world.person(money=1000), world.shop()
    device, _ = registered(world, lin)
    payment, twin = world.payment(shop, 500), world.payment(shop, 500)
    said = signed(world, device, lin, payment)
    refused(world, PasskeyChallengeGone, confirm(lin, twin.id, said))
    pays(world, lin, payment, said)


@pytest.mark.parametrize("change", ["amount", "currency", "app_id", "id", "mode"])
def test_what_was_signed_about_another_amount_or_shop_moves_nothing(
    world: World, change: str
) -> None:
    lin, shop = world.person(money=1000), world.shop()
    device, _ = registered(world, lin)
    payment = world.payment(shop, 500)
    values = {"amount": 499, "currency": "USD", "app_id": "app_x", "id": "pay_x", "mode": "live"}
    said = {name: getattr(payment, name) for name in payment.__struct_fields__}
    other = Payment(**(said | {change: values[change]}))
    refused(
        world, PasskeyChallengeGone, confirm(lin, payment.id, signed(world, device, lin, other))
    )


def test_what_was_signed_too_long_ago_or_said_before_moves_nothing(world: World) -> None:
    lin, shop = world.person(money=1000), world.shop()
    device, _ = registered(world, lin)
    payment = world.payment(shop, 500)
    late = signed(world, device, lin, payment)
    world.clock.forward(301)
    refused(world, PasskeyChallengeGone, confirm(lin, payment.id, late))
    said = signed(world, device, lin, payment)
    world.ask(pay.confirm_payment, confirm(lin, payment.id, said))
    refused(world, m.PaymentNotOpen, confirm(lin, payment.id, said))
    refused(world, PasskeyChallengeGone, confirm(lin, world.payment(shop, 500).id, said))


def test_another_persons_passkey_pays_nothing(world: World) -> None:
    lin, mei = world.person("lin", money=1000), world.person("mei", money=1000)
    hers, _ = registered(world, mei)
    payment = world.payment(world.shop(), 500)
    refused(
        world, PasskeyChallengeGone, confirm(lin, payment.id, signed(world, hers, mei, payment))
    )
    registered(world, lin)
    refused(world, WrongPasskey, confirm(lin, payment.id, signed(world, hers, lin, payment)))


def test_a_challenge_is_spent_though_the_money_was_too_little(world: World) -> None:
    lin, shop = world.person(money=100), world.shop()
    device, _ = registered(world, lin)
    payment = world.payment(shop, 500)
    said = signed(world, device, lin, payment)
    refused(world, InsufficientFunds, confirm(lin, payment.id, said))
    world.fund(lin.id, 1000)
    refused(world, PasskeyChallengeGone, confirm(lin, payment.id, said))
    again = signed(world, device, lin, payment)
    world.ask(pay.confirm_payment, confirm(lin, payment.id, again))
    assert world.balance(lin.id) == 600


def test_a_challenge_is_spent_though_the_rail_cannot_hold(world: World) -> None:
    lin, shop = world.person(), world.shop()
    world.ask(pay.offer_method, m.AskMethod(shop, "credit_card", "mobile"))
    device, _ = registered(world, lin)
    payment = world.payment(shop, 500, capture="manual")
    said = signed(world, device, lin, payment)
    refused(world, m.CaptureUnsupported, confirm(lin, payment.id, said, "credit_card"))
    refused(world, PasskeyChallengeGone, confirm(lin, payment.id, said))
    assert world.attempts(payment.id) == []


def test_forged_passkeys_lock_passkeys_and_leave_the_pin(world: World) -> None:
    lin, shop = world.person(money=1000), world.shop()
    device, _ = registered(world, lin)
    payment = world.payment(shop, 500)
    for refusal in (WrongPasskey,) * 4 + (PasskeyLocked,) * 2:
        said = signed(world, device, lin, payment, verified=False)
        refused(world, refusal, confirm(lin, payment.id, said))
    refused(world, PasskeyLocked, confirm(lin, payment.id, signed(world, device, lin, payment)))
    assert world.confirm(lin, payment).status == "paid"


def test_wrong_pins_lock_the_pin_and_leave_the_passkey(world: World) -> None:
    lin, shop = world.person(money=1000), world.shop()
    device, _ = registered(world, lin)
    payment = world.payment(shop, 500)
    for refusal in (WrongPin,) * 4 + (PinLocked,):
        with pytest.raises(refusal):
            world.confirm(lin, payment, pin="000000")
    with pytest.raises(PinLocked):
        world.confirm(lin, payment, pin=PIN)
    said = signed(world, device, lin, payment)
    pays(world, lin, payment, said)


def test_one_answer_sent_twice_at_once_pays_once(world: World) -> None:
    lin, shop = world.person(money=1000), world.shop()
    device, _ = registered(world, lin)
    payment = world.payment(shop, 500)
    asked = confirm(lin, payment.id, signed(world, device, lin, payment))
    first, second = world.ask_together([(pay.confirm_payment, asked)] * 2)
    assert isinstance(first, Payment) and isinstance(second, m.PaymentNotOpen)
    assert world.balance(lin.id) == 500


def test_a_combination_is_paid_by_what_was_signed_about_all_of_it(world: World) -> None:
    mall = Mall(world)
    device, _ = registered(world, mall.lin)
    cart = mall.combine(*mall.parts(300, 500, 200))
    again = [msgspec.structs.replace(one, reference="o-2") for one in mall.parts(300, 500, 200)]
    other = mall.combine(*again, reference="c-2")
    before = money(world)
    about_a_part = signed(world, device, mall.lin, mall.payments(cart)[0])
    about_other = signed(world, device, mall.lin, other)
    for said in (about_a_part, about_other):
        with pytest.raises(PasskeyChallengeGone):
            world.ask(pay.confirm_combined, confirm(mall.lin, cart.id, said))
    assert money(world) == before
    said = signed(world, device, mall.lin, cart)
    world.ask(pay.confirm_combined, confirm(mall.lin, cart.id, said))
    assert mall.states(cart) == {"paid"} and mall.stands() == (1000, 300, 500, 200)
    with pytest.raises(PasskeyChallengeGone):
        world.ask(pay.confirm_combined, confirm(mall.lin, other.id, said))
    assert mall.states(other) == {"open"} and world.wrong() == []
