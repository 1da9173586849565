"""Alipay as one of our dialects: the parts of this folder behind the port."""

from functools import partial

from changliao.dialects.api.alipay import bills, checks, faults, forms, kit, notices
from changliao.dialects.api.alipay.back import WayBack
from changliao.dialects.api.alipay.gateway import Gateway
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.keyring import OurKey
from changliao.dialects.model import Account, DialectName, Notice
from changliao.dialects.port import Check, Draft, Lines, NewKey
from changliao.kernel.refusal import Refusal
from changliao.partners.model import Mode
from changliao.wire.call import Answer
from changliao.wire.outbound import Told
from changliao.wire.problems import problem
from changliao.wire.routes import Route

GATEWAY = "/gateway.do"


class Alipay:
    """Speaks at the root of `url`: `/gateway.do`, the way back `/return`, and bills."""

    name: DialectName = "alipay"

    def __init__(self, ground: Ground, url: str) -> None:
        self.url = url
        self._ground = ground
        self._notices = notices.Notices(ground, self._sign)

    @property
    def gateway(self) -> str:
        """What a shop's SDK is given as the gateway."""
        return self.url + GATEWAY

    def routes(self) -> list[Route]:
        """Its addresses, at the root of its own host."""
        gateway = Gateway(self._ground, self.url, self._sign)
        return [
            Route("POST", GATEWAY, gateway),
            Route("GET", GATEWAY, gateway),
            Route("GET", "/return", WayBack(self._ground, self._sign)),
            Route("GET", "/bill/{token}", bills.Download(self._ground)),
        ]

    def refused(self, refusal: Refusal, request_id: str, path: str) -> Answer:
        """A refusal outside of any method: in Alipay's words at the gateway, ours elsewhere."""
        if path != GATEWAY:
            return problem(refusal, request_id, path)
        fault = faults.of(refusal)
        if fault.signed:  # Nobody is known yet: it is the gateway that refuses.
            fault = faults.invalid("parameter", fault.sub_msg)
        return Answer(forms.answer("", forms.inner(fault.told())))

    def broken(self, request_id: str) -> Answer:
        """A bug of ours: the shop repeats its request, as after any 20000."""
        return Answer(forms.answer("", forms.inner(faults.BROKEN.told())))

    async def draft(self, mode: Mode, public_key: str) -> Draft:
        """A new account with its keys."""
        our = await self._ours(mode)
        return await kit.draft(self._ground.keyring.pool, mode, public_key, our.key.public_key)

    async def rekeyed(self, account: Account, public_key: str) -> NewKey:
        """Another key; the account's numbers stay."""
        return NewKey(*await kit.pair(self._ground.keyring.pool, public_key))

    async def values(self, account: Account) -> dict[str, str]:
        """What a shop configures."""
        our = await self._ours(account.mode)
        return kit.values(account, self.gateway, our.key.public_key)

    async def lines(self, account: Account) -> list[Lines]:
        """What it changes, for each SDK."""
        our = await self._ours(account.mode)
        return kit.lines(account, self.gateway, our.key.public_key)

    async def render(self, account: Account, notice: Notice) -> str:
        """What is told, as texts; signed by `dressed`."""
        return await self._notices.render(account, notice)

    async def dressed(self, account: Account, notice: Notice) -> bytes:
        """The form of one try."""
        return await self._notices.dressed(account, notice)

    async def headers(self, account: Account, notice: Notice) -> dict[str, str]:
        """The signature is in the form."""
        return notices.HEADERS

    def heard(self, told: Told) -> bool:
        """Whether the shop printed `success`."""
        return notices.heard(told)

    async def checks(self, account: Account) -> list[Check]:
        """The self-check."""
        our = await self._ours(account.mode)
        return await checks.all_of(
            self._ground, self._notices, account, our.private_key, our.key.public_key
        )

    async def _ours(self, mode: Mode) -> OurKey:
        return await self._ground.keyring.ours("alipay", mode, partial(kit.ours, mode=mode))

    async def _sign(self, mode: Mode, content: bytes) -> str:
        our = await self._ours(mode)
        return await self._ground.keyring.pool.sign(our.private_key, content)
