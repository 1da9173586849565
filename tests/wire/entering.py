"""What happens at entrances, route by route."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.wire.platform import Shop, Someone

if TYPE_CHECKING:
    from tests.wire.test_happy_paths import Life


async def entrances(life: "Life", lin: Someone, shop: Shop) -> None:
    """A partner offers one, the operator opens it, a person goes in, pays, shares, and takes a word back."""
    call, runs = life.call, await life.town.operator()
    offer = {"title": {"zh-CN": "小铺", "en": "Shop"}, "start_url": "https://shop.example/"}
    path = f"/v1/apps/{shop.app_id}/entrances"
    made = await call("POST", path, offer | {"scopes": ["name"]}, token=shop.owner.token)
    assert [one["id"] for one in (await call("GET", path, token=shop.owner.token))["items"]] == [
        made["id"]
    ]
    changed = await call(
        "PATCH", f"/v1/operator/entrances/{made['id']}", {"state": "on"}, token=runs.token
    )
    assert changed["state"] == "on"
    body = offer | {"app_id": shop.app_id}
    other = await call("POST", "/v1/operator/entrances", body, token=runs.token)
    listed = (await call("GET", "/v1/operator/entrances", token=runs.token))["items"]
    assert {one["id"] for one in listed} == {made["id"], other["id"]}
    seen = (await call("GET", "/v1/entrances", token=lin.token))["items"]
    assert [one["id"] for one in seen] == [made["id"]]
    launch = await call("POST", f"/v1/entrances/{made['id']}/launches", {}, token=lin.token)
    code = parse_qs(urlsplit(launch["url"]).query)["code"][0]
    visitor = await call("POST", "/v1/launch_tokens", {"code": code}, token=shop.key)
    assert visitor["launch"] == launch["launch"] and visitor["shared"] == {}
    path = f"/v1/launches/{launch['launch']}"
    asked = await call("POST", f"{path}/tokens", {"scopes": ["name"]}, token=lin.token)
    assert asked["undecided"] == ["name"]
    consent = f"/v1/consents/{shop.app_id}/name"
    await call("PUT", consent, {"granted": True}, token=lin.token)
    assert len((await call("GET", "/v1/consents", token=lin.token))["items"]) == 1
    await call("DELETE", consent, token=lin.token)
    payment = await life.town.payment(shop)
    shown = await call("POST", f"{path}/payments", {"payment": payment["id"]}, token=lin.token)
    assert shown["payment_id"] == payment["id"]
    card = await call("POST", f"{path}/cards", {"title": "Tea"}, token=lin.token)
    assert (card["app"], card["title"]) == (shop.app_id, "Tea")
