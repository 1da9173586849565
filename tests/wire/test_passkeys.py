"""Passkeys, devices and computers that a phone signs in, over HTTP and under attack."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.device import Device
from tests.patience import PATIENCE_S
from tests.wire.platform import PASSWORD, PIN, URL, Answer, Someone, Town
from tests.wire.proving import Story, add_passkey, to_give, to_leave, to_pay, to_sign_in

OURS = {"sec-fetch-site": "same-origin"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"


class Told(Story):
    """Calls that must succeed, in a town."""

    def __init__(self, town: Town) -> None:
        self.town = town

    async def call(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        return await self.town.done(method, path, body, token=token)


@pytest.fixture
def told(town: Town) -> Told:
    return Told(town)


def code(answer: Answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# Passkeys -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proof", "refused"),
    [
        ({}, (403, "wrong_password")),
        ({"password": "wrong"}, (403, "wrong_password")),
        ({"pin": "000000"}, (403, "wrong_pin")),
        ({"password": "wrong", "pin": PIN}, (403, "wrong_password")),
    ],
)
async def test_who_cannot_prove_it_adds_no_passkey(
    town: Town, proof: dict[str, str], refused: tuple[int, str]
) -> None:
    lin = await town.person()
    answer = await town.call("POST", "/v1/passkeys/registrations", proof, token=lin.token)
    assert code(answer) == refused


async def test_wrong_pins_for_a_passkey_lock_the_pin_too(town: Town) -> None:
    lin = await town.person()
    path = "/v1/passkeys/registrations"
    for said in ("wrong_pin",) * 4 + ("pin_locked",):
        answer = await town.call("POST", path, {"pin": "000000"}, token=lin.token)
        assert code(answer) == (403, said)
    assert code(await town.call("POST", path, {"pin": PIN}, token=lin.token)) == (403, "pin_locked")


async def test_a_challenge_for_one_person_registers_no_passkey_for_another(
    town: Town, told: Told
) -> None:
    lin, mei = await town.person(), await town.person()
    asked = await told.call(
        "POST", "/v1/passkeys/registrations", {"password": PASSWORD}, token=lin.token
    )
    registration = Device(origin=URL).registration(asked["public_key"])
    body = {"name": "mine", "registration": registration}
    answer = await town.call("POST", "/v1/passkeys", body, token=mei.token)
    assert code(answer) == (409, "passkey_challenge_gone")


async def test_a_browser_signs_in_by_passkey_with_a_cookie_from_our_own_pages_alone(
    town: Town, told: Told
) -> None:
    lin = await town.person()
    device, _ = await add_passkey(told, lin)
    body = {"passkey": await to_sign_in(told, device), "transport": "cookie"}
    foreign = await town.call(
        "POST", "/v1/sessions", body, headers={"sec-fetch-site": "cross-site"}
    )
    assert code(foreign) == (403, "cross_site")
    answer = await town.call("POST", "/v1/sessions", body, headers=OURS)
    town.client.cookies.clear()
    assert answer.status_code == 201 and answer.json()["token"] is None
    assert "HttpOnly" in answer.headers["set-cookie"]
    again = await town.call("POST", "/v1/sessions", body, headers=OURS)
    assert code(again) == (409, "passkey_challenge_gone")


@pytest.mark.parametrize(
    "lies", [{"origin": "https://evil.example"}, {"verified": False}, {"signature": b"x" * 70}]
)
async def test_what_a_fake_page_gets_signed_signs_nobody_in(
    town: Town, told: Told, lies: dict[str, Any]
) -> None:
    lin = await town.person()
    device, _ = await add_passkey(told, lin)
    body = {"passkey": await to_sign_in(told, device, **lies)}
    assert code(await town.call("POST", "/v1/sessions", body)) == (403, "wrong_passkey")


async def test_a_payment_is_confirmed_once_under_its_key_and_never_by_the_same_answer_again(
    town: Town, told: Told
) -> None:
    lin, shop = await town.person(money=1000), await town.shop()
    device, _ = await add_passkey(told, lin)
    payment, other = await town.payment(shop, 300), await town.payment(shop, 300)
    body = await to_pay(told, device, lin, payment)
    path = f"/v1/payments/{payment['id']}/confirmation"
    first = await town.call("POST", path, body, token=lin.token, key="k1")
    again = await town.call("POST", path, body, token=lin.token, key="k1")
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    before = await town.books()
    ticket = other["cashier_url"].partition("?t=")[2]
    path = f"/v1/payments/{other['id']}/confirmation"
    reused = await town.call("POST", path, body | {"token": ticket}, token=lin.token)
    assert code(reused) == (409, "passkey_challenge_gone")
    assert await town.books() == before and await town.balance(lin) == 700


async def test_a_passkey_that_signed_one_payment_pays_no_other(town: Town, told: Told) -> None:
    lin, shop = await town.person(money=1000), await town.shop()
    device, _ = await add_passkey(told, lin)
    cheap, dear = await town.payment(shop, 1), await town.payment(shop, 900)
    body = await to_pay(told, device, lin, cheap)
    before = await town.books()
    body["token"] = dear["cashier_url"].partition("?t=")[2]
    path = f"/v1/payments/{dear['id']}/confirmation"
    assert code(await town.call("POST", path, body, token=lin.token)) == (
        409,
        "passkey_challenge_gone",
    )
    assert await town.books() == before


async def test_five_forged_passkeys_lock_them_and_say_until_when(town: Town, told: Told) -> None:
    lin, shop = await town.person(money=1000), await town.shop()
    device, _ = await add_passkey(told, lin)
    payment = await town.payment(shop, 300)
    path = f"/v1/payments/{payment['id']}/confirmation"
    for said in ("wrong_passkey",) * 4 + ("passkey_locked",):
        body = await to_pay(told, device, lin, payment, verified=False)
        answer = await town.call("POST", path, body, token=lin.token)
        assert code(answer) == (403, said)
        assert set(answer.json()["figures"]) == {
            "tries_left" if said == "wrong_passkey" else "locked_until_s"
        }
    assert (await town.pay(lin, payment)).status_code == 200


async def test_without_a_passkey_there_is_nothing_to_sign(town: Town) -> None:
    lin, payment = await town.person(), await town.payment(await town.shop())
    ticket = {"token": payment["cashier_url"].partition("?t=")[2]}
    path = f"/v1/payments/{payment['id']}/challenges"
    assert code(await town.call("POST", path, ticket, token=lin.token)) == (403, "passkey_missing")
    wrong = {"token": "0" * 32}
    answer = await town.call("POST", path, wrong, token=lin.token)
    assert code(answer) == (404, "payment_not_found")


@pytest.mark.parametrize("url", ["http://192.168.1.20:8000", "http://changliao.example"])
async def test_where_browsers_have_no_passkeys_none_are_asked_for(tmp_path: Path, url: str) -> None:
    town = await Town(tmp_path, base_url=url).start()
    lin = await town.person()
    for path, body in (
        ("/v1/passkeys/sign-ins", {}),
        ("/v1/passkeys/registrations", {"pin": PIN}),
    ):
        answer = await town.call("POST", path, body, token=lin.token)
        assert code(answer) == (409, "passkeys_unavailable")
    await town.stop()


async def test_nobody_fills_the_books_with_challenges_or_codes(tmp_path: Path) -> None:
    town = await Town(tmp_path).start()
    for path in ("/v1/passkeys/sign-ins", "/v1/sign-in-codes"):
        answers = [await town.call("POST", path, {}) for _ in range(60)]
        refused = [one for one in answers if not one.is_success]
        assert len(refused) >= 20
        assert {code(one) for one in refused} == {(429, "rate_limited")}
        assert int(refused[0].headers["retry-after"]) >= 1
    await town.stop()


# Devices ------------------------------------------------------------------------------------


async def test_a_session_is_named_by_its_browser_and_half_its_address(town: Town) -> None:
    lin = await town.person()
    body = {"handle": lin.handle, "password": PASSWORD, "device": "computer"}
    headers = {"user-agent": FIREFOX}
    made = (await town.call("POST", "/v1/sessions", body, headers=headers)).json()
    assert (made["agent"], made["place"], made["device"]) == (
        "Firefox · Linux",
        "127.0.x.x",
        "computer",
    )


async def test_when_a_session_was_last_seen_is_written_at_most_once_an_hour(town: Town) -> None:
    lin = await town.person()

    async def seen() -> str:
        listed = await town.done("GET", "/v1/sessions", token=lin.token)
        return str(listed["items"][0]["seen_at"])

    first = await seen()
    before = await town.everything()
    for _ in range(5):
        await town.done("GET", "/v1/me", token=lin.token)
    assert await town.everything() == before and await seen() == first
    town.clock.forward(3601)
    assert await seen() > first
    second = await seen()
    assert await seen() == second


async def test_signing_out_elsewhere_ends_all_but_this_at_once(town: Town) -> None:
    lin = await town.person()
    others = [await town.sign_in(lin.handle) for _ in range(3)]
    for token in others:
        assert (await town.call("GET", "/v1/me", token=token)).is_success
    bad = await town.call("DELETE", "/v1/sessions", token=lin.token)
    assert code(bad) == (400, "bad_request")
    await town.done("DELETE", "/v1/sessions?others=true", token=lin.token)
    for token in others:
        assert (await town.call("GET", "/v1/me", token=token)).status_code == 401
    assert (await town.call("GET", "/v1/me", token=lin.token)).is_success


# A computer signed in by a phone --------------------------------------------------------------


async def shown(town: Town) -> Any:
    headers = {"user-agent": FIREFOX}
    answer = await town.call("POST", "/v1/sign-in-codes", headers=headers)
    return answer.json()


async def scanned(town: Town, person: Someone) -> tuple[Any, Any]:
    """The code as the computer has it, and what the phone sees of it."""
    pc = await shown(town)
    body = {"code": pc["code"]}
    return pc, await town.done("POST", "/v1/scans", body, token=person.token)


async def test_the_number_is_in_nothing_that_is_scanned(town: Town) -> None:
    lin = await town.person()
    pc, seen = await scanned(town, lin)
    assert seen["device"] == "Firefox · Linux"
    assert set(seen) == {"id", "device", "place", "same_network", "asked_at", "expires_at"}
    assert pc["secret"] not in msgspec.json.encode(seen).decode()
    assert pc["code"] in pc["url"] and pc["secret"] not in pc["url"] + pc["qr_url"]


async def test_who_was_sent_a_code_and_does_not_see_the_number_signs_nobody_in(
    town: Town,
) -> None:
    victim = await town.person()
    pc, seen = await scanned(town, victim)
    path = f"/v1/scans/{seen['id']}/answer"
    guess = pc["number"] % 90 + 10
    answer = await town.call("PUT", path, {"number": guess}, token=victim.token)
    assert code(answer) == (403, "wrong_number")
    right = await town.call("PUT", path, {"number": pc["number"]}, token=victim.token)
    assert code(right) == (409, "sign_in_code_over")
    trade = {"sign_in_code": {"id": pc["id"], "secret": pc["secret"]}}
    assert code(await town.call("POST", "/v1/sessions", trade)) == (409, "sign_in_code_over")


async def test_guessed_ids_codes_and_secrets_open_nothing(town: Town) -> None:
    lin, mei = await town.person(), await town.person()
    pc, seen = await scanned(town, lin)
    path = f"/v1/scans/{seen['id']}/answer"
    body = {"number": pc["number"]}
    assert code(await town.call("PUT", path, body, token=mei.token)) == (
        404,
        "sign_in_code_not_found",
    )
    for token in ("", pc["code"], "sis_guess"):
        answer = await town.call("GET", f"/v1/sign-in-codes/{pc['id']}", token=token)
        assert code(answer) == (404, "sign_in_code_not_found")
    await town.done("PUT", path, body, token=lin.token)
    for secret in ("", pc["code"], "sis_guess"):
        trade = {"sign_in_code": {"id": pc["id"], "secret": secret}}
        answer = await town.call("POST", "/v1/sessions", trade)
        assert code(answer) == (404, "sign_in_code_not_found")


async def test_a_code_runs_out_and_is_traded_once(town: Town) -> None:
    lin = await town.person()
    pc, seen = await scanned(town, lin)
    town.clock.forward(61)
    path = f"/v1/scans/{seen['id']}/answer"
    answer = await town.call("PUT", path, {"number": pc["number"]}, token=lin.token)
    assert code(answer) == (409, "sign_in_code_over")
    state = await town.done("GET", f"/v1/sign-in-codes/{pc['id']}", token=pc["secret"])
    assert state["state"] == "expired"
    pc, seen = await scanned(town, lin)
    trade = {"sign_in_code": {"id": pc["id"], "secret": pc["secret"]}}
    assert code(await town.call("POST", "/v1/sessions", trade)) == (
        409,
        "sign_in_code_not_approved",
    )
    path = f"/v1/scans/{seen['id']}/answer"
    await town.done("PUT", path, {"number": pc["number"]}, token=lin.token)
    tries = [await town.call("POST", "/v1/sessions", trade) for _ in range(2)]
    assert [one.status_code for one in tries] == [201, 409]


async def test_the_computer_waits_and_hears_at_once(town: Town) -> None:
    lin = await town.person()
    pc = await shown(town)
    path = f"/v1/sign-in-codes/{pc['id']}?seen=waiting&wait=25"
    waiting = asyncio.create_task(town.done("GET", path, token=pc["secret"]))
    await asyncio.sleep(0)
    body = {"code": pc["code"]}
    await town.done("POST", "/v1/scans", body, token=lin.token)
    async with asyncio.timeout(PATIENCE_S):
        assert (await waiting)["state"] == "scanned"


async def test_another_sites_page_answers_no_code_and_trades_none(town: Town) -> None:
    lin = await town.person()
    signed_in = {"handle": lin.handle, "password": PASSWORD, "transport": "cookie"}
    answer = await town.call("POST", "/v1/sessions", signed_in, headers=OURS)
    town.client.cookies.clear()
    cookie = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
    foreign = {"sec-fetch-site": "cross-site"}
    pc = await shown(town)
    before = await town.everything()
    for method, path, body in (
        ("POST", "/v1/scans", {"code": pc["code"]}),
        ("PUT", f"/v1/scans/{pc['id']}/answer", {"number": pc["number"]}),
    ):
        refused = await town.call(method, path, body, headers=cookie | foreign)
        assert code(refused) == (403, "cross_site")
    trade = {
        "sign_in_code": {"id": pc["id"], "secret": pc["secret"]},
        "transport": "cookie",
    }
    refused = await town.call("POST", "/v1/sessions", trade, headers=foreign)
    assert code(refused) == (403, "cross_site") and "set-cookie" not in refused.headers
    assert await town.everything() == before


# Confirming other things --------------------------------------------------------------------


async def test_a_mandate_is_given_by_a_passkey_that_signed_exactly_these_limits(
    town: Town, told: Told
) -> None:
    lin, shop, other = await town.person(pin=False), await town.shop(), await town.shop()
    device, _ = await add_passkey(told, lin, password=PASSWORD)
    wish: dict[str, Any] = {"app_id": shop.app_id, "mode": "test", "currency": "CNY"}
    wish |= {"per_payment": 500, "per_day": 1000}
    changes: list[dict[str, Any]] = [
        {"app_id": other.app_id},
        {"currency": "USD"},
        {"per_payment": 501},
        {"per_day": 1001},
    ]
    for change in changes:
        said = await to_give(told, device, lin, wish) | change
        answer = await town.call("POST", "/v1/mandates", said, token=lin.token)
        assert code(answer) == (409, "passkey_challenge_gone")
    leaving = await to_leave(told, device, lin)
    answer = await town.call("POST", "/v1/mandates", wish | leaving, token=lin.token)
    assert code(answer) == (409, "passkey_challenge_gone")
    assert (await told.call("GET", "/v1/mandates", token=lin.token))["items"] == []
    said = await to_give(told, device, lin, wish)
    given = await told.call("POST", "/v1/mandates", said, token=lin.token)
    assert (given["app_id"], given["per_payment"], given["per_day"]) == (shop.app_id, 500, 1000)
    again = await town.call("POST", "/v1/mandates", said, token=lin.token)
    assert code(again) == (409, "passkey_challenge_gone")
    assert len((await told.call("GET", "/v1/mandates", token=lin.token))["items"]) == 1


async def test_a_challenge_for_a_mandate_refuses_what_the_mandate_would_refuse(
    town: Town, told: Told
) -> None:
    lin, shop = await town.person(), await town.shop()
    wish: dict[str, Any] = {"app_id": shop.app_id, "mode": "test", "currency": "CNY"}
    wish |= {"per_payment": 500, "per_day": 1000}
    path = "/v1/mandates/challenges"
    assert code(await town.call("POST", path, wish, token=lin.token)) == (403, "passkey_missing")
    await add_passkey(told, lin)
    for change, said in (
        ({"per_payment": 1001}, "mandate_limits_invalid"),
        ({"currency": "XXX"}, "currency_unknown"),
        ({"app_id": "app_nobody"}, "app_not_found"),
    ):
        answer = await town.call("POST", path, wish | change, token=lin.token)
        assert answer.json()["code"] == said


async def test_an_account_is_deleted_by_a_passkey_that_signed_just_that(
    town: Town, told: Told
) -> None:
    lin, mei, shop = await town.person(), await town.person(), await town.shop()
    device, _ = await add_passkey(told, lin, password=PASSWORD)
    hers, _ = await add_passkey(told, mei, password=PASSWORD)
    payment = await town.payment(shop)
    for body in (
        {"passkey": (await to_pay(told, device, lin, payment))["passkey"]},
        await to_leave(told, hers, mei),
    ):
        answer = await town.call("DELETE", "/v1/me", body, token=lin.token)
        assert code(answer) == (409, "passkey_challenge_gone")
    stolen = {"passkey": (await to_leave(told, device, lin))["passkey"] | {"id": "AAAA"}}
    answer = await town.call("DELETE", "/v1/me", stolen, token=lin.token)
    assert code(answer) == (403, "wrong_passkey")
    assert (await town.call("GET", "/v1/me", token=lin.token)).is_success
    left = await told.call("DELETE", "/v1/me", await to_leave(told, device, lin), token=lin.token)
    assert left["at"] > ""
    assert (await town.call("GET", "/v1/me", token=lin.token)).status_code == 401


async def test_whoever_cannot_leave_yet_is_not_asked_to_sign_it(town: Town, told: Told) -> None:
    lin, wang = await town.person(), await town.person()
    answer = await town.call("POST", "/v1/me/challenges", token=lin.token)
    assert code(answer) == (403, "passkey_missing")
    await add_passkey(told, lin)
    await town.befriend(lin, wang)
    await town.settled()
    await town.group(lin, wang)
    answer = await town.call("POST", "/v1/me/challenges", token=lin.token)
    assert code(answer) == (409, "groups_owned")
