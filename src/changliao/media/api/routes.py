"""The routes of media: announce an upload, send it, read it."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal
from urllib.parse import quote

from msgspec.structs import replace

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.media import model as m
from changliao.media import rules, service
from changliao.media.api.uploads import Uploads
from changliao.media.model import AskAnnounce, Kind, Media, Uploader
from changliao.media.port import BlobMissing, Store
from changliao.wire.call import Answer, Call
from changliao.wire.refusals import RangeUnsatisfiable
from changliao.wire.routes import CREATED, PARTIAL, UNCHANGED, Guard, Param, Routes
from changliao.wire.serving import served

log = logging.getLogger("changliao.media")

POLICY = "default-src 'none'; sandbox"
"""What a browser lets anything do that is opened at its own address: nothing."""
_YEAR_S, _DAY_S = 31_536_000, 86_400
_SHOWN = ("image", "voice", "avatar", "cover")
_PLAYED = ("audio/", "video/")


class MediaBody(Value, frozen=True, forbid_unknown_fields=True):
    """An upload that is to come: its size in bytes, its SHA-256 as 64 hexadecimal digits."""

    kind: Kind
    content_type: str
    size: int
    sha256: str
    name: str = ""


class TicketView(View, frozen=True):
    """Where to send the bytes by PUT, an address on this server; null when `stored`: you have uploaded the
    same before, and nothing need be sent."""

    id: str
    upload_url: str | None
    expires_at: str | None
    stored: bool


class MediaView(View, frozen=True):
    """A picture, file or voice note; `size` is of what is kept. Width and height are 0 for what is no
    picture, `ms` for what is no voice note."""

    id: str
    kind: Kind
    content_type: str
    size: int
    name: str
    width: int
    height: int
    ms: int
    url: str
    thumbnail_url: str | None
    created_at: str


def show(media: Media) -> MediaView:
    """A media as those see it who may."""
    url = f"/v1/media/{media.id}"
    return MediaView(
        media.id,
        media.kind,
        media.content_type,
        media.size,
        media.name,
        media.width,
        media.height,
        media.ms,
        url,
        f"{url}/thumbnail" if media.thumbnail else None,
        rfc3339(Instant(media.created_at)),
    )


def _ticket(media: Media) -> TicketView:
    if media.state == "ready":
        return TicketView(media.id, None, None, True)
    ends_at = rfc3339(Instant(media.expires_at))
    return TicketView(media.id, f"/v1/media/{media.id}/content", ends_at, False)


SEEN = (m.MediaNotFound, m.MediaStoreUnavailable, RangeUnsatisfiable)
_SCOPE = Param(
    "scope", "Where you see it posted: spares a search when it is posted in many places."
)
Maybe = Callable[[Call], Awaitable[Uploader | None]]
Sees = Callable[[Reader, Uploader, str], bool]
"""Whether somebody may see a scope; the rooms above say."""


def routes(
    db: Db,
    uploader: Guard[Uploader],
    maybe: Maybe,
    store: Store,
    uploads: Uploads,
    sees: Sees,
) -> Routes:
    """Everything under /v1/media; `sees` says who sees a scope."""
    api = Routes("Media")

    async def seen(call: Call, media_id: str) -> tuple[Media, bool]:
        who = await maybe(call) or Uploader("")

        def may_see(reader: Reader, _: str, scope: str) -> bool:
            return sees(reader, who, scope)

        return await db.read(service.seen, may_see, who.id, media_id, call.param("scope"))

    @api.post(
        "/v1/media",
        guard=uploader,
        body=MediaBody,
        answers=TicketView,
        status=CREATED,
        refuses=(
            m.MediaTypeUnknown,
            m.MediaTooLarge,
            m.MediaNameInvalid,
            m.DigestInvalid,
            m.MediaQuotaUsed,
            m.MediaBusy,
            m.MediaStoreUnavailable,
        ),
    )
    async def announce(call: Call, body: MediaBody) -> TicketView:
        """Announce an upload.

        Pictures may have 20 MiB and 40 megapixels, avatars 5 MiB, covers 10, voice notes 1 MiB and 60
        seconds, files 100 MiB; a person, or an app, 2 GiB a day. A key needs `chat:write` or
        `accounts:write`, and what it uploads is its app's in its mode, by whichever key.
        """
        who = call.who.id
        ask = rules.announced(
            AskAnnounce(who, body.kind, body.content_type, body.size, body.sha256, body.name)
        )
        known = await db.look(service.own_with, who, ask.sha256)
        same = next((one.id for one in known if rules.is_same(one, ask)), "")
        if not same:
            uploads.check_room(ask.size)
        return _ticket(await db.write(service.announce, replace(ask, same_as=same)))

    @api.put(
        "/v1/media/{id}/content",
        guard=uploader,
        streamed=True,
        body_max=max(rules.SIZE_MAX.values()),
        answers=MediaView,
        refuses=(
            m.MediaNotFound,
            m.AlreadyUploaded,
            m.TicketOver,
            m.UploadDiffers,
            m.MediaTypeWrong,
            m.PictureUnreadable,
            m.PictureTooLarge,
            m.VoiceUnreadable,
            m.VoiceTooLong,
            m.UploadsBusy,
            m.MediaBusy,
            m.MediaStoreUnavailable,
        ),
    )
    async def upload(call: Call, media_id: str, pieces: AsyncIterator[bytes]) -> MediaView:
        """Send the bytes that were announced.

        Pictures are drawn anew: what is kept has no place, no camera and nothing else but the picture.
        """
        who, now = call.who.id, db.clock()
        media = await db.read(service.awaited, who, media_id, now)
        return show(await uploads.take(media, pieces))

    @api.get(
        "/v1/media/{id}",
        params=(_SCOPE,),
        also="application/octet-stream",
        beside=(PARTIAL, UNCHANGED),
        refuses=SEEN,
    )
    async def read(call: Call, media_id: str) -> Answer:
        """The bytes, for whoever may see what it was posted in.

        A key sees with `chat:read` what people send where a bot of its app hears them, and with
        `accounts:read` what they send to its official accounts. Takes Range and If-None-Match. A file
        comes as a download, never to be shown.
        """
        media, is_open = await seen(call, media_id)
        shown = media.kind in _SHOWN
        playable = shown or media.content_type.startswith(_PLAYED)
        content_type = media.content_type if playable else "application/octet-stream"
        headers = (_disposition("inline" if shown else "attachment", media.name), *_for(is_open))
        return await _bytes(call, store, media.blob, content_type, headers)

    @api.get(
        "/v1/media/{id}/thumbnail",
        params=(_SCOPE,),
        also="image/webp",
        beside=(PARTIAL, UNCHANGED),
        refuses=SEEN,
    )
    async def thumbnail(call: Call, media_id: str) -> Answer:
        """A picture's small form: WebP, at most 320 pixels wide and high."""
        media, is_open = await seen(call, media_id)
        if not media.thumbnail:
            raise m.MediaNotFound(field="id")
        return await _bytes(call, store, media.thumbnail, "image/webp", _for(is_open))

    return api


