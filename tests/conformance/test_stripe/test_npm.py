"""npm's stripe, unmodified, against a running server.

`requirements/npm-stripe` locks it by hash: copied to `.venv/sdk/stripe-npm`, `npm ci --ignore-scripts` there
puts it where it is looked for. Without it, or without Node, this test is skipped.
"""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.test_stripe.world import SDKS, Side, StripeTown, heard, params
from tests.wire.platform import Receiver

SCRIPT = Path(__file__).with_name("sdk_of_npm.mjs")


class Npm:
    """The SDK in a process of its own, asked line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, do: str, **said: Any) -> Any:
        """What the SDK answered, or what it raised."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do} | said).encode() + b"\n")
        async with asyncio.timeout(60):
            line = await self._process.stdout.readline()
        assert line, "the SDK's process has ended"
        told = json.loads(line)
        return told.get("ok", told)

    async def call(self, path: str, *values: Any) -> Any:
        """A method of the SDK."""
        return await self.ask("call", path=path, values=values)


@contextlib.asynccontextmanager
async def sdk_of(side: Side) -> AsyncIterator[Npm]:
    """The SDK with what a shop configures."""
    node, folder = shutil.which("node"), SDKS / "stripe-npm"
    if node is None or not folder.is_dir():
        pytest.skip(f"no Node, or npm's stripe is not in {folder}")
    process = await asyncio.create_subprocess_exec(
        node,
        str(SCRIPT),
        env={"SDK_FOLDER": str(folder)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    npm = Npm(process)
    assert await npm.ask("begin", key=side.shop.key, url=side.town.stripe_url) is True
    yield npm
    assert process.stdin is not None
    process.stdin.close()
    async with asyncio.timeout(20):
        await process.wait()


async def test_session_cashier_webhook_refund(town: StripeTown, receiver: Receiver) -> None:
    side, lin = await town.new_side(), await town.person(money=50_000)
    async with sdk_of(side) as npm:
        wanted = {"url": receiver.url, "enabled_events": ["checkout.session.completed"]}
        hook = await npm.call("webhookEndpoints.create", wanted)
        session = await npm.call("checkout.sessions.create", params(2500))
        await side.pays(lin, session["url"])
        (headers, body), *_ = await heard(receiver, 1)
        signed = {"signature": headers["stripe-signature"], "secret": hook["secret"]}
        event = await npm.ask("event", body=body.decode(), **signed)
        assert event["data"]["object"]["id"] == session["id"]
        changed = await npm.ask("event", body=body.decode().replace("2500", "2501"), **signed)
        assert changed["error"] == "StripeSignatureVerificationError"

        paid = await npm.call(
            "checkout.sessions.retrieve", session["id"], {"expand": ["payment_intent"]}
        )
        assert paid["payment_intent"]["status"] == "succeeded"
        part = {"payment_intent": paid["payment_intent"]["id"], "amount": 10}
        made = [(await npm.call("refunds.create", part))["id"] for _ in range(5)]
        assert await npm.ask("walk", path="refunds", values=[{"limit": 2}]) == made[::-1]


async def test_refusals_are_its_own_errors(town: StripeTown) -> None:
    side, lin = await town.new_side(), await town.person(money=50_000)
    async with sdk_of(side) as npm:
        missing = await npm.call("refunds.retrieve", "re_nobody")
        assert (missing["error"], missing["code"], missing["status"]) == (
            "StripeInvalidRequestError",
            "resource_missing",
            404,
        )
        bought = await side.bought(lin)
        part = {"payment_intent": bought.payment_intent, "amount": 10}
        once = {"idempotencyKey": "once"}
        first = await npm.call("refunds.create", part, once)
        again = await npm.call("refunds.create", part, once)
        assert first["id"] == again["id"] and again["headers"]["idempotent-replayed"] == "true"
        other = await npm.call("refunds.create", part | {"amount": 11}, once)
        assert (other["error"], other["status"]) == ("StripeIdempotencyError", 400)
