"""Uploads that go wrong, and stores that do: what is told, and what is left."""

import asyncio
import hashlib
import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from changliao.app import media_trouble
from changliao.media import rules, service
from changliao.media.api.pictures import Pictures
from changliao.media.api.uploads import Uploads
from changliao.media.model import (
    MediaStoreUnavailable,
    PictureUnreadable,
    UploadsBusy,
)
from tests.conformance.test_stores.bucket import KEY, REGION, SECRET, running
from tests.patience import PATIENCE_S
from tests.places import quick_folder
from tests.wire.platform import Town
from tests.wire.test_bodies import send_raw
from tests.wire.uploads import (
    announced,
    body,
    files_of,
    held_by,
    picture,
    uploaded,
)


async def test_only_what_was_announced_is_taken_and_nothing_else_is_left(town: Town) -> None:
    lin = await town.person()
    content = b"what was announced"
    ticket = await announced(town, lin, content, "file", "text/plain")
    before, files = await town.everything(), files_of(town)
    for other in (b"", content[:-1], content + b"!", b"What was announced", bytes(2 << 20)):
        answer = await town.call("PUT", ticket["upload_url"], content=other, token=lin.token)
        assert (answer.status_code, answer.json()["code"]) == (400, "upload_differs")
    assert (await town.everything(), files_of(town)) == (before, files)

    done = await town.call("PUT", ticket["upload_url"], content=content, token=lin.token)
    assert done.is_success
    again = await town.call("PUT", ticket["upload_url"], content=content, token=lin.token)
    assert (again.status_code, again.json()["code"]) == (409, "already_uploaded")


async def test_a_ticket_is_over_after_an_hour(town: Town) -> None:
    lin = await town.person()
    ticket = await announced(town, lin, b"late", "file", "text/plain")
    town.clock.forward(3601)
    answer = await town.call("PUT", ticket["upload_url"], content=b"late", token=lin.token)
    assert (answer.status_code, answer.json()["code"]) == (409, "ticket_over")


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"content_type": "image/svg+xml"}, "media_type_unknown", "content_type"),
        ({"size": 20 * rules.MIB + 1}, "media_too_large", "size"),
        ({"size": 0}, "media_too_large", "size"),
        ({"sha256": "x"}, "digest_invalid", "sha256"),
        ({"name": "x" * 256}, "media_name_invalid", "name"),
        ({"kind": "video"}, "bad_request", "kind"),
    ],
)
async def test_what_cannot_be_taken_is_refused_before_it_is_sent(
    town: Town, said: dict[str, Any], code: str, field: str
) -> None:
    lin = await town.person()
    before = await town.everything()
    sent_ = body(picture(), "image", "image/png") | said
    answer = await town.call("POST", "/v1/media", sent_, token=lin.token)
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert await town.everything() == before


async def test_an_upload_that_is_cut_off_leaves_nothing_and_may_be_sent_again(town: Town) -> None:
    lin = await town.person()
    content = bytes(300_000)
    ticket = await announced(town, lin, content, "file", "text/plain")
    before, files = await town.everything(), files_of(town)
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": content[:200_000], "more_body": True},
        {"type": "http.disconnect"},
    ]

    assert await send_raw(town.http, ticket["upload_url"], messages, lin.token, "PUT") == []

    assert (await town.everything(), files_of(town)) == (before, files)
    done = await town.call("PUT", ticket["upload_url"], content=content, token=lin.token)
    assert done.is_success


async def test_one_ticket_takes_one_upload_at_a_time(town: Town) -> None:
    lin = await town.person()
    content = bytes(100)
    ticket = await announced(town, lin, content, "file", "text/plain")
    platform = town.platform
    uploads = Uploads(platform.db, platform.store, Pictures())
    media = await platform.db.read(service.awaited, lin.id, ticket["id"], 0)
    begun, rest = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield content[:50]
        begun.set()
        await rest.wait()
        yield content[50:]

    first = asyncio.create_task(uploads.take(media, slow()))
    await begun.wait()
    with pytest.raises(UploadsBusy):
        await uploads.take(media, slow())
    rest.set()
    assert (await first).state == "ready"


async def never() -> AsyncIterator[bytes]:
    """Pieces that nobody should ask for."""
    for piece in (b"a", b"b", b"c"):
        assert not piece
        yield piece


async def test_a_disk_without_room_takes_nothing(town: Town) -> None:
    lin = await town.person()
    ticket = await announced(town, lin, b"abc", "file", "text/plain")
    platform = town.platform
    full = Uploads(platform.db, platform.store, Pictures(), free_min=1 << 62)
    media = await platform.db.read(service.awaited, lin.id, ticket["id"], 0)

    with pytest.raises(MediaStoreUnavailable):
        await full.take(media, never())


