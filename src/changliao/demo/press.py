"""The demo's official accounts: the corner shop's own, and the old street's evening paper. They are
followed, written to and read like any others, through the same doors."""

from typing import Any

from changliao.demo.articles import ARTICLES, EVENING, MENU, RULES, STATEMENT, TEA, WELCOME
from changliao.demo.world import Client

FIRST = 2
"""So many articles are out before the town wakes up."""


class Press:
    """What the accounts publish; `keys` are those of their apps, by the accounts' handles."""

    def __init__(self, client: Client, keys: dict[str, str]) -> None:
        self._client, self._keys = client, keys
        self._waiting = list(ARTICLES[FIRST:])

    async def open(self) -> None:
        """Both accounts with their menus and answers."""
        for said in (TEA, EVENING):
            handle = said["handle"]
            here = await self._call(handle, "GET", "/v1/accounts")
            if handle not in [one["handle"] for one in here["items"]]:
                await self._call(handle, "POST", "/v1/accounts", said)
            path = f"/v1/accounts/{handle}"
            welcome = {"welcome": [_text(WELCOME[handle])]}
            await self._call(handle, "PATCH", f"{path}/settings", welcome)
            rules = [
                {"match": "contains", "words": words, "replies": [_text(text)]}
                for words, text in RULES[handle]
            ]
            await self._call(handle, "PUT", f"{path}/replies", {"rules": rules})
            await self._call(handle, "PUT", f"{path}/menu", {"buttons": MENU[handle]})

    async def first_edition(self) -> None:
        """What is out from the start: two articles and a statement."""
        for handle, article in ARTICLES[:FIRST]:
            await self._publish(handle, article)
        await self._publish(TEA["handle"], {"kind": "statement", **STATEMENT}, broadcast=False)

    async def next_article(self) -> bool:
        """Post the next one to all followers; False when there is none left."""
        if not self._waiting:
            return False
        await self._publish(*self._waiting.pop(0))
        return True

    async def _publish(
        self, handle: str, article: dict[str, Any], *, broadcast: bool = True
    ) -> None:
        draft = await self._call(handle, "POST", f"/v1/accounts/{handle}/manuscripts", article)
        path = f"/v1/manuscripts/{draft['id']}/publication"
        await self._call(handle, "PUT", path, {"broadcast": broadcast})

    async def _call(self, handle: str, method: str, path: str, body: Any = None) -> Any:
        return await self._client.call(method, path, body, token=self._keys[handle])


def _text(text: str) -> dict[str, str]:
    return {"k": "text", "text": text}


async def found_paper(client: Client, token: str) -> str:
    """The paper's publisher, founded by this person; a key of its app."""
    partner = await client.call(
        "POST", "/v1/partners", {"name": "老街晚报社 Old Street Press"}, token=token
    )
    path = f"/v1/partners/{partner['id']}/apps"
    app = await client.call("POST", path, {"name": "Old Street Evening"}, token=token)
    wanted = {"mode": "test", "label": "the paper"}
    key = await client.call("POST", f"/v1/apps/{app['id']}/keys", wanted, token=token)
    return str(key["key"])
