"""The tables of media."""

from collections.abc import Sequence

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.db.tx import Tx
from changliao.media.model import Blob, Day, Grant, Media

MEDIA = Table("media_items", Media)
GRANTS = Table("media_grants", Grant, key=("media_id", "scope"))
BLOBS = Table("media_blobs", Blob, key="sha256")
DAYS = Table("media_days", Day, key="person_id")

_LOOSE = (
    "WHERE used = 0 AND ((state = 'waiting' AND changed_at < ?) OR (state = 'ready' AND changed_at < ?))"
    " ORDER BY changed_at LIMIT ?"
)


def own_with(reader: Reader, person_id: str, sha256: str) -> list[Media]:
    """A person's whole media of these bytes, newest first."""
    return reader.rows(
        MEDIA,
        "WHERE person_id = ? AND sha256 = ? AND state = 'ready' ORDER BY id DESC LIMIT 10",
        person_id,
        sha256,
    )


def own_of(reader: Reader, person_id: str, after: str, limit: int) -> list[Media]:
    """A person's whole media, oldest first."""
    tail = "WHERE person_id = ? AND id > ? AND state = 'ready' ORDER BY id LIMIT ?"
    return reader.rows(MEDIA, tail, person_id, after, limit)


def by_ids(reader: Reader, ids: Sequence[str]) -> list[Media]:
    """These media, as far as they are there."""
    if not ids:
        return []
    return reader.rows(MEDIA, f"WHERE id IN ({', '.join('?' * len(ids))})", *ids)


def scopes_of(reader: Reader, media_id: str, limit: int) -> list[str]:
    """Where a media is posted, newest first."""
    rows = reader.query(
        "SELECT scope FROM media_grants WHERE media_id = ? AND uses > 0"
        " ORDER BY changed_at DESC LIMIT ?",
        media_id,
        limit,
    )
    return [row[0] for row in rows]


def live_in(tx: Tx, scope: str, limit: int) -> list[Grant]:
    """What is posted in a scope."""
    return tx.rows(GRANTS, "WHERE scope = ? AND uses > 0 LIMIT ?", scope, limit)


def loose(tx: Tx, unfinished: int, unused: int, limit: int) -> list[Media]:
    """What nobody finished, and what was posted nowhere, since these moments."""
    return tx.rows(MEDIA, _LOOSE, unfinished, unused, limit)


def forget(tx: Tx, ids: Sequence[str]) -> None:
    """Delete media, and that they were ever posted."""
    marks = ", ".join("?" * len(ids))
    tx.query(f"DELETE FROM media_grants WHERE media_id IN ({marks})", *ids)
    tx.query(f"DELETE FROM media_items WHERE id IN ({marks})", *ids)


def unneeded(reader: Reader, limit: int) -> list[str]:
    """Blobs that nobody needs any more."""
    rows = reader.query("SELECT sha256 FROM media_blobs WHERE uses = 0 LIMIT ?", limit)
    return [row[0] for row in rows]


def forget_blob(tx: Tx, sha256: str) -> None:
    """Delete the row of a blob that nobody needs."""
    tx.query("DELETE FROM media_blobs WHERE sha256 = ? AND uses = 0", sha256)


def needed(reader: Reader, limit: int) -> list[tuple[str, str]]:
    """The newest media that are whole, each with the blobs it needs."""
    rows = reader.query(
        "SELECT id, blob, thumbnail FROM media_items WHERE state = 'ready' ORDER BY id DESC LIMIT ?",
        limit,
    )
    return [(row[0], sha256) for row in rows for sha256 in row[1:] if sha256]


def miscounted_blobs(reader: Reader) -> list[tuple[str, int, int]]:
    """Blobs whose count is not that of the media that need them."""
    rows = reader.query(
        "SELECT b.sha256, b.uses, COALESCE(SUM(n.many), 0) FROM media_blobs b LEFT JOIN"
        " (SELECT blob AS sha256, COUNT(*) AS many FROM media_items GROUP BY blob UNION ALL"
        " SELECT thumbnail, COUNT(*) FROM media_items GROUP BY thumbnail) n ON n.sha256 = b.sha256"
        " GROUP BY b.sha256, b.uses HAVING b.uses <> COALESCE(SUM(n.many), 0) LIMIT 10"
    )
    return [(row[0], int(row[1]), int(row[2])) for row in rows]


def without_blob(reader: Reader) -> list[str]:
    """Media that are whole and whose blob has no row."""
    rows = reader.query(
        "SELECT i.id FROM media_items i LEFT JOIN media_blobs b ON b.sha256 = i.blob"
        " WHERE i.state = 'ready' AND (b.sha256 IS NULL OR b.uses = 0) LIMIT 10"
    )
    return [row[0] for row in rows]


def miscounted_media(reader: Reader) -> list[tuple[str, int, int]]:
    """Media whose count is not that of the scopes they are posted in."""
    rows = reader.query(
        "SELECT i.id, i.used, COUNT(g.media_id) FROM media_items i"
        " LEFT JOIN media_grants g ON g.media_id = i.id AND g.uses > 0"
        " GROUP BY i.id, i.used HAVING i.used <> COUNT(g.media_id) LIMIT 10"
    )
    return [(row[0], int(row[1]), int(row[2])) for row in rows]
