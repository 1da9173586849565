"""`changliao serve` ends in good order: whoever talks is told when to come back, and then that it is over."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from benchmarks.server import Server
from tests.talk.device import Device


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path)
    yield server.start()
    server.stop()


async def arrives(url: str, handle: str) -> Device:
    """A new person with a device that is connected."""
    async with aiohttp.ClientSession(url) as client:
        body = {"handle": handle, "name": handle, "locale": "en", "password": "a long day's walk"}
        async with client.post("/v1/persons", json=body) as answer:
            person_id = (await answer.json())["id"]
        body = {
            "handle": handle,
            "password": body["password"],
            "transport": "bearer",
            "device": "d",
        }
        async with client.post("/v1/sessions", json=body) as answer:
            token = (await answer.json())["token"]
    return await Device(url, token, person_id).connect()


@pytest.mark.slow
async def test_whoever_talks_is_told_when_to_come_back(served: Server) -> None:
    devices = [await arrives(served.url, handle) for handle in ("lin_1", "wang_1")]
    served.ask_to_end()
    for device in devices:
        await device.until(lambda one=device: one.heard[-1]["t"] == "closed")  # type: ignore[misc]
        *_, bye, closed = device.heard
        assert (bye["t"], bye["why"]) == ("bye", "drain") and 0 <= bye["lo"] < bye["hi"]
        assert closed["code"] == 1001
        await device.close()
    served.stop()
    assert "rror" not in served.said()
