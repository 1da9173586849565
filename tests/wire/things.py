"""One of everything that a shop and a person have: nobody else may see any of it."""

import secrets

from tests.device import Device
from tests.pushed import Browser
from tests.wire.order import ready
from tests.wire.platform import PIN, URL, Shop, Someone, Town
from tests.wire.uploads import picture, uploaded

Ids = dict[str, str]


async def things(town: Town, shop: Shop, lin: Someone) -> Ids:
    """Their ids, by the beginning of a route. The shop's owner is the person's friend."""
    return (
        await _payments(town, shop, lin)
        | await _splits(town, shop, lin)
        | await _of_shop(town, shop)
        | await _wallet(town, shop, lin)
        | await _acquaintance(town, shop.owner, lin)
        | await _talk(town, shop.owner, lin)
        | await _signing_in(town, lin)
        | await _entrances(town, shop, lin)
        | await _order(town, shop.owner, lin)
        | await _bots(town, shop)
        | await _account(town, shop)
        | await _push(town, lin)
    )


async def _payments(town: Town, shop: Shop, lin: Someone) -> Ids:
    payment = await town.paid(lin, shop, 100)
    path = f"/v1/payments/{payment['id']}/refunds"
    refund = await town.done("POST", path, {"amount": 1}, token=shop.key)
    parts = [{"amount": 1, "currency": "CNY", "reference": f"part-{n}"} for n in (1, 2)]
    body = {"reference": "cart", "payments": parts}
    combined = await town.done("POST", "/v1/combined_payments", body, token=shop.key)
    customer = await town.done("POST", "/v1/customers", {"reference": "c"}, token=shop.key)
    lines = await town.done("GET", "/v1/statements", token=shop.key)
    return {
        "/v1/payments/": payment["id"],
        "/v1/cashier/": payment["id"],
        "/v1/refunds/": refund["id"],
        "/v1/combined_payments/": combined["id"],
        "/v1/customers/": customer["id"],
        "/v1/statements/": lines["items"][0]["id"],
    }


async def _splits(town: Town, shop: Shop, lin: Someone) -> Ids:
    aside = await town.paid(lin, shop, 10, split=True)
    receiver = {"kind": "app", "id": (await town.shop()).app_id, "amount": 5}
    body = {"reference": "s", "receivers": [receiver]}
    path = f"/v1/payments/{aside['id']}/splits"
    split = await town.done("POST", path, body, token=shop.key)
    taken = {"reference": "b", "line_id": split["receivers"][0]["id"]}
    path = f"/v1/splits/{split['id']}/returns"
    back = await town.done("POST", path, taken, token=shop.key)
    return {"/v1/splits/": split["id"], "/v1/split_returns/": back["id"]}


async def _of_shop(town: Town, shop: Shop) -> Ids:
    hook = {"url": "http://127.0.0.1:9/"}
    endpoint = await town.done("POST", "/v1/webhook_endpoints", hook, token=shop.key)
    path = f"/v1/webhook_endpoints/{endpoint['id']}/test"
    delivery = await town.done("POST", path, token=shop.key)
    account = await town.done("POST", "/v1/dialects", {"dialect": "alipay"}, token=shop.key)
    return {
        "/v1/partners/": shop.partner_id,
        "/v1/apps/": shop.app_id,
        "/v1/webhook_endpoints/": endpoint["id"],
        "/v1/deliveries/": delivery["id"],
        "/v1/dialects/": account["id"],
    }


async def _wallet(town: Town, shop: Shop, lin: Someone) -> Ids:
    money = {"amount": 1, "currency": "CNY", "mode": "test", "rail": "sandbox_bank"}
    top_up = await town.done("POST", "/v1/wallet/top_ups", money, token=lin.token)
    limits = {"per_payment": 5, "per_day": 5, "pin": PIN}
    body = limits | {"app_id": shop.app_id, "mode": "test", "currency": "CNY"}
    mandate = await town.done("POST", "/v1/mandates", body, token=lin.token)
    said = {"amount": 1, "currency": "CNY", "reference": "t", "person": lin.handle}
    said |= {"needs_acceptance": True}
    transfer = await town.done("POST", "/v1/transfers", said, token=shop.key)
    return {
        "/v1/wallet/top_ups/": top_up["id"],
        "/v1/wallet/incoming_transfers/": transfer["id"],
        "/v1/transfers/": transfer["id"],
        "/v1/mandates/": mandate["id"],
    }


async def _acquaintance(town: Town, friend: Someone, lin: Someone) -> Ids:
    sessions = await town.done("GET", "/v1/sessions", token=lin.token)
    body = {"person": friend.id}
    request = await town.done("POST", "/v1/contact-requests", body, token=lin.token)
    path = f"/v1/contact-requests/{request['id']}"
    await town.done("PUT", path, {"accept": True}, token=friend.token)
    return {
        "/v1/sessions/": sessions["items"][0]["id"],
        "/v1/contacts/": friend.id,
        "/v1/contact-requests/": request["id"],
        "/v1/people/": friend.id,
        "/v1/blocks/": "per_nobody",
    }


