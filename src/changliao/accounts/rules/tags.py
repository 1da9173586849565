"""What a tag may be called, and how many there may be."""

from changliao.accounts.model import refusals as r

TAGS_MAX, TAGS_EACH_MAX, PEOPLE_MAX = 100, 20, 50
NAME_MAX = 30
FIRST = 100
"""Numbers begin beyond those that other platforms keep for tags of their own (0 to 2)."""


def name(text: str) -> str:
    """What a tag is called: 1 to 30 characters on one line."""
    text = text.strip()
    if not 1 <= len(text) <= NAME_MAX or not text.isprintable():
        raise r.TagInvalid(field="name")
    return text


def batch(add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Refuse nobody, and too many at once."""
    if not 1 <= len(add) + len(remove) <= PEOPLE_MAX:
        raise r.TagPeopleInvalid(field="add" if add or not remove else "remove")
