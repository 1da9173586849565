"""The vault: sealed secrets open only in their place, keys rotate, and nothing of them is ever shown."""

import base64
import re
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.db.vault import (
    ENVIRONMENT_KEY,
    OLD_KEYS,
    KeyRing,
    Vault,
    VaultError,
    new_ring,
    read_ring,
    rotated,
    write_ring,
)

RING = new_ring()
VAULT = Vault(RING)
PLACE = "partner_endpoints.secret:we_1"
SECRET = b"whsec_do-not-show"


def secrets_of(ring: KeyRing) -> list[str]:
    return [SECRET.decode(), *ring.keys.values()]


@given(st.binary(max_size=300), st.text(max_size=50).filter(lambda text: text.isprintable()))
def test_what_is_sealed_opens_in_its_place(secret: bytes, place: str) -> None:
    assert VAULT.open(VAULT.seal(secret, place=place), place=place) == secret


def test_sealing_twice_gives_two_texts_that_tell_nothing_of_each_other() -> None:
    one, two = VAULT.seal(SECRET, place=PLACE), VAULT.seal(SECRET, place=PLACE)

    assert one != two
    assert re.fullmatch(r"k0001\.[A-Za-z0-9+/]+=*", one)
    assert SECRET not in base64.b64decode(one.partition(".")[2])


@pytest.mark.parametrize(
    "other", ["partner_endpoints.secret:we_2", "partner_apps.secret:we_1", "", PLACE + " "]
)
def test_a_secret_copied_to_another_place_does_not_open(other: str) -> None:
    with pytest.raises(VaultError, match="does not open"):
        VAULT.open(VAULT.seal(SECRET, place=PLACE), place=other)


def test_a_secret_in_which_one_bit_changed_does_not_open() -> None:
    kid, _, text = VAULT.seal(SECRET, place=PLACE).partition(".")
    box = base64.b64decode(text)

    for place in range(len(box)):
        changed = box[:place] + bytes([box[place] ^ 1]) + box[place + 1 :]
        with pytest.raises(VaultError):
            VAULT.open(f"{kid}.{base64.b64encode(changed).decode()}", place=PLACE)


@pytest.mark.parametrize(
    "text", ["", "k0001", "k0001.", "k0001.AAAA", "k0001.not base 64!", "k0002.AAAA", "whsec_plain"]
)
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    with pytest.raises(VaultError):
        VAULT.open(text, place=PLACE)


def test_another_ring_does_not_open_it() -> None:
    with pytest.raises(VaultError, match="does not open"):
        Vault(new_ring()).open(VAULT.seal(SECRET, place=PLACE), place=PLACE)


# --- Rotation -----------------------------------------------------------------------------------


def test_after_a_rotation_old_secrets_open_and_new_ones_are_sealed_by_the_new_key() -> None:
    later = Vault(rotated(RING))
    old = VAULT.seal(SECRET, place=PLACE)

    assert later.open(old, place=PLACE) == SECRET
    assert later.seal(SECRET, place=PLACE).startswith("k0002.")
    with pytest.raises(VaultError, match="no master key k0002"):
        VAULT.open(later.seal(SECRET, place=PLACE), place=PLACE)


def test_resealing_moves_a_secret_to_the_new_key_once() -> None:
    ring = rotated(RING)
    later = Vault(ring)

    fresh = later.reseal(VAULT.seal(SECRET, place=PLACE), place=PLACE)

    assert later.reseal(fresh, place=PLACE) == fresh
    only_new = Vault(KeyRing("k0002", {"k0002": ring.keys["k0002"]}))
    assert only_new.open(fresh, place=PLACE) == SECRET
    with pytest.raises(VaultError):
        later.reseal(VAULT.seal(SECRET, place=PLACE), place="elsewhere")


def test_ten_rotations_keep_all_keys_apart() -> None:
    ring = RING
    for _ in range(10):
        ring = rotated(ring)

    assert ring.active == "k0011"
    assert list(ring.keys) == [f"k{n:04}" for n in range(1, 12)]
    assert len(set(ring.keys.values())) == 11


def test_derived_keys_differ_by_purpose_and_survive_a_rotation() -> None:
    assert len({VAULT.derive(purpose) for purpose in ("a", "b", "seal", "pin")}) == 4
    assert Vault(rotated(RING)).derive("a") == VAULT.derive("a")
    assert Vault(new_ring()).derive("a") != VAULT.derive("a")
    assert len(VAULT.derive("a")) == 32


def test_derivation_is_hkdf_of_rfc_5869() -> None:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    key = base64.b64decode(RING.keys["k0001"])
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"changliao return urls")

    assert VAULT.derive("return urls") == hkdf.derive(key)


