"""How a shop comes on board: a partner, an app, a key, methods, a dialect, by the public API."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec

from changliao.demo.world import Client, Refused
from changliao.kernel.value import Value

METHODS = ("credit_card", "debit_card")
CHANNELS = ("mobile", "web")
HOOK_EVENTS = ("checkout.session.completed", "checkout.session.expired")
_REFUSED = 400


class Account(Value, frozen=True):
    """A shop's app, its key, and what its SDK is set up with: shown once, so the demo keeps it."""

    app_id: str
    key: str
    settings: dict[str, str]
    hook: dict[str, str] = {}


async def open_account(client: Client, owner: str, name: str, dialect: str) -> Account:
    """Found the shop's partner with an app and a key, offer its methods, open its dialect."""
    partner = await client.call("POST", "/v1/partners", {"name": name}, token=owner)
    path = f"/v1/partners/{partner['id']}/apps"
    app = await client.call("POST", path, {"name": name}, token=owner)
    asked = {"mode": "test", "label": "shop"}
    key = (await client.call("POST", f"/v1/apps/{app['id']}/keys", asked, token=owner))["key"]
    await offer(client, key)
    opened = await client.call("POST", "/v1/dialects", {"dialect": dialect}, token=key)
    files = {one["name"]: one["content"] for one in opened["files"]}
    return Account(app["id"], key, _settings(dialect, key, opened["values"], files))


async def offer(client: Client, key: str) -> None:
    """Take cards beside the wallet. Twice is once."""
    for method in METHODS:
        for channel in CHANNELS:
            body = {"method": method, "channel": channel}
            await client.call("POST", "/v1/methods", body, token=key)


async def suspend(client: Client, key: str, method: str, reason: str) -> None:
    """Do not take a method for now, in any channel, and say why."""
    for channel in CHANNELS:
        path = f"/v1/methods/{method}.{channel}/suspension"
        await client.call("POST", path, {"reason": reason}, token=key)


async def resume(client: Client, key: str, method: str) -> None:
    """Take a method again. Twice is once."""
    for channel in CHANNELS:
        await client.call("DELETE", f"/v1/methods/{method}.{channel}/suspension", token=key)


def _settings(
    dialect: str, key: str, values: Mapping[str, str], files: Mapping[str, str]
) -> dict[str, str]:
    """What the shop's till reads, without addresses."""
    if dialect == "alipay":
        return {
            "app_id": values["app_id"],
            "private_key": files["app_private_key_pkcs1.pem"],
            "public_key": values["alipay_public_key_pem"],
        }
    if dialect == "wechat":
        names = ("mchid", "appid", "serial_no", "public_key", "public_key_id")
        return {
            **{name: values[name] for name in names},
            "private_key": files["apiclient_key.pem"],
            "apiv3_key": files["apiv3_key.txt"],
        }
    return {"pay_key": key}


async def hooked(http: aiohttp.ClientSession, account: Account, root: str, notices: str) -> Account:
    """The account with a webhook endpoint at this address, as its SDK would register it; unchanged when
    it has that already."""
    if account.hook.get("url") == notices and account.hook.get("root") == root:
        return account
    place = f"{root}/v1/webhook_endpoints"
    headers = {"Authorization": f"Bearer {account.key}"}
    if account.hook:
        async with http.delete(f"{place}/{account.hook['id']}", headers=headers):
            pass
    form = [("url", notices), *(("enabled_events[]", one) for one in HOOK_EVENTS)]
    async with http.post(place, data=form, headers=headers) as answer:
        told: Any = await answer.json()
        if answer.status >= _REFUSED:
            raise Refused(f"POST {place}: {answer.status} {told}")
    hook = {"id": told["id"], "secret": told["secret"], "url": notices, "root": root}
    return msgspec.structs.replace(account, hook=hook)


def toml(settings: Mapping[str, str | int]) -> str:
    """Settings as a file that a shop reads: one line each."""
    return "".join(
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in settings.items()
    )
