"""What every request goes through: the key, the version, parameters, one answer per key, lists, expansion."""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Protocol

import msgspec

from changliao.db.lane import touches, wishes_of
from changliao.db.once import KeptRefusal
from changliao.db.tx import Tx
from changliao.dialects.api.diary import Heard
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.stripe import form, kinds
from changliao.dialects.api.stripe.expand import Expand
from changliao.dialects.api.stripe.numbers import Shown
from changliao.dialects.api.stripe.refusals import (
    AccountInvalid,
    NotSpokenYet,
    ParameterInvalid,
    VersionInvalid,
    worded,
)
from changliao.dialects.api.stripe.show import Place
from changliao.dialects.api.stripe.told import API_VERSION
from changliao.dialects.model import Account
from changliao.kernel.instant import Instant
from changliao.kernel.refusal import Exhausted, Refusal, revive
from changliao.kernel.value import Value
from changliao.partners.model import Caller
from changliao.wire.call import Answer, Call
from changliao.wire.refusals import Unauthenticated, WrongContentType
from changliao.wire.routes import Route

_VERSION = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}(\.[a-z]{1,30})?")
_FORM = "application/x-www-form-urlencoded"
PAGE_DEFAULT = 10

Show = Callable[[Place, Any], Shown]
Cursor = Callable[[str, str], str]
Headers = tuple[tuple[str, str], ...]


class AskSpoken(Value, frozen=True):
    """Run `verb(tx, ask)`, and put its noun into words in the same commit."""

    verb: Callable[[Tx, Any], Any]
    ask: Any
    show: Show
    expand: tuple[str, ...]
    account: Account
    cashier_url: Callable[[str], str]
    request_id: str


class Spoken(Value, frozen=True):
    """An answer as it was given first: by which request, and its body or the refusal."""

    request_id: str
    body: str = ""
    refusal: KeptRefusal | None = None


def speak(tx: Tx, ask: AskSpoken) -> Spoken | Refusal:
    """Carry it out and say what came of it; a refusal leaves nothing behind and is kept as an answer."""
    answer = tx.attempt(_spoken, ask)
    if isinstance(answer, Exhausted):
        return answer
    if isinstance(answer, Refusal):
        kept = KeptRefusal(answer.code, answer.detail, answer.field, answer.extra)
        return Spoken(ask.request_id, refusal=kept)
    return Spoken(ask.request_id, answer)


@touches(speak)
def _wishes(tx: Tx, ask: AskSpoken) -> Iterator[Any]:
    if inner := wishes_of(ask.verb):
        yield from inner(tx, ask.ask)


def _spoken(tx: Tx, ask: AskSpoken) -> str:
    noun = ask.verb(tx, ask.ask)
    if isinstance(noun, Refusal):
        raise noun
    place = Place(tx, ask.account, ask.cashier_url)
    shown = Expand(place).all_of(ask.show(place, noun), ask.expand)
    return msgspec.json.encode(shown).decode()


class Asked:
    """One request of a shop: who asks, by which account, what was said."""

    def __init__(self, call: Call, caller: Caller, account: Account, said: form.Tree) -> None:
        self.call, self.caller, self.account, self.said = call, caller, account, said
        self.expand: tuple[str, ...] = ()
        self.replayed: Headers = ()

    def take(self, shape: kinds.Shape) -> dict[str, Any]:
        """What was said, checked against what may be; `expand` may be everywhere."""
        said = self.said
        if "expand" in said:
            self.expand = tuple(kinds.EXPAND.take(said["expand"], "expand"))
            said = {name: value for name, value in said.items() if name != "expand"}
        return shape.take(said)


class Page(Protocol):
    """Finds rows of a list: `limit` of them before or after an id."""

    def __call__(self, reader: Any, *, before: str, after: str, limit: int) -> list[Any]:
        """The rows, newest first."""


Handler = Callable[..., Awaitable[Answer]]


