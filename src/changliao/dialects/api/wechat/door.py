"""Who may come in, and what goes out signed: the guard of every address, and the seal on every answer."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import msgspec

from changliao.dialects.api.diary import Heard
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.keyring import Known
from changliao.dialects.api.wechat import wire
from changliao.dialects.api.wechat.authority import Seal, our_seal
from changliao.dialects.api.wechat.refusals import Says
from changliao.dialects.api.wechat.wire import Signed
from changliao.kernel.instant import SECOND_US, Instant
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value
from changliao.partners.model import Mode
from changliao.wire.call import Answer, Call
from changliao.wire.refusals import RateLimited
from changliao.wire.routes import EMPTY
from changliao.wire.rsa import verifies

SKEW_MAX_S = 300
PER_S, BURST = 1000, 2000
"""Requests of one merchant, counted before any signature is looked at."""
NONCES_MAX = 1_000_000
"""Nonces of one merchant within ten minutes; more are refused rather than forgotten."""
MERCHANTS_MAX = 10_000
MCHID_DIGITS = 10

Handler = Callable[..., Awaitable[Any]]


class Merchant(Value, frozen=True):
    """Who is calling, and by which name of our key the answer shall be signed."""

    known: Known
    serial: str

    @property
    def mchid(self) -> str:
        """The merchant's number."""
        return self.known.account.number

    @property
    def apiv3_key(self) -> str:
        """The key that what is secret is encrypted with."""
        return self.known.secrets["apiv3_key"]


