"""The screen before the chat, over HTTP: words, silence, pace, raids; archives, and leaving."""

import asyncio
import io
import secrets
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from changliao.kernel.instant import DAY_US
from changliao.safety.rules.words import YOUNG_US
from tests.patience import PATIENCE_S
from tests.pushed import Browser
from tests.wire.order import ready
from tests.wire.platform import PASSWORD, Someone, Town
from tests.wire.uploads import picture, uploaded


async def until(check: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so; what an operator changes is known within a second."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if await check():
                return
            await asyncio.sleep(0.05)


async def friends(town: Town) -> tuple[Someone, Someone, str]:
    lin, wang = await town.person(), await town.person()
    await town.befriend(lin, wang)
    await town.settled()
    return lin, wang, await town.direct(lin, wang)


async def say(town: Town, who: Someone, where: str, text: str) -> Any:
    body = {"k": "text", "b": {"text": text}}
    return await town.call("POST", f"/v1/conversations/{where}/messages", body, token=who.token)


async def log(town: Town, who: Someone, where: str) -> list[Any]:
    path = f"/v1/conversations/{where}/messages"
    return list((await town.done("GET", path, token=who.token))["items"])


async def ruled(town: Town, runs: Someone, pattern: str, deed: str) -> str:
    body = {"pattern": pattern, "deed": deed}
    made = await town.done("POST", "/v1/operator/words", body, token=runs.token)
    await town.platform.screen.load()
    return str(made["id"])


async def test_a_word_is_refused_wherever_it_is_written(town: Town) -> None:
    lin, _, where = await friends(town)
    runs = await town.operator()
    await town.done("POST", "/v1/operator/words", {"pattern": "禁止甲"}, token=runs.token)

    async def refused() -> bool:
        answer = await say(town, lin, where, "禁 止\u200b甲")
        return not answer.is_success and answer.json()["code"] == "words_refused"

    await until(refused)
    before = await log(town, lin, where)
    assert await refused()
    assert await log(town, lin, where) == before


async def test_a_veiled_message_is_seen_by_its_writer_alone(town: Town) -> None:
    lin, wang, where = await friends(town)
    runs = await town.operator()
    await ruled(town, runs, "面纱乙", "veil")
    sent = (await say(town, lin, where, "面纱乙")).json()
    assert (sent["k"], sent["b"]) == ("text", {"text": "面纱乙"})
    mine, theirs = (await log(town, lin, where))[-1], (await log(town, wang, where))[-1]
    assert (mine["k"], mine["b"], mine["s"]) == ("text", {"text": "面纱乙"}, sent["s"])
    assert (theirs["k"], theirs["b"], theirs["s"]) == ("veiled", {}, sent["s"])
    assert "id" not in theirs
    row = await town.done("GET", f"/v1/conversations/{where}", token=wang.token)
    assert row["n"] == row["rn"]


async def test_what_is_to_be_looked_at_comes_into_the_queue(town: Town) -> None:
    lin, wang, where = await friends(town)
    runs = await town.operator()
    await ruled(town, runs, "看看丙", "queue")
    sent = (await say(town, lin, where, "来看看丙")).json()
    assert (await log(town, wang, where))[-1]["b"] == {"text": "来看看丙"}

    async def there() -> bool:
        items = (await town.done("GET", "/v1/operator/reports?limit=100", token=runs.token))[
            "items"
        ]
        return any((one["conversation"], one["numbers"]) == (where, [sent["s"]]) for one in items)

    await until(there)


async def test_who_is_silenced_writes_nowhere(town: Town) -> None:
    lin, wang, where = await friends(town)
    runs = await town.operator()
    body = {"what": "person", "reason": "harassment", "person": lin.id}
    report = await town.done("POST", "/v1/reports", body, token=wang.token)
    verdict = {"action": "silence", "reason": "Enough", "days": 1}
    path = f"/v1/operator/reports/{report['id']}/decision"
    await town.done("POST", path, verdict, token=runs.token)

    async def silenced() -> bool:
        answer = await say(town, lin, where, "hello")
        return not answer.is_success and answer.json()["code"] == "silenced"

    await until(silenced)
    assert (await say(town, wang, where, "hello")).is_success


async def test_names_notices_and_profiles_pass_the_same_rules_as_messages(town: Town) -> None:
    lin, wang, _ = await friends(town)
    stranger, runs = await town.person(), await town.operator()
    group = await town.group(lin, wang, title="Tea")
    for pattern, deed in (("禁乙词", "refuse"), ("禁丙词", "veil"), ("禁丁词", "queue")):
        await ruled(town, runs, pattern, deed)
    link = {"sort": "link", "pattern": "bad-names.example", "deed": "refuse"}
    await town.done("POST", "/v1/operator/words", link, token=runs.token)
    await town.platform.screen.load()
    newcomer = {"handle": "newcomer_here", "password": PASSWORD}
    doors: list[tuple[str, str, dict[str, Any], str]] = [
        ("PATCH", "/v1/me", {}, "name"),
        ("PATCH", "/v1/me", {}, "region"),
        ("PATCH", "/v1/me", {}, "bio"),
        ("POST", "/v1/persons", newcomer, "name"),
        ("POST", "/v1/contact-requests", {"person": stranger.id}, "text"),
        ("POST", "/v1/conversations", {"members": [wang.id]}, "title"),
        ("PATCH", f"/v1/conversations/{group}", {}, "title"),
        ("PATCH", f"/v1/conversations/{group}", {"approval": True}, "notice"),
        ("PATCH", f"/v1/conversations/{group}/mine", {"pin": True}, "nickname"),
    ]
    before = await town.everything()
    for words in ("禁 乙 词", "来禁丙词吧", "BAD-names.example/x"):
        for method, path, body, field in doors:
            answer = await town.call(method, path, body | {field: words}, token=lin.token)
            said = answer.json()
            assert (answer.status_code, said["code"]) == (403, "words_not_shown"), (path, field)
            assert said["field"] == field
    assert await town.everything() == before
    for method, path, body, field in doors:
        await town.done(method, path, body | {field: "丁禁丁词"}, token=lin.token)
    handle = newcomer | {"handle": "bad_names", "name": "Bo"}
    await ruled(town, runs, "bad_names", "refuse")
    answer = await town.call("POST", "/v1/persons", handle)
    assert (answer.json()["code"], answer.json()["field"]) == ("words_not_shown", "handle")


async def waiting(town: Town, runs: Someone, rule: str) -> list[Any]:
    """What this rule put into the operator's queue."""
    found = await town.done("GET", "/v1/operator/reports?limit=100", token=runs.token)
    return [one for one in found["items"] if one["rule"] == rule]


async def test_names_that_a_rule_wants_looked_at_come_into_the_queue(town: Town) -> None:
    lin, wang, _ = await friends(town)
    stranger, runs = await town.person(), await town.operator()
    group = await town.group(lin, wang, title="Tea")
    rule = await ruled(town, runs, "名单戊", "queue")
    said = "一个名单戊"
    await town.done("PATCH", "/v1/me", {"name": said}, token=lin.token)
    await town.done("PATCH", "/v1/me", {"name": said}, token=lin.token)
    request = {"person": stranger.id, "text": "名单戊，加我"}
    await town.done("POST", "/v1/contact-requests", request, token=lin.token)
    path = f"/v1/conversations/{group}"
    await town.done("PATCH", path, {"title": said, "notice": "名单戊！"}, token=lin.token)
    await town.done("PATCH", f"{path}/mine", {"nickname": "名单戊二"}, token=wang.token)
    body: dict[str, Any] = {"handle": "listed_person", "password": PASSWORD, "name": said}
    newcomer = await town.done("POST", "/v1/persons", body)
    body = {"members": [wang.id], "title": said}
    begun = await town.done("POST", "/v1/conversations", body, token=lin.token)
    refused = await town.call(
        "PATCH", "/v1/me", {"name": "名单戊三", "bio": "x" * 999}, token=lin.token
    )
    assert not refused.is_success
    cases = [
        (one["what"], one["about"], one["person"], one["words"])
        for one in await waiting(town, runs, rule)
    ]
    assert cases == [
        ("person", lin.id, lin.id, said),
        ("person", lin.id, lin.id, "名单戊，加我"),
        ("group", group, lin.id, f"{said}\n名单戊！"),
        ("person", wang.id, wang.id, "名单戊二"),
        ("person", newcomer["id"], newcomer["id"], said),
        ("group", begun["c"], lin.id, said),
    ]


async def test_official_accounts_and_their_articles_pass_the_same_rules(town: Town) -> None:
    shop, runs = await town.shop(), await town.operator()
    await ruled(town, runs, "禁己词", "refuse")
    await ruled(town, runs, "禁庚词", "veil")
    link = {"sort": "link", "pattern": "bad-reads.example", "deed": "refuse"}
    await town.done("POST", "/v1/operator/words", link, token=runs.token)
    await town.platform.screen.load()
    body: dict[str, Any] = {"handle": f"a{secrets.token_hex(5)}", "name": "Corner"}
    made = await town.done("POST", "/v1/accounts", body, token=shop.key)
    path = f"/v1/accounts/{made['id']}"
    spans = [{"text": "Read "}, {"text": "this", "link": "https://www.bad-reads.example/x"}]
    blocks = [{"k": "quote", "spans": [{"text": "禁"}, {"text": "己词", "bold": True}]}]
    words = {"title": "Tea", "blocks": [{"k": "divider"}]}
    draft = await town.done("POST", f"{path}/manuscripts", words, token=shop.key)
    doors: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", "/v1/accounts", body | {"handle": "other_corner", "name": "禁己词"}, "name"),
        ("POST", "/v1/accounts", body | {"handle": "other_corner", "intro": "禁庚词"}, "intro"),
        ("PATCH", f"{path}/settings", {"name": "禁 庚 词"}, "name"),
        ("PATCH", f"{path}/settings", {"intro": "see bad-reads.example"}, "intro"),
        ("POST", f"{path}/manuscripts", words | {"title": "禁己词"}, "title"),
        ("POST", f"{path}/manuscripts", words | {"author": "禁己词"}, "author"),
        ("POST", f"{path}/manuscripts", words | {"digest": "禁庚词"}, "digest"),
        ("POST", f"{path}/manuscripts", words | {"blocks": blocks}, "blocks"),
        (
            "PUT",
            f"/v1/manuscripts/{draft['id']}",
            words | {"blocks": [{"k": "list", "ordered": False, "items": [spans]}]},
            "blocks",
        ),
    ]
    before = await town.everything()
    for method, where, said, field in doors:
        answer = await town.call(method, where, said, token=shop.key)
        assert (answer.status_code, answer.json()["code"]) == (403, "words_not_shown"), said
        assert answer.json()["field"] == field
    assert await town.everything() == before
    await _looked_at(town, runs, shop.key, made["id"], draft["id"])


