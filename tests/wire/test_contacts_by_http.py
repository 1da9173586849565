"""Finding people, what one sees of whom, asking and blocking, over HTTP."""

import re
from typing import Any

import segno

from changliao.db.driver import Reader
from changliao.people.service import profiles
from tests.wire.platform import URL, Answer, Someone, Town
from tests.wire.uploads import picture, uploaded


async def befriend(town: Town, one: Someone, other: Someone) -> None:
    """Each asks the other."""
    for who, whom in ((one, other), (other, one)):
        await ask(town, who, whom)


async def ask(town: Town, who: Someone, whom: Someone, text: str = "") -> Any:
    body = {"person": whom.id, "text": text}
    return await town.done("POST", "/v1/contact-requests", body, token=who.token)


def code(answer: Answer) -> tuple[int, str, str | None]:
    """What a refusal says to a program."""
    told = answer.json()
    return answer.status_code, told["code"], told.get("field")


async def test_only_whom_one_shares_something_with_is_seen_by_id(town: Town) -> None:
    lin, wang = await town.person(pin=False), await town.person(pin=False)
    path = f"/v1/people/{wang.id}"
    missing = code(await town.call("GET", "/v1/people/per_nobody", token=lin.token))
    assert code(await town.call("GET", path, token=lin.token)) == missing
    assert missing == (404, "person_not_found", "id")

    await ask(town, lin, wang)

    seen = await town.done("GET", path, token=lin.token)
    back = await town.done("GET", f"/v1/people/{lin.id}", token=wang.token)
    assert (seen["relation"], back["relation"]) == ("requested", "asked")
    assert seen["request"] == back["request"]
    me = await town.done("GET", f"/v1/people/{lin.id}", token=lin.token)
    assert (me["relation"], me["request"]) == ("self", None)


async def test_many_at_once_are_those_one_may_see_in_the_order_asked(town: Town) -> None:
    lin, wang, zhao = [await town.person(pin=False) for _ in range(3)]
    await befriend(town, lin, wang)
    ids = ",".join([zhao.id, wang.id, "per_nobody", lin.id, wang.id, ""])

    found = await town.done("GET", f"/v1/people?ids={ids}", token=lin.token)

    assert [one["id"] for one in found["items"]] == [wang.id, lin.id]
    nobody = await town.done("GET", f"/v1/people?ids={zhao.id},,x", token=lin.token)
    assert nobody == {"items": []}
    many = ",".join(["per_1"] * 101)
    for query, field in ((f"ids={many}", "ids"), ("", "handle"), ("handle=", "handle")):
        answer = await town.call("GET", f"/v1/people?{query}", token=lin.token)
        assert code(answer) == (400, "bad_request", field)


async def test_another_room_may_say_that_two_know_each_other(town: Town) -> None:
    lin, wang, zhao = [await town.person(pin=False) for _ in range(3)]
    asked: list[tuple[str, str]] = []

    def in_one_group(reader: Reader, one: str, other: str) -> bool:
        asked.append((one, other))
        return other == wang.id

    found = await town.platform.db.read(
        profiles.profiles_of, lin.id, [wang.id, zhao.id], town.clock(), in_one_group
    )

    assert [(one.person.id, one.relation) for one in found] == [(wang.id, "stranger")]
    assert asked == [(lin.id, wang.id), (lin.id, zhao.id)]


async def test_who_does_not_want_to_be_found_is_found_by_contacts_alone(town: Town) -> None:
    lin, wang, zhao = [await town.person(pin=False) for _ in range(3)]
    await befriend(town, lin, wang)
    path = f"/v1/people?handle={wang.handle}"
    assert (await town.done("GET", path, token=zhao.token))["relation"] == "stranger"

    me = await town.done("PATCH", "/v1/me", {"findable": False}, token=wang.token)

    assert me["findable"] is False
    missing = code(await town.call("GET", "/v1/people?handle=nobody_here", token=zhao.token))
    assert code(await town.call("GET", path, token=zhao.token)) == missing
    assert missing == (404, "person_not_found", "handle")
    assert (await town.done("GET", path, token=lin.token))["relation"] == "contact"
    loud = f"/v1/people?handle=%20{wang.handle.upper()}"
    assert (await town.done("GET", loud, token=lin.token))["id"] == wang.id


