"""Uploading and reading by HTTP: who may, and in what shape."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from changliao.app.uploaders import UploaderGuard
from changliao.db.driver import Reader
from changliao.media import service
from changliao.media.api.routes import POLICY, routes
from changliao.media.model import (
    OPEN,
    PUBLIC,
    AskUse,
    Uploader,
)
from changliao.wire.http import Http
from tests.wire.platform import Someone, Town
from tests.wire.uploads import (
    SVG,
    TYPES,
    announced,
    body,
    held_by,
    moving,
    picture,
    saved,
    sent,
    uploaded,
    voice,
)


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


async def test_a_persons_picture_is_seen_by_all_who_are_signed_in_until_another_is(
    town: Town,
) -> None:
    lin, wang = await town.person(), await town.person()
    first = await uploaded(town, lin, picture("PNG", (50, 50)), "avatar")
    second = await uploaded(town, lin, picture("PNG", (60, 60)), "avatar")
    image = await uploaded(town, lin, picture())
    hers = await uploaded(town, wang, picture("PNG", (70, 70)), "avatar")
    for avatar, code in (
        (image["id"], "profile_invalid"),
        (hers["id"], "profile_invalid"),
        ("med_00000000000000000000000000", "profile_invalid"),
    ):
        answer = await town.call("PATCH", "/v1/me", {"avatar": avatar}, token=lin.token)
        assert answer.json()["code"] == code

    async def seen() -> list[bool]:
        return [
            (await town.call("GET", one["url"], token=wang.token)).is_success
            for one in (first, second)
        ]

    for avatar, shown in (
        (first["id"], [True, False]),
        (first["id"], [True, False]),
        (second["id"], [False, True]),
        ("", [False, False]),
    ):
        me = await town.done("PATCH", "/v1/me", {"avatar": avatar}, token=lin.token)
        assert (me["avatar"], await seen()) == (avatar, shown)
    assert await town.wrong() == []


async def test_members_of_a_conversation_see_what_was_posted_in_it(town: Town) -> None:
    lin, wang, mei = [await town.person() for _ in range(3)]
    media = await uploaded(town, lin, picture())
    await post(town, lin, media, "cv_1")

    def sees(_reader: Reader, who: Uploader, scope: str) -> bool:
        return (who.id, scope) == (wang.id, "cv_1")

    platform = town.platform
    uploader = UploaderGuard(platform.person, platform.app)
    parts = platform.store, platform.uploads
    offered = routes(platform.db, uploader, uploader.maybe, *parts, sees)
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


async def test_members_of_a_partner_see_what_people_send_their_account_and_nobody_else_does(
    town: Town,
) -> None:
    lin, shop, other = await town.person(), await town.shop(), await town.shop()
    body = {"handle": f"pic_{shop.app_id[-8:].lower()}", "name": "Shop"}
    account = await town.done("POST", "/v1/accounts", body, token=shop.key)
    path = f"/v1/accounts/{account['id']}"
    talk = await town.done("POST", f"{path}/talk", token=lin.token)
    sent_in = await uploaded(town, lin, picture())
    said = {"k": "image", "b": {"media": sent_in["id"]}}
    where = f"/v1/conversations/{talk['conversation']}/messages"
    await town.done("POST", where, said, token=lin.token)
    kept = await uploaded(town, shop.owner, picture())
    console = {"changliao-app": shop.app_id, "changliao-mode": "test"}
    await town.settled()
    (row,) = (await town.done("GET", f"{path}/talks", token=shop.key))["items"]
    reply = {"person": row["person"], "k": "image", "b": {"media": kept["id"]}}
    answer = await town.call(
        "POST", f"{path}/messages", reply, token=shop.owner.token, headers=console
    )
    assert answer.is_success, answer.text
    for media in (sent_in, kept):
        for who, seen in ((lin, True), (shop.owner, True), (other.owner, False)):
            answer = await town.call("GET", media["url"], token=who.token)
            assert answer.is_success is seen
