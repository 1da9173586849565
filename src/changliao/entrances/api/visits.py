"""Routes of a visit: what a person is shown, opening it, and what its page and its server may learn."""

import secrets
from collections.abc import Sequence

import msgspec

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.entrances import model as m
from changliao.entrances import rules, service
from changliao.entrances.api.show import Doors, DoorView, Words, names
from changliao.entrances.api.tokens import Signer
from changliao.entrances.model import (
    AskConsent,
    AskIdentify,
    AskLaunch,
    AskOnLaunch,
    Consent,
    Decision,
    Entrance,
    Launch,
    Scope,
    Visitor,
)
from changliao.kernel.addresses import web_origin
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value, View
from changliao.partners import service as partners
from changliao.partners.model import AppNotFound, Caller, Mode, RoleForbids, ScopeForbids
from changliao.pay import service as pay
from changliao.pay.model import Combined, CombinedNotFound, Payment, PaymentNotFound
from changliao.people.model import Edition, Locale, SignedIn
from changliao.people.service import token_hash
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import BadRequest, RateLimited
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

LAUNCHES_PER_S, LAUNCHES_BURST = 1, 20
"""How often one person may open entrances: more is a script."""
KEYS_LAST_S = 3600


class LaunchBody(Value, frozen=True, forbid_unknown_fields=True):
    """How an entrance is opened. `from` is the conversation whose card led here, `path` a page of the
    partner's, `lang` what the person reads now."""

    conversation: str = msgspec.field(name="from", default="")
    path: str = ""
    lang: Locale | None = None


class LaunchView(View, frozen=True):
    """An entrance that was opened: send the browser to `url` within a minute. It works once."""

    launch: str
    url: str
    expires_at: str


class LaunchCodeBody(Value, frozen=True, forbid_unknown_fields=True):
    """The code that came with the browser."""

    code: str

    def __repr__(self) -> str:
        return "LaunchCodeBody(code=…)"  # In no log and no traceback, as short as it lives.


class VisitorView(View, frozen=True):
    """Who came. `id_token` says the same, signed."""

    id_token: str
    sub: str
    launch: str
    entrance: str
    edition: Edition
    lang: Locale
    shared: dict[str, str]


class ScopesBody(Value, frozen=True, forbid_unknown_fields=True):
    """What a page would like to know; none: the pseudonym alone."""

    scopes: tuple[str, ...] = ()


class IdentityView(View, frozen=True):
    """What a page may be told: a signed token for its server, and what stands in it. `undecided` is what
    the person has to be asked first."""

    id_token: str
    sub: str
    shared: dict[str, str]
    undecided: tuple[Scope, ...]


class PaymentIdBody(Value, frozen=True, forbid_unknown_fields=True):
    """A payment of the app that was opened."""

    payment: str


class ShownView(View, frozen=True):
    """What opens the cashier of a payment."""

    payment_id: str
    token: str


class CardBody(Value, frozen=True, forbid_unknown_fields=True):
    """A page that is to be shared."""

    title: str
    text: str = ""
    path: str = ""


class CardView(View, frozen=True):
    """The body of a `card` entry: who shares, in the platform's words, and what. The picture is the
    entrance's: one from elsewhere would tell its server who reads which conversation."""

    app: str
    partner: str
    title: str
    text: str
    image: str
    path: str


class ConsentBody(Value, frozen=True, forbid_unknown_fields=True):
    """Whether an app may know it."""

    granted: bool


class ConsentView(View, frozen=True):
    """What one decided about one scope of one app."""

    app_id: str
    app: str
    partner: str
    scope: Scope
    state: Decision
    at: str


class Consents(View, frozen=True):
    """What one decided, newest first."""

    items: list[ConsentView]


def _door(reader: Reader, one: Entrance) -> DoorView:
    _, partner = names(reader, one.app_id)
    return DoorView(
        one.id,
        one.app_id,
        partner,
        Words(one.title_en, one.title_zh),
        Words(one.subtitle_en, one.subtitle_zh),
        one.icon,
        web_origin(one.start_url),
        one.scopes,
    )


def _consent(reader: Reader, one: Consent) -> ConsentView:
    app, partner = names(reader, one.app_id)
    at = rfc3339(Instant(one.changed_at))
    return ConsentView(one.app_id, app, partner, one.scope, one.state, at)


