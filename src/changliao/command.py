"""What the command line does, each command one function."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from changliao import app
from changliao.app import KEY_FILE, Platform, books_of, open_db, rails_of, store_of, vault_of
from changliao.bots import service as bots
from changliao.bus import jobs as bus_jobs
from changliao.db.db import Books
from changliao.db.facts import clock_of_books
from changliao.db.vault import (
    ENVIRONMENT_KEY,
    OLD_KEYS,
    Vault,
    VaultError,
    read_ring,
    rotated,
    write_ring,
)
from changliao.dialects import hooks, instances
from changliao.dialects import service as dialects
from changliao.kernel.money import shown
from changliao.ledger import service as ledger
from changliao.partners import service as partners
from changliao.people import service as people
from changliao.rails import service as rails
from changliao.search import place
from changliao.settings import DIALECT_URLS, BadSettings, Settings, check_tls

_DISK_MIN_MIB = 500


async def open_platform(settings: Settings) -> Platform:
    """A platform on its database, with keys of its own when it has none yet."""
    vault = vault_of(settings, make=True)
    return Platform(settings, open_db(settings, vault))


async def serve(settings: Settings) -> int:
    """Run the platform until Ctrl-C or SIGTERM."""
    rails_of(settings, lambda: 0)  # Refuses a configuration before anything is opened.
    store_of(settings, lambda: 0)
    check_tls(settings)
    platform = await open_platform(settings)
    sandbox = sorted(name for name, rail in platform.rails.items() if rail.test_only)
    if sandbox:
        print(f"changliao: PLAY MONEY: the sandbox rails {', '.join(sandbox)} run in test mode")
    print(f"changliao: serving {settings.url} ({', '.join(platform.modes)})", flush=True)
    await app.run(platform.hosts(), settings)
    return 0


def migrate(settings: Settings) -> int:
    """Bring the database up to this version."""
    open_db(settings, vault_of(settings, make=True)).close()
    print("changliao: the database is up to date")
    return 0


async def findings(books: Books) -> list[str]:
    """Print the trial balance; answer what is wrong with the books."""
    for line in await books.read(lambda reader: list(_trial_balance(ledger.trial_balance(reader)))):
        print(line)
    return await books.read(lambda reader: list(app.audit(reader)))


async def audit(settings: Settings) -> int:
    """Check every invariant and the hash chain, also while a server runs; 1 when something is wrong."""
    async with books_of(settings) as books:
        wrong = await findings(books)
    for line in wrong:
        print(f"WRONG  {line}")
    print(
        "audit: the books are broken" if wrong else "audit: all invariants hold, the chain is whole"
    )
    return 1 if wrong else 0


def _trial_balance(rows: list[tuple[str, str, str, int, int, int, int, int]]) -> Iterator[str]:
    yield f"{'Trial balance':<28}{'accounts':>9}{'debits':>22}{'credits':>22}"
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for mode, currency, code, count, debits, credits_, *_ in rows:
        yield f"  {mode} {code:<21}{count:>9}{shown(debits, currency):>22}{shown(credits_, currency):>22}"
        before = sums.get((mode, currency), (0, 0))
        sums[mode, currency] = (before[0] + debits, before[1] + credits_)
    for (mode, currency), (debits, credits_) in sums.items():
        verdict = "=" if debits == credits_ else "≠ NOT EQUAL"
        yield f"  {mode} all{'':<27}{shown(debits, currency):>22}{shown(credits_, currency):>22} {verdict}"


async def rebuild_search(settings: Settings) -> int:
    """Make the search index anew, also while a server runs, whose own index the server then makes anew."""
    place.ask_again(settings.dir / app.SEARCH_FOLDER)
    async with books_of(settings) as books:
        search = app.search_of(settings, books)
        try:
            await search.open()
            facts = await search.catch_up()
        finally:
            search.close()
    print(f"changliao: the search index is made anew from {facts} facts")
    return 0


async def rotate_keys(settings: Settings) -> int:
    """Make a new master key, unless the environment brings one, and seal every secret under it. Keys that
    PINs still need stay, to open."""
    path = settings.dir / KEY_FILE
    ring, ours = read_ring(path, os.environ), not os.environ.get(ENVIRONMENT_KEY)
    if not ours and len(ring.keys) == 1:
        raise BadSettings(
            f"the master key comes from the environment: move it to {OLD_KEYS}, "
            f"put a new one into {ENVIRONMENT_KEY}, then rotate"
        )
    ring = rotated(ring) if ours else ring
    db = open_db(settings, Vault(ring))  # Refused while a server runs, before anything has changed.
    try:
        if ours:
            write_ring(path, ring)  # So that nothing is ever sealed under a key that is not kept.
        for endpoint_id in await db.read(partners.resealable):
            await db.write(partners.reseal_endpoint, endpoint_id)
        accounts, keys = await db.read(dialects.resealable)
        for account_id in accounts:
            await db.write(dialects.reseal_account, account_id)
        for key_id in keys:
            await db.write(dialects.reseal_platform_key, key_id)
        for hook_id in await db.read(hooks.resealable):
            await db.write(hooks.reseal_hook, hook_id)
        for instance_id in await db.read(instances.resealable):
            await db.write(instances.reseal_instance, instance_id)
        for gate_id in await db.read(bots.resealable):
            await db.write(bots.reseal_gate, gate_id)
        waiting = await db.read(people.pins_by_key)
    finally:
        db.close()
    old = sum(count for kid, count in waiting.items() if kid != ring.active)
    print(f"changliao: secrets are sealed under {ring.active} now")
    print(
        f"changliao: {old} PINs move to it when they are next used; until then the older keys stay"
    )
    print("changliao: a running server must be restarted to use the new key")
    return 0


async def add_operator(settings: Settings, handle: str, password: str) -> int:
    """Make a person the operator; with a password, make the person first."""
    db = open_db(settings, vault_of(settings, make=True))
    try:
        if password and await db.read(people.person_by_handle, handle) is None:
            await app.register(db, handle, password)
        person = await db.write(people.make_operator, handle)
    finally:
        db.close()
    print(f"changliao: {person.handle} is an operator")
    return 0


async def doctor(settings: Settings) -> int:
    """Look for what would go wrong; 1 when something would."""
    troubles = 0
    for what, trouble in [*_configuration(settings), *await _books(settings), *_outside(settings)]:
        print(f"{'TROUBLE' if trouble else 'fine':8} {what}{': ' + trouble if trouble else ''}")
        troubles += bool(trouble)
    return 1 if troubles else 0


def _configuration(settings: Settings) -> Iterator[tuple[str, str]]:
    try:
        rails_of(settings, lambda: 0)
        yield f"rails ({', '.join(settings.rails) or 'none'}) in mode {settings.mode}", ""
    except BadSettings as trouble:
        yield "rails", str(trouble)
    plain = settings.url.startswith("http://") and not _loopback(settings.url)
    yield (
        f"address {settings.url}",
        "people's sessions need https beyond this machine; put TLS in front" if plain else "",
    )
    for field in DIALECT_URLS:
        if url := getattr(settings, field):
            clear = url.startswith("http://") and not _loopback(url)
            advice = "shops' requests need https beyond this machine; put TLS in front"
            yield f"{field.removesuffix('_url')} at {url}", advice if clear else ""
    if settings.tls_cert:
        try:
            check_tls(settings)
            yield f"certificate {settings.tls_cert}", ""
        except BadSettings as trouble:
            yield "certificate", str(trouble)
    loose = settings.allow_private_callbacks and settings.mode != "test"
    yield (
        "callbacks",
        "they may go to private networks (CHANGLIAO_ALLOW_PRIVATE_CALLBACKS)" if loose else "",
    )
    year = time.gmtime().tm_year
    yield "clock", "" if 2026 <= year < 2100 else f"it shows the year {year}"
    folder = settings.dir if settings.dir.exists() else settings.dir.absolute().parent
    free = shutil.disk_usage(folder).free >> 20 if folder.exists() else 0
    yield (
        f"disk ({free} MiB free)",
        "" if free >= _DISK_MIN_MIB else f"less than {_DISK_MIN_MIB} MiB are free at {folder}",
    )


async def _books(settings: Settings) -> list[tuple[str, str]]:
    try:
        vault_of(settings)
        found = [("master keys", "")]
    except (VaultError, FileNotFoundError) as trouble:
        found = [("master keys", str(trouble))]
    try:
        async with books_of(settings) as books:
            return [*found, ("database", ""), *await _kept(books, settings)]
    except Exception as trouble:
        return [*found, ("database", f"{type(trouble).__name__}: {trouble}")]


async def _kept(db: Books, settings: Settings) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    ahead = await db.read(clock_of_books) > db.clock() + 1_000_000
    found.append(("clock and books", "the books are ahead of this clock" if ahead else ""))
    dead = await db.read(bus_jobs.dead_jobs)
    found.append(("jobs", f"{dead} were given up" if dead else ""))
    deaf = [f"{url} ({why})" for url, why in await db.read(partners.unreachable)]
    found.append(("callbacks that shops answer", "; ".join(deaf)))
    off = [
        f"{many} wait for {rail} (the oldest is {oldest}); name it in CHANGLIAO_RAILS again"
        for rail, many, oldest in await db.read(rails.switched_off, settings.rails)
    ]
    found.append(("rails of open attempts", "; ".join(off)))
    waiting = await db.read(rails.oldest_open)
    slow = waiting is not None and db.clock() - waiting.created_at > 86_400_000_000
    found.append(("attempts", "one has had no clear answer for a day" if slow else ""))
    found.append(("pictures and files", await app.media_trouble(db, settings)))
    return found


def _outside(settings: Settings) -> Iterator[tuple[str, str]]:
    host = urlsplit(settings.url).hostname or ""
    try:
        socket.getaddrinfo(host, None)
        yield f"our own name {host}", ""
    except OSError as trouble:
        yield f"our own name {host}", f"cannot be resolved: {trouble}"
    if settings.allow_private_callbacks:
        return
    try:
        socket.getaddrinfo("example.com", 443)
        yield "callbacks can be resolved", ""
    except OSError:
        yield "callbacks can be resolved", "public names cannot be resolved from here"


def _loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in ("127.0.0.1", "localhost", "::1")
