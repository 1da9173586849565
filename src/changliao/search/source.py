"""What a room gives to search: what its facts change, who may see it, how it is shown."""

from collections.abc import Callable, Mapping, Sequence

from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.kernel.value import Value
from changliao.search.port import WHOLE, Document, Window

EVERYBODY = "*"
"""The scope of what everybody may find."""


class Changes(Value, frozen=True):
    """What facts change of an index."""

    puts: list[Document] = []
    drops: list[str] = []


Reads = Callable[[Reader, Sequence[FactRow]], Changes]
"""What these facts say to the index. It looks up how the things they are about stand now, so that hearing
a fact again, or late, does no harm."""


class Shown(Value, frozen=True):
    """A document as the asker sees it now. `text` is what the snippet is cut from."""

    title: str
    text: str
    conversation: str = ""
    number: int = 0
    person: str = ""
    handle: str = ""
    avatar: str = ""
    account: str = ""
    article: str = ""


class Source(Value, frozen=True):
    """One kind of documents.

    `scopes(reader, person_id)`: what a person may see of them. `shown(reader, person_id, documents)`: how
    they look now, None for what is not there for this person any more: the index may be a second old.
    `titled`: whether they have titles that count before their texts.
    """

    kind: str
    reads: Mapping[str, Reads]
    scopes: Callable[[Reader, str], Mapping[str, Window]]
    shown: Callable[[Reader, str, Sequence[Document]], list[Shown | None]]
    titled: bool = True


def everybody(_reader: Reader, _person_id: str) -> Mapping[str, Window]:
    """The scopes of a source whose documents everybody may find."""
    return {EVERYBODY: WHOLE}


def oneself(_reader: Reader, person_id: str) -> Mapping[str, Window]:
    """The scopes of a source whose documents belong to a person each."""
    return {person_id: WHOLE}
