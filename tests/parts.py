"""How `make test` deals the tests out to its workers, and how it tells of those in a browser.

A file stays on one worker, and so does a folder whose tests share a running demo and a Chromium, which are
slow to start. What takes longest begins first, so that at the end no worker is left alone with it.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

BROWSER = "tests/browser"
TOGETHER = (BROWSER, "tests/street")
SLOW_MARKS = ("slow", "browser")
SLOW_IS_AS = 20
"""So many other tests take as long as one that is marked."""


def part_of(nodeid: str) -> str:
    """What stays on one worker: the test's file, or a whole folder."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


def longest_first(tests: Sequence[tuple[str, bool]]) -> list[int]:
    """The places of the tests, given as ids and whether they are slow, in the order in which to deal them
    out. Inside a part they stay as they stand."""
    weights: Counter[str] = Counter()
    for nodeid, slow in tests:
        weights[part_of(nodeid)] += SLOW_IS_AS if slow else 1
    parts = sorted(weights, key=lambda part: -weights[part])
    turns = {part: turn for turn, part in enumerate(parts)}
    return sorted(range(len(tests)), key=lambda place: turns[part_of(tests[place][0])])


class Dealing(LoadScopeScheduling):  # type: ignore[misc]
    """Deals out parts in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)


class Parts:
    """The runner's plugin: it orders, deals out, and names the browser tests as a step of their own."""

    def __init__(self, config: pytest.Config) -> None:
        self._plugins = config.pluginmanager
        self._browser: Counter[str] = Counter()
        self._begun = False

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Deal out by part, where it would have been by file."""
        if config.getoption("dist") != "loadfile":
            return None
        config.option.loadscopereorder = False
        return Dealing(config, log)

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """A worker's collection is the order of dealing out."""
        if hasattr(config, "workerinput"):
            tests = [(item.nodeid, any(map(item.get_closest_marker, SLOW_MARKS))) for item in items]
            items[:] = [items[place] for place in longest_first(tests)]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say that the browser tests begin; with several workers others run beside them."""
        terminal = self._plugins.get_plugin("terminalreporter")
        if not self._begun and terminal is not None and part_of(nodeid) == BROWSER:
            self._begun = True
            terminal.ensure_newline()
            terminal.write_line("== browser tests")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count how the browser tests ended."""
        if part_of(report.nodeid) == BROWSER and (report.when == "call" or not report.passed):
            self._browser[report.outcome] += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say so before the runner's last word."""
        if self._browser:
            said = ", ".join(f"{count} {outcome}" for outcome, count in self._browser.items())
            terminalreporter.section(f"browser tests: {said}")
