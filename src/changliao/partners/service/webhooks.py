"""Webhooks: where facts go, what is on its way, what came of each try."""

import base64
from collections.abc import Sequence

import msgspec

from changliao.bus import jobs
from changliao.bus.outbox import for_an_audience, hears
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.kernel.instant import later
from changliao.kernel.value import Value
from changliao.partners import model as m
from changliao.partners import rules, store
from changliao.partners.events import (
    EndpointAdded,
    EndpointRemoved,
    EndpointSecretRotated,
    EndpointTested,
)
from changliao.partners.model import (
    AskEndpoint,
    AskEndpointChange,
    AskNoteTry,
    AskReplay,
    Caller,
    Delivery,
    Endpoint,
    Subscription,
    Try,
    audience,
)
from changliao.partners.store import DELIVERIES, ENDPOINTS, SUBSCRIPTIONS, TRIES

DELIVER = "partners.deliver"
"""The kind of job that carries a delivery out."""


def add_endpoint(tx: Tx, ask: AskEndpoint) -> Endpoint:
    """Tell this address of facts of these kinds from now on. The secret is kept sealed."""
    rules.allows(ask.caller, "webhooks:write")
    rules.endpoint_kinds(ask.kinds)
    earlier = tx.get(SUBSCRIPTIONS, ask.caller.audience)
    if earlier is not None and len(earlier.endpoint_ids) >= rules.ENDPOINTS_MAX:
        raise m.TooManyEndpoints(field="url")
    endpoint_id = tx.new_id("we")
    endpoint = Endpoint(
        endpoint_id,
        ask.caller.app_id,
        ask.caller.mode,
        ask.url,
        ask.kinds,
        ask.signing,
        tx.vault.seal(ask.secret, place=_place(endpoint_id, "secret")),
        "",
        0,
        "enabled",
        tx.now,
    )
    ids = (*(earlier.endpoint_ids if earlier else ()), endpoint_id)
    _subscribe(tx, earlier, Subscription(ask.caller.audience, ids))
    tx.emit(EndpointAdded(endpoint_id, ask.url, ask.caller.actor), about=endpoint_id)
    return tx.add(ENDPOINTS, endpoint)


def remove_endpoint(tx: Tx, ask: AskEndpointChange) -> Endpoint:
    """Stop telling this address; what is on its way there is given up."""
    rules.allows(ask.caller, "webhooks:write")
    return _switch_off(tx, _own_endpoint(tx, ask), ask.caller.actor)


def rotate_secret(tx: Tx, ask: AskEndpointChange) -> Endpoint:
    """Sign with a new secret; for a day the old one signs beside it."""
    rules.allows(ask.caller, "webhooks:write")
    endpoint = _own_endpoint(tx, ask)
    old = tx.vault.open(endpoint.secret, place=_place(endpoint.id, "secret"))
    tx.emit(EndpointSecretRotated(endpoint.id, ask.caller.actor), about=endpoint.id)
    return tx.put(
        ENDPOINTS,
        msgspec.structs.replace(
            endpoint,
            secret=tx.vault.seal(ask.secret, place=_place(endpoint.id, "secret")),
            old_secret=tx.vault.seal(old, place=_place(endpoint.id, "old_secret")),
            old_until=later(tx.now, rules.OLD_SECRET_S),
        ),
    )


def test_endpoint(tx: Tx, ask: AskEndpointChange) -> Delivery:
    """Send one test event to this endpoint alone."""
    rules.allows(ask.caller, "webhooks:write")
    endpoint = _own_endpoint(tx, ask)
    fact = tx.emit(EndpointTested(endpoint.id, ask.caller.actor), about=endpoint.id)
    return _dispatch(tx, endpoint, fact)


@hears(for_an_audience)
def plan_deliveries(tx: Tx, facts: Sequence[FactRow]) -> None:
    """Hear facts: one delivery for each endpoint that wants one, and a job to carry it out."""
    for fact in facts:
        subscription = tx.get(SUBSCRIPTIONS, fact.audience) if fact.audience else None
        for endpoint_id in subscription.endpoint_ids if subscription else ():
            endpoint = tx.get(ENDPOINTS, endpoint_id)
            if endpoint is not None and rules.wants(endpoint, fact.kind):
                _dispatch(tx, endpoint, fact)


