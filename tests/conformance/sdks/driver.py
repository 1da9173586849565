"""A foreign SDK in a process of its own, asked line by line; and a town that listens on a real socket."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.patience import PATIENCE_S
from tests.wire.platform import Town

HERE = Path(__file__).parent
ROOT = Path(os.environ.get("CHANGLIAO_SDKS") or Path(sys.prefix) / "sdk")
"""Where `scripts/setup test` puts each SDK that cannot share a folder with others."""


def folder_of(sdk: str) -> Path:
    """The SDK's own folder; the test is skipped where it could not be had."""
    folder = ROOT / sdk
    if not folder.is_dir():
        pytest.skip(f"the SDK {sdk} is not in {ROOT}; `scripts/setup test` fetches it")
    return folder


class Driver:
    """`ask` answers what the SDK answered; `Trouble` is what it raised."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process, self._turn = process, asyncio.Lock()

    async def ask(self, do: str, **said: Any) -> Any:
        """One line there, one line back."""
        async with self._turn:
            told = await self._line({"do": do, **said})
        if "error" in told:
            raise Trouble(told["error"])
        return told["ok"]

    async def trouble(self, do: str, **said: Any) -> str:
        """What the SDK raises for this."""
        try:
            answer = await self.ask(do, **said)
        except Trouble as trouble:
            return str(trouble)
        raise AssertionError(f"nothing was raised, but answered: {answer}")

    async def _line(self, said: dict[str, Any]) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(said).encode() + b"\n")
        async with asyncio.timeout(PATIENCE_S):
            line = await self._process.stdout.readline()
        assert line, "the SDK's process has ended"
        return json.loads(line)


class Trouble(Exception):
    """What a foreign SDK raised, in words."""


def needs(sdk: str, script: str) -> None:
    """Skip the test, before anything is started, where the SDK or what runs it is not here."""
    there = shutil.which("node") is not None and (ROOT / sdk / "node_modules").is_dir()
    if script.endswith(".mjs") and not there:
        pytest.skip(f"an SDK of npm: needs Node, and `npm install` of it in {ROOT / sdk}")
    folder_of(sdk)


@contextlib.asynccontextmanager
async def driven(sdk: str, script: str, config: dict[str, Any]) -> AsyncIterator[Driver]:
    """The script in a process that sees nothing but the SDK's folder, given its configuration."""
    runner = "node" if script.endswith(".mjs") else sys.executable
    folder = str(folder_of(sdk))
    process = await asyncio.create_subprocess_exec(
        runner,
        str(HERE / script),
        env={
            "PYTHONPATH": folder,
            "PYTHONUTF8": "1",
            "PYTHONSAFEPATH": "1",
            "ALIPAY_SDK": folder,
            "TZ": "Asia/Shanghai",
            "PATH": os.environ.get("PATH", os.defpath),
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(config).encode() + b"\n")
    try:
        yield Driver(process)
    finally:
        process.stdin.close()
        await process.stdin.wait_closed()
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()


class _Server(uvicorn.Server):
    """uvicorn that leaves signals to the tests."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@contextlib.asynccontextmanager
async def listening(town: Town, place: socket.socket) -> AsyncIterator[None]:
    """The town's hosts on a socket that is bound already."""
    config = uvicorn.Config(town.hosts, http="httptools", lifespan="off", log_level="warning")
    server = _Server(config)
    serving = asyncio.create_task(server.serve([place]))
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if server.started:
                break
            await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await serving
