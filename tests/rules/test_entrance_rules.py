"""Who sees an entrance, where it may lead, and what the tokens of a launch say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.db.vault import Vault, new_ring, rotated
from changliao.entrances import model as m
from changliao.entrances import rules
from changliao.entrances.api.tokens import Signer
from changliao.entrances.model import (
    Consent,
    Entrance,
    EntranceId,
    Launch,
    LaunchId,
    Offer,
    Visitor,
)
from changliao.kernel.addresses import web_origin
from changliao.kernel.instant import DAY_US, SECOND_US
from changliao.kernel.refusal import Refusal
from changliao.people.model import Person, PersonId

IDS = st.text(alphabet="0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26)
SHARES = st.integers(0, m.ROLLOUT_ALL)
OURS = "https://changliao.example"


def person(person_id: str = "per_1", **said: Any) -> Person:
    fields: dict[str, Any] = {"edition": "domestic", **said}
    return Person(PersonId(person_id), "lin", "林小满", "zh-CN", False, "", 0, **fields)


def entrance(**said: Any) -> Entrance:
    fields: dict[str, Any] = {
        "id": EntranceId("ent_1"),
        "app_id": "app_1",
        "mode": "test",
        "place": "discover",
        "edition": "all",
        "title_zh": "小铺",
        "title_en": "Shop",
        "subtitle_zh": "",
        "subtitle_en": "",
        "icon": "store",
        "start_url": "https://shop.example/front?from=chat",
        "scopes": ("name", "handle"),
        "state": "on",
        "position": 1,
        "rollout": m.ROLLOUT_ALL,
        "created_at": 0,
        "changed_at": 0,
    }
    return Entrance(**(fields | said))


def offer(**said: Any) -> Offer:
    whole = entrance(**said)
    return Offer(**{name: getattr(whole, name) for name in Offer.__struct_fields__})


# Who sees it --------------------------------------------------------------------------------


@given(IDS, IDS, SHARES, SHARES)
def test_a_wider_rollout_only_adds_people(ent: str, per: str, one: int, other: int) -> None:
    narrow, wide = sorted((one, other))
    who = person(f"per_{per}")
    shown = [
        rules.sees(entrance(id=f"ent_{ent}", rollout=share), who, ("test",))
        for share in (narrow, wide)
    ]
    assert shown[1] or not shown[0]


@given(IDS, IDS, SHARES)
def test_a_person_stands_always_at_the_same_place(ent: str, per: str, share: int) -> None:
    at = rules.bucket(f"ent_{ent}", f"per_{per}")
    assert 0 <= at < m.ROLLOUT_ALL
    seen = rules.sees(entrance(id=f"ent_{ent}", rollout=share), person(f"per_{per}"), ("test",))
    assert seen == (at < share)


@given(IDS, IDS)
def test_nobody_sees_nothing_and_everybody_everything(ent: str, per: str) -> None:
    who = person(f"per_{per}")
    assert not rules.sees(entrance(id=f"ent_{ent}", rollout=0), who, ("test",))
    assert rules.sees(entrance(id=f"ent_{ent}"), who, ("test",))


def test_a_quarter_is_about_a_quarter_and_another_quarter_for_another_entrance() -> None:
    people = [f"per_{number:026}" for number in range(8000)]
    first = {one for one in people if rules.bucket("ent_a", one) < 2500}
    second = {one for one in people if rules.bucket("ent_b", one) < 2500}
    assert 1800 < len(first) < 2200
    assert 1800 < len(second) < 2200
    assert 350 < len(first & second) < 650  # A sixteenth, if the two know nothing of each other.


def test_the_bucket_is_the_first_eight_bytes_of_a_sha256() -> None:
    assert [rules.bucket("ent_1", f"per_{n}") for n in range(3)] == [2445, 1562, 1644]


@pytest.mark.parametrize(
    ("said", "sees"),
    [
        ({}, True),
        ({"state": "off"}, False),
        ({"state": "proposed"}, False),
        ({"mode": "live"}, False),
        ({"edition": "domestic"}, True),
        ({"edition": "overseas"}, False),
    ],
)
def test_state_mode_and_edition_decide_too(said: dict[str, Any], sees: bool) -> None:
    assert rules.sees(entrance(**said), person(), ("test",)) == sees


def test_who_does_not_see_it_is_told_that_there_is_none() -> None:
    for found, who in ((None, person()), (entrance(), None), (entrance(rollout=0), person())):
        with pytest.raises(m.EntranceNotFound):
            rules.seen(found, who, ("test",))


# Where it leads -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/",
        "https://shop.example:8443/a?b=c",
        "http://127.0.0.1:8010/",
        "http://localhost:8010",
        "http://192.168.1.20:8010/x",
        "http://[::1]:8010/",
    ],
)
def test_a_partners_page_may_be_opened(url: str) -> None:
    rules.offer(offer(start_url=url), [OURS])


HOSTILE = [
    "",
    "javascript:alert(1)",
    "data:text/html,<script>",
    "file:///etc/passwd",
    "ftp://shop.example/",
    "//shop.example/",
    "https://",
    "https:///x",
    "https://user:word@shop.example/",
    "https://shop.example\\@evil.example/",
    "https://evil.example\\.shop.example/",
    "https://shop.example/#code",
    "https://shop.example;script-src/",
    "https://*/",
    "https://*.example/",
    "https://'self'/",
    "https://shop .example/",
    "https://shop.example/\n",
    "https://shop.example:http/",
    "http://shop.example/",
    "http://93.184.216.34/",
    OURS,
    OURS + "/wallet",
    OURS.upper() + "/wallet",
    OURS + ":443/wallet",
    "https://shop.example/" + 2000 * "x",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_no_entrance_leads_to_ourselves_or_to_what_is_no_web_page(url: str) -> None:
    with pytest.raises(m.StartUrlInvalid):
        rules.offer(offer(start_url=url), [OURS])


@given(st.text(max_size=60))
def test_what_is_taken_can_stand_in_a_policy(text: str) -> None:
    url = f"https://{text}/"
    try:
        rules.offer(offer(start_url=url), [OURS])
    except m.StartUrlInvalid:
        return
    origin = web_origin(url)
    assert origin.isascii() and not set(origin) & set(" ;,'\"*\\<>@")


def test_a_live_entrance_is_https_alone() -> None:
    with pytest.raises(m.StartUrlInvalid):
        rules.offer(offer(mode="live", start_url="http://127.0.0.1:8010/"), [])


@pytest.mark.parametrize(
    "said",
    [{"title_zh": ""}, {"title_en": 21 * "x"}, {"subtitle_zh": 41 * "x"}, {"title_en": "a\nb"}],
)
def test_words_stand_on_one_line(said: dict[str, str]) -> None:
    with pytest.raises(m.EntranceTextInvalid) as caught:
        rules.offer(offer(**said), [])
    assert caught.value.field == next(iter(said))


@given(st.text(max_size=40))
def test_a_path_never_leaves_the_partners_origin(text: str) -> None:
    try:
        inside = rules.path(text)
    except m.PathInvalid:
        return
    url = rules.launch_url(entrance(), inside, {"code": "c"})
    assert url.startswith("https://shop.example/")
    assert web_origin(url) == "https://shop.example"


@pytest.mark.parametrize("text", ["x", "//evil.example", "/\\evil.example", "/a b", "/a#b", "/\n"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(m.PathInvalid):
        rules.path(text)


def test_what_is_said_is_appended_to_the_start_url_or_to_the_path() -> None:
    said = {"code": "lc_1", "lang": "zh-CN"}
    whole = entrance()
    assert (
        rules.launch_url(whole, "", said)
        == "https://shop.example/front?from=chat&code=lc_1&lang=zh-CN"
    )
    assert rules.launch_url(whole, "/t/1", said) == "https://shop.example/t/1?code=lc_1&lang=zh-CN"


# Consents -----------------------------------------------------------------------------------


def consent(scope: Any, state: Any) -> Consent:
    return Consent("per_1", "app_1", scope, state, 0)


def test_a_person_is_asked_once_per_scope_and_again_after_taking_it_back() -> None:
    wanted: Any = ("name", "handle")
    assert rules.undecided(wanted, []) == ("name", "handle")
    assert rules.undecided(wanted, [consent("name", "granted")]) == ("handle",)
    assert rules.undecided(wanted, [consent("name", "refused")]) == ("handle",)
    assert rules.undecided(wanted, [consent("name", "withdrawn")]) == ("name", "handle")


@given(st.dictionaries(st.sampled_from(m.SCOPES), st.sampled_from(m.Decision.__args__)))  # type: ignore[attr-defined]
def test_nothing_is_shared_but_what_was_granted(decided: dict[Any, Any]) -> None:
    found = rules.shared(person(), [consent(scope, state) for scope, state in decided.items()])
    assert set(found) == {scope for scope, state in decided.items() if state == "granted"}


def test_an_app_may_ask_for_what_its_entrance_offers_and_no_more() -> None:
    only = entrance(scopes=("name",))
    assert rules.asked_for(["name"], only) == ("name",)
    for scopes in (["handle"], ["name", "handle"], ["password"]):
        with pytest.raises(m.ScopeNotOffered):
            rules.asked_for(scopes, only)


# Codes and keys -----------------------------------------------------------------------------


def launch(**said: Any) -> Launch:
    fields: dict[str, Any] = {
        "id": LaunchId("lau_1"),
        "entrance_id": EntranceId("ent_1"),
        "app_id": "app_1",
        "mode": "test",
        "person_id": "per_1",
        "code_hash": b"",
        "lang": "en",
        "conversation": "",
        "created_at": 1_000_000,
        "used_at": 0,
    }
    return Launch(**(fields | said))


def refused(check: Any, *args: Any) -> type[Refusal] | None:
    try:
        check(*args)
    except Refusal as refusal:
        return type(refusal)
    return None


def test_a_code_lives_for_a_minute_and_its_launch_for_a_day() -> None:
    made = launch().created_at
    minute, day = 60 * SECOND_US, DAY_US
    assert refused(rules.fresh, launch(), made + minute - 1) is None
    assert refused(rules.fresh, launch(), made + minute) is m.LaunchExpired
    assert refused(rules.own_launch, launch(), "per_1", made + day - 1) is None
    assert refused(rules.own_launch, launch(), "per_1", made + day) is m.LaunchOver
    assert refused(rules.own_launch, launch(), "per_2", made) is m.LaunchNotFound
    assert refused(rules.own_launch, None, "per_1", made) is m.LaunchNotFound


@given(st.integers(0, 10_000 * DAY_US))
def test_a_token_can_be_checked_by_keys_fetched_before_and_after(now: int) -> None:
    signing = rules.signing_periods(now)[0]
    for fetched in (now - DAY_US, now, now + rules.TOKEN_S * SECOND_US):
        assert signing in rules.signing_periods(max(0, fetched)) or fetched < 0
    assert len(rules.signing_periods(now)) >= 2


def test_every_process_signs_with_the_same_key_also_after_a_rotation_of_master_keys() -> None:
    ring = new_ring()
    now = 1_770_000_000 * SECOND_US
    visitor = Visitor(launch(), "opn_1", "domestic", {"name": "林小满"})
    one, other = Signer(Vault(ring), OURS), Signer(Vault(rotated(ring)), OURS)
    assert one.token(visitor, now) == other.token(visitor, now)
    assert one.key_set(now) == other.key_set(now)
    assert one.key_set(now) != one.key_set(now + rules.KEY_US)
