"""Permanent material: the pictures that the account keeps. What else the platform keeps has no kind here."""

from typing import Any

from changliao.accounts import service as accounts
from changliao.accounts.model.materials import AskMaterial
from changliao.accounts.service import reading
from changliao.db.driver import Reader
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat_mp.calls import OK, decoded
from changliao.dialects.api.wechat_mp.door import Asked, Door
from changliao.dialects.api.wechat_mp.faults import Fault
from changliao.dialects.api.wechat_mp.pictures import BODY_MAX, Pictures
from changliao.kernel.instant import SECOND_US
from changliao.kernel.value import Value
from changliao.wire.call import Answer, Call
from changliao.wire.routes import Route

MOST = 20


class _Named(Value, frozen=True):
    """material/get_material and del_material."""

    media_id: str = ""


class _Page(Value, frozen=True):
    """material/batchget_material."""

    type: str = ""
    offset: int = 0
    count: int = MOST


class Materials:
    """The addresses under /cgi-bin/material/."""

    def __init__(self, ground: Ground, door: Door, pictures: Pictures) -> None:
        self._ground, self._door, self._pictures = ground, door, pictures

    def routes(self) -> list[Route]:
        """Each behind the token."""
        said = (
            ("POST", "get_material", self.get),
            ("POST", "del_material", self.delete),
            ("GET", "get_materialcount", self.count),
            ("POST", "batchget_material", self.page),
        )
        at, behind = "/cgi-bin/material/", self._door.with_token
        return [
            Route("POST", f"{at}add_material", behind(self.add), body_max=BODY_MAX),
            *(Route(method, f"{at}{name}", behind(do)) for method, name, do in said),
        ]

    async def add(self, call: Call, asked: Asked) -> dict[str, Any]:
        """A picture, kept until it is deleted. It has no address for the world, as the platform's have."""
        made = await self._pictures.upload(call, asked)
        ask = AskMaterial(asked.known.caller, asked.official.id, made["media_id"])
        kept = await self._ground.db.write(accounts.keep_material, ask)
        return {"media_id": kept.media_id, "url": ""}

    async def get(self, call: Call, asked: Asked) -> Answer:
        """Its bytes."""
        media_id = decoded(call, _Named).media_id
        kept = await self._ground.db.read(reading.material, asked.official, media_id)
        return Answer(await self._ground.fetch(kept.id), content_type=kept.content_type)

    async def delete(self, call: Call, asked: Asked) -> dict[str, Any]:
        """Kept no more; who was sent it keeps it."""
        media_id = decoded(call, _Named).media_id
        ask = AskMaterial(asked.known.caller, asked.official.id, media_id)
        await self._ground.db.write(accounts.drop_material, ask)
        return OK

    async def count(self, call: Call, asked: Asked) -> dict[str, Any]:
        """How many are kept; nothing but pictures is."""
        count = await self._ground.db.read(reading.materials_of, asked.official)
        return {"image_count": count, "voice_count": 0, "video_count": 0, "news_count": 0}

    async def page(self, call: Call, asked: Asked) -> dict[str, Any]:
        """Up to twenty pictures, latest first."""
        said = decoded(call, _Page)
        if said.type != "image":
            raise Fault(40004, "invalid media type")
        if not (0 <= said.offset < 2**31 and 1 <= said.count <= MOST):
            raise Fault(40035, "invalid offset or count")

        def query(reader: Reader) -> dict[str, Any]:
            found = reading.materials(reader, asked.official, said.offset, said.count)
            items = [
                {
                    "media_id": one.media_id,
                    "name": one.media_id,
                    "update_time": one.created_at // SECOND_US,
                    "url": "",
                }
                for one in found
            ]
            total = reading.materials_of(reader, asked.official)
            return {"total_count": total, "item_count": len(items), "item": items}

        return await self._ground.db.read(query)