class Nonces:
    """The nonces of verified requests, by the five minutes that their timestamps lie in.

    A request is good from 300 s before its timestamp until 300 s after it, so a slot is needed no
    longer than ten minutes after it began.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[str, dict[int, set[bytes]]] = OrderedDict()

    def first(self, signed: Signed, now_s: int) -> bool:
        """Note a nonce; False when this merchant has used it with this time already."""
        slots = self._seen.setdefault(signed.mchid, {})
        self._seen.move_to_end(signed.mchid)
        if len(self._seen) > MERCHANTS_MAX:
            self._seen.popitem(last=False)
        for past in [one for one in slots if (one + 1) * SKEW_MAX_S < now_s - SKEW_MAX_S]:
            del slots[past]
        if sum(map(len, slots.values())) >= NONCES_MAX:
            raise RateLimited(retry_after_s=60)
        slot = slots.setdefault(signed.timestamp // SKEW_MAX_S, set())
        mark = f"{signed.timestamp}.{signed.nonce}".encode()
        short = hashlib.blake2b(mark, digest_size=12).digest()
        if short in slot:
            return False
        slot.add(short)
        return True


class Door:
    """Checks requests and signs answers.

    The order is: the shape of the header, the rate, the account, its serial, the clock, RSA, the nonce.
    What an account that is known did wrong is noted in the diary, for its own eyes.
    """

    scheme = "app"
    refuses: tuple[type[Refusal], ...] = ()

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._nonces = Nonces()
        self._seals: dict[Mode, Seal] = {}
        self.ahead_s: OrderedDict[str, int] = OrderedDict()
        """By how many seconds a merchant's clock was ahead of ours, when it called last."""

    async def __call__(self, call: Call) -> Merchant:
        """The merchant whose request this is; SIGN_ERROR when that cannot be told."""
        signed = wire.read_authorization(call.header("authorization"))
        if signed is None or not _is_mchid(signed.mchid):
            raise Says(
                "SIGN_ERROR", f"Http头Authorization值格式错误，应为 {wire.SCHEME} 及五个参数"
            )
        self._ground.buckets.take(f"wechat {signed.mchid}", PER_S, BURST)
        known = await self._ground.keyring.known("wechat", signed.mchid)
        if known is None:
            raise Says("SIGN_ERROR", "商户号不存在或未开通")
        now_s = self._ground.db.clock() // SECOND_US
        self._note_clock(known.account.id, signed.timestamp - now_s)
        trouble, text = self._trouble(call, signed, known, now_s)
        what = f"{call.method} {call.path}"
        heard = Heard(Instant(self._ground.db.clock()), what, trouble, text)
        self._ground.diary.note(known.account.id, heard)
        if trouble:
            raise Says("SIGN_ERROR", trouble)
        asked = call.header("wechatpay-serial")
        seal = await self.seal(known.account.mode)
        by_id = asked.startswith(wire.PUBLIC_KEY_ID)
        return Merchant(known, seal.public_key_id if by_id else seal.serial)

    def _trouble(self, call: Call, signed: Signed, known: Known, now_s: int) -> tuple[str, str]:
        """What is wrong with the request, and the text that should have been signed; empty when well."""
        account = known.account
        if signed.serial != account.serial:
            return f"商户证书序列号有误，应为 {account.serial}", ""
        if abs(signed.timestamp - now_s) > SKEW_MAX_S:
            ahead = signed.timestamp - now_s
            return (
                f"Http头Authorization中的timestamp与发起请求的时间不得超过5分钟（相差 {ahead} 秒）",
                "",
            )
        texts = [
            wire.request_text(call.method, target, signed, call.body)
            for target in wire.targets(call)
        ]
        if not any(verifies(account.public_key, text, signed.signature) for text in texts):
            return "签名错误，请检查商户私钥、请求方法、URL、时间戳、随机串与请求体", texts[
                0
            ].decode("utf-8", "replace")[:500]
        if not self._nonces.first(signed, now_s):
            return "Http头Authorization中的nonce_str已被使用过", ""
        return "", ""

    def _note_clock(self, account_id: str, ahead_s: int) -> None:
        self.ahead_s[account_id] = ahead_s
        self.ahead_s.move_to_end(account_id)
        if len(self.ahead_s) > MERCHANTS_MAX:
            self.ahead_s.popitem(last=False)

    async def seal(self, mode: Mode) -> Seal:
        """Our key pair in a mode."""
        kept = self._seals.get(mode)
        if kept is None:
            kept = await our_seal(self._ground.keyring, mode, self._ground.db.clock())
            self._seals[mode] = kept
        return kept

    async def readable(self, who: Merchant, text: str, field: str) -> None:
        """Refuse a field that was not encrypted with our key. What it says is not compared with anything:
        nobody's papers are kept here."""
        seal = await self.seal(who.known.account.mode)
        try:
            await self._ground.keyring.pool.run(lambda: wire.decrypted(seal.private_pem, text))
        except ValueError:
            raise Says("PARAM_ERROR", f"{field} 解密失败，请用微信支付公钥加密") from None

    async def headers(self, mode: Mode, serial: str, body: bytes) -> tuple[tuple[str, str], ...]:
        """The headers that sign a body now."""
        seal = await self.seal(mode)
        timestamp = str(self._ground.db.clock() // SECOND_US)
        nonce = os.urandom(16).hex()
        text = wire.answer_text(timestamp, nonce, body)
        return (
            ("Wechatpay-Timestamp", timestamp),
            ("Wechatpay-Nonce", nonce),
            ("Wechatpay-Serial", serial),
            ("Wechatpay-Signature", await self._ground.keyring.pool.sign(seal.private_pem, text)),
            ("Wechatpay-Signature-Type", wire.SCHEME),
        )

    async def answer(self, call: Call, body: bytes, status: int) -> Answer:
        """A signed answer to whom the guard let in."""
        who: Merchant = call.who
        headers = await self.headers(who.known.account.mode, who.serial, body)
        return Answer(body, status, headers=(*headers, ("Request-ID", call.request_id)))

    def signs(self, handler: Handler) -> Handler:
        """The handler, with what it says signed: a value as 200, nothing at all as 204."""

        @wraps(handler)
        async def signing(call: Call, *values: str) -> Answer:
            said = await handler(call, *values)
            if type(said) is Answer:
                return said
            if said is None:
                return await self.answer(call, b"", EMPTY)
            return await self.answer(call, msgspec.json.encode(said), 200)

        return signing


def _is_mchid(text: str) -> bool:
    return len(text) == MCHID_DIGITS and text.isascii() and text.isdigit()
