"""Runs of text as one line to write, and back."""

from typing import Any

import pytest

from tests.browser.conftest import Screens
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser

LINES: list[tuple[str, list[dict[str, Any]]]] = [
    ("plain", [{"text": "plain"}]),
    ("", []),
    ("a **b** c", [{"text": "a "}, {"text": "b", "bold": True}, {"text": " c"}]),
    ("*a* **b**", [{"text": "a", "italic": True}, {"text": " "}, {"text": "b", "bold": True}]),
    ("***both***", [{"text": "both", "bold": True, "italic": True}]),
    ("2 * 3 ** 4", [{"text": "2 * 3 ** 4"}]),
    ("2 \\* 3", [{"text": "2 * 3"}]),
    ("[tea](https://t.example/a?b=1)", [{"text": "tea", "link": "https://t.example/a?b=1"}]),
    ("[x](javascript:alert)", [{"text": "[x](javascript:alert)"}]),
    ("[] [a]", [{"text": "[] [a]"}]),
    ("<b>&amp;</b>", [{"text": "<b>&amp;</b>"}]),
]

DICE = r"""async () => {
  const { spansOf, textOf } = await import("/static/js/accounts/marks.js");
  let seed = 7;
  const dice = (n) => (seed = (seed * 1664525 + 1013904223) >>> 0) % n;
  const signs = ["a", "茶", " ", "*", "**", "[", "]", "(", ")", "\\\\", "<i>", "https://x.example"];
  const style = ({ bold = false, italic = false, link = "" }) => JSON.stringify([bold, italic, link]);
  const joined = (spans) => spans.reduce((all, one) => {
    if (all.length && style(all.at(-1)) === style(one) && !one.link) all.at(-1).text += one.text;
    else all.push({ ...one });
    return all;
  }, []);
  const said = (spans) => JSON.stringify(joined(spans).map((one) => [one.text, style(one)]));
  const found = [];
  for (let turn = 0; turn < 1000; turn++) {
    const spans = Array.from({ length: 1 + dice(5) }, () => ({
      text: Array.from({ length: 1 + dice(3) }, () => signs[dice(signs.length)]).join(""),
      bold: dice(3) === 0, italic: dice(3) === 0, link: dice(5) === 0 ? "https://x.example/" : "" }));
    const line = textOf(spans);
    if (said(spansOf(line)) !== said(spans)) found.push([spans, line, spansOf(line)]);
  }
  return found.slice(0, 3);
}"""


def test_a_line_says_what_it_marks_and_is_written_back_as_the_same(
    screens: Screens, demo: Demo
) -> None:
    page = screens.page("pc")
    page.goto(f"{demo.url}/sign-in")
    told = page.evaluate(
        """async (lines) => {
          const { spansOf, textOf } = await import("/static/js/accounts/marks.js");
          return lines.map((line) => [spansOf(line), spansOf(textOf(spansOf(line)))]);
        }""",
        [line for line, _ in LINES],
    )
    assert told == [[spans, spans] for _, spans in LINES]


def test_whatever_spans_there_are_their_line_says_the_same(screens: Screens, demo: Demo) -> None:
    page = screens.page("pc")
    page.goto(f"{demo.url}/sign-in")
    assert page.evaluate(DICE) == []
