"""What the dialects agree on with the world: who is told of what, and how often it is tried."""

from changliao.dialects.model import DIALECTS, Account, DialectName, Notice
from changliao.kernel.instant import SECOND_US

RETRY_S: dict[DialectName, tuple[int, ...]] = {
    "alipay": (240, 600, 600, 3600, 7200, 21600, 54000),
    "wechat": (
        *(15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600),
        *(10800, 10800, 10800, 21600, 21600),
    ),
    "stripe": (60, 300, 1800, 7200, 18000, 36000, 36000, 43200, 43200, 86400),
    "saleor": (15, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, 86400),
    "wechat_mp": (5, 5, 60, 600),
}
"""Seconds between the tries of a notification. Alipay: open docs, asynchronous notification; WeChat Pay:
its OpenAPI's webhook page (24 h 4 min in all); Stripe: "up to three days with an exponential back off";
for Saleor it is ours to choose, because we are the app that calls: three days in all.
WeChat's public platform tries three times within 15 s, and we a little longer."""

TOLD: dict[DialectName, dict[str, str]] = {
    "alipay": {
        "payment.paid": "trade_status_sync",
        "payment.canceled": "trade_status_sync",
        "payment.expired": "trade_status_sync",
        "refund.succeeded": "trade_status_sync",
    },
    "wechat": {
        "payment.paid": "TRANSACTION.SUCCESS",
        "combined.paid": "TRANSACTION.SUCCESS",
        "refund.succeeded": "REFUND.SUCCESS",
        "refund.failed": "REFUND.ABNORMAL",
        "transfer.succeeded": "MCHTRANSFER.BILL.FINISHED",
        "transfer.declined": "MCHTRANSFER.BILL.FINISHED",
        "transfer.canceled": "MCHTRANSFER.BILL.FINISHED",
        "transfer.returned": "MCHTRANSFER.BILL.FINISHED",
    },
    "stripe": {},
    "saleor": {},
    "wechat_mp": {},
}
"""The facts that a dialect tells at the address given with an order, and under which name."""

TOLD_SOMEWHERE = frozenset(kind for told in TOLD.values() for kind in told)
"""The facts that are worth asking whose they are."""


MARK = "~"
"""Between a shop's number and the dialect that it was said in, where pay must tell two apart. It is no
sign of WeChat Pay's numbers, and needs no escape in an address (RFC 3986)."""


def references(number: str, dialect: DialectName) -> tuple[str, ...]:
    """What pay may call the payment of a shop's number: the number itself, else the one beside it.

    `number_said` is the way back, whatever was said: a number that ends like one of ours never stands
    for itself, so no two dialects can come to one reference but the plain number.
    """
    beside = f"{number}{MARK}{dialect}"
    ends_alike = any(number.endswith(MARK + one) for one in DIALECTS)
    return (beside,) if ends_alike else (number, beside)


def number_said(reference: str, dialect: DialectName) -> str:
    """The number that a shop said in this dialect for the payment that pay calls so."""
    return reference.removesuffix(MARK + dialect)


def wait_us(notice: Notice) -> int | None:
    """How long after this try the next one comes; None when that was the last. `tries` counts those made."""
    table = RETRY_S[notice.dialect]
    return table[notice.tries - 1] * SECOND_US if notice.tries <= len(table) else None


def open_to(account: Account | None, app_id: str, mode: str) -> bool:
    """Whether the account is there, not closed, and of this app and mode."""
    return (
        account is not None
        and not account.closed_at
        and (account.app_id, account.mode) == (app_id, mode)
    )
