"""A shop's whole day through the unmodified SDK: session, cashier, webhook, refund, lists, replays."""

import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
import stripe

from changliao.db.migrate import Migration
from tests.conformance.test_stripe.refused import Ask, Refused, every_refusal, told_late
from tests.conformance.test_stripe.world import Side, StripeTown, heard, params
from tests.places import PostgresPlace, PostgresServer, quick_folder
from tests.wire.platform import Receiver, Someone


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
async def town(
    request: pytest.FixtureRequest, migrations: list[Migration]
) -> AsyncIterator[StripeTown]:
    """The whole day on both databases."""
    folder, place = quick_folder(), None
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        place = PostgresPlace(server.lend(migrations), migrations)
    town = await StripeTown(folder, place).start()
    yield town
    await town.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
async def side(town: StripeTown) -> Side:
    return await town.new_side()


@pytest.fixture(scope="module")
async def lin(town: StripeTown) -> Someone:
    return await town.person(money=1_000_000)


async def endpoint(side: Side, receiver: Receiver, *kinds: str) -> Any:
    """A webhook endpoint that hears of these."""
    said: Any = {"url": receiver.url, "enabled_events": list(kinds) or ["*"]}
    return await side.run(side.client.v1.webhook_endpoints.create, said)


async def test_session_cashier_webhook_refund(
    side: Side, lin: Someone, receiver: Receiver, town: StripeTown
) -> None:
    hook = await endpoint(side, receiver, "checkout.session.completed", "charge.refunded")
    session = await side.session(2500, client_reference_id="order-1", metadata={"a": "b"})
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.id.startswith("cs_test_") and session.payment_intent is None
    assert session.url.startswith(town.platform.settings.url + "/pay/pay_")
    assert (session.amount_total, session.currency) == (2500, "cny")

    await side.pays(lin, session.url)
    (headers, body), *_ = await heard(receiver, 1)

    event = stripe.Webhook.construct_event(body, headers["stripe-signature"], hook.secret)
    assert event.type == "checkout.session.completed"
    told = event.data.object
    assert (told.id, told.payment_status, told.metadata["a"]) == (session.id, "paid", "b")
    assert told.client_reference_id == "order-1"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(
            body.replace(b"2500", b"2501"), headers["stripe-signature"], hook.secret
        )

    now = await side.run(side.client.v1.checkout.sessions.retrieve, session.id)
    assert (now.status, now.payment_status, now.url) == ("complete", "paid", None)
    said: Any = {"payment_intent": now.payment_intent, "amount": 700, "metadata": {"why": "size"}}
    refund = await side.run(side.client.v1.refunds.create, said)
    assert (refund.status, refund.amount, refund.metadata["why"]) == ("succeeded", 700, "size")
    charge = await side.run(side.client.v1.charges.retrieve, refund.charge)
    assert (charge.amount_refunded, charge.refunded, charge.captured) == (700, False, True)
    (headers, body) = (await heard(receiver, 2))[1]
    event = stripe.Webhook.construct_event(body, headers["stripe-signature"], hook.secret)
    assert (event.type, event.data.object.amount_refunded) == ("charge.refunded", 700)
    again = await side.run(side.client.v1.events.retrieve, event.id)
    assert again.data.object.to_dict() == event.data.object.to_dict()
    await side.run(side.client.v1.webhook_endpoints.delete, hook.id)
    assert await town.wrong() == []


async def test_lists_page_by_themselves_both_ways(town: StripeTown, lin: Someone) -> None:
    side = await town.new_side()
    bought = await side.bought(lin, 5000)
    said: Any = {"payment_intent": bought.payment_intent, "amount": 10}
    made = [(await side.run(side.client.v1.refunds.create, said)).id for _ in range(7)]

    def walk(**said: Any) -> list[str]:
        wanted: Any = {"limit": 3, **said}
        page = side.client.v1.refunds.list(wanted)
        return [one.id for one in page.auto_paging_iter()]

    assert await side.run(walk) == made[::-1]
    assert await side.run(walk, payment_intent=bought.payment_intent) == made[::-1]
    assert await side.run(walk, ending_before=made[0]) == made[1:]
    page = await side.run(side.client.v1.refunds.list, {"limit": 3, "starting_after": made[3]})
    assert ([one.id for one in page.data], page.has_more) == (made[2::-1], False)


