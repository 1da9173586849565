"""Bots, hooks and gates over HTTP: who is asked before a message, and who is not."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import aiohttp.web
import msgspec
import pytest
from standardwebhooks import Webhook

from changliao.bots.api import incoming
from changliao.wire.outbound import Outbound
from tests.patience import PATIENCE_S
from tests.wire.platform import Receiver, Shop, Someone, Town


class Room:
    """A group of two, an app's bot in it, and the app's own server."""

    def __init__(self, town: Town, shop: Shop, lin: Someone, chen: Someone) -> None:
        self.town, self.shop, self.lin, self.chen = town, shop, lin, chen
        self.group, self.bot, self.secret = "", "", ""
        self.server = Receiver()

    @property
    def path(self) -> str:
        return f"/v1/conversations/{self.group}"

    async def open(self) -> "Room":
        town = self.town
        await town.befriend(self.lin, self.chen)
        self.group = await town.group(self.lin, self.chen)
        body = {"handle": f"b{secrets.token_hex(5)}", "name": "Guard"}
        self.bot = (await town.done("POST", "/v1/bots", body, token=self.shop.key))["id"]
        await self.server.start()
        return self

    async def gate(self, **said: Any) -> None:
        """The bot's gate, asked in this group."""
        body = {"url": self.server.url, "timeout_ms": 2000} | said
        made = await self.town.done("PUT", f"/v1/bots/{self.bot}/gate", body, token=self.shop.key)
        self.secret = made["secret"]
        seat = {"gated": True}
        await self.town.done("PUT", f"{self.path}/bots/{self.bot}", seat, token=self.lin.token)

    async def posts(self, text: str = "hi", key: str | None = None) -> Any:
        body = {"k": "text", "b": {"text": text}}
        return await self.town.call(
            "POST", f"{self.path}/messages", body, token=self.chen.token, key=key
        )

    def answers(self, *said: Any) -> None:
        """What the gate answers to the next questions."""
        self.server.answers += [aiohttp.web.json_response(one) for one in said]

    @property
    def asked(self) -> list[Any]:
        return [msgspec.json.decode(body) for _, body in self.server.heard]

    async def told(self, kind: str) -> Any:
        """The first webhook of this kind; deliveries work in the background."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if found := [one for one in self.asked if one["type"] == kind]:
                    return found[0]
                await asyncio.sleep(0.02)

    async def texts(self) -> list[str]:
        log = await self.town.done("GET", f"{self.path}/messages?limit=100", token=self.lin.token)
        return [one["b"]["text"] for one in log["items"] if one["k"] == "text"]


@pytest.fixture
async def room(town: Town) -> AsyncIterator[Room]:
    room = Room(town, await town.shop(), await town.person(), await town.person())
    yield await room.open()
    await room.server.stop()


# Gates --------------------------------------------------------------------------------------


async def test_a_gate_is_asked_first_and_its_sentence_is_the_refusal(room: Room) -> None:
    await room.gate()
    room.answers({"allow": False, "say": "No adverts\nhere, please."}, {"allow": True})

    no, yes = await room.posts("buy cheap tea"), await room.posts("good morning")

    assert (no.status_code, no.json()["code"]) == (403, "gate_refuses")
    assert no.json()["detail"] == "No adverts here, please."
    assert yes.status_code == 201
    assert await room.texts() == ["good morning"]
    asked = room.asked[0]
    assert asked["conversation"] == room.group
    assert asked["sender"].startswith("opn_")
    assert [(one["kind"], one["body"]) for one in asked["messages"]] == [
        ("text", {"text": "buy cheap tea"})
    ]
    headers, body = room.server.heard[0]
    assert Webhook(room.secret).verify(body, headers)


async def test_a_gate_is_not_asked_about_what_is_written_or_cannot_be(room: Room) -> None:
    await room.gate()
    first = await room.posts("once", key="k1")
    again = await room.posts("once", key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(room.asked) == 1
    stranger = await room.town.person()
    body = {"k": "text", "b": {"text": "let me in"}}
    answer = await room.town.call("POST", f"{room.path}/messages", body, token=stranger.token)
    assert answer.status_code == 404
    body = {"k": "react", "b": {"emoji": "👍"}, "r": first.json()["s"]}
    await room.town.done("POST", f"{room.path}/messages", body, token=room.chen.token)
    assert len(room.asked) == 1


@pytest.mark.parametrize(("otherwise", "status"), [("allow", 201), ("refuse", 503)])
@pytest.mark.parametrize("trouble", ["broken", "nonsense", "slow"])
async def test_a_gate_that_does_not_answer_in_time_counts_as_was_chosen(
    room: Room, otherwise: str, status: int, trouble: str
) -> None:
    hanging = await asyncio.start_server(_hang, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{hanging.sockets[0].getsockname()[1]}/"
    slow = {"url": url, "timeout_ms": 50} if trouble == "slow" else {}
    await room.gate(otherwise=otherwise, **slow)
    said: dict[str, Any] = {"status": 500} if trouble == "broken" else {"text": "[1]"}
    room.server.answers.append(aiohttp.web.Response(**said))

    answer = await room.posts()

    assert answer.status_code == status, answer.text
    if status == 503:
        assert answer.json()["code"] == "gate_silent"
        assert answer.headers["retry-after"] == "5"
    assert await room.texts() == (["hi"] if status == 201 else [])
    hanging.close()


async def _hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_messages_that_wait_for_a_gate_are_written_in_the_order_they_were_sent(
    room: Room,
) -> None:
    await room.gate()
    answers = await asyncio.gather(*(room.posts(f"m{n}") for n in range(8)))
    assert {one.status_code for one in answers} == {201}
    assert await room.texts() == [f"m{n}" for n in range(8)]


async def test_what_is_sent_on_passes_the_gate_like_what_is_written(room: Room) -> None:
    other = await room.town.group(room.chen, room.lin)
    body: Any = {"k": "text", "b": {"text": "cheap tea"}}
    path = f"/v1/conversations/{other}/messages"
    entry = await room.town.done("POST", path, body, token=room.chen.token)
    await room.gate()
    room.answers({"allow": False, "say": "No."})
    for together in (False, True):
        room.answers({"allow": False, "say": "No."})
        body = {"from": other, "numbers": [entry["s"]], "together": together}
        answer = await room.town.call("POST", f"{room.path}/forwards", body, token=room.chen.token)
        assert (answer.status_code, answer.json()["detail"]) == (403, "No.")
    assert [one["body"] for one in room.asked[0]["messages"]] == [{"text": "cheap tea"}]
    assert await room.texts() == []


async def test_bots_and_hooks_pass_the_gates_of_others(room: Room) -> None:
    await room.gate()
    body = {"handle": f"b{secrets.token_hex(5)}", "name": "Other"}
    bot = (await room.town.done("POST", "/v1/bots", body, token=room.shop.key))["id"]
    await room.town.done("PUT", f"{room.path}/bots/{bot}", {}, token=room.lin.token)
    hook = await room.town.done("POST", f"{room.path}/hooks", {"name": "CI"}, token=room.lin.token)
    room.answers({"allow": False}, {"allow": False})
    path = f"/v1/bots/{bot}/conversations/{room.group}/messages"
    said = await room.town.call("POST", path, {"text": "x"}, token=room.shop.key)
    address = hook["url"].partition("localhost")[2]
    posted = await room.town.call("POST", address, {"text": "x"})
    own = f"/v1/bots/{room.bot}/conversations/{room.group}/messages"
    free = await room.town.call("POST", own, {"text": "x"}, token=room.shop.key)
    assert [one.status_code for one in (said, posted, free)] == [403, 403, 201]


async def test_the_operators_gate_looks_at_groups_and_at_two_only_when_told_so(
    room: Room,
) -> None:
    town, runs = room.town, await room.town.operator()
    await town.settled()
    direct = await town.direct(room.lin, room.chen)
    body = {"k": "text", "b": {"text": "psst"}}
    for covers, expected in (("groups", 1), ("all", 3)):
        said = {"url": room.server.url, "timeout_ms": 2000, "covers": covers}
        gate = await town.done("POST", "/v1/operator/gates", said, token=runs.token)
        for where in (direct, room.group):
            path = f"/v1/conversations/{where}/messages"
            await town.done("POST", path, body, token=room.lin.token)
        await town.done("DELETE", f"/v1/operator/gates/{gate['id']}", token=runs.token)
        assert len(room.asked) == expected
    assert room.asked[0]["sender"] == room.lin.id  # The operator knows who it is.


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/x", "ftp://x.example/", "https://u@x.example"]
)
async def test_a_gate_cannot_stand_at_such_an_address(room: Room, url: str) -> None:
    keeper = room.town.platform.gates
    open_, keeper._outbound = keeper._outbound, Outbound(allow_private=False)
    try:
        answer = await room.town.call(
            "PUT", f"/v1/bots/{room.bot}/gate", {"url": url}, token=room.shop.key
        )
    finally:
        keeper._outbound = open_
    assert (answer.status_code, answer.json()["code"]) == (400, "callback_address_invalid")


# Bots and hooks -----------------------------------------------------------------------------


async def test_a_webhook_tells_the_app_that_its_bot_was_called(room: Room) -> None:
    town = room.town
    hook = {"url": room.server.url, "kinds": ["bot.*"]}
    endpoint = await town.done("POST", "/v1/webhook_endpoints", hook, token=room.shop.key)
    await town.done("PUT", f"{room.path}/bots/{room.bot}", {}, token=room.lin.token)
    body = {"k": "text", "b": {"text": "hello"}, "at": [room.bot]}
    entry = await town.done("POST", f"{room.path}/messages", body, token=room.chen.token)
    told = await room.told("bot.called")
    assert told["data"] == {
        "bot_id": room.bot,
        "conversation_id": room.group,
        "number": entry["s"],
    }
    await town.done("DELETE", f"/v1/webhook_endpoints/{endpoint['id']}", token=room.shop.key)


async def test_a_bots_log_is_its_own_apps_alone(room: Room) -> None:
    town, other = room.town, await room.town.shop()
    path = f"/v1/bots/{room.bot}/conversations/{room.group}/messages"
    for token in (other.key, ""):
        answer = await town.call("GET", path, token=token)
        assert answer.status_code in (401, 404)
    assert (await town.done("GET", path, token=room.shop.key))["items"] == []


async def test_a_hook_that_posts_too_much_has_to_wait(room: Room) -> None:
    hook = await room.town.done("POST", f"{room.path}/hooks", {"name": "CI"}, token=room.lin.token)
    address = hook["url"].partition("localhost")[2]
    answers = [
        await room.town.call("POST", address, {"text": f"n{n}"})
        for n in range(incoming.HOOK_BURST + 10)
    ]
    codes = [one.status_code for one in answers]
    assert codes[: incoming.HOOK_BURST] == [201] * incoming.HOOK_BURST and 429 in codes
    assert len(await room.texts()) == codes.count(201)


async def test_a_hooks_secret_is_shown_once_and_ends_with_it(room: Room) -> None:
    town = room.town
    made = await town.done("POST", f"{room.path}/hooks", {"name": "CI"}, token=room.lin.token)
    assert made["url"].startswith("http://changliao.localhost/v1/hooks/hks_")
    [listed] = (await town.done("GET", f"{room.path}/hooks", token=room.lin.token))["items"]
    assert listed["url"] is None
    answer = await town.call("GET", f"{room.path}/hooks", token=room.chen.token)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed_here")
    await town.done("DELETE", f"{room.path}/hooks/{made['id']}", token=room.lin.token)
    address = made["url"].partition("localhost")[2]
    answer = await town.call("POST", address, {"text": "x"})
    assert (answer.status_code, answer.json()["code"]) == (404, "group_hook_not_found")


async def test_script_in_a_bots_name_is_text_and_two_lines_are_none(room: Room) -> None:
    path = f"/v1/bots/{room.bot}"
    body = {"name": "<script>alert(1)</script>"}
    made = await room.town.done("PATCH", path, body, token=room.shop.key)
    assert made["name"] == "<script>alert(1)</script>"
    for name in ("", "a\nb", "x" * 41, "\u202eevil"):
        answer = await room.town.call("PATCH", path, {"name": name}, token=room.shop.key)
        assert (answer.status_code, answer.json()["code"]) == (400, "bot_text_invalid")
