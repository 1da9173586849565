"""Routes of webhook endpoints and events."""

import re
import secrets
from typing import Any

import msgspec

from changliao.bus import outbox
from changliao.db.facts import FactRow
from changliao.dialects import hooks
from changliao.dialects.api.stripe import kinds as k
from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.api.stripe import show, told
from changliao.dialects.api.stripe.door import Asked, Door, answer
from changliao.dialects.api.stripe.refusals import ParameterInvalid
from changliao.dialects.model import AskHook, AskHookChange, Hook, HookNotFound
from changliao.kernel.ids import looks_like
from changliao.partners import service as partners
from changliao.wire.call import Answer
from changliao.wire.outbound import check_address

_EVENT = re.compile(r"\*|[a-z0-9_]{1,40}(\.[a-z0-9_]{1,40}){1,4}")
HOOK = {
    "url": k.Text(2000),
    "enabled_events": k.Many(k.Text(100)),
    "description": k.Text(),
    "metadata": k.Entries(),
}
NEW_HOOK = k.Shape(
    {**HOOK, "api_version": k.Text(40), "connect": k.Flag(only=False)}, ("url", "enabled_events")
)
EVENTS = k.Shape(
    {
        **k.PAGING,
        "type": k.Text(100),
        "types": k.Many(k.Text(100), 20),
        "created": k.Moments(),
        "delivery_success": k.Looks(),
    }
)
_ROUNDS, _SCAN = 20, 200
_END = 2**62


def add_routes(door: Door) -> None:
    """Everything under /v1/webhook_endpoints."""
    db = door.ground.db

    @door.route("POST", "/v1/webhook_endpoints")
    async def create(asked: Asked) -> Answer:
        took = asked.take(NEW_HOOK)
        _check(door, took)
        ask = AskHook(
            asked.caller,
            asked.account.id,
            took["url"],
            tuple(took["enabled_events"]),
            new_secret(),
            took.get("description", ""),
            took.get("metadata", {}),
            took.get("api_version", ""),
        )
        said = await door.write(asked, hooks.add_hook, ask, show.endpoint)
        return await _with_secret(door, said)

    @door.route("GET", "/v1/webhook_endpoints")
    async def found(asked: Asked) -> Answer:
        partners.allows(asked.caller, "webhooks:read")

        def page(reader: Any, *, before: str, after: str, limit: int) -> list[Hook]:
            rows = hooks.hooks_of(reader, asked.account.id)
            rows = [one for one in rows if after < one.id < (before or "~")]
            return rows[-limit:] if after else rows[:limit]

        def cursor(text: str, field: str) -> str:
            return n.own_id("we", "we_", text, "webhook endpoint", field)

        return await door.list(asked, asked.take(k.Shape(k.PAGING)), cursor, page, show.endpoint)

    @door.route("GET", "/v1/webhook_endpoints/{id}")
    async def one(asked: Asked, hook_id: str) -> Answer:
        partners.allows(asked.caller, "webhooks:read")
        return await door.show(asked, lambda reader: of(reader, asked, hook_id), show.endpoint)

    @door.route("POST", "/v1/webhook_endpoints/{id}")
    async def update(asked: Asked, hook_id: str) -> Answer:
        took = asked.take(k.Shape({**HOOK, "disabled": k.Flag()}))
        _check(door, took)
        hook = await db.read(of, asked, hook_id)
        state = None
        if "disabled" in took:
            state = "disabled" if took["disabled"] else "enabled"
        metadata = took.get("metadata")
        if metadata:
            metadata = {key: v for key, v in {**hook.metadata, **metadata}.items() if v}
        kinds = tuple(took["enabled_events"]) if took.get("enabled_events") else None
        ask = AskHookChange(
            asked.caller,
            hook.id,
            took.get("url") or None,
            kinds,
            took.get("description"),
            metadata,
            state,  # type: ignore[arg-type]
        )
        return await door.write(asked, hooks.change_hook, ask, show.endpoint)

    @door.route("DELETE", "/v1/webhook_endpoints/{id}")
    async def delete(asked: Asked, hook_id: str) -> Answer:
        asked.take(k.Shape({}))
        hook = await db.read(of, asked, hook_id)
        await db.write(hooks.change_hook, AskHookChange(asked.caller, hook.id, state="removed"))
        return answer({"id": hook.id, "object": "webhook_endpoint", "deleted": True})


