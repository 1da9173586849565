"""Secrets stay where they belong: nowhere in logs, facts, columns, refusals or the text of an ask."""

import asyncio
import base64
import logging
import secrets
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from changliao.db.db import wall_clock
from changliao.db.vault import Vault, VaultError, new_ring
from changliao.partners import model as pm
from changliao.pay.api.show import ConfirmationBody
from changliao.pay.model import AskConfirm
from changliao.people.api.routes import PinBody, RegisterBody, SessionBody
from changliao.people.model import AskRegister, AskSetPin, Person
from changliao.wallet.api.mandates import MandateBody
from changliao.wallet.model import AskMandate
from changliao.wire.call import Call
from tests.patience import PATIENCE_S
from tests.wire.platform import BOOKS, Receiver, Town

PASSWORD = "Seven purple herons 1846"
PIN, WRONG_PIN = "915283", "604817"


class Life:
    """Everything that could leak in the life of one town, and everything that it answered."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {"password": PASSWORD, "wrong password": "Wrong herons 1846"}
        self.answers: list[tuple[str, str]] = []
        self.messages: list[str] = []


async def a_whole_life(town: Town, receiver: Receiver) -> Life:
    """Register, sign in, PIN, keys, webhooks, payments, and every kind of refusal on the way."""
    life = Life()
    kept = life.secrets

    async def ask(path: str, body: Any, token: str = "", secret: str = "") -> Any:
        answer = await town.call("POST", path, body, token=token)
        told = answer.json() if answer.content else {}
        if secret:
            kept[f"{secret} of {path}"] = told[secret]
        elif "cashier_url" not in told:
            life.answers.append((path, answer.text))
        return told

    person = {"handle": "heron", "password": PASSWORD}
    await ask("/v1/persons", person | {"name": "Heron"})
    await ask("/v1/persons", person | {"name": "Heron"})
    await ask("/v1/persons", person | {"name": "\n"})
    await ask("/v1/sessions", person | {"password": kept["wrong password"]})
    token = (await ask("/v1/sessions", person, secret="token"))["token"]
    await ask("/v1/me/pin", {"pin": PIN, "password": kept["wrong password"]}, token)
    await ask("/v1/me/pin", {"pin": PIN, "password": PASSWORD}, token)
    await ask("/v1/me/pin", {"pin": "123456", "password": PASSWORD}, token)
    partner = await ask("/v1/partners", {"name": "Herons"}, token)
    app = await ask(f"/v1/partners/{partner['id']}/apps", {"name": "Nest"}, token)
    keys = f"/v1/apps/{app['id']}/keys"
    first = await ask(keys, {"label": "l"}, token, "key")
    fresh = await ask(f"{keys}/{first['id']}/rotation", {}, token, "key")
    hook = {"url": receiver.url}
    endpoint = await ask("/v1/webhook_endpoints", hook, fresh["key"], "secret")
    await ask(f"/v1/webhook_endpoints/{endpoint['id']}/secret", {}, fresh["key"], "secret")
    money = {"amount": 100, "currency": "CNY"}
    payment = await ask("/v1/payments", money | {"reference": "1"}, fresh["key"])
    ticket = payment["cashier_url"].partition("?t=")[2]
    kept["cashier token"] = ticket
    path = f"/v1/payments/{payment['id']}/confirmation"
    me = await town.done("GET", "/v1/me", token=token)
    await town.give(me["id"], 1000)
    await ask(path, {"token": ticket, "pin": WRONG_PIN}, token)
    await ask(path, {"token": ticket, "pin": PIN, "surprise": PIN}, token)
    await ask(path, {"token": ticket, "pin": PIN}, token)
    limits = {"app_id": app["id"], "mode": "test", "currency": "CNY", "per_payment": 1}
    await ask("/v1/mandates", limits | {"per_day": 1, "pin": WRONG_PIN}, token)
    await ask("/v1/mandates", limits | {"per_day": 1, "pin": PIN}, token)
    async with asyncio.timeout(PATIENCE_S):
        while len(receiver.heard) < 2:  # noqa: ASYNC110 - a server in this loop makes it true.
            await asyncio.sleep(0.005)
    life.messages = [body.decode() for _, body in receiver.heard]
    return life


async def test_no_secret_leaks_in_a_whole_life(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    town = await Town(tmp_path).start()
    receiver = await Receiver().start()

    life = await a_whole_life(town, receiver)

    await town.stop()
    await receiver.stop()
    master = town.ring.keys[town.ring.active]
    needles = life.secrets | {"PIN": PIN, "wrong PIN": WRONG_PIN, "master key": master}
    for name, secret in list(needles.items()):
        if secret.startswith("whsec_"):
            needles[f"{name}, bare"] = secret.removeprefix("whsec_")
    assert len(needles) >= 11
    haystacks = [("the log", caplog.text), *columns(tmp_path / BOOKS), *life.answers]
    haystacks += [("a webhook", text) for text in life.messages]
    for place, text in haystacks:
        for name, secret in needles.items():
            assert secret not in text, f"{name} is in {place}"
    raw = {name: base64.b64decode(text) for name, text in needles.items() if "bare" in name}
    raw["master key"] = base64.b64decode(master)
    whole = everything_in(tmp_path)
    for name, secret in needles.items():
        if "PIN" not in name:  # Six digits may stand in a page by chance.
            assert secret.encode() not in whole, f"{name} is in a file of the database"
    for name, bare in raw.items():
        assert bare not in whole, f"{name} is in a file of the database, unwrapped"


def everything_in(folder: Path) -> bytes:
    """What stands in the files of a folder."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def columns(path: Path) -> list[tuple[str, str]]:
    """Every TEXT and BLOB of the database by table and column. Ids and hashes may hold six digits by
    chance, so a column is one text whose numbers and hashes are left out."""
    found = []
    with sqlite3.connect(path) as books:
        tables = books.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            rows = books.execute(f"SELECT * FROM {table}")
            names = [one[0] for one in rows.description]
            for name, values in zip(names, zip(*rows.fetchall(), strict=True), strict=False):
                words = [v if isinstance(v, str) else "" for v in values]
                words += [v.decode("latin-1") for v in values if isinstance(v, bytes)]
                found.append((f"{table}.{name}", "\n".join(words)))
    books.close()
    assert len(found) > 100
    return found


