"""The routes of wallets: balances, statement, top-ups."""

from collections.abc import Mapping
from typing import Literal

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.ledger import service as ledger
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown, Transfer
from changliao.partners import service as partners
from changliao.rails.model import InstrumentInvalid, RailUnknown
from changliao.wallet import model as m
from changliao.wallet import service
from changliao.wallet.model import Mode, TopUp
from changliao.wire.call import Call
from changliao.wire.refusals import BadRequest
from changliao.wire.routes import ACCEPTED, Guard, Param, Routes

PAGING = (
    Param("after", "Cursor: `next` of the page before."),
    Param("limit", "Rows of a page, 1 to 100; 20 by default.", int),
)
MODES: tuple[Mode, Mode] = ("live", "test")


class TopUpBody(Value, frozen=True, forbid_unknown_fields=True):
    """Fill a wallet: which, by which rail, how much. `instrument` chooses what a sandbox does."""

    mode: Mode
    rail: str
    amount: int
    currency: str
    instrument: str = ""


class BalanceView(View, frozen=True):
    """What is in a wallet of one currency, in minor units; `available` leaves out what is held."""

    currency: str
    balance: int
    available: int


class WalletView(View, frozen=True):
    """One of a person's wallets: real money (`live`) or play money (`test`). An empty one holds
    nothing of the installation's currency."""

    mode: Mode
    play: bool
    balances: list[BalanceView]


class TopUpRailView(View, frozen=True):
    """A rail that fills wallets of one mode."""

    rail: str
    mode: Mode
    sandbox: bool


class WalletsView(View, frozen=True):
    """A person's wallets, and how they can be filled."""

    wallets: list[WalletView]
    top_up_rails: list[TopUpRailView]


class EntryView(View, frozen=True):
    """One line of a statement. `amount` is signed minor units; `balance_after` is posted balance."""

    id: str
    sequence: int
    amount: int
    held_amount: int
    currency: str
    code: str
    kind: str
    ref: str
    memo: str
    counterparty: str
    balance_after: int
    at: str


class Entries(View, frozen=True):
    """A statement's page, newest first."""

    items: list[EntryView]
    next: str | None


class TopUpView(View, frozen=True):
    """A top-up. `unknown`: the bank cannot tell yet; it is asked until it can."""

    id: str
    mode: Mode
    rail: str
    amount: int
    currency: str
    status: Literal["processing", "unknown", "succeeded", "failed"]
    reason: str
    created_at: str
    changed_at: str


class TopUps(View, frozen=True):
    """One's top-ups, newest first."""

    items: list[TopUpView]


def show_top_up(top_up: TopUp) -> TopUpView:
    """A top-up as its person sees it."""
    return TopUpView(
        top_up.id,
        top_up.mode,
        top_up.rail,
        top_up.amount,
        top_up.currency,
        top_up.status,
        top_up.reason,
        rfc3339(Instant(top_up.created_at)),
        rfc3339(Instant(top_up.changed_at)),
    )


def show_entry(
    reader: Reader, transfer: Transfer, amount: int, wallet_is_credit: bool
) -> EntryView:
    """A ledger transfer as a line of a wallet's statement."""
    other = transfer.debit if wallet_is_credit else transfer.credit
    return EntryView(
        transfer.id,
        transfer.seq,
        amount,
        transfer.amount if not amount else 0,
        transfer.currency,
        transfer.code,
        transfer.kind,
        transfer.ref,
        transfer.memo,
        _name_of(reader, ledger.get_account(reader, other).owner),
        transfer.credit_after if wallet_is_credit else transfer.debit_after,
        rfc3339(Instant(transfer.written_at)),
    )


def _name_of(reader: Reader, owner: str) -> str:
    """Whom a person knows behind an account: a shop by its name, a rail by its own."""
    app = partners.app(reader, owner) if owner.startswith("app_") else None
    return app.name if app else owner


