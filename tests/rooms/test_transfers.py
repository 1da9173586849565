"""A shop pays a person: at once, or when the person has accepted; never more than it has."""

from typing import Any

import msgspec
import pytest

from changliao.bus.outbox import facts_about
from changliao.db.tx import Tx
from changliao.ledger import service as ledger
from changliao.ledger.model import AmountNotPositive, CurrencyUnknown
from changliao.partners import service as partners
from changliao.partners.model import Caller, ScopeForbids
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.model import AskCancelTransfer, AskIncoming, AskShopTransfer, ShopTransfer
from changliao.people.model import Person, PersonNotFound
from changliao.wallet import service as wallet
from changliao.wallet.model import PlayNotAllowed
from tests.rooms.world import World

DAY_S = 24 * 3600


@pytest.fixture
def shop(world: World) -> Caller:
    shop = world.shop()
    world.fund(shop.app_id, 1000, code="shop")
    return shop


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin")


def pay(world: World, shop: Caller, person: str = "lin", amount: int = 300, **said: Any) -> Any:
    said = {"currency": "CNY", "reference": "t-1", **said}
    return world.ask(service.pay_person, AskShopTransfer(shop, amount, person=person, **said))


def waiting(world: World, shop: Caller, **said: Any) -> ShopTransfer:
    made: ShopTransfer = pay(world, shop, needs_acceptance=True, **said)
    assert made.status == "waiting"
    return made


def now(world: World, shop: Caller, transfer: ShopTransfer) -> ShopTransfer:
    return world.read(service.transfer_of, shop, transfer.id)


def has(world: World, shop: Caller, person: Person) -> tuple[int, int, int]:
    """What the shop has, what of it is free, what the person has."""
    account = world.read(ledger.find_account, shop.app_id, "shop", "CNY", "test")
    assert account is not None
    return account.balance, account.available, world.balance(person.id)


def sweep(world: World) -> None:
    world.ask(service.expire_holds, world.read(ledger.holds_due, world.clock.now_us))


# At once ------------------------------------------------------------------------------------


def test_the_money_is_in_the_wallet_at_once(world: World, shop: Caller, lin: Person) -> None:
    made = pay(world, shop, description="Prize")
    assert (made.status, made.amount, made.person_id, made.expires_at) == (
        "succeeded",
        300,
        lin.id,
        0,
    )
    assert has(world, shop, lin) == (700, 700, 300)
    assert now(world, shop, made) == made
    [(entry, amount)] = world.read(wallet.entries, lin.id, "CNY", "test", 0, 10)
    assert (entry.code, entry.memo, entry.ref, amount) == ("transfer", "Prize", made.id, 300)
    assert world.wrong() == []


def test_the_shop_is_told_and_not_to_whom_it_went(world: World, shop: Caller, lin: Person) -> None:
    made = pay(world, shop)
    [fact] = world.read(facts_about, made.id)
    assert (fact.kind, fact.audience) == ("transfer.succeeded", shop.audience)
    assert msgspec.json.decode(fact.body) == {
        "transfer_id": made.id,
        "reference": "t-1",
        "amount": 300,
        "currency": "CNY",
        "actor": shop.actor,
    }


def test_a_person_is_named_by_open_id_too(world: World, shop: Caller, lin: Person) -> None:
    open_id = partners.open_id_of(world.db.vault, shop.app_id, lin.id)
    assert pay(world, shop, open_id).person_id == lin.id
    again = pay(world, shop)
    assert again.person_id == lin.id
    assert has(world, shop, lin) == (700, 700, 300)


def test_whom_nobody_knows_is_refused(world: World, shop: Caller, lin: Person) -> None:
    other = partners.open_id_of(world.db.vault, world.shop().app_id, lin.id)
    for person in ("nobody", "", lin.id, other):
        with world.refuses(PersonNotFound, "person"):
            pay(world, shop, person)


def test_more_than_the_shop_has_is_refused(world: World, shop: Caller, lin: Person) -> None:
    with world.refuses(m.ShopBalanceShort, "amount", available=1000):
        pay(world, shop, amount=1001)
    with world.refuses(m.ShopBalanceShort, "amount", available=1000):
        pay(world, shop, amount=1001, needs_acceptance=True)
    pay(world, shop, amount=1000)
    with world.refuses(m.ShopBalanceShort, "amount", available=0):
        pay(world, shop, amount=1, reference="t-2")


