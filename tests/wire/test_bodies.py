"""Bodies that are too large, broken, poisoned or lost on the way: never a 5xx, and nothing is done."""

import asyncio
import re
import typing
from collections.abc import Iterator, MutableMapping
from typing import Any

import msgspec
import pytest

from changliao.wire.http import Http
from changliao.wire.routes import Route
from changliao.wire.rsa import new_pair
from tests.pushed import Browser
from tests.wire.platform import PASSWORD, PIN, Shop, Someone, Town, filled
from tests.wire.things import Ids

POISON = {
    "a zero byte": '"a\\u0000b"',
    "half a surrogate pair": '"\\ud800"',
    "the wrong half": '"\\udc00x"',
}
WHOLE = b'{"amount":1,"currency":"CNY","reference":"Z"}'
KEY = new_pair()[1]
NO_TEXTS = (int, int | None, bool, bool | None, tuple[int, ...])
SIGNED = {
    "id": "AA",
    "response": {
        "clientDataJSON": "AA",
        "authenticatorData": "AA",
        "signature": "AA",
        "userHandle": "AA",
    },
}
"""A passkey's answer in shape, and worth nothing."""
PROVEN = {"passkey": SIGNED, "sign_in_code": {"id": "sic_x", "secret": "s"}}
SQL = "'); DROP TABLE pay_payments; --"


def with_bodies(town: Town) -> list[Route]:
    """Every route that takes a body."""
    return [route for route in town.http.routes if route.body is not None]


class Doors:
    """Addresses, callers and bodies for every route that takes a body."""

    def __init__(self, shop: Shop, lin: Someone, runs: Someone, payment: Any, ids: Ids) -> None:
        self.shop, self.lin, self.runs, self.ids = shop, lin, runs, ids
        self.samples = samples(shop, lin, payment) | of_talk(ids)

    def path(self, route: Route) -> str:
        found = next((one for start, one in self.ids.items() if route.path.startswith(start)), "x")
        return filled(route, id=found, key_id=self.shop.key_id, person_id=self.ids["/v1/people/"])

    def token(self, route: Route) -> str:
        if route.guard is None:
            return ""
        if route.guard.scheme == "app":
            return self.shop.key
        if route.path.startswith("/v1/operator"):
            return self.runs.token
        partner = route.path.startswith(("/v1/partners", "/v1/apps"))
        return self.shop.owner.token if partner else self.lin.token


def samples(shop: Shop, lin: Someone, payment: Any) -> dict[str, dict[str, Any]]:
    """A body that each type of body takes, every text field filled."""
    sign_in = {"handle": lin.handle, "password": PASSWORD}
    money = {"amount": 100, "currency": "CNY"}
    return {
        "PaymentBody": money
        | {
            "reference": "R",
            "description": "d",
            "return_url": "https://shop.example/",
            "expires_at": "",
            "capture": "auto",
            "customer_id": "",
            "metadata": {"k": "v"},
            "confirm": {"mandate_id": "", "method": "credit_card", "instrument": "ok"},
        },
        "CaptureBody": {},
        "ReasonBody": {"reason": "because"},
        "RefundBody": {"amount": 1, "reference": "r", "reason": "because"},
        "ConfirmationBody": {
            "token": payment["cashier_url"].partition("?t=")[2],
            "method": "wallet",
            "channel": "mobile",
            "pin": PIN,
            "instrument": "ok",
            "passkey": SIGNED,
        },
        **of_splits(shop, lin),
        "TransferBody": money | {"reference": "T", "person": lin.handle, "description": "d"},
        "MethodBody": {"method": "credit_card", "channel": "web"},
        "CustomerBody": {"reference": "c", "name": "n"},
        **of_wallets(shop, money),
        "RegisterBody": sign_in | {"name": "N", "locale": "en", "edition": "domestic"},
        **of_entrances(shop, payment),
        **of_passkeys(payment),
        **of_accounts(),
        "SessionBody": sign_in | {"transport": "bearer", "device": "d"} | PROVEN,
        "LocaleBody": {"locale": "en"},
        "PinBody": {"pin": PIN, "password": PASSWORD},
        "MediaBody": {"kind": "file", "content_type": "a/b", "size": 1}
        | {"sha256": "ab" * 32, "name": "n"},
        "NameBody": {"name": "n"},
        "MemberBody": {"handle": lin.handle, "role": "viewer"},
        "KeyBody": {"mode": "test", "label": "l", "scopes": ["payments:read"]},
        "RotationBody": {},
        "RateBody": {"per_s": 5, "burst": 5},
        "EndpointBody": {"url": "https://shop.example/", "kinds": ["*"], "signing": "v1"},
        "DialectBody": {"dialect": "alipay", "public_key": KEY, "notify_url": ""},
        "PublicKeyBody": {"public_key": KEY},
        "SettingsBody": {"settings": {}},
    }


