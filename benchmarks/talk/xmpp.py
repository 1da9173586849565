"""ejabberd and prosody from a distribution's packages, with an archive, and people at them.

ejabberd keeps accounts and archive in SQLite (write-ahead log), prosody in files. No encryption, no limits,
no scheduler that waits busily: whatever could be held against them is off.
"""

import base64
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from benchmarks.server import free_port
from benchmarks.talk.load import BODY, ID, Wrong
from benchmarks.talk.ours import rss_kb

HOST, ROOMS, SECRET = "localhost", "rooms.localhost", "secret"
START_S = 60
_QUIET_S = 0.3


class Absent(Exception):
    """This server is not installed here."""


class Xmpp(ABC):
    """One XMPP server on a core."""

    protocol = "xmpp"
    echoes = False
    name = ""

    def __init__(self, folder: Path, core: int | None) -> None:
        self.folder, self.port, self._core = folder / self.name, free_port(), core
        self._groups: dict[tuple[int, ...], str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    async def fill(
        self, count: int, pairs: Sequence[tuple[int, int]], members: Sequence[tuple[int, ...]]
    ) -> None:
        """So many people, these groups; who talks to whom, XMPP need not be told."""
        self.folder.mkdir(parents=True)
        self._groups = {some: f"room{n}@{ROOMS}" for n, some in enumerate(members)}
        self.enrol(count)

    @abstractmethod
    def enrol(self, count: int) -> None:
        """Write accounts and configuration."""

    @abstractmethod
    def command(self) -> tuple[list[str], dict[str, str]]:
        """How it is started, and in which environment. Absent when it is not here."""

    @abstractmethod
    def stored(self) -> int:
        """Messages in the archive."""

    def start(self) -> None:
        """Start it and wait until it answers."""
        command, environment = self.command()
        core = self._core

        def pin() -> None:
            if core is not None:
                os.sched_setaffinity(0, {core})

        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=os.environ | environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=pin,
            )
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                self._open(0).close()
                return
            except (OSError, Wrong):
                time.sleep(0.2)
        self.stop()
        said = (self.folder / "log").read_text("utf-8", "replace")
        raise Wrong(f"{self.name} did not start: {said[-2000:]}")

    def connect(self, count: int) -> list[socket.socket]:
        """Everybody signed in and in their groups."""
        clients = [self._open(n) for n in range(count)]
        for members, room in self._groups.items():
            for done, one in enumerate(members):
                clients[one].sendall(
                    f"<presence to='{room}/u{one}'><x xmlns='http://jabber.org/protocol/muc'>"
                    "<history maxstanzas='0'/></x></presence>".encode()
                )
                # One's own presence comes last: then one is in.
                self._until(clients[one], b"code='110'", b'code="110"')
                if done % 20 == 19:
                    self._drain(clients)
        self._drain(clients, _QUIET_S)
        return clients

    def _open(self, number: int) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), 60)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = (
            f"<?xml version='1.0'?><stream:stream to='{HOST}' version='1.0' xmlns='jabber:client'"
            " xmlns:stream='http://etherx.jabber.org/streams'>"
        ).encode()
        line.sendall(stream)
        self._until(line, b"</stream:features>")
        secret = base64.b64encode(f"\0u{number}\0{SECRET}".encode()).decode()
        line.sendall(
            f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>".encode()
        )
        self._until(line, b"<success")
        line.sendall(stream)
        self._until(line, b"</stream:features>")
        line.sendall(
            b"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
            b"<resource>r</resource></bind></iq>"
        )
        self._until(line, b"</iq>")
        line.sendall(b"<presence/>")
        return line

    def _until(self, line: socket.socket, *marks: bytes) -> None:
        heard = b""
        while not any(mark in heard for mark in marks):
            more = line.recv(1 << 16)
            if not more:
                raise Wrong(f"{self.name} closed a socket: {heard[-300:]!r}")
            heard = heard[-1000:] + more

    def _drain(self, clients: Sequence[socket.socket], quiet_s: float = 0) -> None:
        """Read what has come, until nothing comes for so long."""
        heard = True
        while heard:
            time.sleep(quiet_s)
            heard = False
            for one in clients:
                one.setblocking(False)
                try:
                    while one.recv(1 << 18):
                        heard = quiet_s > 0
                except BlockingIOError:
                    pass
                one.settimeout(60)

    def keep(self, clients: Sequence[socket.socket]) -> None:
        """A space, which is nothing in XMPP, so that the sockets live."""
        for one in clients:
            one.sendall(b" ")

    def in_group(self, members: tuple[int, ...]) -> str:
        """What one writes to speak in this group."""
        room = self._groups[members]
        return f"<message to='{room}' type='groupchat' id='{ID}'><body>{BODY}</body></message>"

    def to(self, one: int, other: int) -> str:
        """The same to one person."""
        return (
            f"<message to='u{other}@{HOST}/r' type='chat' id='{ID}'><body>{BODY}</body></message>"
        )

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def cpu_s(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kb(self) -> int:
        """Memory now."""
        return rss_kb(self.pid)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


class Ejabberd(Xmpp):
    """ejabberd, one scheduler for its one core."""

    name = "ejabberd"

    def command(self) -> tuple[list[str], dict[str, str]]:
        erl, home = shutil.which("erl"), self._home()
        if erl is None:
            raise Absent("ejabberd is not here: apt-get install ejabberd erlang-p1-sqlite3")
        options = ["+K", "true", "+S", "1:1", "+sbwt", "none", "+sbwtdcpu", "none"]
        options += ["+sbwtdio", "none", "+P", "250000", "-start_epmd", "false"]
        start = ["-mnesia", "dir", f'"{self.folder}/mnesia"', "-s", "ejabberd"]
        return [erl, "-noinput", *options, *start], {
            "ERL_LIBS": str(home.parent),
            "EJABBERD_CONFIG_PATH": str(self.folder / "ejabberd.yml"),
            "EJABBERD_LOG_PATH": str(self.folder / "ejabberd.log"),
            "EJABBERD_PID_PATH": str(self.folder / "pid"),
            "HOME": str(self.folder),
        }

    def enrol(self, count: int) -> None:
        schema = self._home() / "priv/sql/lite.sql"
        with sqlite3.connect(self.folder / "books.db") as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(schema.read_text())
            rows = [(f"u{n}", SECRET) for n in range(count)]
            db.executemany("INSERT INTO users (username, password) VALUES (?, ?)", rows)
        (self.folder / "ejabberd.yml").write_text(
            _EJABBERD.format(host=HOST, rooms=ROOMS, port=self.port, books=self.folder / "books.db")
        )

    def stored(self) -> int:
        with sqlite3.connect(self.folder / "books.db") as db:
            return int(db.execute("SELECT COUNT(*) FROM archive").fetchone()[0])

    @staticmethod
    def _home() -> Path:
        named = os.environ.get("CHANGLIAO_EJABBERD")
        found = [Path(named)] if named else Path("/usr/lib").glob("*/ejabberd-*")
        there = [one for one in found if (one / "ebin").is_dir()]
        if not there:
            raise Absent("ejabberd is not here: apt-get install ejabberd erlang-p1-sqlite3")
        return there[0]


class Prosody(Xmpp):
    """prosody, whose archive is files."""

    name = "prosody"

    def command(self) -> tuple[list[str], dict[str, str]]:
        found = os.environ.get("CHANGLIAO_PROSODY") or shutil.which("prosody")
        if found is None:
            raise Absent("prosody is not here: apt-get install prosody")
        return [found, "-F", "--config", str(self.folder / "prosody.cfg.lua")], {}

    def enrol(self, count: int) -> None:
        accounts = self.folder / "data" / HOST / "accounts"
        accounts.mkdir(parents=True)
        for n in range(count):
            text = f'return {{\n\t["password"] = "{SECRET}";\n}};\n'
            (accounts / f"u{n}.dat").write_text(text)
        (self.folder / "prosody.cfg.lua").write_text(
            _PROSODY.format(host=HOST, rooms=ROOMS, port=self.port, folder=self.folder)
        )

    def stored(self) -> int:
        lists = (self.folder / "data").rglob("*.list")
        return sum(one.read_bytes().count(b"item(") for one in lists)


_EJABBERD = """
hosts: ["{host}"]
loglevel: error
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: 262144
    shaper: none
    access: all
    starttls: false
auth_method: [sql]
auth_password_format: plain
default_db: sql
sql_type: sqlite
sql_database: "{books}"
modules:
  mod_mam:
    default: always
    db_type: sql
  mod_muc:
    host: "{rooms}"
    access: all
    access_create: all
    access_mam: all
    history_size: 0
    max_users: 1000
    max_user_conferences: 100
    default_room_options:
      mam: true
      max_users: 1000
      persistent: true
"""

_PROSODY = """
run_as_root = true
data_path = "{folder}/data"
pidfile = "{folder}/pid"
log = {{ error = "{folder}/prosody.log" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
s2s_ports = {{}}
modules_enabled = {{ "saslauth"; "roster"; "disco"; "mam" }}
modules_disabled = {{ "s2s"; "tls"; "limits"; "offline" }}
authentication = "internal_plain"
storage = "internal"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
default_archive_policy = true
archive_expires_after = "never"
max_archive_query_results = 50
VirtualHost "{host}"
Component "{rooms}" "muc"
  modules_enabled = {{ "muc_mam" }}
  muc_room_locking = false
  muc_log_by_default = true
  muc_log_expires_after = "never"
"""
