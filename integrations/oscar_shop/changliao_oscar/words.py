"""What a buyer and a shopkeeper read, in the language of the page."""

from django.utils.translation import get_language

WORDS = {
    "sent": (
        "您将前往畅聊支付的收银台付款，付完会回到这里。",
        "You pay at the cashier of Changliao Pay and come back here afterwards.",
    ),
    "next": ("继续", "Continue"),
    "suspended": (
        "本店暂时不能用畅聊支付收款：{reason}。没有扣款，您的购物篮还在。",
        "This shop does not take Changliao Pay for now: {reason}. No money has moved; your basket is kept.",
    ),
    "refused": (
        "畅聊支付没有接受这笔订单：{reason}。没有扣款。",
        "Changliao Pay did not accept this order: {reason}. No money has moved.",
    ),
    "silent": (
        "畅聊支付暂时没有回应，没有扣款，请稍后再试。",
        "Changliao Pay does not answer for now. No money has moved; please try again in a while.",
    ),
    "processing": (
        "付款还在确认中。结果一到，订单会自动生成，请不要再付一次。",
        "The payment is still being checked. The order is placed by itself once it is certain;"
        " please do not pay again.",
    ),
    "open": ("这笔订单还没有付款。", "This order is not paid yet."),
    "pay": ("去付款", "Pay"),
    "leave": ("不付了，回到购物篮", "Do not pay, back to the basket"),
    "canceled": (
        "付款已取消，没有扣款。您的购物篮还在。",
        "The payment was canceled. No money has moved; your basket is kept.",
    ),
    "expired": (
        "付款时间已过，没有扣款。您的购物篮还在，可以重新结账。",
        "The time to pay ran out. No money has moved; your basket is kept, check out again.",
    ),
    "unknown": (
        "暂时问不到付款结果，请稍后刷新本页，不要再付一次。",
        "How the payment stands cannot be asked for now. Reload this page in a while; do not pay again.",
    ),
    "unplaced": (
        "已付款，但订单 {number} 还没能生成，商店会处理，请不要再付一次。",
        "Paid, but order {number} could not be placed yet. The shop will see to it;"
        " please do not pay again.",
    ),
    "placed": ("已付款，订单号 {number}。", "Paid. The order number is {number}."),
    "refund_silent": (
        "畅聊支付暂时没有回应，退款是否成功还不知道。请稍后刷新本页：成功的退款会自动记入；没有记入时再点一次。",
        "Changliao Pay does not answer; whether the refund was made is not known yet. Reload this page"
        " in a while: a refund that was made is entered by itself. Only if it is not, press again.",
    ),
    "refund_refused": ("退款被拒绝：{reason}", "The refund was refused: {reason}"),
    "refund_pending": (
        "退款 {id} 正在处理，到账后会自动记入订单。",
        "Refund {id} is under way; it is entered here once the money is back.",
    ),
    "refund_failed": (
        "退款 {id} 失败，钱还在商店账户里，可以再退一次。",
        "Refund {id} failed. The money is still with the shop and can be refunded again.",
    ),
}


def say(what: str, **said: str) -> str:
    """The sentence, in Chinese on Chinese pages and in English elsewhere."""
    zh, en = WORDS[what]
    return (zh if (get_language() or "").startswith("zh") else en).format(**said)
