"""The verbs of push, and what is asked of it."""

from changliao.bus import jobs
from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.people import service as people
from changliao.push import model as m
from changliao.push import rules, store
from changliao.push.model import Subscription, Wanted
from changliao.push.rules import quiet_hours
from changliao.push.service.hearing import TELL, carer, hear
from changliao.push.service.telling import Told, to_tell
from changliao.push.store import SETTINGS, SUBSCRIPTIONS

AGAIN = "push.again"


def subscribe(tx: Tx, ask: m.AskSubscribe) -> Subscription:
    """Tell the browser of this session from now on, and no other one of it. An address that another
    session gave is this one's now: the same browser, signed in anew. Refuses the eleventh device."""
    rules.keys(ask.p256dh, ask.auth)
    mine = tx.find(SUBSCRIPTIONS, ("session_id",), ask.session_id)
    if mine is not None and _same(mine, ask):
        return mine
    before = tx.find(SUBSCRIPTIONS, ("endpoint",), ask.endpoint)
    for one in {one.id for one in (mine, before) if one is not None}:
        store.drop(tx, one)
    if len(store.of_person(tx, ask.person_id)) >= m.SUBSCRIPTIONS_MAX:
        raise m.TooManySubscriptions
    fields = ask.person_id, ask.session_id, ask.endpoint, ask.p256dh, ask.auth
    return tx.add(SUBSCRIPTIONS, Subscription(tx.new_id("psb"), *fields, tx.now))


def _same(one: Subscription, ask: m.AskSubscribe) -> bool:
    return (one.endpoint, one.p256dh, one.auth) == (ask.endpoint, ask.p256dh, ask.auth)


def unsubscribe(tx: Tx, ask: m.AskUnsubscribe) -> None:
    """Tell a device no more. Refuses another's as if there were none."""
    found = tx.get(SUBSCRIPTIONS, ask.subscription_id)
    if found is None or found.person_id != ask.person_id:
        raise m.SubscriptionNotFound(field="subscription")
    store.drop(tx, found.id)


def drop(tx: Tx, ask: m.AskDrop) -> None:
    """Forget a subscription that its push service has ended, unless the browser made another since."""
    found = tx.get(SUBSCRIPTIONS, ask.subscription_id)
    if found is not None and found.endpoint == ask.endpoint:
        store.drop(tx, found.id)


def change_settings(tx: Tx, wanted: Wanted) -> Wanted:
    """What a person wants of notices from now on."""
    if tx.get(SETTINGS, wanted.person_id) is None:
        return tx.add(SETTINGS, wanted)
    return tx.put(SETTINGS, wanted)


def try_again(tx: Tx, ask: m.AskAgain) -> None:
    """Promise one device another try."""
    jobs.later(tx, AGAIN, f"{ask.subscription_id} {ask.conversation_id}", at=ask.at)


def subscriptions_of(reader: Reader, person_id: str) -> list[Subscription]:
    """A person's devices that are told."""
    return store.of_person(reader, person_id)


def live_subscriptions(reader: Reader, person_id: str, now: int) -> list[Subscription]:
    """Those of them whose session has not run out."""
    found = []
    for one in store.of_person(reader, person_id):
        session = people.session(reader, one.session_id)
        if session is not None and not session.ended_at and session.expires_at > now:
            found.append(one)
    return found


def subscription(reader: Reader, subscription_id: str) -> Subscription | None:
    """The subscription with this id."""
    found: Subscription | None = reader.get(SUBSCRIPTIONS, subscription_id)
    return found


def wanted_by(reader: Reader, person_id: str) -> Wanted:
    """What a person wants of notices: all of them, unless they said otherwise."""
    found: Wanted | None = reader.get(SETTINGS, person_id)
    return found or Wanted(person_id)


__all__ = [
    "AGAIN",
    "TELL",
    "Told",
    "carer",
    "change_settings",
    "drop",
    "hear",
    "live_subscriptions",
    "quiet_hours",
    "subscribe",
    "subscription",
    "subscriptions_of",
    "to_tell",
    "try_again",
    "unsubscribe",
    "wanted_by",
]
