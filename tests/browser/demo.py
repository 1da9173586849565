"""A running demo and the API spoken as an outsider: what the browser tests and the screens stand on."""

import secrets
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec

from benchmarks.server import free_port
from tests.patience import PATIENCE_S

PIN = "258036"
PASSWORD = "correct horse battery"
CHROMIUMS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
HEADERS = {
    "acting_for": "Changliao-On-Behalf-Of",
    "app": "Changliao-App",
    "mode": "Changliao-Mode",
}
PLAIN_HOST = "house.test"
"""The demo at an address that browsers do not trust without https, as every name but localhost."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1",
)


def chromium_path() -> str | None:
    """Where Debian (or another system) keeps its Chromium."""
    return next((path for path in CHROMIUMS if Path(path).exists()), None)


class Person(NamedTuple):
    """Somebody who can sign in; `token` calls the API."""

    handle: str
    name: str
    password: str
    token: str


class AnotherShop(NamedTuple):
    """An app beside the demo's own, its key, and who made it."""

    app_id: str
    key: str
    owner: Person


class Demo:
    """`changliao demo` as a process of its own, on free ports, its data in `folder`."""

    def __init__(self, folder: Path, *, lively: bool = False, edition: str = "domestic") -> None:
        self._log = folder / "demo.log"
        self.url = f"http://localhost:{free_port()}"
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "changliao", "demo", "--port", port, "--dir", str(folder)]
        command += ["--edition", edition, *([] if lively else ["--still"])]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        # The server ends a line that was idle for some seconds, maybe just when it is used again.
        lines = httpx2.Limits(max_keepalive_connections=0)
        self._http = httpx2.Client(base_url=self.url, timeout=PATIENCE_S, limits=lines)
        try:
            self._wait()
            world = msgspec.json.decode((folder / "demo.json").read_bytes())
        except BaseException:
            self.stop()
            raise
        self.shop_url: str = world["shop_url"]
        self.app_id: str = world["app_id"]
        self.key: str = world["key"]
        self._passwords: dict[str, str] = world["passwords"]

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while "Ctrl-C ends it" not in (said := self._log.read_text()):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the demo did not start:\n{said}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the demo in good order."""
        self._http.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def call(
        self, method: str, path: str, body: Any = None, *, token: str = "", **said: str
    ) -> Any:
        """One request as a shop's server or an app sends it; `app` and `mode` name what a member works on."""
        headers = {"Idempotency-Key": secrets.token_hex(16)} if method == "POST" else {}
        headers |= {HEADERS[name]: value for name, value in said.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        answer = self._http.request(method, path, json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    # People ----------------------------------------------------------------------------------

    def known(self, handle: str) -> Person:
        """One of the demo's own people."""
        return self._signed_in(handle, handle, self._passwords[handle])

    def person(self, money: int = 0, name: str = "赵小雨", locale: str = "zh-CN") -> Person:
        """Somebody new with a PIN and this much play money, in fen."""
        handle = "t" + secrets.token_hex(6)
        body = {"handle": handle, "name": name, "password": PASSWORD, "locale": locale}
        self.call("POST", "/v1/persons", body)
        person = self._signed_in(handle, name, PASSWORD)
        self.call("POST", "/v1/me/pin", {"pin": PIN, "password": PASSWORD}, token=person.token)
        if money:
            body = {"mode": "test", "rail": "sandbox_bank", "currency": "CNY"}
            self.call("POST", "/v1/wallet/top_ups", {**body, "amount": money}, token=person.token)
            until = time.monotonic() + PATIENCE_S
            while self.balance(person) != money:
                assert time.monotonic() < until, "the sandbox bank is silent"
                time.sleep(0.05)
        return person

    def _signed_in(self, handle: str, name: str, password: str) -> Person:
        body = {"handle": handle, "password": password, "device": "test"}
        token = self.call("POST", "/v1/sessions", body)["token"]
        return Person(handle, name, password, token)

    def shop(self, name: str) -> "AnotherShop":
        """Another partner's app, with a key of all scopes."""
        owner = self.person()
        token = owner.token
        partner = self.call("POST", "/v1/partners", {"name": name}, token=token)
        path = f"/v1/partners/{partner['id']}/apps"
        app = self.call("POST", path, {"name": name}, token=token)
        key = self.call("POST", f"/v1/apps/{app['id']}/keys", {}, token=token)
        return AnotherShop(app["id"], key["key"], owner)

    def balance(self, person: Person) -> int:
        """A person's play money in fen."""
        wallets = self.call("GET", "/v1/wallet", token=person.token)["wallets"]
        balances = next(one["balances"] for one in wallets if one["play"])
        return sum(one["balance"] for one in balances if one["currency"] == "CNY")

    # Talk ------------------------------------------------------------------------------------

    def id_of(self, person: Person) -> str:
        """The person's id."""
        return str(self.call("GET", "/v1/me", token=person.token)["id"])

    def befriend(self, one: Person, other: Person) -> None:
        """Both have each other in their contacts from now on."""
        body = {"person": self.id_of(other), "text": "hello"}
        asked = self.call("POST", "/v1/contact-requests", body, token=one.token)
        path = f"/v1/contact-requests/{asked['id']}"
        self.call("PUT", path, {"accept": True}, token=other.token)

    def friends(self, *names: str) -> list[Person]:
        """New people of these names who all know each other."""
        people = [self.person(name=name) for name in names]
        for one, other in combinations(people, 2):
            self.befriend(one, other)
        return people

    def direct(self, one: Person, other: Person) -> str:
        """The id of the conversation of two who know each other."""
        body = {"person": self.id_of(other)}
        return str(self.call("POST", "/v1/conversations", body, token=one.token)["c"])

    def group(self, title: str, owner: Person, *others: Person) -> str:
        """A new group's id."""
        body = {"title": title, "members": [self.id_of(one) for one in others]}
        return str(self.call("POST", "/v1/conversations", body, token=owner.token)["c"])

    def say(self, person: Person, conversation: str, text: str, **said: Any) -> Any:
        """A message by the API."""
        body = {"k": "text", "b": {"text": text}, **said}
        path = f"/v1/conversations/{conversation}/messages"
        return self.call("POST", path, body, token=person.token)

    # Payments --------------------------------------------------------------------------------

    def payment(self, amount: int, description: str = "龙井茶 50 克", **said: Any) -> Any:
        """A fresh payment of the demo's shop."""
        body = {"amount": amount, "currency": "CNY", "description": description, **said}
        reference = "T-" + secrets.token_hex(5).upper()
        return self.call("POST", "/v1/payments", {"reference": reference, **body}, token=self.key)

    def look(self, payment: Any) -> Any:
        """The payment as it stands."""
        return self.call("GET", f"/v1/payments/{payment['id']}", token=self.key)

    def pay(self, payment: Any, person: Person, **said: str) -> Any:
        """Pay it, without a browser."""
        token = parse_qs(urlsplit(payment["cashier_url"]).query)["t"][0]
        body = {"token": token, "method": "wallet", "channel": "mobile", "pin": PIN, **said}
        path = f"/v1/payments/{payment['id']}/confirmation"
        return self.call("POST", path, body, token=person.token)

    def paid(self, amount: int, person: Person, description: str = "龙井茶 50 克") -> Any:
        """A payment that is paid already."""
        payment = self.payment(amount, description)
        self.pay(payment, person)
        return payment

    def suspend(self, method: str, reason: str) -> None:
        """Do not take this method (`wallet.mobile`) for now."""
        self.call("POST", f"/v1/methods/{method}/suspension", {"reason": reason}, token=self.key)

    def resume(self, method: str) -> None:
        """Take it again."""
        self.call("DELETE", f"/v1/methods/{method}/suspension", token=self.key)


def in_seconds(seconds: float) -> str:
    """A moment from now, as the API takes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
