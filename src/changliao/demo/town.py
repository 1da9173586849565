"""The demo's town: two dozen people who chat, shop and pay at a human pace, through the same doors as
everybody: HTTP, and a WebSocket each."""

import asyncio
import itertools
import logging
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from changliao.demo.articles import EVENING, RULES, TEA
from changliao.demo.dialogues import ASIDE, FRIENDS_OF, GROUPS, SAID, TOWNSFOLK
from changliao.demo.errand import Lost, Walker, Wish
from changliao.demo.press import Press, found_paper
from changliao.demo.world import Client, Refused, World, newcomer
from changliao.kernel.value import Value

KEPT_FILE = "town.json"
SHOPPERS = ("anyu", "dahai", "ella", "gao", "kai", "rosa")
PLAY = 200_000
EDITOR = "qiu"
LINE_S, TALK_S, BUY_S = (2.0, 7.0), (8.0, 25.0), (40.0, 90.0)
"""How long somebody takes for a line, between two conversations, between two purchases."""
PRESS_S, ASK_S = (90.0, 180.0), (45.0, 120.0)
"""Between two articles, and between two questions to an account."""

log = logging.getLogger("changliao.demo")


class Census(Value, frozen=True):
    """Who lives here, and whether they know each other already."""

    passwords: dict[str, str] = {}
    ids: dict[str, str] = {}
    paper_key: str = ""
    built: bool = False
    printed: bool = False


