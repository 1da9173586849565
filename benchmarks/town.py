"""A town to measure in: persons with wallets, PINs and sessions, shops with keys, mandates.

Made by the rooms' own verbs before the server starts, because passwords take a person's time on
purpose; the money comes from the sandbox bank, so the audit finds nothing wrong.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Iterable
from typing import Any

from benchmarks.shopkeeper import RATE
from changliao import command
from changliao.app import Platform
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.value import Value
from changliao.partners import service as partners
from changliao.partners.model import AskApp, AskFound, AskKey, Mode
from changliao.people import service as people
from changliao.people.model import AskRegister, AskSession, AskSetPin
from changliao.settings import Settings
from changliao.wallet import service as wallet
from changliao.wallet.model import AskMandate, AskTopUp

CURRENCY, PIN = "CNY", "258036"
MODE: Mode = "test"
PURSE = 10**11
"""What each person has: enough for any run."""

_RAIL = "sandbox_bank"
_SESSION_S = 7 * 24 * 3600
_AT_ONCE = 256


class Mandate(Value, frozen=True):
    """What a person lets a shop take."""

    shop: int
    id: str


class Town(Value, frozen=True):
    """Everything that a crowd needs to pay: keys of shops, tokens of persons, mandates by shop."""

    app_ids: list[str]
    keys: list[str]
    tokens: list[str]
    mandates: list[list[str]]

    @property
    def minted(self) -> int:
        """All the money there is in wallets and shops."""
        return PURSE * len(self.tokens)


async def build(settings: Settings, persons: int, shops: int) -> Town:
    """Build it in the books of these settings, which must be empty."""
    platform: Platform = await command.open_platform(settings)
    await platform.start()
    try:
        found = await _shops(platform.db, shops)
        made = await _together(_person(platform.db, number) for number in range(persons))
        town = Town([app for app, _ in found], [key for _, key in found], [], [[] for _ in found])
        given = await _together(
            _mandate(platform.db, person_id, town.app_ids[shop], shop)
            for number, (person_id, _) in enumerate(made)
            for shop in sorted({number % shops, 0})
        )
        for mandate in given:
            town.mandates[mandate.shop].append(mandate.id)
        town.tokens.extend(token for _, token in made)
        while await platform.db.read(_still_empty):
            await platform.news.wait(0.1)
        return town
    finally:
        await platform.stop()


async def _shops(db: Db, count: int) -> list[tuple[str, str]]:
    owner = await db.write(people.register, AskRegister("owner", "Owner", "en", "-"))
    partner = await db.write(partners.found_partner, AskFound(owner.id, "Town"))

    async def shop(number: int) -> tuple[str, str]:
        app = await db.write(partners.create_app, AskApp(owner.id, partner.id, f"Shop {number}"))
        key = f"sk_test_{secrets.token_urlsafe(32)}"
        ask = AskKey(
            owner.id,
            app.id,
            MODE,
            people.token_hash(key),
            key[-4:],
            "town",
            per_s=RATE,
            burst=RATE,
        )
        await db.write(partners.issue_key, ask)
        return app.id, key

    return await _together(shop(number) for number in range(count))


async def _person(db: Db, number: int) -> tuple[str, str]:
    name = f"person_{number}"
    person = await db.write(people.register, AskRegister(name, name, "zh-CN", "-"))
    token = "pst_" + secrets.token_urlsafe(32)
    session = AskSession(
        person.id, people.token_hash(token), "bearer", "town", "127.0.0.1", _SESSION_S
    )
    await asyncio.gather(
        db.write(people.set_pin, AskSetPin(person.id, PIN)),
        db.write(people.open_session, session),
        db.write(wallet.request_top_up, AskTopUp(person.id, MODE, _RAIL, PURSE, CURRENCY)),
    )
    return person.id, token


async def _mandate(db: Db, person_id: str, app_id: str, shop: int) -> Mandate:
    ask = AskMandate(person_id, app_id, MODE, CURRENCY, 10**6, 10**12, PIN)
    given = await db.write(wallet.give_mandate, ask)
    assert not isinstance(given, Exception), given
    return Mandate(shop, given.id)


def _still_empty(reader: Reader) -> bool:
    """Whether some top-up or job is still under way."""
    open_top_ups = reader.query("SELECT 1 FROM wallet_top_ups WHERE status <> 'succeeded' LIMIT 1")
    return bool(
        open_top_ups or reader.query("SELECT 1 FROM bus_jobs WHERE state <> 'done' LIMIT 1")
    )


async def _together(work: Iterable[Awaitable[Any]]) -> list[Any]:
    """The answers of all the work, in order, a few hundred at a time."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(job: Awaitable[Any]) -> Any:
        async with gate:
            return await job

    return list(await asyncio.gather(*[one(job) for job in work]))
