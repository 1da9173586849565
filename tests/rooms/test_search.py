"""Search follows what happens in the rooms, and shows to nobody what is not theirs."""

import asyncio
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from changliao.app.avatars import wear
from changliao.app.made import FOUND
from changliao.bus.outbox import facts_after
from changliao.chat import model as cm
from changliao.chat import service as chat
from changliao.chat.model import Conversation
from changliao.chat.service import reading
from changliao.kernel.refusal import Refusal
from changliao.people.model import Person
from changliao.people.model.contacts import AskChange, AskOther
from changliao.people.model.profiles import AskProfile
from changliao.people.service import contacts, profiles
from changliao.search import place
from changliao.search.feed import Search, SearchBusy
from changliao.search.fts5 import Fts5Index
from changliao.search.place import take_place
from changliao.search.port import Found, Index, Query
from changliao.search.tantivy import TantivyIndex
from tests.patience import PATIENCE_S
from tests.places import quick_folder
from tests.rooms.finding import Finder
from tests.rooms.talking import Talk
from tests.rooms.world import World


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = quick_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def talk(world: World) -> Talk:
    return Talk(world)


@pytest.fixture
def finder(world: World, folder: Path) -> Finder:
    return Finder(world, folder)


def show(world: World, person: Person, **said: object) -> None:
    world.ask(profiles.profile_changer(wear), AskProfile(person.id, **said))  # type: ignore[arg-type]


# What is found ------------------------------------------------------------------------------


def test_one_box_finds_contacts_conversations_messages_and_people(
    talk: Talk, finder: Finder
) -> None:
    lin, mei = talk.friends("lin", "mei")
    talk.world.person("meiling", pin="")
    tea = talk.group(lin, mei, title="Mei and tea 喝茶")
    talk.post(mei, tea, text="我是 Mei, 去上海喝Coffee")
    members = ", ".join(one.name for one in sorted([lin, mei], key=lambda one: one.id))
    assert finder.find(lin, "mei") == [
        ("contacts", "Mei", "mei"),
        ("conversations", "Mei and tea 喝茶", members),
        ("messages", "Mei", "我是 Mei, 去上海喝Coffee"),
        ("people", "Meiling", "meiling"),
    ]
    assert finder.messages(lin, "上海 cof") == ["我是 Mei, 去上海喝Coffee"]
    assert finder.find(lin, "喝茶") == [("conversations", "Mei and tea 喝茶", members)]


def test_every_kind_of_message_is_found_by_its_words(talk: Talk, finder: Finder) -> None:
    lin, mei = talk.friends("lin", "mei")
    shop = talk.world.shop()
    both = talk.direct(lin, mei)
    place = {"latitude": 31_230_000, "longitude": 121_470_000}
    for kind, body in (
        ("file", {"media": talk.uploaded(lin, "file"), "name": "预算表.xlsx"}),
        ("image", {"media": talk.uploaded(lin), "name": "外滩.jpg"}),
        ("location", place | {"name": "豫园", "address": "安仁街"}),
        ("contact", {"person": mei.id}),
        ("card", {"app": shop.app_id, "partner": "", "title": "红茶", "text": "半斤装"}),
    ):
        talk.post(lin, both, kind, body=body)  # type: ignore[arg-type]
    for words, text in (
        ("预算 xlsx", "预算表.xlsx"),
        ("外滩", "外滩.jpg"),
        ("安仁街", "豫园 · 安仁街"),
        ("mei", "Mei · mei"),
        ("半斤", "红茶 · 半斤装"),
    ):
        assert finder.messages(lin, words) == [text]
    entries = talk.log(lin, both)
    ask = cm.AskForward(
        lin.id, both.id, tuple(one.number for one in entries[1:3]), both.id, True, "f"
    )
    talk.world.ask(chat.forward, ask)
    assert len(finder.messages(lin, "预算")) == 2


def test_messages_are_the_newest_first_and_can_be_those_of_one_person(
    talk: Talk, finder: Finder
) -> None:
    lin, mei = talk.friends("lin", "mei")
    both = talk.direct(lin, mei)
    for number in range(3):
        talk.post(lin, both, text=f"茶叶 {number}")
        talk.post(mei, both, text=f"茶叶 茶叶 {number}")
    assert finder.messages(lin, "茶叶", person=mei.id) == [f"茶叶 茶叶 {n}" for n in (2, 1, 0)]
    assert finder.messages(lin, "茶叶")[:2] == ["茶叶 茶叶 2", "茶叶 2"]


