"""Entrances and launches, for tests that only need some."""

from typing import Any

from tests.wire.platform import Shop, Someone, Town


async def entered(town: Town, shop: Shop, lin: Someone) -> dict[str, str]:
    """A launch of one entrance of the shop, and another one that nobody is shown yet."""
    runs = await town.operator()
    title = {"zh-CN": "小铺", "en": "Shop"}
    offer: dict[str, Any] = {"title": title, "start_url": "https://shop.example/"}
    path = f"/v1/apps/{shop.app_id}/entrances"
    hidden = await town.done("POST", path, offer, token=shop.owner.token)
    offer |= {"app_id": shop.app_id, "state": "on"}
    shown = await town.done("POST", "/v1/operator/entrances", offer, token=runs.token)
    path = f"/v1/entrances/{shown['id']}/launches"
    launch = await town.done("POST", path, {}, token=lin.token)
    return {
        "/v1/launches/": launch["launch"],
        "/v1/entrances/": hidden["id"],
        "/v1/operator/entrances/": hidden["id"],
    }
