"""Tokens of the socket: signed, short-lived, checked without the database, and worth nothing once their
session has ended, here or in another process, within a second."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from changliao.bus.outbox import News
from changliao.people import service
from changliao.people.api.socket_tokens import SocketTokens, socket_address
from changliao.people.model import AskEndSession, Session, SocketTokenInvalid
from changliao.wire.sign import base64url, from_base64url
from tests.patience import PATIENCE_S
from tests.places import PostgresPlace
from tests.wire.platform import Someone, Town

TEN_MINUTES_US = 600_000_000


async def session_of(town: Town, someone: Someone) -> Session:
    """The session of a bearer token."""
    found = await town.platform.db.read(
        service.signed_in, service.token_hash(someone.token), town.clock()
    )
    assert found is not None
    return found.session


async def until_refused(tokens: SocketTokens, token: str, now: int) -> None:
    """Wait until the token opens nothing any more."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                tokens.check(token, now)
            except SocketTokenInvalid:
                return
            await asyncio.sleep(0.01)


async def test_a_token_says_whose_session_it_is_for_ten_minutes(town: Town) -> None:
    lin = await town.person(pin=False)
    opened = await town.done("POST", "/v1/sessions/socket", token=lin.token)
    tokens, session = town.platform.socket_tokens, await session_of(town, lin)
    now = town.clock()

    person_id, session_id, expires = tokens.check(opened["token"], now)

    assert (person_id, session_id) == (lin.id, session.id)
    assert now < expires <= now + TEN_MINUTES_US
    assert tokens.check(opened["token"], expires - 1)
    with pytest.raises(SocketTokenInvalid):
        tokens.check(opened["token"], expires)


async def test_a_token_ends_with_its_session(town: Town) -> None:
    session, now = await session_of(town, await town.person(pin=False)), town.clock()
    soon = msgspec.structs.replace(session, expires_at=now + 5)
    _, expires = town.platform.socket_tokens.sign(soon, now)
    assert expires == now + 5


async def test_what_we_did_not_sign_opens_nothing(town: Town) -> None:
    tokens, now = town.platform.socket_tokens, town.clock()
    session = await session_of(town, await town.person(pin=False))
    token, _ = tokens.sign(session, now)
    version, body, mac = token.split(".")
    later = (from_base64url(body) or b"").replace(b",1", b",9")
    forged = [
        *("", ".", "..", "x", "v1", "v1..", "\ud800", "é.é.é", "v1." + body, "x" * 100_000),
        f"v2.{body}.{mac}",
        f"{version}.{base64url(later)}.{mac}",
        f"{version}.{body}.{mac[:-1]}",
        f"{version}.{body}.{mac}A",
        f" {token}",
        f"{version}.{body}.{mac.swapcase()}",
    ]
    assert later != from_base64url(body)
    for one in forged:
        with pytest.raises(SocketTokenInvalid):
            tokens.check(one, now)
    assert tokens.check(token, now)


async def test_signing_out_ends_the_token_and_tells_whoever_asked(town: Town) -> None:
    lin, heard = await town.person(pin=False), list[str]()
    opened = await town.done("POST", "/v1/sessions/socket", token=lin.token)
    session, tokens = await session_of(town, lin), town.platform.socket_tokens
    tokens.on_ended(heard.append)

    await town.done("DELETE", "/v1/sessions/current", token=lin.token)
    await until_refused(tokens, opened["token"], town.clock())

    assert heard.count(session.id) == 1
    with pytest.raises(SocketTokenInvalid):
        await tokens.renew(session.id)


async def test_an_open_session_renews_its_token(town: Town) -> None:
    lin = await town.person(pin=False)
    session, tokens = await session_of(town, lin), town.platform.socket_tokens

    token, expires = await tokens.renew(session.id)

    assert tokens.check(token, town.clock()) == (lin.id, session.id, expires)
    with pytest.raises(SocketTokenInvalid):
        await tokens.renew("ses_nobody")


async def test_after_a_restart_it_is_still_known_who_signed_out(town: Town) -> None:
    lin, wang = await town.person(pin=False), await town.person(pin=False)
    tokens, now = town.platform.socket_tokens, town.clock()
    gone, stays = await session_of(town, lin), await session_of(town, wang)
    ended, _ = tokens.sign(gone, now)
    good, _ = tokens.sign(stays, now)
    await town.done("DELETE", "/v1/sessions/current", token=lin.token)

    fresh = SocketTokens(town.platform.db)
    await fresh.load()

    assert fresh.check(good, now)
    with pytest.raises(SocketTokenInvalid):
        fresh.check(ended, now)


async def test_no_more_is_remembered_than_tokens_can_still_be_about(tmp_path: Path) -> None:
    town = await Town(tmp_path).start()
    tokens = town.platform.socket_tokens
    lin, wang = await town.person(pin=False), await town.person(pin=False)
    first, second = await session_of(town, lin), await session_of(town, wang)
    early, _ = tokens.sign(first, town.clock())
    await town.done("DELETE", "/v1/sessions/current", token=lin.token)
    await until_refused(tokens, early, town.clock())
    town.clock.forward(601)
    late, _ = tokens.sign(second, town.clock())
    await town.done("DELETE", "/v1/sessions/current", token=wang.token)
    await until_refused(tokens, late, town.clock())

    assert tokens.remembered == {second.id}
    await town.stop()


@pytest.mark.postgres
async def test_a_sign_out_in_another_process_is_heard(
    postgres_place: PostgresPlace, tmp_path: Path
) -> None:
    town = Town(tmp_path, postgres_place)
    lin = await town.person(pin=False)
    session = await session_of(town, lin)
    elsewhere = postgres_place.open(vault=town.platform.db.vault, clock=town.clock)
    tokens = SocketTokens(elsewhere)
    await tokens.load()
    hearing = asyncio.create_task(tokens.run(News(elsewhere)))
    token, _ = tokens.sign(session, town.clock())
    assert tokens.check(token, town.clock())

    await town.platform.db.write(service.end_session, AskEndSession(lin.id, session.id))

    await until_refused(tokens, token, town.clock())
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    elsewhere.close()
    await town.stop()


@pytest.mark.parametrize(
    ("url", "socket"),
    [
        ("http://localhost:8000", "ws://localhost:8000/v1/socket"),
        ("https://chat.example.org", "wss://chat.example.org/v1/socket"),
    ],
)
def test_the_socket_is_where_we_are(url: str, socket: str) -> None:
    assert socket_address(url) == socket
