"""Signatures: who is let in, who is not, and what each SDK spells in its own way."""

import base64
import json
import os
import re
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given

from changliao.dialects.api.diary import Diary
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import wire
from changliao.dialects.api.wechat.door import BURST, Door
from changliao.dialects.api.wechat.refusals import Says, worded
from changliao.dialects.api.wechat.wire import Box
from changliao.wire.call import Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import RateLimited
from changliao.wire.rsa import new_pair, public_of, signed, verifies
from tests.wire.platform import Someone
from tests.wire.wechat.street import NATIVE, Merchant, Street

AT = "/v3/pay/transactions/out-trade-no"
PAIRS = [
    *('mchid="1234567890"', 'nonce_str="n"', 'signature="s"', 'timestamp="1"', 'serial_no="a"')
]
REFUNDS = "/v3/refund/domestic/refunds"
DATA = Path(os.environ.get("CHANGLIAO_DATA", "../shared/data")) / "wechatpay"


def vector(name: str) -> Any:
    """A published test vector."""
    if not (DATA / name).exists():
        pytest.skip(f"no {DATA / name}: set CHANGLIAO_DATA")
    return json.loads((DATA / name).read_text())


def test_the_signature_of_an_official_sdk_is_ours() -> None:
    said = vector("signer_vector.json")
    pem = said["private_key_pem"].replace("TESTING KEY", "PRIVATE KEY").encode()
    message = said["message"].encode()
    assert signed(pem, message) == said["expect_signature"]
    public = public_of(load_pem_private_key(pem, None).public_key())  # type: ignore[arg-type]
    assert verifies(public, message, said["expect_signature"])
    assert not verifies(public, message + b" ", said["expect_signature"])


def test_the_cipher_of_an_official_sdk_is_ours() -> None:
    said = vector("aead_vector.json")
    box = Box(wire.AEAD, said["nonce"], said["associated_data"], said["ciphertext"])
    assert wire.unseal(said["api_v3_key"], box).decode() == said["plaintext"]
    for bad in (
        Box(wire.AEAD, said["nonce"], said["must_fail"][0], said["ciphertext"]),
        Box(wire.AEAD, said["must_fail"][1], said["associated_data"], said["ciphertext"]),
        Box(wire.AEAD, said["nonce"], said["associated_data"], "AA" + said["ciphertext"][2:]),
    ):
        with pytest.raises(ValueError, match="does not open"):
            wire.unseal(said["api_v3_key"], bad)
    fresh = wire.seal(said["api_v3_key"], "秘".encode(), "transaction")
    assert wire.unseal(said["api_v3_key"], fresh).decode() == "秘"
    assert len(fresh.nonce) == 12


async def test_a_body_or_query_changed_by_one_byte_is_refused(
    street: Street, tea: Merchant
) -> None:
    sent = json.dumps(tea.order()).encode()
    before = await street.kept()
    for position in range(0, len(sent), 29):
        other = bytearray(sent)
        other[position] ^= 1
        header = {"authorization": tea.authorization("POST", NATIVE, sent)}
        answer = await street.ask("POST", NATIVE, bytes(other), header)
        assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    target = f"{AT}/number1?mchid={tea.mchid}"
    header = {"authorization": tea.authorization("GET", target, b"")}
    for other_target in (target + "&", target.replace("number1", "number2"), target[:-1] + "x"):
        answer = await street.ask("GET", other_target, b"", header)
        assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    answer = await street.ask("POST", NATIVE + "?", sent, {"authorization": "Bearer sk_test"})
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    assert await street.kept() == before


async def test_the_clock_may_differ_by_300_seconds_and_no_more(
    street: Street, tea: Merchant
) -> None:
    target = f"{AT}/number1?mchid={tea.mchid}"
    for ahead_s in (-280, 299):
        await tea.refused("ORDER_NOT_EXIST", "GET", target, ahead_s=ahead_s)
    for ahead_s in (-301, 330):
        said = await tea.refused("SIGN_ERROR", "GET", target, ahead_s=ahead_s)
        assert "timestamp" in said
    checks = await street.town.done(
        "POST", f"/v1/dialects/{tea.account_id}/checks", token=tea.shop.key
    )
    clock = next(one for one in checks["items"] if one["name"] == "clock")
    assert not clock["well"] and re.search(r"\b3[0-3]\d\b", clock["says"])


async def test_a_nonce_is_good_once(street: Street, tea: Merchant) -> None:
    target = f"{AT}/number1?mchid={tea.mchid}"
    header = {"authorization": tea.authorization("GET", target, b"")}
    assert (await street.ask("GET", target, b"", header)).status_code == 404
    again = await street.ask("GET", target, b"", header)
    assert (again.status_code, again.json()["code"]) == (401, "SIGN_ERROR")
    street.town.clock.forward(299)
    assert (await street.ask("GET", target, b"", header)).status_code == 401
    await tea.refused("ORDER_NOT_EXIST", "GET", target, nonce="again")
    await tea.refused("SIGN_ERROR", "GET", target, nonce="again")
    street.town.clock.forward(601)
    await tea.refused("ORDER_NOT_EXIST", "GET", target, nonce="again")


