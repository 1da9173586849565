"""Detached JWS: what RFC 7797 signs is taken, and nothing that merely looks like it."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from changliao.wire import jws
from changliao.wire.rsa import new_pair, signed
from changliao.wire.sign import base64url

PRIVATE, PUBLIC = new_pair()


def token(payload: bytes, **header: Any) -> str:
    said = {"alg": "RS256", "kid": "1", "b64": False, "crit": ["b64"]} | header
    protected = base64url(json.dumps(said).encode())
    raw = base64.b64decode(signed(PRIVATE, protected.encode() + b"." + payload))
    return f"{protected}..{base64url(raw)}"


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_token_signs_its_payload_alone(payload: bytes, other: bytes) -> None:
    found = jws.detached(token(payload))
    assert found is not None and found.kid == "1"
    assert found.signs(PUBLIC, payload)
    assert found.signs(PUBLIC, other) == (other == payload)


@given(st.text(max_size=300))
def test_no_text_is_a_bug(text: str) -> None:
    jws.detached(text)
    jws.key_set(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["keys", "kty", "n", "e", "kid", "use"]), inner, max_size=6
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_is_a_bug(told: Any) -> None:
    assert isinstance(jws.key_set(json.dumps(told)), dict)
    part = base64url(json.dumps(told).encode())
    assert jws.detached(f"{part}..AAAA") is None


def key(size: int = 2048, **said: Any) -> dict[str, Any]:
    numbers = rsa.generate_private_key(65537, size).public_key().public_numbers()
    n = base64url(numbers.n.to_bytes(size // 8, "big"))
    return {"kty": "RSA", "n": n, "e": "AQAB", "kid": "a", "use": "sig"} | said


def test_a_set_gives_its_rsa_keys_by_their_ids() -> None:
    keys: list[Any] = [key(), key(kid="b", use="enc"), key(1024, kid="c"), key(kid="d", kty="EC")]
    keys += [key(kid=5), {"kid": "e"}, "x", key(kid="f", n="!!"), key(kid="g", e="AA")]
    assert set(jws.key_set(json.dumps({"keys": keys}))) == {"a"}
    assert set(jws.key_set(json.dumps({"keys": [key(kid=str(n)) for n in range(3)]}))) == {*"012"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": 5}', '{"keys": null}', "x" * 100])
def test_what_is_no_set_has_no_keys(text: str) -> None:
    assert jws.key_set(text) == {}


def test_another_kind_of_key_is_no_key() -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (base64url(one.to_bytes(32, "big")) for one in (curve.x, curve.y))
    told = {"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "a"}]}
    assert jws.key_set(json.dumps(told)) == {}
