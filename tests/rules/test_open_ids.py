"""An open id is a person as one app knows it: reversible for that app, meaningless to any other."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.db.vault import Vault, new_ring, rotated
from changliao.kernel.ids import block_of, made_at, new_id, of_block
from changliao.kernel.instant import Instant
from changliao.partners import service as partners
from changliao.people.model import PersonNotFound

BLOCKS = st.binary(min_size=16, max_size=16)
RING = new_ring()
VAULT = Vault(RING)


class Everybody:
    """A reader of people in which every id is somebody's."""

    def get(self, table: Any, key: Any) -> Any:
        return key

    def find(self, table: Any, unique: tuple[str, ...], key: Any) -> Any:
        return None

    def gets(self, table: Any, keys: Any) -> list[Any]:
        return list(keys)

    def rows(self, table: Any, tail: str, *args: Any) -> list[Any]:
        return []

    def query(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        return []


@given(BLOCKS)
def test_an_id_is_its_block_and_back(block: bytes) -> None:
    assert block_of(of_block("per", block)) == block


def test_what_is_no_id_has_no_block_and_no_time() -> None:
    for text in ("", "lin", "per_", "per_" + "Z" * 26, "per_" + "0" * 25, "per_" + "I" * 26):
        assert block_of(text) is None
    assert made_at("lin") == 0


def test_an_id_tells_when_it_was_made_to_the_millisecond() -> None:
    now = Instant(1_770_000_000_123_456)
    assert made_at(new_id("pay", now)) == 1_770_000_000_123_000


@given(BLOCKS)
def test_an_app_finds_the_person_again_and_no_other_app_does(block: bytes) -> None:
    person_id = of_block("per", block)
    open_id = partners.open_id_of(VAULT, "app_1", person_id)
    assert re.fullmatch("opn_[0-7][0-9A-HJKMNP-TV-Z]{25}", open_id)
    assert open_id != partners.open_id_of(VAULT, "app_2", person_id)
    found: Any = partners.person_of_open_id(Everybody(), VAULT, "app_1", open_id)
    assert found == person_id
    other: Any = partners.person_of_open_id(Everybody(), VAULT, "app_2", open_id)
    assert other != person_id


def test_open_ids_survive_a_rotation_of_the_master_keys() -> None:
    person_id = new_id("per", Instant(1_770_000_000_000_000))
    open_id = partners.open_id_of(VAULT, "app_1", person_id)
    later = Vault(rotated(rotated(RING)))
    assert partners.open_id_of(later, "app_1", person_id) == open_id
    assert partners.open_id_of(Vault(new_ring()), "app_1", person_id) != open_id


@pytest.mark.parametrize(
    "text", ["", "lin", "opn_", "opn_" + "Z" * 26, "per_" + "0" * 26, "opn_" + "0" * 25]
)
def test_what_is_no_open_id_is_nobody(text: str) -> None:
    with pytest.raises(PersonNotFound):
        partners.person_of_open_id(Everybody(), VAULT, "app_1", text)
