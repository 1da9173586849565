"""Our WebSocket class in a real uvicorn, on both loops: opening, talking, pausing, ending."""

import json
from collections.abc import Callable

import pytest

from changliao.kernel.refusal import Exhausted
from changliao.wire.hosts import ByHost
from changliao.wire.http import Http
from changliao.wire.refusals import CrossSite, RouteNotFound, SocketsBusy
from changliao.wire.socket import Handshake, Listener, text_frame
from changliao.wire.socket.frames import CLOSE, PING
from changliao.wire.upgrades import LATEST_S, at_most, origin_of
from tests.frames import FINAL, frame
from tests.wire.websocket import LOOPS, PATH, Ear, House, Talk, run

Meet = Callable[..., None]


@pytest.fixture(params=LOOPS)
def meet(request: pytest.FixtureRequest) -> Meet:
    """Let a talk happen in a house, on asyncio's loop and on uvloop's."""

    def met(talk: Talk, house: Callable[[], House] = House) -> None:
        run(request.param, house, talk)

    return met


def test_a_socket_opens_talks_and_closes(meet: Meet) -> None:
    async def talk(house: House) -> None:
        client = await house.knocks()
        status, headers, _ = await client.asks()
        assert status == 101 and headers["upgrade"] == "websocket"
        assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, 1.3
        assert "sec-websocket-extensions" not in headers
        client.text("你好".encode())
        assert await client.hears_text() == "你好".encode()
        client.says(frame(CLOSE, (1000).to_bytes(2)))
        assert await client.is_closed() == 1000
        [ear] = house.ears
        await ear.until("closed")
        assert (ear.heard, ear.codes) == (["opened", "said", "closed"], [1000])

    meet(talk)


def test_the_handshake_is_told_to_whoever_lets_in(meet: Meet) -> None:
    async def talk(house: House) -> None:
        client = await house.knocks()
        await client.asks(PATH + "?a=b%20c", Cookie="x=1", X_Forwarded_For="192.0.2.7")
        [asked] = house.asked
        assert (asked.path, asked.query) == (PATH, "a=b%20c")
        assert (asked.client_ip, asked.secure) == ("192.0.2.7", False)
        assert asked.headers[b"cookie"] == b"x=1" and "x=1" not in repr(asked)
        client.leaves()
        await house.ears[0].until("closed")
        assert house.ears[0].codes == [1006]

    meet(talk)


def test_our_side_closes_and_hears_nothing_more(meet: Meet) -> None:
    async def talk(house: House) -> None:
        client, ear = await house.enters()
        ear.socket.send(text_frame(b"last"))
        ear.socket.close(4001, "下次见")
        ear.socket.send(text_frame(b"never"))
        await ear.until("closed")
        assert ear.codes == [4001]
        assert await client.hears_text() == b"last"
        assert await client.hears() == (FINAL | CLOSE, (4001).to_bytes(2) + "下次见".encode())
        client.text(b"not heard")
        client.says(frame(PING) + frame(CLOSE, (4001).to_bytes(2)))
        await client.is_over()
        assert ear.heard == ["opened", "closed"] and ear.codes == [4001]

    meet(talk)


class Full(Exhausted, code="test_full"):
    """No room left."""


ODD = {
    "another method": ({"method": "POST"}, 400, "bad_upgrade"),
    "no host": ({"Host": ""}, 400, "bad_upgrade"),
    "no key": ({"Sec_WebSocket_Key": ""}, 400, "bad_upgrade"),
    "a short key": ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZQ=="}, 400, "bad_upgrade"),
    "a key that is none": ({"Sec_WebSocket_Key": "!" * 24}, 400, "bad_upgrade"),
    "an old version": ({"Sec_WebSocket_Version": "8"}, 426, "upgrade_required"),
    "no version": ({"Sec_WebSocket_Version": ""}, 426, "upgrade_required"),
    "no upgrade": ({"Upgrade": "", "Connection": ""}, 426, "upgrade_required"),
    "another upgrade": ({"Upgrade": "h2c"}, 426, "upgrade_required"),
    "no connection header": ({"Connection": "keep-alive"}, 426, "upgrade_required"),
    "elsewhere": ({"path": "/v1/other"}, 404, "route_not_found"),
    "below it": ({"path": PATH + "/x"}, 404, "route_not_found"),
}


