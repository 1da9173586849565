"""How Alipay words what it refuses: four digits, a sub code, and a sentence.

Sources: Alipay's open docs, "common error codes" (2000x, 4000x) and the error table of each method.
"""

from changliao.kernel.refusal import Conflict, Exhausted, Forbidden, Invalid, NotFound, Refusal
from changliao.ledger.model import AmountTooLarge
from changliao.pay import model as m

SUCCESS = {"code": "10000", "msg": "Success"}
_MSG = {
    "20000": "Service Currently Unavailable",
    "20001": "Insufficient Token Permissions",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40004": "Business Failed",
    "40005": "Call Limited",
    "40006": "Insufficient Permissions",
}


class Fault(Exception):
    """A refusal in Alipay's words. `code` below 40004 comes from the gateway and is not signed; 40004
    is a business failure, whose answer is signed like a success."""

    def __init__(self, code: str, sub_code: str, sub_msg: str) -> None:
        super().__init__(sub_code)
        self.code, self.sub_code, self.sub_msg = code, sub_code, sub_msg

    @property
    def signed(self) -> bool:
        """Whether the answer carries a signature: nobody unknown shall cost us one."""
        return self.code == "40004"

    def told(self) -> dict[str, str]:
        """The inner object of the answer."""
        return {
            "code": self.code,
            "msg": _MSG[self.code],
            "sub_code": self.sub_code,
            "sub_msg": self.sub_msg,
        }


def missing(name: str, of: str = "isv") -> Fault:
    """A common parameter is not there. The codes spell some names their own way."""
    spelled = {"sign": "signature", "sign_type": "signature-type"}.get(name, name.replace("_", "-"))
    return Fault("40001", f"{of}.missing-{spelled}", f"缺少参数 {name} (missing)")


def invalid(sub_code: str, sub_msg: str) -> Fault:
    """A common parameter is wrong."""
    return Fault("40002", f"isv.invalid-{sub_code}", sub_msg)


def failed(sub_code: str, sub_msg: str) -> Fault:
    """The business says no."""
    return Fault("40004", sub_code, sub_msg)


def parameter(name: str, why: str) -> Fault:
    """A field of biz_content is wrong."""
    return failed("ACQ.INVALID_PARAMETER", f"参数无效：{name} ({why})")


BROKEN = Fault(
    "20000", "isp.unknow-error", "服务暂不可用，请用同样的参数重试 (retry the same request)"
)
NO_TRADE = failed("ACQ.TRADE_NOT_EXIST", "交易不存在 (there is no such trade of yours)")
PAID = failed("ACQ.TRADE_HAS_SUCCESS", "交易已被支付 (this trade is paid)")
CLOSED = failed("ACQ.TRADE_HAS_CLOSE", "交易已经关闭 (this trade is closed)")
OTHER_CONTENT = failed(
    "ACQ.CONTEXT_INCONSISTENT",
    "交易信息被篡改 (this out_trade_no belongs to a trade with other content)",
)
STATUS = failed("ACQ.TRADE_STATUS_ERROR", "交易状态不合法 (the trade's status does not allow this)")
REFUND_TOO_LARGE = failed(
    "ACQ.REASON_TRADE_REFUND_FEE_ERR", "退款金额无效 (more than is left to refund)"
)
OTHER_REFUND = failed(
    "ACQ.DISCORDANT_REPEAT_REQUEST",
    "不一致的请求 (this out_request_no belongs to a refund of another amount)",
)
SELLER_SHORT = failed(
    "ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足 (too little on the shop's balance)"
)


_TRADE: tuple[tuple[type[Refusal], Fault], ...] = (
    (m.PaymentNotFound, NO_TRADE),
    (m.ReferenceTaken, OTHER_CONTENT),
    (m.PaymentNotCancelable, STATUS),
    (m.PaymentNotPaid, STATUS),
    (m.RefundTooLarge, REFUND_TOO_LARGE),
    (m.ShopBalanceShort, SELLER_SHORT),
    (AmountTooLarge, failed("ACQ.TOTAL_FEE_EXCEED", "订单总金额超过限额 (too large an amount)")),
)
_KINDS: tuple[tuple[type[Refusal], str], ...] = (
    (Invalid, "ACQ.INVALID_PARAMETER"),
    (NotFound, "ACQ.TRADE_NOT_EXIST"),
    (Forbidden, "ACQ.ACCESS_FORBIDDEN"),
    (Conflict, "ACQ.TRADE_STATUS_ERROR"),
)


def of(refusal: Refusal) -> Fault:
    """One of our refusals in their words: by its class where they have one, else by its kind."""
    if refusal.code == "rate_limited":
        return Fault("40005", "isv.app-call-limited", "调用太频繁 (too many calls)")
    if isinstance(refusal, Exhausted) or refusal.code == "outcome_unknown":
        return BROKEN
    for kind, fault in _TRADE:
        if isinstance(refusal, kind):
            return fault
    sub_code = next(code for kind, code in _KINDS if isinstance(refusal, kind))
    where = f"{refusal.field}: " if refusal.field else ""
    return failed(sub_code, f"{where}{refusal.detail}")
