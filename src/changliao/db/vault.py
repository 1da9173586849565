"""Secrets: sealed columns and keyed digests, under keys that never lie in the database."""

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from changliao.kernel.value import Value

ENVIRONMENT_KEY = "CHANGLIAO_MASTER_KEY"
OLD_KEYS = "CHANGLIAO_OLD_MASTER_KEYS"
_KEY_ID = re.compile(r"k\d{4,6}")


class KeyRing(Value, frozen=True):
    """All master keys by id, 32 bytes each in base 64; `active` seals, the others only open."""

    active: str
    keys: dict[str, str]

    def __repr__(self) -> str:
        return f"KeyRing(active={self.active!r}, keys={sorted(self.keys)})"


class VaultError(Exception):
    """A sealed secret cannot be opened: wrong keys, or somebody moved or changed it."""


class Vault:
    """Seals what must be used again (AES-256-GCM, NIST SP 800-38D) and digests PINs (HMAC-SHA256).

    A sealed text is `keyid.base64(nonce + ciphertext)`, bound to its table, column and row: copied
    elsewhere it does not open. Nothing of a key or an opened secret appears in a repr or an error.
    """

    def __init__(self, ring: KeyRing) -> None:
        self.active = ring.active
        try:
            self._keys = {kid: base64.b64decode(key) for kid, key in ring.keys.items()}
        except ValueError:
            raise VaultError("a master key must be in base 64") from None
        if any(len(key) != 32 for key in self._keys.values()) or self.active not in self._keys:
            raise VaultError("a master key must be 32 bytes, and the active one must be there")
        self._aead = {kid: AESGCM(_derive(key, b"seal")) for kid, key in self._keys.items()}
        self._derived: dict[str, bytes] = {}
        self._ciphers: dict[str, Cipher[modes.ECB]] = {}
        self._pin = {kid: _derive(key, b"pin") for kid, key in self._keys.items()}

    def seal(self, secret: bytes, *, place: str) -> str:
        """Seal bytes for one place, e.g. `partner_endpoints.secret:we_01J…`."""
        nonce = os.urandom(12)
        box = nonce + self._aead[self.active].encrypt(nonce, secret, place.encode())
        return f"{self.active}.{base64.b64encode(box).decode()}"

    def open(self, sealed: str, *, place: str) -> bytes:
        """The bytes that were sealed for this place; VaultError otherwise."""
        kid, _, text = sealed.partition(".")
        if kid not in self._aead:  # What stands there may be a secret that was never sealed.
            name = f" {kid}" if _KEY_ID.fullmatch(kid) else ""
            raise VaultError(f"no master key{name} for {place}")
        try:
            box = base64.b64decode(text, validate=True)
            return self._aead[kid].decrypt(box[:12], box[12:], place.encode())
        except (InvalidTag, ValueError):
            raise VaultError(f"the secret at {place} does not open") from None

    def reseal(self, sealed: str, *, place: str) -> str:
        """The same secret under the active key."""
        if sealed.partition(".")[0] == self.active:
            return sealed
        return self.seal(self.open(sealed, place=place), place=place)

    def pin_digest(self, pin: str, salt: bytes) -> str:
        """`keyid.hex` of a PIN: six digits cannot be made slow enough to hash, so a key protects them."""
        return f"{self.active}.{self._pin_mac(self.active, pin, salt)}"

    def pin_matches(self, kept: str, pin: str, salt: bytes) -> bool:
        """Whether the PIN is the one digested, compared in constant time."""
        kid, _, expected = kept.partition(".")
        return kid in self._pin and hmac.compare_digest(expected, self._pin_mac(kid, pin, salt))

    def fingerprint(self, content: bytes) -> bytes:
        """A keyed digest of something that may hold a secret as short as a PIN: without the key nobody
        can find it by trying. Keyed BLAKE2b (RFC 7693) takes 2 us where HMAC takes 20."""
        return hashlib.blake2b(content, key=self.derive("fingerprint"), digest_size=32).digest()

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one named use (RFC 5869 with an empty salt), e.g. the signing key of return URLs.

        From the oldest key, so that a public key made of them survives a rotation.
        """
        known = self._derived.get(purpose)
        if known is None:
            known = _derive(self._keys[min(self._keys)], purpose.encode())
            self._derived[purpose] = known
        return known

    def veil(self, block: bytes, *, purpose: str) -> bytes:
        """16 bytes as 16 others, one to one and always the same, under a key of this purpose alone:
        one block of AES-256 (FIPS 197). For ids, which never repeat; a secret is sealed instead."""
        assert len(block) == 16
        return self._cipher(purpose).encryptor().update(block)

    def unveil(self, block: bytes, *, purpose: str) -> bytes:
        """The 16 bytes that `veil` was given; under another purpose's key, 16 that mean nothing."""
        assert len(block) == 16
        return self._cipher(purpose).decryptor().update(block)

    def _cipher(self, purpose: str) -> Cipher[modes.ECB]:
        known = self._ciphers.get(purpose)
        if known is None:
            known = Cipher(algorithms.AES(self.derive(purpose)), modes.ECB())
            self._ciphers[purpose] = known
        return known

    def _pin_mac(self, kid: str, pin: str, salt: bytes) -> str:
        return hmac.digest(self._pin[kid], salt + pin.encode(), "sha256").hex()


def _derive(key: bytes, purpose: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869), one block."""
    extracted = hmac.new(bytes(32), key, hashlib.sha256).digest()
    return hmac.new(extracted, b"changliao " + purpose + b"\x01", hashlib.sha256).digest()


def new_ring() -> KeyRing:
    """A ring with one fresh key."""
    return KeyRing("k0001", {"k0001": base64.b64encode(secrets.token_bytes(32)).decode()})


def rotated(ring: KeyRing) -> KeyRing:
    """The ring with one more key, which becomes the active one."""
    kid = f"k{int(max(ring.keys)[1:]) + 1:04}"
    return KeyRing(kid, {**ring.keys, kid: base64.b64encode(secrets.token_bytes(32)).decode()})


def write_ring(path: Path, ring: KeyRing) -> None:
    """Put the ring into a file that only its owner can read; whole or not at all."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)  # Also when a crash left one behind.
        file.write(msgspec.json.encode(ring))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_ring(path: Path, environment: Mapping[str, str]) -> KeyRing:
    """The ring from a file that nobody else can read, or from the environment: the active key in base 64,
    and those it replaced, oldest first, as a key's place in the row is its id for ever."""
    if newest := environment.get(ENVIRONMENT_KEY):
        row = [*environment.get(OLD_KEYS, "").replace(",", " ").split(), newest]
        keys = {f"k{number:04}": key for number, key in enumerate(row, 1)}
        return KeyRing(max(keys), keys)
    if path.stat().st_mode & 0o077:
        raise VaultError(f"{path} can be read by others: chmod 600 {path}")
    return msgspec.json.decode(path.read_bytes(), type=KeyRing)
