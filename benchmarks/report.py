"""Figures, claims and the machine they were measured on: printed, and written as JSON."""

import os
import platform
import sqlite3
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from changliao.kernel.value import Value


class Claim(Value, frozen=True):
    """Something measured against what it should be; `aim` reads like `>= 20`."""

    name: str
    value: float
    unit: str
    aim: str
    holds: bool


class Report:
    """What a benchmark found out."""

    def __init__(self, name: str, *, quick: bool) -> None:
        self.name, self.quick = name, quick
        self.machine = machine()
        self.figures: dict[str, Any] = {}
        self.claims: list[Claim] = []

    def head(self) -> None:
        """Say what runs and where."""
        m = self.machine
        print(f"{self.name}{' (quick: one short round)' if self.quick else ''}")
        print(f"  {m['processor']}, {m['cores']} cores, {m['memory_gib']} GiB, {m['system']}")
        print(f"  Python {m['python']}, SQLite {m['sqlite']}; load when it began {m['load']}")

    def figure(self, name: str, value: Any) -> None:
        """Keep a figure."""
        self.figures[name] = value

    def claim(
        self, name: str, value: float, unit: str, *, least: float = 0, most: float = 0
    ) -> None:
        """Keep a figure that has an aim: at least, or at most, so much."""
        holds = value >= least if least else value <= most
        aim = f">= {least:g}" if least else f"<= {most:g}"
        self.claims.append(Claim(name, round(value, 3), unit, aim, holds))

    def end(self, path: Path | None) -> int:
        """Print the claims, write the JSON; 0, since a figure that misses its aim is told, not hidden."""
        if self.claims:
            print("\nClaims")
        for claim in self.claims:
            mark = "holds " if claim.holds else "MISSES"
            print(f"  {mark} {claim.name}: {claim.value:g} {claim.unit} (aim {claim.aim})")
        if path is not None:
            said = {
                "benchmark": self.name,
                "quick": self.quick,
                "machine": self.machine,
                "figures": self.figures,
                "claims": self.claims,
            }
            path.write_bytes(msgspec.json.format(msgspec.json.encode(said)))
        return 0


def machine() -> dict[str, Any]:
    """The machine, as far as it matters."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": " ".join(f"{one:.2f}" for one in os.getloadavg()),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()


def median(figures: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(figures)


def percentile(sorted_figures: Sequence[float], share: float) -> float:
    """The figure below which this share of them lies."""
    if not sorted_figures:
        return 0.0
    return sorted_figures[min(len(sorted_figures) - 1, int(len(sorted_figures) * share))]


class Bar:
    """How far the work has come: a bar on a terminal, a line now and then elsewhere."""

    WIDTH = 30

    def __init__(self, name: str, total: int) -> None:
        self.name, self.total, self.done = name, total, 0
        self._live = sys.stderr.isatty()
        self._shown = -1

    def step(self, count: int = 1) -> None:
        """So much more is done."""
        self.reached(self.done + count)

    def reached(self, done: int) -> None:
        """So much is done in all."""
        self.done = done
        percent = 100 if not self.total else 100 * done // self.total
        soon = percent < self._shown + 25 and percent < 100 and not self._live
        if percent == self._shown or soon:
            return
        self._shown = percent
        filled = self.WIDTH * percent // 100
        text = f"  {self.name:<22} {'█' * filled}{'·' * (self.WIDTH - filled)} {percent:3} %"
        text += f"  {done:,} of {self.total:,}"
        end = "\r" if self._live and percent < 100 else "\n"
        print(text, end=end, file=sys.stderr, flush=True)
