"""One verified request on its way to our verbs, and what is found for it."""

from typing import Any

from changliao.dialects import numbers, rules
from changliao.dialects.api.alipay import faults
from changliao.dialects.api.alipay.forms import Asked, text
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.keyring import Known
from changliao.dialects.model import DialectName
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value
from changliao.pay import service as pay
from changliao.pay.model import Payment

DIALECT: DialectName = "alipay"
CURRENCY = "CNY"
"""Alipay counts in yuan; what a shop sells natively in another currency is no trade here."""
NUMBER_MAX = 64
"""How long Alipay lets a shop's own numbers be."""


def order_number(payment: Payment) -> str:
    """The shop's own number of a trade, as it said it here."""
    return rules.number_said(payment.reference, DIALECT)


class Errand(Value, frozen=True):
    """Who asks (`known`), for what (`said`, and `biz` of its biz_content), when; `url` is our host."""

    ground: Ground
    url: str
    known: Known
    said: Asked
    biz: dict[str, Any]
    now: int

    @property
    def caller(self) -> Any:
        """Whom the account speaks for."""
        return self.known.caller

    async def payment(self) -> Payment:
        """The trade that `trade_no`, else `out_trade_no`, names; to nobody else does it exist."""
        trade_no = text(self.biz, "trade_no", NUMBER_MAX)
        number = text(self.biz, "out_trade_no", NUMBER_MAX)
        if not trade_no and not number:
            raise faults.parameter("out_trade_no", "out_trade_no or trade_no is needed")
        db = self.ground.db
        found: Payment | None
        if trade_no:
            found = await db.read(pay.payment_of, self.caller, trade_no)
        else:
            found = await db.read(numbers.payment_numbered, self.caller, DIALECT, number)
        if found is None or found.currency != CURRENCY:
            raise faults.NO_TRADE
        return found

    async def write(self, verb: Any, ask: Any) -> Any:
        """A verb's answer; a refusal that it returned is raised."""
        answer = await self.ground.db.write(verb, ask)
        if isinstance(answer, Refusal):
            raise answer
        return answer
