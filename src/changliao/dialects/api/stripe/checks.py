"""The self-check of a shop: its keys, each endpoint by a signed test event, its clock, the last request."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

import msgspec

from changliao.dialects import hooks
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.api.stripe import told
from changliao.dialects.model import Account, Hook
from changliao.dialects.port import Check
from changliao.kernel.instant import SECOND_US
from changliao.partners import service as partners
from changliao.wire.outbound import Told

TOLERANCE_S = 300
"""How old a webhook may be for the SDKs (their default)."""
EXCERPT = 100

Signed = Callable[[Hook, str], dict[str, str]]


async def all_of(ground: Ground, account: Account, headers: Signed) -> list[Check]:
    """Every line. Shops are sent an event of a type that none acts on; nothing else is written."""
    registered = await ground.db.read(hooks.hooks_of, account.id)
    found = [await _keys(ground, account)]
    for hook in registered:
        if hook.state == "enabled":
            found += await _endpoint(ground, hook, headers)
    if not registered:
        says = "No webhook endpoint is registered: POST /v1/webhook_endpoints makes one."
        found.append(Check("callback", False, says, "no_endpoint"))
    return [*found, _request(ground, account)]


async def _keys(ground: Ground, account: Account) -> Check:
    keys = await ground.db.read(partners.keys_of, account.app_id)
    now = ground.db.clock()
    live = [
        one
        for one in keys
        if one.mode == account.mode and (not one.expires_at or one.expires_at > now)
    ]
    figures = {"count": str(len(live)), "mode": account.mode}
    if not live:
        says = f"This app has no key sk_{account.mode}_… that is good."
        return Check("keys", False, says, "no_keys", figures)
    says = f"Keys sk_{account.mode}_… of this app that are good: {len(live)}."
    return Check("keys", True, says, "keys_good", figures)


async def _endpoint(ground: Ground, hook: Hook, headers: Signed) -> list[Check]:
    """What the endpoint answered; and, where it shows one, its clock."""
    body = _event(hook, ground.db.clock())
    heard = await ground.outbound.post(hook.url, body.encode(), headers(hook, body))
    found = [_callback(hook.url, heard)]
    off = _ahead_s(heard.date, ground.db.clock())
    return found if off is None else [*found, _clock(hook.url, off)]


def _event(hook: Hook, now: int) -> str:
    event = {
        "id": "evt_test_webhook",
        "object": "event",
        "api_version": hook.version or told.API_VERSION,
        "created": n.seconds(now),
        "data": {"object": {"object": "changliao.test"}},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "changliao.test",
    }
    return msgspec.json.encode(event).decode()


def _callback(url: str, heard: Told) -> Check:
    figures = {
        "url": url,
        "status": str(heard.status),
        "trouble": heard.trouble,
        "excerpt": heard.excerpt[:EXCERPT],
    }
    if heard.trouble:
        says = f"{url} could not be told: {heard.trouble}"
        return Check("callback", False, says, "callback_fails", figures)
    says = f"{url} answered {heard.status}: {heard.excerpt[:EXCERPT]!r}"
    return Check("callback", True, says, "callback_answers", figures)


def _clock(url: str, off_s: int) -> Check:
    figures = {"url": url, "seconds": str(off_s)}
    if abs(off_s) > TOLERANCE_S:
        says = (
            f"The clock at {url} is {off_s} s off; its SDK refuses webhooks past {TOLERANCE_S} s."
        )
        return Check("clock", False, says, "their_clock_off", figures)
    says = f"The clock at {url} is {off_s} s off, which is fine."
    return Check("clock", True, says, "their_clock_fine", figures)


def _ahead_s(date: str, now: int) -> int | None:
    """How far the `Date` of an answer is ahead of us; None when it is none."""
    try:
        shown = parsedate_to_datetime(date)
        return round(shown.timestamp()) - now // SECOND_US if shown.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def _request(ground: Ground, account: Account) -> Check:
    heard = ground.diary.of(account.id)
    if not heard:
        says = "No request with a good key has come here since the server started."
        return Check("last_request", False, says, "no_request")
    last = heard[0]
    figures = {"what": last.what, "trouble": last.trouble}
    if last.trouble:
        says = f"{last.what} was refused: {last.trouble}"
        return Check("last_request", False, says, "request_refused", figures)
    return Check("last_request", True, f"{last.what} was answered.", "request_answered", figures)
