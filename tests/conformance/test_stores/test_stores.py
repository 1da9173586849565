"""What every store of blobs promises: a folder on this machine, and a bucket."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from changliao.kernel.instant import Instant
from changliao.media import roster
from changliao.media.model import MediaStoreUnavailable
from changliao.media.port import PIECE, BlobMissing, Store
from changliao.settings import BadSettings, Settings
from changliao.wire.sigv4 import Credentials, signed
from tests.conformance.test_stores.bucket import KEY, REGION, SECRET, Bucket, running

CONTENT = bytes(range(256)) * 5000


def wall_clock() -> int:
    return time.time_ns() // 1000


def bucket_store(bucket: Bucket, folder: Path, key: str = KEY, secret: str = SECRET) -> Store:
    place = f"{bucket.server.host}:{bucket.server.port}"
    url = f"s3+http://pictures@{place}/some/prefix?region={REGION}"
    return roster.built(url, folder, key, secret, wall_clock)


@pytest.fixture
async def bucket() -> AsyncIterator[Bucket]:
    async with running() as found:
        yield found


@pytest.fixture(params=["folder", "bucket"])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket
) -> AsyncIterator[Store]:
    if request.param == "folder":
        found = roster.built("folder", tmp_path / "media", "", "", wall_clock)
    else:
        found = bucket_store(bucket, tmp_path / "media")
    yield found
    assert bucket.refused == []
    await found.close()


async def put(store: Store, content: bytes) -> str:
    """Keep these bytes as an upload does; their name."""
    sha256 = hashlib.sha256(content).hexdigest()
    file = store.incoming / "upload"
    file.write_bytes(content)
    await store.keep(sha256, file)
    file.unlink(missing_ok=True)
    return sha256


async def got(store: Store, sha256: str, start: int, stop: int) -> bytes:
    return b"".join([piece async for piece in await store.read(sha256, start, stop)])


async def test_what_was_kept_is_read_whole_and_in_parts(store: Store) -> None:
    sha256 = await put(store, CONTENT)
    assert await store.size(sha256) == len(CONTENT)
    for start, stop in (
        (0, len(CONTENT)),
        (0, 1),
        (PIECE - 1, PIECE + 1),
        (PIECE, 2 * PIECE),
        (len(CONTENT) - 3, len(CONTENT)),
    ):
        assert await got(store, sha256, start, stop) == CONTENT[start:stop]


async def test_no_piece_is_larger_than_it_need_be(store: Store) -> None:
    sha256 = await put(store, CONTENT)
    async for piece in await store.read(sha256, 0, len(CONTENT)):
        assert 0 < len(piece) <= PIECE


async def test_the_same_may_be_kept_again_also_while_it_is_read(store: Store) -> None:
    sha256 = await put(store, CONTENT)
    reading = await store.read(sha256, 0, len(CONTENT))
    first = await anext(reading)
    assert await put(store, CONTENT) == sha256
    assert first + b"".join([piece async for piece in reading]) == CONTENT
    assert await got(store, sha256, 0, 9) == CONTENT[:9]


async def test_two_who_keep_the_same_at_once_both_have_it(store: Store) -> None:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    files = [store.incoming / name for name in ("one", "two")]
    for file in files:
        file.write_bytes(CONTENT)
    await asyncio.gather(*[store.keep(sha256, file) for file in files])
    assert await got(store, sha256, 0, len(CONTENT)) == CONTENT


async def test_what_was_dropped_or_never_kept_is_not_there(store: Store) -> None:
    sha256, other = await put(store, CONTENT), await put(store, b"another")
    await store.drop(sha256)
    await store.drop(sha256)
    assert await store.size(sha256) is None
    with pytest.raises(BlobMissing):
        await store.read(sha256, 0, 1)
    assert await got(store, other, 0, 7) == b"another"
    assert await put(store, CONTENT) == sha256
    assert await store.size(sha256) == len(CONTENT)


async def test_one_byte_is_a_blob(store: Store) -> None:
    sha256 = await put(store, b"x")
    assert (await store.size(sha256), await got(store, sha256, 0, 1)) == (1, b"x")


# The folder ---------------------------------------------------------------------------------


async def test_blobs_lie_in_folders_of_their_first_letters(tmp_path: Path) -> None:
    store = roster.built("folder", tmp_path, "", "", wall_clock)
    sha256 = await put(store, CONTENT)
    assert (tmp_path / sha256[:2] / sha256[2:4] / sha256).read_bytes() == CONTENT
    assert [path.name for path in store.incoming.iterdir()] == []


async def test_a_folder_that_cannot_be_written_is_no_bug_of_ours(tmp_path: Path) -> None:
    store = roster.built("folder", tmp_path, "", "", wall_clock)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    (tmp_path / sha256[:2]).write_text("in the way")
    with pytest.raises(MediaStoreUnavailable):
        await put(store, CONTENT)


# The bucket ---------------------------------------------------------------------------------


async def test_a_bucket_holds_objects_below_its_prefix(tmp_path: Path, bucket: Bucket) -> None:
    store = bucket_store(bucket, tmp_path)
    sha256 = await put(store, CONTENT)
    assert bucket.objects == {f"some/prefix/{sha256}": CONTENT}
    await store.close()


async def test_a_bucket_that_is_away_or_down_is_told_as_such(
    tmp_path: Path, bucket: Bucket
) -> None:
    store = bucket_store(bucket, tmp_path)
    sha256 = await put(store, CONTENT)
    bucket.cut = True
    with pytest.raises(MediaStoreUnavailable):
        await got(store, sha256, 0, len(CONTENT))
    bucket.cut, bucket.down = False, True
    calls: list[Callable[[], object]] = [
        lambda: put(store, b"x"),
        lambda: store.read(sha256, 0, 1),
        lambda: store.size(sha256),
        lambda: store.drop(sha256),
    ]
    for call in calls:
        with pytest.raises(MediaStoreUnavailable):
            await call()  # type: ignore[misc]
    await bucket.server.close()
    for call in calls:
        with pytest.raises(MediaStoreUnavailable):
            await call()  # type: ignore[misc]
    await store.close()


async def test_a_wrong_secret_or_a_body_that_changed_keeps_nothing(
    tmp_path: Path, bucket: Bucket
) -> None:
    wrong = bucket_store(bucket, tmp_path, secret="another")
    with pytest.raises(MediaStoreUnavailable):
        await put(wrong, CONTENT)
    right = bucket_store(bucket, tmp_path)
    file = right.incoming / "upload"
    file.write_bytes(b"changed on the disk")
    with pytest.raises(MediaStoreUnavailable):
        await right.keep(hashlib.sha256(CONTENT).hexdigest(), file)
    assert bucket.refused == ["a wrong signature", "another body"]
    assert bucket.objects == {}
    await wrong.close()
    await right.close()


def test_signatures_are_those_of_the_specifications_examples() -> None:
    """Two requests that the public specification of the signature works out step by step."""
    who = Credentials(
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"
    )
    host, now = "examplebucket.s3.amazonaws.com", Instant(1_369_353_600_000_000)
    got = signed(who, "GET", host, "/test.txt", now, headers={"Range": "bytes=0-9"})
    assert got["authorization"].endswith(
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
    further = {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}
    body = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()
    put_ = signed(who, "PUT", host, "/test$file.text", now, body_sha256=body, headers=further)
    assert put_["authorization"].endswith(
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    )


# Which it is --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "s3://host",
        "s3://bucket@",
        "s3://bucket:secret@host",
        "ftp://bucket@host",
        "s3://bucket@host:port",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSettings) as caught:
        roster.built(url, tmp_path, "k", "s", wall_clock)
    assert "secret" not in str(caught.value)


def test_a_bucket_needs_a_key_and_a_secret_that_are_never_shown(tmp_path: Path) -> None:
    with pytest.raises(BadSettings):
        roster.built("s3://bucket@host", tmp_path, "", "s", wall_clock)
    shown = repr(Settings(media_key="k-1", media_secret="s-1")) + repr(
        Credentials("k-1", "s-1", "r")
    )
    assert "k-1" not in shown and "s-1" not in shown
