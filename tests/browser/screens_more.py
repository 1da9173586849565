"""What `make screens` shows of official accounts, bots and safety: an account that writes and answers, a bot
and a feed in a group, reports with a decision and an appeal."""

import hashlib
import io
from typing import Any

import httpx2
from PIL import Image, ImageDraw

from tests.browser.demo import Demo, Person
from tests.browser.voice import MENU, Voice

COVER = (900, 383)
HEAD = "清明前后，龙井村的茶农凌晨四点就上山了。我们跟着走了三天，"
STEPS = ("温杯：沸水烫过，倒掉", "投茶：三克，八十度水", "等两分钟")
DIARY = {"text": "the growers' diary", "link": "https://tea.example/diary"}
STORY: list[dict[str, Any]] = [
    {"k": "paragraph", "spans": [{"text": HEAD}, {"text": "只为一杯明前茶", "bold": True}]},
    {"k": "heading", "level": 2, "spans": [{"text": "一芽一叶"}]},
    {"k": "quote", "spans": [{"text": "茶是故乡浓，水是故乡甜。"}]},
    {"k": "list", "ordered": True, "items": [[{"text": step}] for step in STEPS]},
    {"k": "paragraph", "spans": [{"text": "Read more in "}, DIARY, {"text": "."}]},
    {"k": "divider"},
    {"k": "code", "text": "水温 80℃ · 3 g · 2 min"},
]
RULES = (
    ("稳赚不赔", "word", "queue"),
    ("earn.example", "link", "veil"),
    ("代开发票", "word", "refuse"),
)


