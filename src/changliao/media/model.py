"""Media, where they may be seen, the blobs that hold their bytes; what may be asked and how it is refused."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Exhausted, Invalid, NotFound
from changliao.kernel.value import Value

MediaId = NewType("MediaId", str)
Kind = Literal["image", "file", "voice", "avatar", "cover"]

PUBLIC = "public"
"""The scope of what everybody who is signed in may see: avatars, covers."""
OPEN = "open"
"""The scope of what the whole world may see: pictures of articles."""


class Uploader(Value, frozen=True):
    """Who uploads and looks: a person, or an app in one of its modes, whose key has some rights."""

    id: str
    rights: tuple[str, ...] = ()


class Media(Value, frozen=True):
    """Something that `person_id` uploads: a person, or an app (its audience). `sha256` is of the bytes
    that were announced; `blob` and `thumbnail` name what is kept of them (a picture is drawn anew, so it
    differs), and with it `content_type` and `size`. `used` counts the scopes it can be seen in,
    `changed_at` is when that last changed."""

    id: MediaId
    person_id: str
    kind: Kind
    content_type: str
    size: int
    sha256: str
    name: str
    state: Literal["waiting", "ready"]
    blob: str
    thumbnail: str
    width: int
    height: int
    ms: int
    used: int
    created_at: int
    changed_at: int
    expires_at: int


class Grant(Value, frozen=True):
    """Whoever may see the scope may see the media; `uses` counts how often it was posted there, 0 is over."""

    media_id: str
    scope: str
    uses: int
    changed_at: int


class Blob(Value, frozen=True):
    """Bytes in the store, and how many media (and thumbnails) need them. At 0 they are being dropped, and
    nobody may claim them until the row is gone."""

    sha256: str
    uses: int


class Day(Value, frozen=True):
    """What a person has announced on one day in UTC."""

    person_id: str
    day: int
    size: int
    count: int


class Kept(Value, frozen=True):
    """What is kept of an upload: names of blobs, and what was found out about it."""

    blob: str
    size: int
    thumbnail: str = ""
    width: int = 0
    height: int = 0
    ms: int = 0


class AskAnnounce(Value, frozen=True):
    """Announce an upload. `same_as`: a media of this person's with the same bytes, if there is one."""

    person_id: str
    kind: Kind
    content_type: str
    size: int
    sha256: str
    name: str = ""
    same_as: str = ""


class AskKeep(Value, frozen=True):
    """What is going to be kept of an upload, or what is in the store now."""

    person_id: str
    media_id: str
    kept: Kept


class AskUse(Value, frozen=True):
    """Post a media in a scope. `scopes` are some that the person can see, one of which it may be
    forwarded from; its owner needs none."""

    person_id: str
    media_id: str
    kind: Kind
    scope: str
    scopes: tuple[str, ...] = ()


class AskRelease(Value, frozen=True):
    """Take one posting of a media in a scope back."""

    media_id: str
    scope: str


class MediaNotFound(NotFound, code="media_not_found"):
    """There is no such picture or file, or it is not uploaded yet."""


class WrongMediaKind(
    Invalid, code="wrong_media_kind", hint="Upload it again with the kind it is to be used as."
):
    """This was uploaded as something else."""


class MediaTypeUnknown(
    Invalid,
    code="media_type_unknown",
    hint="Pictures are PNG, JPEG, WebP or GIF; voice notes Opus in Ogg or WebM, or AAC in MP4; "
    "anything else goes as a file.",
):
    """This kind of media does not take this content type."""


class MediaTooLarge(
    Invalid, code="media_too_large", hint="The largest size is among the figures, in bytes."
):
    """This is larger than its kind may be."""


class MediaNameInvalid(Invalid, code="media_name_invalid", hint="At most 255 characters."):
    """This cannot be the name of a file."""


class DigestInvalid(
    Invalid, code="digest_invalid", hint="The SHA-256 of the bytes as 64 hexadecimal digits."
):
    """This is no SHA-256."""


class MediaQuotaUsed(
    Exhausted, code="media_quota_used", hint="Wait Retry-After seconds: until midnight in UTC."
):
    """You have uploaded as much as one person may in a day."""


class TicketOver(Conflict, code="ticket_over", hint="Announce the upload again: POST /v1/media."):
    """The time for this upload is over."""


class AlreadyUploaded(Conflict, code="already_uploaded"):
    """This has been uploaded already, and does not change any more."""


class MediaBusy(Exhausted, code="media_busy", hint="Upload it again after Retry-After seconds."):
    """The same bytes are just being removed; nothing was kept."""


class UploadDiffers(
    Invalid, code="upload_differs", hint="Announce the size and SHA-256 of the bytes that are sent."
):
    """These are not the bytes that were announced; nothing was kept."""


class MediaTypeWrong(
    Invalid, code="media_type_wrong", hint="Announce what it is, or upload it as a file."
):
    """The bytes are of another type than was announced; nothing was kept."""


class PictureUnreadable(
    Invalid, code="picture_unreadable", hint="Save it again, or upload it as a file."
):
    """This picture is broken, or takes too long to draw; nothing was kept."""


class PictureTooLarge(
    Invalid, code="picture_too_large", hint="The figures say how many pixels it may have in all."
):
    """This picture has too many pixels; nothing was kept."""


class VoiceUnreadable(Invalid, code="voice_unreadable", hint="Record it again."):
    """This voice note is broken, or more than a voice; nothing was kept."""


class VoiceTooLong(Invalid, code="voice_too_long", hint="At most 60 seconds."):
    """This voice note is too long; nothing was kept."""


class UploadsBusy(Exhausted, code="uploads_busy", hint="Wait until one of them is done."):
    """Too many uploads are under way, or this one is already."""


class MediaStoreUnavailable(
    Exhausted, code="media_store_unavailable", hint="Try it again after Retry-After seconds."
):
    """The store of pictures and files is full or away; nothing was kept."""
