"""The project keeps its own rules."""

import re
from importlib.util import find_spec

import pytest

from tests.house.rules import RULES, Rule
from tests.house.walls import PROJECT, lint


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule) -> None:
    complaints = rule(PROJECT)

    assert not complaints, "\n" + "\n".join(complaints)


def test_the_walls_stand() -> None:
    kept, printed = lint(PROJECT)

    assert kept, printed


def test_the_corner_shop_is_short_and_stands_outside() -> None:
    text = (PROJECT / "integrations" / "corner_shop" / "shop.py").read_text("utf-8")
    assert len(text.splitlines()) <= 200
    assert "import changliao" not in text
    assert "from changliao" not in text


def test_every_module_that_make_runs_is_there() -> None:
    named = re.findall(r"python -m ([\w.]+)", (PROJECT / "Makefile").read_text("utf-8"))
    assert "benchmarks" in named
    for name in named:
        found = find_spec(name)
        assert found is not None, name
        assert not found.submodule_search_locations or find_spec(f"{name}.__main__"), name


def test_the_platform_installs_at_most_fifty_packages() -> None:
    lock = (PROJECT / "requirements" / "run.txt").read_text("utf-8")
    assert 20 < len(set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE))) <= 50
    setup = (PROJECT / "scripts" / "setup").read_text("utf-8")
    assert 'demo) locks="run shop" sdks=requirements/sdk-street.txt' in setup
