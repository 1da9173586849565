"""What may be announced, who may post it where, and how much in a day."""

import re

from changliao.kernel.instant import DAY_US, HOUR_US, SECOND_US
from changliao.media import model as m
from changliao.media.model import OPEN, PUBLIC, AskAnnounce, AskUse, Day, Grant, Kind, Media

MIB = 1 << 20
SIZE_MAX: dict[Kind, int] = {
    "image": 20 * MIB,
    "file": 100 * MIB,
    "voice": MIB,
    "avatar": 5 * MIB,
    "cover": 10 * MIB,
}
PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
VOICE_TYPES = ("audio/ogg", "audio/webm", "audio/mp4")
TYPES: dict[Kind, tuple[str, ...]] = {
    "image": PICTURE_TYPES,
    "avatar": PICTURE_TYPES,
    "cover": PICTURE_TYPES,
    "voice": VOICE_TYPES,
}
"""What each kind may be; a file may be anything, for it is never shown, only handed out."""
NAME_MAX = 255
DAY_SIZE_MAX = 2048 * MIB
DAY_COUNT_MAX = 2000
TICKET_US = HOUR_US
UNFINISHED_US = DAY_US
"""How long a ticket that nobody used stays; longer than any upload may take."""
UNUSED_US = 7 * DAY_US
"""How long something stays that is posted nowhere (any more)."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def plain_type(content_type: str) -> str:
    """A content type in small letters without parameters: `audio/webm;codecs=opus` is `audio/webm`."""
    return content_type.partition(";")[0].strip().lower()


def plain_name(name: str) -> str:
    """A file's name without folders, and without characters that are not seen: those that turn the
    direction of writing make `gnp.exe` look like `exe.png`."""
    return _UNSEEN.sub("", re.split(r"[/\\]", name)[-1]).strip()


def announced(ask: AskAnnounce) -> AskAnnounce:
    """What was announced, in its plain form. Refuses a kind that does not take the type, and what is
    empty, too large, or named too long."""
    kind, content_type, name = ask.kind, plain_type(ask.content_type), plain_name(ask.name)
    if not _DIGEST.fullmatch(ask.sha256):
        raise m.DigestInvalid(field="sha256")
    if not _TYPE.fullmatch(content_type) or content_type not in TYPES.get(kind, (content_type,)):
        raise m.MediaTypeUnknown(field="content_type")
    if not 0 < ask.size <= SIZE_MAX[kind]:
        raise m.MediaTooLarge(field="size", size_max=SIZE_MAX[kind])
    if len(name) > NAME_MAX:
        raise m.MediaNameInvalid(field="name")
    return AskAnnounce(ask.person_id, kind, content_type, ask.size, ask.sha256, name, ask.same_as)


def one_more(before: Day | None, person_id: str, size: int, now: int) -> Day:
    """The person's day with one upload more; refuses what goes beyond it."""
    today = now // DAY_US
    had = before if before and before.day == today else Day(person_id, today, 0, 0)
    if had.size + size > DAY_SIZE_MAX or had.count >= DAY_COUNT_MAX:
        wait_us = (today + 1) * DAY_US - now
        raise m.MediaQuotaUsed(field="size", retry_after_s=wait_us // SECOND_US + 1)
    return Day(person_id, today, had.size + size, had.count + 1)


def is_same(known: Media | None, ask: AskAnnounce) -> bool:
    """Whether a media is this person's own, whole, and made of the same bytes in the same way."""
    return (
        known is not None
        and known.state == "ready"
        and (known.person_id, known.kind) == (ask.person_id, ask.kind)
        and (known.sha256, known.content_type) == (ask.sha256, ask.content_type)
    )


def awaited(media: Media | None, person_id: str) -> Media:
    """The media, if it is this person's and still to be uploaded."""
    if media is None or media.person_id != person_id:
        raise m.MediaNotFound(field="id")
    if media.state == "ready":
        raise m.AlreadyUploaded(field="id")
    return media


def in_time(media: Media, now: int) -> Media:
    """The media, if its upload may still begin."""
    if media.expires_at <= now:
        raise m.TicketOver(field="id")
    return media


def usable(media: Media | None) -> Media:
    """The media, if there is one and it is whole."""
    if media is None or media.state != "ready":
        raise m.MediaNotFound(field="media")
    return media


def from_where(ask: AskUse) -> tuple[str, ...]:
    """The scopes that somebody who is not its owner may have it from."""
    return (ask.scope, PUBLIC, OPEN, *ask.scopes)


def check_kind(media: Media, ask: AskUse) -> None:
    """Refuse a media of another kind than it is to be used as."""
    if media.kind != ask.kind:
        raise m.WrongMediaKind(field="media", kind=media.kind)


def is_live(grant: Grant | None) -> bool:
    """Whether the media is (still) posted there."""
    return grant is not None and grant.uses > 0