def note_try(tx: Tx, ask: AskNoteTry) -> int:
    """Keep what came of a try; answers when to try again, or 0 for never.

    2xx delivers; 410 switches the endpoint off; after ten tries (75 h) a delivery has failed and
    waits for somebody to replay it. What has ended stays ended, though a run that outlived its lease
    comes back with trouble.
    """
    delivery = tx.get(DELIVERIES, ask.delivery_id)
    endpoint = tx.get(ENDPOINTS, delivery.endpoint_id) if delivery else None
    if delivery is None or endpoint is None:
        return 0
    number = delivery.tries + 1
    tx.add(
        TRIES,
        Try(
            tx.new_id("try"),
            delivery.id,
            endpoint.id,
            number,
            tx.now,
            ask.status,
            ask.trouble,
            ask.excerpt,
            ask.took_ms,
        ),
    )
    ended = delivery.state != "waiting"
    delivery = tx.put(DELIVERIES, msgspec.structs.replace(delivery, tries=number))
    if not ask.trouble:
        tx.put(DELIVERIES, msgspec.structs.replace(delivery, state="delivered"))
        return 0
    if ask.status == 410:
        _switch_off(tx, endpoint, "endpoint")
    if ended:
        return 0
    wait_us = None if ask.status == 410 else rules.wait_us(delivery, ask.retry_after_s)
    state = "failed" if wait_us is None else "waiting"
    tx.put(DELIVERIES, msgspec.structs.replace(delivery, state=state))
    return 0 if wait_us is None else tx.now + wait_us


def replay(tx: Tx, ask: AskReplay) -> Delivery:
    """Try a delivery again now, whatever came of it before; its ten tries begin anew."""
    rules.allows(ask.caller, "webhooks:write")
    delivery = tx.get(DELIVERIES, ask.delivery_id)
    endpoint = tx.get(ENDPOINTS, delivery.endpoint_id) if delivery else None
    if delivery is None or not _owns(ask.caller, endpoint):
        raise m.DeliveryNotFound(field="id")
    assert endpoint is not None
    if endpoint.state == "disabled":
        raise m.EndpointDisabled(field="id")
    jobs.later(tx, DELIVER, delivery.id)
    return tx.put(DELIVERIES, msgspec.structs.replace(delivery, state="waiting", tries=0))


class DeliveryWork(Value, frozen=True):
    """All that a try needs: the delivery, its endpoint, its fact, and the secrets to sign with."""

    delivery: Delivery
    endpoint: Endpoint
    fact: FactRow


def delivery_work(reader: Reader, delivery_id: str) -> DeliveryWork | None:
    """What to send where; None when it is delivered or given up already."""
    delivery = reader.get(DELIVERIES, delivery_id)
    if delivery is None or delivery.state != "waiting":
        return None
    endpoint = reader.get(ENDPOINTS, delivery.endpoint_id)
    return DeliveryWork(delivery, endpoint, store.fact(reader, delivery.fact_seq))


def reseal_endpoint(tx: Tx, endpoint_id: str) -> None:
    """Seal an endpoint's secrets under the active master key."""
    endpoint = tx.get(ENDPOINTS, endpoint_id)
    assert endpoint is not None
    sealed = {
        column: tx.vault.reseal(text, place=_place(endpoint_id, column)) if text else ""
        for column, text in (("secret", endpoint.secret), ("old_secret", endpoint.old_secret))
    }
    tx.put(ENDPOINTS, msgspec.structs.replace(endpoint, **sealed))


def secret_text(endpoint: Endpoint, secret: bytes) -> str:
    """A secret as shops configure it: `whsec_…` for v1; v1a endpoints are shown only the public key."""
    return "whsec_" + base64.b64encode(secret).decode()