async def _talk(town: Town, friend: Someone, lin: Someone) -> Ids:
    group = await town.group(lin, friend)
    path = f"/v1/conversations/{group}"
    link = await town.done("POST", f"{path}/invitations", {}, token=lin.token)
    image = await uploaded(town, lin, picture())
    said = {"k": "image", "b": {"media": image["id"]}}
    await town.done("POST", f"{path}/messages", said, token=lin.token)
    return {
        "/v1/conversations/": group,
        "/v1/invitations/": link["code"],
        "/v1/media/": image["id"],
    }


async def _signing_in(town: Town, lin: Someone) -> Ids:
    """A passkey, and a computer that waits for the answer."""
    path = "/v1/passkeys/registrations"
    asked = await town.done("POST", path, {"pin": PIN}, token=lin.token)
    registration = Device(origin=URL).registration(asked["public_key"])
    body = {"name": "phone", "registration": registration}
    passkey = await town.done("POST", "/v1/passkeys", body, token=lin.token)
    code = await town.done("POST", "/v1/sign-in-codes")
    await town.done("POST", "/v1/scans", {"code": code["code"]}, token=lin.token)
    return {
        "/v1/passkeys/": passkey["id"],
        "/v1/sign-in-codes/": code["id"],
        "/v1/scans/": code["id"],
    }


async def _entrances(town: Town, shop: Shop, lin: Someone) -> Ids:
    """A launch of one entrance, and another one that nobody is shown yet."""
    runs = await town.operator()
    offer = {"title": {"zh-CN": "小铺", "en": "Shop"}, "start_url": "https://shop.example/"}
    path = f"/v1/apps/{shop.app_id}/entrances"
    hidden = await town.done("POST", path, offer, token=shop.owner.token)
    body = offer | {"app_id": shop.app_id, "state": "on"}
    shown = await town.done("POST", "/v1/operator/entrances", body, token=runs.token)
    path = f"/v1/entrances/{shown['id']}/launches"
    launch = await town.done("POST", path, {}, token=lin.token)
    return {
        "/v1/launches/": launch["launch"],
        "/v1/entrances/": hidden["id"],
        "/v1/operator/entrances/": hidden["id"],
    }


async def _order(town: Town, friend: Someone, lin: Someone) -> Ids:
    """A report, a decision about the person, an archive, and a rule."""
    runs = await town.operator()
    body = {"what": "person", "reason": "spam", "person": lin.id}
    report = await town.done("POST", "/v1/reports", body, token=friend.token)
    path = f"/v1/operator/reports/{report['id']}/decision"
    said = {"action": "warn", "reason": "r"}
    decision = await town.done("POST", path, said, token=runs.token)
    words = "/v1/operator/words"
    said = {"pattern": secrets.token_hex(8), "deed": "queue"}
    word = await town.done("POST", words, said, token=runs.token)
    await town.done("POST", "/v1/exports", token=lin.token)
    export = await ready(town, lin)
    return {
        "/v1/decisions/": decision["id"],
        "/v1/exports/": export["id"],
        "/v1/operator/reports/": report["id"],
        "/v1/operator/appeals/": decision["id"],
        "/v1/operator/words/": word["id"],
    }


async def _bots(town: Town, shop: Shop) -> Ids:
    """A bot of the shop with a gate, and one of the operator's gates."""
    body = {"handle": f"b{secrets.token_hex(4)}", "name": "Bot"}
    bot = await town.done("POST", "/v1/bots", body, token=shop.key)
    where = {"url": "http://127.0.0.1:9/gate", "timeout_ms": 50}
    await town.done("PUT", f"/v1/bots/{bot['id']}/gate", where, token=shop.key)
    return {
        "/v1/bots/": bot["id"],
        "/v1/operator/bots/": bot["id"],
        "/v1/operator/gates/": "gt_nobody",
        "/v1/hooks/": "hks_nobody",
    }


async def _account(town: Town, shop: Shop) -> Ids:
    """An official account, and an article that nobody reads yet."""
    body = {"handle": f"shop_{shop.app_id[-8:].lower()}", "name": "Shop"}
    account = await town.done("POST", "/v1/accounts", body, token=shop.key)
    path = f"/v1/accounts/{account['id']}/manuscripts"
    draft = await town.done("POST", path, {"title": "Tea", "blocks": []}, token=shop.key)
    return {
        "/v1/accounts/": account["id"],
        "/v1/operator/accounts/": account["id"],
        "/v1/manuscripts/": draft["id"],
        "/v1/articles/": draft["id"],
    }


async def _push(town: Town, lin: Someone) -> Ids:
    """A device that is told."""
    body = {"endpoint": f"http://127.0.0.1:9/{secrets.token_hex(8)}", "keys": Browser().keys()}
    made = await town.done("POST", "/v1/push/subscriptions", body, token=lin.token)
    return {"/v1/push/subscriptions/": made["id"]}
