"""What a shop pays to a person waits in the wallet until the person takes it or does not."""

import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screens
from tests.browser.demo import Demo, Person
from tests.browser.marks import at

pytestmark = pytest.mark.browser


def offered(demo: Demo, person: Person, amount: int) -> Any:
    """The demo's shop pays this person, if the person likes."""
    demo.paid(amount, demo.known("lin"))  # So that the shop has something.
    body = {"amount": amount, "currency": "CNY", "person": person.handle, "description": "奖金"}
    body |= {"reference": secrets.token_hex(5), "needs_acceptance": True}
    return demo.call("POST", "/v1/transfers", body, token=demo.key)


def test_a_person_takes_one_and_declines_the_other(screens: Screens, demo: Demo) -> None:
    person = demo.person()
    took, left = offered(demo, person, 300), offered(demo, person, 200)
    page = screens.page("phone", person)
    page.goto(f"{demo.url}/wallet")
    expect(at(page, "incoming")).to_have_count(2)
    at(page, "incoming").filter(has_text="3.00").locator("[data-test=incoming-accept]").click()
    expect(at(page, "incoming")).to_have_count(1)
    at(page, "incoming-decline").click()
    expect(at(page, "incoming")).to_have_count(0)
    assert demo.balance(person) == 300
    look = [demo.call("GET", f"/v1/transfers/{one['id']}", token=demo.key) for one in (took, left)]
    assert [one["status"] for one in look] == ["succeeded", "declined"]
    assert screens.complaints == []
