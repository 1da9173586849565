"""What is on the wire of a callback: small XML, its signature, and the sealed form of safe mode. Pure.

WeChat's public platform, "Message encryption": AES-256-CBC under a key of 43 letters of base 64, padded to
blocks of 32; 16 random bytes, the length in network order, the message, the app id.
"""

import base64
import hashlib
import re
import struct
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_FIELD = re.compile(r"<(\w+)>\s*(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))\s*</\1>", re.DOTALL)
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_MESSAGE_MAX = 60_000


def signature(*parts: str) -> str:
    """SHA-1 of the parts in the order of their letters."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def xml(fields: Mapping[str, str | int]) -> str:
    """A message: numbers bare, texts in CDATA, which no text can leave."""
    return f"<xml>{''.join(_written(name, value) for name, value in fields.items())}</xml>"


def _written(name: str, value: str | int) -> str:
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    safe = value.replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{safe}]]></{name}>"


def fields(text: str) -> dict[str, str]:
    """The innermost fields of a message, the first of each name. No entity is ever resolved but the five
    that XML brings along, and nothing outside is fetched: it is no parser."""
    found: dict[str, str] = {}
    for name, data, plain in _FIELD.findall(text[:_MESSAGE_MAX]):
        found.setdefault(name, data or re.sub(r"&(\w+);", _entity, plain.strip()))
    return found


def _entity(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[1], "")


def key_of(letters: str) -> bytes:
    """The key that 43 letters stand for."""
    return base64.b64decode(letters + "=")


def seal(message: str, *, app_id: str, key: bytes, salt: bytes) -> str:
    """The message as safe mode sends it; `salt` is 16 random bytes."""
    text = message.encode()
    whole = salt + struct.pack(">I", len(text)) + text + app_id.encode()
    pad = _BLOCK - len(whole) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = encryptor.update(whole + bytes([pad]) * pad) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def unseal(sealed: str, *, app_id: str, key: bytes) -> str | None:
    """What was sealed for this app id; None when it was not, or is broken."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        whole = decryptor.update(raw) + decryptor.finalize()
        whole = whole[16 : len(whole) - whole[-1]]
        (length,) = struct.unpack(">I", whole[:4])
        text, whose = whole[4 : 4 + length], whole[4 + length :]
        return text.decode() if whose == app_id.encode() else None
    except (ValueError, IndexError, struct.error):
        return None