async def test_another_merchants_key_or_serial_opens_nothing(street: Street, tea: Merchant) -> None:
    target = f"{AT}/number1?mchid={tea.mchid}"
    key, serial = tea.private_key, tea.serial
    try:
        tea.private_key = new_pair()[0]
        await tea.refused("SIGN_ERROR", "GET", target)
        tea.private_key, tea.serial = key, "4" * 40
        assert serial in await tea.refused("SIGN_ERROR", "GET", target)
        tea.serial = serial.lower()
        await tea.refused("ORDER_NOT_EXIST", "GET", target)
    finally:
        tea.private_key, tea.serial = key, serial


async def test_the_pairs_of_the_header_come_in_any_order(street: Street, tea: Merchant) -> None:
    target = f"{AT}/number1?mchid={tea.mchid}"
    for turned in range(5):
        header = tea.authorization("GET", target, b"")
        scheme, _, rest = header.partition(" ")
        pairs = rest.split(",")
        told = f"{scheme} " + ", ".join(pairs[turned:] + pairs[:turned])
        answer = await street.ask("GET", target, b"", {"authorization": told})
        assert answer.json()["code"] == "ORDER_NOT_EXIST"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer x",
        wire.SCHEME,
        f'{wire.SCHEME} mchid="1234567890"',
        f'{wire.SCHEME} mchid="1",nonce_str="n",signature="s",timestamp="1",serial_no="a"',
        f'{wire.SCHEME} mchid="1234567890",nonce_str="n",signature="s",timestamp="1e9",serial_no="a"',
        f'{wire.SCHEME} mchid="1234567890",nonce_str="n",signature="s",timestamp="1",serial_no="a",'
        'mchid="1234567890"',
        f'{wire.SCHEME} mchid="1234567890",nonce_str="",signature="s",timestamp="1",serial_no="a"',
        f'{wire.SCHEME} mchid="9999999999",nonce_str="n",signature="s",timestamp="1",serial_no="a"',
        f'{wire.SCHEME} mchid="9999999999",nonce_str="{"n" * 5000}"',
    ],
)
async def test_what_is_no_signature_is_refused(street: Street, header: str) -> None:
    answer = await street.ask("GET", "/v3/certificates", b"", {"authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    assert "wechatpay-signature" not in answer.headers


async def test_a_number_with_odd_signs_may_be_signed_before_or_after_it_is_escaped(
    street: Street, tea: Merchant, lin: Someone
) -> None:
    """Quirk 3: wechatpayv3 signs the path as it was before its transport escaped it."""
    number = "a|b@c-d*e_1"
    await tea.bought(lin, out_trade_no=number)
    for plain, sent in (
        (number, "a%7Cb%40c-d*e_1"),
        ("a%7Cb%40c-d*e_1", "a%7Cb%40c-d*e_1"),
        (number, "a%7Cb@c-d%2Ae_1"),
    ):
        target = f"{AT}/{plain}?mchid={tea.mchid}"
        header = {"authorization": tea.authorization("GET", target, b"")}
        answer = await street.ask("GET", f"{AT}/{sent}?mchid={tea.mchid}", b"", header)
        assert answer.json()["out_trade_no"] == number


async def test_a_query_stands_as_it_was_sent(street: Street, tea: Merchant) -> None:
    """Quirk 4: an SDK sends `?&name=…`; another signs `|` and lets its transport escape it."""
    for signed_, sent in (
        (f"{AT}/number1?&mchid={tea.mchid}", None),
        (
            f"{AT}/number1?mchid={tea.mchid}&x=a|b中",
            f"{AT}/number1?mchid={tea.mchid}&x=a%7Cb%E4%B8%AD",
        ),
        (f"{AT}/number1?mchid={tea.mchid}&x=a%26b", None),
    ):
        header = {"authorization": tea.authorization("GET", signed_, b"")}
        answer = await street.ask("GET", sent or signed_, b"", header)
        assert answer.json()["code"] == "ORDER_NOT_EXIST"
    # What gives a query its structure is not decoded, or a parameter could be added to a signed one.
    header = {"authorization": tea.authorization("GET", f"{AT}/number1?mchid=1&x=2", b"")}
    answer = await street.ask("GET", f"{AT}/number1?mchid=1%26x=2", b"", header)
    assert answer.json()["code"] == "SIGN_ERROR"


async def test_the_body_is_verified_as_it_came(street: Street, tea: Merchant) -> None:
    """Quirk 1: Python sends escaped JSON with spaces, others neither."""
    for text in (
        json.dumps(tea.order()),
        json.dumps(tea.order(), ensure_ascii=False, separators=(",", ":")),
        json.dumps(tea.order(), indent=4) + "\n",
    ):
        assert await tea.done("POST", NATIVE, content=text.encode())


async def test_the_answer_names_the_key_that_the_request_asked_for(
    street: Street, tea: Merchant
) -> None:
    target = "/v3/certificates"
    by_id = {"Wechatpay-Serial": tea.values["public_key_id"]}
    answer = await tea.call("GET", target, headers=by_id)
    assert answer.headers["wechatpay-serial"] == tea.values["public_key_id"]
    for asked in ({}, {"Wechatpay-Serial": tea.values["platform_serial_no"]}):
        answer = await tea.call("GET", target, headers=asked)
        assert answer.headers["wechatpay-serial"] == tea.values["platform_serial_no"]
        assert answer.headers["request-id"]


async def test_certificates_are_encrypted_for_each_merchant_and_signed_once_in_a_while(
    street: Street, tea: Merchant
) -> None:
    first = await tea.call("GET", "/v3/certificates?algorithm_type=RSA")
    again = await tea.call("GET", "/v3/certificates")
    assert again.headers["wechatpay-signature"] == first.headers["wechatpay-signature"]
    (one,) = first.json()["data"]
    box = Box(**one["encrypt_certificate"])
    assert box.associated_data == "certificate"
    assert wire.unseal(tea.apiv3_key, box).decode() == tea.values["platform_certificate"]
    assert one["serial_no"] == tea.values["platform_serial_no"]
    other = await street.merchant()
    (theirs,) = (await other.done("GET", "/v3/certificates"))["data"]
    with pytest.raises(ValueError, match="does not open"):
        wire.unseal(tea.apiv3_key, Box(**theirs["encrypt_certificate"]))


async def test_too_many_requests_are_refused_before_any_signature_is_looked_at(
    street: Street,
) -> None:
    platform, buckets = street.town.platform, Buckets()
    known = {
        "db": platform.db,
        "keyring": platform.keyring,
        "diary": Diary(),
        "buckets": buckets,
        "outbound": platform.outbound,
    }
    ground = Ground(**{name: known.get(name) for name in Ground.__struct_fields__})  # type: ignore[arg-type]
    for _ in range(BURST):
        buckets.take("wechat 1020304050", 0, BURST)
    header = (
        f'{wire.SCHEME} mchid="1020304050",nonce_str="n",signature="s",timestamp="1",serial_no="a"'
    )
    scope = {
        "method": "GET",
        "path": "/v3/certificates",
        "query_string": b"",
        "headers": [(b"authorization", header.encode())],
    }
    with pytest.raises(RateLimited):
        await Door(ground)(Call(scope, b"", "req"))
    with pytest.raises(Says):
        await Door(ground)(Call(scope | {"headers": []}, b"", "req"))
    told = worded(RateLimited(retry_after_s=3))
    assert (told.status, told.headers) == (429, (("retry-after", "3"),))
    assert b"FREQUENCY_LIMITED" in told.body


async def test_a_new_key_closes_the_door_to_the_old_one(street: Street) -> None:
    shop = await street.merchant()
    private, public = new_pair()
    at = f"/v1/dialects/{shop.account_id}/public_key"
    answer = await street.town.done("PUT", at, {"public_key": public}, token=shop.shop.key)
    await shop.refused("SIGN_ERROR", "GET", "/v3/certificates")
    shop.private_key, shop.serial = private, answer["values"]["serial_no"]
    await shop.done("GET", "/v3/certificates")
    await street.town.done("DELETE", f"/v1/dialects/{shop.account_id}", token=shop.shop.key)
    await shop.refused("SIGN_ERROR", "GET", "/v3/certificates")


@given(st.text(), st.lists(st.sampled_from(PAIRS)))
def test_no_header_is_too_odd_to_be_read(text: str, pairs: list[str]) -> None:
    assert wire.read_authorization(text) is None
    read = wire.read_authorization(f"{wire.SCHEME} " + ",".join(pairs))
    assert (read is None) == (sorted(pairs) != sorted(PAIRS))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_target_is_too_odd_to_be_signed(path: bytes, query: bytes) -> None:
    scope = {"method": "GET", "path": "/", "raw_path": path, "query_string": query, "headers": []}
    found = wire.targets(Call(scope, b"", "req"))
    assert found[0] == (path or b"/") + (b"?" + query if query else b"")
    assert len(found) <= 3
    structure = [bytes([sign]) for sign in b"&=#+"]
    for other in found:  # However it is decoded, a query keeps its parameters.
        after = other[-len(query) :] if query else b""
        assert all(after.count(sign) <= query.count(sign) for sign in structure)


def test_base64_of_a_signature_is_strict() -> None:
    private, public = new_pair()
    good = signed(private, b"x")
    assert verifies(public, b"x", good)
    assert not verifies(public, b"x", good[:-1])
    assert not verifies(public, b"x", base64.b64encode(b"x" * 256).decode())
