"""Work of push outside the lane: telling a person's devices of one conversation, each by itself."""

import asyncio
import logging
from collections.abc import Callable

from changliao.bus.jobs import Job, Work
from changliao.db.db import Db
from changliao.kernel.instant import SECOND_US, Instant
from changliao.push import rules, service
from changliao.push.model import AskAgain, AskDrop, Delivery, Subscription
from changliao.push.port import Pusher
from changliao.push.service import Told

AGAIN_S = 60

Here = Callable[[str], bool]

log = logging.getLogger("changliao.push")


def tell(db: Db, pusher: Pusher, here: Here) -> Work:
    """The job that looks at one person and one conversation, and tells all devices of that person but when
    one of them is here. A device whose way is closed gets a job of its own, so that no other waits for it
    or is told twice."""

    async def work(job: Job) -> Instant | None:
        person_id, _, conversation_id = job.about.partition(" ")
        now = db.clock()
        devices = await db.read(service.live_subscriptions, person_id, now)
        if not devices or here(person_id):
            return None
        told = await db.read(service.to_tell, person_id, conversation_id, now)
        if told is None:
            return None
        answers = await asyncio.gather(*[_push(db, pusher, one, told) for one in devices])
        for device, answer in zip(devices, answers, strict=True):
            if answer.outcome == "later":
                at = now + max(answer.after_s, AGAIN_S) * SECOND_US
                await db.write(service.try_again, AskAgain(device.id, conversation_id, at))
        return None

    return work


def again(db: Db, pusher: Pusher, here: Here) -> Work:
    """The job that tries one device once more, for half an hour at most."""

    async def work(job: Job) -> Instant | None:
        subscription_id, _, conversation_id = job.about.partition(" ")
        now = db.clock()
        device = await db.read(service.subscription, subscription_id)
        if device is None or here(device.person_id):
            return None
        if device not in await db.read(service.live_subscriptions, device.person_id, now):
            return None
        told = await db.read(service.to_tell, device.person_id, conversation_id, now)
        if told is None:
            return None
        answer = await _push(db, pusher, device, told)
        if answer.outcome != "later" or told.at < now - rules.TRY_US:
            return None
        return Instant(db.clock() + max(answer.after_s, AGAIN_S) * SECOND_US)

    return work


async def _push(db: Db, pusher: Pusher, device: Subscription, told: Told) -> Delivery:
    notice = rules.notice(device, told.said, urgent=told.urgent)
    answer = await pusher.push(device, notice)
    if answer.outcome == "gone":
        await db.write(service.drop, AskDrop(device.id, device.endpoint))
    elif answer.outcome == "refused":
        log.warning("the push service of %s takes nothing from here", device.id)
    return answer
