"""A shop made over HTTP like any other: a person, a partner, an app, a key, the rails it offers."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.calling import Client
from changliao.kernel.value import Value

RATE = 1_000_000
"""Calls a second: what a key may be given at most."""


class Shop(Value, frozen=True):
    """What must be remembered, because it was shown only once. `done` is the digest of the data that
    went through to the end."""

    url: str
    app_id: str
    key_id: str
    key: str
    done: str = ""


async def open_shop(client: Client, name: str) -> Shop:
    """Everything a shop needs, through the public API; its test key may call as often as it likes."""
    handle, password = f"shop_{secrets.token_hex(5)}", secrets.token_urlsafe(16)
    person = {"handle": handle, "name": name, "password": password, "locale": "en"}
    await client.call("POST", "/v1/persons", person)
    signed_in = {"handle": handle, "password": password, "device": "benchmarks"}
    token = (await client.call("POST", "/v1/sessions", signed_in))["token"]
    partner = await client.call("POST", "/v1/partners", {"name": name}, token=token)
    path = f"/v1/partners/{partner['id']}/apps"
    app = await client.call("POST", path, {"name": name}, token=token)
    path = f"/v1/apps/{app['id']}/keys"
    key = await client.call("POST", path, {"mode": "test", "label": name}, token=token)
    rate = {"per_s": RATE, "burst": RATE}
    await client.call("POST", f"{path}/{key['id']}/rate", rate, token=token)
    return Shop(client.url, app["id"], key["id"], key["key"])


async def offer(client: Client, shop: Shop, rails: Iterable[str]) -> list[str]:
    """Offer rails on the web; answers those that this server does not run."""
    known = set((await client.call("GET", "/v1/methods", token=shop.key))["rails"])
    wanted = list(rails)
    for rail in wanted:
        if rail in known:
            body: Any = {"method": rail, "channel": "web"}
            await client.call("POST", "/v1/methods", body, token=shop.key)
    return [rail for rail in wanted if rail not in known]


def recall(path: Path) -> Shop | None:
    """The shop of an earlier run, if there was one."""
    return msgspec.json.decode(path.read_bytes(), type=Shop) if path.exists() else None


def remember(path: Path, shop: Shop) -> None:
    """Keep the shop's key in a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(msgspec.json.encode(shop))
