"""Web Push: a notice sealed for one browser and left at its push service (RFC 8030)."""

import os
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from changliao.kernel.addresses import web_origin
from changliao.kernel.instant import SECOND_US
from changliao.push import rules
from changliao.push.model import Delivery, Notice, Subscription
from changliao.push.rules import sealing
from changliao.wire.outbound import Outbound
from changliao.wire.sign import base64url

TIMEOUT_S = 10
_TOKEN_S = 12 * 3600
_HERE_NO_MORE = (404, 410)
_TAKEN = (200, 201, 202, 204)


class WebPush:
    """Sends under one key pair, by which every push service knows this installation. `contact` is where
    whoever runs it is found: an https address."""

    def __init__(
        self, outbound: Outbound, seed: bytes, contact: str, clock: Callable[[], int]
    ) -> None:
        self._outbound, self._clock, self._contact = outbound, clock, contact
        self._key = sealing.key_of(seed)

    @property
    def public_key(self) -> str:
        """What a browser subscribes with, in base64url."""
        return base64url(sealing.public_of(self._key))

    async def push(self, to: Subscription, notice: Notice) -> Delivery:
        """Seal it and leave it there. Redirects are not followed: they would be another address."""
        point, secret = rules.keys(to.p256dh, to.auth)
        own, salt = generate_private_key(SECP256R1()), os.urandom(16)
        body = sealing.sealed(notice.payload, point, secret, own, salt)
        told = await self._outbound.post(to.endpoint, body, self._headers(to, notice))
        if told.status in _TAKEN:
            return Delivery("sent")
        if told.status in _HERE_NO_MORE:
            return Delivery("gone")
        closed = told.status == 429 or told.status >= 500
        nothing = told.status == 0 and told.trouble not in ("private_address", "address_invalid")
        return Delivery("later", told.retry_after_s) if closed or nothing else Delivery("refused")

    async def close(self) -> None:
        """Let connections go."""
        await self._outbound.close()

    def _headers(self, to: Subscription, notice: Notice) -> dict[str, str]:
        until_s = self._clock() // SECOND_US + _TOKEN_S
        audience = web_origin(to.endpoint)
        return {
            "authorization": sealing.authorization(self._key, audience, self._contact, until_s),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(notice.ttl_s),
            "topic": notice.topic,
            "urgency": notice.urgency,
        }
