"""WebSockets (RFC 6455) as a protocol class of our own for uvicorn: messages in, frames out, no ASGI between.

A frame is encoded once for everybody who gets it, `send` never waits, and what one socket is sent in
one turn of the loop leaves it in one write.
"""

from changliao.wire.socket.frames import text_frame
from changliao.wire.socket.protocol import Accept, Limits, Listener, Socket, sockets
from changliao.wire.socket.upgrade import Handshake

__all__ = ["Accept", "Handshake", "Limits", "Listener", "Socket", "sockets", "text_frame"]