async def _looked_at(town: Town, runs: Someone, key: str, account: str, draft: str) -> None:
    """A draft is looked at when it is published; by rules that are newer than it, too."""
    rule = await ruled(town, runs, "看辛词", "queue")
    words = {"title": "看辛词", "blocks": [{"k": "code", "text": "又看辛词"}]}
    await town.done("PUT", f"/v1/manuscripts/{draft}", words, token=key)
    assert await waiting(town, runs, rule) == []
    where = f"/v1/accounts/{account}"
    late = await town.done("POST", f"{where}/manuscripts", words | {"digest": "迟到癸"}, token=key)
    await ruled(town, runs, "迟到癸", "refuse")
    publication = f"/v1/manuscripts/{late['id']}/publication"
    refused = await town.call("PUT", publication, {}, token=key)
    assert (refused.json()["code"], refused.json()["field"]) == ("words_not_shown", "digest")
    await town.done("PUT", f"/v1/manuscripts/{draft}/publication", {}, token=key)
    await town.done("PATCH", f"{where}/settings", {"intro": "看辛词吧"}, token=key)
    cases = [(one["what"], one["about"], one["words"]) for one in await waiting(town, runs, rule)]
    assert cases == [
        ("account", account, "看辛词\n又看辛词"),
        ("account", account, "看辛词吧"),
    ]


