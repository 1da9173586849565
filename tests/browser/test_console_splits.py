"""The partner console: splits of a payment, set-aside money, agents and what they did, rotated keys."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screens
from tests.browser.demo import Demo
from tests.browser.marks import at
from tests.browser.test_console import address, opened

pytestmark = pytest.mark.browser


TYPED_AT_ONCE = """async ([button, field, text]) => {
  document.querySelector(`[data-test="${button}"]`).click();
  for (let input = null; !input;) {
    const { port1, port2 } = new MessageChannel();
    await new Promise((done) => { port1.onmessage = done; port2.postMessage(0); });
    input = document.querySelector(`[data-test="${field}"]`);
    if (input) { input.value = text; input.dispatchEvent(new Event("input", { bubbles: true })); }
  }
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)));
}"""
"""Presses a button and types into a field of what opens, before anything is drawn."""


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_payment_is_shared_taken_back_and_ended(screens: Screens, demo: Demo) -> None:
    payment = demo.payment(10_000, split=True)
    demo.pay(payment, demo.known("lin"))
    payer = demo.look(payment)["payer"]
    market = demo.shop("市集")
    page = opened(screens, demo, "payment", id=payment["id"])
    expect(at(page, "splits", "aside")).to_contain_text("100.00")

    at(page, "move-split").click()
    sheet = at(page, "split-sheet")
    at(sheet, "receiver-id").fill(market.app_id)
    at(sheet, "receiver-amount").fill("30.005")
    at(sheet, "go").click()
    expect(at(sheet, "receiver-amount")).to_have_attribute("aria-invalid", "true")
    at(sheet, "receiver-amount").fill("30.50")
    at(sheet, "receiver-what").fill("佣金")
    at(sheet, "add-receiver").click()
    second = at(sheet, "receiver-row").nth(1)
    at(second, "kind-person").click()
    at(second, "receiver-id").fill(payer)
    at(second, "receiver-amount").fill("99")
    at(sheet, "go").click()
    expect(at(second, "receiver-amount")).to_have_attribute("aria-invalid", "true")
    assert demo.look(payment)["split_amount"] == 0
    at(second, "receiver-amount").fill("9.5")
    expect(at(sheet, "sum")).to_contain_text("40.00")
    at(sheet, "reference").fill("first-share")
    at(sheet, "go").click()

    lines = at(page, "split", "receiver")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text(market.app_id)
    expect(lines.nth(1)).to_contain_text(payer)
    expect(at(lines.nth(1), "take-back")).to_have_count(0)
    at(lines.nth(0), "take-back").click()
    at(page, "take_back-sheet", "amount-field").fill("10.25")
    at(page, "take_back-sheet", "go").click()
    expect(at(page, "returned")).to_contain_text("10.25")
    expect(at(page, "splits", "aside")).to_contain_text("70.25")

    at(page, "move-split_end").click()
    at(page, "split_end-sheet", "go").click()
    expect(at(page, "split-ended")).to_be_visible()
    expect(at(page, "move-split")).to_have_count(0)
    now = demo.look(payment)
    assert (now["split_amount"], now["unsplit_amount"]) == (2975, 0)
    for size in ("phone", "pc"):
        look = screens.page(size, "wang")
        look.goto(address(demo, "payment", id=payment["id"], lang="en"))
        expect(at(look, "returned")).to_contain_text("set aside again")
        assert fits(look), size


def test_splits_are_listed_found_by_their_number_and_open_their_payment(
    screens: Screens, demo: Demo
) -> None:
    payment = demo.payment(500, split=True)
    demo.pay(payment, demo.known("lin"))
    body = {"reference": "find-me"}
    demo.call("POST", f"/v1/payments/{payment['id']}/split_end", body, token=demo.key)
    page = opened(screens, demo, "splits")
    expect(at(page, "row").first).to_contain_text("find-me")
    at(page, "search").fill("find-m")
    expect(at(page, "no-match")).to_be_visible()
    at(page, "search").fill("find-me")
    expect(at(page, "row")).to_have_count(1)
    at(page, "row").click()
    expect(page).to_have_url(re.compile(payment["id"]))
    expect(at(page, "split-ended")).to_be_visible()


def test_money_that_is_set_aside_is_said_on_the_balance(screens: Screens, demo: Demo) -> None:
    page = opened(screens, demo, "balance")
    card = at(page, "balance-CNY")
    expect(card).to_be_visible()
    before = demo.call("GET", "/v1/balances", token=demo.key)["items"][0]["unsplit"]
    demo.pay(demo.payment(123_456, split=True), demo.person(money=123_456))
    page.reload()
    whole = f"{(before + 123_456) / 100:,.2f}"
    expect(card).to_contain_text(f"¥{whole} 待分账")


def test_an_app_is_let_act_seen_at_it_and_ended(screens: Screens, demo: Demo) -> None:
    provider = demo.shop("服务商小店")
    page = opened(screens, demo, "agents")
    expect(at(page, "your-id")).to_contain_text(demo.app_id)
    at(page, "add").click()
    at(page, "agent-id").fill(demo.app_id)
    at(page, "agent-sheet", "go").click()
    expect(at(page, "agent-sheet", "refusal")).to_contain_text("自己的编号")
    at(page, "agent-id").fill(provider.app_id)
    at(page, "agent-sheet", "go").click()
    row = at(page, "agents", "row").filter(has_text="服务商小店")
    expect(row).to_be_visible()

    body = {"amount": 4200, "currency": "CNY", "reference": "by-the-agent"}
    made = demo.call("POST", "/v1/payments", body, token=provider.key, acting_for=demo.app_id)
    row.click()
    act = at(page, "acts", "row")
    expect(act).to_contain_text("by-the-agent")
    expect(act).to_contain_text("42.00")
    assert fits(page)
    at(page, "revoke").click()
    at(page, "ask-yes").click()
    expect(at(page, "revoke")).to_have_count(0)
    expect(act).to_contain_text("by-the-agent")
    act.get_by_role("link").click()
    expect(page).to_have_url(re.compile(made["id"]))
    page.goto(address(demo, "agents"))
    expect(at(page, "add")).to_be_visible()
    expect(at(page, "agents")).to_have_count(0)
    page.locator("summary").click()
    expect(at(page, "past-agents")).to_contain_text("服务商小店")


def test_a_viewer_lets_nobody_act(screens: Screens, demo: Demo) -> None:
    wang = demo.known("wang")
    partner = demo.call("GET", "/v1/partners", token=wang.token)["items"][0]
    body = {"handle": "chen", "role": "viewer"}
    demo.call("POST", f"/v1/partners/{partner['id']}/members", body, token=wang.token)
    provider = demo.shop("想进来的店")
    page = opened(screens, demo, "agents", "chen")
    at(page, "add").click()
    at(page, "agent-id").fill(provider.app_id)
    at(page, "agent-sheet", "go").click()
    expect(at(page, "agent-sheet", "refusal")).to_contain_text("你的角色不能做这件事")
    path = f"/v1/apps/{demo.app_id}/agents"
    found = demo.call("GET", path, token=wang.token)["items"]
    assert provider.app_id not in [one["agent_app_id"] for one in found]


def test_a_rotation_that_ended_an_older_key_says_so_for_good(screens: Screens, demo: Demo) -> None:
    keys, token = f"/v1/apps/{demo.app_id}/keys", demo.known("wang").token
    oldest = demo.call("POST", keys, {"label": "three lives"}, token=token)
    leaked = demo.call("POST", f"{keys}/{oldest['id']}/rotation", {}, token=token)
    page = opened(screens, demo, "keys")
    row = at(page, "row").filter(has_text=leaked["key"][-4:])
    at(row, "rotate").click()
    at(page, "rotate-sheet", "go").click()
    expect(at(page, "secret")).to_contain_text(f"sk_test_…{oldest['key'][-4:]}")
    fresh = at(page, "secret-text").inner_text()
    at(page, "secret-kept").click()
    page.reload()
    row = at(page, "row").filter(has_text=f"sk_test_…{fresh[-4:]}").first
    expect(at(row, "ended-for")).to_contain_text(oldest["key"][-4:])


def test_what_is_typed_as_soon_as_a_form_opens_is_not_overwritten(
    screens: Screens, demo: Demo
) -> None:
    payment = demo.payment(10_000)
    demo.pay(payment, demo.known("lin"))
    page = opened(screens, demo, "payment", id=payment["id"])
    expect(at(page, "move-refund")).to_be_visible()

    page.evaluate(TYPED_AT_ONCE, ["move-refund", "amount-field", "10.25"])

    expect(at(page, "refund-sheet", "amount-field")).to_have_value("10.25")
