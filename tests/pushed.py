"""A browser and its push service: what is left for it is opened by other code than what sealed it."""

import asyncio
import base64
import secrets
from typing import Any

import http_ece  # type: ignore[import-untyped]
import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey


def url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """The keys of one subscription."""

    def __init__(self) -> None:
        self.key = generate_private_key(SECP256R1())
        self.secret = secrets.token_bytes(16)
        public = self.key.public_key()
        self.point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def keys(self) -> dict[str, str]:
        return {"p256dh": url64(self.point), "auth": url64(self.secret)}

    def opened(self, body: bytes) -> bytes:
        found = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"
        )
        return bytes(found)

    def read(self, body: bytes) -> Any:
        return msgspec.json.decode(self.opened(body))


class PushService:
    """Takes notices. `answers` are the statuses to give, then 201; `hangs`: it answers nobody."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[web.Response] = []
        self.hangs = False
        self._some = asyncio.Event()
        self._left = asyncio.Event()
        site = web.Application()
        site.router.add_post("/{way:.*}", self._hear)
        self._server = TestServer(site)

    async def start(self) -> "PushService":
        await self._server.start_server()
        return self

    async def stop(self) -> None:
        self._left.set()
        await self._server.close()

    async def one(self) -> None:
        """Wait until something was left here."""
        await self._some.wait()

    def at(self, name: str) -> str:
        return str(self._server.make_url(f"/send/{name}"))

    @property
    def origin(self) -> str:
        return str(self._server.make_url("")).rstrip("/")

    async def _hear(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard.append((headers | {"way": request.match_info["way"]}, await request.read()))
        self._some.set()
        if self.hangs:
            await self._left.wait()
        return self.answers.pop(0) if self.answers else web.Response(status=201)


def sender_of(authorization: str, public: str) -> dict[str, Any]:
    """What a push service learns of who sends: the claims, if the token is this key's."""
    scheme, _, rest = authorization.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, parts["k"]) == ("vapid", public)
    point = raw64(public)
    x, y = url64(point[1:33]), url64(point[33:])
    key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})
    return dict(jwt.decode(parts["t"], key, algorithms=["ES256"]).claims)