# What changes -------------------------------------------------------------------------------


def test_a_recalled_message_is_gone_and_an_edited_one_is_found_by_its_new_words(
    talk: Talk, finder: Finder
) -> None:
    lin, mei = talk.friends("lin", "mei")
    both = talk.direct(lin, mei)
    first, second = talk.post(lin, both, text="上海见"), talk.post(lin, both, text="上海再见")
    assert finder.messages(mei, "上海") == ["上海再见", "上海见"]
    talk.post(lin, both, "recall", ref=first.number)
    talk.post(lin, both, "edit", body={"text": "北京再见"}, ref=second.number, editing=True)
    assert finder.messages(mei, "上海") == []
    assert finder.messages(mei, "北京") == ["北京再见"]


def test_a_message_that_was_recalled_a_moment_ago_is_not_shown(talk: Talk, finder: Finder) -> None:
    lin, mei = talk.friends("lin", "mei")
    both = talk.direct(lin, mei)
    entry = talk.post(lin, both, text="上海见")
    finder.hear()
    talk.post(lin, both, "recall", ref=entry.number)
    source = next(one for one in FOUND if one.kind == "messages")
    query = Query("上海", talk.world.read(source.scopes, mei.id))
    stale = finder.run(lambda search: search.find(query)).items
    assert len(stale) == 1
    assert talk.world.read(source.shown, mei.id, stale) == [None]


def test_contacts_are_found_by_remark_tag_name_handle_and_region_while_they_are_contacts(
    talk: Talk, finder: Finder
) -> None:
    world = talk.world
    lin, mei, bo = talk.friends("lin", "mei", "bob")
    world.ask(contacts.change_contact, AskChange(lin.id, mei.id, "王老师", ("钢琴",)))
    show(world, mei, region="杭州")
    for words in ("老师", "钢琴", "mei", "杭州"):
        assert finder.find(lin, words) == [("contacts", "王老师", "Mei · mei · 杭州 · 钢琴")]
    assert finder.find(bo, "老师") == []
    assert finder.find(bo, "mei") == [("contacts", "Mei", "mei · 杭州")]
    show(world, mei, name="梅梅")
    assert finder.find(bo, "梅梅") == [("contacts", "梅梅", "mei · 杭州")]
    assert finder.find(lin, "梅梅") == [("contacts", "王老师", "梅梅 · mei · 杭州 · 钢琴")]
    world.ask(contacts.remove_contact, AskOther(lin.id, mei.id))
    assert finder.find(lin, "老师") == []
    assert finder.find(lin, "梅梅") == [("people", "梅梅", "mei · 杭州")]


def test_a_person_who_does_not_want_to_be_found_is_found_by_contacts_alone(
    talk: Talk, finder: Finder
) -> None:
    lin, mei = talk.friends("lin", "mei")
    bo = talk.world.person("bob", pin="")
    assert finder.find(bo, "mei") == [("people", "Mei", "mei")]
    show(talk.world, mei, findable=False)
    assert finder.find(bo, "mei") == []
    assert finder.find(lin, "mei") == [("contacts", "Mei", "mei")]
    assert finder.find(mei, "mei") == []
    show(talk.world, mei, findable=True)
    assert finder.find(bo, "mei") == [("people", "Mei", "mei")]