@pytest.mark.parametrize(
    "ask",
    [
        AskSetPin("per_1", PIN),
        AskConfirm("per_1", "pay_1", "wallet", "mobile", PIN, "ok"),
        AskMandate("per_1", "app_1", "test", "CNY", 1, 1, PIN),
        AskRegister("heron", "Heron", "en", PASSWORD),
    ],
    ids=lambda ask: type(ask).__name__,
)
def test_an_ask_does_not_tell_its_secret(ask: Any) -> None:
    assert PIN not in repr(ask) and PASSWORD not in repr(ask)


def test_asks_and_rows_about_webhooks_hide_the_secret() -> None:
    caller = pm.Caller(pm.AppId("app_1"), pm.PartnerId("par_1"), "test", (), "key_1")
    secret = secrets.token_bytes(32)

    for ask in (
        pm.AskEndpoint(caller, "https://shop.example/", ("*",), "v1", secret),
        pm.AskEndpointChange(caller, "we_1", secret),
    ):
        assert repr(secret)[2:12] not in repr(ask)


@pytest.mark.parametrize(
    "body",
    [
        PinBody(PIN, PASSWORD),
        RegisterBody("heron", "Heron", PASSWORD),
        SessionBody("heron", PASSWORD),
        ConfirmationBody(PASSWORD, pin=PIN),
        MandateBody("app_1", "test", "CNY", 1, 1, PIN),
    ],
    ids=lambda body: type(body).__name__,
)
def test_what_a_request_brings_hides_its_secrets(body: Any) -> None:
    assert PIN not in repr(body) and PASSWORD not in repr(body)


def test_a_person_and_a_vault_and_a_call_do_not_tell_what_they_hold() -> None:
    ring = new_ring()
    vault = Vault(ring)
    person = Person("per_1", "heron", "Heron", "en", False, PASSWORD, wall_clock())  # type: ignore[arg-type]
    scope = {"method": "POST", "path": "/", "query_string": b"", "headers": []}
    call = Call(scope, msgspec.json.encode({"pin": PIN}), "req_1")

    said = f"{ring!r} {vault!r} {person!r} {call!r}"

    for secret in (ring.keys["k0001"], PASSWORD, PIN):
        assert secret not in said
    with pytest.raises(VaultError) as broken:
        vault.open(PASSWORD + "." + PIN, place="here")
    assert PASSWORD not in str(broken.value) and PIN not in str(broken.value)
