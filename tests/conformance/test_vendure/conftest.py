"""One platform and one shop for all tests here."""

import shutil
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.conformance.test_vendure.shop import VendureShop, running
from tests.places import PostgresServer, quick_folder
from tests.wire.served import Served


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
async def shop(request: pytest.FixtureRequest) -> AsyncIterator[VendureShop]:
    database = ""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        database = web_address(server.make())
    folder = quick_folder()
    town = await Served(folder).start()
    try:
        async with running(town, folder, database) as one:
            yield one
    finally:
        await town.stop()
        shutil.rmtree(folder)


def web_address(conninfo: str) -> str:
    """The same database as Node's driver wants it: its socket's folder in the query."""
    known = conninfo_to_dict(conninfo)
    host = quote(str(known["host"]), safe="")
    return f"postgres://{known['user']}@localhost/{known['dbname']}?host={host}"