@pytest.fixture
def small_disk() -> Iterator[int]:
    """A disk that takes no file of more than so many bytes: writing beyond fails, as on a full one."""
    most, before = 12 << 20, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    yield most
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_disk_that_becomes_full_leaves_nothing_half(town: Town, small_disk: int) -> None:
    lin = await town.person()
    content = bytes(small_disk + 1)
    ticket = await announced(town, lin, content, "file", "text/plain")
    before, files = await town.everything(), files_of(town)

    answer = await town.call("PUT", ticket["upload_url"], content=content, token=lin.token)

    assert (answer.status_code, answer.json()["code"]) == (503, "media_store_unavailable")
    assert answer.headers["retry-after"] == "30"
    assert (await town.everything(), files_of(town)) == (before, files)


async def test_a_blob_that_was_lost_is_told_as_trouble_of_ours(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    lin = await town.person()
    content = b"will be lost"
    media = await uploaded(town, lin, content, "file", "text/plain")
    await town.platform.store.drop(hashlib.sha256(content).hexdigest())
    answer = await town.call("GET", media["url"], token=lin.token)
    assert (answer.status_code, answer.json()["code"]) == (503, "media_store_unavailable")
    assert "is missing in the store" in caplog.text


async def test_a_picture_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.write_bytes(picture())
    hasty = Pictures(time_max_s=0.0)
    with pytest.raises(PictureUnreadable):
        await hasty.draw("image", "image/png", source, tmp_path / "b", tmp_path / "c")


async def test_a_town_may_keep_its_pictures_in_a_bucket(tmp_path: Path) -> None:
    async with running() as bucket:
        place = f"{bucket.server.host}:{bucket.server.port}"
        url = f"s3+http://pictures@{place}?region={REGION}"
        said: Any = {"media_url": url, "media_key": KEY, "media_secret": SECRET}
        town = await Town(tmp_path, **said).start()
        lin = await town.person()
        media = await uploaded(town, lin, picture())
        content = bytes(range(256)) * 2000
        file = await uploaded(town, lin, content, "file", "text/plain")
        assert len(bucket.objects) == 3
        assert [path for path in files_of(town) if path.parent.name != "incoming"] == []
        for url in (media["url"], media["thumbnail_url"]):
            answer = await town.call("GET", url, token=lin.token)
            assert answer.content in bucket.objects.values()
        part = {"range": "bytes=1000-300000"}
        answer = await town.call("GET", file["url"], token=lin.token, headers=part)
        assert (answer.status_code, answer.content) == (206, content[1000:300_001])
        bucket.down = True
        ticket = await announced(town, lin, b"later", "file", "text/plain")
        answer = await town.call("PUT", ticket["upload_url"], content=b"later", token=lin.token)
        assert (answer.status_code, answer.json()["code"]) == (503, "media_store_unavailable")
        bucket.down = False
        again = await town.call("PUT", ticket["upload_url"], content=b"later", token=lin.token)
        assert again.is_success
        assert (files_of(town), bucket.refused) == ([], [])
        await town.stop()


async def test_the_doctor_misses_bytes_and_a_store_that_is_away(tmp_path: Path) -> None:
    town = await Town(tmp_path).start()
    lin = await town.person()
    content = b"missing soon"
    db, settings = town.platform.db, town.platform.settings
    assert await media_trouble(db, settings) == ""
    media = await uploaded(town, lin, content, "file", "text/plain")
    await town.platform.store.drop(hashlib.sha256(content).hexdigest())
    said = f"the bytes of 1 are missing, such as {media['id']}: restore them from a backup"
    assert await media_trouble(db, settings) == said
    away = {"media_url": "s3+http://b@127.0.0.1:9", "media_key": "k", "media_secret": "s"}
    told = await media_trouble(db, replace(settings, **away))
    assert told.startswith("The store of pictures and files is full or away")
    await town.stop()


async def test_housekeeping_runs_with_the_platform_and_drops_what_nobody_needs() -> None:
    folder = quick_folder()
    town = await Town(folder).start()
    lin = await town.person()
    media = await uploaded(town, lin, picture())
    assert len(held_by(town)) == 2
    await town.stop()

    town = Town(folder)
    town.clock.forward(8 * 86_400)
    await town.start()
    async with asyncio.timeout(PATIENCE_S):
        while files_of(town):  # noqa: ASYNC110 - a file has no event.
            await asyncio.sleep(0.02)
    left = await town.platform.db.read(service.media_of, [media["id"]])
    assert (left, await town.wrong()) == ({}, [])
    await town.stop()
