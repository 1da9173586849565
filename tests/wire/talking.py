"""A life in conversations, over HTTP alone: two people, and a group from its beginning to its end."""

import asyncio
from typing import TYPE_CHECKING

from tests.patience import PATIENCE_S
from tests.wire.platform import Someone

if TYPE_CHECKING:
    from tests.wire.test_happy_paths import Life


async def talks(life: "Life", lin: Someone) -> None:
    """With a friend, and with several."""
    town = life.town
    zhao, mei, wu, passer_by = [await town.person(pin=False) for _ in range(4)]
    for friend in (zhao, mei, wu):
        await town.befriend(lin, friend)
    await town.settled()
    where = await two(life, lin, zhao)
    group = await a_group(life, lin, zhao, mei, where)
    await comings_and_goings(life, group, lin, zhao, wu)
    await by_a_link(life, group, zhao, passer_by)
    await looking_for(life, zhao, where)
    await clearing(life, lin, where)


async def two(life: "Life", lin: Someone, zhao: Someone) -> str:
    """A message is written, fetched and read; the list says so."""
    call = life.call
    begun = await call("POST", "/v1/conversations", {"person": zhao.id}, token=lin.token)
    path = f"/v1/conversations/{begun['c']}"
    body = {"k": "text", "b": {"text": "hi"}}
    entry = await call("POST", f"{path}/messages", body, token=lin.token)
    assert (entry["f"], entry["b"], entry["n"]) == (lin.id, {"text": "hi"}, 1)
    page = await call("GET", f"{path}/messages?after={entry['s'] - 1}", token=zhao.token)
    assert (page["items"], page["head"]) == ([entry], entry["s"])
    seen = await call("GET", path, token=zhao.token)
    assert (seen["n"] - seen["rn"], seen["last"]) == (1, entry)
    assert (await call("GET", "/v1/chat", token=zhao.token))["unread"] == 1
    await call("PUT", f"{path}/read", {"s": entry["s"]}, token=zhao.token)
    mine = {"pin": True, "remark": "Boss"}
    seen = await call("PATCH", f"{path}/mine", mine, token=zhao.token)
    assert (seen["title"], seen["pin"], seen["rs"]) == ("Boss", True, entry["s"])
    mine_all = await call("GET", "/v1/chat", token=zhao.token)
    assert (mine_all["items"], mine_all["unread"]) == ([seen], 0)
    personal = await call("GET", "/v1/personal", token=zhao.token)
    assert {"contact_request", "contact"} <= {one["k"] for one in personal["items"]}
    return str(begun["c"])


async def a_group(life: "Life", lin: Someone, zhao: Someone, mei: Someone, where: str) -> str:
    """It is begun and named, and hears what was said elsewhere."""
    call = life.call
    body = {"title": "Tea", "members": [zhao.id, mei.id]}
    made = await call("POST", "/v1/conversations", body, token=lin.token)
    path = f"/v1/conversations/{made['c']}"
    changed = await call(
        "PATCH", path, {"title": "Tea at 5", "notice": "Bring cups"}, token=lin.token
    )
    assert (changed["title"], changed["notice"], changed["size"]) == ("Tea at 5", "Bring cups", 3)
    here = await call("GET", f"/v1/conversations/{where}/messages?limit=1", token=lin.token)
    numbers = [one["s"] for one in here["items"]]
    bundle = {"from": where, "numbers": numbers, "together": True}
    sent = await call("POST", f"{path}/forwards", bundle, token=lin.token)
    assert [one["k"] for one in sent["items"]] == ["forward"]
    assert [one["b"] for one in sent["items"][0]["b"]["items"]] == [{"text": "hi"}]
    return str(made["c"])


async def comings_and_goings(
    life: "Life", group: str, lin: Someone, zhao: Someone, wu: Someone
) -> None:
    """Somebody is invited and taken out again; another one becomes admin, then owner."""
    call, path = life.call, f"/v1/conversations/{group}"
    assert (await call("POST", f"{path}/members", {"members": [wu.id]}, token=lin.token))[
        "size"
    ] == 4
    change = {"role": "admin", "silenced_s": 0}
    await call("PATCH", f"{path}/members/{zhao.id}", change, token=lin.token)
    found = await call("GET", f"{path}/members", token=wu.token)
    roles = {one["id"]: one["role"] for one in found["items"]}
    assert (roles[lin.id], roles[zhao.id], roles[wu.id]) == ("owner", "admin", "member")
    await call("DELETE", f"{path}/members/{wu.id}", token=zhao.token)
    now = await call("PUT", f"{path}/owner", {"person": zhao.id}, token=lin.token)
    assert (now["role"], now["size"]) == ("member", 3)


async def by_a_link(life: "Life", group: str, zhao: Someone, passer_by: Someone) -> None:
    """Somebody finds a link, asks to come in and is let in; the link ends, and then the group."""
    call, path = life.call, f"/v1/conversations/{group}"
    link = await call("POST", f"{path}/invitations", {"days": 1, "uses": 2}, token=zhao.token)
    await call("PATCH", path, {"approval": True}, token=zhao.token)
    led = await call("GET", f"/v1/invitations/{link['code']}", token=passer_by.token)
    assert led == {"title": "Tea at 5", "size": 3, "approval": True}
    waits = await call("POST", f"/v1/invitations/{link['code']}/joins", token=passer_by.token)
    assert waits == {"pending": True, "conversation": None}
    waiting = await call("GET", f"{path}/requests", token=zhao.token)
    assert [one["id"] for one in waiting["items"]] == [passer_by.id]
    decision = f"{path}/requests/{passer_by.id}"
    await call("PUT", decision, {"approve": True}, token=zhao.token)
    assert (await call("GET", path, token=passer_by.token))["size"] == 4
    await call("DELETE", f"{path}/invitations/{link['code']}", token=zhao.token)
    await call("DELETE", path, token=zhao.token)
    assert (await call("GET", path, token=passer_by.token))["left"] > 0


async def looking_for(life: "Life", zhao: Someone, where: str) -> None:
    """What was said is found by a word of it, a moment later."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            path = f"/v1/search?q=hi&conversation={where}"
            if items := (await life.call("GET", path, token=zhao.token))["items"]:
                assert [one["conversation"] for one in items] == [where]
                return
            await asyncio.sleep(0.3)


async def clearing(life: "Life", lin: Someone, where: str) -> None:
    """One's own side of a conversation is empty."""
    path = f"/v1/conversations/{where}"
    await life.call("DELETE", f"{path}/mine/history", token=lin.token)
    page = await life.call("GET", f"{path}/messages", token=lin.token)
    assert (page["items"], page["min"]) == ([], page["head"])
