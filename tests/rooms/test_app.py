"""The command line on a folder of its own: rotating keys, auditing, making an operator; housekeeping."""

import asyncio
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from changliao import command
from changliao.__main__ import main
from changliao.app import BOOKS_FILE, KEY_FILE, Platform, open_db, vault_of
from changliao.app.made import SEARCH_FOLDER
from changliao.bus import jobs
from changliao.bus.jobs import JOBS
from changliao.bus.outbox import newest_seq
from changliao.db.db import Db, open_sqlite
from changliao.db.driver import Reader
from changliao.db.once import KEPT, AskOnce, once
from changliao.db.tx import Tx
from changliao.db.vault import ENVIRONMENT_KEY, OLD_KEYS, new_ring, read_ring
from changliao.kernel.instant import DAY_US
from changliao.partners import service as partners
from changliao.partners.model import AskEndpoint, Caller
from changliao.partners.service.webhooks import secret_places
from changliao.partners.store import ENDPOINTS
from changliao.pay import service as pay
from changliao.pay.model import AskMethod, AskPayment, AskRefund, Payment
from changliao.people import service as people
from changliao.people.model import Person
from changliao.search.place import take_place
from changliao.settings import Settings
from tests.asking import ask
from tests.patience import PATIENCE_S
from tests.places import Place, quick_folder
from tests.rooms.finding import Finder
from tests.rooms.world import PIN, Clock, World

SECRET = bytes(range(32))


