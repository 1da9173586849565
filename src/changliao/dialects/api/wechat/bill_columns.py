"""The columns of bills, as WeChat Pay names them, and what of ours fills each."""

from changliao.dialects import rules
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import times
from changliao.dialects.api.wechat.orders import DIALECT, OTHERS, number_of, payer_of
from changliao.dialects.api.wechat.refunds import CHANNEL
from changliao.dialects.model import Account, Particulars
from changliao.pay.model import Line, Trade

_WHO = tuple(
    "交易时间 公众账号ID 商户号 特约商户号 设备号 微信订单号 商户订单号 用户标识 交易类型 交易状态"
    " 付款银行 货币种类 应结订单金额 代金券金额".split()
)
_BACK = tuple("微信退款单号 商户退款单号 退款金额 充值券退款金额 退款类型 退款状态".split())
_WHAT = tuple("商品名称 商户数据包 手续费 费率 订单金额".split())

TRADES = (*_WHO, *_BACK, *_WHAT, "申请退款金额", "费率备注")
SOLD = (*_WHO, *_WHAT, "费率备注")
REFUNDED = (*_WHO, "退款申请时间", "退款成功时间", *_BACK, *_WHAT, "申请退款金额", "费率备注")
TRADE_TOTALS = tuple(
    "总交易单数 应结订单总金额 退款总金额 充值券退款总金额 手续费总金额 订单总金额 申请退款总金额".split()
)
FUNDS = tuple(
    "记账时间 微信支付业务单号 资金流水单号 业务名称 业务类型 收支类型 收支金额(元) 账户结余(元)"
    " 资金变更提交申请人 备注 业务凭证号".split()
)
FUND_TOTALS = tuple("资金流水总笔数 收入笔数 收入金额 支出笔数 支出金额".split())

BUSINESS = {
    "payment": "交易",
    "refund": "退款",
    "refund_returned": "退款退回",
    "transfer": "商家转账",
    "split": "分账",
    "split_return": "分账回退",
}
"""What a ledger code is called; others are told as they are."""


def trade_row(
    ground: Ground, account: Account, trade: Trade, said: Particulars | None
) -> dict[str, str]:
    """Every column of any trade bill. Nothing in it changes later: the same day gives the same file."""
    payment, refund = trade.payment, trade.refund
    words = said.said if said else {}
    amount, none = times.decimal(trade.amount, payment.currency), times.decimal(0, payment.currency)
    sold, gone = (amount, none) if refund is None else (none, amount)
    return {
        "交易时间": times.plain(trade.at),
        "公众账号ID": words.get("appid", account.alias),
        "商户号": account.number,
        "特约商户号": "0",
        "设备号": "",
        "微信订单号": payment.id,
        "商户订单号": number_of(payment),
        "用户标识": payer_of(ground, payment),
        "交易类型": words.get("trade_type", "NATIVE"),
        "交易状态": "SUCCESS" if refund is None else "REFUND",
        "付款银行": OTHERS,
        "货币种类": payment.currency,
        "应结订单金额": sold,
        "代金券金额": none,
        "退款申请时间": times.plain(refund.created_at) if refund else "",
        "退款成功时间": times.plain(refund.changed_at) if refund else "",
        "微信退款单号": refund.id if refund else "0",
        "商户退款单号": refund.reference if refund else "0",
        "退款金额": gone,
        "充值券退款金额": none,
        "退款类型": CHANNEL if refund else "",
        "退款状态": "SUCCESS" if refund else "",
        "商品名称": payment.description,
        "商户数据包": words.get("attach", ""),
        "手续费": "0.00000",
        "费率": "0.00%",
        "订单金额": sold,
        "申请退款金额": gone,
        "费率备注": "",
    }


def fund_row(line: Line) -> dict[str, str]:
    """Every column of a fund-flow bill."""
    transfer = line.transfer
    name = BUSINESS.get(transfer.code, transfer.code)
    cells = (
        times.plain(transfer.written_at),
        transfer.ref,
        transfer.id,
        name,
        name,
        "收入" if line.amount > 0 else "支出",
        times.decimal(abs(line.amount), transfer.currency),
        times.decimal(line.balance_after, transfer.currency),
        "system",
        "",
        rules.number_said(transfer.memo, DIALECT),
    )
    return dict(zip(FUNDS, cells, strict=True))
