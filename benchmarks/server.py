"""The platform as a process of its own: started, watched, stopped, killed, audited."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

START_S = 60
STOP_S = 30
_PORTS = range(12_000, 32_000, 110)
ROOT = Path(__file__).resolve().parents[1]


class DidNotStart(Exception):
    """The server ended, or did not answer in time."""


def end_in_order() -> None:
    """Let SIGTERM end this process as Ctrl-C does: servers and folders are cleaned up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def free_port() -> int:
    """A port that stays free until somebody listens there, and those behind it that a demo takes as well:
    the system lends none of them to connections, and no other process is told them while this one lives."""
    while True:
        port = random.choice(_PORTS)
        claim = socket.socket(type=socket.SOCK_DGRAM)
        with contextlib.suppress(OSError), socket.socket() as probe, claim:
            claim.bind(("127.0.0.1", port))
            probe.bind(("127.0.0.1", port))
            claim.detach()
            return port


class Server:
    """`changliao serve` on books in `folder`, or in a PostgreSQL database with keys in `folder`.

    `core` pins it, with all its threads, to one core.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str = "",
        rails: Sequence[str] = (),
        core: int | None = None,
        port: int = 0,
        settings: Mapping[str, str] | None = None,
        program: Sequence[str] = ("-m", "changliao"),
    ) -> None:
        self.folder, self.core = folder, core
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._program = program
        # What is installed has its bytecode: a server that may not keep it compiles itself at each start.
        ours = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith("CHANGLIAO_") and name != "PYTHONDONTWRITEBYTECODE"
        }
        self.environment = {
            **ours,
            "CHANGLIAO_DIR": str(folder),
            "CHANGLIAO_DATABASE_URL": database_url,
            "CHANGLIAO_RAILS": ",".join(rails),
            "CHANGLIAO_MODE": "test",
            "CHANGLIAO_LOG_LEVEL": "warning",
            "CHANGLIAO_PORT": str(self.port),
            **(settings or {}),
        }
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, within_s: float = START_S) -> "Server":
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.spawn()
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if not self.alive:
                raise DidNotStart(f"the server ended at once:\n{self.said()}")
            if self.answers():
                return self
            time.sleep(0.02)
        self.kill()
        raise DidNotStart(f"the server did not answer within {within_s} s:\n{self.said()}")

    def spawn(self) -> None:
        """Start it without waiting."""
        core = self.core

        def pin() -> None:
            if core is not None:
                os.sched_setaffinity(0, {core})

        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._program, "serve"],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=pin,
            )

    def answers(self) -> bool:
        """Whether it answers now."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def ask_to_end(self) -> None:
        """Ask it to end in good order, and do not wait."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Ask it to end in good order, and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL)

    def _end(self, how: int) -> None:
        if self._process is None:
            return
        if self.alive:
            self._process.send_signal(how)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def said(self) -> str:
        """The end of what it logged."""
        if not self._log.exists():
            return ""
        return self._log.read_text("utf-8", "replace")[-4000:]

    def audit(self) -> tuple[bool, str]:
        """`changliao audit` on the books, which on SQLite must not be served meanwhile."""
        ran = subprocess.run(
            [sys.executable, "-m", "changliao", "audit"],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode == 0, (ran.stdout + ran.stderr).rstrip()

    def cpu_s(self) -> float:
        """Processor time it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> tuple[int, int]:
        """Memory in use now, and the most so far."""
        said = Path(f"/proc/{self.pid}/status").read_text().split("\n")
        sizes = dict(line.split(":", 1) for line in said if line.startswith(("VmRSS", "VmHWM")))
        return int(sizes["VmRSS"].split()[0]) >> 10, int(sizes["VmHWM"].split()[0]) >> 10
