"""The self-check of a merchant: keys, clock, callback, the last signature and why it failed."""

from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import authority
from changliao.dialects.api.wechat.door import SKEW_MAX_S, Door
from changliao.dialects.model import Account
from changliao.dialects.port import Check
from changliao.kernel.instant import rfc3339
from changliao.wire.rsa import public_of

CLOCK_GOOD_S = 30


class Checker:
    """Looks at a merchant's side."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door

    async def checks(self, account: Account) -> list[Check]:
        """Each line of the self-check."""
        return [
            self._keys(account),
            self._signature(account),
            self._clock(account),
            await self._callback(account),
        ]

    def _keys(self, account: Account) -> Check:
        certificate = account.settings.get("certificate", "")
        if certificate and public_of(authority.certified_key(certificate)) == account.public_key:
            return Check("keys", True, f"商户证书 {account.serial} 与登记的公钥一致")
        return Check(
            "keys", True, f"请求以登记的公钥验签；序列号仍为 {account.serial}，旧证书文件不再对应"
        )

    def _signature(self, account: Account) -> Check:
        heard = self._ground.diary.of(account.id)
        if not heard:
            return Check("signature", False, "还没有收到过该商户号的请求")
        last = heard[0]
        at = rfc3339(last.at)
        if not last.trouble:
            return Check("signature", True, f"{at} {last.what}: 签名正确")
        shown = f"；应签名的内容为 {last.signed!r}" if last.signed else ""
        return Check("signature", False, f"{at} {last.what}: {last.trouble}{shown}")

    def _clock(self, account: Account) -> Check:
        ahead = self._door.ahead_s.get(account.id)
        if ahead is None:
            return Check("clock", False, "还没有收到过该商户号的请求")
        says = f"上次请求的时间与我们相差 {ahead} 秒，最多允许 {SKEW_MAX_S} 秒"
        return Check("clock", abs(ahead) <= CLOCK_GOOD_S, says)

    async def _callback(self, account: Account) -> Check:
        """Ask the address of the newest notification: any answer at all shows that it is reached."""
        notices = await self._ground.db.read(dialects.notices_of, account.id, 1)
        if not notices:
            return Check("callback", False, "还没有发送过通知；支付一笔订单后再检查")
        url = notices[0].url
        headers = {"Content-Type": "application/json"}
        told = await self._ground.outbound.post(url, b'{"event_type":"SELF.CHECK"}', headers)
        if not told.status:
            return Check("callback", False, f"{url}: {told.trouble}")
        return Check("callback", True, f"{url}: {told.took_ms} ms 内应答 {told.status}")
