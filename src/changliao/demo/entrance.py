"""The demo's first entrance: its shop asks for one, and somebody who runs the place switches it on."""

from pathlib import Path
from typing import Any

import msgspec

from changliao.db.db import Db
from changliao.demo.world import Client, World, keep_world, newcomer
from changliao.people import service as people

OPERATOR = "operator"
TITLE = {"zh-CN": "一味小铺", "en": "Corner Shop"}
SUBTITLE = {"zh-CN": "茶、碗和饺子", "en": "Tea, bowls and dumplings"}


async def open_entrance(db: Db, client: Client, home: Path, world: World) -> World:
    """The world with an operator, and with an entrance that leads to where its shop stands today."""
    if OPERATOR not in world.passwords:
        password, _, _ = await newcomer(client, OPERATOR, "运营小陈", 0)
        await db.write(people.make_operator, OPERATOR)  # As `changliao operator add` does.
        known = world.passwords | {OPERATOR: password}
        world = keep_world(home, msgspec.structs.replace(world, passwords=known))
    token = await client.sign_in(OPERATOR, world.passwords[OPERATOR])
    entrance = await _found(client, world, token) or await _proposed(client, world)
    start_url = f"{world.shop_url}/"
    if entrance["state"] == "proposed" or entrance["start_url"] != start_url:
        path = f"/v1/operator/entrances/{entrance['id']}"
        said = {"state": "on", "start_url": start_url, "position": 1}
        await client.call("PATCH", path, said, token=token)
    return world


async def _found(client: Client, world: World, token: str) -> Any:
    entrances = await client.call("GET", "/v1/operator/entrances", token=token)
    return next((one for one in entrances["items"] if one["app_id"] == world.app_id), None)


async def _proposed(client: Client, world: World) -> Any:
    owner = await client.sign_in("wang", world.passwords["wang"])
    body = {
        "title": TITLE,
        "subtitle": SUBTITLE,
        "start_url": f"{world.shop_url}/",
        "scopes": ["name"],
    }
    return await client.call("POST", f"/v1/apps/{world.app_id}/entrances", body, token=owner)
