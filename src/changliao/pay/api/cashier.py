"""Routes for the cashier: what is to be paid, to whom, from which wallet; and paying it."""

import zlib
from collections.abc import Awaitable, Callable
from typing import Literal
from urllib.parse import urlencode

from changliao.bus.outbox import News
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.instant import SECOND_US, Instant, rfc3339
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import View
from changliao.partners import service as partners
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.api import show
from changliao.pay.model import Combined, Mode, Payment, Status
from changliao.people import service as people
from changliao.people.model import SignedIn
from changliao.people.service import passkeys
from changliao.rails import service as rails_service
from changliao.rails.model import Attempt, NothingToGiveUp
from changliao.wallet import service as wallet
from changliao.wire.call import Answer, Call
from changliao.wire.http import monotonic_s
from changliao.wire.qr import picture
from changliao.wire.routes import Guard, Param, Routes
from changliao.wire.sign import base64url, ed25519_public, ed25519_raw

WAIT_MAX_S = 25
"""How long a request may wait for news of a payment."""
LOOK_AGAIN_S = 2
"""How soon it looks by itself: time passes without a fact, and other processes commit too."""


class ShopView(View, frozen=True):
    """Who is paid."""

    name: str
    app_name: str


class PayerWalletView(View, frozen=True):
    """The wallet that would pay, in minor units."""

    mode: Mode
    balance: int
    available: int
    currency: str


class PayerView(View, frozen=True):
    """Who would pay."""

    name: str
    handle: str
    has_pin: bool
    pin_locked_until: str | None
    has_passkey: bool
    paid_this: bool
    wallet: PayerWalletView


class CashierAttemptView(View, frozen=True):
    """The last try on a rail. Where one pays at the rail's own page or by scanning its code, `pay_by`
    says which; `pay_url` is the page, and GET /v1/cashier/{id}/rail_qr.svg the code."""

    status: str
    method: str
    reason: str
    pay_by: Literal["page", "scan"] | None
    pay_url: str | None


class CashierPaymentView(View, frozen=True):
    """What is to be paid."""

    id: str
    status: Status
    amount: int
    currency: str
    captured_amount: int
    refunded_amount: int
    description: str
    reference: str
    expires_at: str
    mode: Mode
    capture: Literal["auto", "manual"]
    method: str | None
    reason: str | None


class CashierPartView(View, frozen=True):
    """One payment of a combined one."""

    id: str
    shop: ShopView
    amount: int
    description: str
    reference: str


class CashierView(View, frozen=True):
    """All that the cashier shows. `payment` is what is paid as a whole; a combined one lists its
    `parts` and is confirmed at /v1/combined_payments/{id}/confirmation. `version` changes when
    anything of it does; `return_to` is the shop's address with how the payment stands, signed: `open`
    for a person who leaves unpaid."""

    version: str
    payment: CashierPaymentView
    shop: ShopView
    methods: list[show.MethodView]
    me: PayerView | None
    attempt: CashierAttemptView | None
    return_to: str | None
    parts: list[CashierPartView]


class Brought(View, frozen=True):
    """What the cashier's page brings along, so that its script need not ask before it can be used."""

    at: str
    view: CashierView


class Site(View, frozen=True):
    """What the cashier must know of the installation."""

    url: str
    signing_seed: bytes


def cashier_url(db: Db, site_url: str) -> Callable[[str], str]:
    """The address of a payment's cashier: its id and its own 128-bit token."""

    def of(payment_id: str) -> str:
        return f"{site_url}/pay/{payment_id}?t={service.cashier_token(db.vault, payment_id)}"

    return of


Asked = Payment | Combined
"""What a cashier asks for."""