async def test_who_is_silenced_gives_groups_neither_name_nor_notice(town: Town) -> None:
    lin, wang, _ = await friends(town)
    group, runs = await town.group(lin, wang, title="Tea"), await town.operator()
    body = {"what": "person", "person": lin.id, "reason": "other"}
    report = await town.done("POST", "/v1/reports", body, token=wang.token)
    verdict: dict[str, Any] = {"action": "silence", "reason": "Enough.", "days": 1}
    path = f"/v1/operator/reports/{report['id']}/decision"
    await town.done("POST", path, verdict, token=runs.token)
    await town.platform.screen.load()
    for field in ("title", "notice"):
        answer = await town.call(
            "PATCH", f"/v1/conversations/{group}", {field: "Buy"}, token=lin.token
        )
        assert answer.json()["code"] == "silenced"
    row = await town.done("GET", f"/v1/conversations/{group}", token=wang.token)
    assert (row["title"], row["notice"]) == ("Tea", "")


async def test_new_accounts_are_slower_than_older_ones(town: Town) -> None:
    runs = await town.operator()
    limits = (await town.done("GET", "/v1/operator/limits", token=runs.token))["items"]
    pace = {(one["pace"], one["age"]): one["per_minute"] for one in limits}
    for what in ("message", "media", "card", "group", "join"):
        assert pace[what, "new"] < pace[what, "old"]
    screen, lin = town.platform.screen, await town.person()
    body = {"pace": "card", "age": "new", "per_minute": 1, "burst": 1}
    await town.done("PUT", "/v1/operator/limits", body, token=runs.token)
    _, _, where = await friends(town)
    place = {"k": "location", "b": {"latitude": 1, "longitude": 1, "name": "here"}}
    path = f"/v1/conversations/{where}/messages"
    codes = [
        (await town.call("POST", path, place, token=lin.token)).json()["code"] for _ in range(2)
    ]
    assert codes == ["conversation_not_found", "rate_limited"]
    assert screen.pace("card", "old") != screen.pace("card", "new")
    assert YOUNG_US == 3 * DAY_US
    again = body | {"per_minute": 0}
    await town.done("PUT", "/v1/operator/limits", again, token=runs.token)