async def test_handles_cannot_be_collected(town: Town) -> None:
    lin, wang = await town.person(pin=False), await town.person(pin=False)
    path = f"/v1/people?handle={wang.handle}"

    answers = [await town.call("GET", path, token=lin.token) for _ in range(25)]

    assert [one.status_code for one in answers[:20]] == [200] * 20
    assert code(answers[-1])[:2] == (429, "rate_limited")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 5
    assert (await town.call("GET", path, token=wang.token)).is_success


async def test_what_one_shows_of_oneself_is_seen_at_once(town: Town) -> None:
    lin, wang = await town.person(pin=False), await town.person(pin=False)
    await befriend(town, lin, wang)
    before = await town.done("GET", "/v1/contacts", token=lin.token)
    said = {"name": "王大锤", "region": "杭州", "bio": "tea\nand go", "avatar": ""}

    me = await town.done("PATCH", "/v1/me", said, token=wang.token)

    assert said.items() <= me.items()
    assert said.items() <= (await town.done("GET", "/v1/me", token=wang.token)).items()
    assert (
        said.items() <= (await town.done("GET", f"/v1/people/{wang.id}", token=lin.token)).items()
    )
    changed = await town.done("GET", f"/v1/contacts?after={before['version']}", token=lin.token)
    assert [one["name"] for one in changed["items"]] == ["王大锤"]
    assert changed["version"] > before["version"]
    for body, refused in (
        ({"name": ""}, "name_invalid"),
        ({"bio": "x" * 121}, "profile_invalid"),
        ({"region": "a\u202eb"}, "profile_invalid"),
        ({"avatar": "https://example.org/x.png"}, "profile_invalid"),
    ):
        answer = await town.call("PATCH", "/v1/me", body, token=wang.token)
        assert code(answer) == (400, refused, next(iter(body)))
    assert said.items() <= (await town.done("GET", "/v1/me", token=wang.token)).items()


async def test_a_picture_is_worn_until_the_next_one(town: Town) -> None:
    lin, wang, zhao = [await town.person(pin=False) for _ in range(3)]
    first, second = [
        await uploaded(town, lin, picture(size=(size, 40)), kind="avatar") for size in (40, 60)
    ]
    plain = await uploaded(town, lin, picture(size=(80, 40)))
    theirs = await uploaded(town, zhao, picture(size=(90, 90)), kind="avatar")
    look = f"/v1/media/{first['id']}"
    assert (await town.call("GET", look, token=wang.token)).status_code == 404

    me = await town.done("PATCH", "/v1/me", {"avatar": first["id"]}, token=lin.token)

    assert me["avatar"] == first["id"]
    assert (await town.call("GET", look, token=wang.token)).is_success
    nobodys = "med_01J5ZZZZZZZZZZZZZZZZZZZZZZ"
    for other in (plain["id"], theirs["id"], nobodys):
        answer = await town.call("PATCH", "/v1/me", {"avatar": other}, token=lin.token)
        assert code(answer) == (400, "profile_invalid", "avatar")
    assert (await town.done("GET", "/v1/me", token=lin.token))["avatar"] == first["id"]
    await town.done("PATCH", "/v1/me", {"avatar": second["id"], "name": "L"}, token=lin.token)
    assert (await town.call("GET", look, token=wang.token)).status_code == 404
    await town.done("PATCH", "/v1/me", {"avatar": ""}, token=lin.token)
    path = f"/v1/media/{second['id']}"
    assert (await town.call("GET", path, token=wang.token)).status_code == 404


async def views(town: Town, who: Someone, whom: Someone) -> Any:
    """All that one person finds out about another, without ids and times."""
    token = who.token
    by_handle = await town.call("GET", f"/v1/people?handle={whom.handle}", token=token)
    by_id = await town.call("GET", f"/v1/people/{whom.id}", token=token)
    requests = await town.done("GET", "/v1/contact-requests", token=token)
    listed = await town.done("GET", "/v1/contacts", token=token)
    return (
        [(one.status_code, one.json().get("relation")) for one in (by_handle, by_id)],
        [(one["state"], one["text"]) for one in requests["items"]],
        [one["remark"] for one in listed["items"]],
        listed["gone"],
    )


