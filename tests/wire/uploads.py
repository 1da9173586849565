"""Pictures and files made by code, and sending them the way a client does."""

import hashlib
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from tests.wire.platform import Answer, Someone, Town


class Keyholder(NamedTuple):
    """An app's server, as somebody who uploads."""

    token: str


TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.cookie)</script></svg>'


def picture(form: str = "PNG", size: tuple[int, int] = (40, 20), **said: Any) -> bytes:
    """A picture, red on its left half."""
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return saved(image, form, **said)


def saved(image: Image.Image, form: str, **said: Any) -> bytes:
    place = BytesIO()
    image.save(place, form, **said)
    return place.getvalue()


def moving(form: str, frames: int, size: tuple[int, int] = (8, 8)) -> bytes:
    """A picture that moves; no two frames are the same."""
    all_ = [Image.new("RGB", size, (n * 37 % 256, n * 91 % 256, 9)) for n in range(frames)]
    return saved(all_[0], form, save_all=True, append_images=all_[1:], duration=120, loop=0)


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG that says it is so large, whatever is in it."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return PNG_HEAD + head + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def page(granule: int, number: int, content: bytes, flags: int = 0) -> bytes:
    """A page of an Ogg stream."""
    lacing = [255] * (len(content) // 255) + [len(content) % 255]
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, 7, number, 0, len(lacing))
    return head + bytes(lacing) + content


def voice(ms: int = 2000) -> bytes:
    """A voice note: Opus in Ogg, as long as its last page says."""
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 312, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<II", 0, 0)
    last = page(312 + ms * 48, 2, bytes(100), 4)
    return page(0, 0, head, 2) + page(0, 1, tags) + last


def body(content: bytes, kind: str, content_type: str, **said: Any) -> dict[str, Any]:
    """What announces these bytes."""
    sha256 = hashlib.sha256(content).hexdigest()
    announced = {"kind": kind, "content_type": content_type, "size": len(content)}
    return announced | {"sha256": sha256} | said


async def announced(
    town: Town, who: Someone | Keyholder, content: bytes, kind: str, content_type: str, **said: Any
) -> Any:
    """The ticket for these bytes."""
    sent = body(content, kind, content_type, **said)
    return await town.done("POST", "/v1/media", sent, token=who.token)


async def sent(
    town: Town,
    who: Someone | Keyholder,
    content: bytes,
    kind: str = "image",
    content_type: str = "image/png",
) -> Answer:
    """The answer to an upload."""
    ticket = await announced(town, who, content, kind, content_type)
    return await town.call("PUT", ticket["upload_url"], content=content, token=who.token)


async def uploaded(
    town: Town,
    who: Someone | Keyholder,
    content: bytes,
    kind: str = "image",
    content_type: str = "image/png",
) -> Any:
    """What is shown of an upload that must succeed."""
    answer = await sent(town, who, content, kind, content_type)
    assert answer.is_success, answer.text
    return answer.json()


def files_of(town: Town) -> list[Path]:
    """Every file below the folder of media."""
    folder = town.platform.settings.dir / "media"
    return sorted(path for path in folder.rglob("*") if path.is_file())


def held_by(town: Town) -> set[str]:
    """The names of the blobs in the store."""
    return {path.name for path in files_of(town)}