def secret_places(endpoint: Endpoint, now: int) -> list[tuple[str, str]]:
    """Sealed secrets that sign at this moment, each with its place."""
    places = [(endpoint.secret, _place(endpoint.id, "secret"))]
    if endpoint.old_secret and endpoint.old_until > now:
        places.append((endpoint.old_secret, _place(endpoint.id, "old_secret")))
    return places


def _place(endpoint_id: str, column: str) -> str:
    return f"partners_endpoints.{column}:{endpoint_id}"


def _owns(caller: Caller, endpoint: Endpoint | None) -> bool:
    return endpoint is not None and (endpoint.app_id, endpoint.mode) == (
        caller.app_id,
        caller.mode,
    )


def _own_endpoint(tx: Tx, ask: AskEndpointChange) -> Endpoint:
    endpoint = tx.get(ENDPOINTS, ask.endpoint_id)
    if endpoint is None or not _owns(ask.caller, endpoint) or endpoint.state == "disabled":
        raise m.EndpointNotFound(field="id")
    return endpoint


def _switch_off(tx: Tx, endpoint: Endpoint, actor: str) -> Endpoint:
    whose = audience(endpoint.app_id, endpoint.mode)
    subscription = tx.get(SUBSCRIPTIONS, whose)
    if subscription is not None and endpoint.id in subscription.endpoint_ids:
        left = tuple(one for one in subscription.endpoint_ids if one != endpoint.id)
        tx.put(SUBSCRIPTIONS, Subscription(whose, left))
        tx.emit(EndpointRemoved(endpoint.id, actor), about=endpoint.id)
    return tx.put(ENDPOINTS, msgspec.structs.replace(endpoint, state="disabled"))


def _subscribe(tx: Tx, earlier: Subscription | None, now: Subscription) -> None:
    if earlier is None:
        tx.add(SUBSCRIPTIONS, now)
    else:
        tx.put(SUBSCRIPTIONS, now)


def _dispatch(tx: Tx, endpoint: Endpoint, fact: FactRow) -> Delivery:
    delivery = Delivery(
        tx.new_id("msg"), endpoint.id, fact.seq, fact.about, fact.kind, "waiting", 0, tx.now
    )
    jobs.later(tx, DELIVER, delivery.id)
    return tx.add(DELIVERIES, delivery)


# Reading ------------------------------------------------------------------------------------


def endpoints_of(reader: Reader, caller: Caller) -> list[Endpoint]:
    """The caller's endpoints."""
    rules.allows(caller, "webhooks:read")
    return store.endpoints_of(reader, caller.app_id, caller.mode)


def endpoint_of(reader: Reader, caller: Caller, endpoint_id: str) -> Endpoint:
    """One of the caller's endpoints."""
    rules.allows(caller, "webhooks:read")
    endpoint = reader.get(ENDPOINTS, endpoint_id)
    if not _owns(caller, endpoint):
        raise m.EndpointNotFound(field="id")
    return endpoint  # type: ignore[no-any-return]


def deliveries_of(reader: Reader, endpoint_id: str, before: str, limit: int) -> list[Delivery]:
    """An endpoint's deliveries, newest first."""
    return store.deliveries_of(reader, endpoint_id, before, limit)


def deliveries_about(reader: Reader, about: str) -> list[Delivery]:
    """Deliveries of facts about one thing."""
    return store.deliveries_about(reader, about)


def tries_of(reader: Reader, delivery_id: str) -> list[Try]:
    """The tries of a delivery."""
    return store.tries_of(reader, delivery_id)


def resealable(reader: Reader) -> list[str]:
    """Every endpoint whose secrets are sealed."""
    return store.all_endpoint_ids(reader)


def undelivered(reader: Reader) -> int:
    """How many deliveries still wait."""
    return store.undelivered(reader)


def tries_since(reader: Reader, try_id: str, limit: int) -> list[Try]:
    """Tries made after this one, in order."""
    return store.tries_since(reader, try_id, limit)


def unreachable(reader: Reader) -> list[tuple[str, str]]:
    """Endpoints that did not take their newest webhook: address and trouble."""
    return store.unreachable(reader)