def new_secret() -> str:
    """A secret as Stripe's look: text, used letter by letter as the key of the signature."""
    return "whsec_" + secrets.token_hex(24)


async def _with_secret(door: Door, said: Answer) -> Answer:
    """The answer to making an endpoint, its secret in it: sealed when kept, shown in this answer alone."""
    shown = msgspec.json.decode(said.body)
    hook = await door.ground.db.read(hooks.hook, shown["id"])
    assert hook is not None
    shown["secret"] = hooks.secrets_of(door.ground.db.vault, hook, 0)[0]
    return msgspec.structs.replace(said, body=msgspec.json.encode(shown))


def _check(door: Door, took: dict[str, Any]) -> None:
    if took.get("url"):
        check_address(took["url"], allow_private=door.ground.outbound.allow_private)
    for number, name in enumerate(took.get("enabled_events", ())):
        if not _EVENT.fullmatch(name):
            raise ParameterInvalid(
                f"Invalid enabled_events[{number}]: must be a type of event or *",
                field=f"enabled_events[{number}]",
            )


def of(reader: Any, asked: Asked, hook_id: str) -> Hook:
    """One of this shop's endpoints."""
    try:
        if looks_like("we", hook_id):
            return hooks.hook_of(reader, asked.caller, hook_id)
    except HookNotFound:
        pass
    raise n.missing("webhook endpoint", hook_id, "webhook_endpoint")


# Events -------------------------------------------------------------------------------------

Happened = tuple[FactRow, str]
"""A fact, and which of the events that it is."""


def add_events(door: Door) -> None:
    """Everything under /v1/events: told from facts, for ever, under the same ids."""

    def shown(place: show.Place, happened: Happened) -> dict[str, Any]:
        return told.event(place, *happened)

    @door.route("GET", "/v1/events")
    async def found(asked: Asked) -> Answer:
        partners.allows(asked.caller, "webhooks:read")
        took = asked.take(EVENTS)

        def cursor(text: str, field: str) -> str:
            if not told.parsed(text)[0]:
                raise n.missing("event", text, field)
            return text

        def page(reader: Any, *, before: str, after: str, limit: int) -> list[Happened]:
            return _events(reader, asked, took, (before, after), limit)

        return await door.list(asked, took, cursor, page, shown)

    @door.route("GET", "/v1/events/{id}")
    async def one(asked: Asked, event_id: str) -> Answer:
        partners.allows(asked.caller, "webhooks:read")
        return await door.show(asked, lambda reader: _event(reader, asked, event_id), shown)


def _event(reader: Any, asked: Asked, event_id: str) -> Happened:
    seq, name = told.parsed(event_id)
    fact = outbox.fact(reader, seq) if seq else None
    mine = fact is not None and fact.audience == asked.caller.audience
    if fact is None or not mine or name not in _names(reader, asked, fact):
        raise n.missing("event", event_id, "id")
    return fact, name


def _names(reader: Any, asked: Asked, fact: FactRow) -> list[str]:
    return [name for name, _ in told.tells(reader, asked.account, fact)]


def _events(
    reader: Any, asked: Asked, took: dict[str, Any], cuts: tuple[str, str], limit: int
) -> list[Happened]:
    """A page of events, newest first; within a fact, the higher number counts as the newer."""
    before, after = cuts
    wanted = {took["type"]} if took.get("type") else set(took.get("types", ()))
    start, end = took.get("created", (0, 0))
    low = told.parsed(after)[0] - 1 if after else 0
    high = told.parsed(before)[0] + 1 if before else _END
    found: list[Happened] = []
    find = outbox.facts_since if after else outbox.facts_before
    for _ in range(_ROUNDS):
        facts = find(reader, asked.caller.audience, (low, high), told.KINDS, _SCAN)
        for fact in facts:
            at = n.seconds(fact.at)
            if at < start or (end and at >= end):
                continue
            names = [one for one in _names(reader, asked, fact) if not wanted or one in wanted]
            names.sort(key=told.NUMBERS.__getitem__, reverse=not after)
            ids = [(told.event_id(fact.seq, name), name) for name in names]
            found += [(fact, name) for one, name in ids if after < one < (before or "~")]
        if len(facts) < _SCAN or len(found) >= limit:
            break
        low, high = (facts[-1].seq, high) if after else (low, facts[-1].seq)
    return found[:limit][::-1] if after else found[:limit]
