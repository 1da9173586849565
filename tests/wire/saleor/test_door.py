"""What is let in: bodies that an allowed instance signed, for this address and this app, and not long ago."""

import asyncio
import base64
import hmac
import json
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.wire.platform import Someone
from tests.wire.saleor.instance import Saleor, Transaction, base64url
from tests.wire.saleor.street import Account, Street

INITIALIZE = "TRANSACTION_INITIALIZE_SESSION"


def made(saleor: Saleor, amount: str = "5.00", **said: Any) -> tuple[Transaction, bytes]:
    """A transaction and the body that begins it, not sent yet."""
    number = base64.b64encode(f"TransactionItem:{saleor.clock()}".encode()).decode()
    transaction = Transaction(number, Decimal(amount), "CNY", "CHARGE", **said)
    saleor.transactions[number] = transaction
    return transaction, saleor.session(INITIALIZE, transaction)


async def refused(tea: Account, answer: httpx2.Response, code: str, status: int = 403) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


async def test_a_changed_body_is_refused_and_changes_nothing(den: Account) -> None:
    _, body = made(den.saleor, "500.00")
    signature = den.saleor.signature(body)
    before = await den.kept()

    for other in (
        body.replace(b"500.00", b"5.0000"),
        body + b" ",
        body[:-1],
        b"",
        body.replace(b"CNY", b"JPY"),
    ):
        answer = await den.saleor.send(INITIALIZE, other, signature=signature)
        await refused(den, answer, "signature_refused")

    assert await den.kept() == before
    assert (await den.saleor.send(INITIALIZE, body, signature=signature)).status_code == 200


def signatures(saleor: Saleor, body: bytes) -> dict[str, str]:
    """Tokens that are none of the instance's over this body."""
    good = saleor.signature(body)
    header, _, raw = good.split(".")
    key = saleor.keys[saleor.kid].public_key().public_numbers().n.to_bytes(256, "big")

    def with_header(**said: Any) -> str:
        told = {"alg": "RS256", "kid": saleor.kid, "b64": False} | said
        return f"{base64url(json.dumps(told).encode())}..{raw}"

    hs = base64url(json.dumps({"alg": "HS256", "kid": saleor.kid, "b64": False}).encode())
    mac = base64url(hmac.digest(key, f"{hs}.".encode() + body, "sha256"))
    return {
        "none": "",
        "not a token": "good",
        "two parts": f"{header}.{raw}",
        "a payload of its own": f"{header}.{base64url(body)}.{raw}",
        "no algorithm": with_header(alg="none"),
        "an algorithm by a public secret": f"{hs}..{mac}",
        "an encoded payload": with_header(b64=True),
        "something else to understand": with_header(crit=["b64", "exp"]),
        "a header that is not covered": with_header(typ="x"),
        "a kid that is no text": with_header(kid=1),
        "another signature": f"{header}..{raw[:-4]}AAAA",
        "no signature": f"{header}..",
        "a header that is no JSON": f"{base64url(b'{')}..{raw}",
        "far too long": good + "A" * 5000,
    }


async def test_every_other_token_is_refused(den: Account) -> None:
    _, body = made(den.saleor)
    before = await den.kept()
    for name, token in signatures(den.saleor, body).items():
        answer = await den.saleor.send(INITIALIZE, body, signature=token)
        assert answer.status_code == 403, name
        assert answer.json()["error"]["code"] == "signature_refused", name
    assert await den.kept() == before
    for crit in (True, False):
        good = den.saleor.signature(body, crit=crit)
        assert (await den.saleor.send(INITIALIZE, body, signature=good)).status_code == 200


