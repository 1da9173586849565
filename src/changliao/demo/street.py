"""The street: six outside shops and the people who buy there. Opened when somebody first looks at it."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
import msgspec

from changliao.demo import onboard
from changliao.demo.onboard import Account
from changliao.demo.world import Client, World, newcomer
from changliao.kernel.value import Value
from changliao.wire.http import monotonic_s

ROOT = Path(__file__).resolve().parents[3]
KEPT_FILE = "street.json"
OWNER = ("shen", "沈青禾")
FOLK = (
    ("bailu", "白露"),
    ("yizhou", "顾一舟"),
    ("xiaotang", "何小棠"),
    ("jiangwan", "江晚"),
    ("danian", "罗大年"),
    ("nora", "Nora Lindqvist"),
    ("omar", "Omar Haddad"),
    ("yuqing", "余青"),
)
PURSE = 2_000_000
_START_S = 120
"""A slow machine compiles the SDKs first."""


class Place(Value, frozen=True):
    """A shop of the street: what it is called and what it speaks, with which package."""

    slug: str
    zh: str
    en: str
    speaks: str
    package: str


PLACES = (
    Place("corner", "一味小铺", "Corner Shop", "native", "httpx2"),
    Place("books", "半亩书房", "Half-Acre Books", "alipay", "python-alipay-sdk"),
    Place("buns", "阿蒸包子铺", "Steam & Fold", "wechat", "wechatpayv3"),
    Place("records", "晚风唱片", "Evening Records", "stripe", "stripe"),
    Place("pottery", "茶与碗", "Tea and Bowls", "stripe", "django-payments"),
    Place("flowers", "柳下花房", "Willow Flowers", "stripe", "stripe"),
)
NEWCOMER = "flowers"
"""The shop that starts without us."""


class Kept(Value, frozen=True):
    """What was shown only once: the townspeople's passwords, the shops' keys."""

    passwords: dict[str, str] = {}
    accounts: dict[str, Account] = {}


class NoPackages(Exception):
    """The packages of the street's shops are not installed."""


def packages() -> Path:
    """Where `scripts/setup demo` puts what the shops need, the SDKs of their dialects."""
    return Path(os.environ.get("CHANGLIAO_SDKS") or Path(sys.prefix) / "sdk") / "street"


