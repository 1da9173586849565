"""Uploading and reading by HTTP: who may, in what shape, and what is left when it goes wrong."""

import asyncio
import hashlib
import resource
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image

from changliao.app import media_trouble
from changliao.db.driver import Reader
from changliao.media import rules, service
from changliao.media.api.pictures import Pictures
from changliao.media.api.routes import POLICY, routes
from changliao.media.api.uploads import Uploads
from changliao.media.model import (
    OPEN,
    PUBLIC,
    AskUse,
    MediaStoreUnavailable,
    PictureUnreadable,
    UploadsBusy,
)
from changliao.wire.http import Http
from tests.conformance.test_stores.bucket import KEY, REGION, SECRET, running
from tests.places import quick_folder
from tests.wire.platform import Someone, Town
from tests.wire.test_bodies import send_raw
from tests.wire.uploads import (
    SVG,
    TYPES,
    announced,
    body,
    moving,
    picture,
    saved,
    sent,
    uploaded,
    voice,
)


def files_of(town: Town) -> list[Path]:
    """Every file below the folder of media."""
    folder = town.platform.settings.dir / "media"
    return sorted(path for path in folder.rglob("*") if path.is_file())


def held_by(town: Town) -> set[str]:
    """The names of the blobs in the store."""
    return {path.name for path in files_of(town)}


async def post(town: Town, who: Someone, media: Any, scope: str) -> None:
    """Post it somewhere, as chat does."""
    ask = AskUse(who.id, media["id"], media["kind"], scope)
    await town.platform.db.write(service.use, ask)


@pytest.mark.parametrize("form", TYPES)
async def test_a_picture_is_kept_in_its_form_with_a_small_one(town: Town, form: str) -> None:
    lin = await town.person()
    content = picture(form, (800, 400))
    media = await uploaded(town, lin, content, "image", TYPES[form])
    assert (media["width"], media["height"], media["ms"]) == (800, 400, 0)

    answer = await town.call("GET", media["url"], token=lin.token)

    assert answer.headers["content-type"] == TYPES[form]
    assert answer.headers["content-disposition"] == "inline"
    assert int(answer.headers["content-length"]) == media["size"] == len(answer.content)
    with Image.open(BytesIO(answer.content)) as image:
        assert (image.format, image.size) == (form, (800, 400))
        assert image.convert("RGB").getpixel((10, 10))[0] > 240  # type: ignore[index]
    small = await town.call("GET", media["thumbnail_url"], token=lin.token)
    assert small.headers["content-type"] == "image/webp"
    with Image.open(BytesIO(small.content)) as image:
        assert (image.format, image.size) == ("WEBP", (320, 160))


async def test_what_is_read_runs_nothing_and_never_changes(town: Town) -> None:
    lin = await town.person()
    media = await uploaded(town, lin, picture())
    for path in (media["url"], media["thumbnail_url"]):
        answer = await town.call("GET", path, token=lin.token)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        again = {"if-none-match": answer.headers["etag"]}
        unchanged = await town.call("GET", path, token=lin.token, headers=again)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        head = await town.call("HEAD", path, token=lin.token)
        assert (head.content, head.headers["etag"]) == (b"", answer.headers["etag"])
        assert head.headers["content-length"] == answer.headers["content-length"]


async def test_a_file_is_handed_out_and_never_shown(town: Town) -> None:
    lin = await town.person()
    page = b"<script>alert(1)</script>"
    for content, content_type in (
        (SVG, "image/svg+xml"),
        (page, "text/html"),
        (b"alert(1)", "text/javascript"),
    ):
        said = body(content, "file", content_type, name="a\u202e/图 x.svg")
        ticket = await town.done("POST", "/v1/media", said, token=lin.token)
        await town.call("PUT", ticket["upload_url"], content=content, token=lin.token)
        answer = await town.call("GET", f"/v1/media/{ticket['id']}", token=lin.token)
        assert answer.content == content
        assert answer.headers["content-type"] == "application/octet-stream"
        told = answer.headers["content-disposition"]
        assert told == "attachment; filename=\"_ x.svg\"; filename*=UTF-8''%E5%9B%BE%20x.svg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == POLICY
        thumbnail = await town.call("GET", f"/v1/media/{ticket['id']}/thumbnail", token=lin.token)
        assert thumbnail.json()["code"] == "media_not_found"


