"""Routes for apps: events, webhook endpoints and their deliveries."""

import base64
import secrets
from typing import Any

import msgspec

from changliao.bus import outbox
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.kernel.instant import DAY_US, Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.partners import model as m
from changliao.partners import service
from changliao.partners.api.guard import AppGuard
from changliao.partners.model import Delivery, Endpoint, Signing, Try
from changliao.partners.service.webhooks import secret_text
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.outbound import CallbackAddressInvalid, Outbound, check_address
from changliao.wire.routes import ACCEPTED, CREATED, EMPTY, Param, Routes
from changliao.wire.sign import ed25519_public

EVENTS_KEPT_DAYS = 90
PAGING = (
    Param("after", "Cursor: `next` of the page before."),
    Param("limit", "Rows of a page, 1 to 100; 20 by default.", int),
)


class EndpointBody(Value, frozen=True, forbid_unknown_fields=True):
    """Where to be told of what: kinds such as `payment.paid`, `payment.*` or `*`. `v1` signs with
    HMAC-SHA256, `v1a` with Ed25519."""

    url: str
    kinds: tuple[str, ...] = ("*",)
    signing: Signing = "v1"


class EndpointView(View, frozen=True):
    """A webhook endpoint. `secret` (v1) is shown when it is made or rotated; `public_key` (v1a) always."""

    id: str
    url: str
    kinds: tuple[str, ...]
    signing: Signing
    state: str
    created_at: str
    last_try: "TryView | None"
    secret: str | None = None
    public_key: str | None = None


class TryView(View, frozen=True):
    """One try: `status` 0 when nothing came back, and then `trouble` says why."""

    at: str
    number: int
    status: int
    trouble: str
    excerpt: str
    took_ms: int


class DeliveryView(View, frozen=True):
    """One event on its way to one endpoint, with its tries."""

    id: str
    event_id: str
    kind: str
    about: str
    endpoint_id: str
    state: str
    created_at: str
    tries: list[TryView]


class Deliveries(View, frozen=True):
    """Deliveries, newest first."""

    items: list[DeliveryView]
    next: str | None


class Endpoints(View, frozen=True):
    """An app's webhook endpoints."""

    items: list[EndpointView]


class EventView(View, frozen=True):
    """One event. `sequence` grows; it is the cursor as well."""

    id: str
    sequence: int
    kind: str
    about: str
    at: str
    data: dict[str, Any]


class Events(View, frozen=True):
    """Events in the order in which they happened. `next` is the cursor to go on from, also when there
    is nothing new yet."""

    items: list[EventView]
    next: str


def show_event(fact: FactRow) -> EventView:
    """A fact as its app sees it."""
    data = msgspec.json.decode(fact.body)
    return EventView(
        f"evt_{fact.seq}", fact.seq, fact.kind, fact.about, rfc3339(Instant(fact.at)), data
    )


def show_try(one: Try) -> TryView:
    """A try as its app sees it."""
    return TryView(
        rfc3339(Instant(one.at)), one.number, one.status, one.trouble, one.excerpt, one.took_ms
    )


def show_delivery(reader: Reader, delivery: Delivery) -> DeliveryView:
    """A delivery with its tries."""
    return DeliveryView(
        delivery.id,
        f"evt_{delivery.fact_seq}",
        delivery.kind,
        delivery.about,
        delivery.endpoint_id,
        delivery.state,
        rfc3339(Instant(delivery.created_at)),
        [show_try(one) for one in service.tries_of(reader, delivery.id)],
    )


def _deliveries(reader: Reader, endpoint_id: str, before: str, limit: int) -> Deliveries:
    found = service.deliveries_of(reader, endpoint_id, before, limit)
    more = found[-1].id if len(found) == limit else None
    return Deliveries([show_delivery(reader, one) for one in found], more)


def _last_try(reader: Reader, endpoint: Endpoint) -> TryView | None:
    for delivery in service.deliveries_of(reader, endpoint.id, "", 5):
        if tries := service.tries_of(reader, delivery.id):
            return show_try(tries[-1])
    return None


