"""The people of the demo: who opens the desk first finds everything there already."""

from pathlib import Path
from typing import Any

from changliao.demo.world import PEOPLE, Client, make_world
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
