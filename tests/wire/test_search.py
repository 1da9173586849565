"""The one box of search over HTTP."""

import asyncio
import secrets
from typing import Any

import pytest

from changliao.people import service as people
from changliao.people.model import AskRegister
from changliao.search.words import ASKED_MAX
from tests.patience import PATIENCE_S
from tests.wire.platform import HASHED, Someone, Town


async def friends(town: Town) -> tuple[Someone, Someone, str]:
    """Two who are contacts, and their conversation."""
    lin, mei = await town.person(pin=False), await town.person(pin=False)
    for one, other in ((lin, mei), (mei, lin)):
        body = {"person": other.id, "text": ""}
        await town.done("POST", "/v1/contact-requests", body, token=one.token)
    body = {"person": mei.id}
    made = await town.done("POST", "/v1/conversations", body, token=lin.token)
    return lin, mei, made["c"]


async def say(town: Town, who: Someone, where: str, text: str) -> int:
    path = f"/v1/conversations/{where}/messages"
    entry = await town.done("POST", path, {"k": "text", "b": {"text": text}}, token=who.token)
    return int(entry["s"])


async def find(town: Town, who: Someone, query: str) -> Any:
    return await town.done("GET", f"/v1/search?{query}", token=who.token)


async def found(town: Town, who: Someone, query: str, many: int = 1) -> Any:
    """The answer, once there is so much of it: the index is about a second behind."""
    async with asyncio.timeout(PATIENCE_S):
        while len((answer := await find(town, who, query))["items"]) < many:  # noqa: ASYNC110
            await asyncio.sleep(0.3)
    return answer


def word() -> str:
    """A word that nobody else says."""
    return "zq" + "".join([chr(ord("a") + int(one, 16)) for one in secrets.token_hex(6)])


async def test_a_message_is_found_with_its_number_and_the_ranges_that_were_asked_for(
    town: Town,
) -> None:
    lin, mei, where = await friends(town)
    mark = word()
    number = await say(town, mei, where, f"🎉 去上海\n喝 {mark.upper()}!")
    answer = await found(town, lin, f"q=上海 {mark[:6]}")
    [item] = answer["items"]
    text = item["snippet"]
    assert text == f"🎉 去上海 喝 {mark.upper()}!"
    units = text.encode("utf-16-le")
    assert [units[2 * a : 2 * b].decode("utf-16-le") for a, b in item["marks"]] == [
        "上海",
        mark[:6].upper(),
    ]
    assert (item["kind"], item["conversation"], item["s"]) == ("messages", where, number)
    assert (item["person"], item["title"]) == (mei.id, mei.handle)
    assert answer["next"] is None
    assert answer["more"] == []
    context = await town.done(
        "GET", f"/v1/conversations/{where}/messages?before={number + 1}&limit=1", token=lin.token
    )
    assert [one["s"] for one in context["items"]] == [number]


async def test_another_persons_conversation_is_neither_found_nor_known(town: Town) -> None:
    lin, mei, where = await friends(town)
    stranger = await town.person(pin=False)
    mark = word()
    await say(town, lin, where, mark)
    await found(town, mei, f"q={mark}")
    assert (await find(town, stranger, f"q={mark}"))["items"] == []
    answer = await town.call(
        "GET", f"/v1/search?q={mark}&conversation={where}", token=stranger.token
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "conversation_not_found")
    answer = await town.call("GET", f"/v1/search?q={mark}&conversation=cv_no", token=lin.token)
    assert (answer.status_code, answer.json()["code"]) == (404, "conversation_not_found")


async def test_one_kind_has_pages_and_several_say_of_which_there_is_more(town: Town) -> None:
    lin, mei, where = await friends(town)
    mark = word()
    numbers = [await say(town, lin, where, f"{mark} {n}") for n in range(5)]
    await found(town, lin, f"q={mark}", 5)
    mixed = await find(town, lin, f"q={mark}&limit=2")
    assert (len(mixed["items"]), mixed["more"], mixed["next"]) == (2, ["messages"], None)
    seen: list[int] = []
    after: str | None = ""
    while after is not None:
        page = await find(town, lin, f"q={mark}&kinds=messages&limit=2&after={after}")
        seen += [one["s"] for one in page["items"]]
        after = page["next"]
    assert seen == numbers[::-1]
    by_mei = await find(town, lin, f"q={mark}&person={mei.id}")
    assert by_mei["items"] == []
    by_lin = await find(town, mei, f"q={mark}&person={lin.id}&conversation={where}")
    assert len(by_lin["items"]) == 5


