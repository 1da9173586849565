"""What a passkey must have signed to prove something (W3C Web Authentication, level 3, section 7)."""

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import msgspec
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier

from changliao.kernel.instant import MINUTE_US, SECOND_US, Instant, rfc3339
from changliao.people.model import Person, PersonId, Throttle
from changliao.people.model.passkeys import (
    Asked,
    Assertion,
    Challenge,
    Made,
    Passkey,
    PasskeyChallengeGone,
    PasskeyInvalid,
    PasskeyLocked,
    PasskeyNameInvalid,
    Purpose,
    Registration,
)
from changliao.people.rules import PIN_TRIES, lock_us

CHALLENGE_US = 5 * MINUTE_US
PASSKEYS_MAX = 20
ALGORITHMS = (
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
)
_CREDENTIAL_ID_MAX = 1023  # Bytes: section 4, "Credential ID".
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TRANSPORTS = frozenset("ble cable hybrid internal nfc smart-card usb".split())


class _ClientData(msgspec.Struct):
    challenge: str
    crossOrigin: bool = False  # noqa: N815 - its name in the standard.


def origin_of(url: str) -> str:
    """The origin at which browsers let our pages have passkeys, or empty where they do not: an address
    that is an IP number has none, and plain http only on localhost."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in _LOOPBACK:
        return f"{parts.scheme}://localhost{f':{parts.port}' if parts.port else ''}"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        named = parts.scheme == "https" or host.endswith(".localhost")
        return f"{parts.scheme}://{parts.netloc}" if named else ""
    return ""


def site_of(origin: str) -> str:
    """The relying party's id: the host of the origin."""
    return urlsplit(origin).hostname or ""


def challenge(nonce: bytes, purpose: Purpose, person_id: str, about: str) -> str:
    """What is signed: it covers what the answer is for, so that an answer for one thing is worth nothing
    for another (Commission Delegated Regulation (EU) 2018/389, article 5)."""
    content = msgspec.json.encode((purpose, person_id, about))
    return bytes_to_base64url(hashlib.sha256(nonce + content).digest())


def challenge_in(client_data: str) -> str:
    """The challenge that a device says it answers; empty when it says none, or answered in a frame of
    another site."""
    try:
        said = msgspec.json.decode(base64url_to_bytes(client_data), type=_ClientData)
        return "" if said.crossOrigin else bytes_to_base64url(base64url_to_bytes(said.challenge))
    except (ValueError, msgspec.DecodeError, RecursionError):
        return ""


def alive(
    kept: Challenge | None, purpose: Purpose, person_id: str, about: str, now: int
) -> Challenge:
    """The challenge, if it waits for an answer of this person about exactly this."""
    if (
        kept is None
        or kept.used_at
        or kept.expires_at <= now
        or kept.purpose != purpose
        or kept.id != challenge(kept.nonce, purpose, person_id, about)
    ):
        raise PasskeyChallengeGone(field="passkey")
    return kept


def made(registration: Registration, asked: Challenge) -> Made:
    """What the device made, if it answers the challenge, on our site, with its user verified."""
    said = registration.response
    try:
        proven = verify_registration_response(
            credential={
                "id": registration.id,
                "rawId": registration.id,
                "type": "public-key",
                "response": {
                    "clientDataJSON": said.client_data,
                    "attestationObject": said.attestation,
                },
            },
            expected_challenge=base64url_to_bytes(asked.id),
            expected_rp_id=site_of(asked.origin),
            expected_origin=asked.origin,
            require_user_verification=True,
            supported_pub_key_algs=list(ALGORITHMS),
        )
    except (
        Exception
    ) as error:  # Whatever a parser of hostile bytes stumbles over, it is no passkey.
        raise PasskeyInvalid(field="registration") from error
    if len(proven.credential_id) > _CREDENTIAL_ID_MAX or said_id(registration.id) != (
        proven.credential_id
    ):
        raise PasskeyInvalid(field="registration")
    return Made(
        proven.credential_id,
        proven.credential_public_key,
        proven.sign_count,
        proven.credential_backed_up,
    )