def routes(db: Db, guard: AppGuard, outbound: Outbound) -> Routes:
    """Everything under /v1/events, /v1/webhook_endpoints, /v1/deliveries."""
    api = Routes("Events and webhooks")
    own = (m.EndpointNotFound, m.ScopeForbids, m.RoleForbids)

    def show(endpoint: Endpoint, last: TryView | None, secret: bytes = b"") -> EndpointView:
        public = None
        if endpoint.signing == "v1a":
            place = f"partners_endpoints.secret:{endpoint.id}"
            seed = secret or db.vault.open(endpoint.secret, place=place)
            public = "whpk_" + base64.b64encode(ed25519_public(seed)).decode()
        shown = secret_text(endpoint, secret) if secret and endpoint.signing == "v1" else None
        return EndpointView(
            endpoint.id,
            endpoint.url,
            endpoint.kinds,
            endpoint.signing,
            endpoint.state,
            rfc3339(Instant(endpoint.created_at)),
            last,
            shown,
            public,
        )

    @api.get(
        "/v1/events",
        guard=guard,
        answers=Events,
        params=(*PAGING, Param("kind", "Only events of this kind.")),
        refuses=(m.ScopeForbids, m.RoleForbids),
    )
    async def events(call: Call) -> Events:
        """What happened to the app's things, from any point of the last 90 days.

        This is the truth; webhooks are the hint that it changed. Without `after` it begins 90 days ago.
        """
        service.allows(call.who, "payments:read")
        since, limit = call.after_number, call.limit
        kind, oldest = call.param("kind"), db.clock() - EVENTS_KEPT_DAYS * DAY_US
        audience = call.who.audience
        found = await db.read(outbox.facts_for, audience, since, kind, limit, oldest)
        return Events([show_event(fact) for fact in found], str(found[-1].seq if found else since))

    @api.post(
        "/v1/webhook_endpoints",
        guard=guard,
        body=EndpointBody,
        answers=EndpointView,
        status=CREATED,
        refuses=(*own, CallbackAddressInvalid, m.KindUnknown, m.TooManyEndpoints),
    )
    async def add(call: Call, body: EndpointBody) -> EndpointView:
        """Be told of events at an address.

        Messages follow Standard Webhooks 1.0: verify `webhook-signature` over
        `{webhook-id}.{webhook-timestamp}.{body}`. Answer 2xx within 20 s; otherwise it is tried ten
        times over 75 hours; 410 switches the endpoint off. Redirects are not followed.
        """
        check_address(body.url, allow_private=outbound.allow_private)
        secret = secrets.token_bytes(32)
        ask = m.AskEndpoint(call.who, body.url, body.kinds, body.signing, secret)
        return show(await db.write(service.add_endpoint, ask), None, secret)

    @api.get("/v1/webhook_endpoints", guard=guard, answers=Endpoints, refuses=own)
    async def list_endpoints(call: Call) -> Endpoints:
        """The app's endpoints, each with its last answer."""

        def query(reader: Reader) -> Endpoints:
            found = service.endpoints_of(reader, call.who)
            return Endpoints([show(one, _last_try(reader, one)) for one in found])

        return await db.read(query)

    @api.get("/v1/webhook_endpoints/{id}", guard=guard, answers=EndpointView, refuses=own)
    async def one(call: Call, endpoint_id: str) -> EndpointView:
        """One endpoint, with its last answer."""

        def query(reader: Reader) -> EndpointView:
            endpoint = service.endpoint_of(reader, call.who, endpoint_id)
            return show(endpoint, _last_try(reader, endpoint))

        return await db.read(query)

    @api.delete("/v1/webhook_endpoints/{id}", guard=guard, status=EMPTY, refuses=own)
    async def remove(call: Call, endpoint_id: str) -> Answer:
        """Stop telling this address."""
        await db.write(service.remove_endpoint, m.AskEndpointChange(call.who, endpoint_id))
        return DONE

    @api.post("/v1/webhook_endpoints/{id}/secret", guard=guard, answers=EndpointView, refuses=own)
    async def rotate(call: Call, endpoint_id: str) -> EndpointView:
        """Make a new secret. For a day messages carry both signatures."""
        secret = secrets.token_bytes(32)
        ask = m.AskEndpointChange(call.who, endpoint_id, secret)
        return show(await db.write(service.rotate_secret, ask), None, secret)

    @api.post(
        "/v1/webhook_endpoints/{id}/test",
        guard=guard,
        answers=DeliveryView,
        status=ACCEPTED,
        refuses=own,
    )
    async def test(call: Call, endpoint_id: str) -> DeliveryView:
        """Send a `webhook_endpoint.tested` event to this endpoint alone."""
        ask = m.AskEndpointChange(call.who, endpoint_id)
        delivery = await db.write(service.test_endpoint, ask)
        return await db.read(show_delivery, delivery)

    @api.get(
        "/v1/webhook_endpoints/{id}/tries",
        guard=guard,
        answers=Deliveries,
        params=PAGING,
        refuses=own,
    )
    async def tries(call: Call, endpoint_id: str) -> Deliveries:
        """What was sent to an endpoint and what it answered, newest first."""
        await db.read(service.endpoint_of, call.who, endpoint_id)
        return await db.read(_deliveries, endpoint_id, call.after, call.limit)

    @api.get(
        "/v1/deliveries",
        guard=guard,
        answers=Deliveries,
        params=(Param("about", "The payment or other thing that the events are about."),),
        refuses=own,
    )
    async def about(call: Call) -> Deliveries:
        """The webhooks that went out about one thing, with their tries."""

        def query(reader: Reader) -> Deliveries:
            mine = {one.id for one in service.endpoints_of(reader, call.who)}
            found = service.deliveries_about(reader, call.param("about"))
            return Deliveries(
                [show_delivery(reader, one) for one in found if one.endpoint_id in mine], None
            )

        return await db.read(query)

    @api.post(
        "/v1/deliveries/{id}/tries",
        guard=guard,
        answers=DeliveryView,
        status=ACCEPTED,
        refuses=(m.DeliveryNotFound, m.EndpointDisabled, m.ScopeForbids, m.RoleForbids),
    )
    async def replay(call: Call, delivery_id: str) -> DeliveryView:
        """Try a delivery again now, whatever came of it before."""
        delivery = await db.write(service.replay, m.AskReplay(call.who, delivery_id))
        return await db.read(show_delivery, delivery)

    return api
