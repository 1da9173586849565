"""Signing a computer in by a phone: the code works once, for a minute, for one person, by its number."""

from typing import Any

import pytest

from changliao.bus.outbox import facts_about
from changliao.people import service as people
from changliao.people.model import AskSession, Person, Session
from changliao.people.model import scans as m
from changliao.people.model.scans import AskAnswer, AskScan, AskTrade, SignInCode
from changliao.people.service import scans as service
from changliao.people.store.scans import CODES
from tests.rooms.world import World

CODE, SECRET = people.token_hash("code"), people.token_hash("secret")
PC = "198.51.100.7"


def shown(world: World, code: bytes = CODE) -> SignInCode:
    return world.ask(service.show_code, m.AskCode(code, SECRET, "Firefox · Linux", PC))


def scanned(world: World, person: Person) -> SignInCode:
    shown(world)
    return world.ask(service.scan_code, AskScan(person.id, CODE))


def approved(world: World, person: Person) -> SignInCode:
    code = scanned(world, person)
    answer = world.ask(service.answer_code, AskAnswer(person.id, code.id, code.number))
    assert isinstance(answer, SignInCode)
    return answer


def trade(code_id: str, secret: bytes = SECRET) -> AskTrade:
    hashed = people.token_hash("token")
    return AskTrade(code_id, secret, AskSession("", hashed, "cookie", "computer", PC, 3600))


def state(world: World, code: SignInCode) -> str:
    kept: Any = world.read(lambda reader: reader.get(CODES, code.id))
    return str(kept.state)


def test_a_computer_is_signed_in_as_who_scanned_its_code_and_named_its_number(
    world: World,
) -> None:
    lin = world.person()
    code = scanned(world, lin)
    assert 10 <= code.number <= 99 and code.state == "scanned"
    assert world.ask(service.scan_code, AskScan(lin.id, CODE)) == code
    world.ask(service.answer_code, AskAnswer(lin.id, code.id, code.number))
    session = world.ask(service.trade_code, trade(code.id))
    assert session.person_id == lin.id
    assert world.facts(code.id) == ["sign_in_code.scanned", "sign_in_code.approved"]
    with world.refuses(m.CodeOver, "code"):
        world.ask(service.trade_code, trade(code.id))


def test_a_wrong_number_ends_the_code_for_good(world: World) -> None:
    lin = world.person()
    code = scanned(world, lin)
    wrong = code.number % 90 + 10
    with pytest.raises(m.WrongNumber):
        world.ask(service.answer_code, AskAnswer(lin.id, code.id, wrong))
    assert state(world, code) == "refused"
    assert world.newest(code.id).wrong_number is True
    for number in (code.number, None):
        with world.refuses(m.CodeOver, "id"):
            world.ask(service.answer_code, AskAnswer(lin.id, code.id, number))
    with world.refuses(m.CodeOver, "code"):
        world.ask(service.scan_code, AskScan(lin.id, CODE))
    with world.refuses(m.CodeOver, "code"):
        world.ask(service.trade_code, trade(code.id))


def test_whoever_says_not_my_computer_ends_it(world: World) -> None:
    lin = world.person()
    code = scanned(world, lin)
    world.ask(service.answer_code, AskAnswer(lin.id, code.id, None))
    assert state(world, code) == "refused"
    assert world.newest(code.id).wrong_number is False


def test_guesses_sent_all_at_once_are_one_guess(world: World) -> None:
    lin = world.person()
    code = scanned(world, lin)
    numbers = [n for n in range(10, 100) if n != code.number]
    asks = [(service.answer_code, AskAnswer(lin.id, code.id, n)) for n in [*numbers, code.number]]
    first, *others = world.ask_together(asks)
    assert isinstance(first, m.WrongNumber)
    assert {type(one) for one in others} == {m.CodeOver}


def test_nobody_else_can_answer_a_code_that_was_scanned(world: World) -> None:
    lin, mei = world.person("lin"), world.person("mei")
    code = scanned(world, lin)
    with world.refuses(m.CodeNotFound, "code"):
        world.ask(service.scan_code, AskScan(mei.id, CODE))
    with world.refuses(m.CodeNotFound, "id"):
        world.ask(service.answer_code, AskAnswer(mei.id, code.id, code.number))


def test_a_code_that_nobody_scanned_is_nobodys_to_answer(world: World) -> None:
    lin, code = world.person(), shown(world)
    for person_id in (lin.id, ""):
        with world.refuses(m.CodeNotFound, "id"):
            world.ask(service.answer_code, AskAnswer(person_id, code.id, code.number))
    with world.refuses(m.CodeNotFound, "code"):
        world.ask(service.scan_code, AskScan(lin.id, people.token_hash("guessed")))
    with world.refuses(m.CodeNotFound, "code"):
        world.ask(service.scan_code, AskScan(lin.id, SECRET))


def test_a_code_lives_a_minute_and_an_approval_half_a_one(world: World) -> None:
    lin = world.person()
    code = scanned(world, lin)
    world.clock.forward(59)
    assert world.ask(service.scan_code, AskScan(lin.id, CODE)) == code
    world.clock.forward(2)
    with world.refuses(m.CodeOver):
        world.ask(service.scan_code, AskScan(lin.id, CODE))
    with world.refuses(m.CodeOver):
        world.ask(service.answer_code, AskAnswer(lin.id, code.id, code.number))
    fresh = people.token_hash("fresh")
    late = shown(world, fresh)
    world.ask(service.scan_code, AskScan(lin.id, fresh))
    world.ask(service.answer_code, AskAnswer(lin.id, late.id, late.number))
    world.clock.forward(31)
    with world.refuses(m.CodeOver, "code"):
        world.ask(service.trade_code, trade(late.id))


def test_only_the_computer_with_the_secret_gets_the_session(world: World) -> None:
    lin = world.person()
    code = approved(world, lin)
    for secret in (CODE, people.token_hash("guess"), b""):
        with world.refuses(m.CodeNotFound, "id"):
            world.ask(service.trade_code, trade(code.id, secret))
        with pytest.raises(m.CodeNotFound):
            world.read(service.shown_code, code.id, secret)
    with world.refuses(m.CodeNotFound, "id"):
        world.ask(service.trade_code, trade("sic_nobody"))


def test_before_the_phone_has_answered_there_is_no_session(world: World) -> None:
    code = shown(world)
    with world.refuses(m.CodeNotApproved, "code"):
        world.ask(service.trade_code, trade(code.id))
    world.ask(service.scan_code, AskScan(world.person().id, CODE))
    with world.refuses(m.CodeNotApproved, "code"):
        world.ask(service.trade_code, trade(code.id))


def test_two_trades_at_once_are_one_session(world: World) -> None:
    code = approved(world, world.person())
    one = trade(code.id)
    two = AskTrade(code.id, SECRET, AskSession("", b"2" * 32, "cookie", "", PC, 60))
    first, second = world.ask_together([(service.trade_code, one), (service.trade_code, two)])
    assert isinstance(first, Session) and isinstance(second, m.CodeOver)


def test_a_code_is_forgotten_a_day_later_and_no_fact_holds_it(world: World) -> None:
    code = approved(world, world.person())
    told = " ".join(fact.body for fact in world.read(facts_about, code.id))
    assert PC not in told and str(code.number) not in told.replace(code.person_id, "")
    world.ask(people.forget_what_ran_out, world.clock())
    assert state(world, code) == "approved"
    world.clock.forward(60)
    world.ask(people.forget_what_ran_out, world.clock())
    assert world.everything()["people_sign_in_codes"] == []