def cover() -> bytes:
    """Hills in mist, as a PNG."""
    width, height = COVER
    picture = Image.new("RGB", COVER, (222, 233, 224))
    draw = ImageDraw.Draw(picture)
    for n, shade in enumerate((190, 150, 110, 70)):
        top = 120 + 60 * n
        hills = [
            (x, top + abs((x * (n + 2) // 3 + 140 * n) % 400 - 200) // 3) for x in range(width)
        ]
        draw.polygon(
            [*hills, (width, height), (0, height)], fill=(shade - 40, shade + 20, shade - 20)
        )
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


class Kept:
    """The account, the bot and the reports; Lin is who looks at them."""

    def __init__(self, demo: Demo, lin: Person, wang: Person, group: str, direct: str) -> None:
        self._demo, self._lin = demo, lin
        self.voice = voice = Voice(demo, demo.app_id, demo.key, intro="只卖春茶，每年清明前后上新")
        voice.set(
            "menu", {"buttons": [*MENU, {"name": "联系我们", "key": "help", "kind": "event"}]}
        )
        replies = [
            {
                "match": "contains",
                "words": ["邮费", "运费"],
                "replies": [{"k": "text", "text": "满一百包邮。"}],
            }
        ]
        voice.set("replies", {"rules": replies})
        welcome = {"welcome": [{"k": "text", "text": "欢迎来喝茶。回复“邮费”看怎么寄。"}]}
        voice.call("PATCH", f"/v1/accounts/{voice.id}/settings", welcome)
        self._call("PUT", f"/v1/accounts/{voice.id}/follow")
        self._articles()
        self.feed = self._call("GET", f"/v1/accounts/{voice.id}")["feed"]
        self.talk = self._call("POST", f"/v1/accounts/{voice.id}/talk", {})["conversation"]
        demo.say(lin, self.talk, "请问邮费怎么算？")
        demo.say(lin, self.talk, "能开发票吗？")
        self.person = str(voice.call("GET", f"/v1/accounts/{voice.id}/talks")["items"][0]["person"])
        self._bots(group)
        self._reports(wang, direct)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return self._demo.call(method, path, body, token=self._lin.token)

    def _articles(self) -> None:
        voice, demo = self.voice, self._demo
        wang = demo.known("wang").token
        said = {
            "title": "春天的第一杯：跟着茶农上山的三天",
            "digest": "三天山上，一杯明前。",
            "author": "掌柜",
        }
        body = said | {"cover": self._cover(wang), "blocks": STORY}
        path, of = f"/v1/accounts/{voice.id}/manuscripts", {"app": demo.app_id, "mode": "test"}
        self.article = str(demo.call("POST", path, body, token=wang, **of)["id"])
        path = f"/v1/manuscripts/{self.article}/publication"
        voice.call("PUT", path, {"broadcast": True})
        voice.article("怎么泡一杯不苦的绿茶，以及为什么水温比茶叶更重要", digest="八十度，两分钟。")
        self.statement = voice.article("关于冒用本店名义售茶的声明", kind="statement")
        self.gone = voice.article("写错了的一篇")
        voice.call("DELETE", f"/v1/manuscripts/{self.gone}/publication")
        self.draft = voice.draft("雨前茶到店（草稿）", STORY)

    def _cover(self, token: str) -> str:
        demo, picture = self._demo, cover()
        body = {"kind": "cover", "content_type": "image/png", "size": len(picture), "name": "a.png"}
        body["sha256"] = hashlib.sha256(picture).hexdigest()
        ticket = demo.call("POST", "/v1/media", body, token=token)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/png"}
        url = f"{demo.url}{ticket['upload_url']}"
        assert httpx2.put(url, content=picture, headers=headers).is_success
        return str(ticket["id"])

    def _bots(self, group: str) -> None:
        demo = self._demo
        body = {"handle": "tea_master", "name": "茶博士", "listed": True}
        bot = self.bot = demo.call("POST", "/v1/bots", body, token=demo.key)["id"]
        commands = [
            {"name": "brew", "zh": "泡一壶茶", "en": "Make a pot of tea"},
            {"name": "price", "zh": "今天的茶价", "en": "What tea costs today"},
        ]
        demo.call("PUT", f"/v1/bots/{bot}/commands", {"items": commands}, token=demo.key)
        gate = {"url": "https://tea.example/gate", "otherwise": "allow"}
        demo.call("PUT", f"/v1/bots/{bot}/gate", gate, token=demo.key)
        self._call("PUT", f"/v1/conversations/{group}/bots/{bot}", {})
        said = self._demo.say(self._lin, group, "/brew 龙井")
        path = f"/v1/bots/{bot}/conversations/{group}/messages"
        demo.call("POST", path, {"text": "水开了，两分钟后上茶。", "r": said["s"]}, token=demo.key)
        hook = self._call("POST", f"/v1/conversations/{group}/hooks", {"name": "天气预报"})
        url = hook["url"].removeprefix(demo.url)
        demo.call("POST", url, {"text": "周五 茶山：多云转小雨，12–18℃"})

    def _reports(self, wang: Person, direct: str) -> None:
        demo, operator = self._demo, self._demo.known("operator").token
        rude = demo.person(name="卖课的老周")
        demo.befriend(rude, self._lin)
        theirs = demo.direct(rude, self._lin)
        demo.say(rude, theirs, "在吗？有个好项目")
        spam = demo.say(rude, theirs, "稳赚不赔，今天最后三个名额，加我 https://earn.example")
        mine = demo.say(self._lin, theirs, "骗子！")
        report = {"what": "messages", "conversation": theirs}
        about = report | {"numbers": [spam["s"]], "reason": "fraud", "words": "让我转账"}
        self._call("POST", "/v1/reports", about)
        about = report | {"numbers": [mine["s"]], "reason": "harassment"}
        made = demo.call("POST", "/v1/reports", about, token=rude.token)
        decided = {"action": "warn", "reason": "请不要骂人", "days": 0}
        demo.call("POST", f"/v1/operator/reports/{made['id']}/decision", decided, token=operator)
        self.suspended = demo.person(name="被封停的人")
        about = {"what": "person", "person": demo.id_of(self.suspended), "reason": "spam"}
        made = demo.call("POST", "/v1/reports", about, token=wang.token)
        decided = {"action": "suspend", "reason": "群发广告", "days": 30}
        demo.call("POST", f"/v1/operator/reports/{made['id']}/decision", decided, token=operator)
        for pattern, sort, deed in RULES:
            rule = {"pattern": pattern, "sort": sort, "deed": deed}
            demo.call("POST", "/v1/operator/words", rule, token=operator)
        known = {"handle": self.suspended.handle, "password": self.suspended.password}
        words = {"words": "是我弟弟发的，已经改了密码。"}
        demo.call("POST", "/v1/appeals", known | words)
