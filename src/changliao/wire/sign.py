"""Signatures: Standard Webhooks 1.0 outwards, Ed25519 for return addresses."""

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def webhook_content(message_id: str, timestamp_s: int, body: bytes) -> bytes:
    """What a webhook's signature covers: `{id}.{timestamp}.{body}`."""
    return f"{message_id}.{timestamp_s}.".encode() + body


def hmac_signature(secret: bytes, content: bytes) -> str:
    """`v1,` and the base 64 of HMAC-SHA256."""
    return "v1," + base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()


def ed25519_raw(seed: bytes, content: bytes) -> bytes:
    """The 64 bytes of an Ed25519 signature (RFC 8032)."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(content)


def ed25519_signature(seed: bytes, content: bytes) -> str:
    """`v1a,` and the base 64 of an Ed25519 signature."""
    return "v1a," + base64.b64encode(ed25519_raw(seed, content)).decode()


def ed25519_public(seed: bytes) -> bytes:
    """The 32 bytes of the public key that belongs to a seed."""
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def ed25519_verifies(public: bytes, content: bytes, signature: bytes) -> bool:
    """Whether the 64 bytes are the key's signature of exactly this content."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def base64url(raw: bytes) -> str:
    """Base 64 for addresses, without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes | None:
    """What `base64url` was made of; None when it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
