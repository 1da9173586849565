"""wechatpy 1.8.18, unmodified save for the one address it writes out: its client against our doorway, and its
callback side hearing ours."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp.test_utils
import aiohttp.web
import httpx2
import pytest

from changliao.accounts import model as m
from changliao.accounts import service
from changliao.accounts.model import articles as am
from changliao.accounts.model import talks as tm
from changliao.chat.service import owned
from changliao.media.service import forget_loose
from changliao.partners import service as partners
from changliao.partners.model import SCOPES, AppId, Caller, PartnerId
from tests.conformance.sdks.driver import Driver, Trouble, driven, listening, needs
from tests.conformance.sdks.test_alipay import free_socket
from tests.patience import PATIENCE_S
from tests.wire.platform import Shop, Someone, Town
from tests.wire.uploads import SVG, picture

pytestmark = pytest.mark.slow

SDK, SCRIPT = "wechatpy", "wechatpy_server.py"
MENU: dict[str, Any] = {
    "button": [
        {"type": "click", "name": "今日", "key": "TODAY"},
        {
            "name": "更多",
            "sub_button": [
                {"type": "view", "name": "商店", "url": "https://shop.example/"},
                {"type": "click", "name": "客服", "key": "HELP"},
            ],
        },
    ]
}


def caller_of(shop: Shop) -> Caller:
    """The shop's app with every right."""
    return Caller(AppId(shop.app_id), PartnerId(shop.partner_id), "test", SCOPES, "key_1")


