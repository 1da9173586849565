"""One WebSocket on a transport: the handshake, messages in, frames out, pings, the end; and all of them."""

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Any, ClassVar, Protocol, cast

import uvicorn
from uvicorn.server import ServerState

from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value
from changliao.wire.problems import broken, problem
from changliao.wire.socket import frames
from changliao.wire.socket.frames import Broken, Frames, close_frame, control_frame
from changliao.wire.socket.upgrade import Handshake, asked, refused, switching

log = logging.getLogger("changliao.sockets")

_BEATS = 6
"""How often the clock of all sockets beats in the shortest time that it measures."""

_PONGS_MAX = 64
_PING = control_frame(frames.PING, b"")
_NEW, _OPEN, _CLOSING, _OVER = range(4)


class Limits(Value, frozen=True):
    """What one socket may take, in bytes and seconds."""

    message_bytes: int = 64 << 10
    high_water_bytes: int = 64 << 10
    """Above this it is full: its listener hears `paused`."""
    unsent_bytes: int = 4 << 20
    """Above this it is cut off, whatever its listener still says."""
    idle_s: float = 60
    """A client that says nothing so long is gone; it is pinged after half of it."""
    message_s: float = 30
    """A message that has begun is whole by then."""
    close_s: float = 5
    """So long a client may take to answer our close."""
    pings: int = 5_000
    """As many pings and pongs may come in one beat of `message_s / 6`."""


class Listener(Protocol):
    """Who hears one socket. All but `opened` come from the loop, one at a time, after it."""

    def opened(self, socket: "Socket") -> None:
        """It is open; what is sent from now on arrives."""

    def said(self, text: bytes) -> None:
        """One whole text message, in valid UTF-8."""

    def paused(self) -> None:
        """It takes no more for now: the client does not read."""

    def resumed(self) -> None:
        """It takes more again."""

    def closed(self, code: int) -> None:
        """It is over, exactly once after `opened`; nothing is heard after. The code is the client's or
        ours, 1005 when the client gave none, 1006 when the line broke."""


Accept = Callable[[Handshake], Listener]
"""Says who listens to a new socket, or refuses: then the answer is problem+json and no socket opens."""


