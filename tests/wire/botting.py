"""A bot's life over HTTP: made, let in, called, answering; a hook that posts; gates."""

from typing import TYPE_CHECKING

from tests.wire.platform import Shop, Someone

if TYPE_CHECKING:
    from tests.wire.test_happy_paths import Life


async def bots(life: "Life", lin: Someone, shop: Shop) -> None:
    """An app makes one, a group lets it in, somebody types its command, and it answers."""
    call, key = life.call, shop.key
    made = await call("POST", "/v1/bots", {"handle": "teabot", "name": "Tea"}, token=key)
    path = f"/v1/bots/{made['id']}"
    changed = await call("PATCH", path, {"about": "Brews", "listed": True}, token=key)
    assert (changed["about"], changed["listed"]) == ("Brews", True)
    wanted = {"items": [{"name": "brew", "zh": "泡茶", "en": "Make tea"}]}
    await call("PUT", f"{path}/commands", wanted, token=key)
    assert (await call("GET", "/v1/bots", token=key))["items"] == [
        await call("GET", path, token=key)
    ]
    where = await _let_in(life, lin, made["id"])
    said = {"k": "text", "b": {"text": "/brew green"}}
    asked = await call("POST", f"{where}/messages", said, token=lin.token)
    await life.town.settled()
    told = (await call("GET", "/v1/events?kind=bot.called", token=key))["items"]
    assert [(one["data"]["number"], one["data"]["command"]) for one in told] == [
        (asked["s"], "brew")
    ]
    log = f"{path}/conversations/{where.rpartition('/')[2]}/messages"
    heard = (await call("GET", log, token=key))["items"]
    assert [(one["b"], one["f"][:4]) for one in heard] == [({"text": "/brew green"}, "opn_")]
    body = {"text": "here you are", "r": asked["s"], "at": [heard[0]["f"]]}
    answer = await call("POST", log, body, token=key)
    assert (answer["f"], answer["r"], answer["at"]) == (made["id"], asked["s"], [heard[0]["f"]])
    await call("DELETE", f"{log}/{answer['s']}", token=key)
    sits = await call("GET", f"{path}/conversations", token=key)
    assert [one["hears"] for one in sits["items"]] == ["called"]
    await _gates(life, shop, path)
    await call("DELETE", f"{where}/bots/{made['id']}", token=lin.token)
    await call("DELETE", path, token=key)
    await _hook(life, lin, where)


async def _let_in(life: "Life", lin: Someone, bot: str) -> str:
    call, town = life.call, life.town
    friend = await town.person(pin=False)
    await town.befriend(lin, friend)
    where = f"/v1/conversations/{await town.group(lin, friend)}"
    found = await call("GET", "/v1/listed-bots?q=tea", token=friend.token)
    assert [(one["id"], one["partner"]) for one in found["items"]] == [(bot, "Corner")]
    seats = await call("PUT", f"{where}/bots/{bot}", {}, token=lin.token)
    assert [one["hears"] for one in seats["items"]] == ["called"]
    assert await call("GET", f"{where}/bots", token=friend.token) == seats
    typed = await call("GET", f"{where}/commands", token=friend.token)
    assert [(one["name"], one["handle"]) for one in typed["items"]] == [("brew", "teabot")]
    return where


async def _gates(life: "Life", shop: Shop, bot: str) -> None:
    """A bot's, and the operator's; and a bot that the operator lets watch."""
    call, runs, key = life.call, await life.town.operator(), shop.key
    gate = await call("PUT", f"{bot}/gate", {"url": "http://127.0.0.1:9/gate"}, token=key)
    assert (gate["timeout_ms"], gate["otherwise"], gate["secret"][:6]) == (300, "allow", "whsec_")
    await call("DELETE", f"{bot}/gate", token=key)
    body = {"url": "http://127.0.0.1:9/gate", "covers": "all"}
    mine = await call("POST", "/v1/operator/gates", body, token=runs.token)
    listed = (await call("GET", "/v1/operator/gates", token=runs.token))["items"]
    assert listed == [mine | {"secret": None}]
    await call("DELETE", f"/v1/operator/gates/{mine['id']}", token=runs.token)
    watch = f"/v1/operator/bots/{bot.rpartition('/')[2]}/watch"
    await call("PUT", watch, token=runs.token)
    [watcher] = (await call("GET", "/v1/operator/bots", token=runs.token))["items"]
    assert (watcher["id"], watcher["watches"]) == (bot.rpartition("/")[2], True)
    await call("DELETE", watch, token=runs.token)
    assert (await call("GET", "/v1/operator/bots", token=runs.token))["items"] == []


async def _hook(life: "Life", lin: Someone, where: str) -> None:
    call = life.call
    made = await call("POST", f"{where}/hooks", {"name": "Build"}, token=lin.token)
    address = made["url"].partition("localhost")[2]
    posted = await call("POST", address, {"text": "all green"})
    seen = await call("GET", where, token=lin.token)
    assert (seen["last"]["s"], seen["name"]) == (posted["s"], "Build")
    listed = (await call("GET", f"{where}/hooks", token=lin.token))["items"]
    assert listed == [made | {"url": None}]
    await call("DELETE", f"{where}/hooks/{made['id']}", token=lin.token)
