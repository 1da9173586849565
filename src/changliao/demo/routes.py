"""The desk's routes: the page, one-click sign-in, what happens live. Only the demo has them."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from changliao.bus import outbox
from changliao.bus.outbox import News
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.demo.world import PIN, World
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.ledger import service as ledger
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import PaymentNotFound
from changliao.people import service as people
from changliao.people.model import AskSession
from changliao.wire.assets import assets_of
from changliao.wire.call import Answer, Call
from changliao.wire.http import monotonic_s, same_site
from changliao.wire.refusals import RouteNotFound
from changliao.wire.routes import EMPTY, Routes

SESSION_S = 12 * 3600
_ROWS_MAX = 200
_BEGIN_FACTS, _BEGIN_TRANSFERS, _BEGIN_DELIVERIES = 12, 8, 8


class SignInBody(Value, frozen=True):
    """Whom to be."""

    handle: str


class Desk(View, frozen=True):
    """What the desk needs to know to begin."""

    shop_url: str
    platform_url: str
    pin: str
    people: list[dict[str, str]]
    app_id: str
    cursor: str


class Scanned(View, frozen=True):
    """What a phone knows once it has scanned the shop's code."""

    id: str
    status: str
    cashier_url: str


class Live(View, frozen=True):
    """What happened since the cursor."""

    cursor: str
    facts: list[dict[str, Any]]
    transfers: list[dict[str, Any]]
    tries: list[dict[str, Any]]


def routes(
    db: Db,
    news: News,
    world: Callable[[], World | None],
    theirs: Callable[[str], Awaitable[bool]],
    over: Callable[[], bool],
    *,
    secure: bool,
) -> Routes:
    """Everything under /demo, and the desk as the first page. Payments that are `theirs` are for people of
    the street and not for the desk's phone. Nobody waits once it is `over`."""
    desk = Routes("Demo")
    assets = assets_of("changliao", "client")

    def known() -> World:
        found = world()
        if found is None:
            raise RouteNotFound
        return found

    @desk.get("/", page=True)
    @desk.get("/demo", page=True)
    async def page(call: Call) -> Answer:
        """The desk; the only page that shows another site, the shop, in a frame."""
        return assets.page("demo.html", frames=[known().shop_url])

    @desk.get("/demo/desk", page=True)
    async def start(call: Call) -> Desk:
        """Who is there, where the shop is, where the news begin."""
        here = known()
        found = await db.read(_people, here)
        cursor = await db.read(_begin, here)
        return Desk(here.shop_url, here.platform_url, PIN, found, here.app_id, cursor)

    @desk.post("/demo/sign_in", body=SignInBody, page=True)
    async def sign_in(call: Call, body: SignInBody) -> Answer:
        """Be one of the demo's people by one click."""
        same_site(call)
        person_id = known().person_ids.get(body.handle)
        if person_id is None:
            raise RouteNotFound
        token = "pst_" + secrets.token_urlsafe(32)
        ask = AskSession(
            person_id, people.token_hash(token), "cookie", "demo desk", call.client_ip, SESSION_S
        )
        await db.write(people.open_session, ask)
        cookie = (
            f"changliao_session={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={SESSION_S}"
            + ("; Secure" if secure else "")
        )
        return Answer(status=EMPTY, headers=(("set-cookie", cookie),))

    @desk.get("/demo/payments/{id}", page=True)
    async def scan(call: Call, payment_id: str) -> Scanned:
        """Scan the shop's code: the cashier's address of one of its payments."""
        here = known()
        payment = await db.read(pay.payment, payment_id)
        if payment.app_id != here.app_id or await theirs(payment_id):
            raise PaymentNotFound(field="id")
        token = pay.cashier_token(db.vault, payment.id)
        url = f"{here.platform_url}/pay/{payment.id}?t={token}"
        return Scanned(payment.id, payment.status, url)

    @desk.get("/demo/live", page=True)
    async def live(call: Call) -> Live:
        """What happened since the cursor; waits up to 20 s for something to happen."""
        fact, transfer, one_try = _cursor(call.param("after"))
        until = monotonic_s() + 20
        while True:
            found = await db.read(_since, fact, transfer, one_try)
            if found.facts or found.transfers or found.tries or over() or monotonic_s() >= until:
                return found
            await news.wait(1.0)

    return desk


