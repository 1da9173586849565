"""A wire that can be cut: a real proxy between psycopg and PostgreSQL."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

CHUNK_BYTES = 1 << 20


class Proxy:
    """Passes everything on until it is told to cut.

    `cut_before` and `cut_after` name bytes in what a client sends: that connection is cut before
    they are passed on, or after the server has answered them and before the client hears it. Each
    cuts once. `half_dead` leaves the server's end of a cut connection open, as a lost network does.
    """

    def __init__(self, url: str) -> None:
        self._target = conninfo_to_dict(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._wires: list[_Wire] = []
        self.cut_before = self.cut_after = b""
        self.half_dead = False
        self.cuts = 0
        self.refuses = False
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self) -> str:
        """The way through the proxy."""
        port = self._listener.getsockname()[1]
        around = {**self._target, "host": "127.0.0.1", "port": port}
        return make_conninfo("", **around, sslmode="disable", gssencmode="disable")

    def cut_all(self) -> None:
        """Cut every connection now."""
        for wire in self._wires:
            wire.cut()

    def close(self) -> None:
        """End it."""
        self.refuses = True
        self._listener.close()
        for wire in self._wires:
            wire.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.refuses:
                    client.close()
                else:
                    self._wires.append(_Wire(self, client, self._connect()))

    def _connect(self) -> socket.socket:
        server = socket.socket(socket.AF_UNIX)
        folder = str(self._target["host"])
        server.connect(str(Path(folder) / ".s.PGSQL.5432"))
        return server


class _Wire:
    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._mute = False
        for pump in (self._to_server, self._to_client):
            threading.Thread(target=pump, daemon=True).start()

    def cut(self) -> None:
        _end(self._client)
        if not self._proxy.half_dead:
            _end(self._server)

    def close(self) -> None:
        _end(self._client)
        _end(self._server)

    def _to_server(self) -> None:
        proxy = self._proxy
        for sent in _received(self._client):
            if proxy.cut_before and proxy.cut_before in sent:
                proxy.cut_before = b""
                proxy.cuts += 1
                self.cut()
                return
            if proxy.cut_after and proxy.cut_after in sent:
                proxy.cut_after = b""
                self._mute = True
            with contextlib.suppress(OSError):
                self._server.sendall(sent)
        if not proxy.half_dead:
            self.close()

    def _to_client(self) -> None:
        for sent in _received(self._server):
            if self._mute:
                self._proxy.cuts += 1
                break
            with contextlib.suppress(OSError):
                self._client.sendall(sent)
        self.close()


def _received(end: socket.socket) -> Iterator[bytes]:
    with contextlib.suppress(OSError):
        while sent := end.recv(CHUNK_BYTES):
            yield sent


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
