"""Whatever people do, in any order, on lines that break: what each device built from frames is what the
server says when it is asked anew."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.places import Place
from tests.talk.device import Device
from tests.talk.house import House
from tests.wire.platform import Someone

HANDLES = ("lin", "chen", "mei")
WHO = st.integers(0, len(HANDLES) - 1)
WORDS = st.sampled_from(["hi", "你好", "🙂", "a\u0301", "<b>", "\u202eabc"])
STEP = st.one_of(
    st.tuples(st.just("post"), WHO, st.integers(0, 3), WORDS),
    st.tuples(st.just("post"), WHO, st.integers(0, 3), WORDS),
    st.tuples(st.just("again"), WHO, st.integers(0, 3)),
    st.tuples(st.just("react"), WHO, st.integers(0, 3), st.sampled_from("👍🎉"), st.booleans()),
    st.tuples(st.just("recall"), WHO, st.integers(0, 3)),
    st.tuples(st.just("edit"), WHO, st.integers(0, 3), WORDS),
    st.tuples(st.just("read"), WHO, st.integers(0, 3)),
    st.tuples(st.just("mine"), WHO, st.integers(0, 3), st.sampled_from(["pin", "mute", "hide"])),
    st.tuples(st.just("clear"), WHO, st.integers(0, 3)),
    st.tuples(st.just("group"), WHO),
    st.tuples(st.just("change"), WHO, st.integers(0, 3), WORDS),
    st.tuples(st.just("invite"), WHO, st.integers(0, 3), WHO),
    st.tuples(st.just("remove"), WHO, st.integers(0, 3), WHO),
    st.tuples(st.just("silence"), WHO, st.integers(0, 3), WHO),
    st.tuples(st.just("follow"), WHO, st.integers(0, 1)),
    st.tuples(st.just("follow"), WHO, st.integers(0, 1)),
    st.tuples(st.just("unfollow"), WHO, st.integers(0, 1)),
    st.tuples(st.just("broadcast"), st.integers(0, 1), WORDS),
    st.tuples(st.just("broadcast"), st.integers(0, 1), WORDS),
    st.tuples(st.just("withdraw"), st.integers(0, 1)),
    st.tuples(st.just("write_to"), WHO, st.integers(0, 1), WORDS),
    st.tuples(st.just("cut"), WHO),
    st.tuples(st.just("connect"), WHO),
)


EXAMPLES = 10


class Story:
    """Three people, two devices each, a shop with two official accounts, and what they do."""

    def __init__(self, house: House, people: list[Someone]) -> None:
        self.house, self.people = house, people
        self.key, self.accounts = "", [""]
        self.devices = [[house.device(who, name) for name in ("phone", "tablet")] for who in people]

    async def run(self, steps: list[Any]) -> None:
        await self._open_shop()
        for devices in self.devices:
            for device in devices:
                await device.connect()
        for name, *said in steps:
            await getattr(self, f"_{name}")(*said)
        for device in self._all():
            if device._socket is None:
                await device.connect()
        for device in self._all():
            await self.house.agrees(device)

    async def _open_shop(self) -> None:
        self.key = (await self.house.shop()).key
        reply = [{"k": "text", "text": "Thanks"}]
        self.accounts = []
        for handle in ("corner", "corner_news"):
            body = {"handle": handle, "name": handle}
            made = await self.house.done("POST", "/v1/accounts", body, token=self.key)
            path = f"/v1/accounts/{made['id']}"
            said = {"welcome": reply, "fallback": reply}
            await self.house.done("PATCH", f"{path}/settings", said, token=self.key)
            self.accounts.append(path)

    def _all(self) -> list[Device]:
        return [device for devices in self.devices for device in devices]

    def _where(self, who: int, place: int) -> str | None:
        rows = sorted(self.devices[who][0].rows)
        return rows[place % len(rows)] if rows else None

    async def _ask(self, who: int, method: str, path: str, body: Any = None) -> None:
        await self.house.call(method, path, body, token=self.people[who].token)

    async def _post(self, who: int, place: int, words: str) -> None:
        if where := self._where(who, place):
            await self.devices[who][len(words) % 2].post(where, text=words)

    async def _again(self, who: int, place: int) -> None:
        device, where = self.devices[who][0], self._where(who, place)
        mine = [one for one in device.logs.get(where or "", {}).values() if one["f"] == device.me]
        for entry in mine[-1:]:
            said = {"id": entry["id"], "b": entry["b"], "r": entry.get("r", 0)}
            await device.say({"t": "msg", "c": where, "k": entry["k"], **said})

    async def _of_newest(self, who: int, place: int, kind: str, body: Any) -> None:
        if where := self._where(who, place):
            log = self.devices[who][0].logs.get(where, {})
            texts = [s for s, entry in log.items() if entry["k"] == "text"]
            if texts:
                await self.devices[who][0].post(where, kind, b=body, r=max(texts))

    async def _react(self, who: int, place: int, emoji: str, on: bool) -> None:
        await self._of_newest(who, place, "react", {"emoji": emoji, "on": on})

    async def _recall(self, who: int, place: int) -> None:
        await self._of_newest(who, place, "recall", {})

    async def _edit(self, who: int, place: int, words: str) -> None:
        await self._of_newest(who, place, "edit", {"text": words})

    async def _read(self, who: int, place: int) -> None:
        if where := self._where(who, place):
            device = self.devices[who][0]
            await device.say({"t": "read", "c": where, "s": device.rows[where]["s"]})

    async def _mine(self, who: int, place: int, what: str) -> None:
        if where := self._where(who, place):
            await self._ask(who, "PATCH", f"/v1/conversations/{where}/mine", {what: True})

    async def _clear(self, who: int, place: int) -> None:
        if where := self._where(who, place):
            await self._ask(who, "DELETE", f"/v1/conversations/{where}/mine/history")

    async def _group(self, who: int) -> None:
        others = [one.id for one in self.people if one is not self.people[who]]
        await self._ask(who, "POST", "/v1/conversations", {"title": "", "members": others[:1]})

    async def _change(self, who: int, place: int, title: str) -> None:
        if where := self._where(who, place):
            await self._ask(who, "PATCH", f"/v1/conversations/{where}", {"title": title[:1]})

    async def _invite(self, who: int, place: int, other: int) -> None:
        if where := self._where(who, place):
            body = {"members": [self.people[other].id]}
            await self._ask(who, "POST", f"/v1/conversations/{where}/members", body)

    async def _remove(self, who: int, place: int, other: int) -> None:
        if where := self._where(who, place):
            member = self.people[other].id
            await self._ask(who, "DELETE", f"/v1/conversations/{where}/members/{member}")

    async def _silence(self, who: int, place: int, other: int) -> None:
        if where := self._where(who, place):
            path = f"/v1/conversations/{where}/members/{self.people[other].id}"
            await self._ask(who, "PATCH", path, {"silenced_s": 60})

    async def _follow(self, who: int, which: int) -> None:
        await self._ask(who, "PUT", f"{self.accounts[which]}/follow")

    async def _unfollow(self, who: int, which: int) -> None:
        await self._ask(who, "DELETE", f"{self.accounts[which]}/follow")

    async def _broadcast(self, which: int, words: str) -> None:
        body = {"k": "text", "b": {"text": words}}
        path = f"{self.accounts[which]}/posts"
        await self.house.call("POST", path, body, token=self.key)

    async def _withdraw(self, which: int) -> None:
        path = f"{self.accounts[which]}/posts"
        page = await self.house.done("GET", path, token=self.key)
        await self.house.call("DELETE", f"{path}/{page['head']}", token=self.key)

    async def _write_to(self, who: int, which: int, words: str) -> None:
        path, token = f"{self.accounts[which]}/talk", self.people[who].token
        begun = await self.house.done("POST", path, token=token)
        await self.devices[who][0].post(begun["conversation"], text=words)

    async def _cut(self, who: int) -> None:
        await self.devices[who][0].cut()

    async def _connect(self, who: int) -> None:
        if self.devices[who][0]._socket is None:
            await self.devices[who][0].connect()


async def tell(steps: list[Any], place: Place | None) -> None:
    """One story from beginning to end."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), place, edition="overseas")
        await house.start()
        try:
            await Story(house, await house.friends(*HANDLES)).run(steps)
        finally:
            await house.stop()


@pytest.mark.slow
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],  # To shrink would take minutes; a story is short enough to read.
)
@given(st.lists(STEP, min_size=5, max_size=40))
def test_state_built_from_frames_is_state_read_anew(steps: list[Any]) -> None:
    asyncio.run(tell(steps, None))