async def test_what_is_not_there_is_404_with_the_id(side: Side, town: StripeTown) -> None:
    other = await town.new_side()
    session = await other.session()
    ways = side.client.v1
    for call, their_id in (
        (ways.checkout.sessions.retrieve, session.id),
        (ways.checkout.sessions.retrieve, "cs_test_nobody"),
        (ways.payment_intents.retrieve, "pi_" + session.id[8:]),
        (ways.charges.retrieve, "ch_" + session.id[8:]),
        (ways.refunds.retrieve, "re_" + session.id[8:]),
        (ways.customers.retrieve, "cus_" + session.id[8:]),
        (ways.webhook_endpoints.retrieve, "we_" + session.id[8:]),
        (ways.events.retrieve, "evt_000000000000000101"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await side.run(call, their_id)
        error = refused.value
        assert (error.http_status, error.code) == (404, "resource_missing"), their_id
        assert their_id in str(error)


async def test_a_key_is_carried_out_once_and_its_answer_kept(side: Side, lin: Someone) -> None:
    bought = await side.bought(lin, 900)
    said: Any = {"payment_intent": bought.payment_intent, "amount": 100}
    options: Any = {"idempotency_key": "refund-once"}
    first = await side.run(side.client.v1.refunds.create, said, options)
    second = await side.run(side.client.v1.refunds.create, said, options)

    assert first.to_dict() == second.to_dict()
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    intent = await side.run(
        side.client.v1.payment_intents.retrieve,
        bought.payment_intent,
        {"expand": ["latest_charge"]},
    )
    assert intent.latest_charge.amount_refunded == 100
    with pytest.raises(stripe.IdempotencyError) as refused:
        await side.run(side.client.v1.refunds.create, said | {"amount": 101}, options)
    assert refused.value.http_status == 400

    other: Any = {"idempotency_key": "too-much"}
    for replayed in (None, "true"):
        with pytest.raises(stripe.InvalidRequestError) as large:
            await side.run(side.client.v1.refunds.create, said | {"amount": 801}, other)
        assert large.value.code == "amount_too_large"
        assert large.value.headers is not None
        assert large.value.headers.get("Idempotent-Replayed") == replayed


async def test_refunds_end_where_the_charge_does(side: Side, lin: Someone) -> None:
    refund = side.client.v1.refunds.create
    open_one = await side.session()
    unpaid: Any = {"payment_intent": "pi_" + open_one.id[8:]}
    bought = await side.bought(lin, 500)
    paid: Any = {"payment_intent": bought.payment_intent}
    for said, code in (
        (unpaid, "payment_intent_unexpected_state"),
        (paid | {"amount": 501}, "amount_too_large"),
        (paid | {"amount": 0}, "parameter_invalid_integer"),
        (paid | {"reason": "because"}, "parameter_invalid"),
        ({"charge": "ch_" + open_one.id[8:]}, "resource_missing"),
        ({"amount": 1}, "parameter_missing"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await side.run(refund, said)
        assert refused.value.code == code, said
    await side.run(refund, paid)
    with pytest.raises(stripe.InvalidRequestError) as again:
        await side.run(refund, paid)
    assert again.value.code == "charge_already_refunded"


def asked_by(side: Side, client: stripe.StripeClient) -> Ask:
    """What this client of the SDK raises."""

    async def ask(path: str, *values: Any, key: str = "") -> Refused | None:
        call: Any = client.v1
        for name in path.split("."):
            call = getattr(call, name)
        options = [{"idempotency_key": key}] if key else []
        try:
            await side.run(call, *values, *options)
        except stripe.StripeError as error:
            return type(error).__name__, error.code, error.http_status or 0
        return None

    return ask


async def test_every_refusal_is_an_error_of_its_own(side: Side, lin: Someone) -> None:
    places: Any = {"api": side.town.stripe_url}
    nobody = stripe.StripeClient("sk_test_nobody", base_addresses=places, max_network_retries=0)
    await every_refusal(side, lin, asked_by(side, side.client), asked_by(side, nobody))


async def test_a_webhook_stamped_long_ago_is_not_taken(
    slow_town: StripeTown, receiver: Receiver
) -> None:
    told = await told_late(slow_town, receiver)
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.Webhook.construct_event(*told)
    assert stripe.Webhook.construct_event(*told, tolerance=3600)


async def test_too_many_requests_are_told_when_to_come_again(town: StripeTown) -> None:
    side = await town.new_side()
    shop = side.shop
    path, rate = f"/v1/apps/{shop.app_id}/keys/{shop.key_id}/rate", {"per_s": 1, "burst": 1}
    await town.done("POST", path, rate, token=shop.owner.token)

    def hurry() -> None:
        for _ in range(5):
            side.client.v1.balance.retrieve()

    with pytest.raises(stripe.RateLimitError) as refused:
        await side.run(hurry)
    assert refused.value.headers is not None
    assert int(refused.value.headers["Retry-After"]) >= 1
    assert refused.value.headers["Stripe-Should-Retry"] == "true"


async def test_a_hold_is_captured_in_part_or_given_back(side: Side, lin: Someone) -> None:
    manual: Any = {"payment_intent_data": {"capture_method": "manual"}}
    session = await side.bought(lin, 1000, **manual)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    ways = side.client.v1.payment_intents
    held = await side.run(ways.retrieve, session.payment_intent)
    assert (held.status, held.amount_capturable) == ("requires_capture", 1000)
    taken = await side.run(ways.capture, held.id, {"amount_to_capture": 600})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 600, 0)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await side.run(ways.capture, held.id)
    assert refused.value.code == "payment_intent_unexpected_state"

    other = await side.bought(lin, 800, **manual)
    gone = await side.run(
        ways.cancel, other.payment_intent, {"cancellation_reason": "requested_by_customer"}
    )
    assert (gone.status, gone.cancellation_reason) == ("canceled", "requested_by_customer")
    charge = await side.run(side.client.v1.charges.retrieve, gone.latest_charge)
    assert (charge.captured, charge.refunded) == (False, True)


async def test_a_session_expires_and_is_not_paid_any_more(side: Side, lin: Someone) -> None:
    session = await side.session()
    gone = await side.run(side.client.v1.checkout.sessions.expire, session.id)
    assert (gone.status, gone.payment_status, gone.url) == ("expired", "unpaid", None)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await side.run(side.client.v1.checkout.sessions.expire, session.id)
    assert refused.value.http_status == 400
    paid = await side.bought(lin)
    with pytest.raises(stripe.InvalidRequestError):
        await side.run(side.client.v1.checkout.sessions.expire, paid.id)


async def test_what_a_session_sells_is_told_again(side: Side) -> None:
    items = params(120)["line_items"] + params(80)["line_items"]
    items[1]["quantity"] = 3
    session = await side.session(line_items=items, expand=["line_items"])
    assert session.amount_total == 360
    assert [one.amount_total for one in session.line_items.data] == [120, 240]
    page = await side.run(side.client.v1.checkout.sessions.line_items.list, session.id)
    assert [(one.description, one.quantity) for one in page.data] == [("Tea", 1), ("Tea", 3)]


async def test_customers_live_and_are_deleted(side: Side, lin: Someone) -> None:
    ways = side.client.v1.customers
    said: Any = {"email": "a@b.example", "name": "An", "address": {"city": "Xi'an"}}
    made = await side.run(ways.create, said | {"metadata": {"a": "1", "b": "2"}})
    assert (made.email, made.name, made.address.city) == ("a@b.example", "An", "Xi'an")
    changed = await side.run(ways.update, made.id, {"name": "Ann", "metadata": {"a": ""}})
    assert (changed.name, changed.metadata.to_dict()) == ("Ann", {"b": "2"})
    bought = await side.bought(lin, customer=made.id, expand=["customer"])
    assert bought.customer == made.id
    found = await side.run(ways.list, {"email": "a@b.example"})
    assert [one.id for one in found.data] == [made.id]
    assert (await side.run(ways.delete, made.id)).deleted is True
    assert (await side.run(ways.retrieve, made.id)).deleted is True
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await side.session(customer=made.id)
    assert refused.value.code == "resource_missing"


async def test_an_intent_is_paid_at_the_cashier(side: Side, lin: Someone, town: StripeTown) -> None:
    ways = side.client.v1.payment_intents
    said: Any = {"amount": 450, "currency": "cny", "metadata": {"order": "9"}}
    intent = await side.run(ways.create, said)
    assert intent.status == "requires_payment_method"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await side.run(ways.confirm, intent.id)
    assert (refused.value.code, refused.value.param) == ("parameter_missing", "return_url")
    home: Any = {"return_url": "https://shop.example/back?x=1"}
    waiting = await side.run(ways.confirm, intent.id, home)
    assert waiting.status == "requires_action"
    paid = await side.pays(lin, waiting.next_action.redirect_to_url.url)
    answer = await town.client.get(paid["return_to"], follow_redirects=False)
    assert answer.status_code == 404, "the native host knows no way back"
    with pytest.raises(stripe.InvalidRequestError) as late:
        await side.run(ways.confirm, intent.id, home)
    assert late.value.code == "payment_intent_unexpected_state"
    done = await side.run(ways.retrieve, intent.id)
    assert (done.status, done.metadata.to_dict()) == ("succeeded", {"order": "9"})


async def test_the_balance_and_no_payouts(town: StripeTown, lin: Someone) -> None:
    side = await town.new_side()
    bought = await side.bought(lin, 1234)
    await side.run(
        side.client.v1.refunds.create, {"payment_intent": bought.payment_intent, "amount": 34}
    )
    balance = await side.run(side.client.v1.balance.retrieve)
    assert [(one.amount, one.currency) for one in balance.available] == [(1200, "cny")]
    assert (await side.run(side.client.v1.payouts.list)).data == []
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await side.run(side.client.v1.payouts.create, {"amount": 1, "currency": "cny"})
    assert refused.value.code == "payouts_not_allowed"


async def test_every_movement_is_a_balance_transaction(town: StripeTown, lin: Someone) -> None:
    side = await town.new_side()
    bought = [await side.bought(lin, 100 * number) for number in range(1, 8)]
    part: Any = {"payment_intent": bought[0].payment_intent, "amount": 1}
    given = [await side.run(side.client.v1.refunds.create, part) for _ in range(3)]
    ways = side.client.v1.balance_transactions

    def walk(**said: Any) -> list[Any]:
        wanted: Any = {"limit": 3, **said}
        return list(ways.list(wanted).auto_paging_iter())

    every = await side.run(walk)
    assert [one.amount for one in every] == [-1] * 3 + [100 * number for number in range(7, 0, -1)]
    assert [one.id for one in every[:3]] == [one.balance_transaction for one in reversed(given)]
    up = await side.run(walk, ending_before=every[-1].id)
    assert [one.id for one in up] == [one.id for one in reversed(every[:-1])]
    assert len(await side.run(walk, type="refund")) == 3
    charge = await side.run(
        side.client.v1.charges.retrieve,
        every[-1].source,
        {"expand": ["balance_transaction"]},
    )
    assert (charge.balance_transaction.net, charge.balance_transaction.fee) == (100, 0)
    one = await side.run(walk, source=every[-1].source)
    assert [line.id for line in one] == [every[-1].id]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await side.run(ways.retrieve, "txn_" + bought[0].id[8:])
    assert refused.value.http_status == 404


async def test_keys_are_those_of_the_app_and_of_one_that_was_opened(
    side: Side, town: StripeTown
) -> None:
    stranger = stripe.StripeClient("sk_test_nobody", base_addresses={"api": town.stripe_url})
    with pytest.raises(stripe.AuthenticationError):
        await side.run(stranger.v1.balance.retrieve)
    unopened = await town.shop()
    client = stripe.StripeClient(unopened.key, base_addresses={"api": town.stripe_url})
    with pytest.raises(stripe.PermissionError):
        await side.run(client.v1.balance.retrieve)


async def test_events_are_told_from_facts(town: StripeTown, lin: Someone) -> None:
    side = await town.new_side()
    bought = await side.bought(lin, 300)
    await side.run(side.client.v1.refunds.create, {"payment_intent": bought.payment_intent})

    def walk(**said: Any) -> list[Any]:
        wanted: Any = {"limit": 2, **said}
        return list(side.client.v1.events.list(wanted).auto_paging_iter())

    events = await side.run(walk)
    assert [one.type for one in reversed(events)] == [
        "payment_intent.created",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.succeeded",
        "refund.created",
        "charge.refunded",
        "charge.refund.updated",
        "refund.updated",
    ]
    by_type = {one.type: one.data.object for one in events}
    assert by_type["payment_intent.created"].status == "requires_payment_method"
    assert by_type["charge.succeeded"].amount_refunded == 0
    assert by_type["charge.refunded"].refunded is True
    assert by_type["refund.created"].status == "pending"
    some = await side.run(walk, types=["refund.created", "charge.refunded"])
    assert [one.type for one in some] == ["charge.refunded", "refund.created"]
    later = await side.run(walk, ending_before=events[3].id)
    assert [one.id for one in later] == [one.id for one in reversed(events[:3])]
