"""A tiny S3: one bucket in memory, which checks each signature as its specification says."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from aiohttp import web
from aiohttp.test_utils import TestServer

KEY, SECRET, REGION = "key-of-a-test", "secret/of a+test", "test-1"


class Bucket:
    """The bucket `pictures`. `down`: it answers everybody with 503. `cut`: it breaks answers off."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.refused: list[str] = []
        self.down = self.cut = False
        site = web.Application(client_max_size=200 << 20)
        site.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(site)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.down:
            return web.Response(status=503)
        if why := objection(request, body):
            self.refused.append(why)
            return web.Response(status=403, text=why)
        name = request.path.removeprefix("/pictures/")
        if request.method == "PUT":
            self.objects[name] = body
            return web.Response()
        if request.method == "DELETE":
            self.objects.pop(name, None)
            return web.Response(status=204)
        content = self.objects.get(name)
        if content is None:
            return web.Response(status=404)
        part = content[request.http_range]
        whole = "range" not in request.headers
        if not self.cut:
            return web.Response(body=part, status=200 if whole else 206)
        answer = web.StreamResponse(headers={"content-length": str(len(part))}, status=206)
        await answer.prepare(request)
        await answer.write(part[: len(part) // 2])
        assert request.transport is not None
        request.transport.abort()
        return answer


def objection(request: web.Request, body: bytes) -> str:
    """Why the signature is none of ours; empty when it is right."""
    said = request.headers.get("Authorization", "")
    if not said.startswith("AWS4-HMAC-SHA256 "):
        return "no signature"
    parts = dict(part.split("=", 1) for part in said.partition(" ")[2].split(", "))
    key, day, region, service, end = parts["Credential"].split("/")
    if (key, region, service, end) != (KEY, REGION, "s3", "aws4_request"):
        return "a credential of somebody else"
    if request.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        return "another body"
    names = parts["SignedHeaders"].split(";")
    if not {"host", "x-amz-content-sha256", "x-amz-date"} <= set(names) or names != sorted(names):
        return "headers that must be signed are not"
    canonical = [request.method, quote(request.path, safe="/-_.~"), ""]
    canonical += [f"{name}:{request.headers[name].strip()}" for name in names]
    canonical += ["", ";".join(names), hashlib.sha256(body).hexdigest()]
    moment = request.headers["x-amz-date"]
    if moment[:8] != day:
        return "another day"
    to_sign = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            moment,
            f"{day}/{REGION}/s3/aws4_request",
            hashlib.sha256("\n".join(canonical).encode()).hexdigest(),
        ]
    )
    signing = ("AWS4" + SECRET).encode()
    for text in (day, REGION, "s3", "aws4_request", to_sign):
        signing = hmac.new(signing, text.encode(), hashlib.sha256).digest()
    return "" if hmac.compare_digest(signing.hex(), parts["Signature"]) else "a wrong signature"


@asynccontextmanager
async def running() -> AsyncIterator[Bucket]:
    """A bucket that listens."""
    bucket = Bucket()
    await bucket.server.start_server()
    try:
        yield bucket
    finally:
        await bucket.server.close()
