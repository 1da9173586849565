"""Calls to Changliao Pay, and money between Oscar's decimals and whole minor units."""

import json
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from django.conf import settings

TIMEOUT_S = 15
DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}
"""Decimals of a currency where they are not two (ISO 4217)."""


class Refused(Exception):
    """Changliao Pay answered, and the answer is no. `code` is stable."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.code = told.get("code", "")
        super().__init__(told.get("detail") or self.code)


class Silent(Exception):
    """No answer, or none that can be read: nobody knows yet whether it was done."""


def ask(method: str, path: str, body: Any = None, key: str = "") -> Any:
    """One request. The same key again is the same deed, so a call that was silent may be repeated."""
    config = settings.CHANGLIAO
    headers = {"Authorization": f"Bearer {config['KEY']}", "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    content = json.dumps(body).encode() if body is not None else None
    request = Request(config["URL"] + path, content, headers, method=method)
    try:
        with urlopen(request, timeout=TIMEOUT_S) as answer:
            return json.load(answer)
    except HTTPError as refusal:
        if refusal.code in (401, 429) or refusal.code >= 500:
            raise Silent(f"{method} {path}: {refusal.code}") from refusal
        raise Refused(_problem(refusal)) from refusal
    except (URLError, OSError, ValueError) as trouble:
        raise Silent(f"{method} {path}: {trouble}") from trouble


def payment_of(reference: str) -> Any:
    """The payment of our own number as it stands, or None."""
    found = ask("GET", f"/v1/payments?reference={quote(reference, safe='')}")["items"]
    return found[0] if found else None


def to_minor(amount: Decimal, currency: str) -> int:
    """Whole minor units; refuses (ValueError) what has more decimals than the currency."""
    scaled = amount.scaleb(DIGITS.get(currency, 2))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} {currency} is not a whole number of its smallest unit")
    return int(scaled)


def from_minor(amount: int, currency: str) -> Decimal:
    """Oscar's decimal."""
    return Decimal(amount).scaleb(-DIGITS.get(currency, 2))


def _problem(refusal: HTTPError) -> dict[str, Any]:
    try:
        told = json.load(refusal)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {"code": f"http_{refusal.code}"}
