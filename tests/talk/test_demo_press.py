"""The demo's official accounts: followed, they have something to read, and they answer."""

from typing import Any

import aiohttp

from changliao.demo.articles import EVENING, MENU, RULES, STATEMENT, TEA
from changliao.demo.press import Press, found_paper
from changliao.demo.world import Client
from tests.talk.house import House


async def test_the_accounts_of_the_demo_have_something_to_read_and_answer(house: House) -> None:
    lin, shop = await house.person(pin=False), await house.shop()
    async with aiohttp.ClientSession() as http:
        client = Client(http, house.url)
        paper = await found_paper(client, lin.token)
        press = Press(client, {EVENING["handle"]: paper, TEA["handle"]: shop.key})
        await press.open()
        await press.open()  # A second start makes nothing twice.
        for handle in (EVENING["handle"], TEA["handle"]):
            await client.call("PUT", f"/v1/accounts/{handle}/follow", token=lin.token)
        await press.first_edition()
        listed = (await client.call("GET", "/v1/chat?after=", token=lin.token))["items"]
        feeds = {row["title"]: row for row in listed if row["k"] == "account"}
        assert set(feeds) == {EVENING["name"], TEA["name"]}
        assert all(row["n"] > row["rn"] for row in feeds.values())
        account = await client.call("GET", f"/v1/accounts/{TEA['handle']}", token=lin.token)
        assert [one["key"] for one in account["menu"]] == [
            one["key"] for one in MENU[TEA["handle"]]
        ]
        path = f"/v1/partners/{account['partner']['id']}/statements"
        stated = await client.call("GET", path)
        assert [one["title"] for one in stated["items"]] == [STATEMENT["title"]]
        assert await _answer(house, client, lin.token) == RULES[EVENING["handle"]][1][1]
        posted = 0
        while await press.next_article():
            posted += 1
        assert posted == 3


async def _answer(house: House, client: Client, token: str) -> Any:
    """What the paper says about the bridge."""
    path = f"/v1/accounts/{EVENING['handle']}/talk"
    talk = (await client.call("POST", path, token=token))["conversation"]
    path = f"/v1/conversations/{talk}/messages"
    asked = {"k": "text", "b": {"text": RULES[EVENING["handle"]][1][0][0]}}
    number = (await client.call("POST", path, asked, token=token))["s"]
    await house.settled()
    page = await client.call("GET", f"{path}?after={number}", token=token)
    return page["items"][0]["b"]["text"]
