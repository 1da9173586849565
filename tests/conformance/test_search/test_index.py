"""An index finds what is there, shows it to whom it may, and survives what happens to its files."""

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changliao.search.port import WHOLE, Document, Index, Query, Window
from tests.conformance.test_search.plain import MINE, document, ids, keep, plain_find

Engine = Callable[..., Index]

TEXT = "今天晚上我们去上海路喝咖啡，好不好？see you at 8, iPhone15手机也带上"
CHINESE = [one for one in TEXT if "\u4e00" <= one <= "\u9fff"]
MANY = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def test_every_chinese_word_of_two_characters_is_found(index: Index) -> None:
    keep(index, document("m1", TEXT), document("m2", "别的话"))
    pairs = [a + b for a, b in pairwise(TEXT) if a in CHINESE and b in CHINESE]
    assert len(pairs) == 18
    for pair in pairs:
        assert ids(index, pair) == ["m1"], pair


def test_every_single_character_is_found(index: Index) -> None:
    keep(index, document("m1", TEXT))
    for one in CHINESE:
        assert ids(index, one) == ["m1"], one


def test_longer_words_must_stand_together(index: Index) -> None:
    keep(index, document("m1", "上海路"), document("m2", "海上的路"), document("m3", "上海，海路"))
    assert ids(index, "上海路") == ["m1"]
    assert ids(index, "上海") == ["m3", "m1"]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("上海 coffee", "去上海喝Coffee"),
        ("coffee上海", "去上海喝Coffee"),
        ("cof", "Coffee"),
        ("CAFÉ", "cafe"),
        ("cafe", "CAFE\u0301"),
        ("ＡＢＣ１２３", "abc123"),
        ("iphone", "我的iPhone15"),
        ("iphone15", "我的iPhone 15"),
        ("iphone1", "我的iPhone15"),
        ("15", "我的iPhone15"),
        ("strasse", "Straße"),
        ("ガギ", "ｶﾞｷﾞ"),
        ("한국", "한국어"),
        ("ไทย", "ภาษาไทย"),
        ("हिन्दी", "हिन्दी भाषा"),
        ("привет", "Привет, мир"),
        ("🎉", "生日快乐🎉"),
        ("👨‍👩‍👧", "我家👨‍👩‍👧三口"),
        ("lin_wei", "lin_wei"),
        ("𠮷野家", "去𠮷野家吃"),
    ],
)
def test_what_is_written_in_another_way_is_found(index: Index, asked: str, text: str) -> None:
    keep(index, document("m1", text), document("m2", "nothing of it 没有"))
    assert ids(index, asked) == ["m1"]


@pytest.mark.parametrize(
    "asked", ["", " ", "，。！", "\x00", "\u202e", "+-*/\"'()[]^~", "AND", "title:x"]
)
def test_a_question_without_words_finds_nothing_and_signs_mean_nothing(
    index: Index, asked: str
) -> None:
    keep(index, document("m1", "上海"))
    assert ids(index, asked) == []


def test_a_word_that_was_typed_to_its_end_is_that_word(index: Index) -> None:
    keep(index, document("m1", "cat"), document("m2", "category"))
    assert ids(index, "cat") == ["m2", "m1"]
    assert ids(index, "cat ") == ["m1"]