def _wallets(
    reader: Reader, person_id: str, modes: tuple[Mode, ...], currency: str
) -> list[WalletView]:
    return [
        WalletView(
            mode,
            mode == "test",
            [
                BalanceView(one.currency, one.balance, one.available)
                for one in service.wallets_of(reader, person_id, mode)
            ]
            or [BalanceView(currency, 0, 0)],
        )
        for mode in modes
    ]


def _entries(
    reader: Reader, person_id: str, currency: str, mode: Mode, before: int, limit: int
) -> Entries:
    account = service.wallet_in(reader, person_id, currency, mode)
    found = service.entries(reader, person_id, currency, mode, before, limit)
    items = [
        show_entry(reader, transfer, amount, account is not None and transfer.credit == account.id)
        for transfer, amount in found
    ]
    return Entries(items, str(items[-1].sequence) if len(items) == limit else None)


def routes(
    db: Db,
    person: Guard[object],
    rails: Mapping[str, Mode],
    modes: tuple[Mode, ...],
    currency: str,
) -> Routes:
    """Everything under /v1/wallet; `modes` are the wallets this installation has, `rails` those that fill
    them and whose money they bring, `currency` is that of empty wallets."""
    api = Routes("Wallet")

    def mode_of(call: Call) -> Mode:
        text = call.param("mode") or next(iter(modes), "")
        if text not in modes:
            here = ", ".join(modes) or "none here: this installation has no wallets"
            raise BadRequest(f"`mode` is one of {here}.", field="mode")
        return "live" if text == "live" else "test"

    @api.get("/v1/wallet", guard=person, answers=WalletsView)
    async def wallet(call: Call) -> WalletsView:
        """One's wallets and their balances; play money stands apart."""
        ways = [TopUpRailView(name, mode, mode == "test") for name, mode in rails.items()]
        return WalletsView(await db.read(_wallets, call.who.person.id, modes, currency), ways)

    @api.get(
        "/v1/wallet/entries",
        guard=person,
        answers=Entries,
        params=(
            *PAGING,
            Param("mode", "`live` or `test`."),
            Param("currency", "ISO 4217 code; the installation's own by default."),
        ),
    )
    async def entries(call: Call) -> Entries:
        """One wallet's statement, newest first."""
        wanted, mode = call.param("currency") or currency, mode_of(call)
        return await db.read(
            _entries, call.who.person.id, wanted, mode, call.after_number, call.limit
        )

    @api.post(
        "/v1/wallet/top_ups",
        guard=person,
        body=TopUpBody,
        answers=TopUpView,
        status=ACCEPTED,
        keyed=True,
        refuses=(
            RailUnknown,
            InstrumentInvalid,
            m.PlayNotAllowed,
            AmountNotPositive,
            AmountTooLarge,
            CurrencyUnknown,
        ),
    )
    async def top_up(call: Call, body: TopUpBody) -> TopUpView:
        """Fill a wallet. The answer comes from the rail later: follow it by its id."""
        if rails.get(body.rail) != body.mode:
            raise RailUnknown(field="rail")
        if body.mode not in modes:
            raise m.PlayNotAllowed(field="mode")
        person_id = call.who.person.id
        ask = m.AskTopUp(
            person_id, body.mode, body.rail, body.amount, body.currency, body.instrument
        )
        once = call.once(person_id, service.request_top_up, ask, TopUp)
        return show_top_up(await db.write_once(once))

    @api.get("/v1/wallet/top_ups", guard=person, answers=TopUps, params=PAGING[1:])
    async def top_ups(call: Call) -> TopUps:
        """One's newest top-ups."""
        found = await db.read(service.top_ups_of, call.who.person.id, call.limit)
        return TopUps([show_top_up(one) for one in found])

    @api.get("/v1/wallet/top_ups/{id}", guard=person, answers=TopUpView, refuses=(m.TopUpNotFound,))
    async def one_top_up(call: Call, top_up_id: str) -> TopUpView:
        """One top-up."""
        return show_top_up(await db.read(service.top_up, call.who.person.id, top_up_id))

    return api