async def test_the_same_long_text_again_and_again_puts_a_group_on_guard(town: Town) -> None:
    lin, wang, _ = await friends(town)
    group = await town.group(lin, wang)
    for _ in range(6):
        await say(town, lin, group, "Buy followers here, cheap and fast!")

    async def on_guard() -> bool:
        row = await town.done("GET", f"/v1/conversations/{group}", token=lin.token)
        return row["guard"] is not None

    await until(on_guard)


async def test_an_archive_holds_what_one_may_see_and_is_ones_own_alone(town: Town) -> None:
    lin, wang, where = await friends(town)
    await say(town, wang, where, "for your archive")
    image = await uploaded(town, lin, picture())
    said = {"k": "image", "b": {"media": image["id"]}}
    await town.done("POST", f"/v1/conversations/{where}/messages", said, token=lin.token)
    await town.done("POST", "/v1/exports", token=lin.token)
    found = await ready(town, lin)
    refused = await town.call("GET", found["url"], token=wang.token)
    assert refused.json()["code"] == "export_not_found"
    answer = await town.call("GET", found["url"], token=lin.token)
    assert len(answer.content) == found["size"]
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert packed.testzip() is None
    assert msgspec.json.decode(packed.read("profile.json"))["handle"] == lin.handle
    [friend] = msgspec.json.decode(packed.read("contacts.json"))
    assert friend["id"] == wang.id
    lines = packed.read(f"conversations/{where}.jsonl").splitlines()
    bodies = [msgspec.json.decode(line).get("b", {}) for line in lines]
    assert {"text": "for your archive"} in bodies
    [media] = [name for name in packed.namelist() if name.startswith("media/")]
    assert image["id"] in media
    again = await town.call("POST", "/v1/exports", token=lin.token)
    assert (again.status_code, again.json()["code"]) == (429, "export_too_soon")


async def test_an_archive_says_who_is_told_of_notices_and_not_how_to_tell_them(town: Town) -> None:
    lin = await town.person()
    keys = Browser().keys()
    where = "https://push.example.org/send/a-secret-address"
    body = {"endpoint": where, "keys": keys}
    await town.done("POST", "/v1/push/subscriptions", body, token=lin.token)
    wanted = {"quiet_from": "22:00", "quiet_to": "06:30", "offset_min": 480, "content": False}
    await town.done("PUT", "/v1/push/settings", wanted, token=lin.token)
    await town.done("POST", "/v1/exports", token=lin.token)
    answer = await town.call("GET", (await ready(town, lin))["url"], token=lin.token)
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    told = msgspec.json.decode(packed.read("notices.json"))
    assert told["quiet"] == ["22:00", "06:30"]
    assert (told["offset_min"], told["content"]) == (480, False)
    [device] = told["devices"]
    assert device["service"] == "push.example.org"
    assert device["since"]
    everything = b"".join(packed.read(name) for name in packed.namelist())
    for secret in ("a-secret-address", keys["p256dh"], keys["auth"]):
        assert secret.encode() not in everything


async def test_a_wrong_password_deletes_nobody(town: Town) -> None:
    lin = await town.person()
    answer = await town.call("DELETE", "/v1/me", {"password": "wrong"}, token=lin.token)
    assert answer.json()["code"] == "wrong_password"
    assert (await town.call("GET", "/v1/me", token=lin.token)).is_success


async def test_who_leaves_is_out_everywhere_and_back_by_signing_in(town: Town) -> None:
    lin = await town.person()
    other = await town.sign_in(lin.handle)
    await town.done("DELETE", "/v1/me", {"password": PASSWORD}, token=lin.token)

    async def out() -> bool:
        return (await town.call("GET", "/v1/me", token=other)).status_code == 401

    await until(out)
    assert (await town.call("GET", "/v1/me", token=await town.sign_in(lin.handle))).is_success
