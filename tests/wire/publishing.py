"""The life of an official account, route by route: as its partner, its followers and the operator see it."""

from typing import TYPE_CHECKING, Any

from tests.wire.platform import Shop, Someone

if TYPE_CHECKING:
    from tests.wire.test_happy_paths import Life

TEXT = {"k": "paragraph", "spans": [{"text": "Green tea is in.", "bold": True}]}


async def accounts(life: "Life", lin: Someone, shop: Shop) -> None:
    """It is made, followed, read, written to, answered, suspended and restored."""
    account = await made(life, shop)
    path = f"/v1/accounts/{account['id']}"
    opn = await followed(life, lin, shop, path)
    await tagged(life, shop, path, opn)
    await articles(life, lin, shop, path)
    await posts(life, lin, shop, path)
    await talked(life, lin, shop, path, opn)
    await operated(life, account["id"])
    await life.call("DELETE", f"{path}/follow", token=lin.token)


async def made(life: "Life", shop: Shop) -> Any:
    """With a menu, a welcome and a rule."""
    call, key = life.call, shop.key
    body = {"handle": "corner_shop", "name": "Corner", "intro": "Tea and more"}
    account = await call("POST", "/v1/accounts", body, token=key)
    path = f"/v1/accounts/{account['id']}"
    change = {"welcome": [{"k": "text", "text": "Welcome"}]}
    changed = await call("PATCH", f"{path}/settings", change, token=key)
    assert (changed["own"], changed["welcome"]) == (True, change["welcome"])
    button = {"name": "Hours", "key": "hours", "kind": "reply", "text": "9 to 5"}
    changed = await call("PUT", f"{path}/menu", {"buttons": [button]}, token=key)
    assert changed["menu"][0]["key"] == "hours"
    rule = {"match": "contains", "words": ["tea"], "replies": [{"k": "text", "text": "Green?"}]}
    await call("PUT", f"{path}/replies", {"rules": [rule]}, token=key)
    listed = (await call("GET", "/v1/accounts", token=key))["items"]
    settings = await call("GET", f"{path}/settings", token=key)
    assert [one["id"] for one in listed] == [settings["id"]] and settings["rules"] == [rule]
    return account


async def followed(life: "Life", lin: Someone, shop: Shop, path: str) -> str:
    """By somebody who found it by its handle; how the shop knows them."""
    call, me = life.call, lin.token
    seen = await call("GET", "/v1/accounts/corner_shop", token=me)
    assert (seen["followed"], seen["followers"], seen["feed"]) == (False, 0, None)
    seen = await call("PUT", f"{path}/follow", token=me)
    assert (seen["followed"], seen["followers"]) == (True, 1)
    mine = (await call("GET", "/v1/follows", token=me))["items"]
    assert [one["handle"] for one in mine] == ["corner_shop"]
    (follower,) = (await call("GET", f"{path}/followers", token=shop.key))["items"]
    opn = str(follower["person"])
    known = await call("GET", f"{path}/followers/{opn}", token=shop.key)
    assert (known["followed"], known["since"]) == (True, follower["since"])
    return opn


async def tagged(life: "Life", shop: Shop, path: str, opn: str) -> None:
    """With a tag that gets another name, is given, taken and deleted."""
    call, key = life.call, shop.key
    tag = await call("POST", f"{path}/tags", {"name": "Tea"}, token=key)
    mine = f"{path}/tags/{tag['number']}"
    assert (await call("PUT", mine, {"name": "Green tea"}, token=key))["name"] == "Green tea"
    marked = await call("PATCH", f"{mine}/followers", {"add": [opn]}, token=key)
    assert (await call("GET", f"{path}/tags", token=key))["items"] == [marked]
    page = await call("GET", f"{mine}/followers?limit=1", token=key)
    assert ([one["person"] for one in page["items"]], page["next"]) == ([opn], opn)
    rest = await call("GET", f"{mine}/followers?after={page['next']}", token=key)
    assert rest == {"items": [], "next": None}
    known = await call("GET", f"{path}/followers/{opn}", token=key)
    assert known["tags"] == [tag["number"]]
    taken = await call("PATCH", f"{mine}/followers", {"remove": [opn]}, token=key)
    assert (marked["followers"], taken["followers"]) == (1, 0)
    await call("DELETE", mine, token=key)


