"""The platform's tags, which are ours: by number."""

from typing import Any

from changliao.accounts import service as accounts
from changliao.accounts.model.tags import AskDropTag, AskMark, AskRetag, AskTag
from changliao.accounts.service import reading
from changliao.db.driver import Reader
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat_mp.calls import OK, PAGE, decoded
from changliao.dialects.api.wechat_mp.door import Asked, Door
from changliao.kernel.value import Value
from changliao.partners import service as partners
from changliao.wire.call import Call
from changliao.wire.routes import Route


class _Tag(Value, frozen=True):
    id: int = 0
    name: str = ""


class _Named(Value, frozen=True):
    """tags/create, tags/update and tags/delete."""

    tag: _Tag = _Tag()


class _Marked(Value, frozen=True):
    """tags/members/batchtagging and batchuntagging."""

    tagid: int = 0
    openid_list: tuple[str, ...] = ()


class _Whose(Value, frozen=True):
    """tags/getidlist."""

    openid: str = ""


class _Who(Value, frozen=True):
    """user/tag/get."""

    tagid: int = 0
    next_openid: str | None = None


class Tags:
    """The addresses under /cgi-bin/tags/."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door

    def routes(self) -> list[Route]:
        """Each behind the token."""
        said = (
            ("POST", "tags/create", self.create),
            ("GET", "tags/get", self.all),
            ("POST", "tags/update", self.update),
            ("POST", "tags/delete", self.delete),
            ("POST", "tags/members/batchtagging", self.tag),
            ("POST", "tags/members/batchuntagging", self.untag),
            ("POST", "tags/getidlist", self.of_person),
            ("POST", "user/tag/get", self.people),
        )
        return [Route(m, f"/cgi-bin/{path}", self._door.with_token(do)) for m, path, do in said]

    async def create(self, call: Call, asked: Asked) -> dict[str, Any]:
        """A tag that nobody has yet."""
        name = decoded(call, _Named).tag.name
        ask = AskTag(asked.known.caller, asked.official.id, name)
        made = await self._ground.db.write(accounts.add_tag, ask)
        return {"tag": {"id": made.number, "name": made.name}}

    async def all(self, call: Call, asked: Asked) -> dict[str, Any]:
        """The account's own tags; the platform's three are not there."""
        found = await self._ground.db.read(reading.tags, asked.official)
        return {"tags": [{"id": o.number, "name": o.name, "count": o.size} for o in found]}

    async def update(self, call: Call, asked: Asked) -> dict[str, Any]:
        """Another name."""
        tag = decoded(call, _Named).tag
        ask = AskRetag(asked.known.caller, asked.official.id, tag.id, tag.name)
        await self._ground.db.write(accounts.rename_tag, ask)
        return OK

    async def delete(self, call: Call, asked: Asked) -> dict[str, Any]:
        """Gone, from all who have it."""
        number = decoded(call, _Named).tag.id
        ask = AskDropTag(asked.known.caller, asked.official.id, number)
        await self._ground.db.write(accounts.drop_tag, ask)
        return OK

    async def tag(self, call: Call, asked: Asked) -> dict[str, Any]:
        """Up to fifty followers get it: all, or none when one is refused."""
        said = decoded(call, _Marked)
        whose = asked.known.caller, asked.official.id
        ask = AskMark(*whose, said.tagid, add=said.openid_list)
        await self._ground.db.write(accounts.mark, ask)
        return OK

    async def untag(self, call: Call, asked: Asked) -> dict[str, Any]:
        """Up to fifty people have it no more."""
        said = decoded(call, _Marked)
        whose = asked.known.caller, asked.official.id
        ask = AskMark(*whose, said.tagid, remove=said.openid_list)
        await self._ground.db.write(accounts.mark, ask)
        return OK

    async def of_person(self, call: Call, asked: Asked) -> dict[str, Any]:
        """The numbers of somebody's tags."""
        open_id = decoded(call, _Whose).openid

        def query(reader: Reader) -> list[int]:
            person = reading.person(reader, self._ground.db.vault, asked.official, open_id)
            return reading.tags_of(reader, asked.official, person.id)

        return {"tagid_list": await self._ground.db.read(query)}

    async def people(self, call: Call, asked: Asked) -> dict[str, Any]:
        """A thousand open ids after `next_openid`; without `data` at the end."""
        said = decoded(call, _Who)

        def query(reader: Reader) -> dict[str, Any]:
            vault, official = self._ground.db.vault, asked.official
            tag, after = reading.tag(reader, official, said.tagid), ""
            if said.next_openid:
                after = reading.person(reader, vault, official, said.next_openid).id
            found = reading.tagged(reader, tag, after, PAGE)
            ids = [partners.open_id_of(vault, official.app_id, one.person_id) for one in found]
            page: dict[str, Any] = {"count": len(ids), "next_openid": ids[-1] if ids else ""}
            return page | ({"data": {"openid": ids}} if ids else {})

        return await self._ground.db.read(query)
