"""An official account of a partner's app, as the partner's server sets it up."""

from typing import Any

from tests.browser.demo import Demo

MENU = [
    {"name": "店铺", "key": "shop", "kind": "menu", "buttons": [
        {"name": "几点开门", "key": "hours", "kind": "reply", "text": "每天九点到二十一点。"},
        {"name": "官网", "key": "site", "kind": "link", "url": "https://tea.example/"}]},
    {"name": "新茶", "key": "new", "kind": "reply", "text": "明前龙井到了。"},
]  # fmt: skip
BLOCKS: list[dict[str, Any]] = [
    {"k": "paragraph", "spans": [{"text": "清明前采的茶，"}, {"text": "一芽一叶", "bold": True}]},
    {"k": "quote", "spans": [{"text": "茶是故乡浓"}]},
]


class Voice:
    """An official account and how it is spoken for: with the app's key."""

    def __init__(self, demo: Demo, app_id: str, key: str, **said: Any) -> None:
        self.demo, self.app_id, self.key = demo, app_id, key
        self.handle = f"tea_{app_id[-10:].lower()}"
        body = {"handle": self.handle, "name": "山茶铺", "intro": "只卖春茶"} | said
        self.id = str(self.call("POST", "/v1/accounts", body)["id"])

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request of the partner's server."""
        return self.demo.call(method, path, body, token=self.key)

    def set(self, path: str, body: Any) -> None:
        """Put the menu, or the replies."""
        self.call("PUT", f"/v1/accounts/{self.id}/{path}", body)

    def draft(self, title: str, blocks: Any = BLOCKS, **said: Any) -> str:
        """A manuscript that nobody has seen yet."""
        body = {"title": title, "blocks": blocks, "author": "掌柜"} | said
        return str(self.call("POST", f"/v1/accounts/{self.id}/manuscripts", body)["id"])

    def article(self, title: str = "新茶上市", blocks: Any = BLOCKS, **said: Any) -> str:
        """A published article; what is no statement is posted to followers too."""
        made = self.draft(title, blocks, **said)
        body = {"broadcast": said.get("kind") != "statement"}
        self.call("PUT", f"/v1/manuscripts/{made}/publication", body)
        return made
