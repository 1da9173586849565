"""The gateway: one address for every method. Verifies, lets the method do its work, signs the answer."""

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import Any

from changliao.dialects.api.alipay import bills, faults, forms, funds, refunds, royalties, trades
from changliao.dialects.api.alipay.errand import Errand
from changliao.dialects.api.alipay.faults import SUCCESS, Fault
from changliao.dialects.api.alipay.forms import Asked
from changliao.dialects.api.diary import Heard
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.keyring import Known
from changliao.kernel.instant import Instant
from changliao.kernel.refusal import Refusal
from changliao.pay.model import Payment
from changliao.wire.call import Answer, Call, moved
from changliao.wire.http import html
from changliao.wire.rsa import verifies

SIGNED_TEXT_MAX = 2000
"""How much of the text to be signed the diary keeps."""

Method = Callable[[Errand], Awaitable[dict[str, Any]]]
METHODS: Mapping[str, Method] = {
    "alipay.trade.precreate": trades.precreate,
    "alipay.trade.app.pay": trades.app_pay,
    "alipay.trade.pay": trades.scan,
    "alipay.trade.query": trades.query,
    "alipay.trade.close": trades.close,
    "alipay.trade.cancel": trades.cancel,
    "alipay.trade.refund": refunds.refund,
    "alipay.trade.fastpay.refund.query": refunds.query,
    "alipay.trade.order.settle": royalties.settle,
    "alipay.fund.trans.uni.transfer": funds.transfer,
    "alipay.fund.trans.common.query": funds.query,
    "alipay.data.dataservice.bill.downloadurl.query": bills.link,
}
PAGES: Mapping[str, Callable[[Errand], Awaitable[Payment]]] = {
    "alipay.trade.page.pay": trades.order,
    "alipay.trade.wap.pay": trades.order,
}
"""Methods that a browser brings: the answer is the cashier, or a page that says why not."""


class Gateway:
    """`sign(mode, content)` signs with our key of that mode."""

    def __init__(
        self, ground: Ground, url: str, sign: Callable[[Any, bytes], Awaitable[str]]
    ) -> None:
        self._ground, self._url, self._sign = ground, url, sign

    async def __call__(self, call: Call) -> Answer:
        """One request, answered in Alipay's way: HTTP says 200 whatever comes of it."""
        said = Asked({})
        try:
            said = forms.asked(call.raw_query, call.body, call.header("content-type"))
            known = await self._verified(said)
        except (Fault, Refusal) as trouble:
            return unsigned(said, _fault(trouble))
        errand = Errand(self._ground, self._url, known, said, {}, self._ground.db.clock())
        page = PAGES.get(said.method)
        if page is not None:
            return await self._browser(errand, page)
        return await self._machine(errand, METHODS[said.method])

    async def _verified(self, said: Asked) -> Known:
        """Who signed this. The rate is counted before the signature is looked at."""
        forms.common(said)
        known = await self._ground.keyring.known("alipay", said["app_id"])
        if known is None:
            raise faults.invalid("app-id", "无效的AppID参数 (no such app_id)")
        account, caller = known.account, known.caller
        self._ground.buckets.take(f"alipay:{account.number}", caller.per_s, caller.burst)
        content = forms.signed_text(said.params, "sign")
        try:
            if not verifies(account.public_key, content, said["sign"].replace(" ", "+")):
                raise faults.invalid("signature", "无效签名 (the signature is not this app's)")
            forms.fresh(said, self._ground.db.clock())
            if said.method not in METHODS and said.method not in PAGES:
                raise faults.invalid("method", "不存在的方法名 (no such method here)")
        except Fault as fault:
            self._note(account.id, said, fault.sub_code, content)
            raise
        self._note(account.id, said, "", content)
        return known

    def _note(self, account_id: str, said: Asked, trouble: str, content: bytes) -> None:
        what = f"{said.method[:64]} {said['timestamp'][:32]}"
        text = content[:SIGNED_TEXT_MAX].decode("utf-8", "replace") if trouble else ""
        at = Instant(self._ground.db.clock())
        self._ground.diary.note(account_id, Heard(at, what, trouble, text))

    async def _machine(self, errand: Errand, method: Method) -> Answer:
        try:
            inner = forms.inner(SUCCESS | await method(_read(errand)))
        except (Fault, Refusal) as trouble:
            fault = _fault(trouble)
            if not fault.signed:
                return unsigned(errand.said, fault)
            inner = forms.inner(fault.told())
        signature = await self._sign(errand.known.account.mode, inner)
        return Answer(forms.answer(errand.said.method, inner, signature))

    async def _browser(
        self, errand: Errand, page: Callable[[Errand], Awaitable[Payment]]
    ) -> Answer:
        try:
            payment = await page(_read(errand))
        except (Fault, Refusal) as trouble:
            return sorry(_fault(trouble))
        return moved(self._ground.cashier_url(payment.id))


def _fault(trouble: Fault | Refusal) -> Fault:
    return trouble if isinstance(trouble, Fault) else faults.of(trouble)


def _read(errand: Errand) -> Errand:
    """The errand with its biz_content, which is looked at only once the signature is good."""
    return Errand(
        errand.ground,
        errand.url,
        errand.known,
        errand.said,
        forms.content(errand.said),
        errand.now,
    )


def unsigned(said: Asked, fault: Fault) -> Answer:
    """A refusal of the gateway itself: to a browser a page, to a machine JSON without a signature."""
    if said.method in PAGES:
        return sorry(fault)
    method = said.method if said.method in METHODS else ""
    return Answer(forms.answer(method, forms.inner(fault.told())))


def sorry(fault: Fault) -> Answer:
    """A small page in both languages that says why there is no cashier."""
    return html(
        "<!doctype html><html lang='zh-CN'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<title>无法付款 · Cannot pay</title></head><body><main>"
        "<h1>无法付款</h1><p>商家的付款请求未被接受，请返回商家重试。没有扣款。</p>"
        "<h1 lang='en'>Cannot pay</h1><p lang='en'>The shop's request was not accepted. "
        "Please go back to the shop and try again. No money has moved.</p>"
        f"<p><code>{escape(fault.sub_code)}</code> {escape(fault.sub_msg)}</p>"
        "</main></body></html>"
    )
