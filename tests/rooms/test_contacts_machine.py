"""A random life of three people who ask, answer, remove and block agrees with a naive picture of it; and the
same life of three others, among whom one never blocks, looks the same to the two who were blocked."""

import itertools
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from changliao.db.driver import Reader
from changliao.db.migrate import Migration
from changliao.kernel.instant import DAY_US
from changliao.kernel.refusal import Refusal
from changliao.people.model import Person
from changliao.people.model import contacts as mc
from changliao.people.rules.contacts import state_for
from changliao.people.service import contacts, profiles
from changliao.people.store.contacts import PAIR, REQUESTS
from tests.places import Place, PostgresPlace, SqliteFiles, SqlitePlace
from tests.rooms.world import Clock, World

pytestmark = pytest.mark.slow

WHO = st.integers(0, 2)
BLOCKER = 1
"""Whose blocks are left out of the other life."""
HOURS = (7, 11 * 24)
"""Neither a day, nor three, nor thirty is a sum of these: nothing ends in the moment it is looked at."""
RANDOMLY = settings(
    deadline=None, database=None, suppress_health_check=list(HealthCheck), max_examples=12
)

Pair = tuple[int, int]


def strangers(_reader: Reader, _one: str, _other: str) -> bool:
    """There are no groups in this life."""
    return False


class Picture:
    """What is true between three people, as one would say it."""

    def __init__(self) -> None:
        self.lists: set[Pair] = set()
        self.blocks: set[Pair] = set()
        self.asked: dict[Pair, tuple[str, int, bool]] = {}  # State, when, hidden.
        self.days: dict[int, tuple[int, int]] = {}  # Since when, how many.

    def is_open(self, pair: Pair, now: int) -> bool:
        state, at, _ = self.asked.get(pair, ("", 0, False))
        return state == "open" and now < at + 30 * DAY_US

    def befriend(self, pair: Pair, now: int) -> str:
        self.lists |= {pair, pair[::-1]}
        self.asked[pair] = ("accepted", now, False)
        return "accepted"

    def ask(self, pair: Pair, now: int, born_at: int) -> str | type[Refusal]:
        back = pair[::-1]
        if pair[0] == pair[1]:
            return mc.ContactIsSelf
        if pair in self.blocks:
            return mc.ContactBlocked
        if {pair, back} <= self.lists:
            return mc.ContactAlready
        if self.is_open(back, now):
            return self.befriend(back, now)
        if back in self.lists:
            self.lists.add(pair)
            self.asked[pair] = ("accepted", now, False)
            return "accepted"
        since, count = self.days.get(pair[0], (0, 0))
        if now >= since + DAY_US:
            since, count = now, 0
        if count >= (10 if now < born_at + 3 * DAY_US else 30):
            return mc.ContactRequestsUsedUp
        self.days[pair[0]] = (since, count + 1)
        self.asked[pair] = ("open", now, back in self.blocks)
        return "open"

    def answer(self, pair: Pair, accept: bool, now: int) -> str | type[Refusal]:
        """The second of the pair answers what the first asked."""
        if pair not in self.asked or self.asked[pair][2]:
            return mc.ContactRequestNotFound
        if not self.is_open(pair, now):
            return mc.ContactRequestAnswered
        if accept:
            return self.befriend(pair, now)
        self.asked[pair] = ("declined", self.asked[pair][1], False)
        return "declined"

    def block(self, pair: Pair, now: int) -> str | type[Refusal]:
        if pair[0] == pair[1]:
            return mc.ContactIsSelf
        if pair not in self.blocks and self.is_open(pair[::-1], now):
            state, at, _ = self.asked[pair[::-1]]
            self.asked[pair[::-1]] = (state, at, True)
        self.blocks.add(pair)
        return "done"

    def relation(self, who: int, whom: int, now: int) -> str:
        """How the second stands to the first, as the first may know it."""
        if (who, whom) in self.blocks:
            return "blocked"
        if (who, whom) in self.lists:
            return "contact"
        if self.is_open((whom, who), now) and not self.asked[whom, who][2]:
            return "asked"
        state, at, _ = self.asked.get((who, whom), ("accepted", 0, False))
        return "requested" if state != "accepted" and now < at + 30 * DAY_US else "stranger"


