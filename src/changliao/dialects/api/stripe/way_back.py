"""The way back from our cashier to the shop's pages, by the dialect's own host."""

import base64
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from changliao.dialects import service
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.stripe import numbers as n
from changliao.pay import service as pay
from changliao.pay.model import Payment
from changliao.wire.call import Answer, Call
from changliao.wire.http import html
from changliao.wire.routes import Route

RETURN = "/changliao/return"
"""Where our cashier sends people; the shop's own addresses are known here, one for each outcome."""
_SEE_OTHER, _NOWHERE = 303, 404
_AS_IT_IS = "%/:?#[]@!$&'()*+,;=~{}|^`\"<>\\"
"""A header is ASCII; whatever else is in the shop's address is percent-encoded (RFC 3986)."""
_WENT_WELL = {"paid": "succeeded", "authorized": "succeeded", "processing": "pending"}


def route(ground: Ground) -> Route:
    """Sends people on to the shop's page for how their payment stands, which our cashier has signed."""
    key = Ed25519PublicKey.from_public_bytes(ground.return_key)

    async def back(call: Call) -> Answer:
        query = parse_qs(call.raw_query.decode("latin-1"))
        said = {name: texts[-1] for name, texts in query.items()}
        payment_id, status = said.get("payment_id", ""), said.get("status", "")
        content = f"{payment_id}.{status}.{said.get('timestamp', '')}".encode()
        signature = said.get("signature", "")
        try:
            key.verify(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)), content)
        except (InvalidSignature, ValueError):
            target = ""
        else:
            target = await ground.db.read(_target, payment_id, status, ground)
        if not target:
            page = "<!doctype html><title>Changliao</title><p>This address leads nowhere."
            return html(page, _NOWHERE)
        location = quote(target, safe=_AS_IT_IS)
        return Answer(b"", _SEE_OTHER, "text/plain", (("location", location),))

    return Route("GET", RETURN, back)


def _target(reader: Any, payment_id: str, status: str, ground: Ground) -> str:
    known = service.particulars(reader, payment_id)
    if known is None:
        return ""
    payment = pay.payment(reader, payment_id)
    if known.said.get("object") == "session":
        return _of_session(known.said, payment, status, ground)
    return _of_intent(known.said, payment, status)


def _of_session(said: dict[str, str], payment: Payment, status: str, ground: Ground) -> str:
    page = said.get("success_url" if status in _WENT_WELL else "cancel_url", "")
    if not page:
        return ground.cashier_url(payment.id) if status == "open" else ""
    return page.replace("{CHECKOUT_SESSION_ID}", n.session_id(payment.id, payment.mode))


def _of_intent(said: dict[str, str], payment: Payment, status: str) -> str:
    page = said.get("return_url", "")
    if not page:
        return ""
    outcome = _WENT_WELL.get(status, "failed")
    query = urlencode({"payment_intent": n.intent_id(payment.id), "redirect_status": outcome})
    base, hash_, fragment = page.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{query}{hash_}{fragment}"
