"""The command line: changliao demo | serve | migrate | doctor | audit | keys | search | operator."""

import argparse
import asyncio
import getpass
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from changliao import app, command
from changliao.db.migrate import MigrationChanged, NotMigrated
from changliao.db.sqlite import AnotherProcess
from changliao.db.vault import VaultError
from changliao.demo.desk import run_demo
from changliao.kernel.refusal import Refusal
from changliao.settings import BadSettings, Settings, read_settings

_TROUBLE = (
    BadSettings,
    VaultError,
    AnotherProcess,
    MigrationChanged,
    NotMigrated,
    FileNotFoundError,
)
"""What a person can mend: told in one line, without a traceback."""


def parser() -> argparse.ArgumentParser:
    """What the command line understands."""
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--dir", type=Path, help="folder of the books and keys")
    top = argparse.ArgumentParser(prog="changliao", description="Chat - pay - shop, self-hosted.")
    sub = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = sub.add_parser("serve", parents=[place], help="run the platform")
    serve.add_argument("--host")
    serve.add_argument("--port", type=int)
    serve.add_argument("--tls-cert", type=Path, help="PEM file of a certificate with its chain")
    serve.add_argument("--tls-key", type=Path, help="PEM file of its key, without a password")
    demo = sub.add_parser(
        "demo", parents=[place], help="a platform and an outside shop, ready to try"
    )
    demo.add_argument("--once", action="store_true", help="one purchase by HTTP, then stop")
    demo.add_argument("--still", action="store_true", help="nobody does anything by themselves")
    demo.add_argument("--lan", action="store_true", help="listen on the local network, show a QR")
    demo.add_argument(
        "--edition", choices=("domestic", "overseas"), default="domestic", help="which app it is"
    )
    demo.add_argument(
        "--port", type=int, help="port of the platform (default: 8000, or a free one)"
    )
    sub.add_parser("migrate", parents=[place], help="bring the database up to this version")
    sub.add_parser("doctor", parents=[place], help="look for what would go wrong")
    sub.add_parser("audit", parents=[place], help="check every invariant and the hash chain")
    keys = sub.add_parser("keys", help="master keys").add_subparsers(dest="what", required=True)
    keys.add_parser(
        "rotate", parents=[place], help="make a new master key and seal everything under it"
    )
    search = sub.add_parser("search", help="the index").add_subparsers(dest="what", required=True)
    search.add_parser("rebuild", parents=[place], help="make the search index anew from the facts")
    operator = sub.add_parser("operator", help="who runs this").add_subparsers(
        dest="what", required=True
    )
    add = operator.add_parser("add", parents=[place], help="make a person the operator")
    add.add_argument("handle")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code tells whether it went well."""
    said = parser().parse_args(arguments)
    try:
        if said.command == "demo":
            return app.in_loop(_demo(said))
        settings = read_settings(
            os.environ,
            dir=said.dir,
            host=getattr(said, "host", None),
            port=getattr(said, "port", None),
            tls_cert=getattr(said, "tls_cert", None),
            tls_key=getattr(said, "tls_key", None),
        )
        logging.basicConfig(
            level=settings.log_level.upper(),
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
        return _command(said, settings)
    except _TROUBLE as error:
        print(f"changliao: {error}", file=sys.stderr)
        return 2
    except Refusal as refusal:
        print(f"changliao: {refusal.detail} ({refusal.code})", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


async def _demo(said: argparse.Namespace) -> int:
    return await run_demo(
        command.open_platform,
        app.run,
        command.findings,
        folder=said.dir,
        port=said.port,
        once=said.once,
        lan=said.lan,
        still=said.still,
        edition=said.edition,
    )


def _command(said: argparse.Namespace, settings: Settings) -> int:
    if said.command == "serve":
        return app.in_loop(command.serve(settings))
    if said.command == "migrate":
        return command.migrate(settings)
    if said.command == "doctor":
        return asyncio.run(command.doctor(settings))
    if said.command == "audit":
        return asyncio.run(command.audit(settings))
    if said.command == "keys":
        return asyncio.run(command.rotate_keys(settings))
    if said.command == "search":
        return app.in_loop(command.rebuild_search(settings))
    password = None if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n") or None
    if password is None and sys.stdin.isatty():
        password = getpass.getpass("Password for a new person (empty if there is one already): ")
    return asyncio.run(command.add_operator(settings, said.handle, password or ""))


if __name__ == "__main__":
    sys.exit(main())
