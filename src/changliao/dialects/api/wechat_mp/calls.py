"""The verbs of the platform, each by one of ours: messages, menu, people, templates."""

import hashlib
from typing import Any

import msgspec

from changliao.accounts import service as accounts
from changliao.accounts.model import AskMenu, Button, Choice
from changliao.accounts.model.talks import AskAnswer, AskSend
from changliao.accounts.service import reading
from changliao.chat.model.entries import Kind
from changliao.db.driver import Reader
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat_mp import faults
from changliao.dialects.api.wechat_mp.door import Asked, Door
from changliao.dialects.api.wechat_mp.faults import Fault
from changliao.kernel.instant import SECOND_US
from changliao.kernel.value import Value
from changliao.partners import service as partners
from changliao.wire.call import Call
from changliao.wire.routes import Route

OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
PAGE = 1000


class _Text(Value, frozen=True):
    content: str = ""


class _Image(Value, frozen=True):
    media_id: str = ""


class _News(Value, frozen=True):
    title: str = ""
    description: str | None = None
    url: str | None = None


class _Articles(Value, frozen=True):
    articles: tuple[_News, ...] = ()


class _Custom(Value, frozen=True):
    """message/custom/send."""

    touser: str = ""
    msgtype: str = ""
    text: _Text = _Text()
    image: _Image = _Image()
    news: _Articles = _Articles()
    mpnews: _Image = _Image()


class _Worth(Value, frozen=True):
    value: str | int = ""


class _Templated(Value, frozen=True):
    """message/template/send."""

    touser: str = ""
    template_id: str = ""
    url: str | None = None
    data: dict[str, _Worth] = {}


class _Press(Value, frozen=True):
    name: str = ""
    type: str = ""
    key: str = ""
    url: str = ""
    sub_button: tuple["_Press", ...] = ()


class _Menu(Value, frozen=True):
    """menu/create."""

    button: tuple[_Press, ...] = ()