class Socket(asyncio.Protocol):
    """One WebSocket. Made by uvicorn, see `sockets`; handed to its listener by `opened`."""

    __slots__ = (
        "_begun",
        "_code",
        "_frames",
        "_heard",
        "_listener",
        "_out",
        "_paused",
        "_pings",
        "_pong",
        "_server",
        "_state",
        "_timer",
        "_transport",
    )
    _hall: ClassVar["_Hall"]
    _trusted: ClassVar[Any] = ()

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._server = server_state
        self._frames = Frames(self._hall.limits.message_bytes)
        self._state, self._paused = _NEW, False
        self._transport: asyncio.Transport | None = None
        self._listener: Listener | None = None
        self._out: list[bytes] | None = None
        self._pong: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heard = self._begun = self._pings = 0
        self._hall.trusted = getattr(config.loaded_app, "trusted_hosts", ())

    # What its listener may ask of it.

    def send(self, frame: bytes) -> None:
        """Say this frame, made by `text_frame`, at the end of this turn of the loop. Never waits, and
        does nothing once the socket is closed; see `Listener.paused` for one that is full."""
        if self._state == _OPEN:
            self._say(frame)

    def close(self, code: int = frames.NORMAL, reason: str = "") -> None:
        """Say what was sent and then the end; `closed` follows in the next turn of the loop."""
        if self._state == _OPEN:
            self._say(close_frame(code, reason))
            self._state = _CLOSING
            self._give_up_in(self._hall.limits.close_s)
            self._hall.soon(self._tell_closed, code)

    @property
    def buffered(self) -> int:
        """Bytes that were sent and have not left yet."""
        waiting = sum(map(len, self._out or ()))
        return waiting + (self._transport.get_write_buffer_size() if self._transport else 0)

    # What the loop tells it.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server.connections.add(cast(Any, self))

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(cast(Any, self))
        self._hall.leave(self)
        self._state = _OVER
        self._transport = self._out = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._tell_closed(frames.LOST)

    def data_received(self, data: bytes) -> None:
        if self._state == _NEW:
            self._upgrade(data)
        elif self._state != _OVER:
            self._heard = self._hall.beat
            try:
                for kind, payload in self._frames.feed(data):
                    if kind == frames.TEXT and self._state == _OPEN and self._listener is not None:
                        self._begun = 0
                        self._listener.said(payload)
                    else:
                        self._other(kind, payload)
                        if self._state == _OVER:
                            return
            except Broken as what:
                self._fail(what.code, what.reason)
            except Exception:
                log.exception("bug while hearing a socket")
                self._fail(frames.OUR_BUG)
            if not self._frames.begun:
                self._begun = 0
            elif not self._begun:
                self._begun = self._hall.beat

    def pause_writing(self) -> None:
        self._paused = True
        if self._listener is not None:
            self._guarded(self._listener.paused)

    def resume_writing(self) -> None:
        self._paused = False
        if self._pong is not None:
            self._hall.wake(self)
        if self._listener is not None:
            self._guarded(self._listener.resumed)

    def shutdown(self) -> None:
        """The server ends: say so to the client, and wait for it only shortly."""
        if self._state == _OPEN:
            self.close(frames.GOING)
        elif self._state != _CLOSING and self._transport is not None:
            self._transport.close()
        self._give_up_in(min(1, self._hall.limits.close_s))

    # The handshake.

    def _upgrade(self, head: bytes) -> None:
        """uvicorn hands the request over whole, before anything else."""
        transport, hall = self._transport, self._hall
        assert transport is not None
        request_id = "req_" + os.urandom(9).hex()
        path = head.split(b" ", 2)[1].partition(b"?")[0].decode("latin-1")
        try:
            peer = transport.get_extra_info("peername")
            ip = str(peer[0]) if isinstance(peer, tuple) else ""
            secure = transport.get_extra_info("sslcontext") is not None
            handshake = asked(head, ip, secure, hall.trusted)
            listener = hall.accept(handshake)
        except Refusal as refusal:
            answer = problem(refusal, request_id, path)
        except Exception:
            log.exception("bug while opening a socket (%s)", request_id)
            answer = broken(request_id)
        else:
            transport.write(switching(handshake.headers[b"sec-websocket-key"]))
            self._open(transport, listener)
            return
        self._state = _OVER
        transport.write(refused(answer, request_id, self._server.default_headers))
        transport.close()

    def _open(self, transport: asyncio.Transport, listener: Listener) -> None:
        self._state, self._listener = _OPEN, listener
        self._heard = self._hall.beat
        transport.set_write_buffer_limits(self._hall.limits.high_water_bytes)
        self._hall.enter(self)
        self._guarded(lambda: listener.opened(self))

    # What the client says beside texts.

    def _other(self, kind: int, payload: bytes) -> None:
        if kind == frames.CLOSE:
            self._closed_by_client(payload)
        elif self._state != _OPEN:
            return  # We have said the end; only theirs matters still.
        elif kind == frames.BINARY:
            raise Broken(frames.UNSUPPORTED, "only texts are understood here")
        else:
            self._pinged(kind, payload)

    def _pinged(self, kind: int, payload: bytes) -> None:
        """Answer a ping. While too much waits only the newest is kept, which is enough (section 5.5.3)."""
        self._pings += 1
        if self._pings > self._hall.limits.pings:
            raise Broken(frames.POLICY, "too many pings")
        if not self._frames.in_message:
            self._begun = 0
        if kind == frames.PONG:
            return
        if self._paused or len(self._out or ()) >= _PONGS_MAX:
            self._pong = payload
        else:
            self._say(control_frame(frames.PONG, payload))

    def _closed_by_client(self, payload: bytes) -> None:
        code = int.from_bytes(payload[:2]) if payload else frames.NO_CODE
        if self._state == _OPEN:
            self._say(close_frame(code))
        self._end()
        self._tell_closed(code)

    # The end.

    def _fail(self, code: int, reason: str = "") -> None:
        """Section 7.1.7: say why, say no more, and hear nothing more."""
        if self._state == _OPEN:
            self._say(close_frame(code, reason))
        self._end()
        self._tell_closed(code)

    def _end(self) -> None:
        """Let out what is waiting, and end our direction. Theirs stays open a little: the client may
        still be talking, and closing on unread bytes would take from it what we said last."""
        self._state = _OVER
        self.flush()
        if self._transport is None or self._transport.is_closing():
            return
        try:
            self._transport.write_eof()
        except (
            OSError,
            NotImplementedError,
        ):  # Already reset by them; or TLS, which has no half an end.
            self._transport.close()
        self._give_up_in(self._hall.limits.close_s)

    def _give_up_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._timer = self._hall.later(seconds, self._transport.abort)

    def _tell_closed(self, code: int) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            try:
                listener.closed(code)
            except Exception:
                log.exception("bug while a socket closed")

    def _guarded(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception:
            log.exception("bug while telling of a socket")
            self._fail(frames.OUR_BUG)

    # What goes out.

    def _say(self, frame: bytes) -> None:
        if self._out is None:
            self._out = [frame]
            self._hall.wake(self)
        else:
            self._out.append(frame)

    def flush(self) -> None:
        """Hand what waits to the transport, in one piece."""
        out, self._out = self._out, None
        if self._transport is None or self._transport.is_closing():
            return
        if out is not None:
            self._transport.write(out[0] if len(out) == 1 else b"".join(out))
        if self._paused:
            if self._transport.get_write_buffer_size() > self._hall.limits.unsent_bytes:
                self._transport.abort()
        elif self._pong is not None and self._state == _OPEN:
            pong, self._pong = self._pong, None
            self._transport.write(control_frame(frames.PONG, pong))

    def beat(self, beat: int, idle: int, message: int) -> None:
        """Time has passed: whoever is silent is asked whether it lives, and left when it does not."""
        if self._state != _OPEN:
            return
        self._pings = 0
        silent = beat - self._heard
        if self._begun and beat - self._begun > message:
            self._fail(frames.POLICY, "a message began and did not end")
        elif silent > idle and self._transport is not None:
            self._transport.abort()
        elif silent == idle // 2:
            self._say(_PING)


class _Hall:
    """All sockets that one Accept let in: who has something to say in this turn, and how time passes.

    One clock for all is what keeps an idle socket small.
    """

    def __init__(self, accept: Accept, limits: Limits) -> None:
        self.accept, self.limits = accept, limits
        self.trusted: Any = ()
        self.beat = 1
        self._beat_s = min(limits.idle_s, limits.message_s) / _BEATS
        self._idle = round(limits.idle_s / self._beat_s)
        self._message = round(limits.message_s / self._beat_s)
        self._all: set[Socket] = set()
        self._awake: list[Socket] = []
        self._clock: asyncio.TimerHandle | None = None

    def enter(self, socket: Socket) -> None:
        self._all.add(socket)
        if self._clock is None:
            self._clock = self.later(self._beat_s, self._tick)

    def leave(self, socket: Socket) -> None:
        self._all.discard(socket)
        if not self._all and self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def wake(self, socket: Socket) -> None:
        """Flush it at the end of this turn."""
        if not self._awake:
            self.soon(self._flush)
        self._awake.append(socket)

    def soon(self, do: Callable[..., None], *args: Any) -> None:
        asyncio.get_running_loop().call_soon(do, *args)

    def later(self, seconds: float, do: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, do)

    def _flush(self) -> None:
        awake, self._awake = self._awake, []
        for socket in awake:
            socket.flush()

    def _tick(self) -> None:
        self.beat += 1
        self._clock = self.later(self._beat_s, self._tick)
        for socket in list(self._all):
            socket.beat(self.beat, self._idle, self._message)


def sockets(accept: Accept, limits: Limits | None = None) -> type[Socket]:
    """The class for `uvicorn.Config(ws=...)`: each of its sockets is let in, or refused, by `accept`."""

    class Accepted(Socket):
        __slots__ = ()
        _hall = _Hall(accept, limits or Limits())

    return Accepted
