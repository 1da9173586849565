"""Delivering webhooks, as Standard Webhooks 1.0 says."""

import msgspec

from changliao.bus.jobs import Job, Work
from changliao.db.db import Db
from changliao.kernel.instant import SECOND_US, Instant, rfc3339
from changliao.partners import service
from changliao.partners.model import AskNoteTry
from changliao.partners.service.webhooks import DeliveryWork, secret_places
from changliao.wire.outbound import Outbound, Told
from changliao.wire.sign import ed25519_signature, hmac_signature, webhook_content


def deliver(db: Db, outbound: Outbound) -> Work:
    """The job that tries a delivery once. A crash after the shop answered means it hears twice, with
    the same webhook-id."""

    async def work(job: Job) -> Instant | None:
        found = await db.read(service.delivery_work, job.about)
        if found is None:
            return None
        body = webhook_body(found)
        if found.endpoint.state == "disabled":
            told = Told(410, "endpoint switched off", "", 0)
        else:
            told = await outbound.post(found.endpoint.url, body, signed_headers(db, found, body))
        again_at = await db.write(
            service.note_try,
            AskNoteTry(
                found.delivery.id,
                told.status,
                told.trouble,
                told.excerpt,
                told.took_ms,
                told.retry_after_s,
            ),
        )
        return Instant(again_at) if again_at else None

    return work


def webhook_body(work: DeliveryWork) -> bytes:
    """The message: which event (`id` and `sequence` are those of /v1/events), when, and its data."""
    fact = work.fact
    return msgspec.json.encode(
        {
            "type": fact.kind,
            "timestamp": rfc3339(Instant(fact.at)),
            "id": f"evt_{fact.seq}",
            "sequence": fact.seq,
            "about": fact.about,
            "data": msgspec.Raw(fact.body.encode()),
        }
    )


def signed_headers(db: Db, work: DeliveryWork, body: bytes) -> dict[str, str]:
    """webhook-id, -timestamp and -signature; two signatures while a secret is being rotated."""
    now = db.clock()
    content = webhook_content(work.delivery.id, now // SECOND_US, body)
    sign = hmac_signature if work.endpoint.signing == "v1" else ed25519_signature
    signatures = [
        sign(db.vault.open(sealed, place=place), content)
        for sealed, place in secret_places(work.endpoint, now)
    ]
    return {
        "content-type": "application/json",
        "user-agent": "changliao-webhooks/1",
        "webhook-id": work.delivery.id,
        "webhook-timestamp": str(now // SECOND_US),
        "webhook-signature": " ".join(signatures),
    }
