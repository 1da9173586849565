"""Who may have an archive of what, and when."""

from changliao.kernel.instant import SECOND_US
from changliao.safety.model.mine import (
    EVERY_US,
    Export,
    ExportNotFound,
    ExportNotReady,
    ExportTooSoon,
)


def next_export(newest: Export | None, now: int) -> None:
    """Refuse another archive within a day of the last one."""
    if newest is not None and (left := newest.created_at + EVERY_US - now) > 0:
        raise ExportTooSoon(retry_after_s=-(-left // SECOND_US))


def waiting(found: Export | None) -> Export:
    """The archive, while it is being packed."""
    if found is None or found.state != "waiting":
        raise ExportNotFound(field="id")
    return found


def readable(found: Export | None, person_id: str, now: int) -> Export:
    """The archive, if it is this person's and there to be read."""
    if found is None or found.person_id != person_id or found.state == "over":
        raise ExportNotFound(field="id")
    if found.state == "waiting":
        raise ExportNotReady(field="id")
    if found.expires_at <= now:
        raise ExportNotFound(field="id")
    return found
