"""What every webhook goes through: whose account, which instance, its signature, and that it is for us."""

import hashlib
from datetime import datetime

import msgspec

from changliao.dialects import instances
from changliao.dialects.api.diary import Heard
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.keyring import Known
from changliao.dialects.api.saleor import settings
from changliao.dialects.api.saleor.manifest import Webhook
from changliao.dialects.api.saleor.refusals import (
    EventRefused,
    SignatureRefused,
    not_allowed,
)
from changliao.dialects.api.saleor.shapes import Event
from changliao.dialects.model import AccountNotFound, AskInstanceKeys, Instance
from changliao.kernel.instant import DAY_US, HOUR_US, SECOND_US, Instant, from_datetime
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value
from changliao.wire import jws
from changliao.wire.call import Call

PER_S, BURST = 50, 200
KEYS_FRESH_US = 60 * SECOND_US
"""Keys are fetched anew for a signature that does not fit, and no more often than this."""
OLDEST_US, AHEAD_US = DAY_US, HOUR_US
"""How old a body may be (Saleor repeats a request for minutes), and how far its clock ahead of ours."""
_NUMBER_MAX = 64


class Asked(Value, frozen=True):
    """One webhook that is what it says: for whom, by which instance, and a digest of its body.

    The digest tells requests from each other: Saleor repeats a request with the same bytes, and each
    request has bytes of its own."""

    known: Known
    instance: Instance
    event: Event
    digest: bytes


class Door:
    """Lets webhooks in."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def known(self, number: str) -> Known:
        """The account at an address of ours."""
        found = None
        if len(number) <= _NUMBER_MAX:
            found = await self._ground.keyring.known("saleor", number)
        if found is None:
            raise AccountNotFound
        self._ground.buckets.take(f"saleor {found.account.number}", PER_S, BURST)
        return found

    async def asked(self, call: Call, number: str, webhook: Webhook) -> Asked:
        """The webhook, if an allowed instance signed it for this address; noted for the self-check."""
        known = await self.known(number)
        trouble = ""
        try:
            return await self._asked(call, known, webhook)
        except Refusal as refusal:
            trouble = f"{refusal.code}: {refusal.detail}"
            raise
        finally:
            heard = Heard(Instant(self._ground.db.clock()), webhook.event, trouble)
            self._ground.diary.note(known.account.id, heard)

    async def _asked(self, call: Call, known: Known, webhook: Webhook) -> Asked:
        db, api_url = self._ground.db, call.header("saleor-api-url")
        instance = None
        if api_url in settings.instances(known.account):
            instance = await db.read(instances.instance_at, known.account.id, api_url)
        if instance is None:
            raise not_allowed(api_url)
        token = jws.detached(call.header("saleor-signature"))
        if token is None:
            raise SignatureRefused(field="Saleor-Signature")
        if not _signed(token, instance, call.body):
            instance = await self._with_new_keys(instance)
            if not _signed(token, instance, call.body):
                raise SignatureRefused(field="Saleor-Signature")
        event = self._event(call.body, webhook, instance)
        return Asked(known, instance, event, hashlib.sha256(call.body).digest())

    async def _with_new_keys(self, instance: Instance) -> Instance:
        """Its keys as they are now: Saleor calls a new key by the old one's id. Asked at most once a
        minute, whatever strangers send."""
        db = self._ground.db
        if db.clock() - instance.keys_at < KEYS_FRESH_US:
            return instance
        keys = await self.keys_at(instance.api_url) or instance.keys
        return await db.write(instances.keep_keys, AskInstanceKeys(instance.id, keys))

    async def keys_at(self, api_url: str) -> dict[str, str]:
        """The keys that an instance shows; none when it cannot be asked."""
        told = await self._ground.outbound.get(settings.jwks_url(api_url))
        return {} if told.trouble else jws.key_set(told.text)

    def _event(self, body: bytes, webhook: Webhook, instance: Instance) -> Event:
        """The signature covers the body alone: that it is for this address and this app, and not an old
        one heard again, stands in the body itself."""
        try:
            event = msgspec.json.decode(body, type=Event)
            age = self._ground.db.clock() - from_datetime(datetime.fromisoformat(event.issued_at))
        except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError, TypeError):
            raise EventRefused(field="body") from None
        if event.typename != webhook.typename:
            raise EventRefused(field="__typename")
        if event.recipient.id != instance.their_id:
            raise EventRefused("This event is for another app.", field="recipient")
        if not -AHEAD_US <= age <= OLDEST_US:
            raise EventRefused("This event is too old, or ahead of our clock.", field="issuedAt")
        return event


def _signed(token: jws.Detached, instance: Instance, body: bytes) -> bool:
    key = instance.keys.get(token.kid)
    return key is not None and token.signs(key, body)