def test_a_conversation_is_found_once_by_title_members_and_what_one_calls_it(
    talk: Talk, finder: Finder
) -> None:
    lin, mei, bo = talk.friends("lin", "mei", "bob")
    tea = talk.group(lin, mei, title="茶会")
    talk.world.ask(chat.change_mine, cm.AskMine(lin.id, tea.id, remark="周末茶会"))
    assert [row[:2] for row in finder.find(lin, "茶会")] == [("conversations", "周末茶会")]
    assert [row[:2] for row in finder.find(mei, "茶会")] == [("conversations", "茶会")]
    assert finder.find(mei, "周末") == []
    talk.world.ask(chat.change_group, cm.AskChange(lin.id, tea.id, title="咖啡会"))
    assert [row[:2] for row in finder.find(mei, "咖啡")] == [("conversations", "咖啡会")]
    assert finder.find(mei, "茶会") == []
    talk.world.ask(chat.invite, cm.AskInvite(lin.id, tea.id, (bo.id,)))
    show(talk.world, bo, name="博博")
    assert [row[:2] for row in finder.find(mei, "博博")] == [
        ("contacts", "博博"),
        ("conversations", "咖啡会"),
    ]
    talk.world.ask(chat.remove, cm.AskMember(lin.id, tea.id, mei.id))
    assert finder.find(mei, "咖啡会") == []
    talk.world.ask(chat.dissolve, cm.AskDissolve(lin.id, tea.id))
    assert finder.find(bo, "咖啡会") == []


# Who may see it -----------------------------------------------------------------------------


def test_members_find_what_was_said_from_when_they_came_until_they_left(
    talk: Talk, finder: Finder
) -> None:
    lin, mei, bo = talk.friends("lin", "mei", "bob")
    tea = talk.group(lin, bo)
    talk.post(lin, tea, text="上海 before")
    talk.world.ask(chat.invite, cm.AskInvite(lin.id, tea.id, (mei.id,)))
    talk.post(lin, tea, text="上海 during")
    talk.world.ask(chat.remove, cm.AskMember(lin.id, tea.id, mei.id))
    talk.post(lin, tea, text="上海 after")
    assert finder.messages(mei, "上海") == ["上海 during"]
    assert finder.messages(bo, "上海") == ["上海 after", "上海 during", "上海 before"]
    talk.world.ask(chat.clear, cm.AskClear(bo.id, tea.id))
    talk.post(lin, tea, text="上海 later")
    assert finder.messages(bo, "上海") == ["上海 later"]


WORDS = ("上海", "茶叶", "coffee", "iPhone15")


@pytest.mark.parametrize("engine", [TantivyIndex, Fts5Index])
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_a_person_finds_exactly_what_the_logs_show_them(
    talk: Talk, folder: Path, engine: Callable[[Path], Index], seed: int
) -> None:
    chance = random.Random(seed)
    persons = talk.friends("ann", "bob", "cid", "dan")
    groups = [
        talk.group(persons[0], *persons[1:3], title="one"),
        talk.group(persons[1], persons[3], title="two"),
        talk.direct(persons[0], persons[3]),
    ]
    finder = Finder(talk.world, folder, engine)
    for _ in range(60):
        _something_happens(talk, chance, persons, groups)
        if chance.random() < 0.2:
            finder.hear()
    many = 0
    for person in persons:
        for word in WORDS:
            shown = [
                (where.id, entry.number)
                for where in groups
                for entry in _log(talk, person, where)
                if entry.kind == "text" and word in msgspec.json.decode(entry.body)["text"]
            ]
            hits = finder.found(person, word)
            found = [(one.conversation, one.number) for kind, _, one in hits if kind == "messages"]
            assert sorted(found) == sorted(shown)
            many += len(found)
    assert many > 20


def _log(talk: Talk, person: Person, where: Conversation) -> list[cm.Entry]:
    spans = talk.world.read(reading.spans_of, person.id)
    return talk.log(person, where) if where.id in [one[0] for one in spans] else []


def _something_happens(
    talk: Talk, chance: random.Random, persons: list[Person], groups: list[Conversation]
) -> None:
    """A verb of somebody somewhere; what is refused does not happen."""
    who, other = chance.sample(persons, 2)
    where = chance.choice(groups)
    log = _log(talk, who, where)
    number = chance.choice(log).number if log else 1
    ask = talk.world.ask
    deeds: list[Callable[[], object]] = [
        *[lambda: talk.post(who, where, text=f"{chance.choice(WORDS)} {chance.choice(WORDS)}")] * 5,
        lambda: talk.post(who, where, "recall", ref=number),
        lambda: talk.post(
            who, where, "edit", body={"text": chance.choice(WORDS)}, ref=number, editing=True
        ),
        lambda: ask(chat.invite, cm.AskInvite(who.id, where.id, (other.id,))),
        lambda: ask(chat.remove, cm.AskMember(who.id, where.id, other.id)),
        lambda: ask(chat.clear, cm.AskClear(who.id, where.id)),
    ]
    talk.world.clock.forward(1)
    with suppress(Refusal):
        chance.choice(deeds)()


