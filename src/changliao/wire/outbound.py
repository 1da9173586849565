"""Calling out: one request to a stranger's address, guarded against private networks and endless answers."""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import aiohttp
import msgspec
from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from changliao.kernel.refusal import Invalid
from changliao.kernel.value import Value
from changliao.wire.http import monotonic_s

TIMEOUT_S = 20
ANSWER_MAX = 65536
EXCERPT_MAX = 500
FETCH_S, REDIRECTS_MAX = 10, 3

_NAT64, _COMPATIBLE = ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96")


class CallbackAddressInvalid(
    Invalid,
    code="callback_address_invalid",
    hint="Use https:// and a public host name, without user, password or fragment.",
):
    """We cannot call this address."""


class Told(Value, frozen=True):
    """What came back, `text` up to 64 KiB: `status` 0 when nothing did, and then `trouble` says why;
    `date` is the answer's own `Date`, empty when it has none."""

    status: int
    trouble: str
    text: str
    took_ms: int
    retry_after_s: int = 0
    date: str = ""

    @property
    def excerpt(self) -> str:
        """The beginning of what came back, to keep and to show."""
        return self.text[:EXCERPT_MAX]


def check_address(url: str, *, allow_private: bool) -> None:
    """Refuse an address that could never be called. The network itself is checked at each call,
    because a name may point elsewhere tomorrow."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise CallbackAddressInvalid(field="url") from None
    host = (parts.hostname or "").rstrip(".")
    plain_ok = allow_private and parts.scheme == "http"
    if len(url) > 2000 or not url.isascii() or not url.isprintable() or " " in url:
        raise CallbackAddressInvalid(field="url")
    if (
        not (parts.scheme == "https" or plain_ok)
        or not host
        or "@" in parts.netloc
        or parts.fragment
    ):
        raise CallbackAddressInvalid(field="url")
    if port == 0 or (not allow_private and _is_private_name(host)):
        raise CallbackAddressInvalid(field="url")


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
        if ip in _NAT64 or ip in _COMPATIBLE:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF).is_global
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast


@lru_cache(maxsize=4096)
def _is_private_name(host: str) -> bool:
    """Kept, because shops name the same few hosts with every order."""
    try:
        return not is_public(host)
    except ValueError:
        return (
            host.endswith((".localhost", ".local", ".internal"))
            or "." not in host
            or _reads_as_number(host.rpartition(".")[2])
        )


def _reads_as_number(label: str) -> bool:
    """Whether a host that ends so is an IPv4 address in disguise: `127.1`, `0177.0.0.1`, `0x7f.1`
    (WHATWG URL, "ends in a number")."""
    return label.isdigit() or label.startswith("0x")


class PublicOnly(AbstractResolver):
    """Resolves names, and refuses when any address is private. The connection is then made to exactly
    the addresses that were checked, so a name that changes between check and call gains nothing."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [info[4][0] for info in found]
        if not self._allow_private and not all(is_public(str(address)) for address in addresses):
            raise PrivateAddress(host)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=info[0],
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for info, address in zip(found, addresses, strict=True)
        ]

    async def close(self) -> None:
        """Nothing to let go of."""


class PrivateAddress(OSError):
    """The name leads into a private network."""


class Fetched(Value, frozen=True):
    """What stands at an address: `url` is where redirects led to, `content_type` as it was said, `body`
    the beginning of it, as far as was asked for."""

    url: str
    content_type: str
    body: bytes


