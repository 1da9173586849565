"""Leaving, staying, coming and going in any order: of whoever has gone nothing is left but what must be."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from changliao.chat import model as cm
from changliao.chat import service as chat
from changliao.chat.service import moderation
from changliao.kernel.refusal import Refusal
from changliao.people import service as people
from changliao.people.model import AskSession
from changliao.people.model.standing import AskSuspend
from changliao.people.service import standing
from changliao.safety.service import mine
from tests.places import SqlitePlace
from tests.rooms.talking import Talk
from tests.rooms.world import Clock, World

pytestmark = pytest.mark.slow

WHO = st.integers(0, 2)
DAY_S = 86_400


class Leaving(RuleBasedStateMachine):
    """Three friends and what becomes of them; `gone` is what must be so."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.talk = Talk(self.world)
        Leaving.turn += 1
        names = [f"p{Leaving.turn}_{number}" for number in range(3)]
        self.persons = self.talk.friends(*names)
        self.leaving: dict[int, int] = {}
        self.gone: set[int] = set()
        self.suspended: dict[int, int] = {}
        self.tokens = 0

    turn = 0

    def _try(self, verb: Any, ask: Any) -> bool:
        try:
            self.world.ask(verb, ask)
        except Refusal:
            return False
        return True

    def _now(self) -> int:
        return self.world.clock()

    @rule(who=WHO)
    def leave(self, who: int) -> None:
        done = self._try(mine.leave, self.persons[who].id)
        owns = self.world.read(mine.hindrance, self.persons[who].id) is not None
        assert done == (who not in self.gone and not owns)
        if done:
            self.leaving[who] = self._now() + 7 * DAY_S * 1_000_000
            self.suspended.pop(who, None)

    @rule(who=WHO)
    def sign_in(self, who: int) -> None:
        self.tokens += 1
        token = f"{Leaving.turn} {self.tokens}".encode().ljust(32)
        ask = AskSession(self.persons[who].id, token, "bearer", "", "127.0.0.1", 60)
        if who in self.gone:
            return  # Nobody finds the person any more.
        done = self._try(people.open_session, ask)
        assert done == (self.suspended.get(who, 0) <= self._now())
        if done:
            self.leaving.pop(who, None)

    @rule(who=WHO, days=st.integers(0, 3))
    def suspend(self, who: int, days: int) -> None:
        until = self._now() + days * DAY_S * 1_000_000
        if self._try(standing.suspend, AskSuspend(self.persons[who].id, until)) and days:
            self.suspended[who] = until
            self.leaving.pop(who, None)
        elif who not in self.gone and not days:
            self.suspended.pop(who, None)

    @rule(days=st.sampled_from((1, 7)))
    def wait(self, days: int) -> None:
        self.world.clock.forward(days * DAY_S + 1)

    @rule(who=WHO)
    def come_to_the_end(self, who: int) -> None:
        due = who in self.leaving and self.leaving[who] <= self._now()
        owns = self.world.read(mine.hindrance, self.persons[who].id) is not None
        done = self._try(mine.erase, self.persons[who].id)
        assert done == (due and not owns)
        if done:
            self.gone.add(who)
            del self.leaving[who]
            self.world.hear()

    @rule(who=WHO)
    def found_a_group(self, who: int) -> None:
        others = tuple(one.id for number, one in enumerate(self.persons) if number != who)
        self._try(chat.create_group, cm.AskGroup(self.persons[who].id, "Tea", others))

    @rule(who=WHO)
    def hand_everything_over(self, who: int) -> None:
        for where in self.world.read(moderation.owned_groups, self.persons[who].id):
            other = self.persons[(who + 1) % 3].id
            self._try(chat.hand_over, cm.AskMember(self.persons[who].id, where, other))

    @invariant()
    def the_books_are_right(self) -> None:
        assert self.world.wrong() == []

    @invariant()
    def who_has_gone_is_nobody(self) -> None:
        for who in self.gone:
            person = self.world.read(people.person, self.persons[who].id)
            assert person is not None
            assert person.standing == "gone"
            assert self.world.read(people.person_by_handle, self.persons[who].handle) is None
            assert self.world.read(moderation.owned_groups, person.id) == []


def test_leaving_in_any_order(sqlite_place: SqlitePlace) -> None:
    Leaving.world = World(sqlite_place, Clock())
    run_state_machine_as_test(
        Leaving, settings=settings(max_examples=12, stateful_step_count=20, deadline=None)
    )
