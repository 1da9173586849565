"""A device as a client must be: it holds what it was told, fetches what it missed, sends until it is echoed.

What it knows comes from frames alone. `world()` is what it would draw; a test compares that with what the
server says when it is asked anew.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

from changliao.chat.model.entries import COUNTED
from tests.patience import PATIENCE_S

GROWING = ("s", "n", "rs", "rn", "from")


class Device:
    """One device of one person. `row` is what it holds of a conversation, `logs` its entries by number."""

    def __init__(self, url: str, token: str, person_id: str, name: str = "d") -> None:
        self.url, self.token, self.me, self.name = url, token, person_id, name
        self.rows: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, dict[int, dict[str, Any]]] = {}
        self.least: dict[str, int] = {}
        self.refused: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []
        self.personal: list[dict[str, Any]] = []
        self.outbox: dict[str, dict[str, Any]] = {}
        self.echoed: set[str] = set()
        self.epoch, self.cursor, self.up = "", "", 0
        self.synced = False
        self.doubles = 0
        self._full: set[str] | None = None
        self._asked: dict[int, str] = {}
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._client: aiohttp.ClientSession | None = None
        self._reading: asyncio.Task[None] | None = None

    # The line -------------------------------------------------------------------------------

    async def connect(self, *, socket_token: str = "", wait: bool = True) -> "Device":
        """Open the socket, say who it is, be told what changed."""
        self._client = aiohttp.ClientSession()
        if not socket_token:
            head = {"authorization": f"Bearer {self.token}"}
            async with self._client.post(f"{self.url}/v1/sessions/socket", headers=head) as answer:
                assert answer.status == 201, await answer.text()
                socket_token = (await answer.json())["token"]
        self._socket = await self._client.ws_connect(f"{self.url}/v1/socket", max_msg_size=0)
        self.synced = False
        held = {"ep": self.epoch, "cur": self.cursor, "up": self.up}
        await self.say({"t": "hi", "v": 1, "tok": socket_token, "dev": self.name, **held})
        self._reading = asyncio.create_task(self._read(self._socket))
        if wait:
            await self.until(lambda: self.synced)
        for frame in list(self.outbox.values()):
            await self.say(frame)
        return self

    async def cut(self) -> None:
        """The line breaks, without a word."""
        if self._socket is not None and self._socket._response.connection is not None:
            transport = self._socket._response.connection.transport
            if transport is not None:
                transport.abort()
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        if self._client is not None:
            await self._client.close()
        self._socket = self._client = self._reading = None

    async def say(self, frame: dict[str, Any]) -> None:
        """One frame; lost when there is no line."""
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_str(msgspec.json.encode(frame).decode())

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                frame = msgspec.json.decode(message.data)
                self.heard.append(frame)
                await self._take(frame)
                self._changed.set()
        self.heard.append({"t": "closed", "code": socket.close_code})
        self._changed.set()

    # Saying ---------------------------------------------------------------------------------

    async def post(self, conversation: str, kind: str = "text", /, **said: Any) -> str:
        """Send a message; it stays in the outbox until it is echoed or refused. Answers its id."""
        client_id = said.pop("id", f"{self.name}-{next(self._numbers)}")
        body = said.pop("b", {"text": said.pop("text", "hello")} if kind == "text" else {})
        frame = {"t": "msg", "c": conversation, "id": client_id, "k": kind, "b": body, **said}
        self.outbox[client_id] = frame
        await self.say(frame)
        return str(client_id)

    async def sent(self, conversation: str, kind: str = "text", /, **said: Any) -> dict[str, Any]:
        """Send a message and wait for its echo."""
        client_id = await self.post(conversation, kind, **said)
        await self.until(lambda: client_id in self.echoed)
        mine = (one for one in self.logs[conversation].values() if one.get("id") == client_id)
        return next(one for one in mine if one["f"] == self.me)

    async def no(self, conversation: str, kind: str = "text", /, **said: Any) -> str:
        """Send a message that must be refused; the code."""
        client_id = await self.post(conversation, kind, **said)
        await self.until(lambda: any(one.get("id") == client_id for one in self.refused))
        return str(next(one["e"] for one in self.refused if one.get("id") == client_id))

    async def read(self, conversation: str, number: int) -> None:
        """Read up to there; wait until all one's devices are told."""
        await self.say({"t": "read", "c": conversation, "s": number})
        await self.until(lambda: self.rows[conversation]["rs"] >= number)

    async def fetch(self, conversation: str, after: int) -> None:
        """Ask for what follows a number."""
        number = next(self._numbers)
        self._asked[number] = conversation
        await self.say({"t": "get", "q": number, "c": conversation, "a": after, "n": 200})

    async def caught_up(self) -> None:
        """Wait until it holds every log up to its head."""
        for conversation, row in self.rows.items():
            await self._fill(conversation)
            await self.until(lambda c=conversation, r=row: self._whole(c))  # type: ignore[misc]

    # Hearing --------------------------------------------------------------------------------

    async def _take(self, frame: dict[str, Any]) -> None:
        take = getattr(self, f"_take_{frame['t']}", None)
        if take is not None:
            await take(frame)

    async def _take_hi(self, frame: dict[str, Any]) -> None:
        if frame["ep"] != self.epoch:
            self.rows, self.logs, self.personal, self.cursor, self.up = {}, {}, [], "", 0
            self.least = {}
        self.epoch = frame["ep"]

    async def _take_chg(self, frame: dict[str, Any]) -> None:
        if frame["full"] and self._full is None:
            self._full = set(self.rows)
        for row in frame["l"]:
            if self._full is not None:
                self._full.discard(row["c"])
            await self._take_row(row)
        if frame["cur"]:
            self.cursor = frame["cur"]
        if frame["full"] and not frame["more"]:
            for gone in self._full or ():
                self.rows.pop(gone, None)
            self._full = None

    async def _take_row(self, row: dict[str, Any]) -> None:
        kept = self.rows.get(row["c"])
        if kept is not None and kept["v"] > row["v"]:
            return
        if row["left"] and row["hide"]:
            self.rows.pop(row["c"], None)
            return
        if (
            kept is not None
        ):  # What was said meanwhile may have been heard already: numbers only grow.
            row |= {name: max(kept[name], row[name]) for name in GROWING}
        self.rows[row["c"]] = row
        log = self.logs.setdefault(row["c"], {})
        for number in [one for one in log if one <= row["from"]]:
            del log[number]
        self.least[row["c"]] = row["from"]
        await self._fill(row["c"])

    async def _take_m(self, frame: dict[str, Any]) -> None:
        entry = {key: value for key, value in frame.items() if key != "t"}
        row = self.rows.get(entry["c"])
        if row is None or entry["s"] <= row["from"]:
            return
        if entry["s"] in self.logs.setdefault(entry["c"], {}):
            self.doubles += 1
            self._settle(entry)
            return
        self._hold(entry, entry["s"])
        if entry["s"] > row["s"]:
            self._advance(row, entry)
        await self._fill(entry["c"])

    def _advance(self, row: dict[str, Any], entry: dict[str, Any]) -> None:
        row["s"], row["n"] = entry["s"], entry["n"]
        if entry["k"] in COUNTED:
            row["hide"], row["at"] = False, entry["ts"]
        if entry["f"] == self.me:
            row["rs"], row["rn"], row["draft"] = entry["s"], entry["n"], ""
        called = entry.get("at", ())
        if entry["f"] != self.me and (self.me in called or "all" in called):
            row["mention"] = entry["s"]
        if row["mention"] <= row["rs"]:
            row["mention"] = 0

    async def _take_log(self, frame: dict[str, Any]) -> None:
        if frame["c"] not in self.rows:
            return
        for entry in frame["m"]:
            row = self.rows[frame["c"]]
            if entry["s"] > row["from"]:
                self._hold(entry, frame["s"])
            if (
                entry["s"] > row["s"]
            ):  # Written since the row was told; its `m` may still be on the way.
                self._advance(row, entry)
        self._asked.pop(frame["q"], None)
        await self._fill(frame["c"])

    async def _take_rd(self, frame: dict[str, Any]) -> None:
        row = self.rows.get(frame["c"])
        if row is not None and frame["u"] == self.me and frame["s"] > row["rs"]:
            row["rs"], row["rn"] = frame["s"], frame["n"]
            if row["mention"] <= row["rs"]:
                row["mention"] = 0

    async def _take_ev(self, frame: dict[str, Any]) -> None:
        self.personal += [one for one in frame["l"] if one["p"] > self.up]
        self.up = max(self.up, frame["up"])
        self.synced = True

    async def _take_no(self, frame: dict[str, Any]) -> None:
        self.refused.append(frame)
        self.outbox.pop(frame.get("id", ""), None)
        self._asked.pop(frame.get("q", 0), None)

    def _hold(self, entry: dict[str, Any], as_of: int) -> None:
        """Keep an entry; what later ones said of it is in it as far as the head was when it was told."""
        self.logs[entry["c"]][entry["s"]] = {**entry, "as_of": as_of}
        self._settle(entry)

    def _settle(self, entry: dict[str, Any]) -> None:
        if entry["f"] == self.me and entry.get("id"):
            self.outbox.pop(entry["id"], None)
            self.echoed.add(entry["id"])

    def _whole(self, conversation: str) -> bool:
        row, log = self.rows.get(conversation), self.logs.get(conversation, {})
        return row is None or len(log) >= row["s"] - row["from"]

    async def _fill(self, conversation: str) -> None:
        """Ask for the first piece that is missing, unless one is asked for."""
        if self._whole(conversation) or conversation in self._asked.values():
            return
        row, log = self.rows[conversation], self.logs[conversation]
        gap = next(s for s in range(row["from"] + 1, row["s"] + 1) if s not in log)
        await self.fetch(conversation, gap - 1)

    # Looking --------------------------------------------------------------------------------

    def unread(self, conversation: str) -> int:
        """What was not read: a subtraction."""
        return int(self.rows[conversation]["n"] - self.rows[conversation]["rn"])

    def said(self, conversation: str) -> list[str]:
        """The texts it holds, in order."""
        log = self.logs.get(conversation, {})
        return [log[s]["b"]["text"] for s in sorted(log) if log[s]["k"] == "text"]

    def world(self) -> dict[str, Any]:
        """What it would draw: of each conversation its row and its log, in order."""
        skipped = ("v", "last", "name")
        found = {}
        for conversation, row in self.rows.items():
            log = self.logs.get(conversation, {})
            shown = {key: value for key, value in row.items() if key not in skipped}
            found[conversation] = {**shown, "log": folded(log)}
        return found


def folded(log: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """A log in order, with what later entries say of earlier ones folded in, each once."""
    found = {s: msgspec.json.decode(msgspec.json.encode(log[s])) for s in sorted(log)}
    for s, entry in found.items():
        target = found.get(entry.get("r", 0))
        if target is not None and s > target["as_of"]:
            _fold(target, entry)
    for entry in found.values():
        entry.pop("as_of")
    return list(found.values())


def _fold(target: dict[str, Any], entry: dict[str, Any]) -> None:
    marks = target.setdefault("x", {})
    if entry["k"] == "recall":
        target.update(k="recalled", b={})
        marks.clear()
        target.pop("r", None)
        target.pop("at", None)
    elif entry["k"] == "react":
        by_emoji = marks.setdefault("re", {})
        emoji, who = entry["b"]["emoji"], entry["f"]
        others = [one for one in by_emoji.pop(emoji, []) if one != who]
        others += [who] if entry["b"].get("on", True) else []
        if others:
            by_emoji[emoji] = others
        if not by_emoji:
            marks.pop("re")
    elif entry["k"] == "edit":
        target["b"] = {"text": entry["b"]["text"]}
        marks["ed"] = True
    if not marks:
        target.pop("x")
