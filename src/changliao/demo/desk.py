"""Starting the demo: platform, outside shop, people; then a desk to watch, or one purchase."""

import asyncio
import contextlib
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import segno

from changliao.bus.outbox import News
from changliao.db.db import Db
from changliao.demo import street_routes
from changliao.demo.entrance import open_entrance
from changliao.demo.purchase import purchase
from changliao.demo.routes import routes
from changliao.demo.street import Ground, Street, outside
from changliao.demo.street_routes import Stage
from changliao.demo.telling import Telling
from changliao.demo.town import Town
from changliao.demo.world import Client, World, make_world
from changliao.settings import Edition, Settings
from changliao.wire.hosts import ByHost
from changliao.wire.http import monotonic_s
from changliao.wire.routes import Routes

PORT, SHOP_OFFSET, STREET_OFFSET, DIALECT_OFFSET = 8000, 10, 21, 101
"""The platform's port, and where the others stand from there: demos beside each other stay apart."""

DIALECTS = 4
SHOP_FOLDER = Path(__file__).resolve().parents[3] / "integrations" / "corner_shop"
RAILS = ("sandbox_bank", "credit_card", "debit_card", "boleto", "voucher")
_START_S = 30
_PORT_MAX = 65535


class Platform(Protocol):
    """What the demo needs of a platform."""

    db: Db
    news: News

    @property
    def spoken(self) -> dict[str, str]:
        """The root of the host at which each dialect is spoken."""

    def hosts(self, extra: Sequence[Routes] = ()) -> ByHost:
        """The application, and what else is served beside it."""


class Stopped(Exception):
    """The platform has ended before the demo was ready."""


Open = Callable[[Settings], Awaitable[Platform]]
Serve = Callable[[ByHost, Settings, asyncio.Event], Coroutine[Any, Any, None]]
Audit = Callable[[Db], Awaitable[list[str]]]


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or any free one when it is taken."""
    for port in (wanted if wanted <= _PORT_MAX else 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


def own_address() -> str:
    """This machine's address on its local network; asks the routing table, sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


async def run_demo(
    open_platform: Open,
    serve: Serve,
    audit: Audit,
    *,
    folder: Path | None,
    port: int | None,
    once: bool,
    lan: bool,
    still: bool,
    edition: Edition = "domestic",
) -> int:
    """Run the demo; the exit code tells whether all agreed. `still`: nobody does anything by themselves."""
    if not (SHOP_FOLDER / "shop.py").exists():
        print(f"The demo's shop is not here: {SHOP_FOLDER}", file=sys.stderr)
        return 2
    began = monotonic_s()
    print("Changliao demo: starting the platform …", flush=True)
    settings = _settings(_home(folder), port or PORT, edition, lan=lan)
    home, host, port = settings.dir, settings.host, settings.port
    seen_as = str(urlsplit(settings.url).hostname)
    shop_port = free_port(host, port + SHOP_OFFSET)
    shop_url = f"http://{seen_as}:{shop_port}"
    world: list[World] = []
    platform = await open_platform(settings)
    stage: list[Stage] = []
    stop = asyncio.Event()
    towns: list[Town] = []
    pages = _pages(platform, world, stage, towns, stop)
    serving = asyncio.create_task(serve(platform.hosts(pages), settings, stop))
    shop: asyncio.subprocess.Process | None = None
    try:
        async with aiohttp.ClientSession() as http:
            await _answers(http, settings.url + "/healthz", serving)
            client = Client(http, settings.url)
            world.append(await _peopled(platform.db, client, home, shop_url))
            shop = await _start_shop(world[0], home, host, shop_port)
            await _answers(http, shop_url + "/", serving)
            ground = Ground(home, host, seen_as, platform.spoken, port + STREET_OFFSET, free_port)
            async with _street(platform, ground, client, http, world[0]) as here:
                stage.append(here)
                print(f"Ready after {monotonic_s() - began:.1f} s.\n", flush=True)
                if once:
                    return await purchase(http, client, here, lambda: audit(platform.db))
                _welcome(settings.url, shop_url, platform.spoken, lan, folder)
                if not still:
                    towns.append(Town(client, http, world[0], home))
                await _beside(serving, *[town.live() for town in towns])
        return 0
    except (Stopped, aiohttp.ClientError):
        if not stop.is_set():
            raise
        print("Stopped before it was ready.")  # Ctrl-C came early.
        return 130
    finally:
        stop.set()
        await _end(shop, serving)
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)


def _home(folder: Path | None) -> Path:
    """Where the demo keeps what it needs: in the folder named, or in one that is thrown away."""
    home = folder or Path(tempfile.mkdtemp(prefix="changliao-demo-"))
    home.mkdir(parents=True, exist_ok=True)
    return home


async def _peopled(db: Db, client: Client, home: Path, shop_url: str) -> World:
    """The people and their shop, and the shop's entrance in the app."""
    print("Making people, play money and a shop …", flush=True)
    return await open_entrance(db, client, home, await make_world(client, home, shop_url))


