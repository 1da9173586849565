"""Installing the app: whose token Saleor posts; kept sealed, with the keys that Saleor signs by."""

import msgspec

from changliao.dialects import instances
from changliao.dialects.api.diary import Heard
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.saleor import settings
from changliao.dialects.api.saleor.door import Door
from changliao.dialects.api.saleor.manifest import manifest, manifest_url
from changliao.dialects.api.saleor.refusals import (
    AppTokenRefused,
    EventRefused,
    SigningKeysMissing,
    not_allowed,
)
from changliao.dialects.api.saleor.shapes import App, AppAnswer, Token
from changliao.dialects.model import Account, AskInstance
from changliao.kernel.instant import Instant
from changliao.kernel.refusal import Refusal
from changliao.wire.call import Answer, Call

WHOSE = msgspec.json.encode({"query": "{ app { id manifestUrl } }"})
_DONE = Answer(b'{"success":true}')
_TOKEN_MAX = 500


def headers(token: str) -> dict[str, str]:
    """How an app calls Saleor's API."""
    return {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}


class Registration:
    """`GET /{number}/manifest` and `POST /{number}/register`."""

    def __init__(self, ground: Ground, door: Door, url: str) -> None:
        self._ground, self._door, self._url = ground, door, url

    async def manifest(self, call: Call, number: str) -> Answer:
        """What the app is and which events it wants."""
        account = (await self._door.known(number)).account
        return Answer(msgspec.json.encode(manifest(self._url, number, account.mode)))

    async def register(self, call: Call, number: str) -> Answer:
        """Keep the token of an instance that the shop allows, once the instance itself says that it is
        the token of the app that was installed by this account's manifest: nobody else has one."""
        account = (await self._door.known(number)).account
        trouble = ""
        try:
            await self._register(call, account)
        except Refusal as refusal:
            trouble = f"{refusal.code}: {refusal.detail}"
            raise
        finally:
            heard = Heard(Instant(self._ground.db.clock()), "register", trouble)
            self._ground.diary.note(account.id, heard)
        return _DONE

    async def _register(self, call: Call, account: Account) -> None:
        api_url = call.header("saleor-api-url")
        if api_url not in settings.instances(account):
            raise not_allowed(api_url)
        try:
            token = msgspec.json.decode(call.body, type=Token).auth_token
        except (msgspec.DecodeError, UnicodeError):
            raise EventRefused(field="auth_token") from None
        if not 0 < len(token) <= _TOKEN_MAX or not (token.isascii() and token.isprintable()):
            raise EventRefused(field="auth_token")
        app = await self.app_of(api_url, token)
        if app is None or app.manifest_url != manifest_url(self._url, account.number):
            raise AppTokenRefused(field="auth_token")
        keys = await self._door.keys_at(api_url)
        if not keys:
            raise SigningKeysMissing(field="Saleor-Api-Url")
        ask = AskInstance(account, api_url, app.id, token, keys)
        await self._ground.db.write(instances.register_instance, ask)

    async def app_of(self, api_url: str, token: str) -> App | None:
        """The app that an instance knows by a token."""
        told = await self._ground.outbound.post(api_url, WHOSE, headers(token))
        if told.trouble:
            return None
        try:
            answer = msgspec.json.decode(told.text, type=AppAnswer)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None
        return answer.data.app if answer.data else None