async def test_people_are_found_by_name_once_they_let_themselves_be_found(town: Town) -> None:
    lin = await town.person(pin=False)
    name = word()
    person = await town.platform.db.write(
        people.register, AskRegister(f"h{secrets.token_hex(5)}", f"{name} 小美", "en", HASHED)
    )
    [item] = (await found(town, lin, f"q={name}"))["items"]
    assert (item["kind"], item["person"], item["handle"]) == ("people", person.id, person.handle)
    assert item["title_marks"] == [[0, len(name)]]
    assert item["conversation"] is None
    assert item["s"] is None


async def test_an_account_and_its_article_are_found_until_the_article_is_recalled(
    town: Town,
) -> None:
    lin, shop, mark = await town.person(pin=False), await town.shop(), word()
    body = {"handle": mark, "name": "山茶铺", "intro": f"只卖春茶 {mark}"}
    account = await town.done("POST", "/v1/accounts", body, token=shop.key)
    blocks = [{"k": "paragraph", "spans": [{"text": f"一芽一叶的龙井 {mark}"}]}]
    path = f"/v1/accounts/{account['id']}/manuscripts"
    draft = await town.done("POST", path, {"title": "明前新茶", "blocks": blocks}, token=shop.key)
    [hit] = (await found(town, lin, f"q=春茶 {mark}"))["items"]
    assert (hit["kind"], hit["title"], hit["account"]) == ("accounts", "山茶铺", account["id"])
    assert (hit["handle"], hit["article"], hit["conversation"]) == (mark, None, None)
    seen = await town.done("GET", f"/v1/accounts/{hit['account']}", token=lin.token)
    assert seen["name"] == "山茶铺"

    publication = f"/v1/manuscripts/{draft['id']}/publication"
    await town.done("PUT", publication, {}, token=shop.key)
    [hit] = (await found(town, lin, f"q=龙井 {mark}"))["items"]
    assert (hit["kind"], hit["title"], hit["article"]) == ("articles", "明前新茶", draft["id"])
    assert (hit["account"], hit["s"]) == (account["id"], None)
    units = hit["snippet"].encode("utf-16-le")
    marks = [units[2 * a : 2 * b].decode("utf-16-le") for a, b in hit["marks"]]
    assert marks == ["龙井", mark]
    assert (await town.done("GET", f"/v1/articles/{hit['article']}"))["title"] == hit["title"]
    both = await found(town, lin, f"q={mark}&kinds=accounts,articles", 2)
    assert [one["kind"] for one in both["items"]] == ["accounts", "articles"]

    await town.done("DELETE", publication, token=shop.key)
    assert (await find(town, lin, f"q=龙井 {mark}"))["items"] == []


BAD = [
    ("", "search_invalid"),
    ("q=", "search_invalid"),
    ("q=%20%20", "search_invalid"),
    ("q=" + "a" * (ASKED_MAX + 1), "search_invalid"),
    ("q=a%00b", "bad_request"),
    ("q=%ff", "bad_request"),
    ("q=a&kinds=money", "bad_request"),
    ("q=a&kinds=people&conversation=cv_1", "bad_request"),
    ("q=a&kinds=people,contacts&after=3", "bad_request"),
    ("q=a&kinds=people&after=x", "bad_cursor"),
    ("q=a&limit=x", "bad_request"),
]


@pytest.mark.parametrize(("query", "code"), BAD)
async def test_what_cannot_be_looked_for_is_refused(town: Town, query: str, code: str) -> None:
    lin = await town.person(pin=False)
    answer = await town.call("GET", f"/v1/search?{query}", token=lin.token)
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    "asked",
    [
        "%22",
        "%27%20OR%201=1",
        "*",
        "AND%20OR%20NOT",
        "(",
        "title:a",
        "%E2%80%AE",
        "%F0%9F%8E%89",
        "的" * 100,
        "e" + "%CC%81" * 99,
        "a-" * 50,
        "<script>alert(1)</script>",
    ],
)
async def test_odd_questions_are_answered(town: Town, asked: str) -> None:
    lin = await town.person(pin=False)
    answer = await find(town, lin, f"q={asked}")
    assert [one for one in answer["items"] if one["kind"] != "people"] == []


async def test_whoever_searches_without_a_pause_is_told_to_wait(town: Town) -> None:
    lin = await town.person(pin=False)
    asks = (town.call("GET", "/v1/search?q=a", token=lin.token) for _ in range(200))
    answers = await asyncio.gather(*asks)
    assert {one.status_code for one in answers} == {200, 429}
    assert "rate_limited" in [one.json().get("code") for one in answers]


async def test_nobody_searches_without_being_signed_in(town: Town) -> None:
    answer = await town.call("GET", "/v1/search?q=a")
    assert answer.json()["code"] == "unauthenticated"
