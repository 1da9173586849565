"""The public platform as one of our dialects: the parts of this folder behind the port."""

import base64
import secrets

import msgspec

from changliao.accounts.model import Account as Official
from changliao.db.driver import Reader
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat_mp import callbacks, faults
from changliao.dialects.api.wechat_mp.callbacks import MODE, PLAIN, SAFE, Callbacks
from changliao.dialects.api.wechat_mp.calls import Calls
from changliao.dialects.api.wechat_mp.door import ACCOUNT, Door, official_of
from changliao.dialects.api.wechat_mp.materials import Materials
from changliao.dialects.api.wechat_mp.pictures import Pictures
from changliao.dialects.api.wechat_mp.tags import Tags
from changliao.dialects.model import Account, DialectName, Notice, SettingInvalid
from changliao.dialects.port import Check, Draft, KitFile, Lines, Setting
from changliao.kernel.refusal import Refusal
from changliao.partners.model import Mode
from changliao.wire.call import Answer
from changliao.wire.outbound import CallbackAddressInvalid, Told, check_address
from changliao.wire.routes import Route

CALLBACK = "callback"
_LINES = """from wechatpy import WeChatClient


class Client(WeChatClient):
    API_BASE_URL = "{url}/cgi-bin/"

    def fetch_access_token(self):  # wechatpy writes this one address out.
        said = dict(grant_type="client_credential", appid=self.appid, secret=self.secret)
        return self._fetch_access_token("{url}/cgi-bin/token", said)


client = Client("{number}", "the secret from wechat_mp.json")"""


class WeChatMp:
    """The dialect (honours `port.Dialect`, `Choosing`, `SignsBodies`, `SignsAddresses`, `TakesReplies`)."""

    name: DialectName = "wechat_mp"

    def __init__(self, ground: Ground, url: str) -> None:
        self.url = url
        self._ground = ground
        door = Door(ground)
        self._calls, self._pictures = Calls(ground, door), Pictures(ground, door)
        self._materials = Materials(ground, door, self._pictures)
        self._tags = Tags(ground, door)
        self._callbacks = Callbacks(ground)

    def routes(self) -> list[Route]:
        """The addresses under /cgi-bin/."""
        parts = (self._calls, self._pictures, self._materials, self._tags)
        return [route for part in parts for route in part.routes()]

    def refused(self, refusal: Refusal, request_id: str, path: str) -> Answer:
        """A refusal outside of any verb."""
        return faults.of(refusal)

    def broken(self, request_id: str) -> Answer:
        """A bug of ours: the platform is busy, and is asked again."""
        return faults.told(faults.BUSY, "system busy")

    async def draft(self, mode: Mode, public_key: str) -> Draft:
        """An app id, its secret, and what callbacks are signed and sealed with; shown this once."""
        number = f"wx{secrets.token_hex(8)}"
        aes = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        kept = {"secret": secrets.token_hex(16), "callback_token": secrets.token_hex(8), "aes": aes}
        shown = {
            "appid": number,
            "secret": kept["secret"],
            "token": kept["callback_token"],
            "encoding_aes_key": aes,
        }
        content = msgspec.json.format(msgspec.json.encode(shown)).decode()
        return Draft(number, "", "", "", kept, {}, [KitFile("wechat_mp.json", content)])

    async def values(self, account: Account) -> dict[str, str]:
        """What a server configures."""
        return {"api_base_url": f"{self.url}/cgi-bin/", "appid": account.number}

    async def lines(self, account: Account) -> list[Lines]:
        """The client with its two addresses changed."""
        code = _LINES.replace("{url}", self.url).replace("{number}", account.number)
        return [Lines("wechatpy 1.8", "python", code)]

    def settings(self, account: Account) -> list[Setting]:
        """Where it is told, whether sealed, and for which official account it speaks."""
        said = account.settings
        return [
            Setting(CALLBACK, said.get(CALLBACK, "")),
            Setting(MODE, said.get(MODE, PLAIN), [PLAIN, SAFE]),
            Setting(ACCOUNT, said.get(ACCOUNT, "")),
        ]

    def chosen(self, name: str, value: str) -> str:
        """The value as it is kept, or SettingInvalid."""
        value = value.strip()
        if name == MODE and value in (PLAIN, SAFE):
            return value
        if name == ACCOUNT and len(value) <= 64:
            return value
        if name == CALLBACK:
            try:
                if value:
                    check_address(value, allow_private=self._ground.outbound.allow_private)
            except CallbackAddressInvalid as refusal:
                raise SettingInvalid(f"{refusal.detail} {refusal.hint}", field=name) from None
            return value
        raise SettingInvalid(field=name)

    async def render(self, account: Account, notice: Notice) -> str:
        """What happened."""
        return await self._callbacks.render(notice)

    async def dressed(self, account: Account, notice: Notice) -> bytes:
        """Sealed, in safe mode."""
        return await self._callbacks.dressed(account, notice)

    async def address(self, account: Account, notice: Notice, sent: bytes) -> str:
        """Signed, as the platform signs: in the address."""
        return await self._callbacks.address(account, notice, sent)

    async def headers(self, account: Account, notice: Notice) -> dict[str, str]:
        """No more than what it is."""
        return {"content-type": "text/xml"}

    def heard(self, told: Told) -> bool:
        """Whether the server has heard."""
        return callbacks.heard(told)

    async def replied(self, account: Account, notice: Notice, told: Told) -> None:
        """What the server answered is said to the person."""
        await self._callbacks.replied(account, notice, told)

    async def checks(self, account: Account) -> list[Check]:
        """The self-check: whether there is an official account to speak for, and somebody to tell."""
        known = await self._ground.keyring.opened(account)

        def query(reader: Reader) -> Official | None:
            try:
                return official_of(reader, known)
            except Refusal:
                return None

        found = await self._ground.db.read(query)
        there = bool(account.settings.get(CALLBACK))
        return [
            Check(
                "official_account",
                found is not None,
                f"It speaks for {found.name}." if found else "The app has no official account.",
                "official_there" if found else "official_missing",
                {"name": found.name} if found else {},
            ),
            Check(
                "callback",
                there,
                "Your server is told of messages." if there else "No callback address is set.",
                "callback_set" if there else "callback_unset",
            ),
        ]