def _pages(
    platform: Platform,
    world: list[World],
    stage: list[Stage],
    towns: list[Town],
    stop: asyncio.Event,
) -> list[Routes]:
    """The desk's routes and the street's; both wait for news, and not when the demo ends."""
    db, news = platform.db, platform.news

    async def theirs(payment_id: str) -> bool:
        if any(payment_id in town.walker.at_cashier for town in towns):
            return True
        return bool(stage) and await stage[0].telling.has_at(payment_id)

    return [
        routes(db, news, lambda: world[0] if world else None, theirs, stop.is_set, secure=False),
        street_routes.routes(db, news, lambda: stage[0] if stage else None, stop.is_set),
    ]


async def _beside(serving: "asyncio.Task[None]", *lives: Coroutine[Any, Any, None]) -> None:
    """Serve to the end; what lives beside ends with it."""
    tasks = [asyncio.create_task(life) for life in lives]
    try:
        await serving
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def _street(
    platform: Platform, ground: Ground, client: Client, http: aiohttp.ClientSession, world: World
) -> AsyncIterator[Stage]:
    """The street, not open yet; ended with everything it started."""
    street = Street(ground, client, http)
    stage = Stage(world, street, Telling(platform.db, platform.news, street))
    try:
        yield stage
    finally:
        await stage.telling.stop()
        await street.close()


def _settings(home: Path, wanted: int, edition: Edition, *, lan: bool) -> Settings:
    """A sandbox that speaks every dialect there is, at this port or the next that is free."""
    host = "0.0.0.0" if lan else "127.0.0.1"
    seen_as = own_address() if lan else "localhost"  # Where browsers let pages have passkeys.
    port = free_port(host, wanted)
    places = _dialect_places(host, seen_as, port + DIALECT_OFFSET)
    return Settings(
        dir=home,
        host=host,
        port=port,
        base_url=f"http://{seen_as}:{port}",
        rails=RAILS,
        allow_private_callbacks=True,
        site_name="Changliao demo",
        edition=edition,
        also_listen=tuple(f"{host}:{url.rpartition(':')[2]}" for url in places),
        alipay_url=places[0],
        wechat_url=places[1],
        stripe_url=places[2],
        saleor_url=places[3],
    )


def _dialect_places(host: str, seen_as: str, wanted: int) -> list[str]:
    """A port for each dialect that there is a setting for; what is not spoken here stays silent."""
    found = []
    for _ in range(DIALECTS):
        wanted = free_port(host, wanted)
        found.append(f"http://{seen_as}:{wanted}")
        wanted += 1
    return found


def _welcome(
    url: str, shop_url: str, spoken: dict[str, str], lan: bool, folder: Path | None
) -> None:
    print(f"  The desk      {url}/        ← open this first: buy something in the shop on the left")
    print(
        f"  The chat      {url}/app     two dozen people talk there; be one of them on the desk first"
    )
    print(f"  The street    {url}/street    six outside shops, and a day that tells itself")
    print(f"  The shop      {shop_url}/        an outside process, not part of Changliao")
    print(
        f"  Discover      {url}/discover  the shop inside the app; narrow the window, or use a phone"
    )
    print(f"  The console   {url}/console   sign in on the desk as Wang, who owns the shop")
    print(f"  The API       {url}/docs")
    if spoken:
        told = "   ".join(f"{name} {place}" for name, place in spoken.items())
        print(f"  Spoken, too   {told}")
    if folder is None:
        print(
            "\n  All money is play money. The books are thrown away at the end; DIR=… keeps them."
        )
    if lan:
        print("\n  With a phone in the same network:\n")
        segno.make(url + "/", error="l").terminal(compact=True)
    print("\n  Ctrl-C ends it.", flush=True)


async def _start_shop(world: World, home: Path, host: str, port: int) -> asyncio.subprocess.Process:
    environment = {
        "CHANGLIAO_URL": world.platform_url,
        "CHANGLIAO_KEY": world.key,
        "CHANGLIAO_WEBHOOK_SECRET": world.webhook_secret,
        "SHOP_URL": world.shop_url,
        "SHOP_HOST": host,
        "SHOP_PORT": str(port),
        "SHOP_DB": str(home / "corner_shop.sqlite3"),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(SHOP_FOLDER / "shop.py"),
        env=outside(environment),
        start_new_session=True,
    )


async def _answers(http: aiohttp.ClientSession, url: str, serving: "asyncio.Task[None]") -> None:
    """Wait until somebody answers there."""
    until = monotonic_s() + _START_S
    while monotonic_s() < until:
        if serving.done():
            serving.result()
            raise Stopped("the platform stopped while starting")
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with http.get(url):
                return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"nobody answers at {url}")


async def _end(shop: asyncio.subprocess.Process | None, serving: "asyncio.Task[None]") -> None:
    if shop is not None and shop.returncode is None:
        shop.terminate()
        await shop.wait()
    await serving
