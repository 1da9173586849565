"""The API reference: valid, whole, and true of what the platform answers to invented requests."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from changliao.app import PAGES
from changliao.kernel.refusal import CATALOGUE
from changliao.wire.openapi import answers_of, refusals_of
from changliao.wire.refusals import status_of
from changliao.wire.routes import Route
from tests.wire.platform import Answer, Shop, Someone, Town

EXAMPLES = 400


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
    tags = [one["name"] for one in reference["tags"]]
    assert len(tags) == len(set(tags))
    for path in reference["paths"].values():
        for operation in path.values():
            assert set(operation["tags"]) <= set(tags)
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
        takes = route.body is not None or route.streamed
        assert takes == ("requestBody" in operation)
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
        for kind in (route.body, *answers_of(route)):
            if kind is None:
                continue
            schema = schemas[kind.__name__]
            assert set(schema["properties"]) == set(kind.__struct_encode_fields__), kind
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

    def __init__(self, town: Town, reference: Any, lin: Someone, shop: Shop) -> None:
        self.town, self.reference, self.lin, self.shop = town, reference, lin, shop
        self.ids: dict[str, str] = {}
        schema = schemathesis.openapi.from_dict(reference)
        self.operations = [
            found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)
        ]

    async def settle(self) -> "Inventor":
        """Make the things whose ids some requests carry; let the key call as often as it likes."""
        town, shop = self.town, self.shop
        path = f"/v1/apps/{shop.app_id}/keys/{shop.key_id}/rate"
        rate = {"per_s": 100_000, "burst": 100_000}
        await town.done("POST", path, rate, token=shop.owner.token)
        self.payment = await town.paid(self.lin, shop, 1000)
        self.aside = await town.paid(self.lin, shop, 1000, split=True)
        receivers = [{"kind": "person", "id": self.lin.id, "amount": 10}]
        body = {"reference": "inventor", "receivers": receivers}
        path = f"/v1/payments/{self.aside['id']}/splits"
        split = await town.done("POST", path, body, token=shop.key)
        parts = [{"amount": 1, "currency": "CNY", "reference": f"inventor-{n}"} for n in (1, 2)]
        body = {"reference": "inventor", "payments": parts}
        combined = await town.done("POST", "/v1/combined_payments", body, token=shop.key)
        await town.befriend(self.lin, shop.owner)
        self.ids = {
            "/v1/splits/": split["id"],
            "/v1/combined_payments/": combined["id"],
            "/v1/payments/": self.payment["id"],
            "/v1/cashier/": self.payment["id"],
            "/v1/apps/": shop.app_id,
            "/v1/partners/": shop.partner_id,
            "/v1/methods/": "wallet.web",
            "/v1/people/": shop.owner.id,
            "/v1/contacts/": shop.owner.id,
            "/v1/conversations/": await town.group(self.lin, shop.owner),
        }
        return self

    def token(self, path: str, operation: Any) -> str:
        """Whose token opens this door."""
        security = operation.get("security")
        if not security:
            return ""
        if "app" in security[0]:
            return self.shop.key
        partner = path.startswith(("/v1/partners", "/v1/apps"))
        return self.shop.owner.token if partner else self.lin.token

    async def send(self, case: Any, known: bool) -> Answer:
        """The invented request, carried by somebody who may ask; with a known id where there is one."""
        path, method = case.path, case.method.upper()
        said = self.reference["paths"][path][method.lower()]
        invented = {name: str(value) for name, value in (case.path_parameters or {}).items()}
        start = next((one for one in self.ids if path.startswith(one)), None)
        if known and start and "id" in invented:
            invented["id"] = self.ids[start]
        address = path
        for name, value in invented.items():
            address = address.replace("{" + name + "}", quote(value, safe="") or "x")
        headers = {
            name: value.encode("utf-8", "replace").decode("latin-1").encode("latin-1")
            for name, value in ((name, str(value)) for name, value in (case.headers or {}).items())
        }
        headers = {name: value for name, value in headers.items() if value.strip().isascii()}
        body = case.body if said.get("requestBody") else None
        content = json.dumps(body).encode() if isinstance(body, (dict, list, str, int)) else None
        if content is not None:
            headers["content-type"] = b"application/json"
        if token := self.token(path, said):
            headers["authorization"] = f"Bearer {token}".encode()
        query = {name: str(value) for name, value in (case.query or {}).items()}
        if known and path.startswith("/v1/cashier"):
            query["t"] = self.payment["cashier_url"].partition("?t=")[2]
        return await self.town.client.request(
            method, address, params=query, content=content, headers=headers
        )

    def check(self, path: str, answer: Answer) -> None:
        """Whether the answer is one that the reference describes."""
        method = answer.request.method.lower()
        told = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code < 500, told
        responses = self.reference["paths"][path][method]["responses"]
        if answer.status_code == 404 and answer.json()["code"] == "route_not_found":
            return  # An invented id that is no segment of a path.
        said = responses.get(str(answer.status_code))
        assert said is not None, told
        content = said.get("content", {})
        if not content:
            return
        kind = answer.headers["content-type"]
        assert kind in content, told
        whole = content[kind]["schema"] | {"components": self.reference["components"]}
        assert jsonschema_rs.is_valid(whole, answer.json()), told


@pytest.fixture(scope="module")
async def inventor(town: Town, reference: Any) -> Inventor:
    lin, shop = await town.person(money=1_000_000), await town.shop()
    return await Inventor(town, reference, lin, shop).settle()


def invented(operations: list[Any]) -> list[tuple[Any, bool]]:
    """Many requests, half of them broken on purpose; each says whether it is to name a known thing."""
    cases: list[tuple[Any, bool]] = []
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    one = st.one_of([op.as_strategy(generation_mode=mode) for op in operations for mode in modes])

    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        derandomize=True,
        database=None,
    )
    @given(one, st.booleans())
    def collect(case: Any, known: bool) -> None:
        cases.append((case, known))

    collect()
    return cases


async def test_invented_requests_are_answered_as_the_reference_says(inventor: Inventor) -> None:
    cases = invented(inventor.operations)

    done = 0
    for case, known in cases:
        answer = await inventor.send(case, known)
        inventor.check(case.path, answer)
        done += answer.is_success
    assert len(cases) >= EXAMPLES // 2
    assert done >= 40


async def test_the_books_hold_after_all_that(town: Town) -> None:
    assert await town.wrong() == []
