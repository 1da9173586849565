"""Routes of the balance, its transactions, and payouts, of which there are none."""

from typing import Any

from changliao.dialects.api.stripe import kinds as k
from changliao.dialects.api.stripe import numbers as n
from changliao.dialects.api.stripe import show
from changliao.dialects.api.stripe.door import Asked, Door, answer, listed
from changliao.dialects.api.stripe.refusals import NoPayouts
from changliao.kernel.instant import SECOND_US
from changliao.ledger import service as ledger
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.pay.model import SHOP, AskLines, Line, LineNotFound
from changliao.wire.call import Answer

TRANSACTIONS = k.Shape(
    {
        **k.PAGING,
        "created": k.Moments(),
        "currency": k.Currency(),
        "payout": k.Text(100),
        "source": k.Text(100),
        "type": k.Text(40),
    }
)
PAYOUTS = k.Shape(
    {
        **k.PAGING,
        "arrival_date": k.Moments(),
        "created": k.Moments(),
        "status": k.Text(40),
        "destination": k.Text(100),
    }
)
_ROUNDS = 50
_OURS = {"ch_": "pay_", "py_": "pay_", "re_": "re_"}


def add_routes(door: Door) -> None:
    """Everything under /v1/balance, /v1/balance_transactions and /v1/payouts."""
    _add_transactions(door)

    @door.route("GET", "/v1/balance")
    async def balance(asked: Asked) -> Answer:
        partners.allows(asked.caller, "balances:read")

        def find(reader: Any) -> Any:
            return ledger.accounts_of(reader, asked.caller.app_id, SHOP, asked.caller.mode)

        return await door.show(asked, find, show.balance)

    @door.route("GET", "/v1/payouts")
    async def payouts(asked: Asked) -> Answer:
        partners.allows(asked.caller, "balances:read")
        asked.take(PAYOUTS)
        return answer(listed(asked.call.path, []))

    @door.route("POST", "/v1/payouts")
    async def pay_out(asked: Asked) -> Answer:
        raise NoPayouts(field="amount")

    @door.route("GET", "/v1/payouts/{id}")
    async def payout(asked: Asked, payout_id: str) -> Answer:
        raise n.missing("payout", payout_id, "payout")


def _add_transactions(door: Door) -> None:
    @door.route("GET", "/v1/balance_transactions")
    async def found(asked: Asked) -> Answer:
        partners.allows(asked.caller, "balances:read")
        took = asked.take(TRANSACTIONS)

        def cursor(text: str, field: str) -> str:
            return n.own_id("tr", "txn_", text, "balance transaction", field)

        def page(reader: Any, *, before: str, after: str, limit: int) -> list[Line]:
            return _lines(reader, asked, took, (before, after), limit)

        return await door.list(asked, took, cursor, page, show.transaction)

    @door.route("GET", "/v1/balance_transactions/{id}")
    async def one(asked: Asked, line_id: str) -> Answer:
        partners.allows(asked.caller, "balances:read")
        return await door.show(asked, lambda reader: of(reader, asked, line_id), show.transaction)


def of(reader: Any, asked: Asked, line_id: str, field: str = "id") -> Line:
    """One movement of this shop's money; a hold moves none."""
    own = n.own_id("tr", "txn_", line_id, "balance transaction", field)
    try:
        found = pay.line(reader, asked.caller, own)
    except LineNotFound:
        found = None
    if found is None or not found.amount:
        raise n.missing("balance transaction", line_id, field)
    return found


def _lines(
    reader: Any, asked: Asked, took: dict[str, Any], cuts: tuple[str, str], limit: int
) -> list[Line]:
    """A page of movements, newest first; what only held money is left out."""
    before, after = (pay.line(reader, asked.caller, one).transfer.seq if one else 0 for one in cuts)
    code = next((ours for ours, theirs in show.MOVED.items() if theirs[0] == took.get("type")), "")
    if took.get("payout") or (took.get("type") and not code):
        return []
    found: list[Line] = []
    for _ in range(_ROUNDS):
        page = pay.lines(reader, _ask(asked, took, code, (before, after), limit))
        moved = [one for one in page.items if one.amount]
        found = moved + found if after else found + moved
        if not page.next or len(found) >= limit:
            break
        before, after = (0, page.next) if after else (page.next, 0)
    return found[-limit:] if after else found[:limit]


def _ask(
    asked: Asked, took: dict[str, Any], code: str, numbers: tuple[int, int], limit: int
) -> AskLines:
    start, end = took.get("created", (0, 0))
    source = took.get("source", "")
    prefix = source[:3]
    return AskLines(
        asked.caller,
        took.get("currency", ""),
        code,
        _OURS[prefix] + n.tail(source) if prefix in _OURS else source,
        after=numbers[0],
        before=numbers[1],
        from_at=start * SECOND_US,
        until_at=end * SECOND_US - 1 if end else 0,
        limit=limit,
    )