class Knowing(RuleBasedStateMachine):
    """Two times three people; the second three do as the first, but for the blocks of one."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.place = self.lend()
        self.world = World(self.place, self.clock)
        self.born_at = self.clock()
        self.real = [self.world.person(name, pin="") for name in ("lin", "wang", "zhao")]
        self.other = [self.world.person(name, pin="") for name in ("lin2", "wang2", "zhao2")]
        self.picture = Picture()
        self.outcomes: Counter[str | type[Refusal]] = Counter()

    def lend(self) -> Place:
        """Where this life takes place."""
        raise NotImplementedError

    def teardown(self) -> None:
        self.place.close()

    def did(self, verb: Any, asked: Any) -> str | type[Refusal]:
        try:
            answer = self.world.ask(verb, asked)
        except Refusal as refusal:
            return type(refusal)
        return answer.state if isinstance(answer, mc.ContactRequest) else "done"

    def both(self, who: int, said: str | type[Refusal], verb: Any, ask: Any, *rest: Any) -> None:
        """The first three do it, with this outcome, and so do the second, if they would."""
        self.outcomes[said] += 1
        assert self.did(verb, ask(self.real, *rest)) == said
        if who != BLOCKER or isinstance(said, str):
            assert self.did(verb, ask(self.other, *rest)) == said

    @rule(who=WHO, whom=WHO)
    def ask(self, who: int, whom: int) -> None:
        told = self.world.facts(self.real[whom].id)
        hushed = (whom, who) in self.picture.blocks
        said = self.picture.ask((who, whom), self.clock(), self.born_at)
        self.both(who, said, contacts.request_contact, _ask, who, whom)
        if hushed and who != whom and said != "accepted":
            assert self.world.facts(self.real[whom].id) == told

    @rule(who=WHO, whom=WHO, accept=st.booleans())
    def answer(self, who: int, whom: int, accept: bool) -> None:
        said = self.picture.answer((whom, who), accept, self.clock())

        def asked(trio: list[Person]) -> mc.AskAnswer:
            pair = (trio[whom].id, trio[who].id)
            request = self.world.read(lambda reader: reader.find(REQUESTS, PAIR, pair))
            return mc.AskAnswer(trio[who].id, request.id if request else "cr_none", accept)

        self.both(who, said, contacts.answer_request, asked)

    @rule(who=WHO, whom=WHO)
    def remove(self, who: int, whom: int) -> None:
        listed = (who, whom) in self.picture.lists
        self.picture.lists.discard((who, whom))
        said = "done" if listed else mc.ContactNotFound
        self.both(who, said, contacts.remove_contact, _other, who, whom)

    @rule(who=WHO, whom=WHO)
    def block(self, who: int, whom: int) -> None:
        said = self.picture.block((who, whom), self.clock())
        assert self.did(contacts.block, _other(self.real, who, whom)) == said
        if who != BLOCKER:
            assert self.did(contacts.block, _other(self.other, who, whom)) == said

    @rule(who=WHO, whom=WHO)
    def unblock(self, who: int, whom: int) -> None:
        blocked = (who, whom) in self.picture.blocks
        self.picture.blocks.discard((who, whom))
        said = "done" if blocked else mc.BlockNotFound
        assert self.did(contacts.unblock, _other(self.real, who, whom)) == said
        if who != BLOCKER:
            assert self.did(contacts.unblock, _other(self.other, who, whom)) == said

    @rule(hours=st.sampled_from(HOURS))
    def wait(self, hours: int) -> None:
        self.clock.forward(hours * 3600)

    @invariant()
    def everything_is_as_in_the_picture(self) -> None:
        ids = [person.id for person in self.real]
        for a, b in itertools.permutations(range(3), 2):
            read, picture = self.world.read, self.picture
            assert read(contacts.is_contact, ids[a], ids[b]) == ((a, b) in picture.lists)
            assert read(contacts.is_blocked, ids[a], ids[b]) == ((a, b) in picture.blocks)
            is_open = picture.is_open((a, b), self.clock())
            assert not (is_open and picture.is_open((b, a), self.clock()))
            assert not (is_open and {(a, b), (b, a)} <= picture.lists)
            now, handle = self.clock(), self.real[b].handle
            seen = read(profiles.profile_by_handle, ids[a], handle, now, strangers)
            assert seen.relation == picture.relation(a, b, now)
        for who in range(3):
            listed = {
                ids.index(one.other_id) for one in self.world.read(contacts.contacts_of, ids[who])
            }
            assert listed == {b for a, b in self.picture.lists if a == who}

    @invariant()
    def nothing_open_of_the_blocked_is_shown_to_the_blocker(self) -> None:
        for who, whom in self.picture.blocks:
            shown = self.world.read(contacts.requests_of, self.real[who].id, 0, 100)
            for request, peer in shown:
                if peer.id == self.real[whom].id and request.asker_id == peer.id:
                    assert request.state != "open" or not self.picture.is_open(
                        (whom, who), self.clock()
                    )

    @invariant()
    def nobody_learns_who_blocked_them(self) -> None:
        for who in range(3):
            if who != BLOCKER:
                assert self.seen(self.real, who) == self.seen(self.other, who)

    def seen(self, trio: list[Person], who: int) -> Any:
        """All that one of the three can find out, by their places."""
        ids, now = [person.id for person in trio], self.clock()
        me = ids[who]
        listed = self.world.read(contacts.contact_list, me, 0)
        requests = self.world.read(contacts.requests_of, me, 0, 100)
        people = self.world.read(profiles.profiles_of, me, ids, now, strangers)
        found = [
            self.world.read(profiles.profile_by_handle, me, one.handle, now, strangers)
            for one in trio
        ]
        return (
            [(ids.index(person.id), row.remark) for row, person in listed],
            [
                (ids.index(one.asker_id), ids.index(peer.id), one.text, state_for(one, me, now))
                for one, peer in requests
            ],
            [
                (ids.index(one.person.id), one.relation, one.remark, bool(one.request_id))
                for one in (*people, *found)
            ],
            len(self.world.facts(me)),
        )


def _ask(trio: list[Person], who: int, whom: int) -> mc.AskContact:
    return mc.AskContact(trio[who].id, trio[whom].id, "hi")


def _other(trio: list[Person], who: int, whom: int) -> mc.AskOther:
    return mc.AskOther(trio[who].id, trio[whom].id)


class In(Knowing):
    """A life in a place that is there already."""

    def __init__(self, place: Place) -> None:
        self.given = place
        super().__init__()

    def lend(self) -> Place:
        return self.given

    def teardown(self) -> None:
        """The place is not ours."""


def likely(life: Knowing, step: str, chance: Random) -> Pair:
    """Two people between whom the step does something, most of the time."""
    picture, pairs = life.picture, list(itertools.permutations(range(3), 2))
    asked = [two[::-1] for two in pairs if picture.is_open(two, life.clock())]
    does = {
        "answer": asked,
        "block": [*asked, chance.choice(pairs)],
        "remove": sorted(picture.lists),
        "unblock": sorted(picture.blocks),
    }.get(step, pairs)
    return chance.choice(does) if does and chance.random() < 0.9 else (chance.randrange(3), 1)


def walk(life: Knowing, seed: int, steps: int) -> None:
    """So many random steps, looking at everything after each."""
    chance = Random(seed)
    for _ in range(steps):
        step = chance.choice(
            ["ask", "ask", "answer", "answer", "answer", "remove", "block", "unblock"]
        )
        who, whom = likely(life, step, chance)
        if chance.random() < 0.05:
            life.wait(chance.choice(HOURS))
        elif step == "answer":
            life.answer(who, whom, chance.random() < 0.5)
        else:
            getattr(life, step)(who, whom)
        life.everything_is_as_in_the_picture()
        life.nothing_open_of_the_blocked_is_shown_to_the_blocker()
        life.nobody_learns_who_blocked_them()


def test_short_lives_agree_with_the_picture(
    sqlite_files: SqliteFiles, migrations: list[Migration]
) -> None:
    class Lives(Knowing):
        def lend(self) -> Place:
            self.path = sqlite_files.lend(migrations)
            return SqlitePlace(self.path, migrations)

        def teardown(self) -> None:
            super().teardown()
            sqlite_files.take_back(self.path)

    run_state_machine_as_test(Lives, settings=settings(RANDOMLY, stateful_step_count=20))


def test_a_long_life_agrees_with_the_picture_on_sqlite(sqlite_place: SqlitePlace) -> None:
    life = In(sqlite_place)
    walk(life, 5, 200)
    reached: set[Any] = {"open", "accepted", "declined", mc.ContactAlready, mc.ContactBlocked}
    reached |= {mc.ContactRequestNotFound, mc.ContactRequestAnswered}
    assert all(life.outcomes[one] >= 3 for one in reached), life.outcomes


@pytest.mark.postgres
def test_a_long_life_agrees_with_the_picture_on_postgresql(postgres_place: PostgresPlace) -> None:
    walk(In(postgres_place), 4, 50)