# --- PINs ---------------------------------------------------------------------------------------


def test_a_pin_matches_its_digest_and_no_other() -> None:
    digest = VAULT.pin_digest("123456", b"salt of ann.....")

    assert VAULT.pin_matches(digest, "123456", b"salt of ann.....")
    assert not VAULT.pin_matches(digest, "123457", b"salt of ann.....")
    assert not VAULT.pin_matches(digest, "123456", b"salt of bob.....")
    assert not VAULT.pin_matches("k0009" + digest[5:], "123456", b"salt of ann.....")
    assert not VAULT.pin_matches("", "123456", b"salt of ann.....")


def test_a_pin_digest_needs_the_key_and_outlives_a_rotation() -> None:
    salt = b"salt of ann....."
    digest = VAULT.pin_digest("123456", salt)

    assert Vault(rotated(RING)).pin_matches(digest, "123456", salt)
    assert not Vault(new_ring()).pin_matches(digest, "123456", salt)
    assert Vault(rotated(RING)).pin_digest("123456", salt).startswith("k0002.")
    assert re.fullmatch(r"k0001\.[0-9a-f]{64}", digest)


# --- Keys at rest -------------------------------------------------------------------------------


def test_a_ring_is_written_for_its_owner_alone_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    (tmp_path / "keys.new").write_text("left behind, readable by all")
    (tmp_path / "keys.new").chmod(0o644)

    write_ring(path, RING)
    write_ring(path, rotated(RING))

    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]
    assert read_ring(path, {}).keys["k0001"] == RING.keys["k0001"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_ring_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    write_ring(path, RING)
    path.chmod(mode)

    with pytest.raises(VaultError, match="chmod 600"):
        read_ring(path, {})


def test_a_key_in_the_environment_wins(tmp_path: Path) -> None:
    key = new_ring().keys["k0001"]

    ring = read_ring(tmp_path / "no such file", {ENVIRONMENT_KEY: key})

    assert ring == KeyRing("k0001", {"k0001": key})


@pytest.mark.parametrize("between", [",", " ", ", ", "\n"])
def test_older_keys_in_the_environment_open_and_the_newest_seals(
    tmp_path: Path, between: str
) -> None:
    oldest, older, newest = (new_ring().keys["k0001"] for _ in range(3))
    sealed = Vault(KeyRing("k0001", {"k0001": oldest})).seal(b"secret", place="a:1")

    ring = read_ring(
        tmp_path / "no such file", {OLD_KEYS: f"{oldest}{between}{older}", ENVIRONMENT_KEY: newest}
    )

    assert ring == KeyRing("k0003", {"k0001": oldest, "k0002": older, "k0003": newest})
    assert Vault(ring).open(sealed, place="a:1") == b"secret"


@pytest.mark.parametrize(
    "ring",
    [
        KeyRing("k0001", {"k0001": base64.b64encode(bytes(31)).decode()}),
        KeyRing("k0001", {"k0001": "not base 64!"}),
        KeyRing("k0001", {"k0001": ""}),
        KeyRing("k0002", RING.keys),
        KeyRing("k0001", {}),
    ],
    ids=["too short", "no base 64", "empty", "active one missing", "no key at all"],
)
def test_a_ring_that_cannot_seal_is_refused(ring: KeyRing) -> None:
    with pytest.raises(VaultError, match="master key"):
        Vault(ring)


# --- Nothing is shown ---------------------------------------------------------------------------


def test_neither_ring_nor_vault_show_a_key() -> None:
    shown = f"{RING!r} {RING} {VAULT!r} {VAULT} {rotated(RING)!r}"

    assert "KeyRing(active='k0001', keys=['k0001'])" in shown
    assert not any(secret in shown for secret in secrets_of(RING))


@pytest.mark.parametrize(
    "sealed", [SECRET.decode(), "k0001." + SECRET.decode(), SECRET.decode() + ".AAAA"]
)
def test_no_error_shows_what_stood_in_the_place_of_a_sealed_secret(sealed: str) -> None:
    with pytest.raises(VaultError) as raised:
        VAULT.open(sealed, place=PLACE)

    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert PLACE in shown
    assert not any(secret in shown for secret in secrets_of(RING))


def test_no_error_shows_a_key() -> None:
    broken = RING.keys["k0001"][:-1]

    with pytest.raises(VaultError) as raised:
        Vault(KeyRing("k0001", {"k0001": broken}))

    assert broken not in "".join(traceback.format_exception(raised.value))
