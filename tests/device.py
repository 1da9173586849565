"""A device that keeps passkeys, as W3C Web Authentication describes one: it answers like an honest one
unless a test tells it to lie."""

import hashlib
import os
import struct
from typing import Any

import cbor2
import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from changliao.people.model.passkeys import Asked, Assertion, Registration

ORIGIN = "https://changliao.test"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


class Device:
    """One credential of one device. `counts` False is a device that never counts its uses."""

    def __init__(self, *, origin: str = ORIGIN, counts: bool = True) -> None:
        self.origin, self.counts = origin, counts
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = os.urandom(32)
        self.user_handle = b""
        self.uses = 0

    @property
    def id(self) -> str:
        """The credential's id, as it is written."""
        return bytes_to_base64url(self.credential_id)

    def make(self, asked: Asked, **lies: Any) -> Registration:
        """A registration, as asked."""
        return msgspec.convert(self.registration(asked.public_key, **lies), Registration)

    def registration(self, options: dict[str, Any], **lies: Any) -> dict[str, Any]:
        """The same as it is sent."""
        self.user_handle = base64url_to_bytes(options["user"]["id"])
        client = self._client("webauthn.create", options["challenge"], lies)
        data = self._data(lies.get("site", options["rp"]["id"]), _ATTESTED, lies)
        data += bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id
        data += cbor2.dumps(self._cose())
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return {
            "id": lies.get("id", self.id),
            "rawId": self.id,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": bytes_to_base64url(client),
                "attestationObject": bytes_to_base64url(lies.get("attestation", attestation)),
                "transports": ["internal", "hybrid", "telepathy"],
            },
        }

    def sign(self, asked: Asked, **lies: Any) -> Assertion:
        """An assertion, as asked. `lies`: challenge, origin, site, verified, count, signature …"""
        return msgspec.convert(self.signed(asked.public_key, **lies), Assertion)

    def signed(self, options: dict[str, Any], **lies: Any) -> dict[str, Any]:
        """The same as it is sent."""
        self.uses += self.counts
        challenge = lies.get("challenge", options["challenge"])
        client = self._client("webauthn.get", challenge, lies)
        data = self._data(lies.get("site", options["rpId"]), 0, lies)
        content = data + hashlib.sha256(client).digest()
        signature = self.key.sign(content, ec.ECDSA(hashes.SHA256()))
        handle = lies.get("user_handle", self.user_handle)
        return {
            "id": lies.get("id", self.id),
            "rawId": self.id,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": bytes_to_base64url(lies.get("client", client)),
                "authenticatorData": bytes_to_base64url(data),
                "signature": bytes_to_base64url(lies.get("signature", signature)),
                "userHandle": bytes_to_base64url(handle) if handle else None,
            },
        }

    def _client(self, kind: str, challenge: str, lies: dict[str, Any]) -> bytes:
        said = {
            "type": lies.get("kind", kind),
            "challenge": challenge,
            "origin": lies.get("origin", self.origin),
            "crossOrigin": lies.get("framed", False),
        }
        return msgspec.json.encode(said)

    def _data(self, site: str, flags: int, lies: dict[str, Any]) -> bytes:
        flags |= _PRESENT if lies.get("present", True) else 0
        flags |= _VERIFIED if lies.get("verified", True) else 0
        hashed = hashlib.sha256(site.encode()).digest()
        return hashed + struct.pack(">BI", flags, lies.get("count", self.uses))

    def _cose(self) -> dict[int, Any]:
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return {1: 2, 3: -7, -1: 1, -2: x, -3: y}
