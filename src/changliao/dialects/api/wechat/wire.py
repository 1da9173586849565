"""What goes over the wire in WeChat Pay APIv3: the texts that are signed, and what is encrypted.

Source: WeChat Pay's developer pages on signatures (v3) and its official SDKs; the vectors of two of
them are in the tests. The host is no part of any signature.
"""

import base64
import binascii
import os
import re
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from changliao.dialects.api.wechat.refusals import Says
from changliao.kernel.value import Value
from changliao.wire.call import Call

SCHEME = "WECHATPAY2-SHA256-RSA2048"
AEAD = "AEAD_AES_256_GCM"
PUBLIC_KEY_ID = "PUB_KEY_ID_"
"""How the id of a public key begins, in `Wechatpay-Serial`; anything else there is a serial."""

_PAIR = re.compile(r'\s*([a-z_]+)="([^"]*)"\s*')
_ESCAPED = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_HEADER_MAX = 2048
_NONCE = re.compile(r"[0-9A-Za-z_-]{1,64}")
_STRUCTURE = b"&=%#+?/"

T = TypeVar("T")


class Signed(Value, frozen=True):
    """What a request says of its signature."""

    mchid: str
    nonce: str
    timestamp: int
    serial: str
    signature: str


def read_authorization(header: str) -> Signed | None:
    """The five pairs of an Authorization header, in whatever order; None when it is no such header."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.upper() != SCHEME or len(header) > _HEADER_MAX:
        return None
    pairs: dict[str, str] = {}
    for part in rest.split(","):
        found = _PAIR.fullmatch(part)
        if found is None or found[1] in pairs:
            return None
        pairs[found[1]] = found[2]
    time = pairs.get("timestamp", "")
    nonce = pairs.get("nonce_str", "")
    if not (time.isascii() and time.isdigit() and len(time) <= 12) or not _NONCE.fullmatch(nonce):
        return None
    named = [pairs.get(name, "") for name in ("mchid", "serial_no", "signature")]
    if not all(named):
        return None
    return Signed(named[0], nonce, int(time), named[1].upper(), named[2])


def targets(call: Call) -> list[bytes]:
    """The targets that a client may have signed, the likeliest first: as it came; with its path decoded
    (wechatpayv3 signs `|`, `@` and Chinese as they are, and its transport escapes them afterwards);
    with its query decoded too, but for what gives a query its structure."""
    query = b"?" + call.raw_query if call.raw_query else b""
    decoded = unquote_to_bytes(call.raw_path)
    found = [call.raw_path + query, decoded + query, decoded + _ESCAPED.sub(_plain, query)]
    return list(dict.fromkeys(found))


def _plain(escaped: re.Match[bytes]) -> bytes:
    signs = unquote_to_bytes(escaped[0])
    return b"".join(b"%%%02X" % sign if sign in _STRUCTURE else bytes([sign]) for sign in signs)


def request_text(method: str, target: bytes, signed: Signed, body: bytes) -> bytes:
    """What a merchant signs."""
    head = f"{signed.timestamp}\n{signed.nonce}\n".encode()
    return method.encode() + b"\n" + target + b"\n" + head + body + b"\n"


def answer_text(timestamp: str, nonce: str, body: bytes) -> bytes:
    """What we sign: answers and notifications."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


class Box(Value, frozen=True):
    """Something encrypted with a merchant's APIv3 key."""

    algorithm: str
    nonce: str
    associated_data: str
    ciphertext: str


def seal(apiv3_key: str, text: bytes, associated_data: str) -> Box:
    """AES-256-GCM under the 32 characters of the key, with a fresh nonce of 12 characters."""
    nonce = os.urandom(6).hex()
    sealed = AESGCM(apiv3_key.encode()).encrypt(nonce.encode(), text, associated_data.encode())
    return Box(AEAD, nonce, associated_data, base64.b64encode(sealed).decode())


def unseal(apiv3_key: str, box: Box) -> bytes:
    """What is in the box; ValueError when it was not sealed with this key and these data."""
    try:
        sealed = base64.b64decode(box.ciphertext, validate=True)
        opened = AESGCM(apiv3_key.encode())
        return opened.decrypt(box.nonce.encode(), sealed, box.associated_data.encode())
    except (InvalidTag, binascii.Error):
        raise ValueError("does not open") from None


def decrypted(private_pem: bytes, text: str) -> str:
    """A sensitive field that was encrypted with our public key (RSA-OAEP, SHA-1); ValueError if not."""
    key = load_pem_private_key(private_pem, None)
    assert isinstance(key, RSAPrivateKey)
    sealed = base64.b64decode(text, validate=True)  # binascii.Error is a ValueError.
    return key.decrypt(sealed, OAEP(MGF1(SHA1()), SHA1(), None)).decode()


def read(call: Call, kind: type[T]) -> T:
    """The body of a request; PARAM_ERROR when it is not of this shape. More fields are let be, but must
    be JSON in UTF-8 with numbers that fit: what a request said is digested whole (`canonical`)."""
    if b"\\u0000" in call.body:  # Not every database can keep it.
        raise Says("PARAM_ERROR", "参数错误: 文本中有零字符")
    try:
        body = msgspec.json.decode(call.body or b"{}", type=kind)
        msgspec.json.decode(call.body or b"{}")  # The decoder skips fields it does not know unread.
        return body
    except msgspec.ValidationError as error:
        raise Says("PARAM_ERROR", f"参数错误: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Says("PARAM_ERROR", "参数错误: 请求体不是合法的 JSON") from None


def canonical(body: bytes, without: str = "") -> bytes:
    """A JSON object spelled in one way, so that the same request is known whatever its spaces."""
    said = msgspec.json.decode(body or b"{}", type=dict[str, Any])
    said.pop(without, None)
    return msgspec.json.encode(said, order="sorted")
