"""What is sent to a browser, readable by it alone (RFC 8291), in the name of this installation (RFC 8292)."""

import base64
import struct

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096
"""Bytes of the only record; a push service need not take more (RFC 8030 7.2)."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points P-256 has (FIPS 186): a private key is below."""


def key_of(seed: bytes) -> EllipticCurvePrivateKey:
    """The private key on P-256 that belongs to 32 bytes."""
    return derive_private_key(int.from_bytes(seed, "big") % (_ORDER - 1) + 1, SECP256R1())


def public_of(key: EllipticCurvePrivateKey) -> bytes:
    """The 65 bytes of its public point, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def sealed(
    payload: bytes, point: bytes, secret: bytes, own: EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """The body of a push message: `payload` under the subscription's `point` and `secret`. `own` and
    `salt` (16 bytes) are fresh for each message, and come from outside as all chance does."""
    shared = own.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point))
    ours = public_of(own)
    ikm = _derived(shared, secret, b"WebPush: info\x00" + point + ours, 32)
    key = _derived(ikm, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(ikm, salt, b"Content-Encoding: nonce\x00", 12)
    record = AESGCM(key).encrypt(nonce, payload + b"\x02", None)
    return salt + struct.pack("!LB", RECORD, len(ours)) + ours + record


def authorization(key: EllipticCurvePrivateKey, audience: str, contact: str, until_s: int) -> str:
    """The header by which a push service knows who sends: a JSON Web Token under ES256 for its origin,
    with an address at which whoever runs this installation is found, good until then (a day at most)."""
    claims = {"aud": audience, "exp": until_s, "sub": contact}
    parts = ({"typ": "JWT", "alg": "ES256"}, claims)
    content = ".".join(_url(msgspec.json.encode(part)) for part in parts)
    r, s = decode_dss_signature(key.sign(content.encode(), ECDSA(SHA256())))
    token = f"{content}.{_url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    return f"vapid t={token}, k={_url(public_of(key))}"


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def _url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