def test_one_number_is_one_transfer(world: World, shop: Caller, lin: Person) -> None:
    world.person("mei")
    first = pay(world, shop, description="Prize")
    assert pay(world, shop, description="Prize") == first
    assert has(world, shop, lin) == (700, 700, 300)
    others: list[dict[str, Any]] = [
        {"amount": 301},
        {"description": "Price"},
        {"person": "mei"},
        {"currency": "EUR"},
        {"needs_acceptance": True},
    ]
    for said in others:
        with world.refuses(m.TransferReferenceTaken, "reference"):
            pay(world, shop, **({"description": "Prize"} | said))
    assert world.read(service.transfer_by_reference, shop, "t-1") == first
    assert world.read(service.transfer_by_reference, shop, "t-2") is None


def test_two_shops_and_two_modes_use_the_same_number(world: World, lin: Person) -> None:
    one, other = world.shop(), world.shop()
    live = msgspec.structs.replace(one, mode="live")
    for caller in (one, other, live):
        world.fund(caller.app_id, 500, code="shop", mode=caller.mode)
        pay(world, caller)
    assert (world.balance(lin.id), world.balance(lin.id, mode="live")) == (600, 300)
    assert world.wrong() == []


def test_what_cannot_be_is_refused(world: World, shop: Caller, lin: Person) -> None:
    refused: list[tuple[type[Any], dict[str, Any]]] = [
        (AmountNotPositive, {"amount": 0}),
        (CurrencyUnknown, {"currency": "XXQ"}),
        (m.ReferenceInvalid, {"reference": ""}),
        (m.TextTooLong, {"description": "x" * 101}),
        (m.TextTooLong, {"description": "a\nb"}),
        (PlayNotAllowed, {"modes": ("live",)}),
    ]
    for refusal, said in refused:
        with world.refuses(refusal):
            pay(world, shop, **said)
    weak = msgspec.structs.replace(shop, scopes=("payments:read", "payments:write"))
    with world.refuses(ScopeForbids):
        pay(world, weak)


# When the person has accepted ---------------------------------------------------------------


def test_what_waits_is_set_aside_and_comes_when_accepted(
    world: World, shop: Caller, lin: Person
) -> None:
    made = waiting(world, shop)
    assert has(world, shop, lin) == (1000, 700, 0)
    assert made.expires_at - made.created_at == DAY_S * 1_000_000
    with world.refuses(m.ShopBalanceShort, "amount", available=700):
        pay(world, shop, amount=701, reference="t-2")
    assert pay(world, shop, needs_acceptance=True) == made
    done = world.ask(service.accept_transfer, AskIncoming(lin.id, made.id))
    assert (done.status, done.id) == ("succeeded", made.id)
    assert has(world, shop, lin) == (700, 700, 300)
    assert world.facts(made.id) == ["transfer.waiting", "transfer.succeeded"]
    assert world.wrong() == []


@pytest.mark.parametrize("how", ["declined", "canceled", "returned"])
def test_what_is_not_accepted_goes_back_to_the_shop(
    world: World, shop: Caller, lin: Person, how: str
) -> None:
    made = waiting(world, shop)
    if how == "declined":
        world.ask(service.decline_transfer, AskIncoming(lin.id, made.id))
    elif how == "canceled":
        world.ask(service.cancel_transfer, AskCancelTransfer(shop, made.id))
    else:
        world.clock.forward(DAY_S + 1)
        sweep(world)
    assert now(world, shop, made).status == how
    assert has(world, shop, lin) == (1000, 1000, 0)
    assert world.facts(made.id)[0] == "transfer.waiting"
    assert [kind for kind in world.facts(made.id) if kind.startswith("transfer.")][1:] == [
        f"transfer.{how}"
    ]
    assert world.wrong() == []
    with world.refuses(m.TransferNotWaiting, "id", status=how):
        world.ask(service.accept_transfer, AskIncoming(lin.id, made.id))
    with world.refuses(m.TransferNotWaiting, "id", status=how):
        world.ask(service.decline_transfer, AskIncoming(lin.id, made.id))
    with world.refuses(m.TransferNotWaiting, "id", status=how):
        world.ask(service.cancel_transfer, AskCancelTransfer(shop, made.id))