class Office:
    """A shop with an official account, its server written with wechatpy, and somebody who follows it."""

    def __init__(self, town: Town, shop: Shop, lin: Someone, account: m.Account) -> None:
        self.town, self.shop, self.lin, self.account = town, shop, lin, account
        self.sdk: Driver
        self.view: Any = None
        self.secret: dict[str, str] = {}
        self.answer = ""
        self.heard: list[Any] = []
        self.arrived = asyncio.Event()

    @property
    def open_id(self) -> str:
        vault = self.town.platform.db.vault
        return partners.open_id_of(vault, self.shop.app_id, self.lin.id)

    @property
    def caller(self) -> Caller:
        return caller_of(self.shop)

    async def choose(self, **settings: str) -> None:
        path = f"/v1/dialects/{self.view['id']}/settings"
        await self.town.done("PUT", path, {"settings": settings}, token=self.shop.key)

    async def hears(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        """The server's own view, as its documentation writes it."""
        query = dict(request.query)
        told = await self.sdk.ask(
            "hear", query=query, body=(await request.read()).decode(), answer=self.answer
        )
        self.heard.append(told)
        self.arrived.set()
        return aiohttp.web.Response(text=told["reply"])

    async def next(self) -> Any:
        """The next message that the server heard."""
        async with asyncio.timeout(PATIENCE_S):
            await self.arrived.wait()
        self.arrived.clear()
        return self.heard[-1]

    async def follow(self) -> None:
        ask = m.AskFollow(self.lin.id, self.account.id)
        await self.town.platform.db.write(service.follow, ask)

    async def writes(self, text: str) -> str:
        """The person writes to the account; the conversation."""
        ask = tm.AskTalk(self.lin.id, self.account.id)
        talk = await self.town.platform.db.write(service.open_talk, ask)
        body = {"k": "text", "b": {"text": text}}
        path = f"/v1/conversations/{talk.id}/messages"
        await self.town.done("POST", path, body, token=self.lin.token)
        return str(talk.id)

    async def texts(self, talk: str) -> list[str]:
        path = f"/v1/conversations/{talk}/messages"
        log = await self.town.done("GET", path, token=self.lin.token)
        return [one["b"]["text"] for one in log["items"] if one["b"].get("text")]

    async def newest(self, talk: str) -> Any:
        """The newest entry of the talk."""
        path = f"/v1/conversations/{talk}/messages"
        log = await self.town.done("GET", path, token=self.lin.token)
        return log["items"][-1]

    async def until_said(self, talk: str, text: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if text in await self.texts(talk):
                    return
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def office_in(tmp_path: Path) -> AsyncIterator[Office]:
    needs(SDK, SCRIPT)
    place = free_socket()
    host, port = place.getsockname()
    town = await Town(tmp_path, wechat_mp_url=f"http://{host}:{port}").start()
    shop, lin = await town.shop(), await town.person()
    ask = m.AskRegister(caller_of(shop), "corner_shop", "街角")
    office = Office(town, shop, lin, await town.platform.db.write(service.register, ask))
    office.view = await town.done("POST", "/v1/dialects", {"dialect": "wechat_mp"}, token=shop.key)
    config = json.loads(office.view["files"][0]["content"])
    office.secret = {"appid": config["appid"], "secret": config["secret"]}
    office.secret["grant_type"] = "client_credential"
    config["api_base_url"] = office.view["values"]["api_base_url"]
    site = aiohttp.web.Application()
    site.router.add_post("/wechat", office.hears)
    server = aiohttp.test_utils.TestServer(site)
    await server.start_server()
    await office.choose(callback=str(server.make_url("/wechat")))
    async with listening(town, place), driven(SDK, SCRIPT, config) as driver:
        office.sdk = driver
        yield office
    await server.close()
    await town.stop()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with office_in(tmp_path) as found:
        yield found


# The client ---------------------------------------------------------------------------------


async def test_a_menu_is_made_read_and_taken_away(office: Office) -> None:
    ask = office.sdk.ask
    assert await ask("menu.get") is None  # 46003, which the package takes for none.
    assert (await ask("menu.create", args=[MENU]))["errcode"] == 0
    found = (await ask("menu.get"))["menu"]["button"]
    assert [one["name"] for one in found] == ["今日", "更多"]
    assert [one["type"] for one in found[1]["sub_button"]] == ["view", "click"]
    assert found[1]["sub_button"][0]["url"] == "https://shop.example/"
    await ask("menu.delete")
    assert await ask("menu.get") is None


async def test_people_are_open_ids_and_followers_come_in_pages(office: Office) -> None:
    ask = office.sdk.ask
    assert await ask("user.get", args=[office.open_id]) == {
        "subscribe": 0,
        "openid": office.open_id,
    }
    assert (await ask("user.get_followers"))["total"] == 0
    await office.follow()
    person = await ask("user.get", args=[office.open_id])
    assert (person["subscribe"], person["nickname"]) == (1, office.lin.handle)
    page = await ask("user.get_followers")
    assert (page["total"], page["count"], page["data"]["openid"]) == (1, 1, [office.open_id])
    rest = await ask("user.get_followers", args=[page["next_openid"]])
    assert (rest["count"], "data" in rest) == (0, False)
    assert "40003" in await office.sdk.trouble("user.get", args=["opn_nobody"])


async def test_a_customer_service_message_needs_a_word_within_48_hours(office: Office) -> None:
    send = {"args": [office.open_id, "您好，有什么可以帮您"]}
    await office.follow()
    assert "43004" in await office.sdk.trouble("message.send_text", **send)
    talk = await office.writes("在吗")
    await office.town.settled()
    assert (await office.sdk.ask("message.send_text", **send))["errcode"] == 0
    assert (await office.texts(talk))[-1] == "您好，有什么可以帮您"
    office.town.clock.forward(49 * 3600)
    assert "45015" in await office.sdk.trouble("message.send_text", **send)


async def uploaded(office: Office, content: bytes, kind: str = "image") -> Any:
    file = base64.b64encode(content).decode()
    return await office.sdk.ask("media.upload", args=[kind], file=file, name="茶.png")


async def test_a_picture_is_uploaded_and_sent_to_who_wrote(office: Office) -> None:
    await office.follow()
    talk = await office.writes("有照片吗")
    await office.town.settled()
    made = await uploaded(office, picture())
    assert (made["type"], made["media_id"][:4]) == ("image", "med_")
    sent = await office.sdk.ask("message.send_image", args=[office.open_id, made["media_id"]])
    assert sent["errcode"] == 0
    entry = await office.newest(talk)
    assert entry["b"] == {"media": made["media_id"], "width": 40, "height": 20}
    bytes_ = await office.town.call("GET", f"/v1/media/{made['media_id']}", token=office.lin.token)
    assert bytes_.content[:8] == picture()[:8]
    for args, number in (([office.open_id, "med_nobody"], "40007"), (["opn_x", "x"], "40003")):
        assert number in await office.sdk.trouble("message.send_image", args=args)


async def test_what_is_no_picture_is_not_taken(office: Office) -> None:
    for content, kind, number in (
        (SVG, "image", "40005"),
        (b"", "image", "40005"),
        (picture()[:60], "image", "40005"),
        (picture(), "video", "40004"),
    ):
        with pytest.raises(Trouble, match=number):
            await uploaded(office, content, kind)
    base = office.view["values"]["api_base_url"]
    async with httpx2.AsyncClient(base_url=base) as http:
        token = (await http.get("token", params=office.secret)).json()["access_token"]
        for headers, body in (
            ({"content-type": "multipart/form-data; boundary=x"}, b"--x--"),
            ({"content-type": "multipart/form-data"}, b"--x"),
            ({"content-type": "application/json"}, b"{}"),
        ):
            path = f"media/upload?type=image&access_token={token}"
            answer = await http.post(path, content=body, headers=headers)
            assert answer.json()["errcode"] == 41005, body


async def test_permanent_pictures_are_kept_listed_read_and_let_go(office: Office) -> None:
    ask, trouble = office.sdk.ask, office.sdk.trouble
    files = {"file": base64.b64encode(picture()).decode(), "name": "茶.png"}
    first, second = [await ask("material.add", args=["image"], **files) for _ in range(2)]
    assert first["media_id"] != second["media_id"]
    assert (await ask("material.get_count"))["image_count"] == 2
    page = await ask("material.batchget", args=["image", 0, 1])
    assert (page["total_count"], page["item_count"]) == (2, 1)
    assert page["item"][0]["media_id"] == second["media_id"]
    rest = await ask("material.batchget", args=["image", 1, 20])
    assert [one["media_id"] for one in rest["item"]] == [first["media_id"]]
    await office.follow()
    talk = await office.writes("有照片吗")
    await office.town.settled()
    await ask("message.send_image", args=[office.open_id, second["media_id"]])
    assert (await office.newest(talk))["b"]["media"] == second["media_id"]
    office.town.clock.forward(30 * 86_400)
    await office.town.platform.db.write(forget_loose, None)
    content = base64.b64decode(await ask("material.get", args=[first["media_id"]]))
    assert content[:8] == picture()[:8]
    assert (await ask("material.delete", args=[first["media_id"]]))["errcode"] == 0
    for do in ("material.get", "material.delete"):
        assert "40007" in await trouble(do, args=[first["media_id"]])
    assert (await ask("material.get_count"))["image_count"] == 1
    for args, number in ((["news"], "40004"), (["image", 0, 21], "40035")):
        assert number in await trouble("material.batchget", args=args)
    with pytest.raises(Trouble, match="40004"):
        await ask("material.add", args=["voice"], **files)
    assert await office.town.wrong() == []


async def test_an_article_is_sent_by_its_id_or_its_address_and_other_news_as_a_link(
    office: Office,
) -> None:
    await office.follow()
    talk = await office.writes("有什么新闻")
    await office.town.settled()
    write, caller = office.town.platform.db.write, office.caller
    blocks = (am.Paragraph((am.Span("春茶到了"),)),)
    ask = am.AskWrite(caller, office.account.id, "article", "春茶", blocks)
    article = await write(service.write, ask)
    await write(service.publish, am.AskPublish(caller, article.id))
    await office.sdk.ask("message.send_articles", args=[office.open_id, article.id])
    assert (await office.newest(talk))["b"]["article"] == article.id
    url = f"{office.town.platform.settings.url}/a/{article.id}"
    news = {"title": "春茶", "description": "新到", "url": url, "image": ""}
    await office.sdk.ask("message.send_articles", args=[office.open_id, [news]])
    assert (await office.newest(talk))["k"] == "article"
    news["url"] = "https://shop.example/tea"
    await office.sdk.ask("message.send_articles", args=[office.open_id, [news]])
    assert (await office.newest(talk))["b"] == {"text": "春茶\n新到\nhttps://shop.example/tea"}
    two = [office.open_id, [news, news]]
    assert "45008" in await office.sdk.trouble("message.send_articles", args=two)


async def test_a_template_reaches_a_follower_at_any_time(office: Office) -> None:
    made = await office.town.platform.db.write(
        service.add_template,
        tm.AskTemplate(office.caller, office.account.id, "到货", "{what}到了，请到{place}取"),
    )
    await office.follow()
    data = {"what": {"value": "龙井"}, "place": {"value": "前台", "color": "#173177"}}
    sent = await office.sdk.ask(
        "message.send_template",
        args=[office.open_id, made.id, data],
    )
    assert sent["errcode"] == 0
    reader = office.town.platform.db.read
    talk = await reader(owned.talk, office.account.voice, office.lin.id)
    assert talk is not None
    assert "龙井到了，请到前台取" in await office.texts(talk.id)
    bad = [office.open_id, made.id, {"what": {"value": "龙井"}}]
    assert "47003" in await office.sdk.trouble("message.send_template", args=bad)
    assert "40037" in await office.sdk.trouble(
        "message.send_template", args=[office.open_id, "tpl_nobody", {}]
    )


async def test_followers_get_tags_lose_them_and_are_found_by_them(office: Office) -> None:
    ask, trouble, open_id = office.sdk.ask, office.sdk.trouble, office.open_id
    tea = await ask("tag.create", args=["喝茶的"])
    milk = await ask("tag.create", args=["喝奶茶的"])
    assert (tea["name"], milk["id"] > tea["id"] >= 100) == ("喝茶的", True)
    assert "43004" in await trouble("tag.tag_user", args=[tea["id"], open_id])  # No follower yet.
    await office.follow()
    for tag in (tea, milk):
        assert (await ask("tag.tag_user", args=[tag["id"], [open_id]]))["errcode"] == 0
    assert (await ask("tag.update", args=[milk["id"], "奶茶"]))["errcode"] == 0
    assert await ask("tag.get") == [
        {"id": tea["id"], "name": "喝茶的", "count": 1},
        {"id": milk["id"], "name": "奶茶", "count": 1},
    ]
    assert await ask("tag.get_user_tag", args=[open_id]) == [tea["id"], milk["id"]]
    assert (await ask("user.get", args=[open_id]))["tagid_list"] == [tea["id"], milk["id"]]
    page = await ask("tag.get_tag_users", args=[tea["id"]])
    assert (page["count"], page["data"]["openid"]) == (1, [open_id])
    rest = await ask("tag.get_tag_users", args=[tea["id"], page["next_openid"]])
    assert (rest["count"], "data" in rest) == (0, False)  # Where `iter_tag_users` ends.
    await ask("tag.untag_user", args=[tea["id"], open_id])
    assert await ask("tag.get_user_tag", args=[open_id]) == [milk["id"]]
    await ask("tag.delete", args=[milk["id"]])
    assert await ask("tag.get_user_tag", args=[open_id]) == []
    assert [(one["name"], one["count"]) for one in await ask("tag.get")] == [("喝茶的", 0)]
    assert await office.town.wrong() == []


async def test_tags_are_refused_with_the_platforms_numbers(office: Office) -> None:
    trouble, open_id = office.sdk.trouble, office.open_id
    await office.follow()
    tags = [await office.sdk.ask("tag.create", args=[f"标签{n}"]) for n in range(21)]
    for tag in tags[:20]:
        await office.sdk.ask("tag.tag_user", args=[tag["id"], open_id])
    first = tags[0]["id"]
    for do, args, number in (
        ("tag.create", ["标签0"], "45157"),
        ("tag.create", ["长" * 31], "45157"),
        ("tag.update", [first, "标签1"], "45157"),
        ("tag.update", [2, "星标"], "45159"),
        ("tag.delete", [2], "45159"),
        ("tag.tag_user", [tags[20]["id"], open_id], "45059"),
        ("tag.tag_user", [first, "opn_nobody"], "40003"),
        ("tag.tag_user", [first, [open_id] * 51], "40032"),
        ("tag.get_tag_users", [2], "45159"),
        ("tag.get_user_tag", ["opn_nobody"], "40003"),
        ("tag.get_tag_users", ["none"], "47001"),
    ):
        assert number in await trouble(do, args=args), (do, args)


async def test_a_token_that_ended_is_fetched_anew_by_the_package_itself(office: Office) -> None:
    await office.sdk.ask("user.get_followers")
    office.town.clock.forward(7201)
    assert (await office.sdk.ask("user.get_followers"))["total"] == 0  # 42001, then a new one.
    await office.sdk.ask("token", token="made.up.token")
    assert (await office.sdk.ask("user.get_followers"))["total"] == 0  # 40001, the same.


async def test_the_doorway_answers_in_numbers_and_always_with_200(office: Office) -> None:
    base = office.view["values"]["api_base_url"]
    async with httpx2.AsyncClient(base_url=base) as stranger:
        for path, number in (
            ("token", 40013),
            (f"token?appid={office.view['number']}&secret=x", 40002),
            (f"token?grant_type=client_credential&appid={office.view['number']}&secret=x", 40125),
            ("menu/get", 41001),
            ("menu/get?access_token=x", 40001),
            (f"menu/get?access_token={office.view['number']}.99999999999.x", 40001),
        ):
            answer = await stranger.get(path)
            assert (answer.status_code, answer.json()["errcode"]) == (200, number), path
    unknown = {"button": [{"type": "scancode_push", "name": "扫", "key": "k"}]}
    assert "40016" in await office.sdk.trouble("menu.create", args=[unknown])
    assert "40018" in await office.sdk.trouble(
        "menu.create", args=[{"button": [{"type": "view", "name": "x", "url": "javascript:1"}]}]
    )


# The callback -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["plain", "safe"])
async def test_the_server_hears_what_happens_and_answers_in_the_same_breath(
    office: Office, mode: str
) -> None:
    await office.choose(encryption=mode)
    await office.follow()
    heard = await office.next()
    assert heard["sealed"] == (mode == "safe")
    assert (heard["message"]["event"], heard["message"]["source"]) == ("subscribe", office.open_id)
    assert heard["message"]["target"] == office.account.id
    office.answer = "龙井 88 元 ]]> & <b>"
    talk = await office.writes("龙井多少钱？<&]]>")
    heard = await office.next()
    assert (heard["message"]["type"], heard["message"]["content"]) == (
        "text",
        "龙井多少钱？<&]]>",
    )
    await office.until_said(talk, "龙井 88 元 ]]> & <b>")
    office.answer = ""
    await office.sdk.ask("menu.create", args=[MENU])
    ask = tm.AskPress(office.lin.id, office.account.id, "TODAY", "p1")
    await office.town.platform.db.write(service.press, ask)
    heard = await office.next()
    assert (heard["message"]["event"], heard["message"]["key"]) == ("click", "TODAY")
    unfollow = m.AskFollow(office.lin.id, office.account.id)
    await office.town.platform.db.write(service.unfollow, unfollow)
    assert (await office.next())["message"]["event"] == "unsubscribe"
    assert (await office.texts(talk)).count("龙井 88 元 ]]> & <b>") == 1
    assert await office.town.wrong() == []


async def test_a_callback_of_somebody_else_is_none_for_the_package(office: Office) -> None:
    await office.follow()
    await office.next()
    body = "<xml><MsgType><![CDATA[text]]></MsgType></xml>"
    query = {"signature": "0" * 40, "timestamp": "1", "nonce": "2"}
    with pytest.raises(Trouble, match="InvalidSignatureException"):
        await office.sdk.ask("hear", query=query, body=body, answer="")
