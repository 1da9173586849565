"""Entrances over HTTP: what people see, the one-time code and its token, consents, the operator."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from changliao.entrances import rules
from changliao.kernel.ids import looks_like
from tests.wire.platform import URL, Shop, Someone, Town

TITLE = {"zh-CN": "一味小铺", "en": "Corner Shop"}
START = "https://shop.example/front?from=chat"
DAY_S = 24 * 3600

# RFC 9864 would say `Ed25519`; `EdDSA` is the name that libraries in use know.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


class Corner:
    """A shop with one entrance that everybody sees, and a person who opens it."""

    def __init__(self, town: Town, shop: Shop, runs: Someone, lin: Someone) -> None:
        self.town, self.shop, self.runs, self.lin = town, shop, runs, lin
        self.id = ""

    async def make(self, **said: Any) -> Any:
        body = {"title": TITLE, "start_url": START, "scopes": ["name", "handle"], "state": "on"}
        body |= {"app_id": self.shop.app_id} | said
        return await self.town.done("POST", "/v1/operator/entrances", body, token=self.runs.token)

    async def opens(self, **said: Any) -> Any:
        path = f"/v1/entrances/{self.id}/launches"
        return await self.town.done("POST", path, said, token=self.lin.token)

    async def trades(self, launch: Any, key: str = "") -> Any:
        body = {"code": parse_qs(urlsplit(launch["url"]).query)["code"][0]}
        return await self.town.call("POST", "/v1/launch_tokens", body, token=key or self.shop.key)

    async def asks(self, launch: Any, *scopes: str, who: Someone | None = None) -> Any:
        path = f"/v1/launches/{launch['launch']}/tokens"
        token = (who or self.lin).token
        return await self.town.call("POST", path, {"scopes": scopes}, token=token)

    async def keys(self) -> KeySet:
        found = await self.town.call("GET", "/.well-known/jwks.json")
        assert found.headers["content-type"] == "application/jwk-set+json"
        assert found.headers["cache-control"] == "public, max-age=3600"
        return KeySet.import_key_set(found.json())


@pytest.fixture
async def corner(town: Town) -> Corner:
    corner = Corner(town, await town.shop(), await town.operator(), await town.person())
    corner.id = (await corner.make())["id"]
    return corner


# Seeing and opening -------------------------------------------------------------------------


async def test_a_person_sees_what_is_on_and_opens_it_without_identity_in_the_address(
    corner: Corner,
) -> None:
    town, lin = corner.town, corner.lin
    found = await town.done("GET", f"/v1/entrances?app={corner.shop.app_id}", token=lin.token)
    [door] = found["items"]
    assert door["origin"] == "https://shop.example" and door["title"] == TITLE
    assert door["partner"] == "Corner"

    launch = await corner.opens(**{"from": "cv_1", "lang": "zh-CN"})

    url = urlsplit(launch["url"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://shop.example/front"
    said = parse_qs(url.query)
    assert set(said) == {"from", "code", "launch", "lang", "edition"}
    assert (said["lang"], said["edition"]) == (["zh-CN"], ["domestic"])
    assert said["launch"] == [launch["launch"]] and looks_like("lau", launch["launch"])
    assert lin.id not in launch["url"] and lin.handle not in launch["url"]


async def test_a_shared_page_is_opened_at_the_same_origin_alone(corner: Corner) -> None:
    launch = await corner.opens(path="/t/7?x=1")
    assert launch["url"].startswith("https://shop.example/t/7?x=1&code=lc_")
    for path in ("//evil.example", "/\\evil.example", "https://evil.example"):
        address = f"/v1/entrances/{corner.id}/launches"
        answer = await corner.town.call("POST", address, {"path": path}, token=corner.lin.token)
        assert (answer.status_code, answer.json()["code"]) == (400, "path_invalid")


async def test_a_script_that_opens_on_and_on_has_to_wait(corner: Corner) -> None:
    path = f"/v1/entrances/{corner.id}/launches"
    answers = [await corner.town.call("POST", path, {}, token=corner.lin.token) for _ in range(40)]

    codes = {(one.status_code, one.json().get("code", "")) for one in answers}
    assert codes == {(201, ""), (429, "rate_limited")}


async def test_places_have_names(corner: Corner) -> None:
    answer = await corner.town.call("GET", "/v1/entrances?place=moon", token=corner.lin.token)
    assert (answer.status_code, answer.json()["field"]) == (400, "place")


# The token ----------------------------------------------------------------------------------


async def test_the_token_says_who_came_and_any_jwt_library_checks_it(corner: Corner) -> None:
    launch = await corner.opens()
    answer = await corner.trades(launch)
    assert answer.status_code == 201
    told = answer.json()

    token = jwt.decode(told["id_token"], await corner.keys(), algorithms=["EdDSA"])

    claims = token.claims
    registry = jwt.JWTClaimsRegistry(
        now=corner.town.clock() // 1_000_000,
        iss={"essential": True, "value": URL},
        aud={"essential": True, "value": corner.shop.app_id},
        sub={"essential": True, "value": told["sub"]},
        exp={"essential": True},
        iat={"essential": True},
    )
    registry.validate(claims)
    assert claims["exp"] - claims["iat"] == 300
    assert (claims["entrance"], claims["launch"]) == (corner.id, launch["launch"])
    assert (claims["edition"], claims["lang"], claims["mode"]) == ("domestic", "en", "test")
    assert claims["scope"] == "" and "name" not in claims and "handle" not in claims
    assert corner.lin.id not in str(claims) and corner.lin.handle not in str(claims)


async def test_the_pseudonym_is_the_payer_of_this_shops_payments_and_no_other_shops(
    corner: Corner,
) -> None:
    town = corner.town
    await town.give(corner.lin.id, 1000)
    paid = await town.paid(corner.lin, corner.shop, 100)
    other = Corner(town, await town.shop(), corner.runs, corner.lin)
    other.id = (await other.make())["id"]

    mine = (await corner.trades(await corner.opens())).json()["sub"]
    theirs = (await other.trades(await other.opens())).json()["sub"]

    assert mine == paid["payer"] and theirs != mine
    assert mine == (await corner.trades(await corner.opens())).json()["sub"]


async def test_a_changed_token_or_one_of_another_installation_is_no_token(corner: Corner) -> None:
    told = (await corner.trades(await corner.opens())).json()["id_token"]
    head, body, signature = told.split(".")
    forged = f"{head}.{body[:-2]}AA.{signature}"
    with pytest.raises((BadSignatureError, ValueError)):
        jwt.decode(forged, await corner.keys(), algorithms=["EdDSA"])


async def test_keys_change_by_themselves_and_old_tokens_are_still_checked(corner: Corner) -> None:
    town = corner.town
    told = (await corner.trades(await corner.opens())).json()["id_token"]
    first = await corner.keys()
    period_s = rules.KEY_US // 1_000_000
    into_s = town.clock() // 1_000_000 % period_s

    town.clock.forward(period_s - into_s + 60)  # A minute into the next period.
    later = await corner.keys()
    jwt.decode(told, later, algorithms=["EdDSA"])
    corner.lin.token = await town.sign_in(corner.lin.handle)
    fresh = (await corner.trades(await corner.opens())).json()["id_token"]
    jwt.decode(fresh, first, algorithms=["EdDSA"])  # Known before it signed anything.
    kids = [jwt.decode(one, later, algorithms=["EdDSA"]).header["kid"] for one in (told, fresh)]
    assert kids[0] != kids[1]
    assert len(first.keys) >= 2


# Codes that do not work ---------------------------------------------------------------------


async def test_a_code_works_once(corner: Corner) -> None:
    launch = await corner.opens()
    assert (await corner.trades(launch)).status_code == 201

    again = await corner.trades(launch)

    assert (again.status_code, again.json()["code"]) == (409, "launch_used")
    events = await corner.town.done("GET", "/v1/events", token=corner.shop.key)
    assert events["items"][-1]["kind"] == "launch.code_reused"


async def test_a_code_is_nothing_to_another_apps_key(corner: Corner) -> None:
    launch = await corner.opens()
    other = await corner.town.shop()
    path = f"/v1/apps/{corner.shop.app_id}/keys"
    live = await corner.town.done("POST", path, {"mode": "live"}, token=corner.shop.owner.token)

    for key in (other.key, live["key"]):
        answer = await corner.trades(launch, key)
        assert (answer.status_code, answer.json()["code"]) == (404, "launch_not_found")
    assert (await corner.trades(launch)).status_code == 201


async def test_a_code_is_too_old_after_a_minute(corner: Corner) -> None:
    launch = await corner.opens()
    corner.town.clock.forward(61)

    answer = await corner.trades(launch)

    assert (answer.status_code, answer.json()["code"]) == (409, "launch_expired")


@pytest.mark.parametrize("code", ["", "lc_", "x" * 5000, "lc_\u0660"])
async def test_what_is_no_code_is_not_found(corner: Corner, code: str) -> None:
    body = {"code": code}
    answer = await corner.town.call("POST", "/v1/launch_tokens", body, token=corner.shop.key)
    assert (answer.status_code, answer.json()["code"]) == (404, "launch_not_found")


async def test_a_person_cannot_trade_a_code(corner: Corner) -> None:
    launch = await corner.opens()
    assert (await corner.trades(launch, corner.lin.token)).status_code == 401


# Consents -----------------------------------------------------------------------------------


async def test_a_name_is_told_once_the_person_agreed_and_no_longer_when_it_is_taken_back(
    corner: Corner,
) -> None:
    town, lin = corner.town, corner.lin
    launch = await corner.opens()
    first = (await corner.asks(launch, "name", "handle")).json()
    assert (first["shared"], first["undecided"]) == ({}, ["name", "handle"])

    at = f"/v1/consents/{corner.shop.app_id}"
    await town.done("PUT", f"{at}/name", {"granted": True}, token=lin.token)
    await town.done("PUT", f"{at}/handle", {"granted": False}, token=lin.token)

    told = (await corner.asks(launch, "name", "handle")).json()
    claims = jwt.decode(told["id_token"], await corner.keys(), algorithms=["EdDSA"]).claims
    assert told["shared"] == {"name": lin.handle} and told["undecided"] == []
    assert (claims["name"], claims["scope"]) == (lin.handle, "name")
    assert "handle" not in claims
    assert (await corner.trades(launch)).json()["shared"] == {"name": lin.handle}
    listed = (await town.done("GET", "/v1/consents", token=lin.token))["items"]
    assert {(one["scope"], one["state"]) for one in listed} == {
        ("name", "granted"),
        ("handle", "refused"),
    }

    await town.done("DELETE", f"{at}/name", token=lin.token)

    after = (await corner.asks(launch, "name")).json()
    assert (after["shared"], after["undecided"]) == ({}, ["name"])
    events = (await town.done("GET", "/v1/events", token=corner.shop.key))["items"]
    [taken] = [one for one in events if one["kind"] == "consent.withdrawn"]
    assert taken["data"]["person"] == told["sub"] and lin.id not in str(taken)


async def test_a_page_asks_for_what_the_operator_let_it_and_only_for_its_own_visitor(
    corner: Corner,
) -> None:
    town = corner.town
    corner.id = (await corner.make(scopes=["name"]))["id"]
    launch = await corner.opens()

    too_much = await corner.asks(launch, "name", "handle")
    strangers = await corner.asks(launch, "name", who=await town.person())
    never = await town.call(
        "PUT",
        f"/v1/consents/{corner.shop.app_id}/money",
        {"granted": True},
        token=corner.lin.token,
    )

    assert (too_much.status_code, too_much.json()["code"]) == (400, "scope_not_offered")
    assert (strangers.status_code, strangers.json()["code"]) == (404, "launch_not_found")
    assert (never.status_code, never.json()["code"]) == (404, "consent_not_found")


async def test_an_entrance_that_was_closed_tells_its_pages_nothing_more(corner: Corner) -> None:
    launch = await corner.opens()
    path = f"/v1/operator/entrances/{corner.id}"
    await corner.town.done("PATCH", path, {"state": "off"}, token=corner.runs.token)

    answer = await corner.asks(launch, "name")

    assert (answer.status_code, answer.json()["code"]) == (404, "entrance_not_found")


# Paying and sharing -------------------------------------------------------------------------


async def test_a_page_may_show_payments_of_its_own_app_and_of_no_other(corner: Corner) -> None:
    town = corner.town
    launch = await corner.opens()
    mine, theirs = await town.payment(corner.shop), await town.payment(await town.shop())
    path = f"/v1/launches/{launch['launch']}/payments"

    shown = await town.done("POST", path, {"payment": mine["id"]}, token=corner.lin.token)

    assert mine["cashier_url"].endswith(f"/pay/{mine['id']}?t={shown['token']}")
    for payment in (theirs["id"], "pay_none", "cmb_none", "", "../x"):
        answer = await town.call("POST", path, {"payment": payment}, token=corner.lin.token)
        assert (answer.status_code, answer.json()["code"]) == (404, "payment_not_found")


async def test_a_page_may_show_payments_of_an_app_that_lets_it_act(corner: Corner) -> None:
    town, seller = corner.town, await corner.town.shop()
    payment = await town.payment(seller)
    path = f"/v1/launches/{(await corner.opens())['launch']}/payments"
    body = {"payment": payment["id"]}
    assert (await town.call("POST", path, body, token=corner.lin.token)).status_code == 404

    grant = f"/v1/apps/{seller.app_id}/agents/{corner.shop.app_id}"
    await town.done("PUT", grant, token=seller.owner.token)

    shown = await town.done("POST", path, body, token=corner.lin.token)
    assert shown["payment_id"] == payment["id"]


async def test_a_card_names_the_partner_whatever_the_page_says(corner: Corner) -> None:
    path = f"/v1/launches/{(await corner.opens())['launch']}/cards"
    said = {"title": "龙井茶", "text": "<b>50 克</b>", "path": "/?item=1"}

    card = await corner.town.done("POST", path, said, token=corner.lin.token)

    assert card == said | {"app": corner.shop.app_id, "partner": "Corner", "image": "store"}
    for wrong, code in (
        ({"title": ""}, "card_invalid"),
        ({"title": "a\nb"}, "card_invalid"),
        ({"title": "x", "text": 201 * "x"}, "card_invalid"),
        ({"title": "x", "path": "//evil.example"}, "path_invalid"),
        ({"title": "x", "partner": "Bank"}, "bad_request"),
    ):
        answer = await corner.town.call("POST", path, wrong, token=corner.lin.token)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_launch_is_over_after_a_day(corner: Corner) -> None:
    launch = await corner.opens()
    corner.town.clock.forward(DAY_S)

    answer = await corner.asks(launch)

    assert (answer.status_code, answer.json()["code"]) == (409, "launch_over")


# The operator and the partner ---------------------------------------------------------------


async def test_a_partner_asks_the_operator_switches_on_and_people_see_it(corner: Corner) -> None:
    town, owner, lin = corner.town, corner.shop.owner, corner.lin
    path = f"/v1/apps/{corner.shop.app_id}/entrances"
    offer = {"title": TITLE, "start_url": START, "place": "me"}
    asked = await town.done("POST", path, offer, token=owner.token)
    assert (asked["state"], asked["opened"]) == ("proposed", None)

    async def seen() -> list[str]:
        found = await town.done("GET", "/v1/entrances?place=me", token=lin.token)
        return [one["id"] for one in found["items"]]

    assert asked["id"] not in await seen()
    at = f"/v1/operator/entrances/{asked['id']}"
    await town.done("PATCH", at, {"state": "on"}, token=corner.runs.token)
    assert asked["id"] in await seen()
    assert asked["id"] in [
        one["id"] for one in (await town.done("GET", path, token=owner.token))["items"]
    ]
    events = (await town.done("GET", "/v1/events", token=corner.shop.key))["items"]
    told = [one for one in events if one["data"].get("entrance_id") == asked["id"]]
    assert [one["kind"] for one in told] == ["entrance.proposed", "entrance.changed"]
    assert told[1]["data"]["actor"] == corner.runs.id


async def test_the_operator_sees_what_waits_first_and_how_often_each_was_opened(
    corner: Corner,
) -> None:
    town = corner.town
    await corner.opens()
    await corner.opens()
    path = f"/v1/apps/{corner.shop.app_id}/entrances"
    body = {"title": TITLE, "start_url": START}
    asked = await town.done("POST", path, body, token=corner.shop.owner.token)

    found = await town.done("GET", "/v1/operator/entrances", token=corner.runs.token)

    states = [one["state"] for one in found["items"]]
    assert states == sorted(states, key=lambda state: state != "proposed")
    by_id = {one["id"]: one for one in found["items"]}
    assert (by_id[corner.id]["opened"], by_id[corner.id]["people"]) == (2, 1)
    assert (by_id[asked["id"]]["opened"], by_id[asked["id"]]["app"]) == (0, "Shop")


async def test_who_does_not_run_this_finds_nothing_there(corner: Corner) -> None:
    town = corner.town
    path = f"/v1/operator/entrances/{corner.id}"
    for method, at, body in (
        ("GET", "/v1/operator/entrances", None),
        ("POST", "/v1/operator/entrances", {}),
        ("PATCH", path, {"state": "off"}),
    ):
        answer = await town.call(method, at, body, token=corner.shop.owner.token)
        assert (answer.status_code, answer.json()["code"]) == (404, "operator_only")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"start_url": "javascript:alert(1)"}, "start_url"),
        ({"start_url": URL + "/wallet"}, "start_url"),
        ({"start_url": "https://shop.example;frame-src *"}, "start_url"),
        ({"start_url": "http://shop.example/"}, "start_url"),
        ({"mode": "live", "start_url": "http://127.0.0.1/"}, "start_url"),
        ({"title": {"zh-CN": "", "en": "x"}}, "title_zh"),
        ({"rollout": 10_001}, "rollout"),
        ({"position": -1}, "position"),
        ({"icon": "skull"}, "icon"),
        ({"scopes": ["money"]}, "scopes[0]"),
        ({"place": "moon"}, "place"),
    ],
)
async def test_what_no_entrance_can_be_is_refused_with_the_field(
    corner: Corner, said: dict[str, Any], field: str
) -> None:
    body = {"title": TITLE, "start_url": START, "app_id": corner.shop.app_id} | said
    before = await corner.town.everything()

    answer = await corner.town.call("POST", "/v1/operator/entrances", body, token=corner.runs.token)

    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert await corner.town.everything() == before


# Pages --------------------------------------------------------------------------------------


async def test_only_the_page_that_opens_entrances_may_frame_and_only_their_origins(
    corner: Corner,
) -> None:
    town = corner.town
    hidden = await corner.make(start_url="https://hidden.example/", state="off")

    page = await town.call("GET", "/discover")
    policy = page.headers["content-security-policy"]

    frames = policy.partition("; frame-src ")[2].split(" ")
    assert "https://shop.example" in frames and "https://hidden.example" not in frames
    assert ";" not in policy.partition("; frame-src ")[2] and URL not in frames
    assert "frame-ancestors 'none'" in policy
    path = f"/v1/operator/entrances/{hidden['id']}"
    await town.done("PATCH", path, {"state": "on"}, token=corner.runs.token)
    page = await town.call("GET", "/discover")
    assert "https://hidden.example" in page.headers["content-security-policy"]
    for other in ("/wallet", "/operator", "/pay/pay_1"):
        policy = (await town.call("GET", other)).headers["content-security-policy"]
        assert "frame-src" not in policy


async def test_the_partners_script_may_be_kept_for_an_hour(town: Town) -> None:
    answer = await town.call("GET", "/changliao.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == ("public, max-age=3600, stale-while-revalidate=86400")
    assert "window.Changliao" in answer.text
    kept = {"if-none-match": answer.headers["etag"]}
    assert (await town.call("GET", "/changliao.js", headers=kept)).status_code == 304


async def test_people_have_the_edition_of_the_app_they_joined_with(town: Town) -> None:
    body = {"handle": "mei_abroad", "name": "Mei", "password": "correct horse 7"}
    await town.done("POST", "/v1/persons", body | {"edition": "overseas"})
    token = await town.sign_in("mei_abroad")
    me = await town.done("GET", "/v1/me", token=token)
    assert me["edition"] == "overseas"
    lin = await town.person()
    assert (await town.done("GET", "/v1/me", token=lin.token))["edition"] == "domestic"