def _payment_of(reader: Reader, launch: Launch, payment_id: str) -> str:
    """The id of a payment of the app that was opened, or of one it acts for; to its page no other one
    exists."""
    try:
        asked: Payment | Combined
        if payment_id.startswith("cmb_"):
            asked = pay.combined(reader, payment_id)
        else:
            asked = pay.payment(reader, payment_id)
        if asked.app_id != launch.app_id:
            actor = partners.caller_for(reader, launch.app_id, launch.mode, launch.person_id)
            partners.acting_for(reader, actor, asked.app_id)
    except (AppNotFound, CombinedNotFound):
        raise PaymentNotFound(field="payment") from None
    if asked.mode != launch.mode:
        raise PaymentNotFound(field="payment")
    return asked.id


def _token_answer(signer: Signer, visitor: Visitor, now: int) -> VisitorView:
    launch = visitor.launch
    return VisitorView(
        signer.token(visitor, now),
        visitor.sub,
        launch.id,
        launch.entrance_id,
        visitor.edition,
        launch.lang,
        visitor.shared,
    )


def routes(
    db: Db, person: Guard[SignedIn], app: Guard[Caller], signer: Signer, modes: Sequence[Mode]
) -> Routes:
    """Everything under /v1/entrances, /v1/launches, /v1/launch_tokens, /v1/consents; the key set."""
    api = Routes("Entrances")
    here, buckets = tuple(modes), Buckets()

    @api.get(
        "/v1/entrances",
        guard=person,
        answers=Doors,
        params=(
            Param("place", "Where: discover (if left out), chats_top, me or pay_done."),
            Param("app", "Only this app's, wherever they stand: what a shared card opens."),
        ),
    )
    async def shown(call: Call) -> Doors:
        """What one is shown at a place of the app, in order."""
        place, app_id = call.param("place") or "discover", call.param("app")
        if place not in m.PLACES:
            raise BadRequest(f"`place` is one of {', '.join(m.PLACES)}.", field="place")
        who: SignedIn = call.who

        def query(reader: Reader) -> Doors:
            found = service.shown_to(reader, who.person, here, place, app_id)
            return Doors([_door(reader, one) for one in found])

        return await db.read(query)

    @api.post(
        "/v1/entrances/{id}/launches",
        guard=person,
        body=LaunchBody,
        answers=LaunchView,
        status=CREATED,
        refuses=(m.EntranceNotFound, m.PathInvalid, RateLimited),
    )
    async def launch(call: Call, entrance_id: str, body: LaunchBody) -> LaunchView:
        """Open an entrance.

        The answer leads to the partner's own page and carries no identity: a code that the partner's
        server trades for one, once, with its key, within a minute.
        """
        who: SignedIn = call.who
        buckets.take(who.person.id, LAUNCHES_PER_S, LAUNCHES_BURST)
        inside, code = rules.path(body.path), "lc_" + secrets.token_urlsafe(32)
        ask = AskLaunch(
            who.person.id,
            entrance_id,
            token_hash(code),
            body.lang,
            body.conversation[:64],
            here,
        )
        made = await db.write(service.open_launch, ask)
        said = {"code": code, "launch": made.id, "lang": made.lang, "edition": who.person.edition}
        leads_to = await db.read(service.entrance, made.entrance_id)
        url = rules.launch_url(leads_to, inside, said)
        return LaunchView(made.id, url, rfc3339(Instant(made.created_at + rules.CODE_US)))

    @api.post(
        "/v1/launch_tokens",
        guard=app,
        body=LaunchCodeBody,
        answers=VisitorView,
        status=CREATED,
        refuses=(m.LaunchNotFound, m.LaunchExpired, m.LaunchUsed, ScopeForbids, RoleForbids),
    )
    async def trade(call: Call, body: LaunchCodeBody) -> VisitorView:
        """Trade a code for who came: a pseudonym of your own, and what the person agreed to tell you.

        Codes work once, within a minute, with a key of the app and mode that was opened. Scope
        `customers:write`.
        """
        visitor = await db.write(service.identify, AskIdentify(call.who, token_hash(body.code)))
        if isinstance(visitor, Refusal):
            raise visitor
        return _token_answer(signer, visitor, db.clock())

    @api.post(
        "/v1/launches/{id}/tokens",
        guard=person,
        body=ScopesBody,
        answers=IdentityView,
        status=CREATED,
        refuses=(m.LaunchNotFound, m.LaunchOver, m.EntranceNotFound, m.ScopeNotOffered),
    )
    async def identity(call: Call, launch_id: str, body: ScopesBody) -> IdentityView:
        """What the page of a launch may be told now, signed for its server.

        Ask the person about what is `undecided`, keep the answers with PUT /v1/consents, and ask again.
        """
        now, who = db.clock(), call.who.person.id

        def query(reader: Reader) -> Visitor:
            opened = service.launch_of(reader, launch_id, who, now)
            return service.visitor(reader, db.vault, opened, body.scopes, here)

        found = await db.read(query)
        token = signer.token(found, now)
        return IdentityView(token, found.sub, found.shared, found.undecided)

    @api.post(
        "/v1/launches/{id}/payments",
        guard=person,
        body=PaymentIdBody,
        answers=ShownView,
        status=CREATED,
        refuses=(m.LaunchNotFound, m.LaunchOver, PaymentNotFound),
    )
    async def show_payment(call: Call, launch_id: str, body: PaymentIdBody) -> ShownView:
        """Open the cashier above the page of a launch, for a payment of the app that was opened.

        Nothing is paid by this; amount and shop are shown by the cashier, which asks for the PIN.
        """
        now, who = db.clock(), call.who.person.id

        def query(reader: Reader) -> str:
            opened = service.launch_of(reader, launch_id, who, now)
            return _payment_of(reader, opened, body.payment)

        payment_id = await db.read(query)
        await db.write(service.show_payment, AskOnLaunch(who, launch_id, payment_id))
        return ShownView(payment_id, pay.cashier_token(db.vault, payment_id))

    @api.post(
        "/v1/launches/{id}/cards",
        guard=person,
        body=CardBody,
        answers=CardView,
        status=CREATED,
        refuses=(m.LaunchNotFound, m.LaunchOver, m.CardInvalid, m.PathInvalid),
    )
    async def card(call: Call, launch_id: str, body: CardBody) -> CardView:
        """A page of the partner as the card that a person may send into a conversation."""
        now, who = db.clock(), call.who.person.id
        rules.card(body.title, body.text)
        path = rules.path(body.path)

        def query(reader: Reader) -> CardView:
            opened = service.launch_of(reader, launch_id, who, now)
            place = service.entrance(reader, opened.entrance_id)
            _, partner = names(reader, opened.app_id)
            return CardView(opened.app_id, partner, body.title, body.text, place.icon, path)

        return await db.read(query)

    _consents(api, db, person)

    @api.get("/.well-known/jwks.json", page=True)
    async def key_set(call: Call) -> Answer:
        """The keys that check the tokens of launches."""
        said = msgspec.json.encode(signer.key_set(db.clock()))
        lasts = (("cache-control", f"public, max-age={KEYS_LAST_S}"),)
        return Answer(said, content_type="application/jwk-set+json", headers=lasts)

    return api


