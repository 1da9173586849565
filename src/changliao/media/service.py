"""The verbs of media.

The order of an upload, so that no crash leaves a row without its bytes: the bytes are received beside the
store; `claim` writes into the row which blobs it will need and counts them; the blobs are written
durably; `finish` makes the row whole. A crash before `finish` leaves a waiting row that claims what may
be there, and when that row goes, so do its blobs. A blob that nobody needs is dropped between the verb
that counted down to 0 and the one that deletes its row, and cannot be claimed meanwhile.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from changliao.bus import jobs
from changliao.db.driver import Reader
from changliao.db.lane import Wish
from changliao.db.tx import Tx
from changliao.media import rules, store
from changliao.media.events import MediaForgotten, MediaStored
from changliao.media.model import (
    OPEN,
    PUBLIC,
    AskAnnounce,
    AskKeep,
    AskRelease,
    AskUse,
    Blob,
    Grant,
    Kept,
    Media,
    MediaBusy,
    MediaId,
    MediaNotFound,
)
from changliao.media.store import BLOBS, DAYS, GRANTS, MEDIA

RELEASE = "media.release"
"""The job that takes back everything that was posted in a scope."""
TOGETHER_MAX = 200
"""How many rows one verb of housekeeping looks at, for the lane waits meanwhile."""
SCOPES_MAX = 1000
"""In how many scopes is looked whether somebody may see a media; `?scope=` names the right one."""

MaySee = Callable[[Reader, str, str], bool]
"""Whether a person may see a scope; the rooms above say."""

_replace = msgspec.structs.replace


# Uploading ----------------------------------------------------------------------------------


def announce(tx: Tx, ask: AskAnnounce) -> Media:
    """A ticket for an upload, or, when this person has uploaded the same bytes before, a media that is
    whole already. Refuses what its kind does not take, and more than a person's day holds."""
    ask = rules.announced(ask)
    known = tx.get(MEDIA, ask.same_as) if ask.same_as else None
    whole = known if rules.is_same(known, ask) else None
    _count_day(tx, ask, 0 if whole else ask.size)
    ticket = _ticket(tx, ask)
    if whole is None:
        return tx.add(MEDIA, ticket)
    return tx.add(MEDIA, _copied(tx, whole, ticket))


def _ticket(tx: Tx, ask: AskAnnounce) -> Media:
    return Media(
        id=MediaId(tx.new_id("med")),
        person_id=ask.person_id,
        kind=ask.kind,
        content_type=ask.content_type,
        size=ask.size,
        sha256=ask.sha256,
        name=ask.name,
        state="waiting",
        blob="",
        thumbnail="",
        width=0,
        height=0,
        ms=0,
        used=0,
        created_at=tx.now,
        changed_at=tx.now,
        expires_at=tx.now + rules.TICKET_US,
    )


def _copied(tx: Tx, known: Media, ticket: Media) -> Media:
    for sha256 in _blobs_of(known):
        _count_up(tx, sha256)
    own = {"id": ticket.id, "name": ticket.name, "used": 0}
    copy = _replace(known, **own, created_at=tx.now, changed_at=tx.now)
    _tell(tx, copy)
    return copy


def _count_day(tx: Tx, ask: AskAnnounce, size: int) -> None:
    before = tx.get(DAYS, ask.person_id)
    write = tx.add if before is None else tx.put
    write(DAYS, rules.one_more(before, ask.person_id, size, tx.now))


def awaited(reader: Reader, person_id: str, media_id: str, now: int) -> Media:
    """The media that this ticket waits for; refuses another's, one that is over and one that is whole."""
    return rules.in_time(rules.awaited(reader.get(MEDIA, media_id), person_id), now)


def claim(tx: Tx, ask: AskKeep) -> Media:
    """Note which blobs an upload is going to need, before they are written into the store. Refuses with
    MediaBusy while one of them is being dropped; may be asked again, with other blobs too."""
    media = rules.awaited(tx.get(MEDIA, ask.media_id), ask.person_id)
    kept = ask.kept
    for sha256 in _blobs_of(kept):
        _count_up(tx, sha256)
    for sha256 in _blobs_of(media):
        _count_down(tx, sha256)
    return tx.put(MEDIA, _replace(media, blob=kept.blob, thumbnail=kept.thumbnail))


