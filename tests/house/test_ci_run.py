"""The step of .ci/run about Node says what there is, or that its tests are skipped."""

import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"


def told(path: str) -> str:
    text = RUN.read_text("utf-8")
    head = "step()" + text.partition("step()")[2].partition("\n")[0]
    step = "step 'Node" + text.partition("step 'Node")[2].partition("\nstep ")[0]
    ran = subprocess.run(
        ["/bin/bash", "-uc", f"{head}\n{step}"], env={"PATH": path}, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


@pytest.mark.parametrize("there", [True, False])
def test_the_node_step_tells_versions_or_the_skip(tmp_path: Path, there: bool) -> None:
    for name, version in (("node", "v99.1.0"), ("npm", "98.2.0")) if there else ():
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    said = told(str(tmp_path))
    assert said.startswith("\n== Node")
    assert ("node v99.1.0, npm 98.2.0" in said) is there
    assert ("will be skipped" in said) is not there
