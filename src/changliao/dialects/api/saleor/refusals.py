"""What only this dialect refuses, and how it words what it refuses."""

import msgspec

from changliao.kernel.refusal import Conflict, Exhausted, Forbidden, Invalid, NotFound, Refusal
from changliao.wire.call import Answer
from changliao.wire.refusals import status_of

_BROKEN = 500
_SHOWN_MAX = 200


class AmountTooPrecise(
    Invalid, code="amount_too_precise", hint="Send no more decimals than the currency has."
):
    """The amount has more decimals than its currency."""


class InstanceNotAllowed(
    Forbidden,
    code="instance_not_allowed",
    hint="Add its GraphQL address in the console, then install the app anew.",
):
    """This Saleor instance may not speak for the shop."""


class AppTokenRefused(
    Forbidden,
    code="app_token_refused",
    hint="Install the app by the manifest address that the console shows.",
):
    """The instance does not know this token as that of our app, or could not be asked."""


class SigningKeysMissing(
    Conflict,
    code="signing_keys_missing",
    hint="Its /.well-known/jwks.json must show an RSA key of 2048 to 4096 bits.",
):
    """The instance shows no key that its signatures could be checked with."""


class SignatureRefused(
    Forbidden,
    code="signature_refused",
    hint="Saleor-Signature must be a detached RS256 signature by a key of the instance's JWKS.",
):
    """The signature is not the instance's over this body."""


class EventRefused(
    Invalid, code="event_refused", hint="Webhooks come with the queries of our manifest."
):
    """This is not the event that this address takes."""


class TransactionUnknown(NotFound, code="transaction_unknown"):
    """There is no such transaction of this instance."""


class CancelInPart(Conflict, code="cancel_in_part", hint="Charge a part, or cancel all of it."):
    """What is held can only be given back as a whole."""


class StorefrontNotAllowed(
    Forbidden,
    code="storefront_not_allowed",
    hint="Add its origin to the storefronts in the console.",
):
    """People cannot be sent back to this address."""


def not_allowed(api_url: str) -> InstanceNotAllowed:
    """An instance that nobody allowed, by the address that it calls itself: what a person compares."""
    named = api_url[:_SHOWN_MAX] if api_url.isprintable() else ""
    return InstanceNotAllowed(
        f"{InstanceNotAllowed.__doc__} It calls itself {named or 'nothing'}.",
        field="Saleor-Api-Url",
    )


def worded(refusal: Refusal) -> Answer:
    """A refusal; Saleor shows `error.message` to whoever installs an app."""
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(refusal, Exhausted):
        headers = (("retry-after", str(refusal.retry_after_s)),)
    said = {"code": refusal.code, "message": _sentence(refusal)}
    return Answer(msgspec.json.encode({"error": said}), status_of(refusal), headers=headers)


def _sentence(refusal: Refusal) -> str:
    return f"{refusal.detail} {refusal.hint}".strip()


def broken() -> Answer:
    """A bug of ours: nothing was kept, and Saleor asks again."""
    said = {"code": "internal", "message": "Something of ours broke; nothing was kept."}
    return Answer(msgspec.json.encode({"error": said}), _BROKEN)
