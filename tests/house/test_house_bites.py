"""Each rule catches a house that breaks it, and leaves a sound one alone."""

from pathlib import Path

import pytest

from tests.house import rules
from tests.house.rules import RULES, Rule
from tests.house.skeleton import append, build
from tests.house.walls import lint

HOUSE = "src/changliao"
LONG_FILE = "\n" * rules.FILE_LINES_MAX
LONG_FUNCTION = "def long() -> None:\n" + "    pass\n" * rules.FUNCTION_LINES_MAX

# What is added to which file, and the rule that must say so.
BROKEN: list[tuple[Rule, str, str]] = [
    (rules.a_room_has_only_the_files_that_every_room_has, "pay/refunds.py", ""),
    (rules.a_room_has_only_the_files_that_every_room_has, "pay/refunds/parts.py", ""),
    (rules.a_file_imports_only_the_files_before_it, "pay/rules.py", "from . import store\n"),
    (
        rules.a_file_imports_only_the_files_before_it,
        "pay/model.py",
        "from changliao.pay.events import Value as V\n",
    ),
    (
        rules.a_file_imports_only_the_files_before_it,
        "pay/jobs.py",
        "import changliao.pay.api\n",
    ),
    (
        rules.a_file_imports_only_the_files_before_it,
        "rails/service.py",
        "from changliao.rails import sandbox\n",
    ),
    (rules.the_front_door_of_a_room_holds_only_a_docstring, "pay/__init__.py", "X = 1\n"),
    (
        rules.other_rooms_see_only_service_model_and_events,
        "mall/service.py",
        "from changliao.pay import store as pay_store\n",
    ),
    (
        rules.other_rooms_see_only_service_model_and_events,
        "mall/rules.py",
        "from changliao.pay.rules import half as pay_half\n",
    ),
    (rules.other_rooms_see_only_service_model_and_events, "mall/api.py", "import changliao.pay\n"),
    (
        rules.other_rooms_see_only_service_model_and_events,
        "app.py",
        "from changliao.pay.store import QUERY\n",
    ),
    (
        rules.other_rooms_see_only_service_model_and_events,
        "wallet/jobs.py",
        "from changliao.rails import sandbox\n",
    ),
    (rules.the_client_is_files_and_no_code, "client/pages.py", ""),
    (rules.the_client_is_files_and_no_code, "wire/pages.py", "from changliao import client\n"),
    (rules.nothing_is_swallowed, "pay/service.py", "try: ...\nexcept Exception: ...\n"),
    (rules.nothing_is_swallowed, "pay/service.py", "try: ...\nexcept (OSError, Exception): ...\n"),
    (rules.nothing_is_swallowed, "pay/service.py", "with suppress(Exception): ...\n"),
    (rules.nothing_is_swallowed, "wire/errors.py", "try: ...\nexcept: ...\n"),
    (rules.nothing_is_swallowed, "wire/errors.py", "try: ...\nexcept BaseException: ...\n"),
    (rules.money_is_never_a_float, "pay/rules.py", "FEE = 0.006\n"),
    (rules.money_is_never_a_float, "wallet/model.py", "def f(x: str): return float(x)\n"),
    (rules.money_is_never_a_float, "ledger/service.py", "def _f(x: int): return x / 2\n"),
    (rules.clocks_are_read_only_at_the_edges, "pay/service.py", "import time\ntime.time()\n"),
    (
        rules.clocks_are_read_only_at_the_edges,
        "pay/store.py",
        "from time import monotonic as tick\ntick()\n",
    ),
    (
        rules.clocks_are_read_only_at_the_edges,
        "kernel/instant.py",
        "from datetime import UTC, datetime\ndatetime.now(UTC)\n",
    ),
    (
        rules.clocks_are_read_only_at_the_edges,
        "pay/api.py",
        "import datetime as dt\ndt.datetime.now(dt.UTC)\n",
    ),
    (
        rules.rules_take_no_chances,
        "pay/rules.py",
        "from changliao.kernel.ids import new_id\nnew_id('pay', 1)\n",
    ),
    (rules.sql_lives_in_stores, "pay/service.py", "Q = 'select id from pay where id = ?'\n"),
    (rules.sql_lives_in_stores, "pay/api.py", "T = 'pay'\nQ = f'DELETE FROM {T}'\n"),
    (rules.sql_lives_in_stores, "wire/keys.py", "Q = '''\n  update kept set body = 1'''\n"),
    (rules.http_statuses_are_named_only_in_wire, "pay/api.py", "dict(status_code=404)\n"),
    (rules.http_statuses_are_named_only_in_wire, "pay/api.py", "from http import HTTPStatus\n"),
    (rules.every_verb_states_its_promise, "pay/service.py", "def pay(tx): return 1\n"),
    (
        rules.views_and_bodies_have_names_of_their_own,
        "wallet/api.py",
        "class PersonView(View, frozen=True): ...\n",
    ),
    (
        rules.views_and_bodies_have_names_of_their_own,
        "wallet/api.py",
        "class PersonView(Value, forbid_unknown_fields=True): ...\n",
    ),
    (rules.names_say_something, "pay/service/refund_helpers.py", ""),
    (rules.names_say_something, "wire/utils.py", ""),
    (rules.files_fit_on_a_desk, "pay/rules.py", LONG_FILE),
    (rules.functions_fit_on_a_screen, "pay/rules.py", LONG_FUNCTION),
    (rules.tests_mock_nothing, "../../tests/test_pay.py", "from unittest import mock\n"),
    (rules.tests_mock_nothing, "../../tests/test_pay.py", "from unittest.mock import Mock\n"),
    (rules.tests_mock_nothing, "../../tests/test_pay.py", "def f(m): m.setattr('x', 1)\n"),
]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return build(tmp_path)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sound_house_has_nothing_to_complain_about(rule: Rule, house: Path) -> None:
    assert rule(house) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_house_that_is_not_built_yet_breaks_no_rule(rule: Rule, tmp_path: Path) -> None:
    assert rule(tmp_path) == []


