"""Persons, payment PINs that lock, sessions, and sign-ins that are tried too often."""

import hashlib

import pytest

from changliao.bus.outbox import facts_about
from changliao.db.tx import Tx
from changliao.db.vault import Vault, new_ring, rotated
from changliao.kernel.instant import SECOND_US
from changliao.kernel.refusal import Refusal
from changliao.people import model as m
from changliao.people import service
from changliao.people.model import AskRegister, AskSession, AskSetPin, Person, Pin
from tests.asking import ask
from tests.places import VAULT
from tests.rooms.world import PIN, World

MINUTE_S = 60


def pin_row(world: World, person: Person) -> Pin:
    found = world.read(service.pin_of, person.id)
    assert found is not None
    return found


def try_pin(world: World, person: Person, pin: str) -> Refusal | None:
    """What checking a PIN says; a refusal is returned, so the count of wrong ones is kept."""
    return ask(world.db, lambda tx, given: service.check_pin(tx, person.id, given), pin)


def test_a_person_is_registered_once_under_a_handle(world: World) -> None:
    person = world.ask(service.register, AskRegister("lin", " 林小满 ", "zh-CN", "hash"))
    assert (person.handle, person.name, person.locale) == ("lin", "林小满", "zh-CN")
    assert person.operator is False
    assert world.read(service.person_by_handle, "lin") == person
    assert world.facts(person.id) == ["person.registered"]
    with world.refuses(m.HandleTaken, "handle"):
        world.ask(service.register, AskRegister("lin", "Another", "en", "hash"))


def test_two_who_want_one_handle_at_once_are_one_person_and_one_refusal(world: World) -> None:
    asks = [(service.register, AskRegister("lin", name, "en", "h")) for name in ("One", "Two")]
    first, second = world.ask_together(asks)
    assert isinstance(first, Person)
    assert isinstance(second, m.HandleTaken)
    assert len(world.everything()["people_persons"]) == 1


def test_an_operator_is_made_of_a_person_there_is(world: World) -> None:
    person = world.person()
    assert world.ask(service.make_operator, "lin").operator is True
    assert world.ask(service.make_operator, "lin").operator is True
    assert world.facts(person.id) == ["person.registered", "pin.set", "person.operator_made"]
    assert world.read(service.person, person.id).operator is True  # type: ignore[union-attr]
    with world.refuses(m.PersonNotFound, "handle"):
        world.ask(service.make_operator, "nobody")


def test_a_right_pin_is_right_and_leaves_no_trace(world: World) -> None:
    person = world.person()
    before = world.everything()
    assert try_pin(world, person, PIN) is None
    assert world.everything() == before


def test_a_person_without_a_pin_hears_so(world: World) -> None:
    person = world.person(pin="")
    before = world.everything()
    assert isinstance(try_pin(world, person, PIN), m.PinMissing)
    assert world.everything() == before


def test_five_wrong_pins_lock_it_and_each_is_counted(world: World) -> None:
    person = world.person()
    for wrong in (1, 2, 3, 4):
        refused = try_pin(world, person, "000000")
        assert isinstance(refused, m.WrongPin)
        assert refused.extra == {"tries_left": 5 - wrong}
        assert pin_row(world, person).wrong == wrong
    until = world.clock() // SECOND_US + MINUTE_S
    refused = try_pin(world, person, "000000")
    assert isinstance(refused, m.PinLocked)
    assert refused.extra == {"locked_until_s": until}
    assert world.facts(person.id)[-1] == "pin.locked"
    assert isinstance(try_pin(world, person, PIN), m.PinLocked)


def test_each_lock_is_longer_than_the_one_before_and_a_right_pin_forgives_all(
    world: World,
) -> None:
    person = world.person()
    for lasts_s in (60, 300, 1800, 10_800, 86_400, 86_400):
        while not isinstance(try_pin(world, person, "000000"), m.PinLocked):
            pass
        world.clock.forward(lasts_s - 1)
        assert isinstance(try_pin(world, person, PIN), m.PinLocked)
        world.clock.forward(2)
        assert isinstance(try_pin(world, person, "111111"), m.WrongPin)
    row = pin_row(world, person)
    assert (row.wrong, row.locks) == (1, 6)
    assert try_pin(world, person, PIN) is None
    row = pin_row(world, person)
    assert (row.wrong, row.locks, row.locked_until) == (0, 0, 0)


def test_wrong_pins_sent_all_at_once_are_all_counted(world: World) -> None:
    person = world.person()

    def check(tx: Tx, given: str) -> Refusal | None:
        return service.check_pin(tx, person.id, given)

    answers = world.ask_together([(check, f"00000{n}") for n in range(7)])
    assert [type(answer) for answer in answers] == [m.WrongPin] * 4 + [m.PinLocked] * 3