class Outbound:
    """One client for all calls. Redirects are followed by `fetch` alone, answers are read up to a limit."""

    def __init__(self, *, allow_private: bool, timeout_s: float = TIMEOUT_S) -> None:
        self.allow_private = allow_private
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Told:
        """Send it and say what came back; trouble is an answer here, not an exception."""
        return await self._call("POST", url, body, headers)

    async def get(self, url: str) -> Told:
        """Fetch what is there, under the same guard."""
        return await self._call("GET", url, b"", {})

    async def _call(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Told:
        began = monotonic_s()
        try:
            check_address(url, allow_private=self.allow_private)
            told = await self._ask(method, url, body, headers)
        except CallbackAddressInvalid:
            told = Told(0, "address_invalid", "", 0)
        except PrivateAddress:
            told = Told(0, "private_address", "", 0)
        except TimeoutError:
            told = Told(0, "timeout", "", 0)
        except (aiohttp.ClientError, OSError, UnicodeError) as error:
            # UnicodeError: a name that no resolver can spell.
            inner = getattr(error, "os_error", None) or error.__cause__
            private = isinstance(inner, PrivateAddress)
            trouble = "private_address" if private else f"connection: {type(error).__name__}"
            told = Told(0, trouble, "", 0)
        took_ms = round((monotonic_s() - began) * 1000)
        return msgspec.structs.replace(told, took_ms=took_ms)

    async def fetch(self, url: str, accept: str, most: int = ANSWER_MAX) -> Fetched | None:
        """The beginning of what stands there, over at most three redirects, each under the same guard;
        None when there is nothing to be had."""
        try:
            async with asyncio.timeout(FETCH_S):
                for _ in range(REDIRECTS_MAX + 1):
                    check_address(url, allow_private=self.allow_private)
                    found = await self._look(url, accept, most)
                    if not isinstance(found, str):
                        return found
                    url = urldefrag(urljoin(url, found)).url
        except (CallbackAddressInvalid, TimeoutError, aiohttp.ClientError, OSError, ValueError):
            pass  # ValueError: a name that no resolver can spell, an address that none can read.
        return None

    async def _look(self, url: str, accept: str, most: int) -> Fetched | str | None:
        """What stands there, or where it has gone."""
        headers = {"accept": accept, "accept-encoding": "identity", "user-agent": "Changliao"}
        async with self._client().get(url, headers=headers, allow_redirects=False) as response:
            if response.status in (301, 302, 303, 307, 308):
                return response.headers.get("location", "")[:2000] or None
            folded = response.headers.get("content-encoding", "identity") != "identity"
            if response.status != 200 or folded:
                return None
            kind = response.headers.get("content-type", "")
            wanted = kind.partition(";")[0].strip().lower()
            if not any(wanted.startswith(one) for one in accept.split(",")):
                return None
            return Fetched(url, kind, await _some(response, most))

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    def _socket(self, info: AddrInfoType) -> socket.socket:
        """The last look, at the address that is really connected to: what aiohttp takes for an address
        is not asked of the resolver."""
        if not self.allow_private and not _is_public_address(str(info[4][0])):
            raise PrivateAddress(str(info[4][0]))
        return socket.socket(info[0], info[1], info[2])

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=PublicOnly(self.allow_private),
                    limit=64,
                    ttl_dns_cache=0,
                    use_dns_cache=False,
                    socket_factory=self._socket,
                ),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,  # A few bytes could unfold into gigabytes.
            )
        return self._session

    async def _ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Told:
        async with self._client().request(
            method, url, data=body or None, headers=dict(headers), allow_redirects=False
        ) as response:
            text = (await _some(response)).decode("utf-8", "replace").replace("\x00", "�")
            after = response.headers.get("retry-after", "")
            wait_s = min(int(after), 86400) if after.isdigit() and len(after) < 6 else 0
            trouble = "" if 200 <= response.status < 300 else f"status {response.status}"
            date = response.headers.get("date", "")
            return Told(response.status, trouble, text, 0, wait_s, date)


async def _some(response: Any, most: int = ANSWER_MAX) -> bytes:
    """The answer up to a limit; a stranger may send for ever."""
    got = bytearray()
    while len(got) < most:
        piece = await response.content.read(most - len(got))
        if not piece:
            break
        got += piece
    return bytes(got)


def _is_public_address(text: str) -> bool:
    try:
        return is_public(text)
    except ValueError:
        return False
