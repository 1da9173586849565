"""Real words: the messages of data/chat-irc, day by day, with the name of who wrote each."""

import io
import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import zstandard

from changliao.kernel.value import Value

FILE = "chat-irc/irc_train.tar.zst"
_SAID = re.compile(r"\[\d\d:\d\d\] <([^>]+)> (.*)")


class NoMessages(Exception):
    """The data is not here; the text says where it was looked for."""


class Said(Value, frozen=True):
    """One message: in which channel, on which day, by whom."""

    channel: str
    nick: str
    text: str


def messages(place: Path | None = None) -> Iterator[Said]:
    """Every message, channel by channel, in the order they were written."""
    packed = (place or Path(os.environ.get("CHANGLIAO_DATA", "data"))) / FILE
    if not packed.exists():
        raise NoMessages(f"There is no {packed}; CHANGLIAO_DATA names the folder of the data.")
    with (
        packed.open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as stream,
        tarfile.open(fileobj=stream, mode="r|") as tar,
    ):
        for member in tar:
            content = tar.extractfile(member) if member.name.endswith(".raw.txt") else None
            if content is not None:
                channel = Path(member.name).name.removesuffix(".raw.txt")
                yield from _said(channel, content.read())


def _said(channel: str, content: bytes) -> Iterator[Said]:
    for line in io.StringIO(content.decode("utf-8", "replace")):
        if match := _SAID.match(line):
            yield Said(channel, match.group(1), match.group(2).strip())
