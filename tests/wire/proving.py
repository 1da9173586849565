"""Lives with passkeys and with computers that a phone signs in: parts of longer stories, over HTTP alone."""

from typing import Any, Protocol

from tests.device import Device
from tests.wire.platform import PASSWORD, PIN, URL, Shop, Someone

Call = dict[str, Any]


class Story(Protocol):
    """Whatever calls routes that must succeed."""

    async def call(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        """One request that must succeed; what it answers."""


async def add_passkey(story: Story, person: Someone, **proof: str) -> tuple[Device, Any]:
    """A fresh device, and its passkey as the platform shows it."""
    device = Device(origin=URL)
    path = "/v1/passkeys/registrations"
    asked = await story.call("POST", path, proof or {"pin": PIN}, token=person.token)
    registration = device.registration(asked["public_key"])
    body = {"name": "phone", "registration": registration}
    return device, await story.call("POST", "/v1/passkeys", body, token=person.token)


async def to_sign_in(story: Story, device: Device, handle: str = "", **lies: Any) -> Call:
    """What the device says to sign in."""
    asked = await story.call("POST", "/v1/passkeys/sign-ins", {"handle": handle})
    return device.signed(asked["public_key"], **lies)


async def to_pay(
    story: Story, device: Device, person: Someone, payment: Any, **lies: Any
) -> dict[str, Any]:
    """What the person's browser sends to confirm the payment by passkey."""
    kind = "combined_payments" if payment["id"].startswith("cmb_") else "payments"
    ticket = payment["cashier_url"].partition("?t=")[2]
    path = f"/v1/{kind}/{payment['id']}/challenges"
    asked = await story.call("POST", path, {"token": ticket}, token=person.token)
    return {"token": ticket, "passkey": device.signed(asked["public_key"], **lies)}


async def to_give(
    story: Story, device: Device, person: Someone, wish: dict[str, Any], **lies: Any
) -> dict[str, Any]:
    """What the person's browser sends to give this mandate by passkey."""
    asked = await story.call("POST", "/v1/mandates/challenges", wish, token=person.token)
    return wish | {"passkey": device.signed(asked["public_key"], **lies)}


async def to_leave(story: Story, device: Device, person: Someone) -> dict[str, Any]:
    """What the person's browser sends to delete the account by passkey."""
    asked = await story.call("POST", "/v1/me/challenges", token=person.token)
    return {"passkey": device.signed(asked["public_key"])}


async def passkeys(story: Story, lin: Someone, shop: Shop) -> None:
    """Added, used to sign in, to pay one and several and to give a mandate, named, taken away."""
    call = story.call
    device, passkey = await add_passkey(story, lin, password=PASSWORD)
    assert (passkey["name"], passkey["used_at"], passkey["synced"]) == ("phone", None, False)
    for handle in ("", lin.handle):
        session = await call(
            "POST", "/v1/sessions", {"passkey": await to_sign_in(story, device, handle)}
        )
        assert (session["person_id"], session["current"]) == (lin.id, True)
        me = await call("GET", "/v1/me", token=session["token"])
        assert (me["handle"], me["has_passkey"]) == (lin.handle, True)
    money = {"amount": 5, "currency": "CNY"}
    body: Any = money | {"reference": "by passkey"}
    payment = await call("POST", "/v1/payments", body, token=shop.key)
    said = await to_pay(story, device, lin, payment)
    path = f"/v1/payments/{payment['id']}/confirmation"
    assert (await call("POST", path, said, token=lin.token))["payment"]["status"] == "paid"
    parts = [money | {"reference": f"by passkey {n}"} for n in (1, 2)]
    body = {"reference": "cart by passkey", "payments": parts}
    cart = await call("POST", "/v1/combined_payments", body, token=shop.key)
    said = await to_pay(story, device, lin, cart)
    path = f"/v1/combined_payments/{cart['id']}/confirmation"
    assert (await call("POST", path, said, token=lin.token))["payment"]["status"] == "paid"
    wish = {"app_id": shop.app_id, "mode": "test", "currency": "CNY"}
    said = await to_give(story, device, lin, wish | {"per_payment": 5, "per_day": 9})
    given = await call("POST", "/v1/mandates", said, token=lin.token)
    assert (given["status"], given["per_payment"], given["per_day"]) == ("active", 5, 9)
    path = f"/v1/passkeys/{passkey['id']}"
    assert (await call("PUT", path, {"name": "old"}, token=lin.token))["name"] == "old"
    listed = (await call("GET", "/v1/passkeys", token=lin.token))["items"]
    assert [(one["name"], one["used_at"] is not None) for one in listed] == [("old", True)]
    await call("DELETE", path, token=lin.token)
    assert (await call("GET", "/v1/passkeys", token=lin.token))["items"] == []


async def computer(story: Story, lin: Someone) -> Someone:
    """A computer shows a code, a phone scans and answers it, and the computer is signed in."""
    call = story.call
    shown = await call("POST", "/v1/sign-in-codes")
    assert shown["url"] == f"{URL}/s/{shown['code']}"
    assert shown["qr_url"].startswith("data:image/svg+xml")
    here = f"/v1/sign-in-codes/{shown['id']}"
    assert (await call("GET", here, token=shown["secret"]))["state"] == "waiting"
    seen = await call("POST", "/v1/scans", {"code": shown["code"]}, token=lin.token)
    assert (seen["id"], seen["place"], seen["same_network"]) == (shown["id"], "127.0.x.x", True)
    assert (await call("GET", f"{here}?seen=waiting&wait=20", token=shown["secret"]))[
        "state"
    ] == "scanned"
    path = f"/v1/scans/{seen['id']}/answer"
    await call("PUT", path, {"number": shown["number"]}, token=lin.token)
    assert (await call("GET", here, token=shown["secret"]))["state"] == "approved"
    body = {"sign_in_code": {"id": shown["id"], "secret": shown["secret"]}, "device": "computer"}
    session = await call("POST", "/v1/sessions", body)
    assert session["person_id"] == lin.id
    return Someone(lin.id, lin.handle, session["token"])


async def elsewhere(story: Story, lin: Someone, here: Someone) -> None:
    """Everything but the computer is signed out."""
    listed = (await story.call("GET", "/v1/sessions", token=here.token))["items"]
    current = [one for one in listed if one["current"]]
    assert len(listed) > 1 and [one["device"] for one in current] == ["computer"]
    await story.call("DELETE", "/v1/sessions?others=true", token=here.token)
    assert (await story.call("GET", "/v1/sessions", token=here.token))["items"] == current
