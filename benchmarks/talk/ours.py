"""Our own server with people, their contacts and groups; and their sockets."""

import asyncio
import base64
import http.client
import os
import secrets
import socket
import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.server import Server
from benchmarks.talk.load import BODY, ID, Wrong
from changliao.app.books import BOOKS_FILE, open_db, vault_of
from changliao.chat import model as m
from changliao.chat.service import groups
from changliao.db.db import Db
from changliao.people import service as people
from changliao.people.model import AskRegister, AskSession
from changliao.people.model.contacts import AskAnswer, AskContact
from changliao.people.service import contacts
from changliao.settings import Settings, read_settings

PER_S = 100_000
"""Messages a second that one person may write here; five is what a server allows unless told otherwise."""
FOLLOWED_S = 600
RESTING = 0.1
"""Of a core: who uses less has nothing to do."""
_MASK = b"\x5a\x17\xc3\x2e"
PING, PONG = b"\x89\x00", b"\x8a\x80\x00\x00\x00\x00"
"""How a server asks whether one lives, and what one says then."""
_AT_ONCE = 256
_SESSION_S = 24 * 3600
_SOON_S = 0.1


class Ours:
    """Changliao on books in a folder. People are numbered; `pairs` and `groups` hold conversations."""

    name, protocol, echoes = "changliao", "ws", True

    def __init__(self, folder: Path, core: int | None) -> None:
        self.folder = folder
        self.people: list[str] = []
        self.pairs: dict[tuple[int, int], str] = {}
        self.groups: dict[tuple[int, ...], str] = {}
        self._tokens: list[str] = []
        self._contacts: set[frozenset[str]] = set()
        limits = {"CHANGLIAO_MESSAGES_PER_S": str(PER_S), "CHANGLIAO_MESSAGES_BURST": str(PER_S)}
        self.server = Server(folder / "changliao", core=core, settings=limits)

    # Before it serves -----------------------------------------------------------------------

    async def fill(
        self,
        count: int,
        pairs: Sequence[tuple[int, int]],
        members: Sequence[tuple[int, ...]],
        *,
        admins: bool = False,
    ) -> None:
        """So many people with a session each, these pairs as contacts who talk, these groups, in which all
        are `admins` or only the first."""
        db = open_db(self._settings(), vault_of(self._settings(), make=True))
        try:
            self._tokens = [secrets.token_urlsafe(32) for _ in range(count)]
            self.people = await _in_turn([self._born(db, n) for n in range(count)])
            found = await _in_turn([self._befriend(db, one, other) for one, other in pairs])
            self.pairs = dict(zip(pairs, found, strict=True))
            for some in members:
                self.groups[some] = made = await self._gather(db, some)
                if admins:
                    asks = [
                        m.AskRole(self.people[some[0]], made, self.people[one], "admin")
                        for one in some[1:]
                    ]
                    await _in_turn([db.write(groups.change_role, ask) for ask in asks])
        finally:
            db.close()

    def _settings(self) -> Settings:
        return read_settings(self.server.environment)

    async def _born(self, db: Db, number: int) -> str:
        handle = f"person{number}"
        # Nobody signs in by a password here, so no password fits.
        person = await db.write(people.register, AskRegister(handle, handle, "en", "none"))
        hashed = people.token_hash(self._tokens[number])
        asked = AskSession(person.id, hashed, "bearer", "benchmark", "127.0.0.1", _SESSION_S)
        await db.write(people.open_session, asked)
        return str(person.id)

    async def _befriend(self, db: Db, one: int, other: int) -> str:
        a, b = self.people[one], self.people[other]
        await self._meet(db, a, b)
        return (await db.write(groups.open_direct, m.AskDirect(a, b))).id

    async def _meet(self, db: Db, a: str, b: str) -> None:
        if frozenset((a, b)) not in self._contacts:
            self._contacts.add(frozenset((a, b)))
            request = await db.write(contacts.request_contact, AskContact(a, b))
            await db.write(contacts.answer_request, AskAnswer(b, request.id, True))

    async def _gather(self, db: Db, members: Sequence[int]) -> str:
        owner, *rest = (self.people[one] for one in members)
        # They ask the owner, since nobody new may ask many; by a link, so many at once were a raid.
        await _in_turn([self._meet(db, one, owner) for one in rest])
        parts = [
            tuple(rest[at : at + m.INVITED_AT_ONCE])
            for at in range(0, len(rest), m.INVITED_AT_ONCE)
        ]
        made = await db.write(groups.create_group, m.AskGroup(owner, "Group", parts[0]))
        for some in parts[1:]:
            await db.write(groups.invite, m.AskInvite(owner, made.id, some))
        return made.id

    # While it serves ------------------------------------------------------------------------

    def start(self) -> None:
        """Serve, and wait until whoever follows the facts has heard all that was filled in."""
        self.server.start(FOLLOWED_S)
        until = time.monotonic() + FOLLOWED_S
        used_s, rested = self.cpu_s(), False
        while not rested and time.monotonic() < until:
            time.sleep(1)
            before_s, used_s = used_s, self.cpu_s()
            rested = used_s - before_s < RESTING

    def tokens(self, who: Iterable[int]) -> list[str]:
        """Socket tokens of these people, good for ten minutes."""
        line = http.client.HTTPConnection("127.0.0.1", self.server.port)
        found = []
        for number in who:
            bearer = {"authorization": f"Bearer {self._tokens[number]}"}
            line.request("POST", "/v1/sessions/socket", headers=bearer)
            found.append(msgspec.json.decode(line.getresponse().read())["token"])
        line.close()
        return found

    def connect(self, count: int) -> list[socket.socket]:
        """The sockets of the first people, greeted."""
        return self.come(range(count))

    def come(self, who: Iterable[int], *, small: bool = False) -> list[socket.socket]:
        """Sockets of these people, greeted; `small` ones hold little that is not read."""
        return [self._open(one, small) for one in self.tokens(who)]

    def _open(self, token: str, small: bool) -> socket.socket:
        while True:
            line = socket.socket()
            if small:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.settimeout(60)
            line.connect(("127.0.0.1", self.server.port))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.sendall(upgrade(self.server.port))
            head = line.recv(4096)
            if head.startswith(b"HTTP/1.1 101 "):
                break
            line.close()  # Too many at once: it says so, and takes them later.
            time.sleep(_SOON_S)
        line.sendall(masked({"t": "hi", "v": 1, "tok": token, "dev": "benchmark"}))
        heard = head.partition(b"\r\n\r\n")[2]
        while b'"t":"ev"' not in heard or not heard.endswith(b"}"):
            more = line.recv(1 << 16)
            if not more:
                raise Wrong(f"the server closed a socket: {heard[-200:]!r}")
            heard += more
        return line

    def keep(self, clients: Sequence[socket.socket]) -> None:
        """Say that the sockets live."""
        for one in clients:
            one.sendall(masked({"t": "hb"}))

    def in_group(self, members: tuple[int, ...]) -> str:
        """What one writes into one's socket to speak in this group."""
        return _message(self.groups[members])

    def to(self, one: int, other: int) -> str:
        """The same for a pair."""
        return _message(self.pairs[one, other])

    def cpu_s(self) -> float:
        """Processor time so far."""
        return self.server.cpu_s()

    def rss_kb(self) -> int:
        """Memory now."""
        return rss_kb(self.server.pid)

    def stored(self) -> int:
        """Messages in the books."""
        with sqlite3.connect(self.folder / "changliao" / BOOKS_FILE) as db:
            found = db.execute("SELECT COUNT(*) FROM chat_entries WHERE kind = 'text'").fetchone()
            return int(found[0])

    def stop(self) -> None:
        """End it, and audit what it wrote."""
        if not self.server.alive:
            return
        self.server.stop()
        right, said = self.server.audit()
        if not right:
            raise Wrong(said)


def upgrade(port: int) -> bytes:
    """The request that opens a socket."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /v1/socket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


def masked(frame: dict[str, Any]) -> bytes:
    """A frame of the socket as a client sends it."""
    text = msgspec.json.encode(frame)
    size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2)
    whole = int.from_bytes(text) ^ int.from_bytes((_MASK * (len(text) // 4 + 1))[: len(text)])
    return b"\x81" + size + _MASK + whole.to_bytes(len(text))


def rss_kb(pid: int) -> int:
    """Memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().split("\n")
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def _message(conversation: str) -> str:
    return f'{{"t":"msg","c":"{conversation}","id":"{ID}","k":"text","b":{{"text":"{BODY}"}}}}'


async def _in_turn(works: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(works), _AT_ONCE):
        found += await asyncio.gather(*works[start : start + _AT_ONCE])
    return found
