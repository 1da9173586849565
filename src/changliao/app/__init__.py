"""The composition root: the only place that builds the rooms and connects them."""

import asyncio
import logging
from collections.abc import (
    Callable,
    Coroutine,
    Sequence,
)
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from changliao import __version__
from changliao.accounts import jobs as accounts_jobs
from changliao.accounts import service as accounts
from changliao.accounts.api.tally import Tally
from changliao.app import doors
from changliao.app.books import (
    BOOKS_FILE,
    KEY_FILE,
    audit,
    books_of,
    open_db,
    register,
    vault_of,
)
from changliao.app.following import CARES, FOLLOWERS
from changliao.app.made import (
    FOUND,
    SEARCH_FOLDER,
    app_of,
    caps_of,
    entry_of_export,
    key_modes,
    modes_of,
    origins_of,
    rails_of,
    receipt_of,
    screen_of,
    search_of,
)
from changliao.app.serving import in_loop, run
from changliao.app.stores import media_trouble, store_of
from changliao.bots.api.gatekeeper import Gatekeeper
from changliao.bus import jobs as bus_jobs
from changliao.bus.jobs import Runner
from changliao.bus.outbox import News, follow, keep_cursors
from changliao.chat import jobs as chat_jobs
from changliao.chat import service as chat
from changliao.chat.api.desk import Desk, Limits
from changliao.chat.api.hub import Hub
from changliao.chat.api.session import Session
from changliao.db.db import Db
from changliao.db.once import KEPT_DAYS, forget_old_answers
from changliao.dialects import callbacks, hooks, instances
from changliao.dialects import jobs as dialects_jobs
from changliao.dialects import service as dialects
from changliao.dialects.api.alipay.dialect import Alipay
from changliao.dialects.api.diary import Diary
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.keyring import Keyring
from changliao.dialects.api.saleor import reports as saleor_reports
from changliao.dialects.api.saleor.dialect import Saleor
from changliao.dialects.api.stripe import told as stripe_told
from changliao.dialects.api.stripe.speech import Stripe
from changliao.dialects.api.wechat.dialect import WechatPay
from changliao.dialects.api.wechat_mp import callbacks as mp_callbacks
from changliao.dialects.api.wechat_mp.dialect import WeChatMp
from changliao.dialects.model import DialectName
from changliao.dialects.port import Dialect
from changliao.entrances import service as entrances
from changliao.kernel.addresses import web_origin
from changliao.kernel.instant import DAY_US
from changliao.media import jobs as media_jobs
from changliao.media import service as media
from changliao.media.api.pictures import Pictures
from changliao.media.api.uploads import Uploads
from changliao.partners import jobs as partners_jobs
from changliao.partners import service as partners
from changliao.partners.api.guard import AgentGuard, AppGuard
from changliao.pay import jobs as pay_jobs
from changliao.pay import service as pay
from changliao.pay.api import (
    cashier,
)
from changliao.people import service as people
from changliao.people.api import socket_tokens
from changliao.people.api.guard import PersonGuard
from changliao.people.api.passwords import Passwords
from changliao.push import jobs as push_jobs
from changliao.push import service as push
from changliao.push.web import TIMEOUT_S as PUSH_S
from changliao.push.web import WebPush
from changliao.rails import jobs as rails_jobs
from changliao.rails import service as rails_service
from changliao.safety import jobs as safety_jobs
from changliao.safety.service import mine
from changliao.settings import Settings
from changliao.wire import pages as wire_pages
from changliao.wire import shell
from changliao.wire.assets import assets_of
from changliao.wire.hosts import ByHost
from changliao.wire.http import Http
from changliao.wire.limits import Buckets
from changliao.wire.openapi import openapi
from changliao.wire.outbound import Outbound
from changliao.wire.routes import Routes
from changliao.wire.rsa import RsaPool
from changliao.wire.sign import ed25519_public
from changliao.wire.socket import Handshake
from changliao.wire.upgrades import origin_of

log = logging.getLogger("changliao")

GATE_MAX_S = 3
"""No gate is waited for so long; each has less of its own."""
_HOUSEKEEPING_S = 3600
_RETURNS = "return urls"  # What the key that signs return addresses is derived for.
_PUSHES = "web push"  # And the one by which push services know us.

SPOKEN: dict[DialectName, Callable[[Ground, str], Dialect]] = {
    "alipay": Alipay,
    "saleor": Saleor,
    "stripe": Stripe,
    "wechat": WechatPay,
    "wechat_mp": WeChatMp,
}
"""Every dialect that can be spoken, made of its ground and the root of its host."""