async def test_an_unknown_key_has_the_set_fetched_once_a_minute(tea: Account) -> None:
    saleor = tea.saleor
    asked = saleor.jwks_asked
    tea.town.clock.forward(61)
    _, body = made(saleor)
    for _ in range(5):
        token = saleor.signature(body, kid="unheard of")
        await refused(
            tea, await saleor.send(INITIALIZE, body, signature=token), "signature_refused"
        )
    assert saleor.jwks_asked == asked + 1

    tea.town.clock.forward(61)
    saleor.new_key("2")
    _, body = made(saleor)
    assert (await saleor.send(INITIALIZE, body)).status_code == 200
    tea.town.clock.forward(61)
    saleor.new_key("2")
    _, body = made(saleor)
    assert (await saleor.send(INITIALIZE, body)).status_code == 200, "a new key by the old one's id"
    assert saleor.jwks_asked == asked + 3


async def test_an_instance_that_shows_no_keys_keeps_those_it_had(tea: Account) -> None:
    saleor = tea.saleor
    tea.town.clock.forward(61)
    kept, saleor.keys = saleor.keys, {}
    other = await tea.street.saleor()
    _, body = made(saleor)
    stranger = other.signature(body)
    await refused(tea, await saleor.send(INITIALIZE, body, signature=stranger), "signature_refused")
    saleor.keys = kept
    assert (await saleor.send(INITIALIZE, body)).status_code == 200


async def test_another_instance_is_nobody(tea: Account, lin: Someone) -> None:
    other = await tea.street.shop()
    transaction = await tea.paid(lin, "8.00")
    before = await tea.kept()

    _, body = made(other.saleor)
    mine = dict(tea.saleor.installed)
    other.saleor.installed, others = mine, other.saleor.installed
    await refused(tea, await other.saleor.send(INITIALIZE, body), "instance_not_allowed")
    posing = await other.saleor.send(INITIALIZE, body, **{"Saleor-Api-Url": tea.saleor.api_url})
    await refused(tea, posing, "signature_refused")
    other.saleor.installed = others

    told = await other.saleor.act(transaction, "REFUND", "8.00")
    assert told["result"] == "REFUND_FAILURE" and "no such transaction" in told["message"]
    assert await other.town.wrong() == []
    after = await tea.kept()
    assert after["pay_refunds"] == before["pay_refunds"]


async def test_a_second_instance_of_the_same_shop_does_not_see_the_first_ones_transactions(
    tea: Account, lin: Someone
) -> None:
    second = await tea.street.saleor()
    both = f"{tea.saleor.api_url}\n{second.api_url}"
    await tea.choose(instances=both)
    assert (await second.install(tea.manifest_url)).status_code == 200
    transaction = await tea.paid(lin, "8.00")
    second.transactions[transaction.id] = transaction

    told = await second.act(transaction, "REFUND", "8.00")
    assert told["result"] == "REFUND_FAILURE"
    again = await second.told(INITIALIZE, second.session(INITIALIZE, transaction))
    assert again["result"] == "CHARGE_FAILURE" and again["data"]["code"] == "reference_taken"
    assert (await tea.saleor.act(transaction, "REFUND", "8.00"))["result"] == "REFUND_SUCCESS"


async def test_a_body_for_another_address_or_app_or_time_is_refused(
    tea: Account, lin: Someone
) -> None:
    saleor = tea.saleor
    transaction = await tea.paid(lin, "8.00", "AUTHORIZATION")
    before = await tea.kept()
    charge = saleor.request(transaction, "CHARGE", "8.00")
    elsewhere = await saleor.send("TRANSACTION_CANCELATION_REQUESTED", charge)
    await refused(tea, elsewhere, "event_refused", 400)
    for name, value in (
        ("recipient", {"id": "QXBwOjg="}),
        ("issuedAt", "2020-01-01T00:00:00+00:00"),
        ("issuedAt", "2099-01-01T00:00:00+00:00"),
        ("issuedAt", "2026-01-01T00:00:00"),
        ("issuedAt", "yesterday"),
        ("action", {"actionType": "CHARGE", "amount": "a lot", "currency": "CNY"}),
        ("action", None),
        ("transaction", None),
    ):
        body = json.dumps(json.loads(charge) | {name: value}).encode()
        answer = await saleor.send("TRANSACTION_CHARGE_REQUESTED", body)
        if answer.status_code == 200:
            assert answer.json()["result"] == "CHARGE_FAILURE", name
        else:
            await refused(tea, answer, "event_refused", 400)
    for body in (b"[]", b"null", b"{}", b"\xff", b"[" * 5000):
        await refused(tea, await saleor.send(INITIALIZE, body), "event_refused", 400)
    assert await tea.kept() == before