def test_a_new_pin_lifts_the_lock_and_the_old_one_is_worth_nothing(world: World) -> None:
    person = world.person()
    for _ in range(5):
        try_pin(world, person, "000000")
    world.ask(service.set_pin, AskSetPin(person.id, "369147"))
    assert isinstance(try_pin(world, person, PIN), m.WrongPin)
    assert try_pin(world, person, "369147") is None
    assert world.facts(person.id).count("pin.set") == 2


@pytest.mark.parametrize("bad", ["123456", "111111", "12345", "abcdef"])
def test_a_pin_that_everybody_tries_first_is_refused(world: World, bad: str) -> None:
    person = world.person()
    with world.refuses(m.PinInvalid, "pin"):
        world.ask(service.set_pin, AskSetPin(person.id, bad))


def test_a_pin_is_kept_as_a_keyed_digest_with_a_salt_of_its_own(world: World) -> None:
    one, two = pin_row(world, world.person("one")), pin_row(world, world.person("two"))
    assert one.digest != two.digest and one.salt != two.salt
    for row in (one, two):
        plain = {hashlib.sha256(row.salt + PIN.encode()).hexdigest(), PIN}
        assert not any(text in row.digest for text in plain)
        assert VAULT.pin_matches(row.digest, PIN, row.salt)


def test_a_pin_moves_to_the_new_master_key_when_it_is_used(world: World) -> None:
    ring = new_ring()
    world.reopen(vault=Vault(ring))
    person = world.person()
    assert world.read(service.pins_by_key) == {"k0001": 1}
    world.reopen(vault=Vault(rotated(ring)))
    assert isinstance(try_pin(world, person, "000000"), m.WrongPin)
    assert world.read(service.pins_by_key) == {"k0001": 1}
    assert try_pin(world, person, PIN) is None
    assert world.read(service.pins_by_key) == {"k0002": 1}
    assert try_pin(world, person, PIN) is None


def test_a_session_is_open_until_it_ends_or_runs_out(world: World) -> None:
    person = world.person()
    hashed = service.token_hash("token")
    session = world.ask(
        service.open_session, AskSession(person.id, hashed, "bearer", "d" * 100, "::1", 3600)
    )
    assert session.device == "d" * 80
    found = world.read(service.signed_in, hashed, world.clock())
    assert found is not None and found.person == person and found.session == session
    assert world.read(service.signed_in, service.token_hash("other"), world.clock()) is None
    assert world.read(service.signed_in, hashed, session.expires_at - 1) is not None
    assert world.read(service.signed_in, hashed, session.expires_at) is None
    world.ask(service.end_session, m.AskEndSession(person.id, session.id))
    assert world.read(service.signed_in, hashed, world.clock()) is None
    with world.refuses(m.SessionNotFound, "id"):
        world.ask(service.end_session, m.AskEndSession(person.id, session.id))


def test_nobody_ends_the_session_of_another(world: World) -> None:
    lin, chen = world.person("lin"), world.person("chen")
    ask = AskSession(lin.id, b"1" * 32, "cookie", "", "::1", 3600)
    session = world.ask(service.open_session, ask)
    for session_id in (session.id, "ses_00000000000000000000000000", ""):
        with world.refuses(m.SessionNotFound):
            world.ask(service.end_session, m.AskEndSession(chen.id, session_id))
    assert world.read(service.open_sessions, lin.id, world.clock()) == [session]
    assert world.read(service.open_sessions, chen.id, world.clock()) == []


def test_a_sign_in_that_fails_again_and_again_must_wait_ever_longer(world: World) -> None:
    person = world.person()
    tried = m.AskTry("lin", "192.0.2.1")
    for _ in range(4):
        assert world.ask(service.count_try, tried).person == person
    for waits_s in (2, 4, 8):
        world.ask(service.count_try, tried)
        with world.refuses(m.SignInThrottled):
            world.ask(service.count_try, tried)
        world.clock.forward(waits_s + 1)
    world.ask(service.open_session, AskSession(person.id, b"t", "bearer", "", "192.0.2.1", 60))
    rows = {row.name: row.failures for row in world.everything()["people_throttles"]}
    assert rows == {"handle:lin": 0, "address:192.0.2.1": 7}


def test_an_address_that_many_share_bears_ten_times_more(world: World) -> None:
    for number in range(50):
        assert world.ask(service.count_try, m.AskTry(f"x{number}", "192.0.2.1")).person is None
    with world.refuses(m.SignInThrottled):
        world.ask(service.count_try, m.AskTry("lin", "192.0.2.1"))
    assert world.ask(service.count_try, m.AskTry("lin", "192.0.2.2")).person is None


def test_no_fact_of_people_holds_a_secret_or_an_address(world: World) -> None:
    person = world.person()
    ask = AskSession(person.id, b"\x11" * 32, "bearer", "phone", "192.0.2.77", 60)
    world.ask(service.open_session, ask)
    told = " ".join(fact.body for fact in world.read(facts_about, person.id))
    for secret in (PIN, "192.0.2.77", "no hash", "11" * 32):
        assert secret not in told
    assert PIN not in repr(AskSetPin(person.id, PIN))
    assert "no hash" not in repr(person)
