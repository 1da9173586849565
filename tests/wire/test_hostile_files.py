"""Files made to harm: none is shown as more than a picture, and none gets more than its share."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from changliao.media.api import darkroom
from tests.wire.platform import Town
from tests.wire.uploads import (
    PNG_HEAD,
    SVG,
    TYPES,
    chunk,
    moving,
    picture,
    png,
    saved,
    sent,
    uploaded,
)

SCRIPT = b"<script>alert(document.cookie)</script>"
MARK = b"PK\x03\x04 hidden archive"


def with_text_that_unfolds() -> bytes:
    """A PNG whose text is 64 MiB when it is unpacked."""
    packed = zlib.compress(bytes(64 << 20), 9)
    return png(8, 8, chunk(b"zTXt", b"bomb\0\0" + packed))


def with_profile_that_unfolds() -> bytes:
    """A PNG whose colour profile is 64 MiB when it is unpacked."""
    packed = zlib.compress(bytes(64 << 20), 9)
    return png(8, 8, chunk(b"iCCP", b"bomb\0\0" + packed))


def gif_of(width: int, height: int) -> bytes:
    """A GIF that says it is so large."""
    small = saved(Image.new("P", (1, 1)), "GIF")
    return small[:6] + struct.pack("<HH", width, height) + small[10:]


TOO_LARGE = {
    "a bomb of 50,000 by 50,000": (png(50_000, 50_000), "PNG"),
    "the largest that a PNG can say": (png(2**31 - 1, 2**31 - 1), "PNG"),
    "a line that no browser draws": (png(darkroom.SIDE_MAX + 1, 1), "PNG"),
    "one pixel row too many": (png(8000, 5001), "PNG"),
    "a GIF of 65,535 by 65,535": (gif_of(65_535, 65_535), "GIF"),
    "more frames than anybody watches": (moving("GIF", darkroom.FRAMES_MAX + 1, (2, 2)), "GIF"),
    "frames with too many pixels together": (moving("GIF", 61, (1000, 1000)), "GIF"),
}


@pytest.mark.parametrize("which", TOO_LARGE)
async def test_a_picture_of_too_many_pixels_is_refused_by_its_head(town: Town, which: str) -> None:
    content, form = TOO_LARGE[which]
    lin = await town.person()
    answer = await sent(town, lin, content, "image", TYPES[form])
    assert (answer.status_code, answer.json()["code"]) == (400, "picture_too_large")
    assert answer.json()["figures"] == {"pixels_max": darkroom.PIXELS_MAX}


BROKEN = {
    "a PNG without an end": (picture("PNG", (300, 300))[:200], "PNG"),
    "a PNG of signature only": (PNG_HEAD, "PNG"),
    "a JPEG cut in half": (picture("JPEG", (300, 300))[:900], "JPEG"),
    "a WebP that is none": (b"RIFF\x10\0\0\0WEBPVP8 \0\0\0\0", "WEBP"),
    "a GIF of nothing": (b"GIF89a", "GIF"),
    "a GIF that is a script": (b"GIF89a=1;" + SCRIPT, "GIF"),
    "a picture without height": (png(0, 0), "PNG"),
    "a PNG whose pixels are noise": (PNG_HEAD + chunk(b"IHDR", b"\xff" * 13), "PNG"),
}


@pytest.mark.parametrize("which", BROKEN)
async def test_a_picture_that_is_broken_is_refused(town: Town, which: str) -> None:
    content, form = BROKEN[which]
    lin = await town.person()
    answer = await sent(town, lin, content, "image", TYPES[form])
    assert (answer.status_code, answer.json()["code"]) == (400, "picture_unreadable")


@pytest.mark.parametrize("make", [with_text_that_unfolds, with_profile_that_unfolds])
async def test_what_unfolds_inside_a_picture_is_no_part_of_what_is_kept(
    town: Town, make: object
) -> None:
    content = make()  # type: ignore[operator]
    lin = await town.person()
    answer = await sent(town, lin, content)
    if answer.is_success:
        assert answer.json()["size"] < 2000
    else:
        assert answer.json()["code"] == "picture_unreadable"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (SVG, "image/png"),
        (b"<?xml version='1.0'?>" + SVG, "image/gif"),
        (SCRIPT, "image/jpeg"),
        (picture("JPEG"), "image/png"),
        (picture("PNG"), "image/jpeg"),
        (picture("GIF"), "image/webp"),
        (b"%PDF-1.7", "image/png"),
        (b"BM" + bytes(100), "image/png"),
        (b"MZ" + bytes(100), "image/gif"),
    ],
)
async def test_what_is_not_what_it_says_is_refused(town: Town, content: bytes, said: str) -> None:
    lin = await town.person()
    for kind in ("image", "avatar", "cover"):
        answer = await sent(town, lin, content, kind, said)
        assert (answer.status_code, answer.json()["code"]) == (400, "media_type_wrong")


async def test_a_page_or_picture_is_no_voice(town: Town) -> None:
    lin = await town.person()
    for content, said, code in (
        (SCRIPT, "audio/ogg", "media_type_wrong"),
        (picture(), "audio/webm", "media_type_wrong"),
        (b"\0\0\0\x18ftypisom" + bytes(12) + SCRIPT, "audio/mp4", "voice_unreadable"),
        (b"\x1aE\xdf\xa3\x80webm" + bytes(80), "audio/webm", "voice_unreadable"),
    ):
        answer = await sent(town, lin, content, "voice", said)
        assert answer.json()["code"] == code


def polyglots() -> dict[str, tuple[bytes, str]]:
    """Pictures that are something else as well."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SCRIPT.decode() + MARK.decode())
    commented = Image.new("RGB", (30, 20), "red")
    return {
        "a PNG with a page and an archive behind it": (picture("PNG") + SCRIPT + MARK, "PNG"),
        "a PNG with a script in its text": (saved(commented, "PNG", pnginfo=info), "PNG"),
        "a JPEG with a script as comment": (
            saved(commented, "JPEG", comment=SCRIPT + MARK),
            "JPEG",
        ),
        "a JPEG with an archive behind it": (picture("JPEG") + MARK + SCRIPT, "JPEG"),
        "a GIF with a script as comment": (saved(commented, "GIF", comment=SCRIPT + MARK), "GIF"),
        "a GIF with an archive behind it": (picture("GIF") + MARK + SCRIPT, "GIF"),
        "a WebP with a script as its XMP": (saved(commented, "WEBP", xmp=SCRIPT + MARK), "WEBP"),
        "a PNG with a profile that is a script": (
            saved(commented, "PNG", icc_profile=SCRIPT + MARK),
            "PNG",
        ),
    }


@pytest.mark.parametrize("which", polyglots())
async def test_a_picture_that_is_something_else_as_well_is_kept_as_a_picture_alone(
    town: Town, which: str
) -> None:
    content, form = polyglots()[which]
    lin = await town.person()
    media = await uploaded(town, lin, content, "image", TYPES[form])
    for url in (media["url"], media["thumbnail_url"]):
        answer = await town.call("GET", url, token=lin.token)
        assert SCRIPT not in answer.content and MARK not in answer.content
        assert answer.headers["content-type"].startswith("image/")
        with Image.open(BytesIO(answer.content)) as image:
            image.load()
            assert "comment" not in image.info and "icc_profile" not in image.info
