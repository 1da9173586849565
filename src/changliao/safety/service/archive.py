"""What is in an archive of one's own data, file by file."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from changliao.chat.model.entries import Entry
from changliao.chat.service import reading
from changliao.db.driver import Reader
from changliao.entrances import service as entrances
from changliao.kernel.instant import Instant, rfc3339
from changliao.media.model import Media
from changliao.partners import service as partners
from changliao.partners.model import MODES
from changliao.pay import service as pay
from changliao.people import service as people
from changliao.people.service import contacts, passkeys
from changliao.push import service as push
from changliao.safety import store
from changliao.wallet import service as wallet

REPORTS_MAX = 1000

Query = Callable[[Reader, str], str]
Pages = Callable[[Reader, str, str, int], tuple[Sequence[bytes], str]]
"""A page of lines, and the cursor that leads on, empty at the end."""


def _text(said: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(said), indent=1).decode()


def _at(moment: int) -> str:
    return rfc3339(Instant(moment)) if moment else ""


def _app(reader: Reader, app_id: str) -> str:
    app = partners.app(reader, app_id)
    return app.name if app else ""


def _profile(reader: Reader, who: str) -> str:
    person = people.person(reader, who)
    assert person is not None
    said = {
        name: getattr(person, name)
        for name in (
            "id",
            "handle",
            "name",
            "locale",
            "region",
            "bio",
            "avatar",
            "edition",
            "findable",
        )
    }
    return _text(said | {"created_at": _at(person.created_at)})


def _contacts(reader: Reader, who: str) -> str:
    return _text(
        [
            {
                "id": person.id,
                "handle": person.handle,
                "name": person.name,
                "remark": contact.remark,
                "tags": contact.tags,
                "since": _at(contact.since),
                "blocked_at": _at(contact.blocked_at),
            }
            for contact, person in contacts.contact_list(reader, who, 0)
        ]
    )


def _conversations(reader: Reader, who: str) -> str:
    places = [reading.place(reader, who, where) for where in conversations(reader, who)]
    return _text(
        [
            {
                "id": one.place.conversation.id,
                "kind": one.place.conversation.kind,
                "title": one.title,
                "joined_at": _at(one.place.member.joined_at),
                "left": bool(one.place.member.left_s),
            }
            for one in reading.seen(reader, places)
        ]
    )


def _sessions(reader: Reader, who: str) -> str:
    open_ones = people.open_sessions(reader, who, 0)
    return _text(
        {
            "sessions": [
                {
                    "device": one.device,
                    "agent": one.agent,
                    "place": one.address,
                    "since": _at(one.created_at),
                    "seen_at": _at(one.seen_at),
                }
                for one in open_ones
            ],
            "passkeys": [
                {"name": one.name, "created_at": _at(one.created_at)}
                for one in passkeys.passkeys_of(reader, who)
            ],
        }
    )


def _notices(reader: Reader, who: str) -> str:
    """What I want of notices, and which browsers are told by whose service. Neither their addresses nor their
    keys: who holds those can send to the browser."""
    wanted = push.wanted_by(reader, who)
    devices = []
    for one in push.subscriptions_of(reader, who):
        session = people.session(reader, one.session_id)
        devices.append(
            {
                "device": session.device if session else "",
                "service": urlsplit(one.endpoint).hostname,
                "since": _at(one.created_at),
            }
        )
    return _text(
        {
            "quiet": push.quiet_hours(wanted),
            "offset_min": wanted.offset_min,
            "content": wanted.content,
            "devices": devices,
        }
    )


def _wallet(reader: Reader, who: str) -> str:
    wallets = [one for mode in MODES for one in wallet.wallets_of(reader, who, mode)]
    return _text(
        {
            "wallets": [
                {"mode": one.mode, "currency": one.currency, "balance": one.balance}
                for one in wallets
            ],
            "mandates": [
                {
                    "app": _app(reader, one.app_id),
                    "mode": one.mode,
                    "currency": one.currency,
                    "per_payment": one.per_payment,
                    "per_day": one.per_day,
                    "created_at": _at(one.created_at),
                    "revoked_at": _at(one.revoked_at),
                }
                for one in wallet.mandates_of(reader, who)
            ],
        }
    )


def _consents(reader: Reader, who: str) -> str:
    return _text(
        [
            {
                "app": _app(reader, one.app_id),
                "scope": one.scope,
                "state": one.state,
                "changed_at": _at(one.changed_at),
            }
            for one in entrances.consents_of(reader, who)
        ]
    )


def _reports(reader: Reader, who: str) -> str:
    made = store.of_reporter(reader, who, "", REPORTS_MAX)
    about = store.about_person(reader, who, REPORTS_MAX)
    return _text(
        {
            "reports": [
                {
                    "what": one.what,
                    "reason": one.reason,
                    "words": one.words,
                    "state": one.state,
                    "created_at": _at(one.created_at),
                }
                for one in made
            ],
            "decisions": [
                {
                    "action": one.action,
                    "reason": one.reason,
                    "decided_at": _at(one.decided_at),
                    "appeal": one.appeal_words,
                    "answer": one.answer,
                }
                for one in about
            ],
        }
    )


PARTS: tuple[tuple[str, Query], ...] = (
    ("profile.json", _profile),
    ("contacts.json", _contacts),
    ("conversations.json", _conversations),
    ("sessions.json", _sessions),
    ("notices.json", _notices),
    ("wallet.json", _wallet),
    ("consents.json", _consents),
    ("reports.json", _reports),
)
"""Files of one piece."""


def _payments(reader: Reader, who: str, after: str, limit: int) -> tuple[Sequence[bytes], str]:
    found = pay.payments_by(reader, who, after, limit)
    lines = [
        msgspec.json.encode(
            {
                "id": one.id,
                "shop": _app(reader, one.app_id),
                "mode": one.mode,
                "amount": one.amount,
                "currency": one.currency,
                "description": one.description,
                "status": one.status,
                "refunded_amount": one.refunded_amount,
                "created_at": _at(one.created_at),
                "paid_at": _at(one.paid_at),
            }
        )
        for one in found
    ]
    return lines, found[-1].id if len(found) == limit else ""


def _statements(reader: Reader, who: str, after: str, limit: int) -> tuple[Sequence[bytes], str]:
    """Every movement of every wallet, newest first, one wallet after the other."""
    wallets = [one for mode in MODES for one in wallet.wallets_of(reader, who, mode)]
    place, before = (int(part) for part in (after or "0.0").split("."))
    if place >= len(wallets):
        return [], ""
    one = wallets[place]
    found = wallet.entries(reader, who, one.currency, one.mode, before, limit)
    lines = [
        msgspec.json.encode(
            {
                "mode": one.mode,
                "currency": one.currency,
                "amount": signed,
                "what": transfer.code,
                "at": _at(transfer.happened_at),
            }
        )
        for transfer, signed in found
    ]
    more = f"{place}.{found[-1][0].seq}" if len(found) == limit else f"{place + 1}.0"
    return lines, more


def _personal(reader: Reader, who: str, after: str, limit: int) -> tuple[Sequence[bytes], str]:
    found = reading.personal(reader, who, int(after or 0), limit)
    lines = [
        msgspec.json.encode(
            {"at": _at(one.at), "kind": one.kind, "body": msgspec.Raw(one.body.encode())}
        )
        for one in found
    ]
    return lines, str(found[-1].position) if len(found) == limit else ""


PAGED: tuple[tuple[str, Pages], ...] = (
    ("payments.jsonl", _payments),
    ("statements.jsonl", _statements),
    ("personal_log.jsonl", _personal),
)
"""Files of one JSON object a line, read page by page."""


def conversations(reader: Reader, who: str) -> list[str]:
    """Every conversation of which a person may see something."""
    return [where for where, _, _ in reading.spans_of(reader, who)]


def entries(reader: Reader, who: str, where: str, after: int, limit: int) -> list[Entry]:
    """A page of a log, as far as the person may see it."""
    return reading.after(reader, who, where, after, limit).entries


def file_name(one: Media) -> str:
    """What a media is called in an archive: its id, and its own name as far as every system takes it."""
    name = re.sub(r"[^\w.-]", "_", one.name)[-80:]
    return f"{one.id}-{name}" if name else f"{one.id}.{one.content_type.partition('/')[2]}"