async def articles(life: "Life", lin: Someone, shop: Shop, path: str) -> None:
    """One is read and shared and taken back, one is a statement, one is thrown away."""
    call, key = life.call, shop.key
    body = {"title": "Tea", "blocks": [TEXT]}
    draft = await call("POST", f"{path}/manuscripts", body, token=key)
    mine = f"/v1/manuscripts/{draft['id']}"
    changed = await call("PUT", mine, body | {"title": "New tea"}, token=key)
    assert await call("GET", mine, token=key) == changed
    done = await call("PUT", f"{mine}/publication", {"broadcast": True}, token=key)
    assert (done["state"], done["posted"] > 0) == ("published", True)
    article = await call("GET", f"/v1/articles/{draft['id']}")
    assert (article["title"], article["blocks"]) == ("New tea", [TEXT])
    await call("POST", f"/v1/articles/{draft['id']}/reads", token=lin.token)
    begun = await call("POST", f"{path}/talk", token=lin.token)
    said = {"conversation": begun["conversation"]}
    await call("POST", f"/v1/articles/{draft['id']}/shares", said, token=lin.token)
    assert len((await call("GET", f"{path}/articles"))["items"]) == 1
    counted = await call("GET", f"{mine}/statistics", token=key)
    assert counted["shares"] == 1
    gone = await call("DELETE", f"{mine}/publication", token=key)
    assert gone["state"] == "recalled"
    assert (await call("GET", f"/v1/articles/{draft['id']}"))["blocks"] == []
    said_so = await call("POST", f"{path}/manuscripts", body | {"kind": "statement"}, token=key)
    await call("PUT", f"/v1/manuscripts/{said_so['id']}/publication", {}, token=key)
    found = await call("GET", f"/v1/partners/{shop.partner_id}/statements")
    assert [one["id"] for one in found["items"]] == [said_so["id"]]
    spare = await call("POST", f"{path}/manuscripts", body, token=key)
    await call("DELETE", f"/v1/manuscripts/{spare['id']}", token=key)
    kept = (await call("GET", f"{path}/manuscripts", token=key))["items"]
    assert {one["id"] for one in kept} == {draft["id"], said_so["id"]}


async def posts(life: "Life", lin: Someone, shop: Shop, path: str) -> None:
    """Something is said to all, and taken back."""
    call, key = life.call, shop.key
    said = {"k": "text", "b": {"text": "Closed on Monday"}}
    post = await call("POST", f"{path}/posts", said, token=key)
    listed = (await call("GET", f"{path}/posts", token=key))["items"]
    assert listed[-1] == post
    await call("DELETE", f"{path}/posts/{post['s']}", token=key)
    settings = await call("GET", f"{path}/settings", token=key)
    page = await call("GET", f"/v1/conversations/{settings['feed']}/messages", token=lin.token)
    assert [one["k"] for one in page["items"]][-2:] == ["recalled", "recall"]


async def talked(life: "Life", lin: Someone, shop: Shop, path: str, opn: str) -> None:
    """A button, a rule, a member, a template."""
    call, key = life.call, shop.key
    begun = await call("POST", f"{path}/presses", {"key": "hours"}, token=lin.token)
    where = f"/v1/conversations/{begun['conversation']}/messages"
    await call("POST", where, {"k": "text", "b": {"text": "any tea?"}}, token=lin.token)
    await life.town.settled()
    said = [
        one["b"].get("text")
        for one in (await call("GET", where, token=lin.token))["items"]
        if one["k"] == "text"
    ]
    assert said == ["Welcome", "9 to 5", "any tea?", "Green?"]
    (talk,) = (await call("GET", f"{path}/talks", token=key))["items"]
    assert (talk["person"], talk["waiting"]) == (opn, False)
    console = {"changliao-app": shop.app_id, "changliao-mode": "test"}
    take = f"{path}/talks/{opn}/takeover"
    answer = await life.town.call("PUT", take, token=shop.owner.token, headers=console)
    assert answer.json()["taken_by"] == shop.owner.id
    life.done.add(("PUT", "/v1/accounts/{id}/talks/{person_id}/takeover"))
    assert (await call("DELETE", take, token=key))["taken_by"] is None
    reply = {"person": opn, "k": "text", "b": {"text": "By hand"}}
    entry = await call("POST", f"{path}/messages", reply, token=key)
    page = await call("GET", f"{path}/talks/{opn}/messages", token=key)
    assert page["items"][-1] == entry
    text = {"title": "Parcel", "text": "{what} is on its way"}
    made = await call("POST", f"{path}/templates", text, token=key)
    assert (await call("GET", f"{path}/templates", token=key))["items"] == [made]
    sent = {"person": opn, "template": made["id"], "fields": {"what": "Tea"}}
    entry = await call("POST", f"{path}/messages", sent, token=key)
    assert entry["b"]["text"] == "Tea is on its way"
    await call("DELETE", f"{path}/templates/{made['id']}", token=key)


async def operated(life: "Life", account: str) -> None:
    """The operator suspends it and lets it speak again."""
    call, runs = life.call, await life.town.operator()
    listed = (await call("GET", "/v1/operator/accounts", token=runs.token))["items"]
    assert account in {one["id"] for one in listed}
    path = f"/v1/operator/accounts/{account}/suspension"
    gone = await call("PUT", path, {"reason": "It sold nothing."}, token=runs.token)
    assert (gone["state"], gone["suspended_for"]) == ("suspended", "It sold nothing.")
    assert (await call("DELETE", path, token=runs.token))["state"] == "open"
