"""Words and links that are not let through: what is found however it is written, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.safety.model.words import AskWord, WordRule, WordRuleInvalid
from changliao.safety.rules import words as rules
from changliao.safety.rules.words import Words


def ruled(*said: tuple[str, str, str]) -> Words:
    """Rules of sort, pattern and deed."""
    made = []
    for number, (sort, pattern, deed) in enumerate(said):
        ask = rules.rule(AskWord("per_o", sort, pattern, deed, "all"))  # type: ignore[arg-type]
        made.append(WordRule(f"wrd_{number}", ask.sort, ask.pattern, ask.deed, "all", "per_o", 0))
    return Words(made, "domestic")


@pytest.mark.parametrize(
    "text",
    ["赌博", "来玩赌博吧", "赌 博", "赌*博", "赌\u200b博", "賭博赌博", "…赌.博…", "赌\n博"],
)
def test_a_chinese_word_is_found_whatever_stands_between_its_characters(text: str) -> None:
    assert ruled(("word", "赌博", "refuse")).struck([text])


@pytest.mark.parametrize(
    "text", ["Casino", "CASINO!", "ＣＡＳＩＮＯ", "ca\u200bsino", "a casino.", "cásino"]
)
def test_a_latin_word_is_found_in_any_case_and_width(text: str) -> None:
    assert ruled(("word", "casino", "refuse")).struck([text])


@pytest.mark.parametrize("text", ["occasion", "casinos", "ca sino", "", "赌", "博赌"])
def test_a_part_of_another_word_is_not_found(text: str) -> None:
    assert ruled(("word", "casino", "refuse"), ("word", "赌博", "refuse")).struck([text]) is None


@pytest.mark.parametrize(
    "text",
    [
        "https://bad.example/x",
        "see BAD.example",
        "www.bad.example",
        "a.b.bad.example",
        "bad。example",
        "ｂａｄ.example",
    ],
)
def test_a_link_is_found_by_its_host_and_whatever_stands_below_it(text: str) -> None:
    assert ruled(("link", "http://www.bad.example/page", "refuse")).struck([text])


@pytest.mark.parametrize("text", ["notbad.example", "bad.example.org", "bad example"])
def test_another_host_passes(text: str) -> None:
    assert ruled(("link", "bad.example", "refuse")).struck([text]) is None


def test_the_severest_rule_counts() -> None:
    words = ruled(("word", "茶叶", "queue"), ("word", "假茶", "veil"), ("word", "毒品", "refuse"))
    found = [words.struck([text]) for text in ("茶叶", "假茶叶", "假茶叶毒品")]
    assert [one and one.deed for one in found] == ["queue", "veil", "refuse"]


def test_a_rule_of_another_edition_does_not_count() -> None:
    rule = WordRule("wrd_1", "word", "casino", "refuse", "overseas", "per_o", 0)
    assert Words([rule], "domestic").empty
    assert Words([rule], "overseas").struck(["casino"])


@pytest.mark.parametrize(
    ("sort", "pattern"),
    [
        ("word", "a"),
        ("word", "\u200b\u200b"),
        ("word", "。。"),
        ("word", "x" * 101),
        ("link", "example"),
        ("link", "not a host"),
        ("link", ""),
    ],
)
def test_what_would_strike_everything_or_nothing_is_no_rule(sort: str, pattern: str) -> None:
    with pytest.raises(WordRuleInvalid):
        rules.rule(AskWord("per_o", sort, pattern, "refuse", "all"))  # type: ignore[arg-type]


@given(st.text(), st.text(alphabet="赌博毒品茶", min_size=2, max_size=6), st.text())
def test_a_pattern_is_found_in_every_text_that_has_it(before: str, word: str, after: str) -> None:
    assert ruled(("word", word, "refuse")).struck([before + word + after])


@given(st.lists(st.text(alphabet="ab茶c", min_size=2, max_size=4), max_size=8), st.text("ab茶c. "))
def test_the_tree_finds_what_looking_for_each_word_finds(patterns: list[str], text: str) -> None:
    dense = [one for one in dict.fromkeys(patterns) if "茶" in one]
    words = ruled(*(("word", one, "refuse") for one in dense))
    plain = any(one in rules.tight(text) for one in dense)
    assert (words.struck([text]) is not None) == plain
