"""Runs import-linter with the contracts of this project on any checkout."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CONTRACTS = PROJECT / "pyproject.toml"


def lint(root: Path) -> tuple[bool, str]:
    """Whether the package below `root` keeps every contract, and what import-linter printed."""
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            *("--no-logo", "--no-cache", "--config", str(CONTRACTS)),
        ],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONUTF8": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode == 0, run.stdout + run.stderr