class Folder(Place):
    """A folder as the command line keeps it: books and keys."""

    def __init__(self, path: Path) -> None:
        super().__init__([])
        self.settings = Settings(dir=path, rails=("credit_card",))

    def _open(self, options: dict[str, Any]) -> Db:
        vault = vault_of(self.settings, make=True)
        return open_sqlite(self.settings.dir / BOOKS_FILE, vault, **options)

    def command(self, *words: str) -> int:
        """Run a command on the folder, as from a shell; the books must be closed."""
        return main([*words, "--dir", str(self.settings.dir)])

    def edit(self, sql: str) -> None:
        """Change the books by hand, behind everybody's back."""
        with sqlite3.connect(self.settings.dir / BOOKS_FILE) as books:
            books.execute(sql)
        books.close()


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (ENVIRONMENT_KEY, OLD_KEYS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    found = Folder(tmp_path / "books")
    yield found
    found.close()


@pytest.fixture
def town(folder: Folder) -> World:
    return World(folder, Clock())


def life(town: World) -> tuple[Person, Caller, Payment]:
    """Somebody paid and had a part back."""
    shop, lin = town.shop(), town.person("lin", money=5000)
    payment = town.paid(lin, shop, 1000)
    town.ask(pay.request_refund, AskRefund(shop, payment.id, 300))
    town.hear()
    return lin, shop, town.payment_now(payment)


def opened(town: World, endpoint_id: str) -> list[bytes]:
    """The secrets that sign an endpoint's messages now."""
    endpoint = town.read(lambda reader: reader.get(ENDPOINTS, endpoint_id))
    vault = town.db.vault
    return [vault.open(sealed, place=place) for sealed, place in secret_places(endpoint, 0)]


# Keys ---------------------------------------------------------------------------------------


def test_rotating_the_master_key_breaks_nothing(folder: Folder, town: World) -> None:
    lin, shop, payment = life(town)
    endpoint = town.ask(
        partners.add_endpoint, AskEndpoint(shop, "https://a.example/", ("*",), "v1", SECRET)
    )
    token = pay.cashier_token(town.db.vault, payment.id)
    signs_returns = town.db.vault.derive("return urls")
    keyed = AskPayment(shop, 700, "CNY", "once")
    asked = AskOnce(shop.audience, "key", b"request", pay.create_payment, keyed, Payment)
    first = town.ask(once, asked)
    for active in ("k0002", "k0003"):
        folder.close()
        assert folder.command("keys", "rotate") == 0
        town.reopen()
        assert town.db.vault.active == active
        assert opened(town, endpoint.id) == [SECRET]
        sealed = town.read(lambda reader: reader.get(ENDPOINTS, endpoint.id)).secret
        assert sealed.startswith(active + ".")
        assert pay.cashier_token(town.db.vault, payment.id) == token
        assert town.db.vault.derive("return urls") == signs_returns
        assert town.ask(once, asked) == first
        assert town.paid(lin, shop, 100).status == "paid"
        assert town.read(people.pins_by_key) == {active: 1}
        assert town.wrong() == []


def test_a_pin_that_is_not_used_keeps_its_old_key(
    folder: Folder, town: World, capsys: pytest.CaptureFixture[str]
) -> None:
    life(town)
    folder.close()
    assert folder.command("keys", "rotate") == 0
    assert "1 PINs move to it when they are next used" in capsys.readouterr().out
    town.reopen()
    assert town.read(people.pins_by_key) == {"k0001": 1}
    found = town.read(people.person_by_handle, "lin")
    assert found is not None
    assert ask(town.db, lambda tx, pin: people.check_pin(tx, found.id, pin), PIN) is None


def test_only_its_owner_can_read_the_key_file(folder: Folder, town: World) -> None:
    life(town)
    folder.close()
    folder.command("keys", "rotate")
    mode = (folder.settings.dir / KEY_FILE).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert not (folder.settings.dir / KEY_FILE).with_suffix(".new").exists()


def test_a_key_of_the_environment_is_rotated_beside_the_one_it_replaces(
    folder: Folder, town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin, shop, payment = life(town)
    endpoint = town.ask(
        partners.add_endpoint, AskEndpoint(shop, "https://a.example/", ("*",), "v1", SECRET)
    )
    token = pay.cashier_token(town.db.vault, payment.id)
    folder.close()
    file = folder.settings.dir / KEY_FILE
    row = [read_ring(file, {}).keys["k0001"]]
    file.unlink()
    for active in ("k0002", "k0003"):
        monkeypatch.setenv(OLD_KEYS, ",".join(row))
        row.append(new_ring().keys["k0001"])
        monkeypatch.setenv(ENVIRONMENT_KEY, row[-1])
        assert folder.command("keys", "rotate") == 0
        town.reopen()
        sealed = town.read(lambda reader: reader.get(ENDPOINTS, endpoint.id)).secret
        assert sealed.startswith(active + ".")
        assert opened(town, endpoint.id) == [SECRET]
        assert pay.cashier_token(town.db.vault, payment.id) == token
        assert town.paid(lin, shop, 100).status == "paid"
        assert town.read(people.pins_by_key) == {active: 1}
        folder.close()
    assert not file.exists()


def test_a_key_of_the_environment_alone_is_not_rotated(
    folder: Folder,
    town: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder.close()
    before = (folder.settings.dir / KEY_FILE).read_bytes()
    key = "A" * 43 + "="
    monkeypatch.setenv("CHANGLIAO_MASTER_KEY", key)
    assert folder.command("keys", "rotate") == 2
    told = capsys.readouterr()
    assert "move it to CHANGLIAO_OLD_MASTER_KEYS" in told.err
    assert key not in told.err + told.out
    assert (folder.settings.dir / KEY_FILE).read_bytes() == before


def test_books_that_are_in_use_are_left_alone(
    folder: Folder, town: World, capsys: pytest.CaptureFixture[str]
) -> None:
    life(town)
    before = town.everything()
    keys = (folder.settings.dir / KEY_FILE).read_bytes()
    for words in (["keys", "rotate"], ["migrate"]):
        assert folder.command(*words) == 2
        assert "another process" in capsys.readouterr().err
    assert (folder.settings.dir / KEY_FILE).read_bytes() == keys
    assert town.everything() == before


def test_books_that_are_in_use_can_be_looked_at(
    folder: Folder, town: World, capsys: pytest.CaptureFixture[str]
) -> None:
    life(town)
    before = town.everything()
    assert folder.command("audit") == 0
    assert "all invariants hold" in capsys.readouterr().out
    folder.command("doctor")
    assert "fine     database\n" in capsys.readouterr().out
    assert town.everything() == before


def test_books_of_another_version_are_not_looked_at(
    folder: Folder, town: World, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.close()
    folder.edit("DELETE FROM migrations WHERE name LIKE '084%'")
    assert folder.command("audit") == 2
    assert "084_dialects_lookups.sql has not run here yet" in capsys.readouterr().err
    (folder.settings.dir / BOOKS_FILE).unlink()
    assert folder.command("audit") == 2
    assert "there are no books at" in capsys.readouterr().err


def test_the_search_index_is_made_anew_from_the_facts_also_while_the_books_are_in_use(
    folder: Folder, town: World, capsys: pytest.CaptureFixture[str]
) -> None:
    lin, mei = town.person("lin"), town.person("mei")
    index = folder.settings.dir / SEARCH_FOLDER
    finder = Finder(town, index)
    assert [row[1] for row in finder.find(lin, "mei")] == [mei.name]
    for file in index.rglob("*.store"):
        file.write_bytes(b"nothing that was ever an index")
    assert folder.command("search", "rebuild") == 0
    assert f"made anew from {town.read(newest_seq)} facts" in capsys.readouterr().out
    held = take_place(index)
    assert [row[1] for row in finder.find(lin, "mei")] == [mei.name]
    assert folder.command("search", "rebuild") == 0
    assert held.again
    held.close()
    assert [row[1] for row in finder.find(lin, "mei")] == [mei.name]
    shutil.rmtree(index)
    assert [row[1] for row in finder.find(lin, "mei")] == [mei.name]


# The doctor ---------------------------------------------------------------------------------


def test_the_doctor_names_attempts_that_wait_for_a_rail_that_is_switched_off(
    folder: Folder, town: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, lin = town.shop(), town.person("lin")
    town.ask(pay.offer_method, AskMethod(shop, "credit_card", "mobile"))
    first = town.confirm(lin, town.payment(shop), "credit_card")
    town.clock.forward(1)
    town.confirm(lin, town.payment(shop), "credit_card")
    oldest = town.attempts(first.id)[0]
    folder.close()
    monkeypatch.setenv("CHANGLIAO_RAILS", "boleto")
    assert folder.command("doctor") == 1
    told = capsys.readouterr().out
    assert (
        f"TROUBLE  rails of open attempts: 2 wait for credit_card (the oldest is {oldest.id})"
        in told
    )
    assert "CHANGLIAO_RAILS" in told
    monkeypatch.setenv("CHANGLIAO_RAILS", "boleto,credit_card")
    folder.command("doctor")
    assert "fine     rails of open attempts\n" in capsys.readouterr().out


# The audit ----------------------------------------------------------------------------------


def test_the_audit_of_sound_books_says_so(
    folder: Folder, town: World, capsys: pytest.CaptureFixture[str]
) -> None:
    life(town)
    folder.close()
    assert folder.command("audit") == 0
    told = capsys.readouterr().out
    assert "audit: all invariants hold, the chain is whole" in told
    assert "≠" not in told


@pytest.mark.parametrize(
    "change",
    [
        "captured_amount = 900",
        "amount = 999",
        "amount = 1001",
        "refunded_amount = 200",
        "refunding_amount = 1",
        "status = 'open'",
        "status = 'canceled'",
        "status = 'processing'",
        "status = 'expired'",
    ],
)
def test_the_audit_names_a_payment_that_was_edited_by_hand(
    folder: Folder, town: World, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    _, _, payment = life(town)
    folder.close()
    folder.edit(f"UPDATE pay_payments SET {change} WHERE id = '{payment.id}'")
    assert folder.command("audit") == 1
    told = capsys.readouterr().out
    first = next(line for line in told.splitlines() if line.startswith("WRONG"))
    assert payment.id in first
    assert "audit: the books are broken" in told


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("status = 'processing'", "open"),
        ("status = 'canceled'", "open"),
        ("amount = 2", "open"),
        ("reference = 'x'", "open"),
        ("amount = 2", "held"),
        ("hold_id = ''", "held"),
        ("status = 'open'", "held"),
    ],
)
def test_the_audit_names_a_payment_without_money_that_was_edited(
    folder: Folder,
    town: World,
    capsys: pytest.CaptureFixture[str],
    change: str,
    status: str,
) -> None:
    shop = town.shop()
    lin = town.person("lin", money=5000)
    payment = town.payment(shop, 100, capture="manual" if status == "held" else "auto")
    if status == "held":
        town.confirm(lin, payment)
    folder.close()
    folder.edit(f"UPDATE pay_payments SET {change} WHERE id = '{payment.id}'")
    assert folder.command("audit") == 1
    assert payment.id in capsys.readouterr().out


@pytest.mark.parametrize("change", ["amount = 301", "status = 'failed'", "status = 'pending'"])
def test_the_audit_names_a_refund_that_was_edited_by_hand(
    folder: Folder, town: World, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    _, _, payment = life(town)
    [refund] = town.read(pay.refunds_of, payment.id)
    folder.close()
    folder.edit(f"UPDATE pay_refunds SET {change} WHERE id = '{refund.id}'")
    assert folder.command("audit") == 1
    told = capsys.readouterr().out
    assert payment.id in told or refund.id in told


# Other commands -----------------------------------------------------------------------------


def test_migrating_twice_changes_nothing(folder: Folder, town: World) -> None:
    life(town)
    before = town.everything()
    folder.close()
    assert folder.command("migrate") == 0
    assert folder.command("migrate") == 0
    town.reopen()
    assert town.everything() == before


async def test_an_operator_is_made_of_a_person_or_made_anew(tmp_path: Path) -> None:
    settings = Settings(dir=tmp_path)
    assert await command.add_operator(settings, "boss", "correct horse") == 0
    assert await command.add_operator(settings, "boss", "another horse") == 0
    db = open_db(settings, vault_of(settings))
    try:
        found = await db.read(people.person_by_handle, "boss")
        assert found is not None and found.operator
        assert found.password.startswith("$argon2id$")
    finally:
        db.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHANGLIAO_PORT", "no number"),
        ("CHANGLIAO_MODE", "dead"),
        ("CHANGLIAO_LOG_LEVEL", "loud"),
    ],
)
def test_a_setting_that_cannot_be_is_said_plainly(
    folder: Folder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert folder.command("audit") == 2
    assert capsys.readouterr().err.startswith("changliao: ")


# Housekeeping -------------------------------------------------------------------------------


def note(tx: Tx, about: str) -> Payment:
    """A job that is done already."""
    job = jobs.later(tx, "any", about)
    tx.put(JOBS, type(job)(job.id, job.kind, job.about, "done", tx.now, 0))
    return None  # type: ignore[return-value]


def old_things(reader: Reader) -> list[Any]:
    """What housekeeping is to do away with."""
    answers = reader.rows(KEPT, "WHERE key = 'old'")
    return answers + reader.rows(JOBS, "WHERE about = 'old'")


def test_old_answers_and_done_jobs_are_forgotten_and_new_ones_are_not() -> None:
    path = quick_folder()
    settings, clock = Settings(dir=path), Clock()
    db = open_sqlite(path / BOOKS_FILE, vault_of(settings, make=True), clock=clock)

    async def answer(key: str) -> None:
        await db.write(once, AskOnce("app:test", key, b"1", note, key, None))

    async def live() -> None:
        await answer("old")
        clock.now_us += 30 * DAY_US - 1_000_000
        await answer("new")
        clock.now_us += 2_000_000
        platform = Platform(settings, db)
        await platform.start()
        try:
            async with asyncio.timeout(PATIENCE_S):
                while await db.read(old_things):  # noqa: ASYNC110 - nothing tells of housekeeping.
                    await asyncio.sleep(0.01)
            assert await db.read(lambda reader: reader.get(KEPT, ("app:test", "new")))
            [left] = await db.read(lambda reader: reader.rows(JOBS, ""))
            assert left.about == "new"
        finally:
            await platform.stop()

    asyncio.run(live())
