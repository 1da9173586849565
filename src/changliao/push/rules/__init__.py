"""Who is told of what, and how much of it."""

import base64
import hashlib
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from changliao.chat.model import EVERYBODY, Place
from changliao.chat.model.entries import COUNTED, Entry
from changliao.kernel.instant import MINUTE_US, SECOND_US
from changliao.push import model as m
from changliao.push.model import Notice, Subscription, Wanted

SETTLE_US = 2 * SECOND_US
"""So long a notice waits for others of its conversation, and for a device that reads it meanwhile."""
AWAY_US = 90 * SECOND_US
"""When to look again at somebody who seems to be here: by then a socket that died has been noticed."""
STALE_US = 360 * MINUTE_US
"""What is older is news to nobody."""
TRY_US = 30 * MINUTE_US
"""So long a push service that does not take a notice is tried."""
TTL_S = 86_400
TEXT_MAX = 160
_DAY_MIN = 24 * 60
_OFFSETS = range(-720, 841)


def is_news(place: Place, entry: Entry) -> bool:
    """Whether an entry is something to tell this member of: a message of somebody else that they may see
    and have not read, in a conversation that is not muted, unless it calls them. Never of a feed: an
    account's followers may be all the world."""
    member = place.member
    if place.conversation.kind == "account" or member.left_s or entry.kind not in COUNTED:
        return False
    if entry.sender == member.person_id or entry.number <= max(member.read_s, member.from_s):
        return False
    return calls(entry, member.person_id) or not member.muted


def calls(entry: Entry, person_id: str) -> bool:
    """Whether an entry mentions this person, or everybody."""
    return bool({person_id, EVERYBODY} & set(entry.mentions.split()))


def is_quiet(wanted: Wanted, now: int) -> bool:
    """Whether it is a time at which this person wants no notices; hours may reach over midnight."""
    minute = (now // MINUTE_US + wanted.offset_min) % _DAY_MIN
    begins, ends = wanted.quiet_from, wanted.quiet_to
    if begins <= ends:
        return begins <= minute < ends
    return minute >= begins or minute < ends


def topic(subscription_id: str, conversation_id: str) -> str:
    """What a conversation is called to a push service (RFC 8030 5.4): 32 characters that say nothing, and
    are others for each device, so that nobody learns there who is in a conversation with whom."""
    digest = hashlib.sha256(f"{subscription_id} {conversation_id}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def notice(one: Subscription, said: dict[str, Any], *, urgent: bool) -> Notice:
    """The notice of this for one device, its text cut until it fits."""
    text, payload = str(said.get("text", "")), msgspec.json.encode(said)
    while len(payload) > m.PAYLOAD_MAX:
        text = text[: len(text) // 2]
        payload = msgspec.json.encode(said | {"text": text})
    return Notice(topic(one.id, said["c"]), "high" if urgent else "normal", TTL_S, payload)


def shown(entry: Entry, title: str, name: str, unread: int, *, group: bool) -> dict[str, Any]:
    """What a notice says of a message; the device puts it into its own language."""
    body = msgspec.json.decode(entry.body)
    text = next((body[key] for key in ("text", "title", "name") if body.get(key)), "")
    return {
        "c": entry.conversation_id,
        "s": entry.number,
        "n": unread,
        "at": entry.at // 1000,
        "k": entry.kind,
        "text": " ".join(str(text)[:TEXT_MAX].split()),
        "title": title[:TEXT_MAX],
        "name": name[:TEXT_MAX] if group else "",
    }


def hidden(entry: Entry) -> dict[str, Any]:
    """What a notice says to who wants no content in it: that there is something, and where."""
    at = entry.at // 1000
    return {"c": entry.conversation_id, "s": entry.number, "at": at, "hidden": True}


def keys(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """The two keys of a subscription as bytes. Refuses what no browser gave."""
    point, secret = raw(p256dh), raw(auth)
    if len(secret) != 16:
        raise m.PushKeysInvalid(field="keys.auth")
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        raise m.PushKeysInvalid(field="keys.p256dh") from None
    if len(point) != 65:
        raise m.PushKeysInvalid(field="keys.p256dh")
    return point, secret


def raw(text: str) -> bytes:
    """The bytes of a text in base64url, padded or not; none when it is not."""
    try:
        bare = text.rstrip("=")
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def hours(quiet_from: str | None, quiet_to: str | None, offset_min: int) -> tuple[int, int]:
    """The quiet hours as minutes of the day. Refuses half of them, and hours that no clock shows."""
    if offset_min not in _OFFSETS:
        raise m.PushSettingsInvalid(field="offset_min")
    if quiet_from is None and quiet_to is None:
        return 0, 0
    return _minute(quiet_from, "quiet_from"), _minute(quiet_to, "quiet_to")


def _minute(text: str | None, field: str) -> int:
    hour, _, minute = (text or "").partition(":")
    fit = len(hour) == len(minute) == 2 and (hour + minute).isascii() and (hour + minute).isdigit()
    if not fit or int(hour) > 23 or int(minute) > 59:
        raise m.PushSettingsInvalid(field=field)
    return int(hour) * 60 + int(minute)


def quiet_hours(wanted: Wanted) -> tuple[str, str] | None:
    """The quiet hours as a clock shows them; None when there are none."""
    if wanted.quiet_from == wanted.quiet_to:
        return None
    return _clock(wanted.quiet_from), _clock(wanted.quiet_to)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
