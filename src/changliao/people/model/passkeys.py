"""Passkeys: keys that a person's devices keep, what they are asked to sign, and what they answer.

The words are those of W3C Web Authentication, level 3: a device makes a *credential*, proves it by a
*registration* and signs *challenges* by *assertions*. Bytes in them are base64url without padding.
"""

from typing import Any, Literal

import msgspec

from changliao.kernel.refusal import Conflict, Forbidden, Invalid, NotFound
from changliao.kernel.value import Value, View
from changliao.people.model import AskSession, PersonId

Purpose = Literal["register", "sign_in", "confirm"]


class Passkey(Value, frozen=True):
    """The public half of a key that one of a person's devices holds. `sign_count` grows with each use, or
    stays 0 where devices do not count; `synced` says that the person's other devices have it too."""

    id: str
    credential_id: bytes
    person_id: PersonId
    public_key: bytes
    sign_count: int
    name: str
    transports: tuple[str, ...]
    synced: bool
    created_at: int
    used_at: int
    removed_at: int


class Challenge(Value, frozen=True):
    """What a device is asked to sign, once and soon. `id` is the challenge itself: SHA-256 of the nonce,
    the purpose, the person and what the answer is to be for. `origin` is the site that asked."""

    id: str
    nonce: bytes
    purpose: Purpose
    person_id: str
    origin: str
    expires_at: int
    used_at: int


class AssertionResponse(Value, frozen=True):
    """What a device signed."""

    client_data: str = msgspec.field(name="clientDataJSON")
    authenticator_data: str = msgspec.field(name="authenticatorData")
    signature: str
    user_handle: str | None = msgspec.field(name="userHandle", default=None)


class Assertion(Value, frozen=True):
    """A device's answer to a challenge, as `PublicKeyCredential.toJSON()` writes it; what else it writes
    is left aside."""

    id: str
    response: AssertionResponse


class RegistrationResponse(Value, frozen=True):
    """What a device made."""

    client_data: str = msgspec.field(name="clientDataJSON")
    attestation: str = msgspec.field(name="attestationObject")
    transports: tuple[str, ...] = ()


class Registration(Value, frozen=True):
    """A device's new credential, as `PublicKeyCredential.toJSON()` writes it."""

    id: str
    response: RegistrationResponse


class Made(Value, frozen=True):
    """What a registration proved."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    synced: bool


class Asked(View, frozen=True):
    """What a page hands to `navigator.credentials`: `public_key` is what the standard calls
    `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`."""

    public_key: dict[str, Any]
    expires_at: str


class AskChallenge(Value, frozen=True):
    """A challenge for one purpose of one person (nobody, to sign in). `about` is what the answer is for."""

    purpose: Purpose
    person_id: str
    origin: str
    about: str = ""


class AskPasskey(Value, frozen=True):
    """Keep the passkey that one of the person's devices has made."""

    person_id: str
    name: str
    registration: Registration


class AskRename(Value, frozen=True):
    """Call a passkey something else."""

    person_id: str
    passkey_id: str
    name: str


class AskRemove(Value, frozen=True):
    """Take a passkey away."""

    person_id: str
    passkey_id: str


class AskPasskeySession(Value, frozen=True):
    """Sign in whoever's passkey this is; `session` says how, its person is found out."""

    passkey: Assertion
    session: AskSession


class Proof(Value, frozen=True):
    """How a person proves a wish: by the PIN, or by a passkey that signed what it is `about`."""

    person_id: str
    pin: str
    passkey: Assertion | None = None
    about: str = ""


class PasskeysUnavailable(
    Conflict,
    code="passkeys_unavailable",
    hint="Open the platform by https and a name, or by http://localhost.",
):
    """There are no passkeys at this address: browsers want https and a name, or localhost."""


class PasskeyInvalid(
    Invalid, code="passkey_invalid", hint="Ask for a new challenge and let the device answer it."
):
    """This is not a passkey made for this site just now."""


class PasskeyTaken(Conflict, code="passkey_taken"):
    """This passkey is registered already."""


class TooManyPasskeys(Conflict, code="too_many_passkeys", hint="Remove one that you do not use."):
    """You have as many passkeys as one may have."""


class PasskeyMissing(
    Forbidden, code="passkey_missing", hint="Register one first: POST /v1/passkeys."
):
    """You have no passkey yet."""


class PasskeyNotFound(NotFound, code="passkey_not_found"):
    """There is no such passkey of yours."""


class PasskeyNameInvalid(
    Invalid, code="passkey_name_invalid", hint="1 to 40 characters without control characters."
):
    """This cannot be the name of a passkey."""


class PasskeyChallengeGone(
    Conflict,
    code="passkey_challenge_gone",
    hint="Ask for a new challenge; one lives five minutes and works once, for one thing.",
):
    """What this passkey signed is too old, was used, or is for something else; nothing was done."""


class WrongPasskey(Forbidden, code="wrong_passkey"):
    """This passkey does not prove it; nothing was done."""


class PasskeyLocked(
    Forbidden, code="passkey_locked", hint="Wait until the time given, or use the PIN."
):
    """Too many wrong passkeys; payments by passkey are locked for a while. No money has moved."""
