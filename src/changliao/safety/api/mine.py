"""The routes of what is one's own: an archive of all of it, deleting the account."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from changliao.db.db import Db
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value, View
from changliao.media.model import MediaStoreUnavailable
from changliao.people.model import SignedIn
from changliao.people.model.passkeys import (
    AskChallenge,
    Asked,
    Assertion,
    PasskeyMissing,
    PasskeysUnavailable,
)
from changliao.people.service import passkeys
from changliao.safety.model import mine as m
from changliao.safety.model.mine import Export
from changliao.safety.service import mine as service
from changliao.wire.call import Answer, Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import RateLimited
from changliao.wire.routes import ACCEPTED, CREATED, Guard, Routes

PER_S, BURST = 1, 30
"""How often one person may ask what to sign."""
_HANGS = (m.MoneyLeft, m.PaymentsOpen, m.GroupsOwned, m.PartnersOwned)


class Prove(Protocol):
    """Proves whoever is signed in once more, by passkey, password or PIN."""

    async def __call__(
        self, call: Call, password: str, pin: str, passkey: Assertion | None, about: str
    ) -> None:
        """Refuses whoever is not."""


class Shelf(Protocol):
    """Where archives lie: the store of blobs."""

    async def read(self, sha256: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, and without, `stop`."""

    async def size(self, sha256: str) -> int | None:
        """How long a blob is; None when there is none."""


class LeaveBody(Value, frozen=True, forbid_unknown_fields=True):
    """Who leaves, proven by the password, by the payment PIN, or by a passkey that answered the challenge of
    POST /v1/me/challenges."""

    password: str = ""
    pin: str = ""
    passkey: Assertion | None = None


class LeavingView(View, frozen=True):
    """When the account will be deleted; signing in before keeps it."""

    at: str


class ExportView(View, frozen=True):
    """An archive. `url` is null until it is ready; `size` in bytes, 0 until then."""

    id: str
    state: str
    size: int
    created_at: str
    expires_at: str | None
    url: str | None


class ExportList(View, frozen=True):
    """One's archives, newest first."""

    items: list[ExportView]


def show_export(export: Export) -> ExportView:
    """An archive as its owner sees it."""
    ready = export.state == "ready"
    return ExportView(
        export.id,
        export.state,
        export.size if ready else 0,
        rfc3339(Instant(export.created_at)),
        rfc3339(Instant(export.expires_at)) if ready else None,
        f"/v1/exports/{export.id}/content" if ready else None,
    )


def routes(
    db: Db,
    guard: Guard[SignedIn],
    shelf: Shelf,
    prove: Prove,
    proving: tuple[type[Refusal], ...],
    forget: Callable[[str], None],
    site_url: str,
) -> Routes:
    """Everything under /v1/exports, and DELETE /v1/me; `forget` is told of the session that ends here."""
    api = Routes("Safety")
    _exports(api, db, guard, shelf)
    _challenges(api, db, guard, passkeys.origin_of(site_url))

    @api.delete(
        "/v1/me",
        guard=guard,
        body=LeaveBody,
        answers=LeavingView,
        status=ACCEPTED,
        refuses=(*proving, *_HANGS),
    )
    async def leave(call: Call, body: LeaveBody) -> LeavingView:
        """Delete my account in seven days, and sign me out everywhere now. Signing in before keeps it.

        What goes: profile, contacts, passkeys, devices, drafts, what apps were allowed, pictures that are
        posted nowhere. What stays: payments and the ledger, as the law wants it, and what I wrote to others,
        without a name.
        """
        await prove(call, body.password, body.pin, body.passkey, service.WORTH_LEAVING)
        person = await db.write(service.leave, call.who.person.id)
        forget(call.who.session.id)
        return LeavingView(rfc3339(Instant(person.standing_until)))

    return api


def _challenges(api: Routes, db: Db, guard: Guard[SignedIn], origin: str) -> None:
    buckets = Buckets()

    @api.post(
        "/v1/me/challenges",
        guard=guard,
        answers=Asked,
        status=CREATED,
        refuses=(PasskeysUnavailable, PasskeyMissing, RateLimited, *_HANGS),
    )
    async def ask(call: Call) -> Asked:
        """Ask what a passkey must sign to delete my account.

        Refuses at once what leaving would refuse. Hand `public_key` to `navigator.credentials.get` and its
        answer to DELETE /v1/me within five minutes; it counts once, and for nothing else.
        """
        who = call.who.person.id
        buckets.take(who, PER_S, BURST)
        if refused := await db.read(service.hindrance, who):
            raise refused
        asked = await db.write(
            passkeys.ask_challenge, AskChallenge("confirm", who, origin, service.WORTH_LEAVING)
        )
        return await db.read(passkeys.asked_to_confirm, asked)


def _exports(api: Routes, db: Db, guard: Guard[SignedIn], shelf: Shelf) -> None:
    @api.post(
        "/v1/exports",
        guard=guard,
        answers=ExportView,
        status=ACCEPTED,
        refuses=(m.ExportTooSoon,),
    )
    async def ask(call: Call) -> ExportView:
        """Ask for all that is mine in one archive (ZIP of JSON and media); once a day."""
        return show_export(await db.write(service.ask_export, call.who.person.id))

    @api.get("/v1/exports", guard=guard, answers=ExportList)
    async def exports(call: Call) -> ExportList:
        """My archives, newest first; each can be read for seven days."""
        found = await db.read(service.exports_of, call.who.person.id)
        return ExportList([show_export(one) for one in found])

    @api.get(
        "/v1/exports/{id}/content",
        guard=guard,
        also="application/zip",
        refuses=(m.ExportNotFound, m.ExportNotReady, MediaStoreUnavailable),
    )
    async def content(call: Call, export_id: str) -> Answer:
        """The archive itself; for nobody else."""
        who, now = call.who.person.id, db.clock()
        found = await db.read(service.readable, who, export_id, now)
        if await shelf.size(found.blob) is None:
            raise MediaStoreUnavailable(retry_after_s=60)
        day = rfc3339(Instant(found.created_at))[:10]
        headers = (
            ("content-disposition", f'attachment; filename="changliao-{day}.zip"'),
            ("content-length", str(found.size)),
            ("cache-control", "private, no-store"),
        )
        stream = await shelf.read(found.blob, 0, found.size)
        return Answer(content_type="application/zip", headers=headers, stream=stream)
