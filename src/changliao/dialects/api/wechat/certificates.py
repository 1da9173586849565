"""Our certificate for SDKs that fetch it: encrypted for each merchant, signed, and kept for a moment."""

from collections import OrderedDict

from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import authority, times, wire
from changliao.dialects.api.wechat.door import Door, Merchant
from changliao.dialects.api.wechat.refusals import Says
from changliao.dialects.api.wechat.wire import Box
from changliao.kernel.value import View
from changliao.wire.call import Answer, Call
from changliao.wire.http import monotonic_s
from changliao.wire.routes import Routes

KEPT_S = 120
"""Clients refuse an answer that was signed 300 s ago."""
KEPT_MAX = 10_000


class CertificateView(View, frozen=True):
    """One certificate of ours."""

    serial_no: str
    effective_time: str
    expire_time: str
    encrypt_certificate: Box


class Certificates(View, frozen=True):
    """All certificates of ours that are good now."""

    data: list[CertificateView]


class Showcase:
    """The address of certificates."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door
        self._kept: OrderedDict[tuple[str, str, str], tuple[float, Answer]] = OrderedDict()

    def routes(self) -> Routes:
        """Its route."""
        api = Routes("Certificates")
        api.get("/v3/certificates", guard=self._door)(self.certificates)
        return api

    async def certificates(self, call: Call) -> Answer:
        """Our certificates, encrypted with the merchant's APIv3 key."""
        who: Merchant = call.who
        if call.param("algorithm_type", "RSA") not in ("RSA", "ALL"):
            raise Says("PARAM_ERROR", "algorithm_type 仅支持 RSA")
        key = (who.known.account.id, who.apiv3_key, who.serial)
        now = monotonic_s()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now:
            return kept[1]
        answer: Answer = await self._door.signs(self._fresh)(call)
        self._kept[key] = (now + KEPT_S, answer)
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return answer

    async def _fresh(self, call: Call) -> Certificates:
        who: Merchant = call.who
        seal = await self._door.seal(who.known.account.mode)
        begins, ends = authority.validity(seal.certificate)
        box = wire.seal(who.apiv3_key, seal.certificate.encode(), "certificate")
        return Certificates(
            [CertificateView(seal.serial, times.shown(begins), times.shown(ends), box)]
        )
