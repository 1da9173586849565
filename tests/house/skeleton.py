"""A small house in which every rule is kept, to be broken one rule at a time."""

from pathlib import Path

BELOW = {
    "ledger": [],
    "partners": [],
    "people": [],
    "rails": ["ledger"],
    "wallet": ["rails", "ledger"],
    "pay": ["wallet", "rails", "ledger"],
    "chat": ["wallet"],
    "mall": ["pay"],
}
SHARED = ("kernel", "db", "wire", "bus", "demo")

MODEL = '''"""The nouns of {room}."""

import msgspec
from changliao.kernel.value import Value
'''
EVENTS = '''"""The facts of {room}."""

from changliao.{room}.model import Value
'''
RULES = '''"""The decisions of {room}."""

from changliao.{room} import events, model


def half(minor: int) -> int:
    return minor // 2
'''
STORE = '''"""The tables of {room}."""

from changliao.db import tables
from changliao.{room} import model

QUERY = "select id from {room} where id = ?"
'''
SERVICE = '''"""The verbs of {room}."""

from changliao.{room} import rules, store
{below}

def ask(tx: object) -> int:
    """Half of two; refuses nothing."""
    return rules.half(2)
'''
API = '''"""The routes of {room}."""

from changliao.{room} import service
from changliao.wire import routes
'''
JOBS = '''"""The work of {room} after commit."""

import time

from changliao.bus import outbox
from changliao.{room} import service

BEGAN = time.monotonic()
'''
FILES = {
    "model": MODEL,
    "events": EVENTS,
    "rules": RULES,
    "store": STORE,
    "service": SERVICE,
    "api": API,
    "jobs": JOBS,
}


def write(root: Path, path: str, text: str) -> None:
    """Put a file below `root`, with the folders above it."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")


def append(root: Path, path: str, text: str) -> None:
    """Add lines to a file, or begin one that opens as it should."""
    file = root / path
    before = file.read_text("utf-8") if file.exists() else '"""A file that was not there."""\n'
    write(root, path, before + text)


def build(root: Path) -> Path:
    """The whole house below `root`; answers `root`."""
    house = "src/changliao"
    write(root, f"{house}/__init__.py", '"""Changliao."""\n')
    write(root, f"{house}/client/index.html", "<!doctype html>\n")
    for room in SHARED:
        write(root, f"{house}/{room}/__init__.py", f'"""The room {room}."""\n')
    write(root, f"{house}/kernel/value.py", '"""Value."""\n\n\nclass Value:\n    pass\n')
    write(root, f"{house}/kernel/ids.py", '"""Ids."""\n\nimport os\n')
    write(root, f"{house}/db/tables.py", '"""Tables."""\n\nimport sqlite3\nimport time\n')
    write(root, f"{house}/wire/routes.py", '"""Routes."""\n\nfrom changliao.db import tables\n')
    write(root, f"{house}/bus/outbox.py", '"""Outbox."""\n\nfrom changliao.db import tables\n')
    for room, below in BELOW.items():
        write(root, f"{house}/{room}/__init__.py", f'"""The room {room}."""\n')
        calls = "".join(f"from changliao.{name} import service as {name}\n" for name in below)
        for kind, text in FILES.items():
            write(root, f"{house}/{room}/{kind}.py", text.format(room=room, below=calls))
    append(root, f"{house}/people/api.py", "\n\nclass PersonView(View):\n    pass\n")
    write(root, f"{house}/rails/sandbox.py", '"""A rail."""\n\nfrom changliao.rails import model\n')
    doors = "".join(f"from changliao.{room} import api, jobs\n" for room in BELOW)
    write(root, f"{house}/settings.py", '"""Settings."""\n\nimport os\n')
    write(root, f"{house}/app.py", f'"""The composition root."""\n\n{doors}')
    write(root, f"{house}/__main__.py", '"""The command line."""\n\nfrom changliao import app\n')
    write(root, "tests/test_pay.py", '"""Paying."""\n\n\ndef test_pays() -> None:\n    pass\n')
    return root
