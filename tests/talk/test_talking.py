"""Two people and more over real sockets: what each device holds, whatever the line does."""

import asyncio
from typing import Any

import pytest

from tests.talk.device import Device
from tests.talk.house import House


async def test_two_talk_and_the_echo_is_the_acknowledgement(either: House) -> None:
    lin, chen = await either.friends("lin", "chen")
    where = await either.direct(lin, chen)
    phone, other = await either.on(lin), await either.on(chen)
    echo = await phone.sent(where, text="你好")
    await other.until(lambda: other.said(where) == ["你好"])
    assert other.unread(where) == 1 and phone.unread(where) == 0
    assert other.logs[where][echo["s"]]["f"] == lin.id
    await other.read(where, echo["s"])
    assert other.unread(where) == 0
    await either.agrees(phone)
    await either.agrees(other)


async def test_all_devices_of_a_person_agree(house: House) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    phone, tablet, other = await house.on(lin, "p"), await house.on(lin, "t"), await house.on(chen)
    for number in range(5):
        await other.sent(where, text=str(number))
    await phone.until(lambda: phone.unread(where) == 5)
    await phone.read(where, phone.rows[where]["s"])
    await tablet.until(lambda: tablet.unread(where) == 0)
    await tablet.sent(where, text="back")
    await phone.until(lambda: phone.said(where)[-1] == "back")
    await house.agrees(phone)
    await house.agrees(tablet)


async def test_a_retry_is_the_same_message_and_other_words_are_refused(house: House) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    phone, other = await house.on(lin), await house.on(chen)
    await phone.sent(where, text="once", id="a")
    phone.echoed.clear()
    await phone.post(where, text="once", id="a")
    await phone.until(lambda: "a" in phone.echoed)
    assert await phone.no(where, text="twice", id="a") == "client_id_reused"
    await other.until(lambda: other.said(where) == ["once"])


async def test_what_was_said_while_the_line_was_cut_is_there_afterwards(house: House) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    phone, other = await house.on(lin), await house.on(chen)
    await phone.sent(where, text="before")
    await phone.cut()
    for number in range(300):
        await other.post(where, text=str(number))
    await phone.post(where, text="kept for later")
    await other.until(lambda: not other.outbox)
    await phone.connect()
    await phone.caught_up()
    await phone.until(lambda: not phone.outbox)
    await other.until(lambda: "kept for later" in other.said(where))
    await house.agrees(phone)
    await house.agrees(other)


async def test_cut_in_the_middle_of_a_burst_nothing_is_lost_or_doubled(either: House) -> None:
    lin, chen = await either.friends("lin", "chen")
    where = await either.direct(lin, chen)
    phone, other = await either.on(lin), await either.on(chen)
    for round_ in range(5):
        for number in range(40):
            await phone.post(where, text=f"{round_}.{number}")
        await phone.cut()
        await phone.connect()
    await phone.until(lambda: not phone.outbox)
    await other.until(lambda: len(other.said(where)) == 200)
    assert sorted(other.said(where)) == sorted(f"{r}.{n}" for r in range(5) for n in range(40))
    await phone.caught_up()
    await either.agrees(phone)


async def test_two_devices_that_send_at_once_get_one_order(house: House) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    devices = [await house.on(lin, "p"), await house.on(lin, "t"), await house.on(chen)]
    await asyncio.gather(*(one.post(where, text=f"{n}") for n in range(30) for one in devices))
    for one in devices:
        await one.until(lambda one=one: len(one.said(where)) == 90)  # type: ignore[misc]
    assert devices[0].said(where) == devices[1].said(where) == devices[2].said(where)


