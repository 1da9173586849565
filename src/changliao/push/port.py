"""The port: what a way to a device must be able to do. Web Push is one, phones have others."""

from typing import Protocol

from changliao.push.model import Delivery, Notice, Subscription


class Pusher(Protocol):
    """Brings a notice to a device. Trouble is an answer here, not an exception: `gone` when the device has
    ended the subscription for good, `later` when the way is closed now, `refused` when it takes nothing of
    ours. It answers within half a minute, and bringing the same notice again does no harm."""

    async def push(self, to: Subscription, notice: Notice) -> Delivery:
        """Bring it on its way."""

    async def close(self) -> None:
        """Let connections go."""
