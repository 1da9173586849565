"""The routes of mandates: given by a person, by PIN or passkey, taken back, and seen by the app."""

from typing import Literal

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.instant import DAY_US, Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.ledger.model import CurrencyUnknown
from changliao.partners import service as partners
from changliao.partners.model import AppNotFound, Caller, RoleForbids, ScopeForbids
from changliao.people.model import PinLocked, PinMissing, WrongPin
from changliao.people.model.passkeys import (
    AskChallenge,
    Asked,
    Assertion,
    PasskeyChallengeGone,
    PasskeyLocked,
    PasskeyMissing,
    PasskeysUnavailable,
    WrongPasskey,
)
from changliao.people.service import passkeys
from changliao.wallet import model as m
from changliao.wallet import service
from changliao.wallet.api.wallets import PAGING
from changliao.wallet.model import Mandate, Mode
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import RateLimited
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

PER_S, BURST = 1, 30
"""How often one person may ask what to sign."""
_LIMITS = (m.MandateLimitsInvalid, CurrencyUnknown, m.PlayNotAllowed, AppNotFound)


class MandateBody(Value, frozen=True, forbid_unknown_fields=True):
    """Let an app take up to so much at a time and per UTC day; the PIN confirms it, or a passkey that
    answered the challenge of POST /v1/mandates/challenges about the same."""

    app_id: str
    mode: Mode
    currency: str
    per_payment: int
    per_day: int
    pin: str = ""
    passkey: Assertion | None = None


class MandateChallengeBody(Value, frozen=True, forbid_unknown_fields=True):
    """The mandate that is to be given, as in POST /v1/mandates."""

    app_id: str
    mode: Mode
    currency: str
    per_payment: int
    per_day: int


class MandateView(View, frozen=True):
    """A mandate; amounts are minor units, the day is UTC."""

    id: str
    app_id: str
    shop_name: str
    mode: Mode
    currency: str
    per_payment: int
    per_day: int
    spent_today: int
    status: Literal["active", "revoked"]
    created_at: str


class Mandates(View, frozen=True):
    """Mandates. `shop_name` is who the app is that was asked about."""

    items: list[MandateView]
    next: str | None = None
    shop_name: str | None = None


def show_mandate(reader: Reader, mandate: Mandate, now: int) -> MandateView:
    """A mandate as its person or its app sees it."""
    app = partners.app(reader, mandate.app_id)
    return MandateView(
        mandate.id,
        mandate.app_id,
        app.name if app else "",
        mandate.mode,
        mandate.currency,
        mandate.per_payment,
        mandate.per_day,
        mandate.spent_today if mandate.day == now // DAY_US else 0,
        "revoked" if mandate.revoked_at else "active",
        rfc3339(Instant(mandate.created_at)),
    )


def routes(
    db: Db, person: Guard[object], app: Guard[object], modes: tuple[Mode, ...], site_url: str
) -> Routes:
    """Everything under /v1/mandates, and /v1/app_mandates for apps; `modes` are the wallets this
    installation has."""
    api, buckets, origin = Routes("Wallet"), Buckets(), passkeys.origin_of(site_url)

    @api.get(
        "/v1/mandates",
        guard=person,
        answers=Mandates,
        params=(Param("app_id", "Only those of this app, with the name of its shop."),),
        refuses=(AppNotFound,),
    )
    async def mandates(call: Call) -> Mandates:
        """The mandates one has given, newest first.

        With `app_id`, a person learns whose app it is before giving it a mandate.
        """
        app_id = call.param("app_id")

        def query(reader: Reader) -> Mandates:
            asked = partners.app(reader, app_id) if app_id else None
            if app_id and asked is None:
                raise AppNotFound(field="app_id")
            found = service.mandates_of(reader, call.who.person.id)
            items = [
                show_mandate(reader, one, db.clock()) for one in found if app_id in ("", one.app_id)
            ]
            return Mandates(items, shop_name=asked.name if asked else None)

        return await db.read(query)

    def wished(
        call: Call,
        body: MandateBody | MandateChallengeBody,
        pin: str = "",
        passkey: Assertion | None = None,
    ) -> m.AskMandate:
        if body.mode not in modes:
            raise m.PlayNotAllowed(field="mode")
        limits = body.currency, body.per_payment, body.per_day
        return m.AskMandate(call.who.person.id, body.app_id, body.mode, *limits, pin, passkey)

    @api.post(
        "/v1/mandates/challenges",
        guard=person,
        body=MandateChallengeBody,
        answers=Asked,
        status=CREATED,
        refuses=(*_LIMITS, PasskeysUnavailable, PasskeyMissing, RateLimited),
    )
    async def challenge(call: Call, body: MandateChallengeBody) -> Asked:
        """Ask what a passkey must sign to give this mandate: it covers the app, the wallet and both limits.

        Hand `public_key` to `navigator.credentials.get` and its answer to POST /v1/mandates within five
        minutes; it counts once, and for nothing else.
        """
        ask = wished(call, body)
        buckets.take(ask.person_id, PER_S, BURST)
        about = await db.read(service.worth_confirming, ask)
        wish = AskChallenge("confirm", ask.person_id, origin, about)
        asked = await db.write(passkeys.ask_challenge, wish)
        return await db.read(passkeys.asked_to_confirm, asked)

    @api.post(
        "/v1/mandates",
        guard=person,
        body=MandateBody,
        answers=MandateView,
        status=CREATED,
        keyed=True,
        refuses=(
            *_LIMITS,
            WrongPin,
            PinLocked,
            PinMissing,
            WrongPasskey,
            PasskeyLocked,
            PasskeyChallengeGone,
        ),
    )
    async def give(call: Call, body: MandateBody) -> MandateView:
        """Let a shop confirm payments itself, up to so much at a time and per UTC day."""
        ask = wished(call, body, body.pin, body.passkey)
        once = call.once(ask.person_id, service.give_mandate, ask, Mandate)
        mandate = await db.write_once(once)
        return await db.read(show_mandate, mandate, db.clock())

    @api.delete("/v1/mandates/{id}", guard=person, status=EMPTY, refuses=(m.MandateNotFound,))
    async def revoke(call: Call, mandate_id: str) -> Answer:
        """Take a mandate back: from this moment the shop can confirm nothing by it."""
        await db.write(service.revoke_mandate, m.AskRevoke(call.who.person.id, mandate_id))
        return DONE

    @api.get(
        "/v1/app_mandates",
        guard=app,
        answers=Mandates,
        params=PAGING,
        refuses=(ScopeForbids, RoleForbids),
    )
    async def held(call: Call) -> Mandates:
        """The mandates that people have given to this app, oldest first. Who gave them is not told."""
        who: Caller = call.who
        partners.allows(who, "payments:read")

        def query(reader: Reader) -> Mandates:
            found = service.mandates_for(reader, who.app_id, who.mode, call.after, call.limit)
            more = found[-1].id if len(found) == call.limit else None
            return Mandates([show_mandate(reader, one, db.clock()) for one in found], more)

        return await db.read(query)

    return api
