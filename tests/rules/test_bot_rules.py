"""What calls a bot, what does not, and what a gate's sentence becomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.bots import rules
from changliao.bots.model import Bot, Command
from changliao.chat.model.entries import Entry

BOT = Bot(
    "bot_1",
    "app_1",
    "test",
    "helper",
    "Helper",
    "",
    "",
    listed=False,
    watches=False,
    state="on",
    commands=(Command("order", "点单", "order"),),
    created_at=0,
)


def entry(text: str, mentions: str = "") -> Entry:
    return Entry("cv_1", 1, 1, "per_1", 0, "a", "text", 0, mentions, "{}", "")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/order", "order"),
        ("/order two teas", "order"),
        ("/order\ntwo", "order"),
        ("/order@helper two", "order"),
        ("/order@other two", ""),
        ("/order@helperx", ""),
        ("/orders", ""),
        ("/Order", ""),
        (" /order", ""),
        ("see /order", ""),
        ("/", ""),
        ("//order", ""),
        ("/order。", ""),
        ("", ""),
    ],
)
def test_a_command_stands_at_the_beginning_and_alone(text: str, command: str) -> None:
    assert rules.command_for(BOT, text) == command


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@helper", True),
        ("请 @helper 看", True),
        ("请@helper看", True),
        ("(@helper)", True),
        ("@helperx", False),
        ("@helper_2", False),
        ("me@helper", False),
        ("@@helper", False),
        ("helper", False),
        ("@Helper", False),
    ],
)
def test_a_name_calls_where_it_stands_by_itself(text: str, called: bool) -> None:
    assert rules.called(BOT, entry(text), text, "") == called


def test_a_mention_and_an_answer_call_too() -> None:
    assert rules.called(BOT, entry("x", "per_2 bot_1"), "x", "")
    assert rules.called(BOT, entry("x"), "x", "bot_1")
    assert not rules.called(BOT, entry("x", "bot_11"), "x", "bot_2")


@given(st.text())
def test_no_text_breaks_the_looking(text: str) -> None:
    assert rules.called(BOT, entry(text), text, "") in (True, False)
    assert len(rules.sentence(text)) <= rules.SENTENCE_MAX
    assert rules.sentence(text).isprintable()