async def test_a_long_file_is_read_in_parts(town: Town) -> None:
    lin = await town.person()
    content = bytes(range(256)) * 4096
    media = await uploaded(town, lin, content, "file", "video/mp4")
    for asked, part in (
        ("bytes=0-0", content[:1]),
        ("bytes=300000-900000", content[300_000:900_001]),
        ("bytes=-5", content[-5:]),
        ("bytes=0-", content),
    ):
        answer = await town.call("GET", media["url"], token=lin.token, headers={"range": asked})
        assert (answer.status_code, answer.content == part) == (206, True)
        assert answer.headers["content-range"].endswith(f"/{len(content)}")
        assert answer.headers["content-type"] == "video/mp4"
    beyond = {"range": f"bytes={len(content)}-"}
    answer = await town.call("GET", media["url"], token=lin.token, headers=beyond)
    assert (answer.status_code, answer.json()["code"]) == (416, "range_unsatisfiable")


async def test_a_voice_note_tells_how_long_it_is(town: Town) -> None:
    lin = await town.person()
    media = await uploaded(town, lin, voice(2500), "voice", "audio/ogg; codecs=opus")
    assert (media["ms"], media["content_type"], media["thumbnail_url"]) == (2500, "audio/ogg", None)
    answer = await sent(town, lin, voice(61_500), "voice", "audio/ogg")
    assert answer.json()["code"] == "voice_too_long"
    answer = await sent(town, lin, voice() + b"<script>", "voice", "audio/ogg")
    assert answer.json()["code"] == "voice_unreadable"


async def test_an_avatar_is_square_and_a_cover_not_too_wide(town: Town) -> None:
    lin = await town.person()
    avatar = await uploaded(town, lin, picture("JPEG", (900, 700)), "avatar", "image/jpeg")
    cover = await uploaded(town, lin, picture("PNG", (3200, 800)), "cover")
    small = await uploaded(town, lin, picture("PNG", (30, 20)), "avatar")
    sizes = [(one["width"], one["height"]) for one in (avatar, cover, small)]
    assert sizes == [(640, 640), (1600, 400), (20, 20)]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
async def test_a_picture_that_moves_still_moves(town: Town, form: str) -> None:
    lin = await town.person()
    media = await uploaded(town, lin, moving(form, 12), "image", TYPES[form])
    answer = await town.call("GET", media["url"], token=lin.token)
    with Image.open(BytesIO(answer.content)) as image:
        assert image.n_frames == 12  # type: ignore[attr-defined]
        image.seek(5)
        image.load()
        assert image.info["duration"] == 120


async def test_where_and_by_which_camera_it_was_taken_is_not_kept(town: Town) -> None:
    lin = await town.person()
    exif = Image.Exif()
    exif[0x0112] = 6  # To be turned by a quarter.
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    for form in ("JPEG", "WEBP", "PNG"):
        content = picture(form, (40, 20), exif=exif)
        assert b"SecretCamera" in content
        media = await uploaded(town, lin, content, "image", TYPES[form])
        assert (media["width"], media["height"]) == (20, 40)
        answer = await town.call("GET", media["url"], token=lin.token)
        assert b"SecretCamera" not in answer.content
        with Image.open(BytesIO(answer.content)) as image:
            assert dict(image.getexif()) == {}
            assert image.convert("RGB").getpixel((10, 5))[1] < 60  # type: ignore[index]
            assert image.convert("RGB").getpixel((10, 35))[1] > 200  # type: ignore[index]


async def test_a_picture_with_shades_or_inks_of_its_own_is_shown_as_others(town: Town) -> None:
    lin = await town.person()
    for image, form in (
        (Image.new("I;16", (20, 20), 40_000), "PNG"),
        (Image.new("CMYK", (20, 20), (0, 200, 200, 0)), "JPEG"),
        (Image.new("1", (20, 20), 1), "PNG"),
        (Image.new("RGBA", (20, 20), (1, 2, 3, 4)).quantize(4), "PNG"),
    ):
        media = await uploaded(town, lin, saved(image, form), "image", TYPES[form])
        answer = await town.call("GET", media["thumbnail_url"], token=lin.token)
        assert answer.is_success


