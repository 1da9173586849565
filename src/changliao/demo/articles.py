"""What the accounts of the demo's town say. Invented, every word."""

from typing import Any

EVENING = {
    "handle": "old_street",
    "name": "老街晚报 Old Street Evening",
    "intro": "三条街，两座桥，一份晚报。每天傍晚出刊。Three streets, two bridges, one evening paper.",
}
TEA = {
    "handle": "corner_shop",
    "name": "一味小铺 Corner Shop",
    "intro": "茶、茶具，和一点闲话。订单的小票也在这里。Tea, teaware, small talk, and your receipts.",
}
WELCOME = {
    "old_street": "谢谢关注老街晚报。发“天气”看今晚，发“桥”看修桥到哪一天。Send “bridge” for the bridge.",
    "corner_shop": "欢迎光临。发“几点”看营业时间，发“茶”听掌柜推荐。Send “hours” to see when we are open.",
}
RULES: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "old_street": (
        (("天气", "weather"), "今晚有雾，十点以后台阶滑。Fog tonight, mind the steps after ten."),
        (
            ("桥", "bridge"),
            "北桥修到下月初八，行人可过，车走南桥。North bridge: on foot only until the 8th.",
        ),
    ),
    "corner_shop": (
        (("几点", "营业", "hours"), "早九点到晚八点，周一歇业。Nine to eight, closed on Mondays."),
        (
            ("茶", "tea"),
            "今年的明前龙井到了，先试半两。This spring's Longjing is in: try a little first.",
        ),
    ),
}
MENU: dict[str, list[dict[str, Any]]] = {
    "old_street": [
        {
            "name": "今晚",
            "key": "tonight",
            "kind": "reply",
            "text": "今晚：多云，微风，老戏台七点开锣。",
        },
        {
            "name": "读报",
            "key": "read",
            "kind": "menu",
            "buttons": [
                {
                    "name": "修桥",
                    "key": "bridge",
                    "kind": "reply",
                    "text": "北桥修到下月初八，行人可过。",
                },
                {
                    "name": "投稿",
                    "key": "write",
                    "kind": "reply",
                    "text": "把稿子直接发到这里，编辑每天看。",
                },
            ],
        },
    ],
    "corner_shop": [
        {"name": "营业时间", "key": "hours", "kind": "reply", "text": "早九点到晚八点，周一歇业。"},
        {
            "name": "掌柜推荐",
            "key": "advice",
            "kind": "reply",
            "text": "天凉了，喝点老白茶，煮着更好。",
        },
    ],
}


def _p(*texts: str) -> list[dict[str, Any]]:
    return [{"k": "paragraph", "spans": [{"text": text}]} for text in texts]


def _h(text: str) -> dict[str, Any]:
    return {"k": "heading", "level": 2, "spans": [{"text": text}]}


def _quote(text: str) -> dict[str, Any]:
    return {"k": "quote", "spans": [{"text": text}]}


def _list(*texts: str) -> dict[str, Any]:
    return {"k": "list", "ordered": False, "items": [[{"text": text}] for text in texts]}


ARTICLES: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "old_street",
        {
            "title": "北桥要修二十天，老街人怎么走",
            "author": "秋水",
            "digest": "行人照走，自行车推行，汽车绕南桥。",
            "blocks": [
                *_p(
                    "北桥的石栏松了三年，今年总算排上了。工期二十天，从初一算起，遇雨顺延。",
                    "修桥期间桥面留一米二的便道，行人照走；自行车请下来推，汽车一律绕南桥。",
                ),
                _h("谁最要紧"),
                *_p("三号院的送菜车每天五点过桥，施工队答应六点才开工。菜市场东门改从巷口进货。"),
                _quote("桥栏上那对石狮子会先搬到文化站，修好了再请回来。"),
                _h("记住三件事"),
                _list("晚九点后便道有灯", "雨天便道关闭，走南桥", "石狮子在文化站可以免费看"),
            ],
        },
    ),
    (
        "corner_shop",
        {
            "title": "煮一壶老白茶，只要三步",
            "author": "王一味",
            "digest": "冷水下茶，小火，等。",
            "blocks": [
                *_p("天一凉，店里问得最多的就是老白茶怎么煮。其实不难，只是不能急。"),
                {
                    "k": "list",
                    "ordered": True,
                    "items": [
                        [{"text": "冷水下茶，", "bold": True}, {"text": "五克配一升。"}],
                        [{"text": "小火，", "bold": True}, {"text": "边上冒细泡就够了。"}],
                        [{"text": "等。", "bold": True}, {"text": "关火闷三分钟再倒。"}],
                    ],
                },
                *_p("煮过三壶味道就淡了，再添一点陈皮，又是一壶。"),
            ],
        },
    ),
    (
        "old_street",
        {
            "title": "Slow readers meet on Thursday",
            "author": "Rosa Marin",
            "digest": "Bring a book you never finished.",
            "blocks": [
                *_p(
                    "The Slow Readers have one rule: nobody has to have finished anything. This Thursday at"
                    " seven, in the library's back room, each of us reads one page aloud from a book we gave"
                    " up on, and the others decide whether it deserves a second chance.",
                ),
                _quote("A book you did not finish is only a long conversation with a pause in it."),
                *_p("Tea is on the house; Hugo brings bread. 中文书、英文书都欢迎。"),
            ],
        },
    ),
    (
        "old_street",
        {
            "title": "老戏台修好了，第一晚唱什么",
            "author": "欧阳琴",
            "digest": "七点开锣，自带板凳。",
            "blocks": [
                *_p(
                    "老戏台的顶补了四十七片瓦，台板换了一半，梁上的花还是原来的花。",
                    "第一晚不卖票，街坊自己唱：彩霞老师的黄梅戏，高阳的吉他，盛夏的快板。七点开锣，自带板凳。",
                ),
                _h("节目单"),
                _list(
                    "黄梅戏选段 · 彩霞", "吉他弹唱 · 高阳", "快板《卖冰棍》 · 盛夏", "古琴 · 欧阳琴"
                ),
            ],
        },
    ),
    (
        "corner_shop",
        {
            "title": "新到：三种小杯，只差在手感",
            "author": "王一味",
            "digest": "薄的、厚的、歪的。",
            "blocks": [
                *_p(
                    "陶然烧了一窑小杯送来，一共三种：薄的烫手快，适合绿茶；厚的留香，适合岩茶；歪的那种他说是失手，我说是好看。",
                    "到店可以挨个握一握再买。杯子不打折，失手的那种送一个茶托。",
                ),
            ],
        },
    ),
)
"""Account and article; the first two are there from the start, the others come while the town lives."""

STATEMENT = {
    "title": "关于假冒“一味小铺”收款码的声明",
    "digest": "本店只在畅聊收款，不加私人转账。",
    "blocks": _p(
        "近日有人在群里转发假冒本店的收款码。本店只通过畅聊支付收款，付款页上会显示店名“一味小铺”；凡是要您转账给个人的，都不是我们。",
        "We are paid through Changliao Pay alone. Whoever asks you to send money to a person is not us.",
    ),
}