class Door:
    """Makes routes whose handlers get an Asked, and answers as Stripe does."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.routes: list[Route] = []

    def route(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Offer the decorated handler."""

        def register(handler: Handler) -> Handler:
            async def guarded(call: Call, *ids: str) -> Answer:
                return await self._guarded(handler, call, ids)

            self.routes.append(Route(method, path, guarded))
            return handler

        return register

    async def _guarded(self, handler: Handler, call: Call, ids: tuple[str, ...]) -> Answer:
        version = call.header("stripe-version")
        fits = not version or _VERSION.fullmatch(version)
        headers = [("stripe-version", version if version and fits else API_VERSION)]
        key = call.header("idempotency-key")
        if key and key.isascii() and key.isprintable() and len(key) <= 255:
            headers.append(("idempotency-key", key))
        asked = None
        try:
            if not fits:
                raise VersionInvalid(f"Invalid Stripe API version: {version[:40]}")
            asked = await self._asked(call)
            answer = await handler(asked, *ids)
        except Refusal as refusal:
            self._note(call, asked, refusal.detail)
            headers += asked.replayed if asked else ()
            return worded(refusal, call.request_id, tuple(headers))
        self._note(call, asked, "")
        headers += [("request-id", call.request_id), *asked.replayed, *answer.headers]
        return msgspec.structs.replace(answer, headers=tuple(headers))

    async def _asked(self, call: Call) -> Asked:
        caller = await self.ground.by_key(_key(call))
        account = await self.ground.keyring.speaking("stripe", caller)
        if account is None:
            raise NotSpokenYet
        if call.header("stripe-account") not in ("", account.number):
            raise AccountInvalid
        said = form.parse(call.raw_query) if call.raw_query else {}
        if call.method == "POST" and call.body:
            if call.header("content-type").partition(";")[0].strip().lower() != _FORM:
                raise WrongContentType(f"Send Content-Type: {_FORM}.", field="Content-Type")
            said |= form.parse(call.body)
        return Asked(call, caller, account, said)

    def _note(self, call: Call, asked: Asked | None, trouble: str) -> None:
        if asked is not None:
            now = Instant(self.ground.db.clock())
            heard = Heard(now, f"{call.method} {call.path}"[:200], trouble)
            self.ground.diary.note(asked.account.id, heard)

    # Answering ------------------------------------------------------------------------------

    async def write(
        self, asked: Asked, verb: Callable[[Tx, Any], Any], ask: Any, show: Show
    ) -> Answer:
        """Carry a verb out, once for each Idempotency-Key where there is one, and show its noun."""
        address, request_id = self.ground.cashier_url, asked.call.request_id
        spoken = AskSpoken(verb, ask, show, asked.expand, asked.account, address, request_id)
        if not asked.call.header("idempotency-key"):
            said = await self.ground.db.write(speak, spoken)
        else:
            scope = f"stripe {asked.caller.audience}"
            once = asked.call.once(scope, speak, spoken, Spoken)
            said = await self.ground.db.write_once(once)
        if isinstance(said, Refusal):
            raise said
        if said.request_id != request_id:
            asked.replayed = (
                ("idempotent-replayed", "true"),
                ("original-request", said.request_id),
            )
        if kept := said.refusal:
            raise revive(kept.code, kept.detail, kept.field, kept.extra)
        return Answer(said.body.encode())

    async def show(self, asked: Asked, find: Callable[[Any], Any], show: Show) -> Answer:
        """Show what `find(reader)` finds."""
        asked.take(kinds.Shape({}))

        def shown(reader: Any) -> Shown:
            place = self.place(reader, asked)
            return Expand(place).all_of(show(place, find(reader)), asked.expand)

        return answer(await self.ground.db.read(shown))

    async def list(
        self, asked: Asked, took: dict[str, Any], cursor: Cursor, page: Page, show: Show
    ) -> Answer:
        """A page of a list, by what `take` took. `cursor(their_id, field)` is our id of a cursor, or
        refuses it; `page` finds one row more than is shown, to tell whether there are more."""
        limit = took.get("limit", PAGE_DEFAULT)
        before, after = took.get("starting_after", ""), took.get("ending_before", "")
        if before and after:
            raise ParameterInvalid(
                "You may only specify one of these parameters: starting_after, ending_before.",
                field="starting_after",
            )
        own_before = cursor(before, "starting_after") if before else ""
        own_after = cursor(after, "ending_before") if after else ""

        def shown(reader: Any) -> Shown:
            place = self.place(reader, asked)
            rows = page(reader, before=own_before, after=own_after, limit=limit + 1)
            kept = rows[-limit:] if own_after else rows[:limit]
            data = [show(place, row) for row in kept]
            return Expand(place).all_of(
                listed(asked.call.path, data, more=len(rows) > limit), asked.expand
            )

        return answer(await self.ground.db.read(shown))

    def place(self, reader: Any, asked: Asked) -> Place:
        """Where things are shown to this shop."""
        return Place(reader, asked.account, self.ground.cashier_url)


def answer(shown: Shown) -> Answer:
    """An object as an answer."""
    return Answer(msgspec.json.encode(shown))


def listed(url: str, data: list[Shown], *, more: bool = False) -> Shown:
    """A list."""
    return {"object": "list", "url": url, "has_more": more, "data": data}


def _key(call: Call) -> str:
    """The key of a request: Bearer, or Basic with the key as the user and no password."""
    kind, _, text = call.header("authorization").partition(" ")
    if kind.lower() == "bearer":
        found = text.strip()
    elif kind.lower() == "basic":
        try:
            found = base64.b64decode(text.strip(), validate=True).decode("ascii").partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            found = ""
    else:
        raise Unauthenticated(
            "You did not provide an API key. Send it in the Authorization header, using Bearer auth."
        )
    if not found.startswith("sk_") or len(found) > 200:
        raise Unauthenticated(f"Invalid API Key provided: {found[:8]}****")
    return found
