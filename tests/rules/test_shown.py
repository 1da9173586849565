"""What the `repr` of a value shows, and above all what it does not."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import changliao
from changliao.kernel.value import SECRET, Value, View
from changliao.people.api.routes import SessionBody
from changliao.people.model import AskSetPin
from changliao.settings import Settings

SOUNDS_SECRET = ("password", "passwords", "secret", "token", "pin", "seed")
HARMLESS = {
    "token_hash",  # SHA-256 of 256 random bits.
    "secret_hash",  # The same.
    "has_pin",
    "pin_locked_until",
}


def values(of: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for below in of.__subclasses__():
        yield below
        yield from values(below)


def everything() -> list[type[msgspec.Struct]]:
    """Every value that any module declares."""
    for found in pkgutil.walk_packages(changliao.__path__, "changliao."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    return [
        value
        for base in (Value, View)
        for value in values(base)
        if value.__module__.startswith("changliao.")
    ]


def test_no_value_shows_a_field_that_sounds_like_a_secret() -> None:
    found = everything()
    assert len(found) > 100
    open_ = {
        name
        for value in found
        for name in value.__struct_fields__
        if any(word in name.split("_") for word in SOUNDS_SECRET) and name not in SECRET
    }
    assert open_ <= HARMLESS


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (AskSetPin("per_1", "258036"), "AskSetPin(person_id='per_1', pin=…)"),
        (
            SessionBody("lin", "correct horse"),
            "SessionBody(handle='lin', password=…, transport='bearer', device='', passkey=None,"
            " sign_in_code=None)",
        ),
    ],
)
def test_the_rest_is_shown(value: Any, shown: str) -> None:
    assert repr(value) == str(value) == f"{value}" == shown
    assert repr([value]) == f"[{shown}]"


def test_settings_do_not_show_the_databases_password() -> None:
    settings = Settings(dir=Path("books"), database_url="postgresql://lin:s3cret@db/x")
    assert "s3cret" not in repr(settings)
