"""The routes of signing a computer in by a phone: what the computer shows and waits for, what the phone
scans and answers."""

import secrets

import segno

from changliao.bus.outbox import News
from changliao.db.db import Db
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value, View
from changliao.people.api.guard import PersonGuard
from changliao.people.model import SignedIn
from changliao.people.model.scans import (
    AskAnswer,
    AskCode,
    AskScan,
    CodeNotFound,
    CodeOver,
    CodeState,
    SignInCode,
    WrongNumber,
)
from changliao.people.rules.devices import agent_of, first_half
from changliao.people.rules.scans import state_of
from changliao.people.service import scans as service
from changliao.people.service import token_hash
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.http import monotonic_s
from changliao.wire.limits import Buckets
from changliao.wire.refusals import RateLimited
from changliao.wire.routes import CREATED, EMPTY, Param, Routes

PER_S, BURST = 1, 30
"""How often computers at one address may show a code: many may stand behind it."""
WAIT_MAX_S = 25
LOOK_AGAIN_S = 2


class ShownCodeView(View, frozen=True):
    """What the computer shows. `code` is what the phone scans, in `qr_url` as a picture; `number` is shown
    beside it and in nothing that is scanned. `secret` stays with the computer."""

    id: str
    code: str
    url: str
    qr_url: str
    number: int
    secret: str
    expires_at: str


class CodeView(View, frozen=True):
    """How a code stands, for the computer that shows it."""

    state: CodeState
    expires_at: str


class CodeBody(Value, frozen=True, forbid_unknown_fields=True):
    """What the phone has scanned."""

    code: str


class NumberBody(Value, frozen=True, forbid_unknown_fields=True):
    """The number on the computer's screen; null: that is not my computer."""

    number: int | None


class ScanView(View, frozen=True):
    """What the phone shows of the computer: what kind it is, the first half of its address, and since when
    its code is on the screen. `same_network`: it goes out by the same address as the phone."""

    id: str
    device: str
    place: str
    same_network: bool
    asked_at: str
    expires_at: str


def routes(db: Db, news: News, guard: PersonGuard, site_url: str) -> Routes:
    """Everything under /v1/sign-in-codes and /v1/scans."""
    api, buckets = Routes("People"), Buckets()

    @api.post("/v1/sign-in-codes", answers=ShownCodeView, status=CREATED, refuses=(RateLimited,))
    async def show_code(call: Call) -> ShownCodeView:
        """Show a code on this computer, for a phone that is signed in.

        It lives 60 seconds and works once. Wait for the phone with GET, then POST /v1/sessions with
        `sign_in_code`.
        """
        buckets.take(call.client_ip, PER_S, BURST)
        code, secret = secrets.token_urlsafe(18), "sis_" + secrets.token_urlsafe(32)
        agent = agent_of(call.header("user-agent"))
        ask = AskCode(token_hash(code), token_hash(secret), agent, call.client_ip)
        made = await db.write(service.show_code, ask)
        url = f"{site_url}/s/{code}"
        picture = segno.make(url, error="m", micro=False)
        return ShownCodeView(
            made.id,
            code,
            url,
            picture.svg_data_uri(scale=8, border=2, svgclass=None, lineclass=None),
            made.number,
            secret,
            rfc3339(Instant(made.expires_at)),
        )

    @api.get(
        "/v1/sign-in-codes/{id}",
        answers=CodeView,
        params=(
            Param("seen", "The `state` one knows; with `wait`, answers when there is another."),
            Param("wait", "Seconds to wait for one, at most 25.", int),
        ),
        refuses=(CodeNotFound,),
    )
    async def look(call: Call, code_id: str) -> CodeView:
        """How the code stands, for the computer that shows it: `Authorization: Bearer` with its secret."""
        hashed, seen = token_hash(call.bearer), call.param("seen")
        until = monotonic_s() + (call.number("wait", 0, WAIT_MAX_S) if seen else 0)
        while True:
            found = await db.read(service.shown_code, code_id, hashed)
            now = db.clock()
            state, left_s = state_of(found, now), until - monotonic_s()
            if state != seen or left_s <= 0:
                return CodeView(state, rfc3339(Instant(found.expires_at)))
            await news.wait_about(min(left_s, LOOK_AGAIN_S), code_id)

    @api.post(
        "/v1/scans",
        guard=guard,
        body=CodeBody,
        answers=ScanView,
        status=CREATED,
        refuses=(CodeNotFound, CodeOver),
    )
    async def scan(call: Call, body: CodeBody) -> ScanView:
        """Say that one has scanned a computer's code, and learn which computer it is.

        From now on nobody else can answer it.
        """
        who: SignedIn = call.who
        code = await db.write(service.scan_code, AskScan(who.person.id, token_hash(body.code)))
        return shown(code, call.client_ip)

    @api.put(
        "/v1/scans/{id}/answer",
        guard=guard,
        body=NumberBody,
        status=EMPTY,
        refuses=(CodeNotFound, CodeOver, WrongNumber),
    )
    async def answer(call: Call, code_id: str, body: NumberBody) -> Answer:
        """Sign the computer in by the number it shows. Another number ends the code, and so does null."""
        who: SignedIn = call.who
        said = await db.write(service.answer_code, AskAnswer(who.person.id, code_id, body.number))
        if isinstance(said, Refusal):
            raise said
        return DONE

    return api


def shown(code: SignInCode, phone_address: str) -> ScanView:
    """What the phone shows of the computer."""
    return ScanView(
        code.id,
        code.agent,
        first_half(code.address),
        code.address == phone_address,
        rfc3339(Instant(code.created_at)),
        rfc3339(Instant(code.expires_at)),
    )