async def test_a_group_tells_its_members_and_nobody_else(house: House) -> None:
    lin, chen, mei, wang = await house.friends("lin", "chen", "mei", "wang")
    devices = {who.handle: await house.on(who) for who in (lin, chen, mei, wang)}
    where = await house.group(lin, chen)
    await devices["lin"].until(lambda: where in devices["lin"].rows)
    await devices["lin"].sent(where, text="before mei")
    path = f"/v1/conversations/{where}/members"
    await house.done("POST", path, {"members": [mei.id]}, token=lin.token)
    await devices["mei"].until(lambda: where in devices["mei"].rows)
    await devices["lin"].sent(where, text="hello mei")
    await devices["mei"].until(lambda: devices["mei"].said(where) == ["hello mei"])
    await house.done("DELETE", f"{path}/{mei.id}", token=lin.token)
    await devices["mei"].until(lambda: devices["mei"].rows[where]["left"] > 0)
    await devices["lin"].sent(where, text="without mei")
    await devices["chen"].until(lambda: "without mei" in devices["chen"].said(where))
    assert await devices["mei"].no(where, text="hello?") == "has_left"
    await devices["mei"].caught_up()
    assert devices["mei"].said(where) == ["hello mei"]
    assert where not in devices["wang"].rows
    assert not any(where in str(frame) for frame in devices["wang"].heard)
    for who in (lin, chen, mei):
        await house.agrees(devices[who.handle])


async def test_a_message_recalled_before_it_was_seen_is_never_seen(house: House) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    phone, other = await house.on(lin), house.device(chen)
    said = await phone.sent(where, text="secret words")
    await phone.sent(where, "recall", r=said["s"])
    await other.connect()
    await other.caught_up()
    assert "secret words" not in str(other.heard)
    await house.agrees(other)
    await house.agrees(phone)


async def test_signing_out_closes_the_sockets_of_that_session(house: House) -> None:
    [lin] = await house.friends("lin")
    phone = await house.on(lin)
    await house.done("DELETE", "/v1/sessions/current", token=lin.token)
    await phone.until(lambda: phone.heard[-1]["t"] == "closed")
    assert phone.heard[-2] == {"t": "bye", "why": "auth", "lo": 0, "hi": 0}


@pytest.mark.parametrize("token", ["", "v1.x.y", "v1." + "A" * 600])
async def test_a_token_that_is_none_opens_nothing(house: House, token: str) -> None:
    [lin] = await house.friends("lin")
    device = Device(house.url, "", lin.id)
    house.devices.append(device)
    await device.connect(socket_token=token or "none", wait=False)
    await device.until(lambda: bool(device.heard) and device.heard[-1]["t"] == "closed")
    assert [one["t"] for one in device.heard] == ["bye", "closed"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"t": "msg", "c": "cv_none", "id": "x", "k": "text", "b": {"text": "a"}}, None),
        ({"t": "msg", "c": 5, "id": "x"}, "bad_request"),
        ({"t": "nothing", "id": "x"}, "bad_request"),
        ({"t": "msg", "id": "x", "c": "cv_1", "k": "text", "b": {"text": "\x00"}}, "bad_request"),
        ({"t": "get", "q": 7, "c": "cv_none"}, "conversation_not_found"),
        ({"t": "get", "q": 7, "c": "cv_none", "a": 2**70}, "bad_request"),
        ({"t": "get", "q": 7, "c": "cv_none", "z": -1}, "bad_request"),
        ({"t": "read", "c": "cv_none", "s": 2**64}, "bad_request"),
        ({"t": "hi", "tok": "", "up": 2**63}, "bad_request"),
        ({"t": "msg", "c": "cv_none", "id": "x", "k": "text", "b": {"text": "x" * 5000}}, None),
    ],
)
async def test_odd_frames_are_refused_and_the_line_stays(
    house: House, frame: dict[str, Any], code: str | None
) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    phone = await house.on(lin)
    await phone.say(frame)
    await phone.until(lambda: bool(phone.refused))
    assert code is None or phone.refused[0]["e"] == code
    await phone.sent(where, text="still here")


async def test_a_backslash_before_u0000_is_a_text_like_others(house: House) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    phone = await house.on(lin)
    assert (await phone.sent(where, text="a\\u0000"))["b"] == {"text": "a\\u0000"}


async def test_an_odd_cursor_is_none(house: House) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    phone = await house.on(lin)
    await phone.cut()
    phone.cursor = "²"
    await phone.connect()
    assert where in phone.rows and not [one for one in phone.heard if one["t"] == "bye"]


