"""Onboarding: exactly the files and values that SDKs expect, and a self-check that says what is wrong."""

import base64
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
from cryptography.x509.oid import NameOID

from changliao.dialects.api.wechat import wire
from changliao.wire.rsa import new_pair, public_of
from tests.wire.platform import Receiver, Someone
from tests.wire.wechat.street import Merchant, Street


async def checked(street: Street, shop: Merchant) -> dict[str, Any]:
    """The self-check, line by line."""
    at = f"/v1/dialects/{shop.account_id}/checks"
    found = await street.town.done("POST", at, token=shop.shop.key)
    return {one["name"]: one for one in found["items"]}


async def test_the_kit_is_what_sdks_expect(street: Street) -> None:
    shop = await street.merchant()
    assert len(shop.mchid) == 10 and shop.mchid.isdigit() and shop.mchid[0] != "0"
    assert shop.appid.startswith("wx") and len(shop.appid) == 18
    assert len(shop.apiv3_key) == 32 and shop.apiv3_key.isalnum()
    assert shop.values["public_key_id"].removeprefix("PUB_KEY_ID_").isdigit()
    key = load_pem_private_key(shop.private_key, None)
    assert isinstance(key, RSAPrivateKey) and key.key_size == 2048
    certificate = x509.load_pem_x509_certificate(shop.files["apiclient_cert.pem"].encode())
    assert certificate.public_key() == key.public_key()
    assert f"{certificate.serial_number:X}" == shop.serial and len(shop.serial) == 40
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == shop.mchid
    packed = base64.b64decode(shop.files["apiclient_cert.p12"])
    inside, same, _ = load_key_and_certificates(packed, shop.mchid.encode())
    assert isinstance(inside, RSAPrivateKey) and same == certificate
    assert inside.private_numbers() == key.private_numbers()
    ours = x509.load_pem_x509_certificate(shop.values["platform_certificate"].encode())
    assert f"{ours.serial_number:X}" == shop.values["platform_serial_no"]
    public = ours.public_key()
    assert isinstance(public, RSAPublicKey)
    assert public_of(public) == shop.values["public_key"] == shop.files["pub_key.pem"]
    assert ours.issuer == certificate.issuer


async def test_secrets_are_shown_once(street: Street) -> None:
    shop = await street.merchant()
    found = await street.town.done("GET", "/v1/dialects", token=shop.shop.key)
    (again,) = found["items"]
    assert again["files"] == [] and again["values"] == shop.values
    assert shop.apiv3_key not in str(found)
    kept = await street.town.platform.db.read(
        lambda reader: str(reader.query("SELECT * FROM dialects_accounts"))
    )
    assert shop.apiv3_key not in kept and "PRIVATE" not in kept


async def test_every_account_has_numbers_of_its_own_and_one_key_of_ours(street: Street) -> None:
    first, second = await street.merchant(), await street.merchant()
    assert first.mchid != second.mchid and first.appid != second.appid
    assert first.apiv3_key != second.apiv3_key and first.serial != second.serial
    assert first.values["public_key_id"] == second.values["public_key_id"]


async def test_a_merchant_may_keep_its_key_to_itself(street: Street) -> None:
    private, public = new_pair()
    key = load_pem_private_key(private, None)
    assert isinstance(key, RSAPrivateKey)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Corner")])
    asked = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    for given in (public, asked.public_bytes(Encoding.PEM).decode()):
        shop = await street.merchant(public_key=given)
        assert "apiclient_key.pem" not in shop.files and "apiclient_cert.p12" not in shop.files
        certificate = x509.load_pem_x509_certificate(shop.files["apiclient_cert.pem"].encode())
        assert certificate.public_key() == key.public_key()
        shop.private_key = private
        await shop.done("GET", "/v3/certificates")


async def rekeyed(street: Street, shop: Merchant, **said: str) -> Any:
    """What the merchant is answered for another key; it goes on with what that says."""
    at = f"/v1/dialects/{shop.account_id}/public_key"
    answer = await street.town.done("PUT", at, said, token=shop.shop.key)
    shop.serial = answer["values"]["serial_no"]
    return answer


