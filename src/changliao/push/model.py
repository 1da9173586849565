"""Subscriptions, what a person wants of notices, and a notice itself."""

from typing import Literal

from changliao.kernel.refusal import Conflict, Invalid, NotFound
from changliao.kernel.value import Value

SUBSCRIPTIONS_MAX = 10
PAYLOAD_MAX = 3993
"""Bytes: one record of 4096 (RFC 8188) less its header, its tag and one byte of padding."""

Urgency = Literal["normal", "high"]
Outcome = Literal["sent", "gone", "later", "refused"]


class Subscription(Value, frozen=True):
    """Where the browser of one session is told: `endpoint` is its push service's address for it,
    `p256dh` and `auth` the keys that only it opens what is sent with (RFC 8291), in base64url."""

    id: str
    person_id: str
    session_id: str
    endpoint: str
    p256dh: str
    auth: str
    created_at: int

    def __repr__(self) -> str:
        return f"Subscription({self.id!r})"


class Wanted(Value, frozen=True):
    """What a person wants of notices. Quiet from `quiet_from` to `quiet_to`, minutes of the day where the
    clock is `offset_min` ahead of UTC; the same twice: never quiet. `content`: a notice shows who wrote
    what."""

    person_id: str
    quiet_from: int = 0
    quiet_to: int = 0
    offset_min: int = 0
    content: bool = True


class Notice(Value, frozen=True):
    """What a device is told. A later one of the same `topic` takes the place of one that waits still;
    after `ttl_s` nobody need be told any more. `payload` is JSON, at most 3,993 bytes."""

    topic: str
    urgency: Urgency
    ttl_s: int
    payload: bytes


class Delivery(Value, frozen=True):
    """What became of a notice: `gone` means that this subscription is over; `later` that it may be tried
    again, not before `after_s` seconds."""

    outcome: Outcome
    after_s: int = 0


class AskSubscribe(Value, frozen=True):
    """Tell this session's browser from now on."""

    person_id: str
    session_id: str
    endpoint: str
    p256dh: str
    auth: str

    def __repr__(self) -> str:
        return f"AskSubscribe({self.session_id!r})"


class AskUnsubscribe(Value, frozen=True):
    """Tell it no more."""

    person_id: str
    subscription_id: str


class AskDrop(Value, frozen=True):
    """Forget a subscription that is over, if its address is still this one."""

    subscription_id: str
    endpoint: str


class AskAgain(Value, frozen=True):
    """Try one device again then."""

    subscription_id: str
    conversation_id: str
    at: int


class PushEndpointInvalid(
    Invalid,
    code="push_endpoint_invalid",
    hint="Send the endpoint that PushManager.subscribe() gave: https:// and a public host.",
):
    """No notice can be sent to this address."""


class PushKeysInvalid(
    Invalid,
    code="push_keys_invalid",
    hint="Send p256dh (65 bytes, a point of P-256) and auth (16 bytes) in base64url, as the browser did.",
):
    """These are no keys of a push subscription."""


class PushSettingsInvalid(
    Invalid,
    code="push_settings_invalid",
    hint='Times are "HH:MM", both or neither; offset_min is between -720 and 840.',
):
    """These hours cannot be kept."""


class TooManySubscriptions(
    Conflict,
    code="too_many_subscriptions",
    hint="Sign out on a device that you use no more, or switch notices off there.",
):
    """Ten devices are told already."""


class SubscriptionNotFound(NotFound, code="subscription_not_found"):
    """There is no such subscription."""
