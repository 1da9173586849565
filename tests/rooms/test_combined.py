"""Combined payments: made, paid, canceled and expired together or not at all; and acting for an app."""

from typing import Any

import msgspec
import pytest

from changliao.ledger.model import AmountNotPositive, AmountTooLarge
from changliao.partners import model as pm
from changliao.partners import service as partners
from changliao.partners.model import AppNotFound, Caller
from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.pay.model import Combined, Part, Payment
from changliao.people.model import Person, WrongPin
from changliao.wallet.model import InsufficientFunds
from tests.rooms.world import PIN, Clock, World


class Mall:
    """A marketplace with a second app, a seller who lets it act, a stranger, a buyer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lin: Person = world.person("lin", money=2000)
        self.mall = world.shop("Mall")
        owner = world.read(partners.members_of, self.mall.partner_id)[0].person_id
        second = world.ask(partners.create_app, pm.AskApp(owner, self.mall.partner_id, "Second"))
        self.second = msgspec.structs.replace(self.mall, app_id=second.id)
        self.seller, self.stranger = world.shop("Seller"), world.shop("Stranger")
        self.grant(self.seller, self.mall)

    def owner(self, app: Caller) -> str:
        return self.world.read(partners.members_of, app.partner_id)[0].person_id

    def grant(self, app: Caller, agent: Caller) -> pm.Agent:
        asked = pm.AskAgent(self.owner(app), app.app_id, agent.app_id)
        return self.world.ask(partners.grant_agent, asked)

    def revoke(self, app: Caller, agent: Caller) -> pm.Agent:
        asked = pm.AskAgent(self.owner(app), app.app_id, agent.app_id)
        return self.world.ask(partners.revoke_agent, asked)

    def parts(self, *amounts: int, **said: Any) -> tuple[Part, ...]:
        """One for the mall, one for its second app, one for the seller."""
        apps = ("", self.second.app_id, self.seller.app_id)
        return tuple(
            Part(amount, "CNY", "o-1", app_id, **said)
            for app_id, amount in zip(apps, amounts, strict=True)
        )

    def combine(self, *parts: Part, caller: Caller | None = None, **said: Any) -> Combined:
        asked = m.AskCombined(caller or self.mall, said.pop("reference", "c-1"), parts, **said)
        return self.world.ask(pay.create_combined, asked)

    def confirm(self, combined: Combined, method: str = "wallet", pin: str = PIN) -> Combined:
        asked = m.AskConfirm(self.lin.id, combined.id, method, "mobile", pin)
        answer = self.world.ask(pay.confirm_combined, asked)
        assert isinstance(answer, Combined)
        return answer

    def payments(self, combined: Combined) -> list[Payment]:
        return self.world.read(pay.parts_of, combined)

    def now(self, combined: Combined) -> Combined:
        return self.world.read(pay.combined, combined.id)

    def states(self, combined: Combined) -> set[str]:
        return {self.now(combined).status, *(one.status for one in self.payments(combined))}

    def stands(self) -> tuple[int, int, int, int]:
        """Lin, the mall, its second app, the seller."""
        balance = self.world.balance
        shops = [balance(one.app_id, "shop") for one in (self.mall, self.second, self.seller)]
        return (balance(self.lin.id), shops[0], shops[1], shops[2])

    def offer_card(self, *apps: Caller) -> None:
        for app in apps:
            self.world.ask(pay.offer_method, m.AskMethod(app, "credit_card", "mobile"))


@pytest.fixture
def mall(world: World) -> Mall:
    return Mall(world)


def test_all_payments_are_made_and_belong_to_their_apps(mall: Mall) -> None:
    combined = mall.combine(*mall.parts(300, 500, 200), description="cart")

    assert (combined.status, combined.amount, combined.currency) == ("open", 1000, "CNY")
    made = mall.payments(combined)
    apps = [mall.mall.app_id, mall.second.app_id, mall.seller.app_id]
    assert [(one.app_id, one.amount) for one in made] == list(
        zip(apps, (300, 500, 200), strict=True)
    )
    assert {(one.combined_id, one.expires_at, one.status) for one in made} == {
        (combined.id, combined.expires_at, "open")
    }
    assert mall.world.facts(combined.id) == ["combined.created"]
    assert mall.world.facts(made[2].id) == ["payment.created"]
    assert mall.combine(*mall.parts(300, 500, 200), description="cart") == combined
    with mall.world.refuses(m.ReferenceTaken, "reference"):
        mall.combine(*mall.parts(300, 500, 201), description="cart")
    assert mall.world.read(pay.combined_by_reference, mall.mall, "c-1") == combined
    with pytest.raises(m.CombinedNotFound):
        mall.world.read(pay.combined_of, mall.seller, combined.id)
    assert mall.world.wrong() == []


def test_one_part_that_cannot_be_stops_all(mall: Mall) -> None:
    world, good = mall.world, Part(1, "CNY", "a")

    def refused(refusal: Any, field: str, *parts: Part, **said: Any) -> None:
        with world.refuses(refusal, field):
            mall.combine(*parts, **said)

    refused(m.PartsInvalid, "payments", good)
    refused(m.PartsInvalid, "payments", *[good] * 51)
    refused(m.PartsInvalid, "payments", good, Part(1, "JPY", "b"))
    refused(AmountNotPositive, "amount", good, Part(0, "CNY", "b"))
    refused(AmountTooLarge, "payments", good, Part(2**53 - 1, "CNY", "b"))
    refused(m.ReferenceInvalid, "reference", good, Part(1, "CNY", ""))
    refused(m.ReferenceTaken, "payments", good, good)
    refused(m.ExpiryInvalid, "expires_at", good, Part(1, "CNY", "b"), expires_at=1)
    refused(AppNotFound, "on_behalf_of", good, Part(1, "CNY", "b", mall.stranger.app_id))
    refused(AppNotFound, "on_behalf_of", good, Part(1, "CNY", "b", "app_nobody"))
    world.payment(mall.seller, 5, reference="taken")
    refused(m.ReferenceTaken, "payments", good, Part(5, "CNY", "taken", mall.seller.app_id))


def test_the_wallet_pays_all_in_one_commit(mall: Mall) -> None:
    combined = mall.combine(*mall.parts(300, 500, 200))

    paid = mall.confirm(combined)

    assert (paid.status, paid.method, paid.payer) == ("paid", "wallet", mall.lin.id)
    assert mall.stands() == (1000, 300, 500, 200)
    assert mall.states(combined) == {"paid"}
    assert mall.world.facts(combined.id) == ["combined.created", "combined.paid"]
    for one in mall.payments(combined):
        assert mall.world.facts(one.id) == ["payment.created", "payment.paid"]
    with mall.world.refuses(m.PaymentNotOpen, "id", status="paid"):
        mall.confirm(combined)
    assert mall.world.wrong() == []


def test_a_wallet_that_is_short_of_the_sum_pays_none(mall: Mall) -> None:
    combined = mall.combine(*mall.parts(300, 500, 1201))

    with mall.world.refuses(InsufficientFunds, "amount", available=2000):
        mall.confirm(combined)

    assert mall.stands() == (2000, 0, 0, 0)
    assert mall.states(combined) == {"open"}


def test_a_wrong_pin_a_method_one_shop_lacks_and_another_mode_pay_none(mall: Mall) -> None:
    combined, world = mall.combine(*mall.parts(300, 500, 200)), mall.world
    mall.offer_card(mall.mall, mall.second)

    with pytest.raises(WrongPin):
        mall.confirm(combined, pin="000001")
    with world.refuses(m.MethodNotFound, "method"):
        mall.confirm(combined, "credit_card")
    with world.refuses(m.ModeForbids, "id"):
        asked = m.AskConfirm(mall.lin.id, combined.id, "wallet", "mobile", PIN, modes=("live",))
        world.ask(pay.confirm_combined, asked)
    with world.refuses(m.CombinedNotFound, "id"):
        world.ask(pay.confirm_combined, m.AskConfirm(mall.lin.id, "cmb_x", "wallet", "mobile", PIN))
    found = world.read(pay.common_methods, [mall.mall.app_id, mall.seller.app_id], "test")
    assert {(one.method, one.channel) for one in found} == {("wallet", "web"), ("wallet", "mobile")}
    assert mall.states(combined) == {"open"}


def test_a_part_cannot_be_paid_or_closed_alone(mall: Mall, clock: Clock) -> None:
    combined, world = mall.combine(*mall.parts(300, 500, 200)), mall.world
    one = mall.payments(combined)[0]

    with world.refuses(m.PaymentIsCombined, "id", combined_id=combined.id):
        world.confirm(mall.lin, one)
    with world.refuses(m.PaymentIsCombined, "id"):
        world.ask(pay.cancel_payment, m.AskOnPayment(mall.mall, one.id))
    with world.refuses(m.PaymentIsCombined, "id"):
        confirm = m.Confirmation(method="credit_card")
        world.ask(pay.confirm_by_shop, m.AskShopConfirm(mall.mall, one.id, confirm))
    with world.refuses(m.ReferenceTaken, "reference"):
        world.ask(pay.create_payment, m.AskPayment(mall.mall, 300, "CNY", "o-1"))
    clock.forward(3 * 3600)
    assert world.read(pay.payments_due, clock.now_us) == []
    world.ask(pay.expire_many, [one.id])
    assert mall.states(combined) == {"open"}


def test_canceling_and_running_out_close_all(mall: Mall, clock: Clock) -> None:
    world = mall.world
    first = mall.combine(*mall.parts(300, 500, 200))
    second = mall.combine(
        Part(1, "CNY", "x"), Part(2, "CNY", "y", mall.seller.app_id), reference="c-2"
    )

    with world.refuses(m.CombinedNotFound, "id"):
        world.ask(pay.cancel_combined, m.AskOnCombined(mall.seller, first.id))
    world.ask(pay.cancel_combined, m.AskOnCombined(mall.mall, first.id, "no stock"))
    assert mall.states(first) == {"canceled"}
    with world.refuses(m.PaymentNotCancelable, "id", status="canceled"):
        world.ask(pay.cancel_combined, m.AskOnCombined(mall.mall, first.id))
    clock.forward(2 * 3600 + 1)
    with world.refuses(m.PaymentExpired, "id"):
        mall.confirm(second)
    assert world.read(pay.combined_due, clock.now_us) == [second.id]
    world.ask(pay.expire_combined, [first.id, second.id])
    world.ask(pay.expire_combined, [second.id])

    assert mall.states(second) == {"expired"}
    assert world.facts(first.id)[-1] == "combined.canceled"
    assert world.facts(second.id) == ["combined.created", "combined.expired"]
    assert world.wrong() == []


def test_a_rail_is_tried_once_over_the_sum_and_pays_all_or_none(mall: Mall) -> None:
    world = mall.world
    mall.offer_card(mall.mall, mall.second, mall.seller)
    combined = mall.combine(*mall.parts(300, 500, 200))

    mall.confirm(combined, "credit_card")
    [first] = world.attempts(combined.id)
    assert (first.amount, first.purpose, first.direction) == (1000, "combined", "in")
    assert mall.states(combined) == {"processing"}
    with world.refuses(m.PaymentNotCancelable, "id", status="processing"):
        world.ask(pay.cancel_combined, m.AskOnCombined(mall.mall, combined.id))
    world.rail_says(first, "unknown")
    assert mall.states(combined) == {"processing"}
    world.rail_says(first, "failed", "declined")
    assert mall.states(combined) == {"open"}
    assert mall.stands() == (2000, 0, 0, 0)
    assert world.wrong() == []

    mall.confirm(combined, "credit_card")
    second = world.attempts(combined.id)[1]
    world.rail_says(second, "succeeded")
    world.rail_says(second, "succeeded")

    assert mall.states(combined) == {"paid"}
    assert mall.stands() == (2000, 300, 500, 200)
    told = [kind for kind in world.facts(combined.id) if kind.startswith("combined.")]
    assert told == [
        "combined.created",
        "combined.processing",
        "combined.in_doubt",
        "combined.attempt_failed",
        "combined.processing",
        "combined.paid",
    ]
    assert {one.attempt_id for one in mall.payments(combined)} == {second.id}
    assert world.wrong() == []


def test_money_that_comes_late_for_a_combination_goes_back(mall: Mall) -> None:
    world = mall.world
    mall.offer_card(mall.mall, mall.second, mall.seller)
    combined = mall.combine(*mall.parts(300, 500, 200))
    mall.confirm(combined, "credit_card")
    [first] = world.attempts(combined.id)
    world.rail_says(first, "failed")
    mall.confirm(combined)
    assert mall.stands() == (1000, 300, 500, 200)

    world.rail_says(first, "succeeded")
    back = world.attempts(combined.id)[1]
    assert (back.direction, back.amount, back.of) == ("out", 1000, first.id)
    assert mall.stands() == (1000, 300, 500, 200)
    world.rail_says(back, "succeeded")

    assert world.facts(combined.id)[-1] == "combined.late_money_returned"
    assert world.balance(mall.mall.app_id, "suspense") == 0
    assert world.wrong() == []


def test_late_money_that_the_rail_does_not_take_back_stays_in_suspense(mall: Mall) -> None:
    world = mall.world
    mall.offer_card(mall.mall, mall.second, mall.seller)
    combined = mall.combine(*mall.parts(300, 500, 200))
    mall.confirm(combined, "credit_card")
    [first] = world.attempts(combined.id)
    world.rail_says(first, "failed")
    world.rail_says(first, "succeeded")

    world.rail_says(world.attempts(combined.id)[1], "failed")

    assert world.balance(mall.mall.app_id, "suspense") == 1000
    assert mall.states(combined) == {"open"}
    assert world.wrong() == []


def test_parts_are_refunded_and_split_one_by_one(mall: Mall) -> None:
    world = mall.world
    mall.offer_card(mall.mall, mall.second, mall.seller)
    combined = mall.combine(*mall.parts(300, 500, 200, split=True))
    mall.confirm(combined, "credit_card")
    [attempt] = world.attempts(combined.id)
    world.rail_says(attempt, "succeeded")
    one, two, three = mall.payments(combined)
    assert mall.stands() == (2000, 0, 0, 0)
    assert [x.unsplit_amount for x in (one, two, three)] == [300, 500, 200]

    receivers = (m.Receiver("app", mall.mall.app_id, 20),)
    world.ask(pay.split_payment, m.AskSplit(mall.seller, three.id, "s", receivers, True))
    refund = world.ask(pay.request_refund, m.AskRefund(mall.second, two.id, 100))
    [back] = world.attempts(refund.id)
    assert (back.of, back.amount) == (attempt.id, 100)
    world.rail_says(back, "succeeded")

    assert mall.stands() == (2000, 20, 0, 180)
    now = world.payment_now(two)
    assert (now.refunded_amount, now.unsplit_amount) == (100, 400)
    assert world.wrong() == []


def test_once_an_app_is_no_longer_let_the_combination_does_not_exist_for_it(mall: Mall) -> None:
    world, parts = mall.world, mall.parts(300, 500, 200)
    combined = mall.combine(*parts)
    mall.revoke(mall.seller, mall.mall)

    with pytest.raises(m.CombinedNotFound):
        world.read(pay.combined_of, mall.mall, combined.id)
    assert world.read(pay.combined_by_reference, mall.mall, "c-1") is None
    with world.refuses(AppNotFound, "on_behalf_of"):
        mall.combine(*parts)
    with world.refuses(m.CombinedNotFound, "id"):
        world.ask(pay.cancel_combined, m.AskOnCombined(mall.mall, combined.id))
    assert mall.states(combined) == {"open"}
    mall.confirm(combined)
    assert mall.states(combined) == {"paid"}

    mall.grant(mall.seller, mall.mall)
    assert world.read(pay.combined_of, mall.mall, combined.id).status == "paid"
    assert world.wrong() == []


def test_canceling_the_whole_is_what_the_agent_did_to_the_sellers_payment(mall: Mall) -> None:
    combined, world = mall.combine(*mall.parts(300, 500, 200)), mall.world
    world.ask(pay.cancel_combined, m.AskOnCombined(mall.mall, combined.id))

    seen = (mall.seller.app_id, mall.mall.app_id, "test", 0, 10)
    acts = [act for _, act in world.read(partners.acts_of, *seen)]
    assert [(one.what, one.amount) for one in acts] == [
        ("payment.canceled", 200),
        ("payment.created", 200),
    ]
    with pytest.raises(pm.AgentNotFound):
        world.read(partners.acts_of, mall.second.app_id, mall.mall.app_id, "test", 0, 10)


# Acting for another app ---------------------------------------------------------------------


def test_an_agent_does_what_its_key_may_for_the_app_that_lets_it(mall: Mall) -> None:
    world = mall.world
    acting = world.read(partners.on_behalf_of, mall.mall, mall.seller.app_id)

    assert (acting.app_id, acting.partner_id) == (mall.seller.app_id, mall.seller.partner_id)
    assert (acting.agent_app_id, acting.actor) == (mall.mall.app_id, mall.mall.actor)
    assert acting.scopes == ("payments:read", "payments:write", "refunds:write")
    assert acting.once_scope != mall.seller.once_scope
    payment = world.paid(mall.lin, acting, 700)
    assert payment.app_id == mall.seller.app_id
    assert mall.stands() == (1300, 0, 0, 700)
    world.ask(pay.request_refund, m.AskRefund(acting, payment.id, 100))
    receivers = (m.Receiver("app", mall.mall.app_id, 50),)
    world.ask(pay.split_payment, m.AskSplit(acting, payment.id, "s", receivers))
    assert mall.stands() == (1400, 50, 0, 550)
    readers = msgspec.structs.replace(mall.mall, scopes=("payments:read", "balances:read"))
    reading = world.read(partners.on_behalf_of, readers, mall.seller.app_id)
    assert reading.scopes == ("payments:read",)
    assert world.wrong() == []


def test_who_was_not_let_or_no_longer_is_finds_no_such_app(mall: Mall) -> None:
    world = mall.world

    def refused(caller: Caller, app_id: str) -> None:
        with pytest.raises(AppNotFound):
            world.read(partners.on_behalf_of, caller, app_id)

    refused(mall.mall, mall.stranger.app_id)
    refused(mall.mall, "app_nobody")
    refused(mall.seller, mall.mall.app_id)
    refused(mall.mall, mall.second.app_id)
    acting = world.read(partners.on_behalf_of, mall.mall, mall.seller.app_id)
    owner = mall.owner(mall.seller)
    twin = world.ask(partners.create_app, pm.AskApp(owner, mall.seller.partner_id, "Twin"))
    for app_id in (twin.id, mall.stranger.app_id):
        with world.refuses(AppNotFound, "on_behalf_of"):
            mall.combine(Part(1, "CNY", "a"), Part(1, "CNY", "b", app_id), caller=acting)
    mall.revoke(mall.seller, mall.mall)
    refused(mall.mall, mall.seller.app_id)
    with world.refuses(AppNotFound, "on_behalf_of"):
        mall.combine(*mall.parts(1, 1, 1))


def test_letting_and_no_longer_letting_is_for_owners_and_told_to_both(mall: Mall) -> None:
    world, seller, agent = mall.world, mall.seller, mall.stranger.app_id
    granted = mall.grant(seller, mall.stranger)
    assert mall.grant(seller, mall.stranger) == granted
    assert [one.agent_app_id for one in world.read(partners.agents_of, seller.app_id)] == [
        mall.mall.app_id,
        agent,
    ]
    revoked = mall.revoke(seller, mall.stranger)
    assert revoked.state == "revoked"
    assert world.facts(seller.app_id)[-8:] == ["app.agent_granted"] * 4 + ["app.agent_revoked"] * 4
    with world.refuses(pm.AgentNotFound, "agent_app_id"):
        mall.revoke(seller, mall.stranger)
    again = mall.grant(seller, mall.stranger)
    assert again.state == "granted"
    owner = mall.owner(seller)
    with world.refuses(pm.AgentNotFound, "agent_app_id"):
        world.ask(partners.grant_agent, pm.AskAgent(owner, seller.app_id, "app_nobody"))
    with world.refuses(pm.AgentIsApp, "agent_app_id"):
        world.ask(partners.grant_agent, pm.AskAgent(owner, seller.app_id, seller.app_id))
    with world.refuses(AppNotFound):
        world.ask(partners.grant_agent, pm.AskAgent(mall.lin.id, seller.app_id, agent))
    asked = pm.AskMember(owner, seller.partner_id, mall.lin.id, "finance")
    world.ask(partners.set_member, asked)
    for verb in (partners.grant_agent, partners.revoke_agent):
        with world.refuses(pm.RoleForbids):
            world.ask(verb, pm.AskAgent(mall.lin.id, seller.app_id, agent))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE pay_combined SET amount = amount + 1", "I11: combined payment"),
        ("UPDATE pay_combined SET status = 'open'", "I11: combined payment"),
        ("UPDATE pay_combined SET status = 'open'", "I10: combined payment"),
        ("DELETE FROM pay_combined", "I11: combined payment"),
        ("DELETE FROM pay_combined", "I14: cmb_"),
        ("UPDATE pay_combined SET app_id = 'app_other'", "I11: combined payment"),
        ("UPDATE pay_combined SET mode = 'live'", "I11: combined payment"),
        ("UPDATE pay_combined SET currency = 'EUR'", "I11: combined payment"),
        ("UPDATE pay_payments SET combined_id = ''", "I14: payment"),
        ("UPDATE facts SET kind = 'combined.x' WHERE kind = 'combined.paid'", "I10: combined"),
    ],
)
def test_the_audit_names_what_somebody_changed_by_hand(mall: Mall, sql: str, said: str) -> None:
    mall.confirm(mall.combine(*mall.parts(300, 500, 200)))
    assert mall.world.wrong() == []

    mall.world.ask(lambda tx, text: tx.query(text) and None, sql)

    assert any(one.startswith(said) for one in mall.world.wrong())