async def test_anothers_conversation_is_not_there(house: House) -> None:
    lin, chen, mei = await house.friends("lin", "chen", "mei")
    where = await house.direct(lin, chen)
    base = f"/v1/conversations/{where}"
    asks: list[tuple[str, str, Any]] = [
        ("GET", base, None),
        ("GET", f"{base}/messages", None),
        ("GET", f"{base}/members", None),
        ("POST", f"{base}/messages", {"k": "text", "b": {"text": "hi"}}),
        ("PUT", f"{base}/read", {"s": 1}),
        ("PATCH", f"{base}/mine", {"pin": True}),
        ("DELETE", f"{base}/mine/history", None),
        ("PATCH", base, {"title": "x"}),
        ("DELETE", base, None),
        ("POST", f"{base}/members", {"members": [mei.id]}),
        ("DELETE", f"{base}/members/{lin.id}", None),
        ("POST", f"{base}/invitations", {}),
        ("GET", f"{base}/requests", None),
    ]
    for method, path, body in asks:
        answer = await house.call(method, path, body, token=mei.token)
        assert (answer.status_code, answer.json()["code"]) == (404, "conversation_not_found"), path


# While somebody writes ------------------------------------------------------------------------


async def answered(device: Device, ids: list[str]) -> dict[str, str]:
    """What became of messages: the code of the refusal, or nothing for those that were echoed."""

    def known() -> dict[str, str]:
        refused = {one["id"]: one["e"] for one in device.refused if one.get("id") in ids}
        return refused | {one: "" for one in ids if one in device.echoed}

    await device.until(lambda: len(known()) == len(ids))
    return known()


async def test_who_is_removed_while_writing_has_said_what_was_echoed_and_nothing_else(
    house: House,
) -> None:
    lin, chen, mei = await house.friends("lin", "chen", "mei")
    where = await house.group(lin, chen, mei)
    writer, reader = await house.on(mei), await house.on(chen)
    ids = [await writer.post(where, text=f"{number}") for number in range(40)]
    path = f"/v1/conversations/{where}/members/{mei.id}"
    removal = asyncio.create_task(house.done("DELETE", path, token=lin.token))
    ids += [await writer.post(where, text=f"{number}") for number in range(40, 80)]
    await removal
    ids.append(await writer.post(where, text="80"))
    known = await answered(writer, ids)
    assert set(known.values()) <= {"", "has_left"} and known[ids[-1]] == "has_left"
    said = [str(number) for number, one in enumerate(ids) if not known[one]]
    await reader.until(lambda: reader.said(where) == said)
    await house.agrees(reader)
    await house.agrees(writer)


async def test_who_is_blocked_while_writing_has_said_what_was_echoed_and_nothing_else(
    house: House,
) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    writer, reader = await house.on(lin), await house.on(chen)
    ids = [await writer.post(where, text=f"{number}") for number in range(40)]
    block = asyncio.create_task(house.done("PUT", f"/v1/blocks/{lin.id}", token=chen.token))
    ids += [await writer.post(where, text=f"{number}") for number in range(40, 80)]
    await block
    ids.append(await writer.post(where, text="80"))
    known = await answered(writer, ids)
    assert len(set(known.values()) - {""}) == 1 and known[ids[-1]]
    said = [str(number) for number, one in enumerate(ids) if not known[one]]
    await reader.until(lambda: reader.said(where) == said)
    await house.agrees(reader)
    await house.agrees(writer)


async def test_a_clock_that_jumps_moves_no_message(house: House) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    phone, other = await house.on(lin), await house.on(chen)
    for number, jump_s in enumerate((0, 3600, -7200, 60, -30)):
        house.clock.forward(jump_s)
        await (phone, other)[number % 2].sent(where, text=f"{number}")
    for device in (phone, other):
        await device.until(lambda d=device: len(d.said(where)) == 5)  # type: ignore[misc]
        assert device.said(where) == ["0", "1", "2", "3", "4"]
        await house.agrees(device)
    late = await house.on(chen, "late")
    await late.caught_up()
    assert late.said(where) == ["0", "1", "2", "3", "4"]