def return_to(payment: Asked, status: Status, seed: bytes, now: int) -> str | None:
    """The shop's return address with payment, status, time and an Ed25519 signature over
    `payment_id.status.timestamp`. For show: a shop believes the webhook or GET.

    One shape for every status, so that a shop never takes a bare address for "paid": who leaves
    before paying brings `status=open`, and may come back to the cashier."""
    if not payment.return_url:
        return None
    timestamp = str(now // SECOND_US)
    content = f"{payment.id}.{status}.{timestamp}".encode()
    query = urlencode(
        {
            "payment_id": payment.id,
            "status": status,
            "timestamp": timestamp,
            "signature": base64url(ed25519_raw(seed, content)),
        }
    )
    joint = "&" if "?" in payment.return_url else "?"
    base, hash_, fragment = payment.return_url.partition("#")
    return f"{base}{joint}{query}{hash_}{fragment}"


def show_payment(payment: Payment, status: Status) -> CashierPaymentView:
    """A payment, in the status that it has for whoever looks now."""
    return shown(payment, status, payment.captured_amount, payment.refunded_amount, payment.capture)


def show_combined(combined: Combined, parts: list[Payment], status: Status) -> CashierPaymentView:
    captured = sum(part.captured_amount for part in parts)
    return shown(combined, status, captured, sum(part.refunded_amount for part in parts), "auto")


def shown(
    payment: Asked,
    status: Status,
    captured_amount: int,
    refunded_amount: int,
    capture: Literal["auto", "manual"],
) -> CashierPaymentView:
    """What is to be paid, single or combined."""
    return CashierPaymentView(
        payment.id,
        status,
        payment.amount,
        payment.currency,
        captured_amount,
        refunded_amount,
        payment.description,
        payment.reference,
        rfc3339(Instant(payment.expires_at)),
        payment.mode,
        capture,
        payment.method or None,
        payment.reason or None,
    )


def _view(
    reader: Reader, payment_id: str, who: SignedIn | None, seed: bytes, now: int
) -> CashierView:
    payment = asked_for(reader, payment_id)
    parts = service.parts_of(reader, payment) if isinstance(payment, Combined) else []
    status: Status = payment.status
    if status == "open" and payment.expires_at <= now:
        status = "expired"  # The sweep will write it down within a second.
    last = _last_try(payment, rails_service.attempts_about(reader, payment.id))
    apps = sorted({part.app_id for part in parts}) or [payment.app_id]
    methods = service.common_methods(reader, apps, payment.mode)
    me = _payer(reader, payment, who, now) if who else None
    tried = _show_try(last, now) if last else None
    mine = f"{me.wallet.available}.{me.has_pin:d}{me.has_passkey:d}{me.paid_this:d}" if me else "-"
    version = (
        f"{mine}.{payment.version}.{status}.{last.state if last else ''}{_mark(tried)}."
        + ".".join(f"{one.method[:3]}{one.state[0]}" for one in methods)
    )
    return CashierView(
        version,
        show_combined(payment, parts, status)
        if isinstance(payment, Combined)
        else show_payment(payment, status),
        _shop(reader, payment.app_id),
        [show.show_method(one) for one in methods],
        me,
        tried,
        return_to(payment, status, seed, now),
        [
            CashierPartView(
                part.id,
                _shop(reader, part.app_id),
                part.amount,
                part.description,
                part.reference,
            )
            for part in parts
        ],
    )


def asked_for(reader: Reader, asked_id: str) -> Asked:
    """The payment or combination with this id."""
    if asked_id.startswith("cmb_"):
        return service.combined(reader, asked_id)
    return service.payment(reader, asked_id)


def _shop(reader: Reader, app_id: str) -> ShopView:
    app = partners.app(reader, app_id)
    partner = partners.partner(reader, app.partner_id) if app else None
    return ShopView(partner.name if partner else "", app.name if app else "")


def _last_try(payment: Asked, attempts: list[Attempt]) -> Attempt | None:
    """The newest try to pay. Money that came late is on its way back: it paid nothing, and neither it
    nor its way back is a try."""
    tries = [one for one in attempts if one.direction == "in"]
    last = tries[-1] if tries else None
    late = last is not None and last.state == "succeeded" and last.id != payment.attempt_id
    return None if late else last


def _show_try(last: Attempt, now: int) -> CashierAttemptView:
    """A try, with the rail's page as long as its payer may go there."""
    url = last.pay_url if now < last.until else ""
    page = url.startswith(("https://", "http://"))
    return CashierAttemptView(
        last.state,
        last.rail,
        last.reason,
        ("page" if page else "scan") if url else None,
        url if page else None,
    )


def _mark(tried: CashierAttemptView | None) -> str:
    """A few letters that change with the rail's page, whose address may be signed anew."""
    url = tried.pay_url or tried.pay_by or "" if tried else ""
    return f"{zlib.crc32(url.encode()):x}" if url else ""


def _payer(reader: Reader, payment: Asked, who: SignedIn, now: int) -> PayerView:
    pin = people.pin_of(reader, who.person.id)
    locked = pin is not None and pin.locked_until > now
    purse = wallet.wallet_in(reader, who.person.id, payment.currency, payment.mode)
    balance, available = (purse.balance, purse.available) if purse else (0, 0)
    return PayerView(
        who.person.name,
        who.person.handle,
        pin is not None,
        rfc3339(Instant(pin.locked_until)) if pin is not None and locked else None,
        passkeys.has_passkey(reader, who.person.id),
        payment.payer == who.person.id,
        PayerWalletView(payment.mode, balance, available, payment.currency),
    )


def bring(
    db: Db, maybe_person: Callable[[Call], Awaitable[SignedIn | None]], site: Site
) -> Callable[[Call, str], Awaitable[Brought | None]]:
    """What the page of a payment brings along; None for one that opens nothing, of which it tells
    when it has asked for itself."""

    async def brought(call: Call, payment_id: str) -> Brought | None:
        now = db.clock()
        try:
            service.check_token(db.vault, payment_id, call.param("t"))
            who = await maybe_person(call)
            view = await db.read(_view, payment_id, who, site.signing_seed, now)
        except Refusal:
            return None
        return Brought(rfc3339(Instant(now)), view)

    return brought


def routes(
    db: Db,
    news: News,
    person: Guard[SignedIn],
    maybe_person: Callable[[Call], Awaitable[SignedIn | None]],
    site: Site,
) -> Routes:
    """Everything under /v1/cashier."""
    api = Routes("Cashier")
    token = Param("t", "The cashier's token, from `cashier_url`.")
    address = cashier_url(db, site.url)

    @api.get(
        "/v1/cashier/{id}",
        answers=CashierView,
        params=(
            token,
            Param("seen", "The `version` one has; with `wait`, answers when there is another."),
            Param("wait", "Seconds to wait for one, at most 25.", int),
        ),
        refuses=(m.PaymentNotFound,),
    )
    async def look(call: Call, payment_id: str) -> CashierView:
        """What the cashier shows; with `seen` and `wait`, as soon as that changes."""
        service.check_token(db.vault, payment_id, call.param("t"))
        who = await maybe_person(call)
        seen = call.param("seen")
        app_id = (await db.read(asked_for, payment_id)).app_id
        until = monotonic_s() + (call.number("wait", 0, WAIT_MAX_S) if seen else 0)
        while True:
            view = await db.read(_view, payment_id, who, site.signing_seed, db.clock())
            left_s = until - monotonic_s()
            if view.version != seen or left_s <= 0:
                return view
            await news.wait_about(min(left_s, LOOK_AGAIN_S), payment_id, app_id)

    @api.get("/v1/cashier/{id}/qr.svg", params=(token,), refuses=(m.PaymentNotFound,))
    async def qr(call: Call, payment_id: str) -> Answer:
        """The cashier's address as a QR code (SVG), for the phone."""
        service.check_token(db.vault, payment_id, call.param("t"))
        return picture(f"{address(payment_id)}&via=qr")

    @api.get(
        "/v1/cashier/{id}/rail_qr.svg",
        params=(token,),
        refuses=(m.PaymentNotFound, NothingToGiveUp),
    )
    async def rail_qr(call: Call, payment_id: str) -> Answer:
        """The rail's own code (SVG), where one pays by scanning that."""
        service.check_token(db.vault, payment_id, call.param("t"))
        asked = await db.read(asked_for, payment_id)
        attempt = await db.read(rails_service.attempt, asked.attempt_id)
        if attempt is None or not attempt.pay_url:
            raise NothingToGiveUp(field="id")
        return picture(attempt.pay_url)

    @api.delete(
        "/v1/cashier/{id}/attempt",
        guard=person,
        answers=CashierView,
        params=(token,),
        refuses=(m.PaymentNotFound, NothingToGiveUp),
    )
    async def give_up(call: Call, payment_id: str) -> CashierView:
        """Pay another way than at the rail's own page.

        The payment is open again once the rail has said that nobody can pay there any more; it may
        say that it was paid."""
        service.check_token(db.vault, payment_id, call.param("t"))
        who: SignedIn = call.who
        await db.write(service.give_up, m.AskGiveUp(who.person.id, payment_id))
        return await db.read(_view, payment_id, who, site.signing_seed, db.clock())

    @api.get("/.well-known/changliao-return-key")
    async def return_key(call: Call) -> dict[str, str]:
        """The Ed25519 public key (base64url) that signs return addresses."""
        key = base64url(ed25519_public(site.signing_seed))
        return {"kty": "OKP", "crv": "Ed25519", "x": key, "use": "sig"}

    return api