def of_wallets(shop: Shop, money: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Bodies of top-ups and mandates."""
    wallet = {"app_id": shop.app_id, "mode": "test", "currency": "CNY"}
    limits = wallet | {"per_payment": 10, "per_day": 100}
    return {
        "TopUpBody": money | {"mode": "test", "rail": "sandbox_bank", "instrument": "ok"},
        "MandateBody": limits | {"pin": PIN, "passkey": SIGNED},
        "MandateChallengeBody": limits,
    }


def of_entrances(shop: Shop, payment: Any) -> dict[str, dict[str, Any]]:
    """Bodies of entrances and of what is opened through them."""
    words = {"zh-CN": "铺", "en": "shop"}
    offer = {
        "title": words,
        "subtitle": words,
        "start_url": "https://shop.example/",
        "icon": "store",
        "place": "discover",
        "edition": "all",
        "scopes": ["name"],
    }
    return {
        "OfferBody": offer | {"mode": "test"},
        "EntranceBody": offer | {"mode": "test", "app_id": shop.app_id, "state": "off"},
        "EntranceChangeBody": offer | {"state": "off"},
        "LaunchBody": {"from": "cv_x", "path": "/a", "lang": "en"},
        "LaunchCodeBody": {"code": "c"},
        "ScopesBody": {"scopes": ["name"]},
        "PaymentIdBody": {"payment": payment["id"]},
        "CardBody": {"title": "t", "text": "t", "path": "/a"},
        "ConsentBody": {"granted": True},
    }


def of_accounts() -> dict[str, dict[str, Any]]:
    """Bodies of official accounts, articles and talks."""
    reply = {"k": "text", "text": "t", "media": "", "article": ""}
    button = {"name": "n", "key": "k", "kind": "reply", "text": "t", "url": "", "article": ""}
    span = {"text": "t", "link": ""}
    said = {"k": "text", "b": {"text": "t"}}
    return {
        "RegisterAccountBody": {"handle": "", "name": "n", "intro": "i", "avatar": ""},
        "AccountBody": {"name": "n", "intro": "i", "avatar": "", "mode": "test"}
        | {"welcome": [reply], "fallback": [reply]},
        "MenuBody": {"buttons": [button | {"entrance": "", "buttons": []}]},
        "RulesBody": {"rules": [{"match": "exact", "words": ["w"], "replies": [reply]}]},
        "AccountPostBody": said,
        "AccountMessageBody": said
        | {"person": "opn_x", "template": "", "fields": {"f": "v"}, "url": ""},
        "TemplateTextBody": {"title": "t", "text": "t"},
        "TagBody": {"name": "n"},
        "TaggingBody": {"add": ["opn_x"], "remove": ["opn_y"]},
        "ManuscriptBody": {"title": "t", "author": "a", "digest": "d", "cover": ""}
        | {"kind": "article", "blocks": [{"k": "paragraph", "spans": [span]}]},
        "PublicationBody": {"at": ""},
        "PressBody": {"key": "k"},
        "ShareBody": {"conversation": "cv_x"},
        "SuspensionBody": {"reason": "r"},
    }


def of_talk(ids: Ids) -> dict[str, dict[str, Any]]:
    """Bodies of contacts, profiles and conversations."""
    friend, where = ids["/v1/people/"], ids["/v1/conversations/"]
    return {
        "ProfileBody": {"name": "n", "avatar": "", "region": "r", "bio": "b"},
        "ContactBody": {"remark": "r", "tags": ["t"]},
        "RequestBody": {"person": friend, "text": "t"},
        "AnswerBody": {"accept": True},
        "OpenBody": {"person": "", "title": "t", "members": [friend]},
        "ChangeBody": {"title": "t", "notice": "n"},
        "MembersBody": {"members": [friend]},
        "MemberChangeBody": {"role": "member"},
        "OwnerBody": {"person": friend},
        "InvitationBody": {},
        "DecisionBody": {"approve": True},
        "MessageBody": {"k": "text", "b": {"text": "t"}, "at": [friend]},
        **of_order(friend, where),
        "ForwardBody": {"from": where, "numbers": [1]},
        "ReadBody": {"s": 1},
        "MineBody": {"remark": "r", "draft": "d", "nickname": "n"},
        **of_bots(),
        "PushSubscriptionBody": {"endpoint": "https://push.example/x", "keys": Browser().keys()},
        "NoticeSettingsBody": {"quiet_from": "22:00", "quiet_to": "07:00", "offset_min": 480},
    }


def of_bots() -> dict[str, dict[str, Any]]:
    """Bodies of bots, hooks and gates."""
    gate = {"url": "https://shop.example/gate", "otherwise": "allow"}
    return {
        "BotBody": {"handle": "a_bot", "name": "n", "about": "a"},
        "BotChangeBody": {"name": "n", "about": "a", "avatar": ""},
        "CommandsBody": {"items": [{"name": "order", "zh": "z", "en": "e"}]},
        "SayingBody": {"text": "t", "k": "text", "b": {"text": "t"}, "at": ["opn_x"]},
        "BotGateBody": gate,
        "GateBody": gate | {"covers": "groups"},
        "SeatBody": {"hears": "called"},
        "HookBody": {"name": "n"},
        "HookTextBody": {"text": "t"},
    }


def of_order(friend: str, where: str) -> dict[str, dict[str, Any]]:
    """Bodies of reports and decisions, of words and limits, of leaving: with a password that is wrong."""
    return {
        "ReportBody": {"what": "person", "reason": "spam", "words": "w", "person": friend}
        | {"conversation": where, "numbers": [1]},
        "AppealBody": {"words": "w"},
        "SuspensionAppealBody": {"handle": "h", "password": "p", "words": "w"},
        "VerdictBody": {"action": "dismiss", "reason": "r"},
        "AppealAnswerBody": {"lift": False, "answer": "a"},
        "WordBody": {"pattern": "bad", "sort": "word", "deed": "refuse", "edition": "overseas"},
        "PaceBody": {"pace": "join", "age": "old", "per_minute": 100, "burst": 100},
        "LeaveBody": {"password": "p", "pin": "", "passkey": SIGNED},
    }


def of_passkeys(payment: Any) -> dict[str, dict[str, Any]]:
    """Bodies of passkeys and of computers that a phone signs in."""
    made = {"clientDataJSON": "AA", "attestationObject": "AA", "transports": ["internal"]}
    return {
        "ProofBody": {"password": PASSWORD, "pin": PIN},
        "HandleBody": {"handle": "h"},
        "PasskeyBody": {"name": "n", "registration": {"id": "AA", "response": made}},
        "PasskeyNameBody": {"name": "n"},
        "ChallengeBody": {"token": payment["cashier_url"].partition("?t=")[2]},
        "CodeBody": {"code": "c"},
        "NumberBody": {"number": 42},
    }


def of_splits(shop: Shop, lin: Someone) -> dict[str, dict[str, Any]]:
    """Bodies of splits and of combined payments."""
    return {
        "SplitBody": {
            "reference": "s",
            "receivers": [{"kind": "person", "id": lin.id, "amount": 1, "description": "d"}],
        },
        "SplitEndBody": {"reference": "e", "description": "d"},
        "SplitReturnBody": {"reference": "b", "line_id": "spr_x", "amount": 1, "reason": "r"},
        "CombinedBody": {
            "reference": "c",
            "description": "d",
            "return_url": "https://shop.example/",
            "expires_at": "",
            "payments": [
                {
                    "amount": 100,
                    "currency": "CNY",
                    "reference": f"c-{number}",
                    "app_id": shop.app_id,
                    "description": "d",
                    "metadata": {"k": "v"},
                }
                for number in (1, 2)
            ],
        },
    }


def spots(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where text stands in a body."""
    if isinstance(body, str):
        yield path
    elif isinstance(body, dict):
        for name, inner in body.items():
            yield from spots(inner, (*path, name))
    elif isinstance(body, list):
        for number, inner in enumerate(body):
            yield from spots(inner, (*path, number))


def planted(body: Any, path: tuple[Any, ...], text: str) -> bytes:
    """The body as JSON, with raw JSON `text` at that spot."""
    fresh: Any = msgspec.json.decode(msgspec.json.encode(body))
    inner = fresh
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = msgspec.Raw(text.encode())
    return msgspec.json.encode(fresh)


@pytest.fixture(scope="module")
async def doors(town: Town) -> Doors:
    shop, lin = await town.shop(), await town.person(money=1000)
    path = f"/v1/apps/{shop.app_id}/keys/{shop.key_id}/rate"
    await town.done("POST", path, {"per_s": 5000, "burst": 9000}, token=shop.owner.token)
    payment = await town.payment(shop, 10)
    await town.befriend(lin, shop.owner)
    ids = {
        "/v1/payments/": payment["id"],
        "/v1/apps/": shop.app_id,
        "/v1/partners/": shop.partner_id,
        "/v1/methods/": "wallet.web",
        "/v1/people/": shop.owner.id,
        "/v1/contacts/": shop.owner.id,
        "/v1/conversations/": await town.group(lin, shop.owner),
    }
    return Doors(shop, lin, await town.operator(), payment, ids)


async def test_every_body_has_a_sample_with_all_its_texts(town: Town, doors: Doors) -> None:
    for route in with_bodies(town):
        sample = doors.samples[route.body.__name__]
        hints = typing.get_type_hints(route.body)
        names = zip(route.body.__struct_fields__, route.body.__struct_encode_fields__, strict=True)
        texts = {said for name, said in names if hints[name] not in NO_TEXTS}
        assert texts <= set(sample), route.path


@pytest.mark.parametrize("poison", POISON)
async def test_what_no_database_keeps_is_refused_in_every_text(
    town: Town, doors: Doors, poison: str
) -> None:
    before = await town.everything()
    for route in with_bodies(town):
        body = doors.samples[route.body.__name__]
        for spot in spots(body):
            content = planted(body, spot, POISON[poison])
            answer = await town.call(
                route.method, doors.path(route), token=doors.token(route), content=content
            )
            assert answer.status_code == 400, (route.path, spot)
            assert answer.json()["code"] in ("bad_request", "bad_json"), (route.path, spot)
    assert await town.everything() == before


async def test_a_backslash_before_u0000_is_a_text_like_others(town: Town, doors: Doors) -> None:
    body = {"amount": 1, "currency": "CNY", "reference": "a\\u0000"}

    answer = await town.done("POST", "/v1/payments", body, token=doors.shop.key)

    assert answer["reference"] == "a\\u0000"


async def test_sql_in_any_text_is_only_text(town: Town, doors: Doors) -> None:
    for route in with_bodies(town):
        body = doors.samples[route.body.__name__]
        for spot in spots(body):
            content = planted(body, spot, msgspec.json.encode(SQL).decode())
            answer = await town.call(
                route.method, doors.path(route), token=doors.token(route), content=content
            )
            assert answer.status_code < 500, (route.path, spot, answer.text)
    assert await town.wrong() == []
    assert (await town.books())["pay_payments"] != "0 rows, e3b0c44298fc"


@pytest.mark.parametrize("ending", ["%00", "%27%20OR%201=1", "%FF", "..%2f..%2fetc", "x" * 3000])
async def test_no_id_breaks_an_address(town: Town, doors: Doors, ending: str) -> None:
    for route in town.http.routes:
        if "{" not in route.path or route.page:
            continue
        path = re.sub(r"{\w+}", lambda _: ending, route.path)
        body = doors.samples[route.body.__name__] if route.body else None
        answer = await town.call(route.method, path, body, token=doors.token(route))
        assert answer.status_code in (400, 403, 404, 422), (path, answer.text)


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{" + b" " * 10_000_000 + b"}", "application/json", 413, "body_too_large"),
        (b"{", "application/json", 400, "bad_json"),
        (WHOLE + b" {}", "application/json", 400, "bad_json"),
        (WHOLE + b"\xff", "application/json", 400, "bad_json"),
        (b'{"currency":"\xff"}', "application/json", 400, "bad_json"),
        (b'{"surprise":' + b"[" * 60_000, "application/json", 400, "bad_request"),
        (b'{"metadata":' + b'{"a":' * 9000, "application/json", 400, "bad_request"),
        (b"[]", "application/json", 400, "bad_request"),
        (b"{}", "text/plain", 415, "wrong_content_type"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "wrong_content_type"),
        (b"{}", "", 415, "wrong_content_type"),
        (b"", "application/json", 400, "bad_request"),
    ],
)
async def test_a_body_that_is_none_is_refused(
    town: Town, doors: Doors, content: bytes, kind: str, status: int, code: str
) -> None:
    before = await town.everything()

    answer = await town.call(
        "POST",
        "/v1/payments",
        token=doors.shop.key,
        content=content,
        headers={"content-type": kind},
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await town.everything() == before


# Bodies that do not arrive ------------------------------------------------------------------


async def send_raw(
    http: Http, path: str, messages: list[dict[str, Any]], key: str, method: str = "POST"
) -> list[Any]:
    """What the application sends when it receives exactly these messages; then nothing comes."""
    sent: list[Any] = []
    headers = {"authorization": f"Bearer {key}"}
    if method == "POST":
        headers |= {"idempotency-key": "raw", "content-length": "14"}

    async def receive() -> MutableMapping[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.sleep(60)
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [
            (name.encode(), value.encode())
            for name, value in (headers | {"content-type": "application/json"}).items()
        ],
    }
    await http(scope, receive, send)
    return sent


@pytest.mark.parametrize("begun", [b"", b'{"amount":'])
async def test_a_refund_whose_body_was_lost_is_no_refund_of_everything(
    town: Town, begun: bytes
) -> None:
    lin, shop = await town.person(money=1000), await town.shop()
    payment = await town.paid(lin, shop, 1000)
    before = await town.everything()
    messages: list[dict[str, Any]] = [{"type": "http.disconnect"}]
    if begun:
        messages.insert(0, {"type": "http.request", "body": begun, "more_body": True})

    sent = await send_raw(town.http, f"/v1/payments/{payment['id']}/refunds", messages, shop.key)

    assert sent == []
    assert await town.everything() == before


@pytest.mark.parametrize("begun", [[], [{"type": "http.request", "body": b"{", "more_body": True}]])
async def test_a_body_that_never_ends_is_refused_in_time(
    town: Town, begun: list[dict[str, Any]]
) -> None:
    shop = await town.shop()
    hasty = Http(town.http.routes, body_timeout_s=0.05)

    started, body = await send_raw(hasty, "/v1/payments", [*begun], shop.key)

    assert started["status"] == 408
    assert msgspec.json.decode(body["body"])["code"] == "body_too_slow"
