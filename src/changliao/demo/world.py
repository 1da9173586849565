"""The people and the shop of the demo, made through the public API alone."""

import asyncio
import os
import secrets
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from changliao.kernel.value import Value

PIN = "258036"
PEOPLE = (
    ("lin", "林小满", 288_800),
    ("chen", "陈默", 52_000),
    ("mei", "Mei Tanaka", 1_000),
    ("wang", "王一味", 0),
)
"""Handle, name, play money in fen. Lin buys; Mei has too little; Wang owns the shop."""

_BANK_S = 20
KEPT_FILE = "demo.json"


class World(Value, frozen=True):
    """What the demo must remember between starts of one folder: it was shown only once."""

    passwords: dict[str, str]
    person_ids: dict[str, str]
    app_id: str
    key: str
    endpoint_id: str
    webhook_secret: str
    platform_url: str
    shop_url: str


class Refused(Exception):
    """The platform said no where the demo expected yes."""


class Client:
    """The public API, spoken as any outsider would."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self.url = http, url

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str
    ) -> Any:
        """One request; the decoded answer, or Refused."""
        sent = {"Idempotency-Key": secrets.token_hex(16)} if method == "POST" else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        async with self._http.request(method, self.url + path, json=body, headers=sent) as answer:
            text = await answer.read()
            if answer.status >= 400:
                raise Refused(f"{method} {path}: {answer.status} {text.decode()[:300]}")
            return msgspec.json.decode(text) if text else None

    async def sign_in(self, handle: str, password: str) -> str:
        """A bearer token of a person."""
        body = {"handle": handle, "password": password, "device": "demo"}
        return str((await self.call("POST", "/v1/sessions", body))["token"])


async def make_world(client: Client, folder: Path, shop_url: str) -> World:
    """The people with play money and PINs, the shop with its key and webhook; or what an earlier start
    of this folder made, moved to today's addresses."""
    kept = folder / KEPT_FILE
    if kept.exists():
        world = msgspec.json.decode(kept.read_bytes(), type=World)
        if world.shop_url != shop_url or world.platform_url != client.url:
            world = await _moved(client, world, shop_url)
    else:
        world = await _made(client, shop_url)
    return keep_world(folder, world)


def keep_world(folder: Path, world: World) -> World:
    """Remember it between starts of this folder."""
    kept = folder / KEPT_FILE
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(world))
    return world


async def _made(client: Client, shop_url: str) -> World:
    passwords, ids, tokens = {}, {}, {}
    for handle, name, play in PEOPLE:
        person = await newcomer(client, handle, name, play)
        passwords[handle], ids[handle], tokens[handle] = person
    wang = tokens["wang"]
    partner = await client.call(
        "POST", "/v1/partners", {"name": "一味小铺 Corner Shop"}, token=wang
    )
    app = await client.call(
        "POST", f"/v1/partners/{partner['id']}/apps", {"name": "Corner Shop"}, token=wang
    )
    key = await client.call(
        "POST", f"/v1/apps/{app['id']}/keys", {"mode": "test", "label": "corner shop"}, token=wang
    )
    endpoint = await _endpoint(client, key["key"], shop_url)
    return World(
        passwords,
        ids,
        app["id"],
        key["key"],
        endpoint["id"],
        endpoint["secret"],
        client.url,
        shop_url,
    )


async def newcomer(client: Client, handle: str, name: str, play: int) -> tuple[str, str, str]:
    """Somebody new with the demo's PIN and this much play money: password, id, token."""
    password = secrets.token_urlsafe(12)
    locale = "en" if name.isascii() else "zh-CN"
    person = {"handle": handle, "name": name, "password": password, "locale": locale}
    made = await client.call("POST", "/v1/persons", person)
    token = await client.sign_in(handle, password)
    await client.call("POST", "/v1/me/pin", {"pin": PIN, "password": password}, token=token)
    if play:
        await give(client, token, play)
    return password, str(made["id"]), token


async def give(client: Client, token: str, amount: int) -> None:
    """Play money that is there when this returns: who opens the desk first shall not find a purse empty."""
    body = {"mode": "test", "rail": "sandbox_bank", "amount": amount, "currency": "CNY"}
    top_up = await client.call("POST", "/v1/wallet/top_ups", body, token=token)
    async with asyncio.timeout(_BANK_S):
        while top_up["status"] == "processing":
            await asyncio.sleep(0.05)
            top_up = await client.call("GET", f"/v1/wallet/top_ups/{top_up['id']}", token=token)


async def _moved(client: Client, world: World, shop_url: str) -> World:
    await client.call("DELETE", f"/v1/webhook_endpoints/{world.endpoint_id}", token=world.key)
    endpoint = await _endpoint(client, world.key, shop_url)
    return msgspec.structs.replace(
        world,
        endpoint_id=endpoint["id"],
        webhook_secret=endpoint["secret"],
        platform_url=client.url,
        shop_url=shop_url,
    )


async def _endpoint(client: Client, key: str, shop_url: str) -> Any:
    body = {"url": f"{shop_url}/webhooks", "kinds": ["payment.*", "refund.*"]}
    return await client.call("POST", "/v1/webhook_endpoints", body, token=key)
