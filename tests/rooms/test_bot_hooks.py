"""Hooks of groups, and gates as rows: who may make them, what they post, how they end."""

from typing import Any

import msgspec
import pytest

from changliao.bots import model as m
from changliao.bots import service as bots
from changliao.bots.model import refusals as r
from changliao.bots.service import reading
from changliao.chat.model import Conversation
from changliao.chat.model import refusals as cr
from tests.rooms.parlour import Parlour
from tests.rooms.world import World


@pytest.fixture
def parlour(world: World) -> Parlour:
    return Parlour(world)


# Hooks --------------------------------------------------------------------------------------


def test_a_hook_posts_under_its_name_until_it_is_ended(parlour: Parlour) -> None:
    ask = m.AskHook(parlour.lin.id, parlour.group.id, "Build", b"h" * 32)
    with parlour.world.refuses(cr.NotAllowedHere):
        parlour.world.ask(bots.make_hook, msgspec.structs.replace(ask, person_id=parlour.chen.id))
    hook = parlour.world.ask(bots.make_hook, ask)
    first = parlour.world.ask(bots.post_by_hook, m.AskHookText(b"h" * 32, "green", ""))
    again = parlour.world.ask(bots.post_by_hook, m.AskHookText(b"h" * 32, "green", ""))
    assert again.number == first.number + 1
    once = m.AskHookText(b"h" * 32, "red", "run-7")
    assert parlour.world.ask(bots.post_by_hook, once) == parlour.world.ask(bots.post_by_hook, once)
    said = msgspec.json.decode(first.body)
    assert (first.sender, said["by"]) == (hook.id, {"mark": "hook", "name": "Build"})
    parlour.world.ask(bots.end_hook, m.AskEndHook(parlour.lin.id, parlour.group.id, hook.id))
    with parlour.world.refuses(r.HookNotFound):
        parlour.world.ask(bots.post_by_hook, once)
    with parlour.world.refuses(r.HookNotFound):
        parlour.world.ask(bots.end_hook, m.AskEndHook(parlour.lin.id, parlour.group.id, hook.id))


def test_another_groups_hook_does_not_exist_and_ten_are_enough(parlour: Parlour) -> None:
    def make(where: Conversation, n: int) -> m.Hook:
        return parlour.world.ask(
            bots.make_hook, m.AskHook(parlour.lin.id, where.id, "CI", bytes([n]) * 32)
        )

    hook = make(parlour.group, 1)
    other = parlour.talk.group(parlour.lin, parlour.chen)
    with parlour.world.refuses(r.HookNotFound):
        parlour.world.ask(bots.end_hook, m.AskEndHook(parlour.lin.id, other.id, hook.id))
    for n in range(2, 11):
        make(parlour.group, n)
    with parlour.world.refuses(r.TooManyHooks):
        make(parlour.group, 11)


# Gates --------------------------------------------------------------------------------------


def gate(parlour: Parlour, **said: Any) -> m.Gate:
    """A gate of the bot."""
    asked: dict[str, Any] = {"caller": parlour.shop, "bot_id": parlour.bot.id} | said
    ask = m.AskGate("key", "https://shop.example/gate", 300, "allow", b"s" * 32, **asked)
    return parlour.world.ask(bots.set_gate, ask)


def test_a_bots_gate_is_asked_only_where_the_group_lets_it(parlour: Parlour) -> None:
    with parlour.world.refuses(r.GateNotFound, "gated"):
        parlour.seat(gated=True)
    made = gate(parlour)
    parlour.seat()
    assert parlour.world.read(reading.gates).here == {}
    parlour.seat(gated=True)
    found = parlour.world.read(reading.gates)
    assert [one.gate for one in found.here[parlour.group.id]] == [made]
    assert gate(parlour).id == made.id  # Set again, it takes the place of the one before.
    parlour.world.ask(
        bots.end_gate, m.AskEndGate("key", caller=parlour.shop, bot_id=parlour.bot.id)
    )
    assert parlour.world.read(reading.gates).here == {}
    assert parlour.world.wrong() == []


def test_an_operator_has_five_gates_of_between_50_and_2000_milliseconds(parlour: Parlour) -> None:
    nobody: dict[str, Any] = {"caller": None, "bot_id": ""}
    made = [gate(parlour, **nobody) for _ in range(5)]
    with parlour.world.refuses(r.TooManyGates):
        gate(parlour, **nobody)
    parlour.world.ask(bots.end_gate, m.AskEndGate("per_op", made[0].id))
    for ms in (49, 2001):
        with parlour.world.refuses(r.GateInvalid, "timeout_ms"):
            parlour.world.ask(bots.set_gate, m.AskGate("p", "https://x.example", ms, "allow", b""))
    bots_own = gate(parlour)
    with parlour.world.refuses(r.GateNotFound):  # A bot's gate is not the operator's to end.
        parlour.world.ask(bots.end_gate, m.AskEndGate("per_op", bots_own.id))


def test_a_gates_secret_is_sealed_and_outlives_a_new_master_key(parlour: Parlour) -> None:
    made = gate(parlour)
    assert bots.open_secret(parlour.world.db.vault, made) == b"s" * 32
    assert "ssss" not in made.secret
    for id_ in parlour.world.read(bots.resealable):
        parlour.world.ask(bots.reseal_gate, id_)
    now = parlour.world.read(reading.gate_of, parlour.bot.id)
    assert now is not None and bots.open_secret(parlour.world.db.vault, now) == b"s" * 32
