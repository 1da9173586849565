"""The world of these tests is migrated beside the house's own tables."""

from collections.abc import Iterator

import pytest

from changliao.db.db import Db
from changliao.db.migrate import Migration, shipped
from changliao.kernel.refusal import CATALOGUE
from tests.asking import ask_together
from tests.conformance.test_db.world import MIGRATION, REFUSALS, Account, open_account
from tests.places import Place, PostgresPlace, PostgresServer, SqliteFiles, SqlitePlace


@pytest.fixture(scope="session")
def migrations() -> list[Migration]:
    return [*shipped(), MIGRATION]


@pytest.fixture(autouse=True)
def _refusals() -> Iterator[None]:
    CATALOGUE.update(REFUSALS)
    yield
    for code in REFUSALS:
        del CATALOGUE[code]


@pytest.fixture
def bank(place: Place) -> Db:
    """A database with two accounts: `a` holds 100, `b` nothing. It does not shake."""
    db = place.open()
    ask_together(
        db,
        [
            (open_account, Account("a", "ann", "main", 100)),
            (open_account, Account("b", "bob", "main", 0)),
        ],
    )
    return db


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Where nothing has been yet, not even a migration."""
    if request.param == "sqlite":
        files: SqliteFiles = request.getfixturevalue("sqlite_files")
        path = files.make()
        place: Place = SqlitePlace(path, [])
        yield place
        place.close()
        files.take_back(path)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.make()
        place = PostgresPlace(url, [])
        yield place
        place.close()
        server.drop(url)
