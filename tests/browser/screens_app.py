"""The app's world for `make screens`: friends, a group, messages of all kinds; what is looked at."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx2
from playwright.sync_api import Page, expect

from tests.browser.demo import Demo, Person
from tests.browser.marks import at
from tests.browser.screens_more import Kept

LINES = (
    "昨天那家店的龙井不错",
    "嗯，我也买了两盒，下次一起去看看新茶",
    "价格比去年涨了一点，不过还能接受",
    "Friday works for me, I can bring the kettle",
    "那就说定了",
)
SETTLE_MS = 700


class Talkers:
    """People of the app: Lin Xiaoman with friends, a group that calls her, somebody who asks."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        names = (
            "林小满",
            "王建国",
            "Mei Tanaka",
            "陈雨",
            "نور الهدى",
            "欧阳慕容诸葛司马长孙皇甫尉迟的很长的名字",
        )
        self.lin, wang, mei, chen, noor, long = demo.friends(*names)
        zhao = demo.person(name="赵小雨")
        body = {"person": demo.id_of(self.lin), "text": "你好，我是赵小雨，茶会上见过"}
        demo.call("POST", "/v1/contact-requests", body, token=zhao.token)
        demo.say(noor, demo.direct(noor, self.lin), "مرحبا، موعدنا يوم الجمعة الساعة التاسعة")
        demo.say(
            long,
            demo.direct(long, self.lin),
            "这是一条很长很长的消息，用来看看列表里会不会被截断得不好看",
        )
        self.group = self._group(wang, mei, chen)
        self.direct = self._direct(wang)
        self.kept = Kept(demo, self.lin, wang, self.group, self.direct)

    def _group(self, wang: Person, mei: Person, chen: Person) -> str:
        demo = self._demo
        group = demo.group("周五去茶山", self.lin, wang, mei, chen)
        path, token = f"/v1/conversations/{group}", self.lin.token
        demo.call("PATCH", path, {"notice": "周五九点东门集合，带好雨具。"}, token=token)
        admin = f"{path}/members/{demo.id_of(wang)}"
        demo.call("PATCH", admin, {"role": "admin"}, token=token)
        for number in range(14):
            demo.say((wang, mei, chen)[number % 3], group, LINES[number % len(LINES)])
        calls = [demo.id_of(self.lin)]
        demo.say(mei, group, "@林小满 can you book the bus?", at=calls)
        return group

    def _direct(self, wang: Person) -> str:
        demo, lin = self._demo, self.lin
        direct = demo.direct(lin, wang)
        asked = demo.say(wang, direct, "周末有空吗？一起喝茶")
        demo.say(lin, direct, "有空的，地址发我一下", r=asked["s"])
        place = {"latitude": 30_250_000, "longitude": 120_150_000}
        place |= {"name": "龙井村 18 号", "address": "杭州市西湖区"}  # type: ignore[dict-item]
        self._post(wang, direct, "location", place)
        said = demo.say(lin, direct, "收到 👍 挑茶看这个：https://example.com/tea")
        self._post(wang, direct, "react", {"emoji": "❤️", "on": True}, r=said["s"])
        self._file(wang, direct)
        self._post(lin, direct, "sticker", {"sticker": "cheers"})
        gone = demo.say(wang, direct, "发错了")
        self._post(wang, direct, "recall", {}, r=gone["s"])
        demo.say(lin, direct, "好的，明天见")
        return direct

    def _post(self, who: Person, conversation: str, kind: str, body: Any, **said: Any) -> None:
        path = f"/v1/conversations/{conversation}/messages"
        self._demo.call("POST", path, {"k": kind, "b": body, **said}, token=who.token)

    def _file(self, who: Person, conversation: str) -> None:
        demo, words = self._demo, b"%PDF-1.4 " + b"tea " * 80_000
        name = "茶山路线图与周末安排（最终版）.pdf"
        body = {"kind": "file", "content_type": "application/pdf", "size": len(words), "name": name}
        body["sha256"] = hashlib.sha256(words).hexdigest()
        ticket = demo.call("POST", "/v1/media", body, token=who.token)
        headers = {"Authorization": f"Bearer {who.token}", "Content-Type": "application/pdf"}
        url = f"{demo.url}{ticket['upload_url']}"
        assert httpx2.put(url, content=words, headers=headers).is_success
        self._post(who, conversation, "file", {"media": ticket["id"], "name": name})


class Look(NamedTuple):
    """A screen of the app: its name, its place, what is done there first."""

    name: str
    place: Callable[[Talkers], str]
    act: Callable[[Page], None] | None = None


def _menu(page: Page) -> None:
    at(page, "bubble").last.click(button="right")
    expect(page.locator(".menu-item").first).to_be_visible()


def _stickers(page: Page) -> None:
    at(page, "faces").click()
    at(page, "panel-stickers").click()


def _things(page: Page) -> None:
    at(page, "things").click()


def _new_group(page: Page) -> None:
    at(page, "new").click()
    at(page, "new-group").click()
    expect(at(page, "pick-people")).to_be_visible()


def _account_menu(page: Page) -> None:
    at(page, "bar-0").click()
    expect(at(page, "menu-0")).to_be_visible()


def _commands(page: Page) -> None:
    at(page, "write").fill("/")  # A draft of the picture before may stand there.
    expect(at(page, "commands")).to_be_visible()


def _report(page: Page) -> None:
    at(page, "bubble").first.click(button="right")
    at(page, "report").click()
    at(page, "reason-spam").click()


def _appeal(page: Page) -> None:
    at(page, "appeal").first.click()
    expect(at(page, "appeal-sheet")).to_be_visible()


LOOKS = (
    Look("app-chats", lambda w: "/chats"),
    Look("app-talk", lambda w: f"/chats/{w.direct}"),
    Look("app-talk-menu", lambda w: f"/chats/{w.direct}", _menu),
    Look("app-stickers", lambda w: f"/chats/{w.direct}", _stickers),
    Look("app-things", lambda w: f"/chats/{w.direct}", _things),
    Look("app-group", lambda w: f"/chats/{w.group}"),
    Look("app-group-info", lambda w: f"/chats/{w.group}/info"),
    Look("app-invite", lambda w: f"/chats/{w.group}/invite"),
    Look("app-new-group", lambda w: "/chats", _new_group),
    Look("app-contacts", lambda w: "/contacts"),
    Look("app-requests", lambda w: "/contacts/requests"),
    Look("app-add", lambda w: "/contacts/add"),
    Look("app-discover", lambda w: "/discover"),
    Look("app-me", lambda w: "/me"),
    Look("app-profile", lambda w: "/me/profile"),
    Look("app-look", lambda w: "/me/look"),
    Look("app-accounts", lambda w: "/contacts/accounts"),
    Look("app-account", lambda w: f"/accounts/{w.kept.voice.id}"),
    Look("app-feed", lambda w: f"/chats/{w.kept.feed}"),
    Look("app-account-talk", lambda w: f"/chats/{w.kept.talk}"),
    Look("app-account-menu", lambda w: f"/chats/{w.kept.talk}", _account_menu),
    Look("app-article", lambda w: f"/articles/{w.kept.article}"),
    Look("app-article-gone", lambda w: f"/articles/{w.kept.gone}"),
    Look("app-bots", lambda w: f"/chats/{w.group}/bots"),
    Look("app-commands", lambda w: f"/chats/{w.group}", _commands),
    Look("app-report", lambda w: f"/chats/{w.direct}", _report),
    Look("app-order", lambda w: "/me/order"),
    Look("app-appeal", lambda w: "/me/order", _appeal),
    Look("app-data", lambda w: "/me/data"),
)
