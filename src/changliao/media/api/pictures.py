"""Pictures: each is drawn anew by a process of its own, a few at a time, within time and memory."""

import asyncio
import sys
from pathlib import Path

import msgspec

from changliao.kernel.value import Value
from changliao.media.api import darkroom
from changliao.media.model import Kind, PictureTooLarge, PictureUnreadable, UploadsBusy

AT_ONCE_MAX, WAITING_MAX = 2, 64
TIME_MAX_S = 30
_FORMS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
_SCRIPT = Path(darkroom.__file__)


class _Told(Value, frozen=True):
    """What the process says: the size of the picture, or what the trouble is."""

    width: int = 0
    height: int = 0
    trouble: str = ""


class Pictures:
    """Draws pictures anew."""

    def __init__(self, time_max_s: float = TIME_MAX_S) -> None:
        self._free = asyncio.Semaphore(AT_ONCE_MAX)
        self._under_way, self._time_max_s = 0, time_max_s

    async def draw(
        self, kind: Kind, content_type: str, source: Path, target: Path, thumbnail: Path
    ) -> tuple[int, int]:
        """Draw `source` into `target` and `thumbnail`; how wide and high it is. Refuses what is broken,
        has too many pixels, or takes too long."""
        if self._under_way >= WAITING_MAX:
            raise UploadsBusy(retry_after_s=5)
        self._under_way += 1
        try:
            async with self._free:
                said = await self._run(
                    kind, _FORMS[content_type], str(source), str(target), str(thumbnail)
                )
        finally:
            self._under_way -= 1
        if said.trouble == "too large":
            raise PictureTooLarge(field="body", pixels_max=darkroom.PIXELS_MAX)
        if said.trouble:
            raise PictureUnreadable(field="body")
        return said.width, said.height

    async def _run(self, *said: str) -> _Told:
        # -I: what lies in the folder, and the environment, are no business of it.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(_SCRIPT), *said),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        try:
            async with asyncio.timeout(self._time_max_s):
                told, _ = await process.communicate()
        except TimeoutError:
            return _Told(trouble="out of time")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            return _Told(trouble=f"ended with {process.returncode}")
        return msgspec.json.decode(told, type=_Told)
