"""Who comes in: other sites' pages, sessions, others' ids; what is unknown and what does not start."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from changliao.app import PAGES
from changliao.wire.http import PAGE_POLICY, page_policy
from changliao.wire.rsa import new_pair
from tests.patience import PATIENCE_S
from tests.wire.platform import PASSWORD, PIN, URL, Someone, Town, filled
from tests.wire.things import things

COOKIE = "changliao_session"


async def cookie_of(town: Town, someone: Someone) -> dict[str, str]:
    """A header with the cookie of a new session."""
    body = {"handle": someone.handle, "password": PASSWORD, "transport": "cookie"}
    answer = await town.call(
        "POST", "/v1/sessions", body, headers={"sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 201
    town.client.cookies.clear()
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


# Other sites --------------------------------------------------------------------------------

FOREIGN: list[dict[str, str]] = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": URL},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": URL + ".evil.example"},
    {},
]


@pytest.mark.parametrize("said", FOREIGN, ids=str)
async def test_another_sites_page_can_do_nothing_with_our_cookie(
    town: Town, said: dict[str, str]
) -> None:
    shop = await town.shop()
    cookie = await cookie_of(town, shop.owner)
    app = {"changliao-app": shop.app_id}
    before = await town.everything()
    tried = 0
    for route in town.http.routes:
        if route.method == "GET" or route.guard is None:
            continue
        path = filled(route, id=shop.app_id, key_id=shop.key_id, person_id=shop.owner.id)
        answer = await town.call(route.method, path, {}, headers=cookie | app | said)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site"), path
        tried += 1
    assert tried >= 25
    assert await town.everything() == before


@pytest.mark.parametrize("said", FOREIGN, ids=str)
async def test_another_sites_page_cannot_sign_a_browser_in(
    town: Town, said: dict[str, str]
) -> None:
    lin = await town.person()
    before = await town.everything()
    body = {"handle": lin.handle, "password": PASSWORD, "transport": "cookie"}

    answer = await town.call("POST", "/v1/sessions", body, headers=said)

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert "set-cookie" not in answer.headers
    assert await town.everything() == before


@pytest.mark.parametrize("said", [{"sec-fetch-site": "same-origin"}, {"origin": URL}], ids=str)
async def test_our_own_pages_may_use_the_cookie(town: Town, said: dict[str, str]) -> None:
    cookie = await cookie_of(town, await town.person())

    await town.done("POST", "/v1/partners", {"name": "Ours"}, headers=cookie | said)


async def test_an_origin_without_a_host_is_not_ours(town: Town) -> None:
    cookie = await cookie_of(town, await town.person())
    headers = cookie | {"origin": "null", "host": ""}

    answer = await town.call("POST", "/v1/partners", {"name": "Ours"}, headers=headers)

    assert answer.json()["code"] == "cross_site"


async def test_every_page_forbids_inline_code_other_hosts_and_frames(town: Town) -> None:
    for path in [*PAGES, "/docs"]:
        answer = await town.call("GET", path.replace("{id}", "pay_1").replace("{page}", "keys"))
        policy = answer.headers["content-security-policy"]
        assert policy == page_policy() == PAGE_POLICY
        assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy and "*" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<script>" not in answer.text and "style=" not in answer.text, path
        assert " onclick" not in answer.text and "javascript:" not in answer.text, path


async def brought(town: Town, address: str, headers: dict[str, str] | None = None) -> Any:
    """What a page brings along for its script."""
    answer = await town.call("GET", address, headers=headers)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    text = answer.text.partition('<script type="application/json" id="brought">')[2]
    return msgspec.json.decode(text.partition("</script>")[0])


async def test_the_cashiers_page_brings_along_what_it_shows_first(town: Town) -> None:
    shop, person = await town.shop(), await town.person(money=5000)
    payment = await town.payment(shop, description="</script><b>tea & cake")
    address = payment["cashier_url"].removeprefix(URL)
    token = address.partition("?t=")[2]

    stranger = await brought(town, address)
    payer = await brought(town, address, await cookie_of(town, person))

    asked = await town.done("GET", f"/v1/cashier/{payment['id']}?t={token}")
    assert stranger["view"] == asked and asked["me"] is None
    assert payer["view"]["me"]["wallet"]["available"] == 5000
    assert payer["view"]["payment"]["description"] == "</script><b>tea & cake"
    assert payer["at"].endswith("Z")


@pytest.mark.parametrize("address", ["/pay/{id}", "/pay/{id}?t=" + 32 * "0", "/pay/pay_1?t={t}"])
async def test_a_cashiers_page_that_opens_nothing_brings_nothing(town: Town, address: str) -> None:
    payment = await town.payment(await town.shop())
    token = payment["cashier_url"].partition("?t=")[2]

    assert await brought(town, address.format(id=payment["id"], t=token)) is None


# Sessions -----------------------------------------------------------------------------------


async def test_the_cookie_is_for_no_script_and_no_other_site(town: Town) -> None:
    lin = await town.person()
    body = {"handle": lin.handle, "password": PASSWORD, "transport": "cookie"}
    ours = {"sec-fetch-site": "same-origin"}

    answer = await town.call("POST", "/v1/sessions", body, headers=ours)

    town.client.cookies.clear()
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert name.startswith(f"{COOKIE}=pst_")
    assert flags == ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=2592000"]
    assert answer.json()["token"] is None


async def test_over_https_the_cookie_is_secure(tmp_path: Path) -> None:
    town = await Town(tmp_path, base_url="https://changliao.test").start()
    lin = await town.person()
    body = {"handle": lin.handle, "password": PASSWORD, "transport": "cookie"}

    answer = await town.call("POST", "/v1/sessions", body, headers={"sec-fetch-site": "none"})

    assert answer.headers["set-cookie"].endswith("; Secure")
    await town.stop()


async def test_a_session_planted_beforehand_is_not_taken_over(town: Town) -> None:
    lin = await town.person()
    planted = {"cookie": f"{COOKIE}=pst_planted"}
    body = {"handle": lin.handle, "password": PASSWORD, "transport": "cookie"}
    ours = {"sec-fetch-site": "same-origin"}

    answer = await town.call("POST", "/v1/sessions", body, headers=planted | ours)

    town.client.cookies.clear()
    assert "pst_planted" not in answer.headers["set-cookie"]
    assert (await town.call("GET", "/v1/me", headers=planted)).status_code == 401


async def test_a_cookies_token_is_no_bearer_token_and_the_other_way_round(town: Town) -> None:
    lin = await town.person()
    token = (await cookie_of(town, lin))["cookie"].partition("=")[2]

    as_bearer = await town.call("GET", "/v1/me", token=token)
    as_cookie = await town.call("GET", "/v1/me", headers={"cookie": f"{COOKIE}={lin.token}"})

    assert (as_bearer.status_code, as_cookie.status_code) == (401, 401)


async def test_signing_out_ends_the_session_at_once(town: Town) -> None:
    lin = await town.person()
    cookie = await cookie_of(town, lin)
    ours = cookie | {"sec-fetch-site": "same-origin"}
    assert (await town.call("GET", "/v1/me", headers=cookie)).status_code == 200

    out = await town.call("DELETE", "/v1/sessions/current", headers=ours)

    assert out.headers["set-cookie"].startswith(f"{COOKIE}=; ")
    assert "Max-Age=0" in out.headers["set-cookie"]
    town.client.cookies.clear()
    assert (await town.call("GET", "/v1/me", headers=cookie)).status_code == 401
    assert (await town.call("GET", "/v1/me", token=lin.token)).status_code == 200


async def test_a_session_runs_out(town: Town) -> None:
    lin, mei = await town.person(), await town.person()
    town.clock.forward(30 * 24 * 3600 - 5)
    assert (await town.call("GET", "/v1/me", token=lin.token)).status_code == 200
    town.clock.forward(6)

    assert (await town.call("GET", "/v1/me", token=mei.token)).status_code == 401


async def test_wrong_passwords_make_the_next_one_wait(town: Town) -> None:
    lin = await town.person()
    body = {"handle": lin.handle, "password": "wrong"}

    tries = [await town.call("POST", "/v1/sessions", body) for _ in range(6)]
    right = await town.call("POST", "/v1/sessions", body | {"password": PASSWORD})

    assert [one.status_code for one in tries] == [403] * 5 + [429]
    assert (right.status_code, right.json()["code"]) == (429, "sign_in_throttled")
    assert 1 <= int(right.headers["retry-after"]) <= 3
    town.clock.forward(3)
    assert (await town.call("POST", "/v1/sessions", body | {"password": PASSWORD})).is_success


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/me/pin"])
async def test_twenty_wrong_passwords_at_once_are_five_tries(town: Town, path: str) -> None:
    lin = await town.person()
    body = {"password": "wrong"} | ({"pin": PIN} if "pin" in path else {"handle": lin.handle})

    tries = [town.call("POST", path, body, token=lin.token, key="") for _ in range(20)]
    codes = [one.json()["code"] for one in await asyncio.gather(*tries)]

    assert sorted(codes) == ["sign_in_throttled"] * 15 + ["wrong_password"] * 5
    town.clock.forward(3)
    body["password"] = PASSWORD
    assert (await town.call("POST", path, body, token=lin.token, key="")).is_success


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/me/pin"])
async def test_a_right_password_among_wrong_ones_at_once_is_heard(town: Town, path: str) -> None:
    lin = await town.person()
    body = {"password": "wrong"} | ({"pin": PIN} if "pin" in path else {"handle": lin.handle})
    bodies = [body, body, body | {"password": PASSWORD}, body]

    tries = [town.call("POST", path, one, token=lin.token, key="") for one in bodies]
    answers = await asyncio.gather(*tries)

    assert [one.is_success for one in answers] == [False, False, True, False]


async def test_a_person_who_does_not_exist_is_refused_like_a_wrong_password(town: Town) -> None:
    lin = await town.person()
    answers = [
        await town.call("POST", "/v1/sessions", {"handle": handle, "password": "wrong wrong"})
        for handle in (lin.handle, "nobody_here")
    ]

    one, other = (a.json() | {"request_id": ""} for a in answers)
    assert one == other


# Others' things -----------------------------------------------------------------------------

NOT_FOR_IDS = {
    "/v1/methods/{id}/suspension": "its id is the name of a method, the same for every shop",
    "/v1/consents/{app_id}/{scope}": "its ids are an app's, the same for all; what is decided is one's own",
    "/v1/accounts/{id}": "everybody may see and follow it",
    "/v1/accounts/{id}/follow": "everybody may see and follow it",
    "/v1/accounts/{id}/talk": "everybody may write to it; what is said is one's own",
    "/v1/accounts/{id}/articles": "the world may read what it published",
    "/v1/partners/{id}/statements": "the world may read what it states",
    "/v1/invitations/{code}": "whoever was given the code is invited",
    "/v1/invitations/{code}/joins": "whoever was given the code is invited",
}


BODIES: dict[str, dict[str, Any]] = {
    "AppealBody": {"words": "w"},
    "VerdictBody": {"action": "dismiss", "reason": "r"},
    "AppealAnswerBody": {"lift": False, "answer": "a"},
    "NameBody": {"name": "n"},
    "MemberBody": {"handle": "", "role": "owner"},
    "RateBody": {"per_s": 1, "burst": 1},
    "ConfirmationBody": {"token": "", "pin": PIN},
    "ChallengeBody": {"token": ""},
    "PasskeyNameBody": {"name": "n"},
    "NumberBody": {"number": 42},
    "ReasonBody": {"reason": "r"},
    "SplitBody": {"reference": "x", "receivers": [{"kind": "app", "id": "a", "amount": 1}]},
    "SplitEndBody": {"reference": "x"},
    "SplitReturnBody": {"reference": "x", "line_id": "spr_x"},
    "PublicKeyBody": {"public_key": new_pair()[1]},
    "SettingsBody": {"settings": {}},
    "ContactBody": {"remark": "x"},
    "AnswerBody": {"accept": True},
    "ChangeBody": {"title": "x"},
    "MembersBody": {"members": ["per_x"]},
    "MemberChangeBody": {},
    "OwnerBody": {"person": "per_x"},
    "InvitationBody": {},
    "DecisionBody": {"approve": True},
    "MessageBody": {"k": "text", "b": {"text": "x"}},
    "ForwardBody": {"from": "cv_x", "numbers": [1]},
    "ReadBody": {"s": 1},
    "OfferBody": {"title": {"zh-CN": "x", "en": "x"}, "start_url": "https://shop.example/"},
    "PaymentIdBody": {"payment": "pay_x"},
    "CardBody": {"title": "x"},
    "MineBody": {},
    "CommandsBody": {"items": []},
    "BotGateBody": {"url": "http://127.0.0.1:9/"},
    "SayingBody": {"text": "x"},
    "HookBody": {"name": "x"},
    "HookTextBody": {"text": "x"},
    "PressBody": {"key": "x"},
    "ShareBody": {"conversation": "cv_x"},
    "MenuBody": {"buttons": []},
    "RulesBody": {"rules": []},
    "AccountPostBody": {"k": "text", "b": {"text": "x"}},
    "AccountMessageBody": {"person": "opn_x", "k": "text", "b": {"text": "x"}},
    "TemplateTextBody": {"title": "x", "text": "x"},
    "TagBody": {"name": "x"},
    "ManuscriptBody": {"title": "x", "blocks": []},
    "SuspensionBody": {"reason": "x"},
}


async def test_what_belongs_to_others_does_not_exist_on_any_route(town: Town) -> None:
    shop, lin = await town.shop(), await town.person(money=1000)
    stranger = await town.shop(await town.person(money=1000))
    found = await things(town, shop, lin)
    BODIES["MemberBody"]["handle"] = stranger.owner.handle
    ids = {"key_id": shop.key_id, "person_id": shop.owner.id, "code": found["/v1/invitations/"]}
    before, tried = await town.everything(), 0
    for route in town.http.routes:
        if "{" not in route.path or route.page or route.path in NOT_FOR_IDS:
            continue
        start = next((one for one in found if route.path.startswith(one)), None)
        assert start is not None, f"{route.path} is new: say whose its ids are"
        path = filled(route, id=found[start], **ids)
        body = BODIES.get(route.body.__name__, {}) if route.body else None
        app = route.guard is not None and route.guard.scheme == "app"
        token = stranger.key if app else stranger.owner.token
        answer = await town.call(route.method, path, body, token=token)
        assert answer.status_code == 404, (route.method, path, answer.text)
        if app:
            foreign = {"changliao-app": shop.app_id}
            signed = stranger.owner.token
            answer = await town.call(route.method, path, body, token=signed, headers=foreign)
            assert (answer.status_code, answer.json()["code"]) == (404, "app_not_found"), path
        tried += 1
    assert tried >= 60
    kept = {"kept_answers": ""}  # A refusal is kept like any answer.
    assert await town.everything() | kept == before | kept


async def test_a_key_of_another_app_of_ones_own_does_not_exist(town: Town) -> None:
    shop = await town.shop()
    other = await town.shop()
    for end, body in (("/rotation", {}), ("/rate", {"per_s": 1, "burst": 1})):
        path = f"/v1/apps/{shop.app_id}/keys/{other.key_id}{end}"
        answer = await town.call("POST", path, body, token=shop.owner.token)
        assert (answer.status_code, answer.json()["code"]) == (404, "key_not_found")
    assert (await town.call("GET", "/v1/balances", token=other.key)).status_code == 200


async def test_a_link_of_another_group_does_not_exist_in_ones_own(town: Town) -> None:
    lin, friend, other = [await town.person(pin=False) for _ in range(3)]
    for one in (lin, other):
        await town.befriend(one, friend)
    group, others = await town.group(lin, friend), await town.group(other, friend)
    path = f"/v1/conversations/{others}/invitations"
    link = await town.done("POST", path, {}, token=other.token)
    path = f"/v1/conversations/{group}/invitations/{link['code']}"
    answer = await town.call("DELETE", path, token=lin.token)
    assert (answer.status_code, answer.json()["code"]) == (404, "invitation_not_found")
    await town.done("GET", f"/v1/invitations/{link['code']}", token=lin.token)


async def test_lists_hold_only_ones_own(town: Town) -> None:
    shop, lin = await town.shop(), await town.person(money=1000)
    found = await things(town, shop, lin)
    stranger = await town.shop()
    lists = (
        ("/v1/payments", stranger.key),
        ("/v1/payments?q=" + found["/v1/payments/"], stranger.key),
        ("/v1/webhook_endpoints", stranger.key),
        ("/v1/deliveries?about=" + found["/v1/payments/"], stranger.key),
        ("/v1/app_mandates", stranger.key),
        ("/v1/events", stranger.key),
        ("/v1/statements", stranger.key),
        ("/v1/mandates", stranger.owner.token),
        ("/v1/wallet/entries", stranger.owner.token),
        ("/v1/wallet/top_ups", stranger.owner.token),
        ("/v1/contacts", stranger.owner.token),
        ("/v1/contact-requests", stranger.owner.token),
        ("/v1/blocks", stranger.owner.token),
        ("/v1/chat", stranger.owner.token),
        ("/v1/reports", stranger.owner.token),
        ("/v1/decisions", stranger.owner.token),
        ("/v1/exports", stranger.owner.token),
    )
    for path, token in lists:
        assert (await town.done("GET", path, token=token))["items"] == [], path


async def test_without_a_key_or_token_every_guarded_door_is_shut(town: Town) -> None:
    for route in town.http.routes:
        if route.guard is None:
            continue
        for token in ("", "sk_test_nobody", "pst_nobody", "x" * 9000):
            answer = await town.call(route.method, filled(route), {}, token=token)
            assert answer.status_code == 401, (route.path, answer.text)
            assert answer.headers["www-authenticate"] == "Bearer"


# What is not there and what does not start ---------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/demo"),
        ("GET", "/demo/desk"),
        ("POST", "/demo/sign_in"),
        ("GET", "/demo/payments/pay_1"),
        ("GET", "/demo/live"),
    ],
)
async def test_the_demos_doors_are_unknown_to_a_platform_that_serves(
    town: Town, method: str, path: str
) -> None:
    answer = await town.call(method, path, {"handle": "lin"})

    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")


def changliao(folder: Path, *words: str, **said: str) -> subprocess.CompletedProcess[str]:
    """A command of the command line, with these settings."""
    environment = {name: text for name, text in os.environ.items() if "CHANGLIAO" not in name}
    environment |= {f"CHANGLIAO_{name.upper()}": text for name, text in said.items()}
    command = [sys.executable, "-m", "changliao", *words, "--dir", str(folder)]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def test_live_mode_with_a_sandbox_rail_does_not_start_and_says_why(tmp_path: Path) -> None:
    ended = changliao(tmp_path / "d", "serve", "--port", "0", mode="live", rails="sandbox_bank")

    assert ended.returncode == 2
    assert "live mode cannot run the sandbox rails ['sandbox_bank']" in ended.stderr
    assert not (tmp_path / "d").exists()


def test_a_store_of_media_that_cannot_be_is_refused_at_the_start(tmp_path: Path) -> None:
    ended = changliao(tmp_path / "d", "serve", "--port", "0", media_url="s3://k:secret@host")

    assert ended.returncode == 2
    assert "CHANGLIAO_MEDIA_URL is `folder` or s3://bucket@host" in ended.stderr
    assert "secret" not in ended.stderr.lower().replace("changliao_media_secret", "")
    assert not (tmp_path / "d").exists()


def test_the_doctor_says_why_live_mode_does_not_start(tmp_path: Path) -> None:
    ended = changliao(tmp_path / "d", "doctor", mode="live", rails="sandbox_bank")

    assert ended.returncode == 1
    assert "TROUBLE  rails: live mode cannot run the sandbox rails" in ended.stdout
