"""Apps upload by their keys, and show what they uploaded: bots in groups, official accounts to followers."""

import secrets
from typing import Any

from tests.wire.platform import Shop, Someone, Town
from tests.wire.uploads import Keyholder, body, picture, uploaded


async def key_of(town: Town, shop: Shop, *scopes: str) -> Keyholder:
    """Another key of the shop's app."""
    made = await town.done(
        "POST", f"/v1/apps/{shop.app_id}/keys", {"scopes": scopes}, token=shop.owner.token
    )
    return Keyholder(made["key"])


async def seen(town: Town, media: Any, who: Someone | Keyholder) -> int:
    return (await town.call("GET", media["url"], token=who.token)).status_code


async def test_what_a_key_uploads_is_its_apps_own_by_whichever_key(town: Town) -> None:
    shop, other = await town.shop(), await town.shop()
    chat = await key_of(town, shop, "chat:write")
    media = await uploaded(town, chat, picture())
    accounts = await key_of(town, shop, "accounts:write", "payments:read")
    assert await seen(town, media, accounts) == 200
    ticket = await town.done(
        "POST", "/v1/media", body(picture(), "image", "image/png"), token=accounts.token
    )
    assert ticket["stored"] is True  # The app has uploaded the same before.
    for nobody in (Keyholder(other.key), await town.person(), shop.owner):
        assert await seen(town, media, nobody) == 404
    reads = await key_of(town, shop, "chat:read", "payments:write")
    refused = await town.call(
        "POST", "/v1/media", body(picture(), "image", "image/png"), token=reads.token
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_forbids")
    waiting = await town.done(
        "POST", "/v1/media", body(b"tea", "file", "text/plain"), token=chat.token
    )
    stolen = await town.call("PUT", waiting["upload_url"], content=b"tea", token=other.key)
    assert stolen.json()["code"] == "media_not_found"
    assert await town.wrong() == []


async def test_a_bot_shows_a_picture_and_hands_out_a_file(town: Town) -> None:
    shop, lin, chen = await town.shop(), await town.person(), await town.person()
    await town.befriend(lin, chen)
    group, key = await town.group(lin, chen), Keyholder(shop.key)
    bot = await town.done(
        "POST", "/v1/bots", {"handle": f"b{secrets.token_hex(5)}", "name": "Tea"}, token=shop.key
    )
    await town.done("PUT", f"/v1/conversations/{group}/bots/{bot['id']}", {}, token=lin.token)
    log = f"/v1/bots/{bot['id']}/conversations/{group}/messages"
    image = await uploaded(town, key, picture())
    said = {"k": "image", "b": {"media": image["id"]}}
    entry = await town.done("POST", log, said, token=shop.key, key="one")
    by = {"mark": "bot", "name": "Tea"}
    assert (entry["k"], entry["b"]) == (
        "image",
        {"media": image["id"], "width": 40, "height": 20, "by": by},
    )
    assert await town.done("POST", log, said, token=shop.key, key="one") == entry
    reused = await town.call("POST", log, {"text": "other"}, token=shop.key, key="one")
    assert reused.json()["code"] == "client_id_reused"
    assert await seen(town, image, chen) == 200
    paper = await uploaded(town, key, b"tea", "file", "text/plain")
    said = {"k": "file", "b": {"media": paper["id"], "name": "tea.txt"}}
    handed = await town.done("POST", log, said, token=shop.key)
    assert handed["b"] == {"media": paper["id"], "name": "tea.txt", "size": 3, "by": by}
    await _sent_on_without_the_name(town, lin, chen, group, entry["s"])
    await town.done("DELETE", f"{log}/{handed['s']}", token=shop.key)
    assert await seen(town, paper, chen) == 404


async def _sent_on_without_the_name(
    town: Town, lin: Someone, chen: Someone, group: str, number: int
) -> None:
    where = await town.direct(lin, chen)
    sent = {"from": group, "numbers": [number], "together": False}
    path = f"/v1/conversations/{where}/forwards"
    [copy] = (await town.done("POST", path, sent, token=lin.token))["items"]
    assert copy["k"] == "image" and "by" not in copy["b"]


async def test_a_bot_shows_nothing_that_is_not_its_apps_and_nobody_writes_in_its_name(
    town: Town,
) -> None:
    shop, lin, chen = await town.shop(), await town.person(), await town.person()
    await town.befriend(lin, chen)
    group = await town.group(lin, chen)
    bot = await town.done(
        "POST", "/v1/bots", {"handle": f"b{secrets.token_hex(5)}", "name": "Tea"}, token=shop.key
    )
    await town.done("PUT", f"/v1/conversations/{group}/bots/{bot['id']}", {}, token=lin.token)
    log = f"/v1/bots/{bot['id']}/conversations/{group}/messages"
    theirs = await uploaded(town, lin, picture())
    mine = await uploaded(town, Keyholder(shop.key), picture("JPEG"), "image", "image/jpeg")
    head = (await town.done("GET", f"/v1/conversations/{group}", token=lin.token))["s"]
    signed = {"media": theirs["id"], "by": {"mark": "bot", "name": "Tea"}}
    for path, token, said, code in (
        (log, shop.key, {"k": "image", "b": {"media": theirs["id"]}}, "media_not_found"),
        (
            log,
            shop.key,
            {"k": "file", "b": {"media": mine["id"], "name": "x"}},
            "wrong_media_kind",
        ),
        (log, shop.key, {"k": "image", "b": signed}, "message_invalid"),
        (log, shop.key, {"k": "image", "b": {"text": "no"}}, "message_invalid"),
        (
            f"/v1/conversations/{group}/messages",
            lin.token,
            {"k": "image", "b": signed},
            "message_invalid",
        ),
    ):
        refused = await town.call("POST", path, said, token=token)
        assert refused.json()["code"] == code, said
    assert (await town.done("GET", f"/v1/conversations/{group}", token=lin.token))["s"] == head
    assert await seen(town, mine, lin) == 404


async def test_an_account_posts_and_answers_with_pictures_of_its_app(town: Town) -> None:
    shop, lin = await town.shop(), await town.person()
    made = await town.done(
        "POST",
        "/v1/accounts",
        {"handle": f"a{secrets.token_hex(5)}", "name": "Corner"},
        token=shop.key,
    )
    path = f"/v1/accounts/{made['id']}"
    await town.done("PUT", f"{path}/follow", token=lin.token)
    [follower] = (await town.done("GET", f"{path}/followers", token=shop.key))["items"]
    image = await uploaded(town, Keyholder(shop.key), picture())
    assert await seen(town, image, lin) == 404
    said = {"k": "image", "b": {"media": image["id"]}}
    post = await town.done("POST", f"{path}/posts", said, token=shop.key)
    assert post["b"] == {"media": image["id"], "width": 40, "height": 20}
    assert await seen(town, image, lin) == 200
    talk = (await town.done("POST", f"{path}/talk", token=lin.token))["conversation"]
    where = f"/v1/conversations/{talk}/messages"
    await town.done("POST", where, {"k": "text", "b": {"text": "hi"}}, token=lin.token)
    await town.settled()
    other = await uploaded(town, Keyholder(shop.key), picture("GIF"), "image", "image/gif")
    answer = said | {"person": follower["person"], "b": {"media": other["id"]}}
    await town.done("POST", f"{path}/messages", answer, token=shop.key)
    assert await seen(town, other, lin) == 200
    avatar = await uploaded(town, Keyholder(shop.key), picture(), "avatar")
    changed = await town.done("PATCH", f"{path}/settings", {"avatar": avatar["id"]}, token=shop.key)
    assert changed["avatar"] == avatar["id"]
    assert await town.wrong() == []


async def test_a_key_sees_what_people_post_where_its_bot_hears_them(town: Town) -> None:
    shop, other, lin, chen = await town.shop(), await town.shop(), *await _two(town)
    group = await town.group(lin, chen)
    handle = f"b{secrets.token_hex(5)}"
    bot = await town.done("POST", "/v1/bots", {"handle": handle, "name": "Tea"}, token=shop.key)
    reads, buys = await key_of(town, shop, "chat:read"), await key_of(town, shop, "accounts:read")
    where = f"/v1/conversations/{group}"
    await town.done("PUT", f"{where}/bots/{bot['id']}", {"hears": "all"}, token=lin.token)
    image = await uploaded(town, lin, picture())
    loose = await uploaded(town, lin, picture("GIF"), "image", "image/gif")
    assert await seen(town, image, reads) == 404
    said = {"k": "image", "b": {"media": image["id"]}}
    sent = await town.done("POST", f"{where}/messages", said, token=lin.token)
    await town.settled()
    log = f"/v1/bots/{bot['id']}/conversations/{group}/messages"
    [heard] = (await town.done("GET", log, token=reads.token))["items"]
    assert (heard["s"], heard["b"]["media"]) == (sent["s"], image["id"])
    small = await town.call("GET", f"{image['url']}/thumbnail", token=reads.token)
    assert (await seen(town, image, reads), small.status_code) == (200, 200)
    for nobody in (buys, Keyholder(other.key), await town.person()):
        assert await seen(town, image, nobody) == 404
    assert await seen(town, loose, reads) == 404
    recall = {"k": "recall", "r": sent["s"], "b": {}}
    await town.done("POST", f"{where}/messages", recall, token=lin.token)
    assert await seen(town, image, reads) == 404
    await town.done("POST", f"{where}/messages", said, token=lin.token)
    assert await seen(town, image, reads) == 200
    await town.done("DELETE", f"/v1/bots/{bot['id']}", token=shop.key)
    assert await seen(town, image, reads) == 404


async def test_a_key_sees_what_people_send_to_the_official_account_of_its_app(town: Town) -> None:
    shop, other, lin = await town.shop(), await town.shop(), await town.person()
    body = {"handle": f"a{secrets.token_hex(5)}", "name": "Corner"}
    made = await town.done("POST", "/v1/accounts", body, token=shop.key)
    reads, chats = await key_of(town, shop, "accounts:read"), await key_of(town, shop, "chat:read")
    opened = await town.done("POST", f"/v1/accounts/{made['id']}/talk", token=lin.token)
    image = await uploaded(town, lin, picture())
    said = {"k": "image", "b": {"media": image["id"]}}
    path = f"/v1/conversations/{opened['conversation']}/messages"
    await town.done("POST", path, said, token=lin.token)
    assert await seen(town, image, reads) == 200
    for nobody in (chats, Keyholder(other.key), await town.person()):
        assert await seen(town, image, nobody) == 404
    assert await town.wrong() == []


async def _two(town: Town) -> tuple[Someone, Someone]:
    lin, chen = await town.person(), await town.person()
    await town.befriend(lin, chen)
    return lin, chen
