"""What happened to media."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class MediaStored(Fact, frozen=True):
    """An upload is whole and kept."""

    kind: ClassVar[str] = "media.stored"
    media_id: str
    person_id: str
    media_kind: str
    content_type: str
    size: int


class MediaForgotten(Fact, frozen=True):
    """Nobody used it for so long that it was removed."""

    kind: ClassVar[str] = "media.forgotten"
    media_id: str
    person_id: str
