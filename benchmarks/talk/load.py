"""The load generator: compiled when it is first needed, told what to do, asked what it saw."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path

import msgspec

from changliao.kernel.value import Value

SOURCE = Path(__file__).with_name("load.c")
ID, BODY = "\x01" * 19, "\x02" * 200
"""Where a template has the id and the text of a message."""

_runs = count(1)


class NoCompiler(Exception):
    """There is no C compiler here."""


class Wrong(Exception):
    """What was heard was not what was said, so nothing counts."""


class Talk(Value, frozen=True):
    """A conversation: who is in it, whether its sender hears the message too, and who speaks, as client
    and what it writes into its socket."""

    members: Sequence[int]
    senders: Sequence[tuple[int, str]]
    echo: bool = True


class Heard(Value, frozen=True):
    """What one run came to; every message reached everybody, once and in order."""

    sent: int
    heard: int
    seconds: float
    p50_us: int
    p99_us: int
    longest_us: int
    own_cpu_s: float


class Pace(Value, frozen=True):
    """How it is sent: `each` sender so many in flight; or `at_once` in flight of all, by random senders;
    or `per_s`, whatever has arrived."""

    each: int = 0
    at_once: int = 0
    per_s: float = 0


@cache
def program() -> Path:
    """The compiled generator. NoCompiler without `cc`."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler("there is no C compiler (cc), which the load generator needs")
    made = Path(tempfile.mkdtemp(prefix="changliao-load-")) / "load"
    subprocess.run([compiler, "-O2", "-o", str(made), str(SOURCE)], check=True)
    return made


def forget_program() -> None:
    """Delete the compiled generator."""
    if program.cache_info().currsize:
        shutil.rmtree(program().parent, ignore_errors=True)


def load(
    protocol: str,
    clients: Sequence[socket.socket],
    talks: Sequence[Talk],
    pace: Pace,
    seconds: float,
    *,
    picks: Sequence[int] = (),
    stopped: frozenset[int] = frozenset(),
    core: int | None = None,
) -> Heard:
    """Talk for so many seconds, until everything has arrived. `picks`: in which order the senders,
    counted over all talks, have their turn. Wrong when one message did not arrive as it should."""
    senders = [(n, *one) for n, talk in enumerate(talks) for one in talk.senders]
    lines = [protocol, str(next(_runs)), f"{seconds} {pace.each} {pace.at_once} {pace.per_s}"]
    lines += [str(len(clients))]
    lines += [f"{one.fileno()} {int(n in stopped)}" for n, one in enumerate(clients)]
    lines += [str(len(talks))]
    for talk in talks:
        lines.append(f"{int(talk.echo)} {len(talk.members)} {' '.join(map(str, talk.members))}")
    lines += [str(len(senders))]
    lines += [f"{talk} {client} {template}" for talk, client, template in senders]
    lines += [str(len(picks)), " ".join(map(str, picks))]
    command = [str(program())]
    if core is not None and (taskset := shutil.which("taskset")):
        command = [taskset, "-c", str(core), *command]
    ran = subprocess.run(
        command,
        input="\n".join(lines).encode() + b"\n",
        capture_output=True,
        pass_fds=[one.fileno() for one in clients],
        check=True,
    )
    said = msgspec.json.decode(ran.stdout)
    if said.pop("wrong"):
        raise Wrong(msgspec.json.decode(ran.stdout)["wrong"])
    return msgspec.convert(said, Heard)
