"""The people of the demo: who opens the desk first finds everything there already."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from changliao.demo.desk import free_port
from changliao.demo.errand import Shown
from changliao.demo.street import Ground, NoPackages, Street
from changliao.demo.world import PEOPLE, Client, World, make_world
from tests.wire.platform import Town


class InTown(Client):
    """The demo's client, heard by a town in the same process."""

    def __init__(self, town: Town) -> None:
        self._town, self.url = town, "http://127.0.0.1"

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str
    ) -> Any:
        return await self._town.done(method, path, body, token=token)


async def test_nobody_finds_a_purse_empty_and_a_kept_folder_keeps_its_people(
    town: Town, tmp_path: Path
) -> None:
    client = InTown(town)
    world = await make_world(client, tmp_path, "http://127.0.0.1:8010")
    for handle, _, play in PEOPLE:
        token = await client.sign_in(handle, world.passwords[handle])
        wallets = (await client.call("GET", "/v1/wallet", token=token))["wallets"]
        has = [one["balance"] for wallet in wallets for one in wallet["balances"]]
        assert sum(has) == play
    again = await make_world(client, tmp_path, "http://127.0.0.1:8011")
    assert (again.passwords, again.app_id, again.key) == (world.passwords, world.app_id, world.key)
    assert again.endpoint_id != world.endpoint_id


async def test_a_street_without_its_packages_stays_closed_and_says_why(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANGLIAO_SDKS", str(tmp_path / "nothing"))
    client, world = InTown(town), World({}, {}, "app_1", "", "", "", "", "")
    async with aiohttp.ClientSession() as http:
        ground = Ground(tmp_path, "127.0.0.1", "127.0.0.1", {}, 8021, free_port)
        street = Street(ground, client, http)
        with pytest.raises(NoPackages):
            await street.begin(world)
        assert not street.is_open
        assert "scripts/setup demo" in street.trouble
        await street.close()


def test_who_walks_the_street_sees_what_a_page_offers_to_press() -> None:
    page = Shown(
        '<a data-test="pay" href="/pay/1?a=1&amp;b=2">Pay</a><a href="/">Home</a>'
        '<form method="post" action="/orders"><input type="hidden" name="item" value="4">'
        '<button data-test="buy-4">Buy</button></form><form action="/basket"><button>Add</button></form>'
    )
    assert page.links == {"pay": "/pay/1?a=1&b=2"}
    assert page.forms == {"buy-4": ("/orders", {"item": "4"})}
