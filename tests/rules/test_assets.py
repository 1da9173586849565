"""The client's files as a server sends them: put together when somebody asks, and there for every page."""

import gzip
import re

import pytest

from changliao.wire.assets import Assets
from changliao.wire.call import Call
from changliao.wire.pack import needed
from changliao.wire.refusals import RouteNotFound

_NAMED = re.compile(r'(?:src|href)="/static/(packed/[^"]+)"')


def asking(**headers: str) -> Call:
    sent = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"method": "GET", "path": "/", "query_string": b"", "headers": sent}
    return Call(scope, b"", "req_1")


def test_what_a_page_loads_is_there_at_a_server_that_nobody_has_asked_for_the_page() -> None:
    page = Assets("changliao", "client").page("app.html")
    named = _NAMED.findall(page.body.decode())
    assert len(named) == 2
    for path in named:
        fresh = Assets("changliao", "client").answer(asking(), path)
        assert fresh.status == 200 and fresh.body


def test_a_name_that_no_page_loads_is_not_found() -> None:
    with pytest.raises(RouteNotFound):
        Assets("changliao", "client").answer(asking(), "packed/0123456789/app.js")


def test_a_file_comes_compressed_to_whoever_can_read_that() -> None:
    assets = Assets("changliao", "client")
    plain = assets.answer(asking(), "js/changliao.js")
    small = assets.answer(asking(accept_encoding="br, gzip"), "js/changliao.js")
    assert dict(small.headers)["content-encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body and len(small.body) < len(plain.body)
    assert "content-encoding" not in dict(plain.headers)


def test_nothing_is_put_together_before_somebody_asks() -> None:
    """A server that comes back after a crash has a crowd before its door."""
    needed.cache_clear()
    assets = Assets("changliao", "client")
    assert needed.cache_info().misses == 0
    assets.page("wallet.html")
    assert needed.cache_info().misses > 0
