"""Who came through Corner Shop's entrance in Changliao: a code traded for a pseudonym, then a cookie.

A code works once, so it is traded on the first page and taken out of the address. What the browser brings
later (`id_token`) is believed when Changliao signed it for this shop, just now, about this very visit.
"""

import base64
import json
import secrets
import sqlite3
import time
from urllib.parse import urlencode, urlsplit

import httpx2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

COOKIE = "corner_visit"
VISIT_S = 24 * 3600
PASSED = ("code", "launch", "lang", "edition")
"""What an entrance appends to the address."""


class Forged(Exception):
    """A token that is not what it would be taken for."""


def _raw(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def claims_of(token: str, keys: list[dict], *, issuer: str, app_id: str, now: float) -> dict:
    """What Changliao says in a token (RFC 7519, EdDSA); Forged unless it is signed by one of its keys, for
    this app, and not over."""
    try:
        head, body, signature = token.split(".")
        header, claims = json.loads(_raw(head)), json.loads(_raw(body))
        key = next(one for one in keys if one["kid"] == header["kid"] and header["alg"] == "EdDSA")
        public = Ed25519PublicKey.from_public_bytes(_raw(key["x"]))
        public.verify(_raw(signature), f"{head}.{body}".encode())
        meant = (claims["iss"], claims["aud"]) == (issuer, app_id)
        if not meant or not claims["iat"] - 60 <= now < claims["exp"]:
            raise Forged
    except (ValueError, KeyError, TypeError, StopIteration, InvalidSignature):
        raise Forged from None
    return claims


class Visits:
    """The visits of this shop, kept beside its orders; `pay` speaks to Changliao with the shop's key."""

    def __init__(self, db: sqlite3.Connection, issuer: str, url: str) -> None:
        self._db, self._issuer, self._url = db, issuer, url
        db.execute(
            "CREATE TABLE IF NOT EXISTS visits (id TEXT PRIMARY KEY, launch TEXT, app TEXT, sub TEXT,"
            " name TEXT)"
        )

    def of(self, request: Request) -> dict | None:
        """Whose visit this request belongs to: `launch`, `sub`, `name` (None until it was told)."""
        cursor = self._db.execute(
            "SELECT launch, app, sub, name FROM visits WHERE id = ?",
            (request.cookies.get(COOKIE, ""),),
        )
        row = cursor.fetchone()
        return dict(zip(("launch", "app", "sub", "name"), row, strict=True)) if row else None

    async def enter(self, request: Request, pay: httpx2.AsyncClient) -> Response | None:
        """Trade the code in the address, if there is one, and go on without it."""
        code = request.query_params.get("code")
        if not code:
            return None
        rest = [(k, v) for k, v in request.query_params.multi_items() if k not in PASSED]
        onward = RedirectResponse(request.url.path + ("?" + urlencode(rest) if rest else ""), 303)
        answer = await pay.post("/v1/launch_tokens", json={"code": code})
        if not answer.is_success:  # Reloaded, too old, or somebody else's: go on as a stranger.
            return onward
        told = answer.json()
        # It came straight from Changliao, over our own connection, so it needs no further proof.
        claims = json.loads(_raw(told["id_token"].split(".")[1]))
        visit = secrets.token_urlsafe(24)
        self._db.execute(
            "INSERT INTO visits VALUES (?, ?, ?, ?, ?)",
            (visit, told["launch"], claims["aud"], told["sub"], told["shared"].get("name")),
        )
        # In a frame of another site only `None` comes back; browsers ask for TLS and a jar of its own then.
        https = urlsplit(self._url).scheme == "https"
        framed = "SameSite=None; Secure; Partitioned" if https else "SameSite=Lax"
        cookie = f"{COOKIE}={visit}; Path=/; HttpOnly; Max-Age={VISIT_S}; {framed}"
        onward.headers.append("set-cookie", cookie)
        return onward

    async def learn(self, request: Request, pay: httpx2.AsyncClient) -> Response:
        """Keep the name that the browser brings in a token about this visit."""
        visit = self.of(request)
        if visit is None:
            return JSONResponse({"error": "no visit"}, 403)
        keys = (await pay.get("/.well-known/jwks.json")).json()["keys"]
        try:
            said = await request.json()
            claims = claims_of(
                str(said["id_token"]),
                keys,
                issuer=self._issuer,
                app_id=visit["app"],
                now=time.time(),
            )
            if (claims["sub"], claims["launch"]) != (visit["sub"], visit["launch"]):
                raise Forged
        except (Forged, ValueError, KeyError, TypeError):
            return JSONResponse({"error": "not about this visit"}, 403)
        self._db.execute(
            "UPDATE visits SET name = ? WHERE launch = ?", (claims.get("name"), visit["launch"])
        )
        return JSONResponse({"name": claims.get("name")})
