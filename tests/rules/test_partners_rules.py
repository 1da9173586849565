"""Roles, scopes, rates, event kinds, and when a webhook is tried again."""

from collections.abc import Sequence
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.kernel.instant import SECOND_US
from changliao.partners import model as m
from changliao.partners import rules
from changliao.partners.events import AppCreated, EndpointAdded
from changliao.partners.model import (
    App,
    AppId,
    Delivery,
    Endpoint,
    Member,
    PartnerId,
    Scope,
    Standing,
)
from tests.rules.samples import NOW, caller

STANDINGS: Sequence[Standing] = get_args(Standing)
MAY: dict[Standing, set[Scope]] = {
    "owner": set(m.SCOPES),
    "developer": {
        "payments:read",
        "payments:write",
        "methods:write",
        "webhooks:read",
        "webhooks:write",
        "customers:write",
        "accounts:read",
        "accounts:write",
        "chat:read",
        "chat:write",
    },
    "finance": {
        "payments:read",
        "refunds:write",
        "transfers:write",
        "balances:read",
        "methods:write",
    },
    "viewer": {"payments:read", "accounts:read"},
    "gone": set(),
}
CARES: dict[Standing, set[str]] = {
    "owner": {"members", "apps", "keys"},
    "developer": {"apps", "keys"},
    "finance": set(),
    "viewer": set(),
    "gone": set(),
}


@pytest.mark.parametrize("role", STANDINGS)
@pytest.mark.parametrize("scope", m.SCOPES)
def test_a_role_may_what_the_table_says_and_nothing_else(role: Standing, scope: Scope) -> None:
    who = msgspec.structs.replace(caller(), scopes=rules.ROLE_SCOPES[role], actor="per_1")
    if scope in MAY[role]:
        rules.allows(who, scope)
        return
    with pytest.raises(m.RoleForbids) as refused:
        rules.allows(who, scope)
    assert refused.value.extra == {"scope": scope}


@pytest.mark.parametrize("scope", m.SCOPES)
def test_a_key_may_what_its_scopes_say_and_nothing_else(scope: Scope) -> None:
    rules.allows(msgspec.structs.replace(caller(), scopes=(scope,)), scope)
    others = tuple(one for one in m.SCOPES if one != scope)
    with pytest.raises(m.ScopeForbids):
        rules.allows(msgspec.structs.replace(caller(), scopes=others), scope)


@pytest.mark.parametrize("role", STANDINGS)
@pytest.mark.parametrize("what", ["members", "apps", "keys"])
def test_who_looks_after_members_apps_and_keys(role: Standing, what: str) -> None:
    member = Member(PartnerId("par_1"), "per_1", role, NOW)
    if what in CARES[role]:
        rules.may_care(member, what)
        return
    with pytest.raises(m.RoleForbids):
        rules.may_care(member, what)


def test_for_a_stranger_there_is_no_partner_and_no_app() -> None:
    app = App(AppId("app_1"), PartnerId("par_1"), "Shop", NOW)
    with pytest.raises(m.PartnerNotFound):
        rules.may_care(None, "keys")
    for found, member in (
        (app, None),
        (None, None),
        (None, Member(PartnerId("par_1"), "p", "owner", 1)),
    ):
        with pytest.raises(m.AppNotFound):
            rules.own_app(found, member)


@pytest.mark.parametrize("bad", ["", "   ", "x" * 61, "a\nb", "a\0b", "\u200b"])
def test_what_cannot_be_shown_on_one_line_is_no_name(bad: str) -> None:
    with pytest.raises(m.PartnerNameInvalid):
        rules.name(bad)


def test_a_name_is_kept_without_space_around_it() -> None:
    assert rules.name("  一味小铺  ") == "一味小铺"


def test_scopes_and_rates_of_a_key_have_bounds() -> None:
    rules.key_ask(("payments:read",), 1, 1)
    rules.key_ask(m.SCOPES, 1_000_000, 1_000_000)
    with pytest.raises(m.ScopeUnknown):
        rules.key_ask((), 1, 1)
    for rate in ((0, 1), (1, 0), (1_000_001, 1), (1, 1_000_001), (-1, 1)):
        with pytest.raises(m.RateInvalid):
            rules.key_ask(m.SCOPES, *rate)


def endpoint(*wanted: str, state: str = "enabled") -> Endpoint:
    return Endpoint(
        "we_1",
        AppId("app_1"),
        "test",
        "https://shop.example/",
        wanted,
        "v1",
        "",
        "",
        0,
        state,  # type: ignore[arg-type]
        NOW,
    )


@pytest.mark.parametrize(
    ("wanted", "kind", "wants"),
    [
        (("*",), "payment.paid", True),
        (("payment.*",), "payment.paid", True),
        (("payment.*",), "payment.paid.twice", True),
        (("payment.*",), "payments.paid", False),
        (("payment.*",), "refund.succeeded", False),
        (("payment.paid",), "payment.paid", True),
        (("payment.paid",), "payment.paid2", False),
        (("refund.*", "payment.paid"), "payment.paid", True),
    ],
)
def test_an_endpoint_hears_of_the_kinds_it_asked_for(
    wanted: tuple[str, ...], kind: str, wants: bool
) -> None:
    assert rules.wants(endpoint(*wanted), kind) is wants
    assert rules.wants(endpoint(*wanted, state="disabled"), kind) is False


def test_only_kinds_that_some_fact_has_can_be_asked_for() -> None:
    rules.endpoint_kinds(("*", "webhook_endpoint.*", AppCreated.kind, EndpointAdded.kind))
    too_many = ("app.created",) * 51
    for bad in ((), ("app.create",), ("created.*",), (".*",), ("",), ("app*",), too_many):
        with pytest.raises(m.KindUnknown):
            rules.endpoint_kinds(bad)


def delivery(tries: int, delivery_id: str = "msg_1") -> Delivery:
    return Delivery(delivery_id, "we_1", 1, "pay_1", "payment.paid", "waiting", tries, NOW)


def test_a_delivery_is_tried_ten_times_over_75_hours_and_35_minutes() -> None:
    assert rules.SCHEDULE_S == (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    assert len(rules.SCHEDULE_S) == 10
    assert sum(rules.SCHEDULE_S) == 75 * 3600 + 35 * 60 + 5


@given(st.integers(1, 9), st.text(max_size=30))
def test_the_wait_is_the_schedule_and_up_to_a_tenth_more(tries: int, delivery_id: str) -> None:
    wait = rules.wait_us(delivery(tries, delivery_id), 0)
    pause = rules.SCHEDULE_S[tries] * SECOND_US
    assert wait is not None
    assert pause <= wait < pause + pause // 10 + 1


def test_after_the_tenth_try_there_is_none() -> None:
    assert rules.wait_us(delivery(10), 0) is None
    assert rules.wait_us(delivery(10), 3600) is None


def test_a_shop_that_asks_to_wait_longer_is_heard() -> None:
    assert rules.wait_us(delivery(1), 3600) == 3600 * SECOND_US
    wait = rules.wait_us(delivery(9), 60)
    assert wait is not None and wait >= 86400 * SECOND_US
