"""Telling shops in their dialect, until they have heard or the dialect's table of tries is through."""

from collections.abc import Mapping

from changliao.bus.jobs import Job, Work
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.dialects import service
from changliao.dialects.model import Account, AskBody, AskNoticeTry, DialectName, Notice
from changliao.dialects.port import Dialect, SignsAddresses, SignsBodies, TakesReplies
from changliao.kernel.instant import Instant
from changliao.wire.outbound import Outbound

TIMEOUT_S = 5
"""How long a shop may take to answer a notification."""


def notify(db: Db, outbound: Outbound, dialects: Mapping[DialectName, Dialect]) -> Work:
    """The job that tries a notice once. A crash after the shop answered means that it hears twice."""

    async def work(job: Job) -> Instant | None:
        found = await db.read(_work_of, job.about)
        if found is None:
            return None
        notice, account = found
        dialect = dialects.get(account.dialect)
        if dialect is None:
            raise LookupError(f"nobody speaks {account.dialect} here")
        if not notice.body:
            body = await dialect.render(account, notice)
            notice = await db.write(service.keep_body, AskBody(notice.id, body))
        headers = await dialect.headers(account, notice)
        sent = notice.body.encode()
        if isinstance(dialect, SignsBodies):
            sent = await dialect.dressed(account, notice)
        url = notice.url
        if isinstance(dialect, SignsAddresses):
            url = await dialect.address(account, notice, sent)
        told = await outbound.post(url, sent, headers)
        if isinstance(dialect, TakesReplies) and dialect.heard(told):
            await dialect.replied(account, notice, told)
        again_at = await db.write(
            service.note_try,
            AskNoticeTry(notice.id, dialect.heard(told), told.status, told.trouble, told.excerpt),
        )
        return Instant(again_at) if again_at else None

    return work


def _work_of(reader: Reader, notice_id: str) -> tuple[Notice, Account] | None:
    notice = service.notice(reader, notice_id)
    if notice is None or notice.state != "waiting":
        return None
    account = service.account(reader, notice.account_id)
    assert account is not None
    return notice, account
