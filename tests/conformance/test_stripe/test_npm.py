"""npm's stripe, unmodified, against a running server.

`requirements/npm-stripe` locks it by hash: copied to `.venv/sdk/stripe-npm`, `npm ci --ignore-scripts` there
puts it where it is looked for. Without it, or without Node, this test is skipped.
"""

import asyncio
import contextlib
import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.test_stripe.refused import Ask, Refused, every_refusal, told_late
from tests.conformance.test_stripe.world import SDKS, Side, StripeTown, heard, params
from tests.patience import PATIENCE_S
from tests.wire.platform import Receiver

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("sdk_of_npm.mjs")


class Npm:
    """The SDK in a process of its own, asked line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, do: str, **said: Any) -> Any:
        """What the SDK answered, or what it raised."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do} | said).encode() + b"\n")
        async with asyncio.timeout(PATIENCE_S):
            line = await self._process.stdout.readline()
        assert line, "the SDK's process has ended"
        told = json.loads(line)
        return told.get("ok", told)

    async def call(self, path: str, *values: Any) -> Any:
        """A method of the SDK."""
        return await self.ask("call", path=path, values=values)


@contextlib.asynccontextmanager
async def sdk_of(side: Side, key: str = "") -> AsyncIterator[Npm]:
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
    assert await npm.ask("begin", key=key or side.shop.key, url=side.town.stripe_url) is True
    yield npm
    assert process.stdin is not None
    process.stdin.close()
    async with asyncio.timeout(PATIENCE_S):
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
        bill = (await npm.call("balanceTransactions.list", {"limit": 10}))["data"]
        assert [line["amount"] for line in bill] == [-10] * 5 + [2500]
        left = await npm.call("checkout.sessions.create", params(100))
        assert (await npm.call("checkout.sessions.expire", left["id"]))["status"] == "expired"
        now = await npm.call("checkout.sessions.retrieve", left["id"])
        assert (now["status"], now["url"]) == ("expired", None)


def asked_by(npm: Npm) -> Ask:
    """What this process of the SDK raises; names are in camel case there."""

    async def ask(path: str, *values: Any, key: str = "") -> Refused | None:
        name = re.sub("_(.)", lambda found: found[1].upper(), path)
        options = [{"idempotencyKey": key}] if key else []
        told = await npm.call(name, *values, *options)
        if "error" not in told:
            return None
        return told["error"].removeprefix("Stripe"), told.get("code"), told["status"]

    return ask


async def test_every_refusal_is_an_error_of_its_own(town: StripeTown) -> None:
    side, lin = await town.new_side(), await town.person(money=50_000)
    async with sdk_of(side) as npm, sdk_of(side, "sk_test_nobody") as nobody:
        await every_refusal(side, lin, asked_by(npm), asked_by(nobody))
        part = {"payment_intent": (await side.bought(lin)).payment_intent, "amount": 10}
        key = {"idempotencyKey": "twice"}
        first = await npm.call("refunds.create", part, key)
        again = await npm.call("refunds.create", part, key)
        assert first["id"] == again["id"] and again["headers"]["idempotent-replayed"] == "true"


async def test_a_webhook_stamped_long_ago_is_not_taken(
    slow_town: StripeTown, receiver: Receiver
) -> None:
    async with sdk_of(await slow_town.new_side()) as npm:
        body, signature, secret = await told_late(slow_town, receiver)
        told = await npm.ask("event", body=body, signature=signature, secret=secret)
        assert told["error"] == "StripeSignatureVerificationError" and "tolerance" in told["says"]