async def test_a_blocked_person_finds_all_as_others_do(town: Town) -> None:
    blocked, other, wang = [await town.person(pin=False) for _ in range(3)]
    await town.done("PUT", f"/v1/blocks/{blocked.id}", token=wang.token)
    for who in (blocked, other):
        await ask(town, who, wang, "hello")

    assert await views(town, blocked, wang) == await views(town, other, wang)
    shown = await town.done("GET", "/v1/contact-requests", token=wang.token)
    assert [one["from"] for one in shown["items"]] == [other.id]
    seen = await town.done("GET", f"/v1/people/{blocked.id}", token=wang.token)
    assert seen["relation"] == "blocked"

    for one in shown["items"]:
        path = f"/v1/contact-requests/{one['id']}"
        declined = await town.done("PUT", path, {"accept": False}, token=wang.token)
        assert declined["state"] == "declined"
    assert await views(town, blocked, wang) == await views(town, other, wang)


async def test_requests_and_blocks_are_read_page_by_page(town: Town) -> None:
    lin = await town.person(pin=False)
    others = [await town.person(pin=False) for _ in range(5)]
    for other in others:
        await ask(town, lin, other)
        await town.done("PUT", f"/v1/blocks/{other.id}", token=lin.token)
    for path, named in (("/v1/contact-requests", "to"), ("/v1/blocks", "id")):
        found, after = list[str](), ""
        while True:
            page = await town.done("GET", f"{path}?limit=2&after={after}", token=lin.token)
            found += [one[named] for one in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert found == [other.id for other in reversed(others)]


async def test_remarks_and_tags_that_cannot_be_are_refused(town: Town) -> None:
    lin, wang = await town.person(pin=False), await town.person(pin=False)
    await befriend(town, lin, wang)
    path = f"/v1/contacts/{wang.id}"
    for body, field in (
        ({"remark": "x" * 41}, "remark"),
        ({"tags": [""]}, "tags"),
        ({"tags": [str(number) for number in range(21)]}, "tags"),
        ({"tags": ["x" * 21]}, "tags"),
    ):
        answer = await town.call("PATCH", path, body, token=lin.token)
        assert code(answer) == (400, "contact_text_invalid", field)
    answer = await town.call("PATCH", path, {"alias": "x"}, token=lin.token)
    assert answer.json()["code"] == "bad_request"


def dark_modules(svg: str) -> set[tuple[int, int]]:
    """Where an SVG of segno is black: its path of strokes, one module high."""
    found, x, y = set[tuple[int, int]](), 0.0, 0.0
    [path] = re.findall(r'stroke="#000"[^>]* d="([^"]+)"|d="([^"]+)"[^>]*stroke="#000"', svg)
    for command, said in re.findall(r"([Mmh])([^Mmh]*)", "".join(path)):
        numbers = [float(one) for one in said.replace("-", " -").split()]
        if command == "h":
            found |= {(int(x) + step, int(y)) for step in range(int(numbers[0]))}
            x += numbers[0]
        elif command == "M":
            x, y = numbers
        else:
            x, y = x + numbers[0], y + numbers[1]
    return found


async def test_my_code_leads_to_the_page_that_adds_me(town: Town) -> None:
    lin = await town.person(pin=False)

    answer = await town.call("GET", "/v1/me/code.svg", token=lin.token)

    assert answer.headers["content-type"] == "image/svg+xml"
    assert "private" in answer.headers["cache-control"]
    assert "cookie" in answer.headers["vary"]
    wanted = segno.make(f"{URL}/u/{lin.handle}", error="h", micro=False)
    dark = {(x + 4, y + 4) for y, row in enumerate(wanted.matrix) for x, on in enumerate(row) if on}
    assert dark_modules(answer.text) == dark
    assert 'fill="#fff"' in answer.text