def test_time_is_up_even_if_nobody_has_swept(world: World, shop: Caller, lin: Person) -> None:
    made = waiting(world, shop)
    world.clock.forward(DAY_S + 1)
    with world.refuses(m.TransferNotWaiting, "id", status="returned"):
        world.ask(service.accept_transfer, AskIncoming(lin.id, made.id))
    with world.refuses(m.TransferNotWaiting, "id", status="returned"):
        world.ask(service.cancel_transfer, AskCancelTransfer(shop, made.id))
    sweep(world)
    sweep(world)
    assert now(world, shop, made).status == "returned"
    assert has(world, shop, lin) == (1000, 1000, 0)


def test_only_who_is_asked_may_answer_and_only_the_shop_cancel(
    world: World, shop: Caller, lin: Person
) -> None:
    mei, other = world.person("mei"), world.shop()
    made, gone = waiting(world, shop), pay(world, shop, reference="t-2")
    for verb in (service.accept_transfer, service.decline_transfer):
        for person_id, transfer_id in ((mei.id, made.id), (lin.id, gone.id), (lin.id, "trf_x")):
            with world.refuses(m.TransferNotFound, "id"):
                world.ask(verb, AskIncoming(person_id, transfer_id))
    live = msgspec.structs.replace(shop, mode="live")
    for caller in (other, live):
        with world.refuses(m.TransferNotFound, "id"):
            world.ask(service.cancel_transfer, AskCancelTransfer(caller, made.id))
        with world.refuses(m.TransferNotFound, "id"):
            world.read(service.transfer_of, caller, made.id)
    with world.refuses(m.TransferNotWaiting, "id", status="succeeded"):
        world.ask(service.cancel_transfer, AskCancelTransfer(shop, gone.id))


def test_lists_are_newest_first_and_go_on(world: World, shop: Caller, lin: Person) -> None:
    made = []
    for number in range(5):
        world.clock.forward(1)
        said: Any = {"reference": f"t-{number}", "amount": 10, "needs_acceptance": number > 1}
        made.append(pay(world, shop, **said))
    newest = [one.id for one in made[::-1]]
    page = world.read(service.transfers_of, shop, before="", limit=2)
    assert [one.id for one in page] == newest[:2]
    page = world.read(service.transfers_of, shop, before=page[-1].id, limit=9)
    assert [one.id for one in page] == newest[2:]
    world.ask(service.accept_transfer, AskIncoming(lin.id, made[4].id))
    found = world.read(service.incoming_of, lin.id, status="", before="", limit=9)
    assert [one.id for one in found] == newest[:3]
    found = world.read(service.incoming_of, lin.id, status="waiting", before="", limit=1)
    assert [one.id for one in found] == [made[3].id]


# The audit ----------------------------------------------------------------------------------


def change(tx: Tx, sql: str) -> None:
    tx.query(sql)


@pytest.mark.parametrize(
    ("status", "to"),
    [
        ("succeeded", "amount = amount + 1"),
        ("succeeded", "person_id = 'per_other'"),
        ("succeeded", "currency = 'EUR'"),
        ("succeeded", "status = 'returned'"),
        ("succeeded", "status = 'waiting'"),
        ("waiting", "status = 'succeeded'"),
        ("waiting", "status = 'declined'"),
        ("waiting", "amount = 1"),
        ("waiting", "person_id = 'per_other'"),
        ("waiting", "app_id = 'app_other'"),
        ("declined", "currency = 'EUR'"),
        ("declined", "mode = 'live'"),
        ("waiting", "hold_id = 'tr_other'"),
        ("declined", "status = 'canceled'"),
        ("declined", "status = 'succeeded'"),
    ],
)
def test_a_changed_transfer_is_named(
    world: World, shop: Caller, lin: Person, status: str, to: str
) -> None:
    pay(world, shop, amount=100)
    waiting(world, shop, amount=100, reference="t-2")
    declined = waiting(world, shop, amount=100, reference="t-3")
    world.ask(service.decline_transfer, AskIncoming(lin.id, declined.id))
    assert world.wrong() == []
    found = world.read(service.transfers_of, shop, before="", limit=9)
    [one] = [row.id for row in found if row.status == status]
    world.ask(change, f"UPDATE pay_transfers SET {to} WHERE id = '{one}'")
    assert f"transfer {one}" in "\n".join(world.wrong())
    world.ask(change, f"DELETE FROM pay_transfers WHERE id = '{one}'")
    assert f"I14: {one}" in "\n".join(world.wrong())
