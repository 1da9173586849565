"""Previews of links: one for a text, gone with it."""

from typing import Any

import msgspec
import pytest

from changliao.chat import model as m
from changliao.chat import service as chat
from changliao.chat.model import Conversation
from changliao.chat.model.entries import Entry
from changliao.people.model import Person
from tests.rooms.talking import Talk
from tests.rooms.world import World

URL = "https://a.example/tea"
TEXT = f"look: {URL}"
EDITING = {"editing": True, "previews": True}


@pytest.fixture
def talk(world: World) -> Talk:
    return Talk(world)


def planned(talk: Talk) -> list[str]:
    sql = "SELECT about FROM bus_jobs WHERE kind = 'chat.preview' ORDER BY about"
    return [row[0] for row in talk.world.read(lambda reader: reader.query(sql))]


def write(talk: Talk, entry: Entry, **said: Any) -> Entry | None:
    asked = {"url": URL, "title": "Tea", "text": "Warm.", "image": ""} | said
    return talk.world.ask(
        chat.write_preview, m.AskPreview(entry.conversation_id, entry.number, **asked)
    )


def shown(talk: Talk, who: Person, where: Conversation, number: int) -> Any:
    entry = next(one for one in talk.log(who, where) if one.number == number)
    return msgspec.json.decode(entry.marks or b"{}").get("preview")


def test_a_text_with_a_link_is_looked_behind_and_no_other(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    talk.post(lin, where, text="no link", previews=True)
    talk.post(lin, where, text=TEXT)  # Where it is switched off.
    entry = talk.post(lin, where, text=TEXT, previews=True)

    assert planned(talk) == [f"{where.id} {entry.number}"]
    assert talk.world.read(chat.link_of, where.id, entry.number) == (URL, lin.id)


def test_what_is_sent_on_is_looked_behind_too(talk: Talk) -> None:
    lin, chen, mei = talk.friends("lin", "chen", "mei")
    here, there = talk.direct(lin, chen), talk.direct(lin, mei)
    entry = talk.post(lin, here, text=TEXT)
    ask = m.AskForward(lin.id, here.id, (entry.number,), there.id, False, "f", previews=True)

    (sent,) = talk.world.ask(chat.forward, ask)

    assert planned(talk) == [f"{there.id} {sent.number}"]


def test_a_text_has_one_preview_which_nobody_counts(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    entry = talk.post(lin, where, text=TEXT, previews=True)
    unread = talk.unread(chen, where)

    made = write(talk, entry)

    assert made is not None
    assert (made.kind, made.ref, made.sender, made.shown) == (
        "preview",
        entry.number,
        "",
        entry.shown,
    )
    assert talk.unread(chen, where) == unread
    assert shown(talk, chen, where, entry.number)["title"] == "Tea"
    assert write(talk, entry, title="Again") is None
    assert write(talk, made) is None
    assert talk.world.read(chat.link_of, where.id, entry.number) == ("", lin.id)


def test_a_recalled_text_takes_what_was_behind_its_link_with_it(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    picture = talk.uploaded(lin)
    entry = talk.post(lin, where, text=TEXT, previews=True)
    made = write(talk, entry, image=picture)
    assert made is not None
    assert shown(talk, chen, where, entry.number)["image"] == picture
    assert grants(talk, picture) == 1

    talk.post(lin, where, "recall", ref=entry.number)

    assert all(URL not in one.body + one.marks for one in talk.log(chen, where))
    assert grants(talk, picture) == 0
    assert write(talk, entry) is None


def grants(talk: Talk, media_id: str) -> int:
    sql = "SELECT COALESCE(SUM(uses), 0) FROM media_grants WHERE media_id = ?"
    return int(talk.world.read(lambda reader: reader.query(sql, media_id))[0][0])


def test_an_edited_text_is_looked_behind_anew(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    entry = talk.post(lin, where, text=TEXT, previews=True)
    write(talk, entry)
    other = "https://b.example"
    body = {"text": f"rather {other}"}

    talk.post(lin, where, "edit", ref=entry.number, body=body, **EDITING)

    assert shown(talk, chen, where, entry.number) is None
    assert write(talk, entry) is None  # The page behind the old link comes too late.
    assert write(talk, entry, url=other, title="Coffee") is not None
    assert shown(talk, chen, where, entry.number)["title"] == "Coffee"
    assert all(URL not in one.body + one.marks for one in talk.log(chen, where))


def test_a_picture_that_is_not_there_is_left_out(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    entry = talk.post(lin, where, text=TEXT, previews=True)
    write(talk, entry, image=talk.uploaded(chen))  # Another's, which nobody has posted.

    assert shown(talk, chen, where, entry.number)["title"] == "Tea"
    assert "image" not in shown(talk, chen, where, entry.number)
