"""Real words: the messages of data/chat-irc, day by day, with who wrote each and what it answers."""

import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import zstandard

from changliao.kernel.value import Value

FILE = "chat-irc/irc_train.tar.zst"
_SAID = re.compile(r"(?:\S+ \d{4}-\d\d-\d\d )?\[\d\d:\d\d(?::\d\d)?\] <([^>]+)> ?(.*)")
_TOLD, _ANSWERS = re.compile(r"(.+)\.(?:raw|ascii)\.txt"), re.compile(r"(.+)\.annotation\.txt")
_LINK = re.compile(rb"(\d+) (\d+) -")


class NoMessages(Exception):
    """The data is not here; the text says where it was looked for."""


class Said(Value, frozen=True):
    """One message: in which channel and on which day, by whom."""

    channel: str
    nick: str
    text: str


class Line(Value, frozen=True):
    """One message of a day; `answers` is the place of an earlier one among those of the day, or None."""

    nick: str
    text: str
    answers: int | None


class Day(Value, frozen=True):
    """One day of a channel. `empty` messages and what the channel said itself, `notices`, are no lines of
    it; of a message that answers several the newest one counts, the others are `further`."""

    name: str
    lines: tuple[Line, ...]
    empty: int
    notices: int
    further: int


def messages(place: Path | None = None) -> Iterator[Said]:
    """Every message, channel by channel, in the order they were written."""
    for day in days(place):
        for line in day.lines:
            yield Said(day.name, line.nick, line.text)


def days(place: Path | None = None) -> Iterator[Day]:
    """Every day, by name. Answers are known as far as somebody has annotated them."""
    told: dict[str, bytes] = {}
    answers: dict[str, dict[int, list[int]]] = {}
    for name, content in _files(place):
        if found := _TOLD.fullmatch(name):
            told[found[1]] = content
        elif found := _ANSWERS.fullmatch(name):
            answers[found[1]] = _links(content)
    for name in sorted(told):
        yield _day(name, told[name].decode("utf-8", "replace"), answers.get(name, {}))


def _links(content: bytes) -> dict[int, list[int]]:
    """By line, which lines it answers. A line that is linked to itself begins something."""
    found: dict[int, list[int]] = {}
    for one, later in _LINK.findall(content):
        if int(one) < int(later):
            found.setdefault(int(later), []).append(int(one))
    return found


def _day(name: str, content: str, answers: dict[int, list[int]]) -> Day:
    lines: list[Line] = []
    places: dict[int, int] = {}
    empty = notices = further = 0
    for number, told in enumerate(content.removesuffix("\n").split("\n")):
        match = _SAID.fullmatch(told.rstrip("\r"))
        if match is None:
            notices += 1
        elif not (text := match[2].strip()):
            empty += 1
        else:
            known = [places[one] for one in answers.get(number, ()) if one in places]
            further += max(0, len(known) - 1)
            places[number] = len(lines)
            lines.append(Line(match[1], text, max(known, default=None)))
    return Day(name, tuple(lines), empty, notices, further)


def _files(place: Path | None) -> Iterator[tuple[str, bytes]]:
    packed = (place or Path(os.environ.get("CHANGLIAO_DATA", "data"))) / FILE
    if not packed.exists():
        raise NoMessages(f"There is no {packed}; CHANGLIAO_DATA names the folder of the data.")
    with (
        packed.open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as stream,
        tarfile.open(fileobj=stream, mode="r|") as tar,
    ):
        for member in tar:
            content = tar.extractfile(member)
            if content is not None:
                yield Path(member.name).name, content.read()