class Calls:
    """The addresses under /cgi-bin/."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door

    def routes(self) -> list[Route]:
        """Each behind the token; what is read by GET is written by POST."""
        said = (
            ("POST", "message/custom/send", self.custom),
            ("POST", "message/template/send", self.template),
            ("POST", "menu/create", self.menu_create),
            ("GET", "menu/get", self.menu_get),
            ("GET", "menu/delete", self.menu_delete),
            ("GET", "user/info", self.user),
            ("GET", "user/get", self.followers),
            ("GET", "template/get_all_private_template", self.templates),
        )
        return [
            Route("GET", "/cgi-bin/token", self._door.token),
            *(Route(m, f"/cgi-bin/{path}", self._door.with_token(do)) for m, path, do in said),
        ]

    async def custom(self, call: Call, asked: Asked) -> dict[str, Any]:
        """A message to somebody who wrote within 48 hours: text, picture or article. The platform knows no
        key of ours for a retry, so each call is another message."""
        said = decoded(call, _Custom)
        kind, body = await self._said(said, asked)
        whose = asked.known.caller, asked.official.id
        content = msgspec.json.encode(body)
        ask = AskAnswer(*whose, said.touser, kind, content, self._once(call))
        await self._ground.db.write(accounts.answer, ask)
        return OK

    async def _said(self, said: _Custom, asked: Asked) -> tuple[Kind, dict[str, str]]:
        if said.msgtype == "text":
            return "text", {"text": said.text.content}
        if said.msgtype == "image":
            return "image", {"media": said.image.media_id}
        if said.msgtype == "mpnews":
            return "article", {"article": said.mpnews.media_id}
        if said.msgtype != "news":
            raise Fault(40008, "invalid message type")
        if len(said.news.articles) != 1:
            raise Fault(45008, "article count out of limit")
        return await self._news(said.news.articles[0], asked)

    async def _news(self, one: _News, asked: Asked) -> tuple[Kind, dict[str, str]]:
        """An article of this account by its public address; anything else is a text with its link."""
        place, _, article_id = (one.url or "").rpartition("/")
        if place == f"{self._ground.site_url}/a":
            found = await self._ground.db.read(reading.published, asked.official, article_id)
            if found is not None:
                return "article", {"article": found.id}
        lines = (one.title, one.description, one.url)
        return "text", {"text": "\n".join(line for line in lines if line)}

    async def template(self, call: Call, asked: Asked) -> dict[str, Any]:
        """A registered text with its fields filled in."""
        said = decoded(call, _Templated)
        ask = AskSend(
            asked.known.caller,
            asked.official.id,
            said.touser,
            said.template_id,
            {name: str(worth.value) for name, worth in said.data.items()},
            said.url or "",
            self._once(call),
        )
        entry = await self._ground.db.write(accounts.send_template, ask)
        return OK | {"msgid": entry.number}

    async def templates(self, call: Call, asked: Asked) -> dict[str, Any]:
        """The registered texts."""
        found = await self._ground.db.read(reading.templates, asked.official)
        items = [{"template_id": o.id, "title": o.title, "content": o.text} for o in found]
        return {"template_list": items}

    async def menu_create(self, call: Call, asked: Asked) -> dict[str, Any]:
        """Another menu, instead of the one before."""
        buttons = tuple(_button(one, str(n)) for n, one in enumerate(decoded(call, _Menu).button))
        ask = AskMenu(asked.known.caller, asked.official.id, buttons)
        await self._ground.db.write(accounts.put_menu, ask)
        return OK

    async def menu_get(self, call: Call, asked: Asked) -> dict[str, Any]:
        """The menu; 46003 when there is none."""
        if not asked.official.menu:
            raise Fault(faults.NO_MENU, "menu no exist")
        return {"menu": {"button": [_shown(one) for one in asked.official.menu]}}

    async def menu_delete(self, call: Call, asked: Asked) -> dict[str, Any]:
        """No menu any more."""
        ask = AskMenu(asked.known.caller, asked.official.id, ())
        await self._ground.db.write(accounts.put_menu, ask)
        return OK

    async def user(self, call: Call, asked: Asked) -> dict[str, Any]:
        """Somebody by their open id: more of who follows than of who does not."""
        open_id = call.param("openid")

        def query(reader: Reader) -> dict[str, Any]:
            vault, official = self._ground.db.vault, asked.official
            person = reading.person(reader, vault, official, open_id)
            follower = reading.follower(reader, official, person.id)
            if follower is None:
                return {"subscribe": 0, "openid": open_id}
            return {
                "subscribe": 1,
                "openid": open_id,
                "nickname": person.name,
                "language": person.locale.replace("-", "_"),
                "subscribe_time": follower.joined_at // SECOND_US,
                "remark": "",
                "groupid": 0,
                "tagid_list": reading.tags_of(reader, official, person.id),
            }

        return await self._ground.db.read(query)

    async def followers(self, call: Call, asked: Asked) -> dict[str, Any]:
        """A thousand open ids after `next_openid`, by when they began; without `data` at the end."""
        beyond = call.param("next_openid")

        def query(reader: Reader) -> dict[str, Any]:
            vault, official = self._ground.db.vault, asked.official
            after = 0
            if beyond:
                person = reading.person(reader, vault, official, beyond)
                follower = reading.follower(reader, official, person.id)
                after = follower.joined_at if follower else 2**62
            found = reading.followers(reader, official, after, PAGE)
            ids = [partners.open_id_of(vault, official.app_id, one.person_id) for one in found]
            said: dict[str, Any] = {
                "total": reading.followers_of(reader, official),
                "count": len(ids),
                "next_openid": ids[-1] if ids else "",
            }
            return said | ({"data": {"openid": ids}} if ids else {})

        return await self._ground.db.read(query)

    def _once(self, call: Call) -> str:
        return f"mp-{hashlib.sha256(call.request_id.encode()).hexdigest()[:40]}"


def decoded(call: Call, kind: Any) -> Any:
    """The body as it is documented, or 47001."""
    try:
        return msgspec.json.decode(call.body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Fault(faults.BAD_JSON, "data format error") from None


def _button(one: _Press, key: str) -> Button:
    """A button of theirs as one of ours. Kinds that need the platform's own app are refused."""
    if one.sub_button:
        inner = tuple(_choice(sub, f"{key}.{n}") for n, sub in enumerate(one.sub_button))
        return Button(one.name, one.key or f"menu.{key}", "menu", buttons=inner)
    found = _choice(one, key)
    return Button(found.name, found.key, found.kind, url=found.url)


def _choice(one: _Press, key: str) -> Choice:
    if one.type == "click":
        return Choice(one.name, one.key, "event")
    if one.type == "view":
        return Choice(one.name, one.key or f"view.{key}", "link", url=one.url)
    raise Fault(40016, f"invalid button type {one.type}")


def _shown(one: Choice) -> dict[str, Any]:
    if isinstance(one, Button) and one.buttons:
        return {"name": one.name, "sub_button": [_shown(sub) for sub in one.buttons]}
    if one.kind == "link":
        return {"type": "view", "name": one.name, "url": one.url, "sub_button": []}
    return {"type": "click", "name": one.name, "key": one.key, "sub_button": []}
