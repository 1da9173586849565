"""A small certificate authority: what says that a key is a merchant's, or ours, as SDKs want to read it.

The certificates are real X.509 (RFC 5280); nobody but these SDKs trusts them, and TLS is not theirs.
"""

import hashlib
import os
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

from changliao.dialects.api.keyring import Keyring, OurKey
from changliao.dialects.api.wechat.wire import PUBLIC_KEY_ID
from changliao.dialects.model import AskPlatformKey
from changliao.kernel.instant import DAY_US, Instant, to_datetime
from changliao.kernel.value import Value
from changliao.partners.model import Mode
from changliao.wire.rsa import RsaPool, load_public, new_pair

YEARS = 5
"""How long a certificate is good for."""
_END = b"-----END PRIVATE KEY-----\n"


class Seal(Value, frozen=True):
    """Our key pair and what stands for it: by certificate serial, or by the id of its public half."""

    private_pem: bytes
    public_pem: str
    public_key_id: str
    certificate: str
    serial: str
    authority_pem: bytes
    authority: str


async def our_seal(keyring: Keyring, mode: Mode, now: int) -> Seal:
    """The key pair of this installation in a mode; made when it is needed first."""

    async def make(pool: RsaPool) -> AskPlatformKey:
        return await pool.run(lambda: _new_platform_key(mode, now))

    return _opened(await keyring.ours("wechat", mode, make))


def _opened(ours: OurKey) -> Seal:
    # Kept together: our own key first, then the authority's; the certificates likewise.
    own, _, authority_pem = ours.private_key.partition(_END)
    certificate, _, authority = ours.key.certificate.partition("\n\n")
    return Seal(
        own + _END,
        ours.key.public_key,
        public_key_id(ours.key.public_key),
        certificate + "\n",
        ours.key.serial,
        authority_pem,
        authority,
    )


def _new_platform_key(mode: Mode, now: int) -> AskPlatformKey:
    """A key of the authority, our own, and a certificate for each. Takes tenths of a second."""
    authority_pem, authority_public = new_pair()
    private_pem, public = new_pair()
    root = signed_certificate("Root CA", authority_public, authority_pem, "Root CA", now, ca=True)
    own = signed_certificate("Platform", public, authority_pem, "Root CA", now)
    return AskPlatformKey(
        "wechat", mode, private_pem + authority_pem, public, f"{own}\n{root}", serial_of(own)
    )


def signed_certificate(
    name: str, public_pem: str, issuer_pem: bytes, issuer: str, now: int, *, ca: bool = False
) -> str:
    """A certificate (PEM) in `name` for the public key, good for five years from yesterday on."""
    key = load_pem_private_key(issuer_pem, None)
    assert isinstance(key, RSAPrivateKey)
    begins = to_datetime(Instant(now - DAY_US))
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(load_public(public_pem))
        .serial_number(_serial())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def _named(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Changliao Pay"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _serial() -> int:
    """A serial of exactly 40 hexadecimal digits, as SDKs print and compare them."""
    return int.from_bytes(bytes([0x40 | os.urandom(1)[0] & 0x3F]) + os.urandom(19), "big")


def serial_of(certificate: str) -> str:
    """A certificate's serial in upper case."""
    return f"{x509.load_pem_x509_certificate(certificate.encode()).serial_number:040X}"


def certified_key(certificate: str) -> RSAPublicKey:
    """The public key that a certificate is about."""
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


def validity(certificate: str) -> tuple[Instant, Instant]:
    """From when to when a certificate is good."""
    read = x509.load_pem_x509_certificate(certificate.encode())
    begins, ends = read.not_valid_before_utc, read.not_valid_after_utc
    return Instant(int(begins.timestamp()) * 1_000_000), Instant(int(ends.timestamp()) * 1_000_000)


def pkcs12(private_pem: bytes, certificate: str, password: str) -> bytes:
    """Key and certificate in one file, as Java and PHP SDKs read it."""
    key = load_pem_private_key(private_pem, None)
    assert isinstance(key, RSAPrivateKey)
    parsed = x509.load_pem_x509_certificate(certificate.encode())
    encryption = BestAvailableEncryption(password.encode())
    return serialize_key_and_certificates(b"apiclient", key, parsed, None, encryption)


def public_key_id(public_pem: str) -> str:
    """`PUB_KEY_ID_` and 32 digits that follow from the key."""
    digest = hashlib.sha256(public_pem.encode()).digest()
    return f"{PUBLIC_KEY_ID}{int.from_bytes(digest, 'big') % 10**32:032}"
