"""Keeping order, over HTTP alone: a report and all that follows it, words, limits, an archive, leaving."""

import asyncio
import io
import zipfile
from typing import TYPE_CHECKING, Any

from tests.patience import PATIENCE_S
from tests.wire.platform import PASSWORD, Someone, Town
from tests.wire.proving import add_passkey, to_leave

if TYPE_CHECKING:
    from tests.wire.test_happy_paths import Life


async def keeps_order(life: "Life") -> None:
    """Somebody reports, an operator decides, whom it concerns appeals; then two people leave."""
    town = life.town
    mei, bo, runs = await town.person(), await town.person(), await town.operator()
    await town.befriend(mei, bo)
    await town.settled()
    await a_report(life, mei, bo, runs)
    await rules(life, runs)
    await all_of_it(life, mei)
    await gone(life, bo)


async def a_report(life: "Life", mei: Someone, bo: Someone, runs: Someone) -> None:
    """A message is reported, taken down, and its writer suspended, who appeals."""
    call, where = life.call, await life.town.direct(mei, bo)
    path = f"/v1/conversations/{where}/messages"
    said = await call("POST", path, {"k": "text", "b": {"text": "buy"}}, token=bo.token)
    body = {"what": "messages", "reason": "spam", "conversation": where, "numbers": [said["s"]]}
    report = await call("POST", "/v1/reports", body, token=mei.token)
    assert (report["state"], report["done"]) == ("open", False)
    [case] = (await call("GET", "/v1/operator/reports", token=runs.token))["items"]
    assert (case["id"], case["person"], case["messages"][-1]["b"]) == (
        report["id"],
        bo.id,
        {"text": "buy"},
    )
    at = f"/v1/operator/reports/{report['id']}"
    assert (await call("PUT", f"{at}/keeper", token=runs.token))["taken_by"] == runs.id
    verdict = {"action": "recall", "reason": "No selling here"}
    decision = await call("POST", f"{at}/decision", verdict, token=runs.token)
    [mine] = (await call("GET", "/v1/reports", token=mei.token))["items"]
    assert (mine["state"], mine["done"]) == ("decided", True)
    [about] = (await call("GET", "/v1/decisions", token=bo.token))["items"]
    assert (about["id"], about["reason"]) == (decision["id"], "No selling here")
    appeal = f"/v1/decisions/{decision['id']}/appeal"
    await call("POST", appeal, {"words": "It was a joke"}, token=bo.token)
    [open_] = (await call("GET", "/v1/operator/appeals", token=runs.token))["items"]
    answer = {"lift": False, "answer": "It was not"}
    path = f"/v1/operator/appeals/{open_['decision']['id']}"
    assert (await call("PUT", path, answer, token=runs.token))["appeal"] == "upheld"
    await suspended(life, mei, runs)


async def suspended(life: "Life", mei: Someone, runs: Someone) -> None:
    """Who cannot sign in appeals by the password."""
    call, wu = life.call, await life.town.person()
    report = await call(
        "POST",
        "/v1/reports",
        {"what": "person", "reason": "fraud", "person": wu.id},
        token=mei.token,
    )
    verdict = {"action": "suspend", "reason": "Fraud", "days": 7}
    path = f"/v1/operator/reports/{report['id']}/decision"
    await call("POST", path, verdict, token=runs.token)
    said = {"handle": wu.handle, "password": PASSWORD}
    refused = await life.town.call("POST", "/v1/sessions", said)
    assert refused.json()["code"] == "person_suspended"
    await call("POST", "/v1/appeals", said | {"words": "Not me"})


async def rules(life: "Life", runs: Someone) -> None:
    """A word is added and taken away; a limit is set and unset."""
    call = life.call
    word = await call("POST", "/v1/operator/words", {"pattern": "赌 博"}, token=runs.token)
    assert word["pattern"] == "赌博"
    assert (await call("GET", "/v1/operator/words", token=runs.token))["items"] == [word]
    await call("DELETE", f"/v1/operator/words/{word['id']}", token=runs.token)
    before = await call("GET", "/v1/operator/limits", token=runs.token)
    body = {"pace": "media", "age": "new", "per_minute": 3, "burst": 3}
    now = await call("PUT", "/v1/operator/limits", body, token=runs.token)
    assert body in now["items"]
    again = await call("PUT", "/v1/operator/limits", body | {"per_minute": 0}, token=runs.token)
    assert again == before


async def all_of_it(life: "Life", mei: Someone) -> None:
    """All that is somebody's, in one archive."""
    call = life.call
    asked = await call("POST", "/v1/exports", token=mei.token)
    assert asked["state"] in ("waiting", "ready")
    found = await ready(life.town, mei)
    await call("GET", "/v1/exports", token=mei.token)
    content = await call("GET", found["url"], token=mei.token)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert {"profile.json", "contacts.json", "payments.jsonl", "statements.jsonl"} <= set(names)


async def ready(town: Town, person: Someone) -> Any:
    """The person's newest archive, once it is packed."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            [found, *_] = (await town.done("GET", "/v1/exports", token=person.token))["items"]
            if found["state"] == "ready":
                return found
            await asyncio.sleep(0.02)


async def gone(life: "Life", bo: Someone) -> None:
    """Somebody leaves, and is signed out."""
    device, _ = await add_passkey(life, bo, password=PASSWORD)
    said = await to_leave(life, device, bo)
    left = await life.call("DELETE", "/v1/me", said, token=bo.token)
    assert left["at"] > ""
    assert (await life.town.call("GET", "/v1/me", token=bo.token)).status_code == 401