def _consents(api: Routes, db: Db, person: Guard[SignedIn]) -> None:
    @api.get("/v1/consents", guard=person, answers=Consents)
    async def decided(call: Call) -> Consents:
        """What one decided about what apps may know, newest first."""

        def query(reader: Reader) -> Consents:
            found = service.consents_of(reader, call.who.person.id)
            return Consents([_consent(reader, one) for one in found])

        return await db.read(query)

    async def write(call: Call, app_id: str, scope: str, state: Decision) -> Consent:
        ask = AskConsent(call.who.person.id, app_id, scope, state)
        return await db.write(service.decide, ask)

    @api.put(
        "/v1/consents/{app_id}/{scope}",
        guard=person,
        body=ConsentBody,
        answers=ConsentView,
        refuses=(m.ConsentNotFound,),
    )
    async def decide(call: Call, app_id: str, scope: str, body: ConsentBody) -> ConsentView:
        """Let an app know something of oneself (`name`, `handle`), or do not; one is not asked again."""
        state: Decision = "granted" if body.granted else "refused"
        return await db.read(_consent, await write(call, app_id, scope, state))

    @api.delete(
        "/v1/consents/{app_id}/{scope}",
        guard=person,
        status=EMPTY,
        refuses=(m.ConsentNotFound,),
    )
    async def withdraw(call: Call, app_id: str, scope: str) -> Answer:
        """Take a decision back. The app is told, learns it no more, and has to ask again."""
        await write(call, app_id, scope, "withdrawn")
        return DONE
