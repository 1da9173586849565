"""Web Push by its RFCs' own examples, and who is told of what, and when."""

import secrets
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    derive_private_key,
    generate_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from changliao.kernel.instant import MINUTE_US
from changliao.push import model as m
from changliao.push import rules
from changliao.push.model import PAYLOAD_MAX, Subscription, Wanted
from changliao.push.rules import sealing
from tests.pushed import Browser, raw64, sender_of, url64

# RFC 8291, appendix A.
WORDS = b"When I grow up, I want to be a watermelon"
OWN = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SALT, SECRET = "DGv6ra1nlYgDCS1FRnbzlw", "BTBZMqHH6r4Tts7J_aSIgg"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4"
    "a-fN"
)
# RFC 8292, section 2.4: the key of its example, and what stands in it.
EXAMPLE_KEY = (
    "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
)
EXAMPLE = (
    "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHA"
    "iOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMu"
    f"CGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, k={EXAMPLE_KEY}"
)


def test_the_example_of_the_rfc_is_sealed_byte_by_byte() -> None:
    own = derive_private_key(int.from_bytes(raw64(OWN), "big"), SECP256R1())
    body = sealing.sealed(WORDS, raw64(POINT), raw64(SECRET), own, raw64(SALT))
    assert url64(body) == BODY


def test_what_is_sealed_opens_for_its_browser_alone() -> None:
    browser = Browser()
    own, salt = generate_private_key(SECP256R1()), secrets.token_bytes(16)
    full = b"x" * PAYLOAD_MAX
    body = sealing.sealed(full, browser.point, browser.secret, own, salt)
    assert len(body) == 16 + 4 + 1 + 65 + PAYLOAD_MAX + 1 + 16
    assert len(body) - 86 <= sealing.RECORD
    assert browser.opened(body) == full
    with pytest.raises(Exception, match="Decryption error"):
        Browser().opened(body)


def test_a_push_service_learns_who_sends() -> None:
    assert sender_of(EXAMPLE, EXAMPLE_KEY)["aud"] == "https://push.example.net"
    key = sealing.key_of(b"\x07" * 32)
    public = url64(sealing.public_of(key))
    said = sealing.authorization(key, "https://push.example", "https://chat.example", 1_700_000_000)
    claims = {"aud": "https://push.example", "exp": 1_700_000_000, "sub": "https://chat.example"}
    assert sender_of(said, public) == claims


def test_a_key_is_made_of_any_seed() -> None:
    for seed in (bytes(32), b"\xff" * 32, b"\x01" * 32):
        assert len(sealing.public_of(sealing.key_of(seed))) == 65
    assert sealing.public_of(sealing.key_of(b"a" * 32)) != sealing.public_of(
        sealing.key_of(b"b" * 32)
    )


@pytest.mark.parametrize(
    ("begins", "ends", "offset", "quiet", "loud"),
    [
        (22 * 60, 7 * 60, 0, (22 * 60, 0, 6 * 60 + 59), (7 * 60, 12 * 60, 22 * 60 - 1)),
        (22 * 60, 7 * 60, 480, (14 * 60, 22 * 60), (23 * 60, 13 * 60 + 59)),
        (60, 120, -300, (6 * 60, 6 * 60 + 59), (7 * 60, 5 * 60 + 59)),
        (0, 0, 0, (), (0, 600, 1439)),
    ],
)
def test_quiet_hours_hold_in_the_persons_own_zone(
    begins: int, ends: int, offset: int, quiet: tuple[int, ...], loud: tuple[int, ...]
) -> None:
    wanted = Wanted("per_x", begins, ends, offset)
    day_us = 20_000 * 24 * 60 * MINUTE_US
    assert all(rules.is_quiet(wanted, day_us + one * MINUTE_US) for one in quiet)
    assert not any(rules.is_quiet(wanted, day_us + one * MINUTE_US) for one in loud)


@given(st.integers(0, 1439), st.integers(0, 1439))
def test_hours_come_back_as_they_were_said(begins: int, ends: int) -> None:
    clock = rules.quiet_hours(Wanted("per_x", begins, ends))
    assert (clock is None) == (begins == ends)
    assert clock is None or rules.hours(*clock, 0) == (begins, ends)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (("22:00", None, 0), "quiet_to"),
        ((None, "07:00", 0), "quiet_from"),
        (("24:00", "07:00", 0), "quiet_from"),
        (("22:00", "07:60", 0), "quiet_to"),
        (("22:00", "7:00", 0), "quiet_to"),
        (("２２:00", "07:00", 0), "quiet_from"),
        (("22:00", "07:00", 841), "offset_min"),
    ],
)
def test_hours_that_no_clock_shows_are_refused(said: Any, field: str) -> None:
    with pytest.raises(m.PushSettingsInvalid) as caught:
        rules.hours(*said)
    assert caught.value.field == field


def test_only_keys_of_a_browser_are_taken() -> None:
    good = Browser().keys()
    assert rules.keys(**good) == rules.keys(good["p256dh"] + "=", good["auth"] + "==")
    for change, field in (
        ({"auth": "AAAA"}, "keys.auth"),
        ({"auth": "*" * 22}, "keys.auth"),
        ({"p256dh": url64(b"\x04" + b"\x01" * 64)}, "keys.p256dh"),
        ({"p256dh": ""}, "keys.p256dh"),
        ({"p256dh": url64(b"\x02" + raw64(good["p256dh"])[1:33])}, "keys.p256dh"),
    ):
        with pytest.raises(m.PushKeysInvalid) as caught:
            rules.keys(**(good | change))
        assert caught.value.field == field


def test_a_topic_is_one_devices_name_for_one_conversation() -> None:
    mine = rules.topic("psb_1", "cv_1")
    assert mine == rules.topic("psb_1", "cv_1")
    assert len({mine, rules.topic("psb_2", "cv_1"), rules.topic("psb_1", "cv_2")}) == 3
    assert len(mine) == 32 and set(mine) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


@given(st.text(max_size=6000))
def test_no_notice_is_longer_than_a_record(text: str) -> None:
    one = Subscription("psb_1", "per_x", "ses_x", "https://push.example/1", "", "", 0)
    made = rules.notice(one, {"c": "cv_1", "text": text, "title": "t"}, urgent=False)
    assert len(made.payload) <= PAYLOAD_MAX
    said = msgspec.json.decode(made.payload)
    assert text.startswith(said["text"]) and said["title"] == "t"
    assert (made.urgency, made.ttl_s) == ("normal", 86_400)