# Following, restarts, rebuilding ------------------------------------------------------------


def test_what_is_heard_is_kept_over_restarts_and_nothing_is_heard_twice(
    talk: Talk, finder: Finder
) -> None:
    lin, mei = talk.friends("lin", "mei")
    both = talk.direct(lin, mei)
    talk.post(lin, both, text="上海 one")
    heard: list[int] = []

    def counting(reader: object, after: int, limit: int) -> object:
        facts = facts_after(reader, after, limit)  # type: ignore[arg-type]
        heard.extend(fact.seq for fact in facts)
        return facts

    async def hear(search: Search) -> int:
        search._facts_after = counting  # type: ignore[assignment]
        return await search.catch_up()

    newest = finder.run(hear)
    assert heard == list(range(1, newest + 1))
    talk.post(lin, both, text="上海 two")
    heard.clear()
    assert finder.run(hear) > newest
    assert heard[0] == newest + 1
    assert finder.messages(mei, "上海") == ["上海 two", "上海 one"]


def test_a_search_that_runs_finds_a_message_soon_after_it_was_written(
    talk: Talk, finder: Finder
) -> None:
    lin, mei = talk.friends("lin", "mei")
    both = talk.direct(lin, mei)

    async def live(search: Search) -> int:
        following = asyncio.create_task(search.run(asyncio.sleep))
        raw = msgspec.json.encode({"text": "上海见"})
        await talk.world.db.write(chat.post, cm.AskPost(lin.id, both.id, "id", "text", raw))
        source = next(one for one in FOUND if one.kind == "messages")
        scopes = await talk.world.db.read(source.scopes, mei.id)
        async with asyncio.timeout(PATIENCE_S):
            while not (found := (await search.find(Query("上海", scopes))).items):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        following.cancel()
        return len(found)

    assert finder.run(live) == 1


def test_an_index_that_was_asked_to_begin_anew_does_so_when_it_is_opened_and_while_it_is_open(
    talk: Talk, finder: Finder, folder: Path
) -> None:
    lin, mei = talk.friends("lin", "mei")
    talk.post(lin, talk.direct(lin, mei), text="上海见")
    newest = finder.hear()
    place.ask_again(folder)

    async def again(search: Search) -> list[int]:
        positions = [search._seq]
        positions.append(await search.catch_up())
        place.ask_again(folder)
        positions.append(await search.catch_up())
        return positions

    assert finder.run(again) == [0, newest, newest]
    assert not list(folder.rglob("again"))
    assert finder.messages(mei, "上海") == ["上海见"]


class Broken(TantivyIndex):
    """An index that cannot be read until it is reset."""

    broken = True

    def find(self, query: Query) -> Found:
        if self.broken:
            raise BaseExceptionGroup("like a panic", [SystemExit("of the engine")])
        return super().find(query)

    def reset(self) -> None:
        self.broken = False
        super().reset()


def test_an_index_that_panics_refuses_for_a_moment_and_is_made_anew(
    talk: Talk, world: World, folder: Path
) -> None:
    lin, mei = talk.friends("lin", "mei")
    talk.post(lin, talk.direct(lin, mei), text="上海见")
    finder = Finder(world, folder, Broken)
    source = next(one for one in FOUND if one.kind == "messages")
    query = Query("上海", world.read(source.scopes, mei.id))

    async def panic(search: Search) -> int:
        await search.catch_up()
        for _ in range(2):
            with pytest.raises(SearchBusy):
                await search.find(query)
        await search.catch_up()
        return len((await search.find(query)).items)

    assert finder.run(panic) == 1


def test_two_processes_that_search_from_one_folder_have_a_place_each(folder: Path) -> None:
    first, second = take_place(folder), take_place(folder)
    assert (first.path.name, second.path.name) == ("0", "1")
    first.close()
    third = take_place(folder)
    assert third.path.name == "0"
    second.close()
    third.close()
