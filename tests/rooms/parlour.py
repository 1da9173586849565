"""A group of two with an app's bot at the door: what the tests of bots share."""

from typing import Any

import msgspec

from changliao.bots import model as m
from changliao.bots import service as bots
from changliao.bots.model import Bot, Command
from changliao.bots.service import reading
from changliao.bus.outbox import facts_for
from changliao.chat.model.entries import Entry
from changliao.partners.model import Caller
from changliao.people.model import Person
from tests.rooms.talking import Talk
from tests.rooms.world import World


class Parlour:
    """A group of two with an app's bot at the door."""

    def __init__(self, world: World) -> None:
        self.world, self.talk = world, Talk(world)
        self.lin, self.chen = self.talk.friends("lin", "chen")
        self.group = self.talk.group(self.lin, self.chen)
        self.shop = world.shop()
        self.bot = self.made("helper")

    def made(self, handle: str, caller: Caller | None = None, **said: Any) -> Bot:
        ask = m.AskBot(caller or self.shop, handle, handle.title(), "", said.pop("listed", False))
        return self.world.ask(bots.make_bot, ask)

    def seat(self, by: Person | None = None, bot: Bot | None = None, **said: Any) -> m.Seat:
        ask = m.AskSeat((by or self.lin).id, self.group.id, (bot or self.bot).id, **said)
        return self.world.ask(bots.seat, ask)

    def unseat(self, by: Person | None = None) -> m.Seat:
        ask = m.AskUnseat((by or self.lin).id, self.group.id, self.bot.id)
        return self.world.ask(bots.unseat, ask)

    def commands(self, *names: str) -> Bot:
        wanted = tuple(Command(one, "一行", "a line") for one in names)
        return self.world.ask(bots.set_commands, m.AskCommands(self.shop, self.bot.id, wanted))

    def says(self, text: str = "hi", where: str = "", client_id: str = "b1", ref: int = 0) -> Entry:
        body = msgspec.json.encode({"text": text})
        place = where or self.group.id
        ask = m.AskSpeak(self.shop, self.bot.id, place, "text", body, client_id, ref)
        return self.world.ask(bots.speak, ask)

    def told(self) -> list[tuple[str, int, str]]:
        """What the app was told of messages: kind, number, command."""
        self.world.hear()
        return [
            (fact.kind, said["number"], said.get("command", ""))
            for fact in self.world.read(told_to, self.shop.audience)
            if "number" in (said := msgspec.json.decode(fact.body))
        ]

    def heard(self, where: str = "", bot: Bot | None = None) -> list[Entry]:
        self.world.hear()
        wanted = bot or self.bot
        return self.world.read(reading.after, wanted, where or self.group.id, 0, 100)


def told_to(reader: Any, audience: str) -> Any:
    return facts_for(reader, audience, 0, "", 1000)
