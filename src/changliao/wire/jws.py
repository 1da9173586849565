"""Signed JSON: what others sign with a detached payload, RS256 (RFC 7515 appendix F and RFC 7797), and
what we sign, EdDSA with Ed25519 (RFC 8037); and the key sets that both are checked by (RFC 7517)."""

import base64
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from changliao.kernel.value import Value
from changliao.wire.rsa import load_public, public_of, verifies
from changliao.wire.sign import base64url, ed25519_public, ed25519_raw, from_base64url

TOKEN_MAX = 4096
KEYS_MAX = 20
_NUMBER_MAX = 1024  # Characters: a modulus of 4096 bits has 683.


class Detached(Value, frozen=True):
    """A token taken apart: which key it names, what stands before the payload, and the signature."""

    kid: str
    protected: bytes
    signature: str

    def signs(self, public_pem: str, payload: bytes) -> bool:
        """Whether it is this key's over exactly these bytes."""
        return verifies(public_pem, self.protected + b"." + payload, self.signature)


def detached(token: str) -> Detached | None:
    """The parts of `header..signature`; None for what is not RS256 over an unencoded payload."""
    parts = token.split(".")
    if len(token) > TOKEN_MAX or len(parts) != 3 or parts[1] or not token.isascii():
        return None
    header, signature = _header(parts[0]), from_base64url(parts[2])
    if header is None or not signature or header.get("alg") != "RS256":
        return None
    # `b64` must be understood by whoever lists it; nothing else may be asked to be (RFC 7515, 4.1.11).
    if header.get("b64") is not False or header.get("crit", ["b64"]) != ["b64"]:
        return None
    kid = header.get("kid", "")
    if not isinstance(kid, str):
        return None
    return Detached(kid, parts[0].encode(), base64.b64encode(signature).decode())


def key_set(text: str) -> dict[str, str]:
    """The RSA keys of a JSON Web Key Set as PEM, by their ids. What is no such key is left out: a set may
    hold keys for other uses."""
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    keys = told.get("keys") if isinstance(told, dict) else None
    found: dict[str, str] = {}
    for key in keys[:KEYS_MAX] if isinstance(keys, list) else ():
        pem = _pem(key) if isinstance(key, dict) else None
        kid = key.get("kid", "") if isinstance(key, dict) else ""
        if pem is not None and isinstance(kid, str):
            found[kid] = pem
    return found


def signed(seed: bytes, kid: str, claims: dict[str, Any]) -> str:
    """The claims as a JSON Web Token (RFC 7519) under the key of this seed."""
    header = {"alg": "EdDSA", "kid": kid, "typ": "JWT"}
    content = ".".join(base64url(msgspec.json.encode(part)) for part in (header, claims))
    return f"{content}.{base64url(ed25519_raw(seed, content.encode()))}"


def verifying_key(seed: bytes, kid: str) -> dict[str, str]:
    """What checks the tokens of a seed, as a member of a key set (RFC 8037 section 2)."""
    x = base64url(ed25519_public(seed))
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "use": "sig", "alg": "EdDSA"}


def _header(part: str) -> dict[str, Any] | None:
    raw = from_base64url(part)
    try:
        told = msgspec.json.decode(raw or b"")
    except (msgspec.DecodeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _pem(key: dict[str, Any]) -> str | None:
    n, e = _number(key.get("n")), _number(key.get("e"))
    if key.get("kty") != "RSA" or key.get("use", "sig") != "sig" or not n or not e:
        return None
    try:
        pem = public_of(RSAPublicNumbers(e, n).public_key())
        load_public(pem)
    except ValueError:
        return None
    return pem


def _number(text: Any) -> int | None:
    """A whole number as RFC 7518 writes it: big endian, base 64 for addresses."""
    if not isinstance(text, str) or len(text) > _NUMBER_MAX:
        return None
    raw = from_base64url(text)
    return int.from_bytes(raw, "big") if raw else None
