"""The self-check of a merchant: keys, clock, callback, the last signature and why it failed."""

from changliao.dialects import service as dialects
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.wechat import authority
from changliao.dialects.api.wechat.door import SKEW_MAX_S, Door
from changliao.dialects.model import Account
from changliao.dialects.port import Check
from changliao.wire.rsa import public_of, signed, verifies

_PROOF = b"changliao self-check"
_BODY = b'{"event_type":"SELF.CHECK"}'
EXCERPT = 100


class Checker:
    """Looks at a merchant's side; nothing of it writes."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door

    async def checks(self, account: Account) -> list[Check]:
        """Each line of the self-check."""
        return [
            await self._ours(account),
            self._signature(account),
            self._clock(account),
            await self._callback(account),
        ]

    async def _ours(self, account: Account) -> Check:
        """Our private key, public key and certificate belong together."""
        seal = await self._door.seal(account.mode)
        proof = await self._ground.keyring.pool.run(lambda: signed(seal.private_pem, _PROOF))
        certified = public_of(authority.certified_key(seal.certificate))
        if certified == seal.public_pem and verifies(seal.public_pem, _PROOF, proof):
            return Check("our_key", True, "Our key pair signs and verifies.", "our_key_fits")
        return Check("our_key", False, "Our own keys do not fit; tell the operator.", "our_key")

    def _signature(self, account: Account) -> Check:
        heard = self._ground.diary.of(account.id)
        if not heard:
            says = "No request of this merchant number has come here since the server started."
            return Check("signature", False, says, "no_request")
        last = heard[0]
        if not last.trouble:
            says = f"The last request is signed well: {last.what}"
            return Check("signature", True, says, "signed_well", {"what": last.what})
        says = f"The last request, {last.what}, was refused: {last.trouble}"
        if last.signed:
            says += f" We think this should be signed: {last.signed!r}"
        figures = {"what": last.what, "trouble": last.trouble, "signed": last.signed}
        return Check("signature", False, says, "refused", figures)

    def _clock(self, account: Account) -> Check:
        off = self._door.ahead_s.get(account.id)
        if off is None:
            return Check("clock", False, "No request has shown your clock yet.", "no_clock")
        figures = {"seconds": str(off)}
        if abs(off) > SKEW_MAX_S:
            says = f"Your clock is {off} s off; more than {SKEW_MAX_S} s is refused."
            return Check("clock", False, says, "clock_off", figures)
        says = f"Your clock is {off} s off, which is fine."
        return Check("clock", True, says, "clock_fine", figures)

    async def _callback(self, account: Account) -> Check:
        """Ask where the shop last wanted to be told: any answer at all shows that it is reached. What is
        sent is no notification and not signed, so a shop refuses it, and rightly."""
        url = await self._ground.db.read(dialects.newest_notify_url, account.id)
        if not url:
            says = "No order has named a notify_url yet."
            return Check("callback", False, says, "no_callback")
        headers = {"Content-Type": "application/json"}
        told = await self._ground.outbound.post(url, _BODY, headers)
        figures = {
            "url": url,
            "status": str(told.status),
            "trouble": told.trouble,
            "excerpt": told.excerpt[:EXCERPT],
        }
        if not told.status:
            says = f"{url} could not be reached: {told.trouble}"
            return Check("callback", False, says, "callback_fails", figures)
        says = f"{url} answered {told.status}: {told.excerpt[:EXCERPT]!r}"
        return Check("callback", True, says, "callback_answers", figures)
