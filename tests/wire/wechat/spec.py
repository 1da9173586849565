"""The published OpenAPI files of WeChat Pay, and whether an answer is what they document.

They are Swagger 2 with Draft-4 schemas. Their shared definitions are not among the files that we have;
where an answer refers to one, what is known of it from WeChat Pay's pages stands here instead.
"""

import io
import json
import os
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import zstandard

ARCHIVE = (
    Path(os.environ.get("CHANGLIAO_DATA", "../shared/data"))
    / "wechatpay/wechatpay_openapi_yaml.tar.zst"
)
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def _object(required: str, **properties: Any) -> Any:
    return {"type": "object", "required": required.split(), "properties": properties}


_TEXT, _INT = {"type": "string"}, {"type": "integer"}
_STATES = ["SUCCESS", "REFUND", "NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR"]
_KINDS = ["JSAPI", "NATIVE", "APP", "MWEB", "MICROPAY", "FACEPAY"]
_PAYER = _object("openid", openid=_TEXT)
_AMOUNT = _object(
    "total currency", total=_INT, payer_total=_INT, currency=_TEXT, payer_currency=_TEXT
)
_PARTNER = dict.fromkeys(("sp_appid", "sp_mchid", "sub_appid", "sub_mchid"), _TEXT)
KNOWN = {
    "TransactionOwner": _object("", appid=_TEXT, mchid=_TEXT),
    "TransactionDirection": _object("appid mchid", appid=_TEXT, mchid=_TEXT),
    "TransactionServiceProvider": _object("sp_appid sp_mchid sub_mchid", **_PARTNER),
    "TransactionBase": _object(
        "out_trade_no trade_state trade_state_desc",
        out_trade_no=_TEXT,
        transaction_id=_TEXT,
        trade_type={"type": "string", "enum": _KINDS},
        trade_state={"type": "string", "enum": _STATES},
        trade_state_desc=_TEXT,
        bank_type=_TEXT,
        attach=_TEXT,
        success_time=_TEXT,
        payer=_PAYER,
        amount=_AMOUNT,
        promotion_detail={"type": "array", "items": {"type": "object"}},
    ),
    "PayerDirection": _PAYER,
    "PayerServiceProvider": _object("sp_openid", sp_openid=_TEXT, sub_openid=_TEXT),
    "PayerAmount": _AMOUNT,
}
"""Definitions/Transaction.yaml, as the pages on querying an order have it."""

ERRATA = {
    # The two lists stand one field too high in this file; those of POST /v3/profitsharing/orders are right.
    ("/v3/profitsharing/orders/{out_order_no}", "state"),
    ("/v3/profitsharing/orders/{out_order_no}", "result"),
}


@cache
def files() -> dict[str, Any]:
    """Every file by the address it documents, e.g. `/v3/certificates`."""
    if not ARCHIVE.exists():
        pytest.skip(f"no {ARCHIVE}: set CHANGLIAO_DATA")
    yaml = pytest.importorskip("yaml")
    found = {}
    with ARCHIVE.open("rb") as packed:
        raw = zstandard.ZstdDecompressor().stream_reader(packed).read()
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        for member in archive:
            text = archive.extractfile(member)
            if text is not None and member.name.endswith(".yaml"):
                address = "/" + member.name.partition("docs/")[2].removesuffix(".yaml")
                found[address] = yaml.load(text.read(), Loader=yaml.CSafeLoader)
    return found


def documented(method: str, path: str) -> tuple[str, Any]:
    """The address that this path is one of, and its operation."""
    asked = path.split("/")
    for address, said in sorted(files().items(), key=lambda one: one[0].count("{")):
        parts = address.split("/")
        if len(parts) == len(asked) and all(
            part.startswith("{") or part == segment
            for part, segment in zip(parts, asked, strict=True)
        ):
            assert method.lower() in said, f"{method} {address} is not documented"
            return address, said[method.lower()]
    raise AssertionError(f"{path} is documented nowhere")


def complaints(method: str, path: str, status: int, body: bytes) -> list[str]:
    """What is wrong with an answer; empty when it is as documented."""
    address, operation = documented(method, path)
    answers = {str(code): said for code, said in operation["responses"].items()}
    if str(status) not in answers:
        return [f"{method} {address} never answers {status}"]
    schema = answers[str(status)].get("schema")
    if schema is None:
        return []
    return list(_wrong(json.loads(body), schema, address, ""))


def _merged(schema: Any) -> Any:
    """The schema with what it refers to; None when that is not known."""
    if "$ref" in schema:
        return KNOWN.get(schema["$ref"].rpartition("#")[2].strip("/"))
    if "allOf" not in schema:
        return schema
    whole: dict[str, Any] = {"type": "object", "required": [], "properties": {}}
    for part in [*schema["allOf"], {k: v for k, v in schema.items() if k != "allOf"}]:
        merged = _merged(part)
        if merged is None:
            return None
        whole["required"] += merged.get("required") or []
        whole["properties"] |= merged.get("properties") or {}
    return whole


def _wrong(value: Any, schema: Any, address: str, at: str) -> Any:
    known = _merged(schema)
    if known is None:
        yield f"{address}{at}: refers to {schema}, which nobody has"
        return
    kinds = TYPES[known.get("type", "object")]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        yield f"{address}{at}: {value!r} is no {known.get('type')}"
        return
    if isinstance(value, dict):
        properties = known.get("properties") or {}
        yield from (
            f"{address}{at}: no {name}" for name in known.get("required") or [] if name not in value
        )
        for name, inner in value.items():
            if name not in properties:
                yield f"{address}{at}: {name} is documented nowhere"
            else:
                yield from _wrong(inner, properties[name], address, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _wrong(inner, known["items"], address, f"{at}[]")
    elif value not in known.get("enum", [value]) and (address, at.rpartition(".")[2]) not in ERRATA:
        yield f"{address}{at}: {value!r} is none of {known['enum']}"