@pytest.mark.parametrize(("said", "status", "code"), ODD.values(), ids=ODD.keys())
def test_what_is_no_upgrade_is_a_problem(
    meet: Meet, said: dict[str, str], status: int, code: str
) -> None:
    async def talk(house: House) -> None:
        client = await house.knocks()
        found, headers, body = await client.asks(**said)
        assert (found, json.loads(body)["code"]) == (status, code)
        assert headers["content-type"] == "application/problem+json"
        if status == 426:
            assert (headers["sec-websocket-version"], headers["upgrade"]) == ("13", "websocket")
        assert house.ears == []

    meet(talk)


def test_a_refusal_of_whoever_lets_in_is_a_problem_and_the_end(meet: Meet) -> None:
    def accept(handshake: Handshake) -> Listener:
        if "full" in handshake.query:
            raise Full(retry_after_s=7)
        if "bug" in handshake.query:
            raise ZeroDivisionError
        origin_of(handshake, ["https://chat.example.com"])
        return Ear()

    async def talk(house: House) -> None:
        async def asks(query: str = "", **said: str) -> tuple[int, dict[str, str]]:
            client = await house.knocks()
            status, headers, body = await client.asks(PATH + query, **said)
            if status == 101:
                return status, headers
            await client.is_over()
            told = json.loads(body)
            assert told["status"] == status and told.get("instance", PATH) == PATH
            assert headers["connection"] == "close" and told["request_id"]
            return status, headers | {"code": told["code"]}

        assert (await asks())[0] == 101
        assert (await asks(Origin="https://chat.example.com"))[0] == 101
        for origin in ("https://evil.example", "http://chat.example.com", "null", " "):
            status, headers = await asks(Origin=origin)
            assert (status, headers["code"]) == (403, CrossSite.code)
        status, headers = await asks("?full")
        assert (status, headers["code"], headers["retry-after"]) == (503, "test_full", "7")
        status, headers = await asks("?bug")
        assert (status, headers["code"]) == (500, "internal")

    meet(talk, lambda: House(accept))


def test_so_many_a_second_are_let_in(meet: Meet) -> None:
    async def talk(house: House) -> None:
        answers = [await (await house.knocks()).asks() for _ in range(4)]
        assert [status for status, _, _ in answers] == [101, 101, 503, 503]
        _, headers, body = answers[-1]
        assert json.loads(body)["code"] == "sockets_busy" and int(headers["retry-after"]) >= 1

    meet(talk, lambda: House(at_most(lambda _: Ear(), per_s=0.001, burst=2)))


def test_who_is_not_let_in_is_given_a_turn_and_is_let_in_when_it_comes() -> None:
    now = 100.0
    door = at_most(lambda _: Ear(), per_s=2, burst=2, clock=lambda: now)

    def knock() -> int:
        try:
            door(Handshake(PATH, "", {}, "192.0.2.7", False))
        except SocketsBusy as busy:
            return busy.retry_after_s
        return 0

    waits = [knock() for _ in range(7)]
    assert waits == [0, 0, 1, 1, 2, 2, 3]
    for wait in waits[2:]:
        now = 100.0 + wait
        assert knock() == 0
    assert max(knock() for _ in range(1_000)) == LATEST_S


def test_a_host_of_its_own_has_no_socket_of_the_others() -> None:
    native = Http([], sockets={PATH: lambda _: Ear()})
    hosts = ByHost(native, {"gw.example.com": Http([])})

    def at(host: bytes, path: str = PATH) -> Handshake:
        return Handshake(path, "", {b"host": host}, "192.0.2.7", False)

    assert isinstance(hosts.accept(at(b"chat.example.com")), Ear)
    for odd in (at(b"gw.example.com"), at(b"GW.example.com:443"), at(b"chat.example.com", "/")):
        with pytest.raises(RouteNotFound):
            hosts.accept(odd)
