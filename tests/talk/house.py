"""A platform behind real sockets whose people talk."""

import asyncio
import itertools
import time
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE_S
from tests.places import Place
from tests.talk.device import Device
from tests.wire.platform import Someone
from tests.wire.served import Served


class House(Served):
    """People, their contacts, their devices."""

    def __init__(self, folder: Path, place: Place | None = None, **said: Any) -> None:
        said = {"messages_per_s": 10_000, "messages_burst": 10_000} | said
        super().__init__(folder, place, **said)
        self.devices: list[Device] = []

    async def stop(self) -> None:
        for device in self.devices:
            await device.close()
        await super().stop()

    async def friends(self, *handles: str) -> list[Someone]:
        """People who are in each other's contacts."""
        found = [await self.person(handle, pin=False) for handle in handles]
        for one, other in itertools.combinations(found, 2):
            await self.befriend(one, other)
        await self.settled()
        return found

    def device(self, who: Someone, name: str = "d") -> Device:
        """A device that is not connected yet."""
        found = Device(self.url, who.token, who.id, f"{who.handle}-{name}")
        self.devices.append(found)
        return found

    async def on(self, who: Someone, name: str = "d") -> Device:
        """A device that is connected."""
        return await self.device(who, name).connect()

    async def anew(self, who: Someone) -> dict[str, Any]:
        """What the server says to somebody who holds nothing: the same shape as `Device.world`."""
        rows: list[Any] = []
        cursor, more = "", True
        while more:
            page = await self.done("GET", f"/v1/chat?after={cursor}", token=who.token)
            rows, cursor, more = rows + page["items"], page["cursor"], page["more"]
        found = {}
        for row in rows:
            shown = {key: value for key, value in row.items() if key not in ("v", "last", "name")}
            found[row["c"]] = {**shown, "log": await self.log(who, row["c"])}
        return found

    async def agrees(self, device: Device) -> None:
        """What the device holds is what the server says anew, once all has arrived."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                await self._agrees(device)
                return
            except (AssertionError, ValueError, KeyError):
                await asyncio.sleep(0.1)
        await self._agrees(device)

    async def _agrees(self, device: Device) -> None:
        await device.caught_up()
        who = Someone(device.me, "", device.token)
        held, told = device.world(), await self.anew(who)
        assert sorted(held) == sorted(told), f"{device.name}: {sorted(held)} / {sorted(told)}"
        for conversation, row in told.items():
            mine, its_log = dict(held[conversation]), row.pop("log")
            my_log = mine.pop("log")
            other = {key: (mine[key], row[key]) for key in row if mine[key] != row[key]}
            assert not other, f"{device.name} holds, and the server says: {other}"
            odd = [both for both in zip(my_log, its_log, strict=True) if both[0] != both[1]]
            assert not odd, f"{device.name} holds, and the server says: {odd}"

    async def log(self, who: Someone, conversation: str) -> list[dict[str, Any]]:
        """All that somebody may see of a conversation."""
        entries: list[dict[str, Any]] = []
        while True:
            after = entries[-1]["s"] if entries else 0
            path = f"/v1/conversations/{conversation}/messages?after={after}&limit=100"
            page = await self.done("GET", path, token=who.token)
            entries += page["items"]
            if not page["items"] or entries[-1]["s"] >= page["head"]:
                return entries
