"""The API reference, made from the routes themselves: OpenAPI 3.1."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from changliao.kernel.refusal import CATALOGUE, Refusal
from changliao.wire import refusals as r
from changliao.wire.refusals import status_of
from changliao.wire.routes import Param, Route, Routes

_PATH_VALUE = re.compile(r"{(\w+)}")
_STREAMED = (r.BodyTooLarge, r.BodyTooSlow)
_WITH_BODY = (r.BadRequest, r.BadJson, *_STREAMED, r.WrongContentType)
_SCHEMES = {
    "app": {
        "type": "http",
        "scheme": "bearer",
        "description": "An app's key: `sk_test_…` or `sk_live_…`. Members of the partner may use their "
        "own session instead, with the headers Changliao-App and Changliao-Mode. A key acts for another "
        "app that lets its app do so with the header Changliao-On-Behalf-Of: app_….",
    },
    "person": {
        "type": "http",
        "scheme": "bearer",
        "description": "A person's session token from POST /v1/sessions; our own pages use a cookie.",
    },
}
_KINDS = {int: "integer", str: "string", bool: "boolean"}


def refusals_of(route: Route) -> list[type[Refusal]]:
    """Everything a route may refuse with, the edge's own refusals included."""
    found: dict[str, type[Refusal]] = {}
    wanted: list[type[Refusal]] = [*route.refuses]
    if route.guard is not None:
        wanted += route.guard.refuses
    if route.body is not None:
        wanted += _WITH_BODY
    if route.streamed:
        wanted += _STREAMED
    if route.keyed:
        wanted += [
            r.IdempotencyKeyMissing,
            r.IdempotencyKeyInvalid,
            CATALOGUE["idempotency_mismatch"],
        ]
    if route.params:
        wanted.append(r.BadRequest)
    if any(param.name == "after" for param in route.params):
        wanted.append(r.BadCursor)
    wanted += [CATALOGUE[code] for code in ("busy", "storage_unavailable")]
    if route.method != "GET":
        wanted.append(CATALOGUE["outcome_unknown"])
    for refusal in wanted:
        found[refusal.code] = refusal
    return list(found.values())


def answers_of(route: Route) -> tuple[Any, ...]:
    """What a route may answer with: nothing, one type, or one of several."""
    if route.answers is None:
        return ()
    return route.answers if isinstance(route.answers, tuple) else (route.answers,)


def openapi(groups: Sequence[Routes], *, title: str, version: str, url: str) -> dict[str, Any]:
    """The whole reference as one document."""
    offered = [(group.tag, route) for group in groups for route in group.all if not route.page]
    types = [t for _, route in offered for t in (route.body, *answers_of(route)) if t is not None]
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schemas["Problem"] = _PROBLEM
    paths: dict[str, Any] = {}
    for tag, route in offered:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(tag, route)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": _ABOUT},
        "servers": [{"url": url}],
        "tags": [{"name": tag} for tag in dict.fromkeys(tag for tag, _ in offered)],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
        "x-refusals": {
            code: {
                "status": status_of(refusal),
                "title": (refusal.__doc__ or "").strip().split("\n")[0],
                "hint": refusal.hint,
                "retryable": refusal.retryable,
            }
            for code, refusal in sorted(CATALOGUE.items())
        },
    }


def _operation(tag: str, route: Route) -> dict[str, Any]:
    summary, _, rest = route.about.partition("\n")
    operation: dict[str, Any] = {
        "tags": [tag],
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-zA-Z0-9]+', '_', route.path)}".rstrip(
            "_"
        ),
        "summary": summary,
        "description": " ".join(rest.split()),
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.guard is not None:
        operation["security"] = [{scheme: []} for scheme in route.guard.scheme.split()]
    if route.body is not None:
        schema = {"$ref": f"#/components/schemas/{route.body.__name__}"}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if route.streamed:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_VALUE.findall(route.path)
    ]
    found += [_query(param) for param in route.params]
    if route.keyed:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "Any text of 1 to 255 visible ASCII characters, fresh per request. The "
                "same key with the same request gets the same answer for 30 days.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }
        )
    return found


def _query(param: Param) -> dict[str, Any]:
    return {
        "name": param.name,
        "in": "query",
        "description": param.about,
        "schema": {"type": _KINDS[param.kind]},
    }


def _responses(route: Route) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done."}
    if answers := answers_of(route):
        refs = [{"$ref": f"#/components/schemas/{one.__name__}"} for one in answers]
        schema = {"anyOf": refs} if refs[1:] else refs[0]
        done["content"] = {"application/json": {"schema": schema}}
    if route.also:
        done.setdefault("content", {})[route.also] = {"schema": {"type": "string"}}
    responses = {str(status): done for status in (route.status, *route.beside)}
    by_status: dict[int, list[str]] = {}
    for refusal in refusals_of(route):
        by_status.setdefault(status_of(refusal), []).append(refusal.code)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": "Refused: " + ", ".join(f"`{code}`" for code in codes),
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
    return responses


_ABOUT = (
    "Money is whole minor units (`amount`) with an ISO 4217 `currency`; times are RFC 3339 in UTC; "
    "lists are read with `after` and `limit`. Refusals are problem+json (RFC 9457) with a stable `code`."
)
_PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "A refusal (RFC 9457). `code` is stable; `field` names what was wrong.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "retryable", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "field": {"type": ["string", "null"]},
        "hint": {"type": ["string", "null"]},
        "retryable": {"type": "boolean"},
        "request_id": {"type": "string"},
        "instance": {"type": "string"},
        "figures": {"type": "object", "description": "Figures that go with the refusal."},
    },
}
