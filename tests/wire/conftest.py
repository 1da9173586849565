"""One running platform per test file; a test makes its own people and shops in it."""

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest

from changliao.db.migrate import Migration
from tests.places import Place, PostgresPlace, PostgresServer, quick_folder
from tests.wire.platform import Town

ON_BOTH = {
    "test_alipay",
    "test_alipay_funds",
    "test_contacts_by_http",
    "test_doors",
    "test_entrances_by_http",
    "test_happy_paths",
    "test_payments_by_http",
    "test_rights",
    "test_webhooks",
}
"""Files about money and whose it is: they run on PostgreSQL too. The others are about HTTP alone."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    name = metafunc.module.__name__.rpartition(".")[2]
    if "town_place" in metafunc.fixturenames and name in ON_BOTH:
        both = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
        metafunc.parametrize("town_place", both, indirect=True, scope="module")


@pytest.fixture(scope="module")
def town_place(
    request: pytest.FixtureRequest, migrations: list[Migration]
) -> Iterator[Place | None]:
    """Where the town keeps its books; None: in a file of its own."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield None
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.lend(migrations)
    yield PostgresPlace(url, migrations)
    server.take_back(url, migrations)


@pytest.fixture(scope="module")
async def town(town_place: Place | None) -> AsyncIterator[Town]:
    folder = quick_folder()
    town = await Town(folder, town_place).start()
    yield town
    await town.stop()
    shutil.rmtree(folder)