async def test_a_request_heard_again_is_carried_out_once(tea: Account, lin: Someone) -> None:
    saleor = tea.saleor
    transaction = await tea.paid(lin, "10.00", "AUTHORIZATION")
    body = saleor.request(transaction, "CHARGE", "3.00")
    answers = await asyncio.gather(
        *(saleor.send("TRANSACTION_CHARGE_REQUESTED", body) for _ in range(4))
    )
    assert len({one.content for one in answers}) == 1 and answers[0].status_code == 200
    payment_id = transaction.events[0].psp
    assert (await tea.payment(payment_id))["captured_amount"] == 300

    other = saleor.request(transaction, "CHARGE", "3.00")
    assert other != body
    await saleor.send("TRANSACTION_CHARGE_REQUESTED", other)
    assert (await tea.payment(payment_id))["captured_amount"] == 600

    refund = saleor.request(transaction, "REFUND", "1.00")
    told = [await saleor.send("TRANSACTION_REFUND_REQUESTED", refund) for _ in range(3)]
    assert len({one.content for one in told}) == 1
    assert (await tea.payment(payment_id))["refunded_amount"] == 100
    tea.town.clock.forward(25 * 3600)
    stale = await saleor.send("TRANSACTION_REFUND_REQUESTED", refund)
    await refused(tea, stale, "event_refused", 400)


async def test_what_was_refused_stays_refused_when_it_is_heard_again(
    tea: Account, lin: Someone
) -> None:
    saleor = tea.saleor
    transaction, told = await saleor.begin("10.00")
    body = saleor.request(transaction, "REFUND", "10.00")
    first = await saleor.send("TRANSACTION_REFUND_REQUESTED", body)
    assert first.json()["result"] == "REFUND_FAILURE"

    await tea.pays(lin, told)
    again = await saleor.send("TRANSACTION_REFUND_REQUESTED", body)

    assert again.content == first.content
    assert (await tea.payment(told["pspReference"]))["refunded_amount"] == 0


async def test_beginning_again_is_the_same_payment(den: Account) -> None:
    transaction, body = made(den.saleor)
    told = [await den.saleor.told(INITIALIZE, body) for _ in range(3)]
    assert told[0] == told[1] == told[2]
    transaction.amount = Decimal("6.00")
    other = await den.saleor.told(INITIALIZE, den.saleor.session(INITIALIZE, transaction))
    assert other["result"] == "CHARGE_FAILURE" and other["data"]["code"] == "reference_taken"


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("10.001", "CNY", "amount_too_precise"),
        ("10.5", "JPY", "amount_too_precise"),
        ("0.0001", "KWD", "amount_too_precise"),
        ("1E-60", "CNY", "amount_too_precise"),
        ("0", "CNY", "amount_must_be_positive"),
        ("-1", "CNY", "amount_must_be_positive"),
        ("90071992547409.92", "CNY", "amount_too_large"),
        ("1E+30", "CNY", "amount_too_large"),
        ("10.00", "XTS", "currency_unknown"),
        ("10.00", "cny", "currency_unknown"),
        ("10.00", "", "currency_unknown"),
    ],
)
async def test_an_amount_that_does_not_fit_fails_and_makes_no_payment(
    den: Account, amount: str, currency: str, code: str
) -> None:
    before = await den.kept()
    transaction, told = await den.saleor.begin(amount, currency)
    assert (told["result"], told["data"]["code"]) == ("CHARGE_FAILURE", code)
    assert told["message"] and told["actions"] == [] and "pspReference" not in told
    assert set(transaction.counted().values()) == {Decimal(0)}
    assert await den.kept() == before


