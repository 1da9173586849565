"""A platform behind real sockets, so that an unmodified SDK can call it: one port native, one Stripe."""

import asyncio
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import stripe

from tests.patience import PATIENCE_S
from tests.places import Place
from tests.wire.platform import Receiver, Shop, Someone
from tests.wire.served import Served

THEIRS = "stripe"
SDKS = Path(os.environ.get("CHANGLIAO_SDKS") or Path(sys.prefix) / "sdk")
"""Where `scripts/setup test` puts each SDK that cannot share a folder with others."""


class StripeTown(Served):
    """A Town that listens and speaks Stripe; `stripe_url` is the root of the dialect."""

    def __init__(self, folder: Path, place: Place | None = None, **said: Any) -> None:
        super().__init__(folder, place, speaks=("stripe_url",), **said)
        self.stripe_url = self.platform.settings.stripe_url

    async def opened(self, shop: Shop) -> "Side":
        """Open the dialect for a shop; its client."""
        said = {"dialect": THEIRS}
        account = await self.done("POST", "/v1/dialects", said, token=shop.key)
        return Side(self, shop, account)

    async def new_side(self) -> "Side":
        """A shop that speaks Stripe."""
        return await self.opened(await self.shop())


class Side:
    """A shop and its unmodified SDK."""

    def __init__(self, town: StripeTown, shop: Shop, account: Any) -> None:
        self.town, self.shop, self.account = town, shop, account
        self.client = stripe.StripeClient(
            shop.key, base_addresses={"api": town.stripe_url}, max_network_retries=0
        )

    async def run(self, call: Callable[..., Any], *args: Any, **said: Any) -> Any:
        """A call of the SDK, off the loop: the server lives in it."""
        return await asyncio.to_thread(functools.partial(call, *args, **said))

    async def session(self, amount: int = 1000, **said: Any) -> Any:
        """A checkout session for one thing."""
        return await self.run(self.client.v1.checkout.sessions.create, params(amount, **said))

    async def pays(self, person: Someone, url: str) -> Any:
        """The person pays at the cashier of this address."""
        payment_id, _, token = url.rpartition("/")[2].partition("?t=")
        payment = {"id": payment_id, "cashier_url": f"?t={token}"}
        answer = await self.town.pay(person, payment)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def bought(self, person: Someone, amount: int = 1000, **said: Any) -> Any:
        """A session that was paid, retrieved anew."""
        session = await self.session(amount, **said)
        await self.pays(person, session.url)
        return await self.run(self.client.v1.checkout.sessions.retrieve, session.id)


def params(amount: int = 1000, *, currency: str = "cny", **said: Any) -> Any:
    """What a session is created with."""
    item = {
        "price_data": {
            "currency": currency,
            "unit_amount": amount,
            "product_data": {"name": "Tea"},
        },
        "quantity": 1,
    }
    return {
        "mode": "payment",
        "line_items": [item],
        "success_url": "https://shop.example/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/cart",
    } | said


async def heard(receiver: Receiver, least: int) -> list[Any]:
    """The webhooks that a receiver has, once there are so many."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if len(receiver.heard) >= least:
                return receiver.heard
            await asyncio.sleep(0.02)
