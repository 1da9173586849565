"""What a server uploads: pictures, under the platform's media ids, which are ours."""

from typing import Any

from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat_mp.door import Asked, Door
from changliao.dialects.api.wechat_mp.faults import Fault
from changliao.dialects.api.wechat_mp.multipart import file_in
from changliao.kernel.instant import SECOND_US
from changliao.wire.call import Call
from changliao.wire.routes import Route

BODY_MAX = (20 << 20) + 65_536
"""The largest picture that media takes, and the form around it."""
_PICTURES = ("image", "thumb")


class Pictures:
    """media/upload: a picture of the app's, which goes after a week when nobody was shown it."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door

    def routes(self) -> list[Route]:
        """The address, behind the token."""
        handler = self._door.with_token(self.upload)
        return [Route("POST", "/cgi-bin/media/upload", handler, body_max=BODY_MAX)]

    async def upload(self, call: Call, asked: Asked) -> dict[str, Any]:
        """One picture. Voice notes and videos of the platform's own kinds are not taken."""
        kind = call.param("type")
        if kind not in _PICTURES:
            raise Fault(40004, "invalid media type")
        content = file_in(call.header("content-type"), call.body, "media")
        media_id = await self._ground.bring(asked.known.caller.uploader, content)
        return {
            "type": kind,
            "media_id": media_id,
            "created_at": self._ground.db.clock() // SECOND_US,
        }
