"""Draws one picture anew, in a process of its own: run as a script, it knows nothing of this house.

What comes out holds pixels and nothing else: no place, no camera, no comment, nothing behind the end. A
picture that makes the decoder run wild meets the limits of the process, which is killed with it.
"""

import contextlib
import json
import os
import sys
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageOps, ImageSequence, JpegImagePlugin

PIXELS_MAX = 40_000_000
SIDE_MAX = 16_383
"""What a WebP can be; nothing larger can be shown anyway."""
FRAMES_MAX = 300
ALL_PIXELS_MAX = 60_000_000
"""Pixels of all frames together."""
THUMBNAIL = (320, 320)
AVATAR, COVER = 640, (1600, 1600)
MEMORY_MAX, WRITTEN_MAX, CPU_MAX_S = 1 << 30, 64 << 20, 20
_KEPT = ("transparency", "duration", "loop", "disposal", "background", "blend", "default_image")
_MOVING = ("GIF", "WEBP", "PNG")


class TooLarge(Exception):
    """More pixels than anybody needs."""


def confine() -> None:
    """Let this process take only so much of the machine."""
    with contextlib.suppress(ImportError):  # Windows has no such limits.
        import resource

        for limit, most in (
            (resource.RLIMIT_AS, MEMORY_MAX),
            (resource.RLIMIT_FSIZE, WRITTEN_MAX),
            (resource.RLIMIT_CPU, CPU_MAX_S),
        ):
            resource.setrlimit(limit, (most, most))
        os.nice(10)


def develop(kind: str, form: str, source: str, target: str, thumbnail: str) -> tuple[int, int]:
    """Draw the picture in `source`, which must be of this form, into `target`, and a small one; how wide
    and high it has become."""
    with Image.open(source, formats=[form]) as image:
        check(image.size)
        frames = getattr(image, "n_frames", 1) if form in _MOVING and kind == "image" else 1
        if frames > FRAMES_MAX or frames * image.width * image.height > ALL_PIXELS_MAX:
            raise TooLarge
        how: dict[str, Any] = {}
        if isinstance(image, JpegImagePlugin.JpegImageFile):
            # The tables it came with: it neither grows nor loses what can be seen.
            how = {"qtables": image.quantization, "subsampling": sampling(image)}
            how |= {"progressive": True, "optimize": True}
        elif form == "WEBP":
            how = {"quality": 88}
        first = drawn(image, kind)
        if frames > 1:
            lasts = [lasting(frame) for frame in ImageSequence.Iterator(image)]
            how |= {"save_all": True, "append_images": Others(image, kind), "duration": lasts}
        first.save(target, form, **how)
        small = ImageOps.contain(first.convert("RGBA"), fitting(first.size, THUMBNAIL))
        small.save(thumbnail, "WEBP", quality=80)
        return first.size


def check(size: tuple[int, int]) -> None:
    """Refuse, by what its head says, a picture that would not fit into memory."""
    if max(size) > SIDE_MAX or size[0] * size[1] > PIXELS_MAX:
        raise TooLarge


def sampling(image: Image.Image) -> int:
    """How finely a JPEG keeps colours: as it did, where that can be said, else 4:2:0."""
    found = JpegImagePlugin.get_sampling(image)
    return found if found >= 0 else 2


def drawn(image: Image.Image, kind: str) -> Image.Image:
    """The first frame, upright, in sRGB, as large as its kind may be, without anything but pixels."""
    plain = in_srgb(eight_bit(ImageOps.exif_transpose(image)))
    if kind == "avatar":
        side = min(*plain.size, AVATAR)
        plain = ImageOps.fit(full(plain), (side, side))
    elif kind == "cover":
        plain = ImageOps.contain(full(plain), fitting(plain.size, COVER))
    return bare(plain)


def eight_bit(image: Image.Image) -> Image.Image:
    """With 256 shades where it had more: no screen shows them, and half of what follows cannot."""
    if image.mode.startswith(("I", "F")):
        return image.convert("I").point(lambda shade: shade * (1 / 256)).convert("L")
    return image


def bare(image: Image.Image) -> Image.Image:
    """Without anything that a picture carries beside its pixels."""
    image.info = {name: value for name, value in image.info.items() if name in _KEPT}
    return image


def full(image: Image.Image) -> Image.Image:
    """With all its colours, which a palette would spoil when the size changes."""
    if image.mode == "P":
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    return image


def fitting(size: tuple[int, int], most: tuple[int, int]) -> tuple[int, int]:
    """A frame to fit into that makes nothing larger than it was."""
    return min(most[0], size[0]), min(most[1], size[1])


def in_srgb(image: Image.Image) -> Image.Image:
    """The colours that a profile stood for, since the profile goes; one that is broken is no matter."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            mode = "RGB" if image.mode == "CMYK" else image.mode
            found = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode=mode
            )
            return found or image
    return image.convert("RGB") if image.mode == "CMYK" else image


def lasting(frame: Image.Image) -> int:
    """How many milliseconds a frame is shown; some forms say so only when it has been drawn."""
    frame.load()
    return int(frame.info.get("duration", 100))


class Others:
    """The frames after the first, drawn one at a time, as often as somebody goes through them."""

    def __init__(self, image: Image.Image, kind: str) -> None:
        self._image, self._kind = image, kind

    def __iter__(self) -> Iterator[Image.Image]:
        for number, frame in enumerate(ImageSequence.Iterator(self._image)):
            if number:
                yield drawn(frame, self._kind)


def main() -> None:
    """Say in one line of JSON what came of it."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    confine()
    try:
        width, height = develop(*sys.argv[1:])
        told: dict[str, Any] = {"width": width, "height": height}
    except (TooLarge, Image.DecompressionBombError, Image.DecompressionBombWarning):
        told = {"trouble": "too large"}
    except Exception as error:  # Whatever a decoder stumbles over: the picture is no good.
        told = {"trouble": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