HOSTILE = [
    "e" + "\u0301" * 10_000,
    "\u0301\u0323" * 32_000,
    "\u202e" + "上海" + "\u202d\u2066\u2069" * 500,
    "\x00" * 65_536,
    "中" * 65_536,
    "a" * 65_536,
    "a1" * 32_768,
    "".join([chr(point) for point in range(0x1F300, 0x1FAFF)]) * 20,
    "ᄀ" * 20_000 + "ᅡ" * 20_000,
    "".join([chr(one) for one in range(1, 0x3000)]),
    "<script>alert('上海')</script>\" OR 1=1 --",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_neither_breaks_an_index_nor_hides_others(index: Index, text: str) -> None:
    keep(index, document("m1", text, title=text, names=(text, text)), document("m2", "上海见"))
    assert "m2" in ids(index, "上海")
    ids(index, text)
    index.drop(["m1"])
    index.commit(2)
    assert ids(index, "上海") == ["m2"]


def test_titles_count_before_texts_and_new_ones_before_old_ones(index: Index) -> None:
    keep(
        index,
        document("d1", "", title="上海"),
        document("d2", "", title="别名", names=("上海",)),
        document("d3", "", title="上海咖啡"),
        document("d4", "", title="去上海"),
        document("d5", "我在上海"),
        document("d6", "上海的上海的上海"),
    )
    assert ids(index, "上海") == ["d2", "d1", "d4", "d3", "d6", "d5"]


def test_pages_follow_each_other_without_a_gap(index: Index) -> None:
    chance = random.Random(7)
    made = [
        document(f"m{n}", "上海", title=chance.choice(["", "上海", "上海路"])) for n in range(257)
    ]
    keep(index, *made)
    wanted = plain_find(made, Query("上海", MINE))
    found: list[str] = []
    skip = 0
    while True:
        page = index.find(Query("上海", MINE, skip=skip, limit=10))
        found += [one.id for one in page.items]
        if not page.next:
            break
        assert len(page.items) == 10
        skip = page.next
    assert found == wanted


def test_the_last_page_says_that_it_is_the_last(index: Index) -> None:
    keep(index, *[document(f"m{n}", "上海") for n in range(20)])
    assert index.find(Query("上海", MINE, limit=20)).next == 0
    assert index.find(Query("上海", MINE, limit=19)).next


# Who may see what ---------------------------------------------------------------------------

SCOPES = ["cv_a", "cv_b", "cv_c", "CV_A", "cv", "*"]
TEXTS = st.text(alphabet="上海路 咖啡ab1é,", max_size=12)
WINDOWS = st.builds(Window, st.integers(0, 6), st.integers(0, 6))


@st.composite
def libraries(draw: st.DrawFn) -> list[Document]:
    many = draw(st.integers(1, 12))
    return [
        Document(
            f"d{place}",
            draw(st.sampled_from(["messages", "people"])),
            tuple(draw(st.lists(st.sampled_from(SCOPES), max_size=3))),
            draw(TEXTS),
            draw(TEXTS),
            place,
            draw(st.integers(0, 6)),
            draw(st.sampled_from(["", "per_1", "per_2"])),
            tuple(draw(st.lists(TEXTS, max_size=2))),
        )
        for place in range(many)
    ]


QUERIES = st.builds(
    Query,
    TEXTS,
    st.dictionaries(st.sampled_from(SCOPES), WINDOWS, max_size=4),
    st.lists(st.sampled_from(["messages", "people"]), max_size=2).map(tuple),
    st.sampled_from(["", "", "per_1"]),
    st.booleans(),
    limit=st.just(100),
)


@MANY
@given(library=libraries(), asked=st.lists(QUERIES, min_size=1, max_size=8))
def test_exactly_what_one_may_see_is_found_in_order(
    index: Index, library: list[Document], asked: list[Query]
) -> None:
    index.reset()
    keep(index, *library)
    for query in asked:
        assert [one.id for one in index.find(query).items] == plain_find(library, query)


@pytest.mark.parametrize("limit", [30, 100])
def test_a_person_in_two_thousand_conversations_sees_those_alone(index: Index, limit: int) -> None:
    keep(index, *[document(f"m{n}", "上海", scopes=(f"cv_{n}",)) for n in range(2_100)])
    mine = {f"cv_{n}": WHOLE for n in range(0, 4_000, 2)}
    found: list[str] = []
    skip = 0
    while True:
        page = index.find(Query("上海", mine, skip=skip, limit=limit))
        found += [one.id for one in page.items]
        skip = page.next
        if not skip:
            break
    assert found == [f"m{n}" for n in range(2_098, -1, -2)]


def test_whoever_joined_late_or_left_sees_only_the_numbers_between(index: Index) -> None:
    keep(index, *[document(f"m{n}", "上海", number=n) for n in range(1, 1_001)])
    assert ids(index, "上海", scopes={"cv_mine": Window(990, 0)}) == [
        f"m{n}" for n in range(1_000, 990, -1)
    ]
    assert ids(index, "上海", scopes={"cv_mine": Window(2, 4)}) == ["m4", "m3"]
    assert ids(index, "上海", scopes={"cv_mine": Window(4, 4)}) == []


# Changes, restarts, damage ------------------------------------------------------------------


def test_a_document_takes_the_place_of_the_one_before_and_goes_when_it_is_dropped(
    index: Index,
) -> None:
    keep(index, document("m1", "上海"), document("m2", "上海"))
    index.put([document("m1", "北京"), document("m3", "南京"), document("m3", "东京")])
    index.drop(["m2", "never there"])
    assert ids(index, "上海") == ["m2", "m1"]
    index.commit(2)
    assert ids(index, "上海") == []
    assert ids(index, "北京") == ["m1"]
    assert ids(index, "南京") == []
    assert ids(index, "东京") == ["m3"]
    index.drop(["m3"])
    index.put([document("m3", "南京")])
    index.commit(3)
    assert ids(index, "南京") == ["m3"]


def test_what_was_not_committed_is_forgotten_with_its_position(
    engine: Engine, folder: Path
) -> None:
    index = engine(folder)
    assert index.position == 0
    keep(index, document("m1", "上海"), position=7)
    index.put([document("m2", "上海")])
    index.drop(["m1"])
    index.close()
    again = engine(folder)
    assert again.position == 7
    assert ids(again, "上海") == ["m1"]
    keep(again, document("m2", "上海"), position=8)
    assert ids(again, "上海") == ["m2", "m1"]
    again.put([document("m3", "上海")])
    again.mend()
    assert again.position == 8
    again.commit(9)
    assert ids(again, "上海") == ["m2", "m1"]
    again.close()


def test_an_index_that_is_reset_is_empty_and_can_be_filled_again(index: Index) -> None:
    keep(index, document("m1", "上海"), position=7)
    index.put([document("m2", "上海")])
    index.reset()
    assert index.position == 0
    assert ids(index, "上海") == []
    keep(index, document("m3", "上海"))
    assert ids(index, "上海") == ["m3"]


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _garble(file: Path) -> None:
    file.write_bytes(random.Random(3).randbytes(max(file.stat().st_size, 64)))


@pytest.mark.parametrize("harm", [_cut, _garble, Path.unlink])
def test_a_damaged_index_begins_anew_by_itself(
    engine: Engine, folder: Path, harm: Callable[[Path], None]
) -> None:
    index = engine(folder)
    keep(index, *[document(f"m{n}", TEXT) for n in range(200)], position=7)
    index.close()
    files = [one for one in folder.rglob("*") if one.is_file() and "lock" not in one.name]
    assert files
    for file in files:
        if file.stat().st_size:
            harm(file)
    index = engine(folder)
    assert index.position == 0
    assert ids(index, "上海") == []
    keep(index, document("m1", "上海"))
    assert ids(index, "上海") == ["m1"]
    index.close()
