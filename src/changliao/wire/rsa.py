"""RSA: key pairs, and signatures by PKCS#1 v1.5 with SHA-256 (RFC 8017), made outside the event loop."""

import asyncio
import base64
import binascii
import contextlib
import re
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple, TypeVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_csr

BITS = 2048
LEAST_BITS, MOST_BITS = 2048, 4096
THREADS = 2
TOGETHER = 8
"""How many signatures a thread makes at most before it wakes the loop."""
_REQUEST = "CERTIFICATE REQUEST"
_ARMOR = re.compile(r"-----[A-Z0-9 ]+-----|\s+")

R = TypeVar("R")


class _Wish(NamedTuple):
    """A signature that somebody waits for."""

    private_pem: bytes
    content: bytes
    future: asyncio.Future[str]


class RsaPool:
    """A few threads that sign: one signature takes a core a millisecond, and the loop shall not wait.

    A thread takes a few of those that wait and wakes the loop once for all of them. There is no timer:
    while it signs, the next ones gather.
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="rsa")
        self._waiting: deque[_Wish] = deque()
        self._threads, self._signing = threads, 0

    async def sign(self, private_pem: bytes, content: bytes) -> str:
        """The signature in base 64."""
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Wish(private_pem, content, future))
        self._begin()
        return await future

    async def pair(self) -> tuple[bytes, str]:
        """A fresh key pair: the private half (PKCS#8) and the public one, both PEM."""
        return await self._run(new_pair)

    async def run(self, work: Callable[[], R]) -> R:
        """Other work with keys that would keep the loop waiting."""
        return await self._run(work)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _begin(self) -> None:
        """In the loop: let one more thread sign, if one is free and something waits."""
        if self._waiting and self._signing < self._threads:
            self._signing += 1
            self._pool.submit(self._sign_all, asyncio.get_running_loop())

    def _sign_all(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread: sign until nobody waits."""
        with contextlib.suppress(RuntimeError):  # The loop has been closed: nobody waits there.
            while some := self._taken():
                loop.call_soon_threadsafe(_settle, [(wish.future, _tried(wish)) for wish in some])
            loop.call_soon_threadsafe(self._ended)

    def _taken(self) -> list[_Wish]:
        taken: list[_Wish] = []
        with contextlib.suppress(IndexError):
            while len(taken) < TOGETHER:
                taken.append(self._waiting.popleft())
        return taken

    def _ended(self) -> None:
        self._signing -= 1
        self._begin()  # Somebody may have come between a thread's last look and now.


def _tried(wish: _Wish) -> str | Exception:
    try:
        return "" if wish.future.cancelled() else signed(wish.private_pem, wish.content)
    except Exception as error:
        return error


def _settle(signatures: list[tuple[asyncio.Future[str], str | Exception]]) -> None:
    for future, told in signatures:
        if future.done():
            continue
        if isinstance(told, Exception):
            future.set_exception(told)
        else:
            future.set_result(told)


def new_pair() -> tuple[bytes, str]:
    """A fresh key pair: the private half (PKCS#8) and the public one, both PEM."""
    key = generate_private_key(public_exponent=65537, key_size=BITS)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, public_of(key.public_key())


def public_of(key: RSAPublicKey) -> str:
    """A public key as PEM (SubjectPublicKeyInfo)."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed(private_pem: bytes, content: bytes) -> str:
    """The signature of the content in base 64. Takes about a millisecond: not for the event loop."""
    return base64.b64encode(_private(private_pem).sign(content, PKCS1v15(), SHA256())).decode()


def verifies(public_pem: str, content: bytes, signature: str) -> bool:
    """Whether the base 64 signature is the key's over exactly these bytes."""
    try:
        raw = base64.b64decode(signature, validate=True)
        load_public(public_pem).verify(raw, content, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def public_pem(text: str) -> str:
    """A public key as people paste it (PEM, its base 64 alone, or a certificate request that holds it) as
    PEM; ValueError when it is none, or not RSA of 2048 to 4096 bits."""
    if len(text) > 4096:
        raise ValueError("too long")
    if _REQUEST in text:
        return _requested(text)
    body = _ARMOR.sub("", text)
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    pem = "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
    return public_of(load_public(pem))


def private_pem(text: str) -> bytes:
    """A private key as people are given it (PEM, or its base 64 alone in either spelling) as PEM;
    ValueError when it is none."""
    if "-----BEGIN" in text:
        spellings = [text]
    else:
        kinds = ("PRIVATE KEY", "RSA PRIVATE KEY")
        body = _ARMOR.sub("", text)
        lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
        spellings = [f"-----BEGIN {one}-----\n{lines}\n-----END {one}-----\n" for one in kinds]
    for one in spellings:
        try:
            if isinstance(load_pem_private_key(one.encode(), None), RSAPrivateKey):
                return one.encode()
        except (UnsupportedAlgorithm, TypeError, ValueError):
            continue
    raise ValueError("not a private key of RSA")


def _requested(text: str) -> str:
    """The key that a certificate request (PKCS#10) is for, if it is signed with that key."""
    asked = load_pem_x509_csr(text.encode())
    key = asked.public_key()
    if not asked.is_signature_valid or not isinstance(key, RSAPublicKey):
        raise ValueError("not a certificate request for an RSA key")
    return public_of(load_public(public_of(key)))


def bare(pem: str | bytes) -> str:
    """The base 64 of a PEM without its armour, as some SDKs are configured."""
    return _ARMOR.sub("", pem.decode() if isinstance(pem, bytes) else pem)


def pkcs1(private_pem: bytes) -> str:
    """A private key in the older spelling (`BEGIN RSA PRIVATE KEY`) that some SDKs insist on."""
    form = PrivateFormat.TraditionalOpenSSL
    return _private(private_pem).private_bytes(Encoding.PEM, form, NoEncryption()).decode()


@lru_cache(maxsize=4096)
def load_public(pem: str) -> RSAPublicKey:
    """The key in a PEM; ValueError when it is not RSA of 2048 to 4096 bits."""
    try:
        key = load_pem_public_key(pem.encode())
    except (UnsupportedAlgorithm, TypeError) as error:
        raise ValueError(str(error)) from None
    if not isinstance(key, RSAPublicKey) or not LEAST_BITS <= key.key_size <= MOST_BITS:
        raise ValueError("not an RSA key of 2048 to 4096 bits")
    return key


@lru_cache(maxsize=64)
def _private(pem: bytes) -> RSAPrivateKey:
    key = load_pem_private_key(pem, None)
    assert isinstance(key, RSAPrivateKey)
    return key
