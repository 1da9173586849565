"""The API reference: valid, whole, and true of what the platform answers to invented requests."""

import shutil
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changliao.app import PAGES
from changliao.kernel.refusal import CATALOGUE
from changliao.wire.openapi import refusals_of
from changliao.wire.refusals import status_of
from changliao.wire.routes import Route
from tests.places import quick_folder
from tests.wire.platform import PIN, Shop, Someone, Town

EXAMPLES = 12


@pytest.fixture(scope="module")
async def reference(town: Town) -> Any:
    return await town.done("GET", "/openapi.json")


def offered(town: Town) -> Iterator[Route]:
    """Every route that belongs into the reference."""
    return (route for route in town.http.routes if not route.page)


async def test_the_reference_is_valid_openapi_3_1(reference: Any) -> None:
    assert reference["openapi"] == "3.1.0"
    for schema in reference["components"]["schemas"].values():
        whole = schema | {"components": reference["components"]}
        jsonschema_rs.meta.validate(whole)
        jsonschema_rs.validator_for(whole)
    ids = [one["operationId"] for path in reference["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids)) >= 45
    for path in reference["paths"].values():
        for operation in path.values():
            for scheme in operation.get("security", []):
                assert set(scheme) <= set(reference["components"]["securitySchemes"])


async def test_every_reference_inside_it_leads_somewhere(reference: Any) -> None:
    def refs(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for inner in part.values():
                yield from refs(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from refs(inner)

    for ref in refs(reference):
        found = reference
        for step in ref.removeprefix("#/").split("/"):
            found = found[step]
        assert found


async def test_every_route_says_what_it_does_takes_answers_and_refuses(
    town: Town, reference: Any
) -> None:
    for route in offered(town):
        operation = reference["paths"][route.path][route.method.lower()]
        assert operation["summary"].endswith("."), route.path
        assert (route.body is None) == ("requestBody" not in operation)
        assert (route.guard is None) == ("security" not in operation)
        for refusal in refusals_of(route):
            said = operation["responses"][str(status_of(refusal))]["description"]
            assert f"`{refusal.code}`" in said, (route.path, refusal.code)
        for name in (one["name"] for one in operation["parameters"] if one["in"] == "path"):
            assert "{" + name + "}" in route.path
        keyed = any(one["name"] == "Idempotency-Key" for one in operation["parameters"])
        assert keyed == route.keyed


async def test_every_field_of_every_body_and_answer_is_there(town: Town, reference: Any) -> None:
    schemas = reference["components"]["schemas"]
    for route in offered(town):
        for kind in (route.body, route.answers):
            if kind is None:
                continue
            schema = schemas[kind.__name__]
            assert set(schema["properties"]) == set(kind.__struct_fields__), kind
            assert schema["description"], kind


async def test_every_refusal_has_a_sentence_and_a_status(reference: Any) -> None:
    said = reference["x-refusals"]
    assert set(said) == set(CATALOGUE)
    for code, one in said.items():
        assert one["title"].endswith("."), code
        assert 400 <= one["status"] <= 503, code


async def test_no_page_is_in_the_reference(reference: Any) -> None:
    assert not set(PAGES) & set(reference["paths"])
    assert not any(path.startswith("/demo") for path in reference["paths"])


# Invented requests --------------------------------------------------------------------------


class Inventor:
    """A town with people and things, and the reference as a source of requests."""

    def __init__(self, town: Town, lin: Someone, shop: Shop, ids: dict[str, str]) -> None:
        self.town, self.lin, self.shop, self.ids = town, lin, shop, ids

    def address(self, route: Route, invented: str) -> str:
        """A path with an id that exists, or an invented one."""
        path = route.path
        for name in ("id", "key_id", "person_id"):
            known = next((one for at, one in self.ids.items() if path.startswith(at)), "x")
            path = path.replace("{" + name + "}", invented or known)
        return path

    def token(self, route: Route) -> str:
        if route.guard is None:
            return ""
        if route.guard.scheme == "app":
            return self.shop.key
        partner = route.path.startswith(("/v1/partners", "/v1/apps"))
        return self.shop.owner.token if partner else self.lin.token
