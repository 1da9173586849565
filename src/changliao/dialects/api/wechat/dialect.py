"""WeChat Pay APIv3 as a dialect: its parts put together behind the port."""

from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import notices, refusals
from changliao.dialects.api.wechat.bills import Bills
from changliao.dialects.api.wechat.certificates import Showcase
from changliao.dialects.api.wechat.checks import Checker
from changliao.dialects.api.wechat.combine import Combinations
from changliao.dialects.api.wechat.door import Door
from changliao.dialects.api.wechat.kit import Kit
from changliao.dialects.api.wechat.notices import Notices
from changliao.dialects.api.wechat.orders import Orders
from changliao.dialects.api.wechat.partner import PartnerOrders
from changliao.dialects.api.wechat.refunds import Refunds
from changliao.dialects.api.wechat.splits import Splits
from changliao.dialects.api.wechat.transfers import Transfers
from changliao.dialects.model import Account, DialectName, Notice, SettingInvalid
from changliao.dialects.port import Check, Draft, Lines, NewKey, Setting
from changliao.kernel.refusal import Refusal
from changliao.partners.model import Mode
from changliao.wire.call import Answer
from changliao.wire.outbound import Told
from changliao.wire.routes import Route

HEARD = (200, 204)
"""What a merchant answers who has heard."""
CHOICES = (notices.PUBLIC_KEY, notices.CERTIFICATE)


class WechatPay:
    """The dialect."""

    name: DialectName = "wechat"

    def __init__(self, ground: Ground, url: str) -> None:
        self.url = url
        door = Door(ground)
        orders = Orders(ground, door)
        self._parts = (
            orders,
            Refunds(ground, door, orders),
            Bills(ground, door, url),
            Showcase(ground, door),
            Transfers(ground, door),
            Combinations(ground, door),
            Splits(ground, door),
            PartnerOrders(ground, door, orders),
        )
        self._kit, self._checker = Kit(ground, door, url), Checker(ground, door)
        self._notices = Notices(ground, door)

    def routes(self) -> list[Route]:
        """Its addresses, at the root of its own host."""
        return [route for part in self._parts for route in part.routes().all]

    def refused(self, refusal: Refusal, request_id: str, path: str) -> Answer:
        """How it words a refusal; unsigned, because no client looks and a signature costs a millisecond."""
        return refusals.worded(refusal)

    def broken(self, request_id: str) -> Answer:
        """How it words a bug of ours."""
        return refusals.broken()

    async def draft(self, mode: Mode, public_key: str) -> Draft:
        """Numbers and keys for a new account."""
        return await self._kit.draft(mode, public_key)

    async def rekeyed(self, account: Account, public_key: str) -> NewKey:
        """Another key, certificate and serial; the account's numbers and its APIv3 key stay."""
        return await self._kit.rekeyed(account, public_key)

    async def values(self, account: Account) -> dict[str, str]:
        """What a merchant configures, secrets left out."""
        return await self._kit.values(account)

    async def lines(self, account: Account) -> list[Lines]:
        """What to change, for each SDK."""
        return await self._kit.lines(account)

    def settings(self, account: Account) -> list[Setting]:
        """By what a merchant checks what we sign unasked."""
        now = account.settings.get(notices.SETTING, notices.PUBLIC_KEY)
        return [Setting(notices.SETTING, now, list(CHOICES))]

    def chosen(self, name: str, value: str) -> str:
        """One of the two ways."""
        if name != notices.SETTING or value not in CHOICES:
            raise SettingInvalid(field=name)
        return value

    async def render(self, account: Account, notice: Notice) -> str:
        """The body of a notification, encrypted once."""
        return await self._notices.render(account, notice)

    async def headers(self, account: Account, notice: Notice) -> dict[str, str]:
        """The headers of one try, signed now."""
        return await self._notices.headers(account, notice)

    def heard(self, told: Told) -> bool:
        """200 or 204; whatever else is tried again."""
        return told.status in HEARD

    async def checks(self, account: Account) -> list[Check]:
        """The self-check."""
        return await self._checker.checks(account)
