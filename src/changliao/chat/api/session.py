"""One device on a socket: what it says, what it is told."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import msgspec

from changliao.chat import service
from changliao.chat.api.desk import Desk, Number, Tokens
from changliao.chat.api.hub import BEAT_S, SLOW_S, Hub
from changliao.chat.api.show import conversation_row, entry_frame, entry_rows, frame, personal_row
from changliao.chat.model import AskPost
from changliao.chat.model.entries import Entry, Kind
from changliao.chat.rules.messages import unveiled
from changliao.chat.service import reading
from changliao.kernel.instant import SECOND_US, Instant, rfc3339
from changliao.kernel.refusal import Exhausted, Refusal
from changliao.kernel.value import Value
from changliao.wire.http import holds_zero, monotonic_s
from changliao.wire.refusals import BadJson, BadRequest
from changliao.wire.socket import Socket, text_frame

WINDOW = 20
GET_MAX = 200
ASKING_MAX = 8
PERSONAL_MAX = 200
GREET_S = 10
TYPING_S = 3.0
RENEW_US = 3 * 60 * SECOND_US

log = logging.getLogger("changliao.chat")


class Hi(Value, frozen=True, tag_field="t", tag="hi"):
    """Who this is, and what it holds."""

    tok: str
    v: int = 1
    dev: str = ""
    ep: str = ""
    cur: str = ""
    up: Number = 0


class Get(Value, frozen=True, tag_field="t", tag="get"):
    """A piece of a log: after `a`, or before `z`."""

    c: str
    q: int = 0
    a: Number | None = None
    z: Number | None = None
    n: int = 50


class Msg(Value, frozen=True, tag_field="t", tag="msg"):
    """A message."""

    c: str
    id: str
    k: Kind
    b: msgspec.Raw
    r: Number = 0
    at: tuple[str, ...] = ()


class Read(Value, frozen=True, tag_field="t", tag="read"):
    """Read up to here."""

    c: str
    s: Number


class Typ(Value, frozen=True, tag_field="t", tag="typ"):
    """Typing here."""

    c: str


class Foc(Value, frozen=True, tag_field="t", tag="foc"):
    """Looking at this; empty for nothing."""

    c: str


class Hb(Value, frozen=True, tag_field="t", tag="hb"):
    """Still here."""


_DECODER = msgspec.json.Decoder(Hi | Get | Msg | Read | Typ | Foc | Hb)


class Session:
    """One device. It says who it is first; then it is told what changed, and hears all that follows."""

    __slots__ = (
        "_asking",
        "_desk",
        "_dirty",
        "_held",
        "_hub",
        "_ip",
        "_socket",
        "_stuck_at",
        "_token_ends",
        "_tokens",
        "_typed_at",
        "focus",
        "greeted",
        "heard_at",
        "person_id",
        "places",
        "session_id",
        "slot",
        "watches",
    )

    def __init__(self, hub: Hub, desk: Desk, tokens: Tokens) -> None:
        self._hub, self._desk, self._tokens = hub, desk, tokens
        self._socket: Socket | None = None
        self.person_id = self.session_id = self.focus = self.watches = ""
        self.greeted = False
        self.places: set[str] = set()
        self.slot = 0
        self.heard_at = self._typed_at = 0.0
        self._asking, self._token_ends = 0, 0
        self._held: list[bytes] | None = None  # While it is being told what changed.
        self._dirty: dict[str, None] | None = None  # While its socket is full: what it misses.
        self._stuck_at = 0.0

    # What the socket says -------------------------------------------------------------------

    def opened(self, socket: Socket) -> None:
        """The socket is open; whoever does not say who it is soon is let go."""
        self._socket = socket
        self.heard_at = monotonic_s()
        asyncio.get_running_loop().call_later(GREET_S, self._let_go_of_silent)

    def _let_go_of_silent(self) -> None:
        if not self.person_id:
            self.bye("auth", 0, 0)

    def closed(self, code: int) -> None:
        """It is gone."""
        self._socket = None
        if self.person_id:
            self._hub.drop(self)

    def paused(self) -> None:
        """The socket is full."""
        if self._dirty is None:
            self._dirty, self._stuck_at = {}, monotonic_s()

    def resumed(self) -> None:
        """It takes more again: what it missed is told at once."""
        missed, self._dirty = self._dirty, None
        if missed:
            self._begin(self._catch_up(list(missed)))

    def said(self, text: bytes) -> None:
        """One frame of the device."""
        self.heard_at = monotonic_s()
        try:
            if holds_zero(text):
                raise BadRequest("A text holds a zero byte.")
            said = _DECODER.decode(text)
        except msgspec.ValidationError as error:
            self._refuse(BadRequest(f"{error}."), text)
            return
        except (msgspec.DecodeError, RecursionError):
            self._refuse(BadJson(), text)
            return
        except Refusal as refusal:
            self._refuse(refusal, text)
            return
        if isinstance(said, Hi):
            self._greet(said)
        elif not self.person_id:
            self.bye("auth", 0, 0)
        else:
            self._hear(said)

    def _hear(self, said: Any) -> None:
        if isinstance(said, Msg):
            self._post(said)
        elif isinstance(said, Read):
            self._begin(self._desk.read(self.person_id, said.c, said.s))
        elif isinstance(said, Get):
            self._get(said)
        elif isinstance(said, Foc):
            self._look(said.c if said.c in self.places else "")
        elif isinstance(said, Typ):
            self._type(said.c)

    # Greeting -------------------------------------------------------------------------------

    def _greet(self, hi: Hi) -> None:
        if self.person_id:
            return
        try:
            token = self._tokens.check(hi.tok, self._desk.db.clock())
        except Refusal:
            self.bye("auth", 0, 0)
            return
        self.person_id, self.session_id, self._token_ends = token
        self._held = []
        self._hub.add(self)
        self._begin(self._welcome(hi))

    async def _welcome(self, hi: Hi) -> None:
        """Listen first, then look: what comes in between is held back and told afterwards."""
        db, same = self._desk.db, hi.ep == self._hub.epoch
        self._hub.listen(self, await db.look(reading.heard_by, self.person_id))
        self.send(
            frame(
                "hi",
                ep=self._hub.epoch,
                now=rfc3339(Instant(db.clock())),
                sid=self.session_id,
                cap=self._desk.caps,
                size=65536,
                hb=BEAT_S,
            )
        )
        known = same and hi.cur.isascii() and hi.cur.isdigit() and len(hi.cur) < 19
        version = int(hi.cur) if known else 0
        await self._tell_changed(version)
        await self._tell_personal(hi.up if same else 0)
        self.greeted = True
        held, self._held = self._held, None
        for encoded in held or ():
            self.tell(encoded)

    async def _tell_changed(self, version: int) -> None:
        db = self._desk.db
        places, newest = await db.look(reading.changed_since, self.person_id, version)
        for start in range(0, max(len(places), 1), WINDOW):
            rows = await db.read(_rows, places[start : start + WINDOW])
            more = len(places) > start + WINDOW
            cursor = "" if more else str(newest)
            self.send(frame("chg", l=rows, cur=cursor, more=more, full=not version))

    async def _tell_personal(self, after: int) -> None:
        found = await self._desk.db.look(reading.personal, self.person_id, after, PERSONAL_MAX)
        up = found[-1].position if found else after
        self.send(frame("ev", l=[personal_row(one) for one in found], up=up))

    async def _catch_up(self, missed: list[str]) -> None:
        for start in range(0, len(missed), WINDOW):
            some = missed[start : start + WINDOW]
            rows = await self._desk.db.read(_rows_of, self.person_id, some)
            self.send(frame("chg", l=rows, cur="", more=False, full=False))

    # Asking ---------------------------------------------------------------------------------

    def _post(self, said: Msg) -> None:
        try:
            self._desk.count(self.person_id, said.k)
            ask = self._desk.posting(self.person_id, said.c, said.id, said)
            if self._desk.is_watched(ask):
                self._begin(self._post_watched(ask))
                return
            future = self._desk.db.lane.submit(service.post, ask)
        except Refusal as refusal:
            self._no(refusal, id=said.id)
            return
        future.add_done_callback(lambda done: self._posted(said.id, done))

    async def _post_watched(self, ask: AskPost) -> None:
        """Something looks at it first; the socket goes on meanwhile."""
        try:
            await self._desk.admit(ask)
            future = self._desk.db.lane.submit(service.post, ask)
        except Refusal as refusal:
            self._no(refusal, id=ask.client_id)
            return
        future.add_done_callback(lambda done: self._posted(ask.client_id, done))

    def _posted(self, client_id: str, done: "asyncio.Future[tuple[Entry, bool]]") -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is not None:
            self._no(error, id=client_id)
            return
        entry, fresh = done.result()
        if not fresh:  # Told before, but not to this device, or it would not ask again.
            self.send(entry_frame(unveiled(entry, self.person_id)))

    def _get(self, said: Get) -> None:
        if self._asking >= ASKING_MAX:
            self._no(Exhausted("Too many questions at once.", retry_after_s=1), q=said.q)
            return
        self._asking += 1
        self._begin(self._answer(said))

    async def _answer(self, said: Get) -> None:
        most = max(1, min(said.n, GET_MAX))
        look = reading.before if said.a is None else reading.after
        number = said.z or 0 if said.a is None else said.a
        try:
            page = await self._desk.db.read(look, self.person_id, said.c, number, most)
        except Refusal as refusal:
            self._no(refusal, q=said.q)
            return
        finally:
            self._asking -= 1
        rows = entry_rows(page, self.person_id)
        self.send(frame("log", q=said.q, c=said.c, m=rows, min=page.least, s=page.head))

    def _look(self, conversation_id: str) -> None:
        """What is on its screen now; it is told who is there, where this edition tells such things."""
        if conversation_id == self.focus:
            return
        self.focus = conversation_id
        self._hub.watch(self, "")
        caps = self._desk.caps
        if conversation_id and (caps.presence or caps.receipts):
            self._begin(self._tell_around(conversation_id))

    async def _tell_around(self, conversation_id: str) -> None:
        caps, ask = self._desk.caps, (self.person_id, conversation_id)
        peer, read = await self._desk.db.read(reading.around, *ask)
        if self.focus != conversation_id:
            return
        here = caps.presence and self._hub.watch(self, peer)
        read = read if caps.receipts else {}
        self.send(frame("who", c=conversation_id, on=[peer] if here else [], rd=read))

    def _type(self, conversation_id: str) -> None:
        now = monotonic_s()
        talks = conversation_id in self.places and conversation_id not in self._hub.feeds
        if self._desk.caps.typing and talks and now - self._typed_at >= TYPING_S:
            self._typed_at = now
            self._hub.tell_typing(self, conversation_id)

    # Telling --------------------------------------------------------------------------------

    def tell(self, encoded: bytes, conversation_id: str = "") -> None:
        """An encoded frame; held back while the device is being greeted or its socket is full."""
        if self._held is not None:
            self._held.append(encoded)
        elif self._dirty is not None:
            if conversation_id:
                self._dirty[conversation_id] = None
        elif self._socket is not None:
            self._socket.send(encoded)

    def send(self, payload: bytes) -> None:
        """A frame for this device alone."""
        if self._socket is not None:
            self._socket.send(text_frame(payload))

    def beat(self, head: int) -> None:
        """Say that we are here; let go of who says nothing, or takes nothing."""
        now = monotonic_s()
        if self._dirty is not None and now - self._stuck_at > SLOW_S:
            self.bye("slow", 1, 10)
        elif now - self.heard_at > 2.5 * BEAT_S:
            self.bye("gone", 0, 0)
        elif self._dirty is None:
            clock = self._desk.db.clock()
            self.send(frame("hb", now=rfc3339(Instant(clock)), c=self.focus, s=head))
            if self._token_ends - clock < RENEW_US:
                self._begin(self._renew())

    async def _renew(self) -> None:
        try:
            token, self._token_ends = await self._tokens.renew(self.session_id)
        except Refusal:
            self.bye("auth", 0, 0)
            return
        self.send(frame("tok", tok=token))

    def bye(self, why: str, low_s: int, high_s: int) -> None:
        """Send the device away, to come back after so many seconds."""
        if self._socket is not None:
            self.send(frame("bye", why=why, lo=low_s, hi=high_s))
            self._socket.close(1008 if why == "auth" else 1001 if why == "drain" else 1013)

    def _no(self, error: BaseException, **about: Any) -> None:
        if not isinstance(error, Refusal):
            log.error("bug while answering a frame", exc_info=error)
            error = Exhausted("Something of ours broke; send it again.", retry_after_s=5)
        wait = error.retry_after_s if isinstance(error, Exhausted) else None
        self.send(frame("no", **about, e=error.code, d=error.detail, ra=wait))

    def _refuse(self, refusal: Refusal, text: bytes) -> None:
        """Answer what cannot be read, by its id if that can be."""
        try:
            named = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
            named = {}
        about = {key: named[key] for key in ("id", "q") if isinstance(named.get(key), str | int)}
        self._no(refusal, **about)

    def _begin(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            if isinstance(error, Refusal):
                self._no(error)
            else:
                log.error("bug in a socket's work", exc_info=error)
                self.bye("drain", 1, 5)


def _rows(reader: Any, places: list[Any]) -> list[Any]:
    return [conversation_row(one) for one in reading.seen(reader, places)]


def _rows_of(reader: Any, person_id: str, conversations: list[str]) -> list[Any]:
    return _rows(reader, [reading.place(reader, person_id, one) for one in conversations])
