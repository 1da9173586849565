"""A device that keeps to the rules of a client and remembers only what it needs to be audited by."""

import asyncio
import random
import re
from collections.abc import Callable
from typing import Any, cast

import msgspec

from benchmarks.talk.load import Wrong
from benchmarks.talk.ours import PING, PONG, masked, upgrade

RETRY_S = 0.5
"""Who finds nobody at home tries again after up to so long, drawn at random."""
_LATER = re.compile(rb"\r\nretry-after: (\d+)\r\n")
PAGE = 200


class Row(msgspec.Struct):
    """What a conversation's row says of its head."""

    c: str
    s: int


class Entry(msgspec.Struct):
    """What matters of an entry."""

    s: int
    c: str = ""
    id: str = ""


class Frame(msgspec.Struct):
    """Any frame of the server, as far as it matters here."""

    t: str
    c: str = ""
    s: int = 0
    id: str = ""
    ep: str = ""
    cur: str = ""
    more: bool = False
    up: int = 0
    l: list[msgspec.Raw] = []  # noqa: E741 The contract's letter.
    m: list[Entry] = []
    e: str = ""


_FRAME, _ROW = msgspec.json.Decoder(Frame), msgspec.json.Decoder(Row)


class Phone(asyncio.Protocol):
    """One device: `said` holds, for each conversation, the client ids of its entries in their order."""

    def __init__(self, port: int, token: str, told: Callable[["Phone"], None]) -> None:
        self.token, self._port, self._told = token, port, told
        self.said: dict[str, list[str]] = {}
        self.outbox: dict[str, dict[str, Any]] = {}
        self.synced = self.listed = False
        self.sleeping = False
        """Whether it stays away when the line breaks."""
        self.on_echo: Callable[[Phone], None] | None = None
        self.on_list: Callable[[], None] | None = None
        self.on_entry: Callable[[str, int, str], None] | None = None
        self._heads: dict[str, int] = {}
        self._asked: set[str] = set()
        self._epoch = self._cursor = ""
        self._up = self._later_s = 0
        self.lines = 0
        """How many connections it has had."""
        self._rest, self._open = b"", False
        self._transport = cast(asyncio.Transport, None)

    # The line -------------------------------------------------------------------------------

    def call(self) -> None:
        """Go to the server, and again until it answers."""
        asyncio.get_running_loop().create_task(self._call())

    async def _call(self) -> None:
        while True:
            try:
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: self, "127.0.0.1", self._port)
                return
            except OSError:
                await asyncio.sleep(random.uniform(0, RETRY_S))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._rest, self._open, self._asked = b"", False, set()
        self.lines += 1
        self.synced = self.listed = False
        self._transport.write(upgrade(self._port))

    def connection_lost(self, exc: Exception | None) -> None:
        self.synced = self._open = False
        if not self.sleeping:
            # In its turn, if it was given one, and not all at the same moment of that second.
            wait_s = max(0, self._later_s - 1) + random.random() if self._later_s else 0
            wait_s, self._later_s = wait_s or random.uniform(0, RETRY_S), 0
            asyncio.get_running_loop().call_later(wait_s, self.call)

    def hang_up(self) -> None:
        """Be away until `call`."""
        self.sleeping, self.listed = True, False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if not self._open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                later = _LATER.search(head + b"\r\n")
                self._later_s = int(later[1]) if later else 0
                self._transport.close()
                return
            self._open = True
            held = {"ep": self._epoch, "cur": self._cursor, "up": self._up}
            self.say({"t": "hi", "v": 1, "tok": self.token, "dev": "benchmark", **held})
        self._rest = self._frames(data)

    def _frames(self, data: bytes) -> bytes:
        at = 0
        while len(data) - at >= 2:
            size, start = data[at + 1], at + 2
            if size >= 126:
                wide = 2 if size == 126 else 8
                size, start = int.from_bytes(data[start : start + wide]), start + wide
            if len(data) < start + size:
                break
            if data[at] == 0x81:
                self._hear(_FRAME.decode(data[start : start + size]))
            elif data[at:start] == PING:
                self._transport.write(PONG)
            at = start + size
        return data[at:]

    def say(self, frame: dict[str, Any]) -> None:
        """One frame, lost when there is no line."""
        if self._open:
            self._transport.write(masked(frame))

    # The rules of a client ------------------------------------------------------------------

    def post(self, conversation: str, client_id: str, text: str) -> None:
        """A message, kept until it is echoed."""
        said = {"t": "msg", "c": conversation, "id": client_id, "k": "text", "b": {"text": text}}
        self.outbox[client_id] = said
        self.say(said)

    def _hear(self, frame: Frame) -> None:
        if frame.t == "m":
            self._take(frame.c, frame.s, frame.id)
        elif frame.t == "log":
            self._asked.discard(frame.c)
            for entry in frame.m:
                self._take(frame.c, entry.s, entry.id)
            self._fill(frame.c)
        elif frame.t == "chg":
            self._changed(frame)
        elif frame.t == "hi":
            if self._epoch not in ("", frame.ep):
                raise Wrong("the books have another epoch")
            self._epoch = frame.ep
        elif frame.t == "ev":
            self._up = frame.up
            for waiting in list(self.outbox.values()):
                self.say(waiting)
        elif frame.t in ("no", "bye"):
            raise Wrong(f"a device was refused: {frame.e or frame.t}")
        elif frame.t == "hb":
            self.say({"t": "hb"})
        if self.listed and not self.outbox and not self._behind():
            self.synced = True
            self._told(self)

    def _behind(self) -> bool:
        return bool(self._asked) or any(
            len(self.said.get(c, ())) < head for c, head in self._heads.items()
        )

    def _changed(self, frame: Frame) -> None:
        for raw in frame.l:
            row = _ROW.decode(raw)
            self._heads[row.c] = max(row.s, self._heads.get(row.c, 0))
            self._fill(row.c)
        if frame.cur:
            self._cursor, self.listed = frame.cur, True
            if self.on_list is not None:
                self.on_list()

    def _fill(self, conversation: str) -> None:
        have = len(self.said.setdefault(conversation, []))
        if have < self._heads.get(conversation, 0) and conversation not in self._asked:
            if len(self._asked) < 4:
                self._asked.add(conversation)
                self.say({"t": "get", "q": 1, "c": conversation, "a": have, "n": PAGE})
        elif not self._asked:
            for other, head in self._heads.items():
                if len(self.said.get(other, ())) < head:
                    self._fill(other)
                    return

    def _take(self, conversation: str, number: int, client_id: str) -> None:
        log = self.said.setdefault(conversation, [])
        self._heads[conversation] = max(number, self._heads.get(conversation, 0))
        if number == len(log) + 1:
            log.append(client_id)
            if self.on_entry is not None:
                self.on_entry(conversation, number, client_id)
        elif number > len(log):
            self._fill(conversation)
        elif log[number - 1] != client_id:
            raise Wrong(f"{conversation} {number} is {client_id} and was {log[number - 1]}")
        if self.outbox.pop(client_id, None) is not None and self.on_echo is not None:
            self.on_echo(self)
