"""What a device knows: whatever frames are lost, doubled or out of order, it ends as if it had read anew."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Screens
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser

WORLDS = 250
SAME = (Path(__file__).parent / "app_worlds.js").read_text("utf-8")
ROW = """{ c: "cv", k: "direct", title: "Wang", v: 1, s: 0, n: 0, rs: 0, rn: 0, from: 0, left: 0, at: "",
  last: null, pin: false, mute: false, hide: false, mention: 0 }"""
BEGUN = (
    """
  const S = await import("/static/js/chat/state.js");
  const state = S.newState("me");
  S.hear(state, { t: "hi", ep: "e", cap: { typing: true } });
  S.hear(state, { t: "chg", l: ["""
    + ROW
    + """], cur: "5", more: false, full: true });
  const ts = "2026-01-01T00:00:00Z";
  const said = { c: "cv", k: "text", b: { text: "hello" } };
  const mine = { ...said, id: "mine", r: 0, at: [], ts };
  const m = (s, f, more = {}) => ({ t: "m", ...said, s, n: s, f, ts, id: `i${s}`, ...more });
  const chg = (l, more = {}) => ({ t: "chg", l, cur: "6", more: false, ...more });
  const row = () => state.rows.get("cv");
"""
)


def run(screens: Screens, demo: Demo, script: str, argument: Any = None) -> Any:
    page = screens.page("pc")
    page.goto(f"{demo.url}/sign-in")
    return page.evaluate(script, argument)


def test_any_order_loss_and_doubling_of_frames_ends_in_the_same_state(
    screens: Screens, demo: Demo
) -> None:
    assert run(screens, demo, SAME, WORLDS) == []


def test_an_echo_settles_what_was_shown_at_once(screens: Screens, demo: Demo) -> None:
    found = run(
        screens,
        demo,
        f"""async () => {{ {BEGUN}
          S.say(state, mine);
          const before = state.posts.length;
          S.hear(state, m(1, "a", {{ id: "mine" }}));
          const others = state.posts.length;
          S.hear(state, m(2, "me", {{ id: "mine" }}));
          return {{ before, others, after: state.posts.length, unread: S.unread(row()) }};
        }}""",
    )
    assert found == {"before": 1, "others": 1, "after": 0, "unread": 0}


def test_a_refused_message_stays_with_its_reason_and_can_be_tried_again(
    screens: Screens, demo: Demo
) -> None:
    found = run(
        screens,
        demo,
        f"""async () => {{ {BEGUN}
          S.say(state, mine);
          S.hear(state, {{ t: "no", id: "mine", e: "not_contacts", d: "No." }});
          const refused = state.posts[0].failed;
          S.retry(state, "mine");
          return {{ code: refused.code, again: state.posts[0].failed, frame: S.frameOf(state.posts[0]) }};
        }}""",
    )
    assert found["code"] == "not_contacts" and found["again"] is None
    assert found["frame"] == {
        "t": "msg",
        "c": "cv",
        "id": "mine",
        "k": "text",
        "b": {"text": "hello"},
    }


def test_unread_is_a_subtraction_in_which_my_own_messages_never_count(
    screens: Screens, demo: Demo
) -> None:
    found = run(
        screens,
        demo,
        f"""async () => {{ {BEGUN}
          const seen = [];
          const note = () => {{
            const {{ unread, quiet }} = S.totals(state);
            seen.push([S.unread(row()), unread, quiet, row().mention]);
          }};
          S.hear(state, m(1, "a")); note();
          S.hear(state, m(2, "a", {{ at: ["me"] }})); note();
          S.hear(state, m(2, "a", {{ at: ["me"] }})); note();
          S.hear(state, chg([{{ ...row(), v: 2, mute: true }}])); note();
          S.hear(state, m(3, "me")); note();
          S.hear(state, m(4, "a")); note();
          S.hear(state, {{ t: "rd", c: "cv", u: "me", s: 4, n: 4 }}); note();
          return seen;
        }}""",
    )
    assert found == [
        [1, 1, False, 0],
        [2, 2, False, 2],
        [2, 2, False, 2],
        [2, 0, True, 2],
        [0, 0, False, 0],
        [1, 0, True, 0],
        [0, 0, False, 0],
    ]


def test_another_epoch_forgets_all_that_was_held_but_not_what_one_wants_to_say(
    screens: Screens, demo: Demo
) -> None:
    found = run(
        screens,
        demo,
        f"""async () => {{ {BEGUN}
          S.hear(state, m(1, "a"));
          S.say(state, mine);
          S.hear(state, {{ t: "hi", ep: "another" }});
          const {{ rows, logs, cursor, posts }} = state;
          return {{ rows: rows.size, logs: logs.size, cursor, posts: posts.length }};
        }}""",
    )
    assert found == {"rows": 0, "logs": 0, "cursor": "", "posts": 1}


def test_what_a_full_list_does_not_name_is_not_mine_any_more(screens: Screens, demo: Demo) -> None:
    found = run(
        screens,
        demo,
        f"""async () => {{ {BEGUN}
          const other = (c) => ({{ ...row(), c }});
          S.hear(state, chg([other("b"), other("c")]));
          S.hear(state, {{ t: "hi", ep: "e" }});
          S.hear(state, chg([other("b")], {{ cur: "", more: true, full: true }}));
          const meanwhile = state.rows.size;
          S.hear(state, chg([other("d")], {{ cur: "8", full: true }}));
          return {{ meanwhile, rows: [...state.rows.keys()].sort(), cursor: state.cursor }};
        }}""",
    )
    assert found == {"meanwhile": 3, "rows": ["b", "d"], "cursor": "8"}


def test_history_that_was_cleared_elsewhere_is_gone_here(screens: Screens, demo: Demo) -> None:
    found = run(
        screens,
        demo,
        f"""async () => {{ {BEGUN}
          for (let s = 1; s <= 5; s++) S.hear(state, m(s, "a"));
          S.hear(state, chg([{{ ...row(), v: 3, from: 4, rs: 4, rn: 4, last: null }}]));
          const {{ entries, ranges }} = state.logs.get("cv");
          const earlier = S.earlier(state, "cv", ranges[0]);
          return {{ held: [...entries.keys()], ranges, unread: S.unread(row()), earlier }};
        }}""",
    )
    assert found == {"held": [5], "ranges": [{"from": 5, "to": 5}], "unread": 1, "earlier": []}