def finish(tx: Tx, ask: AskKeep) -> Media:
    """The upload is whole: what was claimed is in the store. Refuses what was not claimed."""
    media, kept = rules.awaited(tx.get(MEDIA, ask.media_id), ask.person_id), ask.kept
    if (media.blob, media.thumbnail) != (kept.blob, kept.thumbnail):
        raise MediaBusy(retry_after_s=1)  # Somebody else uploads by the same ticket.
    whole = _replace(
        media,
        state="ready",
        size=kept.size,
        width=kept.width,
        height=kept.height,
        ms=kept.ms,
        changed_at=tx.now,
    )
    _tell(tx, whole)
    return tx.put(MEDIA, whole)


def _tell(tx: Tx, media: Media) -> None:
    fact = MediaStored(media.id, media.person_id, media.kind, media.content_type, media.size)
    tx.emit(fact, about=media.id)


def _blobs_of(thing: Media | Kept) -> Iterator[str]:
    return filter(None, (thing.blob, thing.thumbnail))


def _count_up(tx: Tx, sha256: str) -> None:
    blob = tx.get(BLOBS, sha256)
    if blob is None:
        tx.add(BLOBS, Blob(sha256, 1))
    elif blob.uses == 0:
        raise MediaBusy(retry_after_s=2)
    else:
        tx.put(BLOBS, Blob(sha256, blob.uses + 1))


def _count_down(tx: Tx, sha256: str) -> None:
    blob = tx.get(BLOBS, sha256)
    assert blob is not None and blob.uses > 0, f"blob {sha256} is counted below zero"
    tx.put(BLOBS, Blob(sha256, blob.uses - 1))


# Posting ------------------------------------------------------------------------------------


def use(tx: Tx, ask: AskUse) -> Media:
    """Post a media in a scope: whoever may see the scope may see it from now on. Each posting is counted
    and taken back by `release`. Its owner may, and whoever has it in a scope of `ask.scopes` (or where
    everybody may see it). Refuses with MediaNotFound, and WrongMediaKind for another kind."""
    media = rules.usable(tx.get(MEDIA, ask.media_id))
    if media.person_id != ask.person_id and not _may_have(tx, ask):
        raise MediaNotFound(field="media")
    rules.check_kind(media, ask)
    grant = tx.get(GRANTS, (media.id, ask.scope))
    if grant is None:
        tx.add(GRANTS, Grant(media.id, ask.scope, 1, tx.now))
    else:
        tx.put(GRANTS, _replace(grant, uses=grant.uses + 1, changed_at=tx.now))
    if rules.is_live(grant):
        return media
    return tx.put(MEDIA, _replace(media, used=media.used + 1, changed_at=tx.now))


def use_wishes(ask: AskUse) -> Iterator[Wish]:
    """What `use` looks for, for the `touches` of other rooms."""
    yield MEDIA, ask.media_id
    for place in rules.from_where(ask):
        yield GRANTS, (ask.media_id, place)


def _may_have(tx: Tx, ask: AskUse) -> bool:
    places = rules.from_where(ask)
    return any(rules.is_live(tx.get(GRANTS, (ask.media_id, place))) for place in places)


def release(tx: Tx, ask: AskRelease) -> None:
    """Take one posting back; after the last one, the scope shows it no more. What was never posted there
    is left alone."""
    grant = tx.get(GRANTS, (ask.media_id, ask.scope))
    if grant is not None and grant.uses:
        _release(tx, grant, grant.uses - 1)


def _release(tx: Tx, grant: Grant, uses: int) -> None:
    tx.put(GRANTS, _replace(grant, uses=uses, changed_at=tx.now))
    media = tx.get(MEDIA, grant.media_id)
    if uses == 0 and media is not None:
        tx.put(MEDIA, _replace(media, used=media.used - 1, changed_at=tx.now))