async def _bytes(
    call: Call,
    store: Store,
    sha256: str,
    content_type: str,
    headers: tuple[tuple[str, str], ...],
) -> Answer:
    size = await store.size(sha256)
    try:
        if size is None:
            raise BlobMissing(sha256)

        async def part(start: int, stop: int) -> AsyncIterator[bytes]:
            return await store.read(sha256, start, stop)

        return await served(call, size, sha256[:32], content_type, headers, part)
    except BlobMissing:
        log.error("blob %s is missing in the store", sha256)
        raise m.MediaStoreUnavailable(retry_after_s=60) from None


def _for(is_open: bool) -> tuple[tuple[str, str], ...]:
    """What holds for everything: it never changes, and nothing in it runs."""
    lasts = f"public, max-age={_DAY_S}" if is_open else f"private, max-age={_YEAR_S}, immutable"
    reach = "cross-origin" if is_open else "same-origin"
    return (
        ("cache-control", lasts),
        ("content-security-policy", POLICY),
        ("cross-origin-resource-policy", reach),
    )


def _disposition(how: Literal["inline", "attachment"], name: str) -> tuple[str, str]:
    """RFC 6266: the name in ASCII for old ones, and as it is (RFC 8187)."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "-_. " else "_" for c in name)
    named = f"; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}" if name else ""
    return "content-disposition", how + named