class Town:
    """The people of the town. `build` makes them once for a folder; `live` lets them go about their day."""

    def __init__(
        self, client: Client, http: aiohttp.ClientSession, world: World, folder: Path
    ) -> None:
        self._client, self._http, self._world = client, http, world
        self._kept = folder / KEPT_FILE
        self._rng = random.Random()
        self._census = Census()
        if self._kept.exists():
            self._census = msgspec.json.decode(self._kept.read_bytes(), type=Census)
        self._tokens: dict[str, str] = {}
        self._lines: dict[str, aiohttp.ClientWebSocketResponse] = {}
        self._ears: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self.walker = Walker(http, client)

    # Making ---------------------------------------------------------------------------------

    async def build(self) -> None:
        """People, who knows whom, groups, and what was said there already."""
        for handle, name, about in TOWNSFOLK:
            if handle not in self._census.passwords:
                await self._settle(handle, name, about)
        if not self._census.built:
            await self._gather()
            self._remember(msgspec.structs.replace(self._census, built=True))
        if not self._census.printed:
            await self._found_press()
            self._remember(msgspec.structs.replace(self._census, printed=True))

    async def _gather(self) -> None:
        await self._acquaint()
        for talk in SAID[::2]:
            await self._talk(talk[0], talk[1:], hurry=True)
        for speaker, other, text in ASIDE:
            await self._aside(speaker, other, text)

    async def _settle(self, handle: str, name: str, about: str) -> None:
        play = PLAY if handle in SHOPPERS else 0
        password, person_id, token = await newcomer(self._client, handle, name, play)
        self._tokens[handle] = token
        passwords = {**self._census.passwords, handle: password}
        ids = {**self._census.ids, handle: person_id}
        self._remember(msgspec.structs.replace(self._census, passwords=passwords, ids=ids))
        await self._client.call("PATCH", "/v1/me", {"bio": about}, token=token)

    def _remember(self, census: Census) -> None:
        self._census = census
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(self._kept, flags, 0o600), "wb") as file:
            file.write(msgspec.json.encode(census))

    def _id(self, handle: str) -> str:
        return self._census.ids.get(handle) or self._world.person_ids[handle]

    async def _token(self, handle: str) -> str:
        if handle not in self._tokens:
            passwords = {**self._census.passwords, **self._world.passwords}
            self._tokens[handle] = await self._client.sign_in(handle, passwords[handle])
        return self._tokens[handle]

    async def _acquaint(self) -> None:
        pairs = {tuple(sorted((one, other))) for one, some in FRIENDS_OF.items() for other in some}
        for _, owner, members in GROUPS.values():
            pairs |= {tuple(sorted((owner, other))) for other in members}
        for one, other in sorted(pairs):
            await self._befriend(one, other)
        for title, owner, members in GROUPS.values():
            body = {"title": title, "members": [self._id(one) for one in members]}
            token = await self._token(owner)
            await self._client.call("POST", "/v1/conversations", body, token=token)

    async def _befriend(self, one: str, other: str) -> None:
        for who, whom in ((one, other), (other, one)):
            body = {"person": self._id(whom)}
            token = await self._token(who)
            await self._client.call("POST", "/v1/contact-requests", body, token=token)

    async def _found_press(self) -> None:
        """Two official accounts that most of the town follows."""
        if not self._census.paper_key:
            key = await found_paper(self._client, await self._token(EDITOR))
            self._remember(msgspec.structs.replace(self._census, paper_key=key))
        press = self._press()
        await press.open()
        for handle in (*self._world.passwords, *self._census.passwords):
            token = await self._token(handle)
            for account in (EVENING, TEA):
                path = f"/v1/accounts/{account['handle']}/follow"
                await self._client.call("PUT", path, token=token)
        await press.first_edition()

    def _press(self) -> Press:
        keys = {EVENING["handle"]: self._census.paper_key, TEA["handle"]: self._world.key}
        return Press(self._client, keys)

    # Talking --------------------------------------------------------------------------------

    async def _place(self, handle: str, wanted: str, kind: str) -> str:
        """The conversation of this title that somebody has, or the one with this person."""
        token = await self._token(handle)
        cursor, more = "", True
        while more:
            page = await self._client.call("GET", f"/v1/chat?after={cursor}", token=token)
            for row in page["items"]:
                named = row["peer"]["id"] if kind == "direct" and row["peer"] else row["title"]
                if row["k"] == kind and named == wanted:
                    return str(row["c"])
            cursor, more = page["cursor"], page["more"]
        raise Lost(f"{handle} has no conversation {wanted!r}")

    async def _talk(self, group: str, lines: Sequence[tuple[str, str]], *, hurry: bool) -> None:
        title = GROUPS[group][0]
        for speaker, text in lines:
            if not hurry:
                await asyncio.sleep(self._rng.uniform(*LINE_S))
            await self._say(speaker, await self._place(speaker, title, "group"), text)

    async def _aside(self, speaker: str, other: str, text: str) -> None:
        where = await self._place(speaker, self._id(other), "direct")
        await self._say(speaker, where, text)

    async def _say(self, speaker: str, where: str, text: str) -> None:
        """One line, over the speaker's own socket."""
        said = {"t": "msg", "c": where, "k": "text", "b": {"text": text}}
        said["id"] = f"town-{random.getrandbits(60):x}-{next(self._numbers)}"
        line = await self._line(speaker)
        await line.send_str(msgspec.json.encode(said).decode())

    async def _line(self, handle: str) -> aiohttp.ClientWebSocketResponse:
        line = self._lines.get(handle)
        if line is None or line.closed:
            token = await self._token(handle)
            door = await self._client.call("POST", "/v1/sessions/socket", token=token)
            line = await self._http.ws_connect(door["url"], heartbeat=20)
            hi = {"t": "hi", "v": 1, "tok": door["token"], "dev": "town"}
            await line.send_str(msgspec.json.encode(hi).decode())
            self._lines[handle] = line
            ear = asyncio.get_running_loop().create_task(_listen(line))
            self._ears.add(ear)
            ear.add_done_callback(self._ears.discard)
        return line

    # Living ---------------------------------------------------------------------------------

    async def live(self) -> None:
        """Talk and shop until cancelled."""
        try:
            await self.build()
            await asyncio.gather(self._chat(), self._shop(), self._publish(), self._ask())
        except (aiohttp.ClientError, Refused, Lost, OSError):
            log.exception("the town has fallen silent")
        finally:
            for line in self._lines.values():
                await line.close()

    async def _chat(self) -> None:
        for talk in itertools.chain(SAID[1::2], self._any_talk()):
            await asyncio.sleep(self._rng.uniform(*TALK_S))
            await self._talk(talk[0], talk[1:], hurry=False)

    def _any_talk(self) -> Any:
        while True:
            yield self._rng.choice(SAID)

    async def _shop(self) -> None:
        while True:
            await asyncio.sleep(self._rng.uniform(*BUY_S))
            token = await self._token(self._rng.choice(SHOPPERS))
            wish = Wish("wallet", stays=True)
            await self.walker.run(token, self._world.shop_url, wish, self._rng)

    async def _publish(self) -> None:
        """An article now and then."""
        press = self._press()
        while True:
            await asyncio.sleep(self._rng.uniform(*PRESS_S))
            if not await press.next_article():
                return

    async def _ask(self) -> None:
        """Somebody asks an account something that it has an answer to."""
        while True:
            await asyncio.sleep(self._rng.uniform(*ASK_S))
            handle, rules = self._rng.choice(tuple(RULES.items()))
            speaker = self._rng.choice(TOWNSFOLK)[0]
            token = await self._token(speaker)
            begun = await self._client.call("POST", f"/v1/accounts/{handle}/talk", token=token)
            await self._say(speaker, begun["conversation"], self._rng.choice(rules)[0][0])


async def _listen(line: aiohttp.ClientWebSocketResponse) -> None:
    """Read what comes, as a phone in a pocket does."""
    async for _ in line:
        pass