PAGES = shell.ADDRESSES | {
    "/sign-in": "sign-in.html",
    "/wallet": "wallet.html",
    "/pay/{id}": "pay.html",
    "/s/{code}": "scan.html",
    "/console": "console.html",
    "/console/{page}": "console.html",
    "/docs": "docs.html",
    "/docs/errors": "docs.html",
    "/discover": "discover.html",
    "/operator": "operator.html",
    "/a/{id}": "article.html",
}
FRAMING = ("/discover",)
"""Pages that show partners' pages in a frame: those of entrances that are on, and no other."""


class Platform:
    """A running installation: its database, its HTTP application, its work in the background."""

    def __init__(self, settings: Settings, db: Db) -> None:
        self.settings, self.db = settings, db
        self.news = News(db)
        self.modes = modes_of(settings)
        self.address = cashier.cashier_url(db, settings.url)
        self.rails = rails_of(settings, db.clock, self.address)
        self.outbound = Outbound(allow_private=settings.allow_private_callbacks)
        self._notices = Outbound(
            allow_private=settings.allow_private_callbacks, timeout_s=dialects_jobs.TIMEOUT_S
        )
        self.passwords = Passwords()
        self.person = PersonGuard(db)
        self.socket_tokens = socket_tokens.SocketTokens(db)
        self.app = AppGuard(db, self.person, key_modes(settings))
        self.agent = AgentGuard(db, self.app)
        self.site = cashier.Site(settings.url, db.vault.derive(_RETURNS))
        self._origins = origins_of(settings)
        self.store = store_of(settings, db.clock)
        self.uploads = Uploads(db, self.store, Pictures())
        self._pool = RsaPool()
        caps = caps_of(settings)
        self.hub = Hub(db, self.news, receipts=caps.receipts)
        limits = Limits(settings.messages_per_s, settings.messages_burst)
        self.search = search_of(settings, db)
        self.screen = screen_of(settings, db)
        self._asking = Outbound(
            allow_private=settings.allow_private_callbacks, timeout_s=GATE_MAX_S
        )
        self.gates = Gatekeeper(db, self._asking)
        self.desk = Desk(db, self.hub, limits, caps, settings.url, self.screen, self.gates)
        calls = Outbound(allow_private=settings.allow_private_callbacks, timeout_s=PUSH_S)
        self.pusher = WebPush(calls, db.vault.derive(_PUSHES), settings.url, db.clock)
        self.keyring = Keyring(db, self._pool)
        self.dialects = self._dialects()
        self.tally = Tally(db)
        self._tasks: list[asyncio.Task[None]] = []
        self._runner = Runner(
            db,
            self.news,
            {
                rails_service.CARRY: rails_jobs.carry(db, self.rails),
                partners.DELIVER: partners_jobs.deliver(db, self.outbound),
                media.RELEASE: media_jobs.release(db),
                chat.PREVIEW: chat_jobs.preview(db, self.outbound, self._picture),
                push.TELL: push_jobs.tell(db, self.pusher, self.hub.is_here),
                push.AGAIN: push_jobs.again(db, self.pusher, self.hub.is_here),
                mine.PACK: safety_jobs.Packing(db, self.store, entry_of_export).work,
                mine.ERASE: safety_jobs.erase(db),
                pay.RETRY: pay_jobs.retry_refund(db),
                accounts.PUBLISH: accounts_jobs.publish(db),
                dialects.NOTIFY: dialects_jobs.notify(db, self._notices, self.dialects),
            },
        )

    async def _picture(self, person_id: str, content: bytes) -> str:
        """Keep a picture that we fetched for somebody, or that came by a dialect."""
        return (await self.uploads.bring(person_id, content)).id

    async def _bytes(self, media_id: str) -> bytes:
        """The bytes of a picture that a dialect may give away."""
        found = (await self.db.read(media.media_of, [media_id]))[media_id]
        pieces = await self.store.read(found.blob, 0, found.size)
        return b"".join([piece async for piece in pieces])

    def own_origins(self) -> list[str]:
        """Where we answer ourselves."""
        return [*origins_of(self.settings), *map(web_origin, self.spoken.values())]

    def _dialects(self) -> dict[DialectName, Dialect]:
        """The dialects that have a host of their own here."""
        return_key = ed25519_public(self.db.vault.derive(_RETURNS))
        ground = Ground(
            self.db,
            self.keyring,
            Diary(),
            Buckets(),
            self.outbound,
            self.address,
            return_key,
            self.app.by_key,
            self._picture,
            self._bytes,
            self.settings.url,
            self.modes,
        )
        urls = {name: getattr(self.settings, f"{name}_url").rstrip("/") for name in SPOKEN}
        return {name: SPOKEN[name](ground, url) for name, url in urls.items() if url}

    @property
    def spoken(self) -> dict[str, str]:
        """The root of the host at which each dialect is spoken."""
        return {name: dialect.url for name, dialect in self.dialects.items()}

    def hosts(self, extra: Sequence[Routes] = ()) -> ByHost:
        """The application, and each dialect beside it under a host of its own."""
        named = {
            urlsplit(dialect.url).netloc: Http(
                dialect.routes(), refused=dialect.refused, broken=dialect.broken
            )
            for dialect in self.dialects.values()
        }
        return ByHost(self.http(extra), named)

    def http(self, extra: Sequence[Routes] = ()) -> Http:
        """The application, with `extra` routes beside those of the rooms."""
        groups = [*doors.routes_of(self), *extra]

        @cache
        def reference() -> bytes:
            """Made when it is first asked for."""
            site = self.settings
            said = openapi(groups, title=site.site_name, version=__version__, url=site.url)
            return msgspec.json.encode(said)

        assets = assets_of("changliao", "client")
        brings = {"/pay/{id}": cashier.bring(self.db, self.person.maybe, self.site)}
        frames = dict.fromkeys(FRAMING, partial(self.db.read, entrances.origins))
        pages = wire_pages.routes(assets, reference, PAGES, brings, frames)
        rooted = any(route.path == "/" for group in groups for route in group.all)
        front = shell.routes(assets, self.settings.url, root=not rooted)
        routes = [route for group in [*groups, pages, front] for route in group.all]
        return Http(
            routes,
            assets=assets.answer,
            start=self.start,
            stop=self.stop,
            sockets={"/v1/socket": self.listen},
            farewell=self.hub.farewell,
        )

    def listen(self, handshake: Handshake) -> Session:
        """Who hears a new socket: a device of a person, from our own pages or from an app."""
        origin_of(handshake, self._origins)
        return Session(self.hub, self.desk, self.socket_tokens)

    async def start(self) -> None:
        """Begin the work in the background."""
        for rail in self.rails.values():
            rail.listen(rails_jobs.hear(self.db))
        for name, heard in FOLLOWERS:
            self._spawn(follow(self.db, self.news, name, heard, CARES.get(name)))
        here = self.hub.is_here
        self._spawn(follow(self.db, self.news, "push", push.hear(here), push.carer(here)))
        self._spawn(keep_cursors(self.db, self.news))
        await self.gates.load()
        self._spawn(self.gates.run(self.news))
        await self.hub.start()
        self.socket_tokens.on_ended(self.hub.end_session)
        self.socket_tokens.on_ended(self.person.forget)
        await self.search.open()
        self._spawn(self.search.run(self.news.wait))
        if self.dialects:
            self._spawn(follow(self.db, self.news, "dialects", dialects.plan_notices))
        if "stripe" in self.dialects:
            tell = hooks.planner("stripe", stripe_told.tells)
            self._spawn(follow(self.db, self.news, "dialects.hooks", tell))
        if "wechat_mp" in self.dialects:
            tell_mp = callbacks.planner("wechat_mp", mp_callbacks.TELLS)
            self._spawn(follow(self.db, self.news, "dialects.callbacks", tell_mp))
        if "saleor" in self.dialects:
            report = instances.planner("saleor", saleor_reports.tells)
            self._spawn(follow(self.db, self.news, "dialects.instances", report))
        await self.screen.load()
        self._spawn(self.screen.run(self.news))
        await self.socket_tokens.load()
        self._spawn(self.socket_tokens.run(self.news))
        self._spawn(self._runner.run())
        self._spawn(pay_jobs.sweep(self.db))
        self._spawn(self.tally.run())
        self._spawn(self._keep_house())

    async def stop(self) -> None:
        """Stop the work, finish what is queued, let everything go."""
        await self.hub.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.stop()
        await self.tally.flush()
        self.search.close()
        for rail in self.rails.values():
            await rail.close()
        await self.outbound.close()
        await self._notices.close()
        await self._asking.close()
        await self.pusher.close()
        await self.store.close()
        self._pool.close()
        self.passwords.close()
        self.db.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def _keep_house(self) -> None:
        while True:
            now = self.db.clock()
            try:
                await self.db.write(forget_old_answers, now - KEPT_DAYS * DAY_US)
                await self.db.write(people.forget_what_ran_out, now - DAY_US)
                while await self.db.write(bus_jobs.forget_done, now - bus_jobs.KEEP_DONE_US):
                    pass
                await media_jobs.keep_house(self.db, self.store)
                await safety_jobs.keep_house(self.db, self.store)
            except Exception:
                log.exception("housekeeping stumbled")
            await asyncio.sleep(_HOUSEKEEPING_S)


__all__ = [
    "BOOKS_FILE",
    "FOUND",
    "KEY_FILE",
    "PAGES",
    "SEARCH_FOLDER",
    "Platform",
    "app_of",
    "audit",
    "books_of",
    "in_loop",
    "key_modes",
    "media_trouble",
    "modes_of",
    "open_db",
    "rails_of",
    "receipt_of",
    "register",
    "run",
    "search_of",
    "store_of",
    "vault_of",
]