def outside(said: dict[str, str]) -> dict[str, str]:
    """The environment of a process that is no part of us: our own secrets stay here."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CHANGLIAO_")}
    return own | said


class Ground(Value, frozen=True):
    """Where the street is built: the demo's folder, where it listens, how it is called from outside,
    the roots of the dialects, and what finds a free port near one."""

    home: Path
    host: str
    seen_as: str
    spoken: dict[str, str]
    first_port: int
    free_port: Callable[[str, int], int]


class Street:
    """The shops and their processes. `open` once; `close` at the end."""

    def __init__(self, ground: Ground, client: Client, http: aiohttp.ClientSession) -> None:
        self.ground, self.client, self.http = ground, client, http
        self.tokens: dict[str, str] = {}
        self.urls: dict[str, str] = {}
        self._kept, self._owner = Kept(), ""
        self._folder = ground.home / "street"
        self._processes: list[asyncio.subprocess.Process] = []
        self._opening: asyncio.Task[None] | None = None
        self._bank: dict[str, str] = {}
        self._corner: World | None = None

    def begin(self, world: World) -> asyncio.Task[None]:
        """Open the street unless it is open; twice is once."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open(world))
        return self._opening

    @property
    def is_open(self) -> bool:
        """Whether every shop answers."""
        task = self._opening
        return task is not None and task.done() and not task.cancelled() and not task.exception()

    @property
    def trouble(self) -> str:
        """Why it could not be opened."""
        task = self._opening
        if task is None or not task.done() or task.cancelled():
            return ""
        found = task.exception()
        return f"{type(found).__name__}: {found}" if found else ""

    def key(self, slug: str) -> str:
        """A shop's API key."""
        return self._account(slug).key

    def apps(self) -> dict[str, str]:
        """The app of each shop that is on board, or was: app id → slug."""
        found = {one.app_id: slug for slug, one in self._kept.accounts.items()}
        return found | ({self._corner.app_id: "corner"} if self._corner else {})

    def _account(self, slug: str) -> Account:
        if slug == "corner" and self._corner is not None:
            return Account(self._corner.app_id, self._corner.key, {})
        return self._kept.accounts[slug]

    async def close(self) -> None:
        """End every shop."""
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        for process in self._processes:
            if process.returncode is None:
                process.terminate()
        for process in self._processes:
            await process.wait()

    # Opening ---------------------------------------------------------------------------------

    async def _open(self, world: World) -> None:
        if not packages().is_dir():
            raise NoPackages(f"`scripts/setup demo` puts them into {packages()}")
        self._corner = world
        file = self.ground.home / KEPT_FILE
        if file.exists():
            self._kept = msgspec.json.decode(file.read_bytes(), type=Kept)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._find_places(world)
        self._owner = await self._person(*OWNER, 0)
        await asyncio.gather(self._people(), self._shops(world))

    async def _shops(self, world: World) -> None:
        """Everybody but the newcomer comes on board; then the shops open their doors. What an earlier
        day's end left suspended is taken again."""
        await onboard.offer(self.client, world.key)
        for key in (world.key, *(one.key for one in self._kept.accounts.values())):
            for method in onboard.METHODS:
                await onboard.resume(self.client, key, method)
        found = [one for one in PLACES if one.slug not in ("corner", NEWCOMER)]
        await asyncio.gather(*(self._come(one) for one in found))
        self.leave_newcomer()
        await self._start()

    def _find_places(self, world: World) -> None:
        self.urls["corner"] = world.shop_url
        port = self.ground.first_port
        for slug in (*(one.slug for one in PLACES[1:]), "bank"):
            port = self.ground.free_port(self.ground.host, port)
            self.urls[slug] = f"http://{self.ground.seen_as}:{port}"
            port += 1

    async def _people(self) -> None:
        """The townspeople, with money."""
        tokens = await asyncio.gather(*(self._person(*one, PURSE) for one in FOLK))
        self.tokens = {handle: token for (handle, _), token in zip(FOLK, tokens, strict=True)}

    async def _person(self, handle: str, name: str, play: int) -> str:
        """Somebody from an earlier start, or new; a token."""
        if handle in self._kept.passwords:
            return await self.client.sign_in(handle, self._kept.passwords[handle])
        password, _, token = await newcomer(self.client, handle, name, play)
        self._keep(passwords={**self._kept.passwords, handle: password})
        return token

    async def _come(self, place: Place) -> None:
        """Let a shop come on board and write its settings; a shop that was here keeps its account."""
        account = self._kept.accounts.get(place.slug)
        if account is None:
            name = f"{place.zh} {place.en}"
            account = await onboard.open_account(self.client, self._owner, name, place.speaks)
        if place.speaks == "stripe":
            path = "payments/process/default/" if place.slug == "pottery" else "notices"
            notices = f"{self.urls[place.slug]}/{path}"
            account = await onboard.hooked(
                self.http, account, self.ground.spoken["stripe"], notices
            )
        self._keep(accounts={**self._kept.accounts, place.slug: account})
        if place.slug not in ("pottery", NEWCOMER):
            secrets = {"webhook_secret": account.hook["secret"]} if account.hook else {}
            self._write(place, {"pay_url": self._root(place), **account.settings, **secrets})

    def _root(self, place: Place) -> str:
        root = self.ground.spoken[place.speaks]
        return f"{root}/gateway.do" if place.speaks == "alipay" else root

    def _write(self, place: Place, settings: dict[str, str]) -> None:
        """A shop's settings, as it reads them."""
        url = self.urls[place.slug]
        said: dict[str, str | int] = {
            "shop": place.slug,
            "home": url,
            "port": _port(url),
            "speaks": place.speaks,
        }
        file = self._folder / f"{place.slug}.toml"
        fresh = file.with_suffix(".fresh")
        fresh.touch(mode=0o600)
        fresh.write_text(onboard.toml({**said, **settings}), "utf-8")
        fresh.replace(file)  # At once: the shop never reads half of it.

    def _keep(self, **changes: dict[str, str] | dict[str, Account]) -> None:
        self._kept = msgspec.structs.replace(self._kept, **changes)
        file = self.ground.home / KEPT_FILE
        file.touch(mode=0o600)
        file.write_bytes(msgspec.json.encode(self._kept))

    # The newcomer ----------------------------------------------------------------------------

    def leave_newcomer(self) -> None:
        """The newcomer is paid through a bank of its own."""
        url = self.urls["bank"]
        self._bank = {"pay_url": url, "pay_key": "bank_key", "webhook_secret": "bank_secret"}
        self._write(PLACES[-1], self._bank)
        bank = {
            "home": url,
            "key": self._bank["pay_key"],
            "secret": self._bank["webhook_secret"],
            "notices": f"{self.urls[NEWCOMER]}/notices",
        }
        text = onboard.toml({"port": _port(url), **bank})
        (self._folder / "bank.toml").write_text(text, "utf-8")

    async def sign_newcomer(self) -> bool:
        """Get the newcomer its app, its key, its webhook; its settings are still the bank's. False when it
        had them all from an earlier telling."""
        before = self._kept.accounts.get(NEWCOMER)
        await self._come(PLACES[-1])
        return self._kept.accounts[NEWCOMER] != before

    def turn_newcomer(self) -> tuple[str, str]:
        """Change the one URL in the newcomer's settings, and the keys with it; the line before and after."""
        account = self._kept.accounts[NEWCOMER]
        after = {
            "pay_url": self.ground.spoken["stripe"],
            "pay_key": account.key,
            "webhook_secret": account.hook["secret"],
        }
        self._write(PLACES[-1], after)
        one, other = ({"pay_url": said["pay_url"]} for said in (self._bank, after))
        return onboard.toml(one).strip(), onboard.toml(other).strip()

    # Processes -------------------------------------------------------------------------------

    async def _start(self) -> None:
        path = os.pathsep.join((str(packages()), str(ROOT)))
        host, pottery = self.ground.host, self._kept.accounts["pottery"]
        common = {"PYTHONPATH": path, "SHOP_HOST": host, "TZ": "Asia/Shanghai"}
        await self._run("integrations.street", common | {"STREET_FOLDER": str(self._folder)})
        django = {
            "STRIPE_API_BASE": self.ground.spoken["stripe"],
            "STRIPE_API_KEY": pottery.key,
            "STRIPE_WEBHOOK_SECRET": pottery.hook["secret"],
            "SHOP_URL": self.urls["pottery"],
            "SHOP_PORT": str(_port(self.urls["pottery"])),
            "SHOP_FOLDER": str(self._folder),
        }
        await self._run("integrations.django_payments_shop", common | django)
        await asyncio.gather(*(self._answers(self.urls[one.slug]) for one in PLACES))

    async def _run(self, module: str, said: dict[str, str]) -> None:
        log = (self._folder / f"{module.rpartition('.')[2]}.log").open("ab")
        with log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module),
                cwd=ROOT,
                env=outside(said),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)

    async def _answers(self, url: str) -> None:
        until = monotonic_s() + _START_S
        while monotonic_s() < until:
            try:
                async with self.http.get(url + "/"):
                    return
            except (aiohttp.ClientError, OSError):
                if any(one.returncode is not None for one in self._processes):
                    break
                await asyncio.sleep(0.05)
        raise TimeoutError(f"no shop answers at {url}; its words are in {self._folder}")


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])