def _cursor(text: str) -> tuple[int, int, str]:
    parts = text.split(".")
    if len(parts) != 3 or not (parts[0].isdigit() and parts[1].isdigit()):
        return 0, 0, ""
    return int(parts[0][:18]), int(parts[1][:18]), parts[2][:40]


def _people(reader: Reader, world: World) -> list[dict[str, str]]:
    found = []
    for handle, person_id in world.person_ids.items():
        person = people.person(reader, person_id)
        assert person is not None
        found.append({"handle": handle, "name": person.name, "locale": person.locale})
    return found


def _begin(reader: Reader, world: World) -> str:
    """The cursor a little before now, so that a desk that opens is not empty."""
    recent = partners.deliveries_of(reader, world.endpoint_id, "", _BEGIN_DELIVERIES)
    tries = partners.tries_of(reader, recent[-1].id) if len(recent) == _BEGIN_DELIVERIES else []
    fact = max(0, outbox.newest_seq(reader) - _BEGIN_FACTS)
    transfer = max(0, ledger.newest_seq(reader) - _BEGIN_TRANSFERS)
    return f"{fact}.{transfer}.{tries[0].id if tries else ''}"


def _since(reader: Reader, fact: int, transfer: int, one_try: str) -> Live:
    """What came after the three cursors."""
    facts = outbox.facts_after(reader, fact, _ROWS_MAX)
    transfers = ledger.transfers_since(reader, transfer, _ROWS_MAX)
    tries = partners.tries_since(reader, one_try, _ROWS_MAX)
    names = {
        account_id: ledger.get_account(reader, account_id)
        for row in transfers
        for account_id in (row.debit, row.credit)
    }
    told = _told(reader, {row.endpoint_id for row in tries})
    cursor = (
        f"{facts[-1].seq if facts else fact}."
        f"{transfers[-1].seq if transfers else transfer}."
        f"{tries[-1].id if tries else one_try}"
    )
    return Live(
        cursor,
        [
            {
                "sequence": row.seq,
                "kind": row.kind,
                "about": row.about,
                "at": rfc3339(Instant(row.at)),
                "data": msgspec.json.decode(row.body),
            }
            for row in facts
        ],
        [
            {
                "sequence": row.seq,
                "kind": row.kind,
                "code": row.code,
                "amount": row.amount,
                "currency": row.currency,
                "mode": row.mode,
                "debit": _named(reader, names[row.debit].owner, names[row.debit].code),
                "credit": _named(reader, names[row.credit].owner, names[row.credit].code),
                "ref": row.ref,
                "at": rfc3339(Instant(row.written_at)),
            }
            for row in transfers
        ],
        [
            {
                "id": row.id,
                "delivery_id": row.delivery_id,
                "kind": told.get(row.delivery_id, ("", ""))[0],
                "about": told.get(row.delivery_id, ("", ""))[1],
                "number": row.number,
                "status": row.status,
                "trouble": row.trouble,
                "took_ms": row.took_ms,
                "at": rfc3339(Instant(row.at)),
            }
            for row in tries
        ],
    )


def _told(reader: Reader, endpoint_ids: set[str]) -> dict[str, tuple[str, str]]:
    """What the newest deliveries to these endpoints told: their kind, and what they are about."""
    return {
        delivery.id: (delivery.kind, delivery.about)
        for endpoint_id in endpoint_ids
        for delivery in partners.deliveries_of(reader, endpoint_id, "", _ROWS_MAX)
    }


def _named(reader: Reader, owner: str, code: str) -> dict[str, str]:
    """An account's owner in words."""
    person = people.person(reader, owner) if owner.startswith("per_") else None
    app = partners.app(reader, owner) if owner.startswith("app_") else None
    return {"owner": person.name if person else app.name if app else owner, "code": code}