# Whose it is --------------------------------------------------------------------------------


async def test_the_same_bytes_are_sent_once_and_nobody_learns_that_another_has_them(
    town: Town,
) -> None:
    lin, wang = await town.person(), await town.person()
    content = picture(size=(33, 20))
    first = await uploaded(town, lin, content)
    held = held_by(town)

    again = await announced(town, lin, content, "image", "image/png")
    assert (again["stored"], again["upload_url"], again["expires_at"]) == (True, None, None)
    assert again["id"] != first["id"]
    other = await announced(town, wang, content, "image", "image/png")
    assert other["stored"] is False
    unfinished = await town.call("GET", f"/v1/media/{other['id']}", token=wang.token)
    assert unfinished.json()["code"] == "media_not_found"
    await town.call("PUT", other["upload_url"], content=content, token=wang.token)
    assert held_by(town) == held
    for who, media_id in ((lin, again["id"]), (wang, other["id"])):
        assert (await town.call("GET", f"/v1/media/{media_id}", token=who.token)).is_success
    assert await town.wrong() == []


async def test_anothers_media_does_not_exist(town: Town) -> None:
    lin, wang = await town.person(), await town.person()
    media = await uploaded(town, lin, picture())
    ticket = await announced(town, lin, b"abc", "file", "text/plain")
    nobody = await town.call("GET", "/v1/media/med_nobody", token=wang.token)
    for path in (media["url"], media["thumbnail_url"], f"/v1/media/{ticket['id']}"):
        for token in (wang.token, ""):
            signed = {"authorization": f"Bearer {token}"} if token else {}
            head = await town.client.request("HEAD", path, headers=signed)
            assert head.status_code == 404
            told = (await town.call("GET", path, token=token)).json()
            assert told | {"request_id": "", "instance": ""} == nobody.json() | {
                "request_id": "",
                "instance": "",
            }
    answer = await town.call("PUT", ticket["upload_url"], content=b"abc", token=wang.token)
    assert (answer.status_code, answer.json()["code"]) == (404, "media_not_found")


async def test_public_is_for_all_who_are_signed_in_and_open_for_the_world(town: Town) -> None:
    lin, wang = await town.person(), await town.person()
    media = await uploaded(town, lin, picture(), "avatar")
    await post(town, lin, media, PUBLIC)
    assert (await town.call("GET", media["url"], token=wang.token)).is_success
    assert (await town.call("GET", media["url"])).status_code == 404
    await post(town, lin, media, OPEN)
    answer = await town.call("GET", media["url"])
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_members_of_a_conversation_see_what_was_posted_in_it(town: Town) -> None:
    lin, wang, mei = [await town.person() for _ in range(3)]
    media = await uploaded(town, lin, picture())
    await post(town, lin, media, "cv_1")

    def may_see(_reader: Reader, person_id: str, scope: str) -> bool:
        return (person_id, scope) == (wang.id, "cv_1")

    platform = town.platform
    offered = routes(platform.db, platform.person, platform.person.maybe, platform.store, may_see)
    for who, query, status in (
        (wang, "", 200),
        (wang, "?scope=cv_1", 200),
        (wang, "?scope=cv_2", 200),
        (mei, "?scope=cv_1", 404),
    ):
        answer = await asked(Http(offered.all), media["url"], query, who)
        assert answer == status


async def asked(http: Http, path: str, query: str, who: Someone) -> int:
    """The status of a GET."""
    found: list[Any] = []

    async def send(message: Any) -> None:
        found.append(message)

    async def receive() -> Any:
        raise AssertionError

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.removeprefix("?").encode(),
        "headers": [(b"authorization", f"Bearer {who.token}".encode())],
    }
    await http(scope, receive, send)
    return int(found[0]["status"])


# What goes wrong ------------------------------------------------------------------------------


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
    async with asyncio.timeout(20):
        while files_of(town):  # noqa: ASYNC110 - a file has no event.
            await asyncio.sleep(0.02)
    left = await town.platform.db.read(service.media_of, [media["id"]])
    assert (left, await town.wrong()) == ({}, [])
    await town.stop()
