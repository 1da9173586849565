"""Words of texts and questions, and where they stand."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from changliao.search.snippet import SNIPPET_MAX, marked, snippet
from changliao.search.words import (
    ASKED_MAX,
    CLAUSES_MAX,
    WORD_MAX,
    Clause,
    clauses,
    folded,
    key,
    marks,
    words,
)


def test_scripts_without_spaces_become_pairs_and_the_last_character() -> None:
    assert words("畅聊支付") == ["畅聊", "聊支", "支付", "付"]
    assert words("畅") == ["畅"]
    assert words("畅，聊") == ["畅", "聊"]
    assert words("ภาไทย") == ["ภา", "าไ", "ไท", "ทย", "ย"]


def test_other_scripts_keep_their_words_with_letters_and_digits_apart() -> None:
    assert words("我用iPhone15手机") == ["我用", "用", "iphone", "15", "手机", "机"]
    assert words("lin_wei@x.org 12,5") == ["lin", "wei", "x", "org", "12", "5"]
    assert words("हिन्दी") == ["हिन्दी"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ", "abc"),
        ("CAFÉ", "cafe"),
        ("cafe\u0301", "café"),
        ("Straße", "STRASSE"),
        ("ﬁne", "fine"),
        ("ｶﾞ", "ガ"),
        ("か\u3099", "が"),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"),
        ("하\u11ab", "한"),
        ("so\u00adft", "soft"),
        ("\u202eabc\u202c", "abc"),
        ("❤\ufe0f", "❤"),
        ("שָׁלוֹם", "שלום"),
        ("①", "1"),
    ],
)
def test_what_reads_the_same_is_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert words(one) == words(other) != []


def test_a_question_is_clauses_of_which_the_last_word_may_go_on() -> None:
    assert clauses("上海 coffee sho") == [
        Clause(("上海",), False),
        Clause(("coffee",), False),
        Clause(("sho",), True),
    ]
    assert clauses("sho ") == [Clause(("sho",), False)]
    assert clauses("畅聊支付") == [Clause(("畅聊", "聊支", "支付"), False)]
    assert clauses("付") == [Clause(("付",), True)]
    assert clauses("iphone15") == [Clause(("iphone", "15"), True)]
    assert clauses("15号") == [Clause(("15",), False), Clause(("号",), True)]
    assert clauses("，。 !") == []
    assert clauses("a b a b ") == [Clause(("a",), False), Clause(("b",), False)]


def test_a_question_is_no_longer_than_it_may_be() -> None:
    asked = " ".join([chr(ord("a") + n % 26) * (n % 7 + 1) for n in range(100)])
    assert len(clauses(asked)) == CLAUSES_MAX
    assert clauses("a" * 10_000) == [Clause(("a" * WORD_MAX,), True)]
    assert key("a" * 10_000) == "a" * WORD_MAX
    assert clauses("a" * ASKED_MAX + " b") == [Clause(("a" * WORD_MAX,), True)]


def test_titles_are_the_same_but_for_width_case_accents_and_signs() -> None:
    assert key("  The Café, Shanghai!") == key("ｔｈｅ cafe shanghai")
    assert key("茶会") != key("茶会2")


@pytest.mark.parametrize(
    ("asked", "text", "found"),
    [
        ("上海 coff", "去上海喝Coffee", ["上海", "Coff"]),
        ("付", "畅聊支付", ["付"]),
        ("支付", "畅聊支付支付", ["支付支付"]),
        ("cafe ", "CAFE\u0301, café", ["CAFE\u0301", "café"]),
        ("iphone1", "我的iPhone15", ["iPhone1"]),
        ("fi", "ﬁne", ["ﬁ"]),
        ("ガ", "ｶﾞｷﾞ", ["ｶﾞ"]),
        ("🎉", "a🎉🎉b", ["🎉🎉"]),
        ("海", "上海，海路", ["海", "海"]),
        ("x", "abc", []),
    ],
)
def test_marks_are_ranges_of_the_text_as_it_was_written(
    asked: str, text: str, found: list[str]
) -> None:
    assert [text[a:b] for a, b in marks(text, clauses(asked))] == found


ANYTHING = st.text(max_size=60) | st.text(
    alphabet="上海路咖啡ab1é\u0301🎉 ,か\u3099ﾞｶ\u202e", max_size=60
)


@given(ANYTHING, ANYTHING)
def test_marks_lie_in_the_text_in_order_and_apart(text: str, asked: str) -> None:
    found = marks(text, clauses(asked))
    assert all(0 <= a < b <= len(text) for a, b in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))


@example("か\u202e\u3099")
@example("ｶ\u0301ﾞ")
@given(ANYTHING)
def test_folding_is_done_once_and_for_all(text: str) -> None:
    assert words(folded(text)) == words(text)
    assert all(
        not unicodedata.combining(one) or one in "\u3099\u309a" for one in "".join(words("é"))
    )


@given(ANYTHING, st.integers(0, 59), st.integers(1, 6))
def test_whatever_stands_in_a_text_is_marked_when_it_is_asked_for(
    text: str, start: int, many: int
) -> None:
    there = words(text)[start : start + 1]
    for word in there:
        assert marks(text, [Clause((word,), False)])


def test_a_snippet_shows_where_it_was_found_on_one_line() -> None:
    text = "前" * 200 + "上海\n路" + "后" * 200
    piece, found = snippet(text, clauses("上海"))
    assert piece.startswith("…前") and piece.endswith("后…")
    assert len(piece) == SNIPPET_MAX + 2
    assert [piece[a:b] for a, b in found] == ["上海"]
    assert "\n" not in piece


def test_a_snippet_of_what_is_not_there_is_the_beginning() -> None:
    assert snippet("abc", clauses("x")) == ("abc", [])
    assert snippet("", clauses("x")) == ("", [])


def test_ranges_count_as_browsers_do() -> None:
    assert marked("🎉上海🎉", clauses("上海")) == ("🎉上海🎉", [(2, 4)])


@given(ANYTHING, ANYTHING)
def test_ranges_of_a_snippet_lie_in_it_and_nothing_turns_its_direction(
    text: str, asked: str
) -> None:
    piece, found = snippet(text * 4, clauses(asked))
    units = len(piece.encode("utf-16-le", "surrogatepass")) // 2
    assert all(0 <= a < b <= units for a, b in found)
    assert not set("\u202e\u202d\u2066\n\x00") & set(piece)
