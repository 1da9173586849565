"""How tests are dealt out to workers."""

from tests.parts import SLOW_IS_AS, longest_first, part_of

TALK = "tests/browser/test_app_talk.py::test_two_talk[phone]"
WALLET = "tests/browser/test_wallet.py::test_a_wallet"
RULES = [f"tests/rules/test_pack.py::test_a_pack[{n}::{n}]" for n in range(SLOW_IS_AS + 1)]
KILLED = "tests/sim/test_kill.py::test_a_kill"
LAST = "tests/rooms/test_bus.py::test_a_bus"


def test_a_file_stays_together_and_so_does_the_folder_of_the_browser() -> None:
    assert part_of(TALK) == part_of(WALLET) == "tests/browser"
    assert {part_of(one) for one in RULES} == {"tests/rules/test_pack.py"}
    assert part_of("tests/browsers.py::test_none") == "tests/browsers.py"


def test_what_takes_longest_is_dealt_out_first_and_each_part_in_its_own_order() -> None:
    tests = [(LAST, False), (WALLET, True), (KILLED, True), (TALK, True)]
    tests += [(one, False) for one in RULES]
    dealt = [tests[place][0] for place in longest_first(tests)]
    assert dealt == [WALLET, TALK, *RULES, KILLED, LAST]
