"""The self-check of a shop that speaks Stripe; in a town whose clock nobody puts forward."""

from typing import Any

import aiohttp.web
import pytest
import stripe

from tests.conformance.test_stripe.world import Side, StripeTown
from tests.wire.platform import Receiver


async def hook(side: Side, receiver: Receiver, *kinds: str) -> Any:
    said: Any = {"url": receiver.url, "enabled_events": list(kinds)}
    return await side.run(side.client.v1.webhook_endpoints.create, said)


async def test_the_self_check_calls_the_shop(town: StripeTown, receiver: Receiver) -> None:
    side = await town.new_side()
    path = f"/v1/dialects/{side.account['id']}/checks"
    told = await town.done("POST", path, token=side.shop.key)
    assert [(one["name"], one["well"], one["code"]) for one in told["items"]] == [
        ("keys", True, "keys_good"),
        ("callback", False, "no_endpoint"),
        ("last_request", False, "no_request"),
    ]
    made = await hook(side, receiver, "charge.refunded")
    told = await town.done("POST", path, token=side.shop.key)
    assert told["well"] is True
    headers, body = receiver.heard[0]
    event = stripe.Webhook.construct_event(body, headers["stripe-signature"], made.secret)
    assert event.type == "changliao.test"
    with pytest.raises(stripe.InvalidRequestError):
        await side.run(side.client.v1.charges.retrieve, "ch_1")
    told = await town.done("POST", path, token=side.shop.key)
    assert told["items"][-1]["code"] == "request_refused"
    assert told["items"][-1]["figures"] == {
        "what": "GET /v1/charges/ch_1",
        "trouble": "No such charge: 'ch_1'",
    }


@pytest.mark.parametrize(
    ("date", "code", "seconds"),
    [
        ("Thu, 01 Jan 2026 00:00:00 GMT", "their_clock_off", "-"),
        ("", "", ""),
        ("yesterday", "", ""),
        ("Thu, 01 Jan 99999 00:00:00 GMT", "", ""),
    ],
)
async def test_the_clock_is_that_of_the_shops_answer(
    town: StripeTown, receiver: Receiver, date: str, code: str, seconds: str
) -> None:
    side = await town.new_side()
    await hook(side, receiver, "charge.refunded")
    receiver.answers.append(aiohttp.web.Response(headers={"date": date}))
    path = f"/v1/dialects/{side.account['id']}/checks"
    told = await town.done("POST", path, token=side.shop.key)
    clocks = [one for one in told["items"] if one["name"] == "clock"]
    assert [one["code"] for one in clocks] == ([code] if code else [])
    assert all(one["figures"]["seconds"].startswith(seconds) for one in clocks)
    receiver.answers.append(aiohttp.web.Response(status=503))
    told = await town.done("POST", path, token=side.shop.key)
    assert [(one["name"], one["code"]) for one in told["items"][1:3]] == [
        ("callback", "callback_fails"),
        ("clock", "their_clock_fine"),
    ]