async def test_another_key_has_another_certificate_and_serial(street: Street) -> None:
    shop = await street.merchant()
    at = f"/v1/dialects/{shop.account_id}/settings"
    body = {"settings": {"verify_with": "certificate"}}
    await street.town.done("PUT", at, body, token=shop.shop.key)
    old_serial, (private, public) = shop.serial, new_pair()
    answer = await rekeyed(street, shop, public_key=public)
    (file,) = answer["files"]
    certificate = x509.load_pem_x509_certificate(file["content"].encode())
    assert file["name"] == "apiclient_cert.pem"
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey) and public_of(key) == public
    assert f"{certificate.serial_number:X}" == shop.serial != old_serial
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == shop.mchid
    lines = {one["sdk"]: one["code"] for one in answer["lines"]}
    assert shop.serial in lines["WxJava"] and old_serial not in lines["WxJava"]
    assert answer["values"] == shop.values | {
        "serial_no": shop.serial,
        "verify_with": "certificate",
    }
    await shop.refused("SIGN_ERROR", "GET", "/v3/certificates")  # The new serial with the old key.
    shop.private_key = private
    new_serial, shop.serial = shop.serial, old_serial
    assert new_serial in await shop.refused("SIGN_ERROR", "GET", "/v3/certificates")
    shop.serial = new_serial
    (one,) = (await shop.done("GET", "/v3/certificates"))["data"]
    opened = wire.unseal(shop.apiv3_key, wire.Box(**one["encrypt_certificate"]))
    assert opened.decode() == shop.values["platform_certificate"]


async def test_a_key_made_here_comes_with_its_bundle_and_without_other_secrets(
    street: Street,
) -> None:
    shop = await street.merchant()
    old_serial = shop.serial
    answer = await rekeyed(street, shop)
    files = {one["name"]: one["content"] for one in answer["files"]}
    assert set(files) == {"apiclient_key.pem", "apiclient_cert.pem", "apiclient_cert.p12"}
    packed = base64.b64decode(files["apiclient_cert.p12"])
    key, certificate, _ = load_key_and_certificates(packed, shop.mchid.encode())
    assert isinstance(key, RSAPrivateKey) and certificate is not None
    assert f"{certificate.serial_number:X}" == shop.serial != old_serial
    assert certificate == x509.load_pem_x509_certificate(files["apiclient_cert.pem"].encode())
    shop.private_key = files["apiclient_key.pem"].encode()
    await shop.done("GET", "/v3/certificates")
    (again,) = (await street.town.done("GET", "/v1/dialects", token=shop.shop.key))["items"]
    assert again["files"] == [] and again["values"] == answer["values"]


async def test_a_request_for_a_certificate_must_be_signed_by_its_own_key(street: Street) -> None:
    key = load_pem_private_key(new_pair()[0], None)
    assert isinstance(key, RSAPrivateKey)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Corner")])
    asked = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    raw = bytearray(asked.public_bytes(Encoding.DER))
    raw[-1] ^= 1
    forged = base64.encodebytes(bytes(raw)).decode()
    text = f"-----BEGIN CERTIFICATE REQUEST-----\n{forged}-----END CERTIFICATE REQUEST-----\n"
    shop = await street.town.shop()
    body = {"dialect": "wechat", "public_key": text}
    answer = await street.town.call("POST", "/v1/dialects", body, token=shop.key)
    assert answer.json()["code"] == "public_key_invalid"


async def test_there_are_lines_for_every_sdk(street: Street, tea: Merchant) -> None:
    lines = {one["sdk"]: one["code"] for one in tea.opened["lines"]}
    assert set(lines) == {
        "wechatpayv3",
        "wechatpayv3 (async)",
        "WxJava",
        "wechatpay-php",
        "wechatpay-axios-plugin",
        "wechatpay-node-v3",
        "wechatpay-go",
        "gopay",
    }
    for code in lines.values():
        assert "«" not in code and street.url.partition("://")[2] in code


async def test_the_self_check_says_what_is_wrong(
    street: Street, lin: Someone, hook: Receiver
) -> None:
    shop = await street.merchant()
    before = await checked(street, shop)
    assert {name for name, one in before.items() if one["well"]} == {"our_key"}
    await shop.bought(lin, notify_url=hook.url)
    after = await checked(street, shop)
    assert all(one["well"] for one in after.values()), after
    target = "/v3/certificates"
    header = {"authorization": shop.authorization("GET", target + "?x", b"")}
    await street.ask("GET", target, b"", header)
    wrong = (await checked(street, shop))["signature"]
    assert not wrong["well"] and "GET\\n/v3/certificates\\n" in wrong["says"]
    url = hook.url
    await hook.stop()
    gone = (await checked(street, shop))["callback"]
    assert not gone["well"] and url in gone["says"]
