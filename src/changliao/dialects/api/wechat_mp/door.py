"""What the platform's servers are called with: a token for an app id and its secret, then verbs under it."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from changliao.accounts import service as accounts
from changliao.accounts.model import Account as Official
from changliao.accounts.model.refusals import AccountNotFound
from changliao.accounts.service import reading
from changliao.db.driver import Reader
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.keyring import Known
from changliao.dialects.api.wechat_mp import faults
from changliao.dialects.api.wechat_mp.faults import Fault
from changliao.kernel.instant import SECOND_US
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value
from changliao.wire.call import Answer, Call
from changliao.wire.sign import base64url

LASTS_S = 7200
PER_S, BURST = 50, 200
ACCOUNT = "account"


class Asked(Value, frozen=True):
    """A call that is let in: whose app it is, and for which official account it speaks."""

    known: Known
    official: Official


Done = Callable[[Call, Asked], Awaitable[dict[str, Any] | Answer]]


def official_of(reader: Reader, known: Known) -> Official:
    """The account that a number speaks for: the one that was chosen, else the app's own, else its first."""
    chosen = known.account.settings.get(ACCOUNT, "")
    if chosen:
        return accounts.own(reader, known.caller, chosen)
    of_app = reading.accounts_of(reader, known.caller)
    mine = [one for one in of_app if one.mode == known.account.mode]
    found = next((one for one in mine if one.own_of), mine[0] if mine else None)
    if found is None:
        raise AccountNotFound("This app has no official account in this mode yet.")
    return found


class Door:
    """Gives tokens and takes them. A token says itself until when it is good, under a key of ours and the
    secret of its number, so it is kept nowhere, and ends with that secret."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._key = ground.db.vault.derive("wechat_mp access tokens")

    async def token(self, call: Call) -> Answer:
        """GET /cgi-bin/token: two hours, for who knows the secret. Tokens given before stay good."""
        try:
            known = await self._known(call.param("appid"))
            if call.param("grant_type") != "client_credential":
                raise Fault(40002, "invalid grant_type")
            if not hmac.compare_digest(
                call.param("secret").encode(), known.secrets["secret"].encode()
            ):
                raise Fault(faults.BAD_SECRET, "invalid appsecret")
        except Fault as fault:
            return faults.told(fault.number, fault.says)
        ends = self._ground.db.clock() // SECOND_US + LASTS_S
        said = {"access_token": self._signed(known, ends), "expires_in": LASTS_S}
        return Answer(msgspec.json.encode(said))

    def with_token(self, done: Done) -> Callable[[Call], Awaitable[Answer]]:
        """A handler behind the token, which answers in the platform's way whatever comes of it."""

        async def handler(call: Call) -> Answer:
            try:
                asked = await self._let_in(call)
                said = await done(call, asked)
                return said if isinstance(said, Answer) else Answer(msgspec.json.encode(said))
            except Fault as fault:
                return faults.told(fault.number, fault.says)
            except Refusal as refusal:
                return faults.of(refusal)

        return handler

    async def _let_in(self, call: Call) -> Asked:
        token = call.param("access_token")
        if not token:
            raise Fault(faults.NO_TOKEN, "access_token missing")
        number, _, rest = token.partition(".")
        ends = rest.partition(".")[0]
        known = await self._known(number, faults.BAD_TOKEN)
        if not (ends.isascii() and ends.isdigit() and len(ends) < 16):
            raise Fault(faults.BAD_TOKEN, "invalid credential")
        if not hmac.compare_digest(token.encode(), self._signed(known, int(ends)).encode()):
            raise Fault(faults.BAD_TOKEN, "invalid credential")
        if int(ends) <= self._ground.db.clock() // SECOND_US:
            raise Fault(faults.EXPIRED, "access_token expired")
        self._ground.buckets.take(f"wechat_mp {number}", PER_S, BURST)
        return Asked(known, await self._ground.db.read(official_of, known))

    async def _known(self, number: str, otherwise: int = faults.BAD_APP) -> Known:
        known = None
        if 0 < len(number) <= 64:
            known = await self._ground.keyring.known("wechat_mp", number)
        if known is None:
            raise Fault(otherwise, "invalid appid")
        return known

    def _signed(self, known: Known, ends: int) -> str:
        said = f"{known.account.number}.{ends}"
        bound = f"{said} {known.secrets['secret']}".encode()
        return f"{said}.{base64url(hmac.digest(self._key, bound, 'sha256'))}"
