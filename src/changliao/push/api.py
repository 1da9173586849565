"""The routes of push: which devices are told, and when none wants to be."""

from changliao.db.db import Db
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.people.model import SignedIn
from changliao.push import model as m
from changliao.push import rules, service
from changliao.push.model import Subscription, Wanted
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.outbound import CallbackAddressInvalid, check_address
from changliao.wire.routes import CREATED, EMPTY, Guard, Routes

ENDPOINT_MAX = 1000


class PushKeysBody(Value, frozen=True, forbid_unknown_fields=True):
    """The keys of a subscription, in base64url."""

    p256dh: str
    auth: str


class PushSubscriptionBody(Value, frozen=True, forbid_unknown_fields=True):
    """A subscription as the browser gave it."""

    endpoint: str
    keys: PushKeysBody


class PushSubscriptionView(View, frozen=True):
    """A device that is told; `current`: it is the one that asks."""

    id: str
    current: bool
    created_at: str


class PushSubscriptions(View, frozen=True):
    """All of them, oldest first."""

    items: list[PushSubscriptionView]


class PushKeyView(View, frozen=True):
    """The `applicationServerKey` that a browser subscribes with."""

    key: str


class NoticeSettingsBody(Value, frozen=True, forbid_unknown_fields=True):
    """Quiet hours as `HH:MM`, null for none, on a clock that is `offset_min` ahead of UTC; `content`:
    notices show who wrote what."""

    quiet_from: str | None = None
    quiet_to: str | None = None
    offset_min: int = 0
    content: bool = True


class NoticeSettingsView(View, frozen=True):
    """What I want of notices."""

    quiet_from: str | None
    quiet_to: str | None
    offset_min: int
    content: bool


def show(one: Subscription, session_id: str) -> PushSubscriptionView:
    """A subscription as its owner sees it."""
    created_at = rfc3339(Instant(one.created_at))
    return PushSubscriptionView(one.id, one.session_id == session_id, created_at)


def show_settings(wanted: Wanted) -> NoticeSettingsView:
    """What somebody wants, as they said it."""
    begins, ends = rules.quiet_hours(wanted) or (None, None)
    return NoticeSettingsView(begins, ends, wanted.offset_min, wanted.content)


def routes(db: Db, guard: Guard[SignedIn], key: str, *, allow_private: bool) -> Routes:
    """Everything under /v1/push."""
    api = Routes("Push")
    _devices(api, db, guard, allow_private=allow_private)
    _settings(api, db, guard)

    @api.get("/v1/push/key", guard=guard, answers=PushKeyView)
    async def public_key(call: Call) -> PushKeyView:
        """The key by which push services know this installation."""
        return PushKeyView(key)

    return api


def _devices(api: Routes, db: Db, guard: Guard[SignedIn], *, allow_private: bool) -> None:
    @api.post(
        "/v1/push/subscriptions",
        guard=guard,
        body=PushSubscriptionBody,
        answers=PushSubscriptionView,
        status=CREATED,
        refuses=(m.PushEndpointInvalid, m.PushKeysInvalid, m.TooManySubscriptions),
    )
    async def subscribe(call: Call, body: PushSubscriptionBody) -> PushSubscriptionView:
        """Be told on this device of messages that come while no device of mine is connected.

        One subscription for each session, at most ten for a person; it ends with the session.
        """
        try:
            check_address(body.endpoint, allow_private=allow_private)
        except CallbackAddressInvalid:
            raise m.PushEndpointInvalid(field="endpoint") from None
        if len(body.endpoint) > ENDPOINT_MAX:
            raise m.PushEndpointInvalid(field="endpoint")
        who = call.who
        keys = body.keys.p256dh, body.keys.auth
        ask = m.AskSubscribe(who.person.id, who.session.id, body.endpoint, *keys)
        return show(await db.write(service.subscribe, ask), who.session.id)

    @api.get("/v1/push/subscriptions", guard=guard, answers=PushSubscriptions)
    async def mine(call: Call) -> PushSubscriptions:
        """My devices that are told."""
        found = await db.read(service.subscriptions_of, call.who.person.id)
        return PushSubscriptions([show(one, call.who.session.id) for one in found])

    @api.delete(
        "/v1/push/subscriptions/{id}",
        guard=guard,
        status=EMPTY,
        refuses=(m.SubscriptionNotFound,),
    )
    async def end(call: Call, subscription_id: str) -> Answer:
        """Tell that device no more."""
        ask = m.AskUnsubscribe(call.who.person.id, subscription_id)
        await db.write(service.unsubscribe, ask)
        return DONE


def _settings(api: Routes, db: Db, guard: Guard[SignedIn]) -> None:
    @api.get("/v1/push/settings", guard=guard, answers=NoticeSettingsView)
    async def settings(call: Call) -> NoticeSettingsView:
        """What I want of notices."""
        return show_settings(await db.read(service.wanted_by, call.who.person.id))

    @api.put(
        "/v1/push/settings",
        guard=guard,
        body=NoticeSettingsBody,
        answers=NoticeSettingsView,
        refuses=(m.PushSettingsInvalid,),
    )
    async def change(call: Call, body: NoticeSettingsBody) -> NoticeSettingsView:
        """Set when I want no notices, and whether they show who wrote what.

        What is left out is as it was at first: told at all hours, with content.
        """
        hours = rules.hours(body.quiet_from, body.quiet_to, body.offset_min)
        wanted = Wanted(call.who.person.id, *hours, body.offset_min, body.content)
        return show_settings(await db.write(service.change_settings, wanted))
