"""An entry as everybody is shown it: in frames, over REST, to bots and in exports."""

import msgspec

from changliao.chat.model.entries import Entry, Kind, Marks, PreviewBody
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value


class MarksRow(Value, frozen=True):
    """What later entries said of one: reactions, the preview of its link, whether it was edited."""

    re: dict[str, tuple[str, ...]] = {}
    pv: PreviewBody | None = None
    ed: bool = False


class EntryRow(Value, frozen=True):
    """An entry: conversation, number, messages up to it, who, when, the client's id, kind, body, what it
    refers to, whom it calls, what was said of it. Empty ones of the last four are left out."""

    c: str
    s: int
    n: int
    f: str
    ts: str
    k: Kind
    b: msgspec.Raw
    id: str = ""
    r: int = 0
    at: tuple[str, ...] = ()
    x: MarksRow | None = None


def entry_row(entry: Entry) -> EntryRow:
    """An entry as it is shown."""
    return EntryRow(
        entry.conversation_id,
        entry.number,
        entry.shown,
        entry.sender,
        rfc3339(Instant(entry.at)),
        entry.kind,
        msgspec.Raw(entry.body.encode()),
        "" if entry.client_id.startswith("#") else entry.client_id,
        entry.ref,
        tuple(entry.mentions.split()) if entry.mentions else (),
        _marks(entry.marks) if entry.marks else None,
    )


def _marks(kept: str) -> MarksRow:
    marks = msgspec.json.decode(kept, type=Marks)
    return MarksRow(marks.reactions, marks.preview, marks.edited)
