"""What the settings make: rails, stores, indexes, and what is allowed here."""

from collections.abc import (
    Callable,
)
from urllib.parse import urlsplit

import msgspec

from changliao.accounts import service as accounts
from changliao.accounts.service import searching as accounts_searching
from changliao.bus.outbox import facts_after
from changliao.chat import service as chat
from changliao.chat.api.desk import Caps
from changliao.chat.model import Receipt
from changliao.chat.model.entries import Entry
from changliao.chat.rules.messages import unveiled
from changliao.chat.service import searching as chat_searching
from changliao.chat.service.rows import entry_row
from changliao.db.db import Books, Db
from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.ledger.model import Mode
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.people import service as people
from changliao.people.service import searching as people_searching
from changliao.rails import api as rails_api
from changliao.rails import roster
from changliao.rails.port import Rail, Site
from changliao.safety.api.screen import Screen
from changliao.search.feed import Search
from changliao.settings import BadSettings, Settings

SEARCH_FOLDER = "search"

FOUND = (
    people_searching.CONTACTS,
    chat_searching.CONVERSATIONS,
    chat_searching.MESSAGES,
    people_searching.PEOPLE,
    accounts_searching.ACCOUNTS_FOUND,
    accounts_searching.ARTICLES_FOUND,
)
"""What the one box of search finds, in this order."""


def caps_of(settings: Settings) -> Caps:
    """What the edition lets people do in a chat."""
    overseas = settings.edition == "overseas"
    return Caps(
        receipts=overseas,
        typing=overseas,
        presence=overseas,
        editing=overseas,
        previews=settings.link_previews,
    )


def origins_of(settings: Settings) -> frozenset[str]:
    """Where our own pages come from: the address we are called by, and what it is called here."""
    parts = urlsplit(settings.url)
    found = {f"{parts.scheme}://{parts.netloc}"}
    if parts.hostname in ("127.0.0.1", "localhost"):
        port = f":{parts.port}" if parts.port else ""
        found |= {f"{parts.scheme}://{name}{port}" for name in ("127.0.0.1", "localhost")}
    return frozenset(found)


def key_modes(settings: Settings) -> tuple[Mode, ...]:
    """The modes whose keys are taken here."""
    return ("live", "test") if settings.mode == "both" else (settings.mode,)


def modes_of(settings: Settings) -> tuple[Mode, ...]:
    """The wallets of this installation: real money, play money, or both."""
    found: list[Mode] = []
    if settings.mode in ("live", "both"):
        found.append("live")
    if settings.mode in ("test", "both") and settings.allow_play:
        found.append("test")
    return tuple(found)


def rails_of(
    settings: Settings, clock: Callable[[], int], cashier_url: Callable[[str], str] = str
) -> dict[str, Rail]:
    """The rails that are configured. Refuses unknown ones, those without an account or a package that
    they need, and play money beside live mode."""
    site = Site(clock, settings.site_name, settings.url + rails_api.NOTICES, cashier_url)
    try:
        rails = roster.built(
            settings.rails, site, settings.rails_file or settings.dir / roster.FILE
        )
    except roster.BadRail as error:
        raise BadSettings(str(error)) from None
    play = sorted(name for name, rail in rails.items() if rail.test_only)
    if settings.mode == "live" and play:
        raise BadSettings(
            f"live mode cannot run the sandbox rails {play}: they are play money. "
            "Take them out of CHANGLIAO_RAILS, or set CHANGLIAO_MODE=both for a sandbox beside live"
        )
    return rails


def search_of(settings: Settings, books: Books) -> Search:
    """The search index of these books: derived from them, and deleted at any time without a loss."""
    return Search(books, facts_after, FOUND, settings.dir / SEARCH_FOLDER)


def receipt_of(tx: Tx, payment_id: str) -> Receipt | None:
    """What chat shows of a payment to whoever paid it; None when that is nobody of ours."""
    payment = pay.payment(tx, payment_id)
    person = people.person_in(tx, payment.payer)
    app = partners.app(tx, payment.app_id)
    if person is None or app is None:
        return None
    return Receipt(
        payment.id,
        person.id,
        app.id,
        app.name,
        payment.amount,
        payment.currency,
        payment.description,
        payment.mode == "test",
    )


def screen_of(settings: Settings, db: Db) -> Screen:
    """What stands before the chat: who may write how fast, and which words are let through."""

    async def raid(conversation_id: str) -> None:
        await db.write(chat.raise_guard, conversation_id)

    speed = settings.messages_per_s, settings.messages_burst
    return Screen(db, settings.edition, *speed, raid)


def entry_of_export(entry: Entry, person_id: str) -> bytes:
    """An entry in an archive: the same shape as everywhere, as this person sees it."""
    return msgspec.json.encode(entry_row(unveiled(entry, person_id)))


def app_of(rows: Reader | Tx, owner: str) -> str:
    """The app that speaks in the conversations of this owner: an account's, or the app itself."""
    account = accounts.of_voice(rows, owner)
    return account.app_id if account else owner