def release_scope(tx: Tx, scope: str) -> None:
    """Take everything back that was posted in a scope which is no more; done soon after the commit."""
    jobs.later(tx, RELEASE, scope)


def release_some(tx: Tx, scope: str) -> bool:
    """Take some of what was posted in a scope back; whether there may be more."""
    found = store.live_in(tx, scope, TOGETHER_MAX)
    for one in found:
        if grant := tx.get(GRANTS, (one.media_id, one.scope)):
            _release(tx, grant, 0)
    return len(found) == TOGETHER_MAX


# Reading ------------------------------------------------------------------------------------


def own_with(reader: Reader, person_id: str, sha256: str) -> list[Media]:
    """A person's own whole media of these bytes, newest first."""
    return store.own_with(reader, person_id, sha256)


def own_of(reader: Reader, person_id: str, after: str, limit: int) -> list[Media]:
    """What a person has uploaded, oldest first."""
    return store.own_of(reader, person_id, after, limit)


def media_of(reader: Reader, ids: Iterable[str]) -> dict[str, Media]:
    """These media by id, as far as they are there; who may see them is the caller's business."""
    return {media.id: media for media in store.by_ids(reader, list(dict.fromkeys(ids)))}


def seen(
    reader: Reader, may_see: MaySee, person_id: str, media_id: str, scope: str = ""
) -> tuple[Media, bool]:
    """A whole media that this person ("" for somebody who is not signed in) may see, and whether the
    whole world may; `scope` is where to look first. For anybody else it is MediaNotFound."""
    media = reader.get(MEDIA, media_id)
    if media is None or media.state != "ready":
        raise MediaNotFound(field="id")
    asked = [OPEN, *([PUBLIC, scope] if person_id else [])]
    live = [one for one in asked if rules.is_live(reader.get(GRANTS, (media_id, one)))]
    if OPEN in live:
        return media, True
    if person_id and (media.person_id == person_id or PUBLIC in live):
        return media, False
    places = [*live, *store.scopes_of(reader, media_id, SCOPES_MAX)] if person_id else []
    if any(may_see(reader, person_id, place) for place in places):
        return media, False
    raise MediaNotFound(field="id")


# Housekeeping -------------------------------------------------------------------------------


def forget_loose(tx: Tx, _: None) -> bool:
    """Delete some of the tickets that nobody used within a day, and of the media that were posted nowhere
    for a week; whether there may be more. Their blobs are dropped later, if nobody else needs them."""
    now = tx.now
    found = store.loose(tx, now - rules.UNFINISHED_US, now - rules.UNUSED_US, TOGETHER_MAX)
    for media in found:
        for sha256 in _blobs_of(media):
            _count_down(tx, sha256)
        if media.state == "ready":
            tx.emit(MediaForgotten(media.id, media.person_id), about=media.id)
    if found:
        store.forget(tx, [media.id for media in found])
    return len(found) == TOGETHER_MAX


def unneeded(reader: Reader) -> list[str]:
    """Some blobs that nobody needs and nobody can claim: they may be dropped from the store."""
    return store.unneeded(reader, TOGETHER_MAX)


def forget_blobs(tx: Tx, dropped: Sequence[str]) -> None:
    """These unneeded blobs are not in the store any more; the same bytes may be kept again."""
    for sha256 in dropped:
        store.forget_blob(tx, sha256)


def needed(reader: Reader, limit: int) -> list[tuple[str, str]]:
    """The newest whole media, each with the blobs it needs."""
    return store.needed(reader, limit)


def broken_invariants(reader: Reader) -> Iterator[str]:
    """What is wrong with the rows of media, in plain words."""
    for sha256, uses, really in store.miscounted_blobs(reader):
        yield f"media: blob {sha256} is counted {uses} times and needed {really} times"
    for media_id in store.without_blob(reader):
        yield f"media: {media_id} is whole and its blob is not"
    for media_id, used, really in store.miscounted_media(reader):
        yield f"media: {media_id} is counted in {used} scopes and posted in {really}"