@pytest.mark.parametrize(
    ("rule", "path", "added"), BROKEN, ids=[f"{r.__name__}-{p}" for r, p, _ in BROKEN]
)
def test_a_broken_house_is_caught(rule: Rule, path: str, added: str, house: Path) -> None:
    append(house, f"{HOUSE}/{path}", added)

    complaints = rule(house)

    assert len(complaints) == 1
    assert complaints[0].startswith(str(Path(HOUSE, path)).replace(f"{HOUSE}/../../", ""))


def test_a_module_without_a_docstring_is_caught(house: Path) -> None:
    (house / HOUSE / "pay" / "rules.py").write_text("X = 1\n")

    complaints = rules.every_module_says_what_it_is_for(house)

    assert complaints == [
        "src/changliao/pay/rules.py:1: no docstring; open with one line that says what it is for"
    ]


def test_every_rule_is_proved_to_bite() -> None:
    proved = {rule for rule, _, _ in BROKEN} | {rules.every_module_says_what_it_is_for}

    assert set(RULES) == proved


def test_the_walls_of_a_sound_house_stand(house: Path) -> None:
    kept, printed = lint(house)

    assert kept, printed


LADDER = "Calls go down the ladder, facts go up BROKEN"
FILES = "Inside a room: model < events < rules < store < service < api, jobs BROKEN"
PURITY = "Models, events and rules reach no clock"


@pytest.mark.parametrize(
    ("path", "added", "contract", "evidence"),
    [
        pytest.param(
            "wallet/service.py",
            "from changliao.pay import service as pay\n",
            LADDER,
            "changliao.wallet is not allowed to import changliao.pay",
            id="a call up the ladder",
        ),
        pytest.param(
            "wallet/rules.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import changliao.pay.model\n",
            LADDER,
            "changliao.wallet is not allowed to import changliao.pay",
            id="a look up the ladder, for types only",
        ),
        pytest.param(
            "people/service.py",
            "from changliao.partners import service as partners\n",
            LADDER,
            "changliao.people is not allowed to import changliao.partners",
            id="rooms of one step that know each other",
        ),
        pytest.param("lottery/__init__.py", "", LADDER, "lottery", id="a room without a place"),
        pytest.param(
            "pay/rules.py",
            "from changliao.pay import store\n",
            FILES,
            "changliao.pay.rules is not allowed to import changliao.pay.store",
            id="rules that know the store",
        ),
        pytest.param(
            "pay/rules.py",
            "import time\n",
            PURITY,
            "changliao.pay.rules is not allowed to import time",
            id="rules with a clock",
        ),
        pytest.param(
            "pay/rules.py",
            "from changliao.ledger import service as ledger\n",
            PURITY,
            "changliao.pay.rules is not allowed to import sqlite3",
            id="rules that reach the database through a neighbour",
        ),
        pytest.param(
            "pay/events.py",
            "from changliao.wire import routes\n",
            PURITY,
            "changliao.pay.events is not allowed to import changliao.wire.routes",
            id="facts that know the wire",
        ),
        pytest.param(
            "kernel/value.py",
            "import random\n",
            PURITY,
            "is not allowed to import random",
            id="a kernel that brings chance to everybody",
        ),
    ],
)
def test_a_wall_that_is_broken_is_reported(
    path: str, added: str, contract: str, evidence: str, house: Path
) -> None:
    append(house, f"{HOUSE}/{path}", added)

    kept, printed = lint(house)

    assert not kept
    assert contract in printed
    assert evidence in " ".join(printed.split())
