"""Where the edition tells such things: how far others have read, that they write, that they are here."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.talk.device import Device
from tests.talk.house import House


@pytest.fixture
async def abroad(tmp_path: Path) -> AsyncIterator[House]:
    found = House(tmp_path, edition="overseas")
    await found.start()
    yield found
    await found.stop()


def heard(device: Device, kind: str, **said: Any) -> list[dict[str, Any]]:
    """The frames of this kind that say so."""
    return [one for one in device.heard if one["t"] == kind and said.items() <= one.items()]


async def looks(device: Device, where: str) -> dict[str, Any]:
    """What the device is told when it looks at a conversation."""
    before = len(heard(device, "who"))
    await device.say({"t": "foc", "c": where})
    await device.until(lambda: len(heard(device, "who")) > before)
    return heard(device, "who")[-1]


async def test_whoever_looks_is_told_who_is_here_and_how_far_they_have_read(abroad: House) -> None:
    lin, chen = await abroad.friends("lin", "chen")
    where = await abroad.direct(lin, chen)
    phone = await abroad.on(lin)
    assert await looks(phone, where) == {"t": "who", "c": where, "on": [], "rd": {chen.id: 0}}
    entry = await phone.sent(where)

    other = await abroad.on(chen)
    await phone.until(lambda: bool(heard(phone, "on", u=chen.id, on=True)))
    await other.read(where, entry["s"])
    await phone.until(lambda: bool(heard(phone, "rd", u=chen.id, s=entry["s"])))
    second = await abroad.on(lin, "second")
    assert await looks(second, where) == {
        "t": "who", "c": where, "on": [chen.id], "rd": {chen.id: entry["s"]}
    }  # fmt: skip
    await other.close()
    await phone.until(lambda: bool(heard(phone, "on", u=chen.id, on=False)))
    assert (await looks(await abroad.on(lin, "third"), where))["on"] == []


async def test_one_is_here_as_long_as_one_device_is(abroad: House) -> None:
    lin, chen = await abroad.friends("lin", "chen")
    where = await abroad.direct(lin, chen)
    phone, one, two = await abroad.on(lin), await abroad.on(chen, "1"), await abroad.on(chen, "2")
    await looks(phone, where)
    await one.close()
    await phone.say({"t": "foc", "c": ""})
    assert (await looks(phone, where))["on"] == [chen.id]
    assert heard(phone, "on") == []
    await two.close()
    await phone.until(lambda: bool(heard(phone, "on", u=chen.id, on=False)))


async def test_who_looks_away_or_is_blocked_or_no_contact_is_not_told(abroad: House) -> None:
    lin, chen, mei = await abroad.friends("lin", "chen", "mei")
    where, other = await abroad.direct(lin, chen), await abroad.direct(lin, mei)
    phone = await abroad.on(lin)
    await looks(phone, where)
    await looks(phone, other)
    there = await abroad.on(chen)
    here = await abroad.on(mei)
    await phone.until(lambda: bool(heard(phone, "on", u=mei.id)))
    assert heard(phone, "on", u=chen.id) == []

    await abroad.done("PUT", f"/v1/blocks/{lin.id}", {}, token=chen.token)
    assert (await looks(phone, where))["on"] == []
    await abroad.done("DELETE", f"/v1/contacts/{lin.id}", token=mei.token)
    assert (await looks(phone, other))["on"] == []
    assert there.heard and here.heard


async def test_in_a_group_nobody_is_told_who_is_here(abroad: House) -> None:
    lin, chen, mei = await abroad.friends("lin", "chen", "mei")
    where = await abroad.group(lin, chen, mei)
    phone, _ = await abroad.on(lin), await abroad.on(chen)
    told = await looks(phone, where)
    assert (told["on"], set(told["rd"])) == ([], {chen.id, mei.id})


async def test_at_home_none_of_it_is_told(house: House) -> None:
    lin, chen = await house.friends("lin", "chen")
    where = await house.direct(lin, chen)
    phone, other = await house.on(lin), await house.on(chen)
    entry = await phone.sent(where)
    for device in (phone, other):
        await device.say({"t": "foc", "c": where})
    await other.say({"t": "typ", "c": where})
    await other.read(where, entry["s"])
    await other.sent(where, text="after it all")
    await phone.until(lambda: phone.said(where)[-1] == "after it all")
    kinds = {one["t"] for one in phone.heard}
    assert kinds.isdisjoint({"who", "on", "typ"}) and heard(phone, "rd", u=chen.id) == []
