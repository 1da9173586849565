"""Stripe's own OpenAPI file and fixtures, and whether an object is as they document it."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("CHANGLIAO_DATA") or ROOT.parent / "shared/data") / "stripe"
SPEC, FIXTURES = "spec3_2023-08-16.yaml.zst", "fixtures3_2026.json.zst"
TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": (int, float),
    "array": list,
    "object": dict,
}


def unpacked(name: str) -> bytes:
    """A file of the data, or a skip that says where it would be."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"Stripe's specification is not at {path}; CHANGLIAO_DATA names its folder")
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as reader:
        return reader.read()


@cache
def specification() -> Any:
    """The OpenAPI file of 2023-08-16."""
    yaml = pytest.importorskip("yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(unpacked(SPEC), Loader=loader)


@cache
def fixtures() -> Any:
    """An example of every object, as of 2026."""
    return msgspec.json.decode(unpacked(FIXTURES))["resources"]


def schemas() -> Any:
    """Every object's schema by its name."""
    return specification()["components"]["schemas"]


def answer_of(method: str, path: str) -> Any:
    """The schema of what a documented address answers."""
    found = specification()["paths"][path][method.lower()]["responses"]["200"]
    return found["content"]["application/json"]["schema"]


def complaints(schema: Any, value: Any, path: str) -> Iterator[str]:
    """What about a value is not as the schema has it."""
    if "$ref" in schema:
        schema = schemas()[schema["$ref"].rpartition("/")[2]]
    if value is None:
        if not schema.get("nullable"):
            yield f"{path}: null, though it is not nullable"
        return
    if "anyOf" in schema:
        tries = [list(complaints(one, value, path)) for one in schema["anyOf"]]
        if all(tries):
            yield from min(tries, key=len)
        return
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind == "integer" and value is True)):
        yield f"{path}: {value!r} is no {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum']}"
    if len(str(value)) > schema.get("maxLength", 10**9):
        yield f"{path}: longer than {schema['maxLength']}"
    if kind == "array":
        for number, item in enumerate(value):
            yield from complaints(schema.get("items", {}), item, f"{path}[{number}]")
    elif kind == "object":
        yield from _of_object(schema, value, path)


def _of_object(schema: Any, value: Any, path: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}.{name}: is documented as always there, and is not"
    newer = fixtures().get(str(value.get("object")), {})
    for name, inner in value.items():
        if name in properties:
            yield from complaints(properties[name], inner, f"{path}.{name}")
        elif properties and schema.get("title") in _OBJECTS and name not in newer:
            yield f"{path}.{name}: no such field is documented"


_OBJECTS = frozenset(
    "Session PaymentIntent Charge Refund Customer NotificationWebhookEndpoint NotificationEvent "
    "Balance BalanceTransaction LineItem Price".split()
)
"""Titles of objects that may hold no field that Stripe does not document."""