def counted(assertion: Assertion, passkey: Passkey, asked: Challenge) -> int | None:
    """The device's new count, if the assertion is this passkey's answer to the challenge: on our site,
    with its user verified, and the count higher than before unless the device never counts. Else None."""
    said = assertion.response
    try:
        proven = verify_authentication_response(
            credential={
                "id": assertion.id,
                "rawId": assertion.id,
                "type": "public-key",
                "response": {
                    "clientDataJSON": said.client_data,
                    "authenticatorData": said.authenticator_data,
                    "signature": said.signature,
                },
            },
            expected_challenge=base64url_to_bytes(asked.id),
            expected_rp_id=site_of(asked.origin),
            expected_origin=asked.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception:  # As above: it proves nothing.
        return None
    return proven.new_sign_count if owned(said.user_handle, passkey) else None


def owned(user_handle: str | None, passkey: Passkey) -> bool:
    """Whether the person whom the device names, if it names one, is whose passkey it is."""
    return not user_handle or said_id(user_handle) == passkey.person_id.encode()


def said_id(text: str) -> bytes:
    """The bytes of an id in base64url; none when it is no such text."""
    try:
        return base64url_to_bytes(text)
    except ValueError:
        return b""


def passkey(
    passkey_id: str, person_id: PersonId, name: str, new: Made, said: Registration, now: int
) -> Passkey:
    """A new passkey of a person."""
    transports = tuple(sorted(_TRANSPORTS.intersection(said.response.transports)))
    return Passkey(
        passkey_id,
        new.credential_id,
        person_id,
        new.public_key,
        new.sign_count,
        named(name),
        transports,
        new.synced,
        now,
        0,
        0,
    )


def named(name: str) -> str:
    """The name of a passkey; refuses what cannot be shown on one line."""
    name = name.strip()
    if not 1 <= len(name) <= 40 or not name.isprintable():
        raise PasskeyNameInvalid(field="name")
    return name


def mine(kept: Passkey | None, person_id: str) -> Passkey | None:
    """The passkey, if it is there and this person's."""
    found = kept is not None and kept.person_id == person_id and not kept.removed_at
    return kept if found else None


def passkey_unlocked(throttle: Throttle | None, now: int) -> None:
    """Refuse while too many wrong passkeys have locked them."""
    if throttle is not None and throttle.until > now:
        raise PasskeyLocked(field="passkey", locked_until_s=throttle.until // SECOND_US)


def one_wrong_more(throttle: Throttle, now: int) -> Throttle:
    """One more wrong passkey: five lock as long as five wrong PINs do, the next five for longer."""
    wrong = throttle.failures + 1
    locks, over = divmod(wrong, PIN_TRIES)
    return Throttle(throttle.name, wrong, throttle.until if over else now + lock_us(locks - 1))


def tries_left(throttle: Throttle) -> int:
    """How many wrong passkeys are left until the next lock."""
    return PIN_TRIES - throttle.failures % PIN_TRIES


def decoy(key: bytes, handle: str) -> tuple[bytes, tuple[str, ...]]:
    """A credential for a handle that has none, always the same one, so that nobody learns who has a
    passkey (section 14.6.3)."""
    return hmac.digest(key, handle.encode(), "sha256"), ("hybrid", "internal")


def creation(asked: Challenge, site_name: str, person: Person, has: Sequence[Passkey]) -> Asked:
    """What a browser is asked to make: a key that verifies its user, discoverable where the device can
    keep it, not one that it has made before."""
    site = {"id": site_of(asked.origin), "name": site_name}
    user = {
        "id": bytes_to_base64url(person.id.encode()),
        "name": person.handle,
        "displayName": person.name,
    }
    return _asked(
        asked,
        rp=site,
        user=user,
        pubKeyCredParams=[{"type": "public-key", "alg": alg.value} for alg in ALGORITHMS],
        excludeCredentials=_descriptors((one.credential_id, one.transports) for one in has),
        authenticatorSelection={"residentKey": "preferred", "userVerification": "required"},
        attestation="none",
    )


def request(asked: Challenge, allowed: Iterable[tuple[bytes, tuple[str, ...]]]) -> Asked:
    """What a browser is asked to sign, by one of these credentials; by any that it finds when there are
    none."""
    return _asked(
        asked,
        rpId=site_of(asked.origin),
        allowCredentials=_descriptors(allowed),
        userVerification="required",
    )


def _asked(asked: Challenge, **said: object) -> Asked:
    timeout_ms = CHALLENGE_US // 1000
    return Asked(
        {"challenge": asked.id, "timeout": timeout_ms} | said, rfc3339(Instant(asked.expires_at))
    )


def _descriptors(known: Iterable[tuple[bytes, tuple[str, ...]]]) -> list[dict[str, object]]:
    return [
        {"type": "public-key", "id": bytes_to_base64url(id_), "transports": list(transports)}
        for id_, transports in known
    ]
