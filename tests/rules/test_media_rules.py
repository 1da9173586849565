"""What may be announced as which kind, how much in a day, and names that cannot deceive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.kernel.instant import DAY_US
from changliao.kernel.refusal import Refusal
from changliao.media import model as m
from changliao.media import rules
from changliao.media.model import AskAnnounce, Day, Kind

DIGEST = "ab" * 32
NOW = 20_000 * DAY_US + 5


def ask(
    kind: Kind = "image", content_type: str = "image/png", size: int = 1, **said: str
) -> AskAnnounce:
    return AskAnnounce("per_1", kind, content_type, size, said.pop("sha256", DIGEST), **said)


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("image", "image/png"),
        ("image", "image/jpeg"),
        ("avatar", "image/webp"),
        ("cover", "image/gif"),
        ("voice", "audio/ogg"),
        ("voice", "Audio/WebM; codecs=opus"),
        ("voice", "audio/mp4"),
        ("file", "image/svg+xml"),
        ("file", "application/x-anything"),
    ],
)
def test_each_kind_takes_its_types(kind: Kind, content_type: str) -> None:
    said = rules.announced(ask(kind, content_type))
    assert said.content_type == content_type.partition(";")[0].lower()


@pytest.mark.parametrize(
    ("asked", "refusal", "field"),
    [
        (ask(content_type="image/svg+xml"), m.MediaTypeUnknown, "content_type"),
        (ask("avatar", "image/svg+xml"), m.MediaTypeUnknown, "content_type"),
        (ask("voice", "audio/mpeg"), m.MediaTypeUnknown, "content_type"),
        (ask("file", "nonsense"), m.MediaTypeUnknown, "content_type"),
        (ask("file", "text/html\r\nx: y"), m.MediaTypeUnknown, "content_type"),
        (ask(size=0), m.MediaTooLarge, "size"),
        (ask(size=-1), m.MediaTooLarge, "size"),
        (ask(size=20 * rules.MIB + 1), m.MediaTooLarge, "size"),
        (ask("voice", "audio/ogg", rules.MIB + 1), m.MediaTooLarge, "size"),
        (ask("file", "a/b", 100 * rules.MIB + 1), m.MediaTooLarge, "size"),
        (ask(sha256="AB" * 32), m.DigestInvalid, "sha256"),
        (ask(sha256="ab" * 31), m.DigestInvalid, "sha256"),
        (ask(name="x" * 256), m.MediaNameInvalid, "name"),
    ],
)
def test_what_cannot_be_is_refused(asked: AskAnnounce, refusal: type[Refusal], field: str) -> None:
    with pytest.raises(refusal) as caught:
        rules.announced(asked)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\lin\\图.png", "图.png"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        (" a\r\nb\x00.txt ", "ab.txt"),
        ("…", "…"),
        ("/", ""),
    ],
)
def test_a_name_holds_no_folder_and_nothing_unseen(name: str, plain: str) -> None:
    assert rules.plain_name(name) == plain


@given(st.text())
def test_a_plain_name_is_plain(name: str) -> None:
    plain = rules.plain_name(name)
    assert rules.plain_name(plain) == plain
    assert not set(plain) & set("/\\\r\n\x00\u202e")


def test_a_day_is_full_by_size_or_count_and_the_next_one_is_empty() -> None:
    today = NOW // DAY_US
    full = Day("per_1", today, rules.DAY_SIZE_MAX - 1, 7)
    assert rules.one_more(full, "per_1", 1, NOW) == Day("per_1", today, rules.DAY_SIZE_MAX, 8)
    many = Day("per_1", today, 0, rules.DAY_COUNT_MAX)
    for before, size in ((full, 2), (many, 0)):
        with pytest.raises(m.MediaQuotaUsed) as caught:
            rules.one_more(before, "per_1", size, NOW)
        assert caught.value.retry_after_s == 86400
        tomorrow = rules.one_more(before, "per_1", 2, NOW + DAY_US)
        assert tomorrow == Day("per_1", today + 1, 2, 1)
