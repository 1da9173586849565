"""Where a person is signed in: what with, roughly where, when last, and signing out everywhere else."""

from changliao.people import service as people
from changliao.people.model import AskSession, Person, Session
from changliao.people.model.devices import AskEndOthers, AskSeen
from changliao.people.service import devices
from tests.rooms.world import World

HOUR_S = 3600


def signed_in(world: World, person: Person, number: int = 1, **said: str) -> Session:
    hashed = people.token_hash(f"{person.id} {number}")
    asked = AskSession(person.id, hashed, "cookie", "computer", "203.0.113.9", 40 * HOUR_S, **said)
    return world.ask(people.open_session, asked)


def now(world: World, session: Session) -> Session:
    found = world.read(people.signed_in, session.token_hash, world.clock())
    assert found is not None
    return found.session


def test_a_session_knows_its_browser_half_its_address_and_the_fact_names_the_device(
    world: World,
) -> None:
    lin = world.person()
    session = signed_in(world, lin, agent="Firefox · Linux")
    assert (session.agent, session.address) == ("Firefox · Linux", "203.0.x.x")
    assert session.seen_at == session.created_at
    assert world.newest(lin.id).device == "Firefox · Linux"
    signed_in(world, lin, 2)
    assert world.newest(lin.id).device == "computer"


def test_that_a_session_was_seen_is_written_once_an_hour(world: World) -> None:
    session = signed_in(world, world.person())
    seen = AskSeen(session.id, "198.51.100.1")
    world.clock.forward(HOUR_S - 10)
    before = world.everything()
    world.ask(devices.see_session, seen)
    assert world.everything() == before
    world.clock.forward(20)
    world.ask_together([(devices.see_session, seen)] * 5)
    kept = now(world, session)
    assert kept.seen_at > session.seen_at and kept.address == "198.51.x.x"
    world.clock.forward(60)
    world.ask(devices.see_session, seen)
    assert now(world, session) == kept


def test_of_a_session_that_has_ended_nothing_is_noted(world: World) -> None:
    lin = world.person()
    session = signed_in(world, lin)
    world.ask(devices.end_other_sessions, AskEndOthers(lin.id, ""))
    world.clock.forward(HOUR_S + 1)
    before = world.everything()
    for session_id in (session.id, "ses_nobody"):
        world.ask(devices.see_session, AskSeen(session_id, "198.51.100.1"))
    assert world.everything() == before


def test_signing_out_elsewhere_leaves_this_session_and_those_of_others(world: World) -> None:
    lin, mei = world.person("lin"), world.person("mei")
    here, hers = signed_in(world, lin, 0), signed_in(world, mei)
    others = [signed_in(world, lin, number) for number in range(1, 131)]
    ended: list[str] = []
    while found := world.ask(devices.end_other_sessions, AskEndOthers(lin.id, here.id)):
        ended += [one.id for one in found]
        assert len(found) <= 100
    assert sorted(ended) == sorted(one.id for one in others)
    assert world.read(people.open_sessions, lin.id, world.clock()) == [here]
    assert world.read(people.open_sessions, mei.id, world.clock()) == [hers]
    assert world.facts(lin.id).count("session.ended") == 130
