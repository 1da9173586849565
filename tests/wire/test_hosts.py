"""Several applications behind one server: by Host, and by a target in absolute form."""

import httpx2
import pytest

from changliao.wire.call import Answer, Call
from changliao.wire.hosts import ByHost
from changliao.wire.http import Http
from changliao.wire.routes import Route


def says(word: str) -> Http:
    async def handler(call: Call) -> Answer:
        return Answer(f"{word} {call.path} {call.raw_path.decode()}".encode())

    return Http([Route("GET", "/gateway.do", handler), Route("GET", "/", handler)])


HOSTS = ByHost(says("native"), {"gw.example.com": says("gw"), "127.0.0.1:8101": says("port")})


async def asked(path: str, host: str) -> str:
    said: list[bytes] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        said.append(message.get("body", b""))

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", host.encode())],
    }
    await HOSTS(scope, receive, send)
    return b"".join(said).decode()


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ("gw.example.com", "gw"),
        ("GW.example.com", "gw"),
        ("gw.example.com:443", "gw"),
        ("gw.example.com:8443", "native"),
        ("127.0.0.1:8101", "port"),
        ("127.0.0.1", "native"),
        ("gw.example.com.evil.example", "native"),
        ("", "native"),
    ],
)
async def test_the_host_chooses_the_application(host: str, word: str) -> None:
    assert await asked("/gateway.do", host) == f"{word} /gateway.do /gateway.do"


async def test_a_target_in_absolute_form_is_its_own_host() -> None:
    path = "https://gw.example.com/gateway.do"
    assert await asked(path, "elsewhere") == "gw /gateway.do /gateway.do"
    assert await asked("http://u:p@127.0.0.1:8101", "elsewhere") == "port / /"


async def test_the_rest_of_the_application_is_served_as_ever() -> None:
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(HOSTS), base_url="http://x")
    assert (await client.get("/")).text == "native / /"
    await client.aclose()
