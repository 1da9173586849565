"""One platform for all tests here, and one shop for each SDK."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.conformance.test_node_shops.shop import DIALECTS, NodeShop
from tests.places import quick_folder
from tests.wire.served import Served


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[Served]:
    folder = quick_folder()
    town = await Served(folder, speaks=("wechat_url", "alipay_url")).start()
    yield town
    await town.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=DIALECTS)
async def shop(town: Served, request: pytest.FixtureRequest) -> AsyncIterator[NodeShop]:
    shop = NodeShop(town, request.param, await town.shop(), quick_folder())
    await shop.open()
    yield shop
    await shop.close()
    shutil.rmtree(shop.folder)
