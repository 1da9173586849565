"""What somebody does over HTTP with a platform at hand: open a shop, have money, pay; and hear callbacks."""

import http.client
import itertools
import queue
import secrets
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import msgspec

from changliao.kernel.value import Value

PIN, PASSWORD = "258036", "correct horse 7"
_PATIENCE_S = 30


class Told(Value, frozen=True):
    """A callback as it came."""

    headers: dict[str, str]
    body: bytes


class Heard:
    """Callbacks at one address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.came: queue.SimpleQueue[Told] = queue.SimpleQueue()

    def taken(self) -> list[Told]:
        """What has come since the last look."""
        found = []
        while not self.came.empty():
            found.append(self.came.get())
        return found


class Ear:
    """A shop's server, with an address for each shop. `success` is what Alipay wants to read."""

    def __init__(self) -> None:
        self._places: dict[str, Heard] = {}
        self._numbers = itertools.count(1)
        places = self._places

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                places[self.path].came.put(Told(headers, body))
                self.send_response(200)
                self.send_header("content-type", "text/plain")
                self.send_header("content-length", "7")
                self.end_headers()
                self.wfile.write(b"success")

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: its caller prints what counts."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> "Ear":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def place(self) -> Heard:
        """An address of its own."""
        path = f"/told/{next(self._numbers)}"
        found = self._places[path] = Heard(f"http://127.0.0.1:{self._server.server_port}{path}")
        return found


class Refused(Exception):
    """The platform said no where yes was expected."""


class Desk:
    """The public API, one request after the other."""

    def __init__(self, url: str) -> None:
        self.url, self._place = url, urlsplit(url).netloc

    def call(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        """The decoded answer, or Refused."""
        line = http.client.HTTPConnection(self._place, timeout=_PATIENCE_S)
        headers: Mapping[str, str] = {
            "content-type": "application/json",
            "idempotency-key": secrets.token_hex(12),
        } | ({"authorization": f"Bearer {token}"} if token else {})
        line.request(method, path, msgspec.json.encode(body or {}), dict(headers))
        answer = line.getresponse()
        said = answer.read()
        line.close()
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {said.decode()[:400]}")
        return msgspec.json.decode(said) if said else None

    def person(self, name: str) -> str:
        """Somebody new, signed in: the token."""
        handle = f"{name}_{secrets.token_hex(4)}"
        self.call("POST", "/v1/persons", {"handle": handle, "name": name, "password": PASSWORD})
        said = {"handle": handle, "password": PASSWORD}
        return str(self.call("POST", "/v1/sessions", said)["token"])

    def buyer(self, money: int) -> str:
        """Somebody with a PIN and play money."""
        token = self.person("buyer")
        self.call("POST", "/v1/me/pin", {"pin": PIN, "password": PASSWORD}, token=token)
        said = {"mode": "test", "rail": "sandbox_bank", "amount": money, "currency": "CNY"}
        top_up = self.call("POST", "/v1/wallet/top_ups", said, token=token)
        until = time.monotonic() + _PATIENCE_S
        while top_up["status"] != "succeeded":
            if time.monotonic() > until:
                raise Refused(f"the top-up is still {top_up['status']}")
            time.sleep(0.05)
            top_up = self.call("GET", f"/v1/wallet/top_ups/{top_up['id']}", token=token)
        return token

    def open_shop(self, name: str) -> str:
        """A person, a partner, an app and its test key."""
        token = self.person(name)
        partner = self.call("POST", "/v1/partners", {"name": name}, token=token)
        app = self.call("POST", f"/v1/partners/{partner['id']}/apps", {"name": name}, token=token)
        said = {"mode": "test", "label": name}
        return str(self.call("POST", f"/v1/apps/{app['id']}/keys", said, token=token)["key"])

    def pay(self, cashier_url: str, buyer: str) -> None:
        """The buyer types the PIN at this cashier."""
        place, _, token = cashier_url.partition("?t=")
        said = {"token": token, "method": "wallet", "channel": "web", "pin": PIN}
        path = f"/v1/payments/{place.rpartition('/')[2]}/confirmation"
        view = self.call("POST", path, said, token=buyer)
        if view["payment"]["status"] != "paid":
            raise Refused(str(view))