@pytest.mark.parametrize("amount", ["0", "10.001", "-2", "20.01"])
@pytest.mark.parametrize("action", ["CHARGE", "REFUND"])
async def test_an_action_whose_amount_does_not_fit_fails(
    den: Account, lin: Someone, amount: str, action: str
) -> None:
    kind = "AUTHORIZATION" if action == "CHARGE" else "CHARGE"
    transaction = await den.paid(lin, "20.00", kind)
    before = await den.town.books()
    told = await den.saleor.act(transaction, action, amount)
    assert told["result"] == f"{action}_FAILURE" and told["message"]
    assert await den.town.books() == before, "0 is not all that is left"


async def test_an_action_in_another_currency_fails(den: Account, lin: Someone) -> None:
    transaction = await den.paid(lin, "20.00")
    transaction.currency = "USD"
    told = await den.saleor.act(transaction, "REFUND", "1.00")
    assert told["result"] == "REFUND_FAILURE" and "currency" in told["message"]


async def test_a_transaction_that_nobody_began_is_unknown(den: Account) -> None:
    transaction, _ = made(den.saleor)
    for action in ("CHARGE", "REFUND", "CANCEL"):
        told = await den.saleor.act(transaction, action, "5.00")
        assert told["result"] == f"{action}_FAILURE" and "no such transaction" in told["message"]
    told = await den.saleor.process(transaction)
    assert (told["result"], told["data"]["code"]) == ("CHARGE_FAILURE", "transaction_unknown")


async def test_a_payment_made_natively_is_no_transaction(den: Account, lin: Someone) -> None:
    transaction, _ = made(den.saleor)
    await den.town.paid(lin, den.shop, 500, reference=transaction.id)
    assert (await den.saleor.act(transaction, "REFUND", "5.00"))["result"] == "REFUND_FAILURE"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "//shop.example/",
        "javascript:x",
        "https://[shop.example",
        "https://shop\u2100.example/",
    ],
)
async def test_people_are_sent_back_to_the_shops_own_storefronts_alone(
    den: Account, wanted: str
) -> None:
    _, told = await den.saleor.begin("5.00", data={"returnUrl": wanted})
    assert (told["result"], told["data"]["code"]) == ("CHARGE_FAILURE", "storefront_not_allowed")


@pytest.mark.parametrize("data", [None, "x", 5, [], {"returnUrl": 5}, {"returnUrl": None}, {}])
async def test_whatever_a_storefront_says_is_no_bug_of_ours(den: Account, data: Any) -> None:
    _, told = await den.saleor.begin("5.00", data=data)
    assert told["result"] == "CHARGE_ACTION_REQUIRED"


async def test_the_gateway_says_whether_money_is_real(den: Account) -> None:
    event = "PAYMENT_GATEWAY_INITIALIZE_SESSION"
    assert await den.saleor.told(event, den.saleor.body(event)) == {"data": {"mode": "test"}}


async def test_an_instance_that_is_allowed_no_more_is_refused_at_once(tea: Account) -> None:
    _, body = made(tea.saleor)
    await tea.choose(instances="")
    await refused(tea, await tea.saleor.send(INITIALIZE, body), "instance_not_allowed")


async def test_a_closed_account_is_gone(street: Street) -> None:
    tea = await street.shop()
    _, body = made(tea.saleor)
    await tea.town.done("DELETE", f"/v1/dialects/{tea.id}", token=tea.shop.key)
    answer = await tea.saleor.send(INITIALIZE, body)
    await refused(tea, answer, "dialect_account_not_found", 404)
    assert (await tea.saleor.http.get(tea.manifest_url)).status_code == 404
