"""Official accounts over real sockets: who follows hears, at once or afterwards; a crowd holds nobody up."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.talk.house import House


@pytest.fixture
async def abroad(tmp_path: Path) -> AsyncIterator[House]:
    """Where people are told that others type, read and are here."""
    found = House(tmp_path, edition="overseas")
    await found.start()
    yield found
    await found.stop()


async def made(house: House) -> tuple[str, str, str]:
    """An account: its address, its feed, and the key of its app."""
    shop = await house.shop()
    body = {"handle": "corner", "name": "Corner"}
    found = await house.done("POST", "/v1/accounts", body, token=shop.key)
    return f"/v1/accounts/{found['id']}", found["feed"], shop.key


async def posted(house: House, path: str, key: str, text: str) -> None:
    """The account says something to all."""
    body = {"k": "text", "b": {"text": text}}
    await house.done("POST", f"{path}/posts", body, token=key)


async def test_a_follower_hears_at_once_on_every_device_and_after_the_line_was_cut(
    either: House,
) -> None:
    path, feed, key = await made(either)
    lin, chen = await either.friends("lin", "chen")
    phone, tablet = await either.on(lin, "p"), await either.on(lin, "t")
    other = await either.on(chen)
    await either.done("PUT", f"{path}/follow", token=lin.token)
    await phone.until(lambda: feed in phone.rows)
    await posted(either, path, key, "one")
    for device in (phone, tablet):
        await device.until(lambda d=device: d.said(feed) == ["one"])  # type: ignore[misc]
    await tablet.cut()
    await posted(either, path, key, "two")
    await tablet.connect()
    await tablet.until(lambda: tablet.said(feed) == ["one", "two"])
    assert phone.unread(feed) == 2 and feed not in other.rows
    for device in (phone, tablet, other):
        await either.agrees(device)


async def test_who_unfollows_hears_no_more(house: House) -> None:
    path, feed, key = await made(house)
    (lin,) = await house.friends("lin")
    phone = await house.on(lin)
    await house.done("PUT", f"{path}/follow", token=lin.token)
    await phone.until(lambda: feed in phone.rows)
    await house.done("DELETE", f"{path}/follow", token=lin.token)
    await phone.until(lambda: feed not in phone.rows)
    await posted(house, path, key, "one")
    await house.settled()
    assert feed not in phone.rows
    await house.agrees(phone)


async def test_a_crowd_is_told_a_few_at_a_time_and_all_are_told(house: House) -> None:
    house.platform.hub.crowd = 2
    path, feed, key = await made(house)
    people = await house.friends(*[f"one_{number}" for number in range(5)])
    devices = [await house.on(one) for one in people]
    for one, device in zip(people, devices, strict=True):
        await house.done("PUT", f"{path}/follow", token=one.token)
        await device.until(lambda d=device: feed in d.rows)  # type: ignore[misc]
    for text in ("one", "two", "three"):
        await posted(house, path, key, text)
    for device in devices:
        await device.until(lambda d=device: d.said(feed) == ["one", "two", "three"])  # type: ignore[misc]
        await house.agrees(device)


async def test_followers_hear_nothing_of_each_other(abroad: House) -> None:
    house = abroad
    path, feed, key = await made(house)
    lin, chen = await house.friends("lin", "chen")
    phone, other = await house.on(lin), await house.on(chen)
    for one, device in ((lin, phone), (chen, other)):
        await house.done("PUT", f"{path}/follow", token=one.token)
        await device.until(lambda d=device: feed in d.rows)  # type: ignore[misc]
    await posted(house, path, key, "one")
    await phone.until(lambda: phone.said(feed) == ["one"])
    heard = len(other.heard)
    await phone.say({"t": "foc", "c": feed})
    await phone.say({"t": "typ", "c": feed})
    await phone.read(feed, phone.rows[feed]["s"])
    answer = await house.call("GET", f"/v1/conversations/{feed}/members", token=lin.token)
    assert (answer.status_code, answer.json()["code"]) == (409, "only_groups")
    await posted(house, path, key, "two")
    await other.until(lambda: other.said(feed) == ["one", "two"])
    told = [frame for frame in other.heard[heard:] if frame["t"] in ("rd", "typ", "who")]
    assert told == []
