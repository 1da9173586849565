"""The verbs of what is one's own: asking for all of it, leaving for good."""

import msgspec

from changliao.bus import jobs
from changliao.chat.service import moderation
from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.kernel.refusal import Refusal
from changliao.partners import service as partners
from changliao.pay import service as pay
from changliao.people import service as people
from changliao.people.model import Person
from changliao.people.model.standing import AskLeave
from changliao.people.service import standing
from changliao.safety import store
from changliao.safety.events import ExportAsked, ExportReady
from changliao.safety.model.mine import (
    GRACE_US,
    KEPT_US,
    AskReady,
    Export,
    ExportNotFound,
    GroupsOwned,
    MoneyLeft,
    PartnersOwned,
    PaymentsOpen,
)
from changliao.safety.rules import mine as rules
from changliao.safety.store import EXPORTS
from changliao.wallet import service as wallet

PACK = "safety.pack"
"""The job that packs an archive."""
ERASE = "safety.erase"
"""The job that deletes an account when its days of grace are over."""
WORTH_LEAVING = '["leave"]'
"""What a passkey signs when a person deletes the account; the challenge names the person, too."""
EXPORTS_SHOWN = 20

_replace = msgspec.structs.replace


def ask_export(tx: Tx, person_id: str) -> Export:
    """Promise an archive of all that is a person's. One that is being packed is the same one; the next may
    be asked for a day later."""
    newest = next(iter(store.exports_of(tx, person_id, 1)), None)
    if newest is not None and newest.state == "waiting":
        return newest
    rules.next_export(newest, tx.now)
    made = Export(tx.new_id("exp"), person_id, "waiting", "", 0, tx.now, 0, 0)
    jobs.later(tx, PACK, made.id)
    tx.emit(ExportAsked(made.id, person_id), about=made.id)
    return tx.add(EXPORTS, made)


def name_export(tx: Tx, ask: AskReady) -> str:
    """The archive is packed and may now go into the store. Answers what an earlier run put there, or was
    about to, and nobody needs any more; empty for nothing."""
    found = rules.waiting(tx.get(EXPORTS, ask.export_id))
    tx.put(EXPORTS, _replace(found, blob=ask.blob, size=ask.size))
    return found.blob if found.blob != ask.blob else ""


def finish_export(tx: Tx, ask: AskReady) -> Export:
    """The archive that was named last is in the store; to say so again is no other thing."""
    found = tx.get(EXPORTS, ask.export_id)
    if found is None or found.blob != ask.blob:
        raise ExportNotFound(field="id")
    if found.state == "ready":
        return found
    tx.emit(ExportReady(found.id, found.person_id), about=found.id)
    ends = tx.now + KEPT_US
    return tx.put(EXPORTS, _replace(found, state="ready", ready_at=tx.now, expires_at=ends))


def end_export(tx: Tx, export_id: str) -> None:
    """The archive is over: its bytes are gone."""
    found = tx.get(EXPORTS, export_id)
    if found is not None and found.state == "ready":
        tx.put(EXPORTS, _replace(found, state="over", blob=""))


def leave(tx: Tx, person_id: str) -> Person:
    """Delete the account in seven days, unless the person signs in before. Refuses while money, payments, a
    group or a partner still hang on the person, and says which."""
    refused = hindrance(tx, person_id)
    if refused is not None:
        raise refused
    at = tx.now + GRACE_US
    jobs.later(tx, ERASE, person_id, at=at)
    return standing.leave(tx, AskLeave(person_id, at))


def erase(tx: Tx, person_id: str) -> Person | Refusal:
    """Delete the account for good. What hangs on the person by now is returned as a refusal, and nothing
    done. The other rooms hear of it, and delete what is theirs to delete."""
    refused = hindrance(tx, person_id)
    return standing.erase(tx, person_id) if refused is None else refused


def hindrance(reader: Reader, person_id: str) -> Refusal | None:
    """What keeps a person from leaving, the first of it; None when nothing does. Play money is nobody's."""
    for account in wallet.wallets_of(reader, person_id, "live"):
        if account.balance or account.debits_pending or account.credits_pending:
            return MoneyLeft(amount=account.balance, currency=account.currency)
    if wallet.top_ups_under_way(reader, person_id):
        return MoneyLeft()
    if many := len(pay.under_way_of(reader, person_id)):
        return PaymentsOpen(payments=many)
    if many := len(moderation.owned_groups(reader, person_id)):
        return GroupsOwned(groups=many)
    if many := len(partners.owned_alone(reader, person_id)):
        return PartnersOwned(partners=many)
    return None


# Reading ------------------------------------------------------------------------------------


def exports_of(reader: Reader, person_id: str) -> list[Export]:
    """A person's archives, newest first."""
    return store.exports_of(reader, person_id, EXPORTS_SHOWN)


def export(reader: Reader, export_id: str) -> Export | None:
    """One archive; for the job that packs it."""
    found: Export | None = reader.get(EXPORTS, export_id)
    return found


def readable(reader: Reader, person_id: str, export_id: str, now: int) -> Export:
    """A person's own archive that can be read now."""
    return rules.readable(reader.get(EXPORTS, export_id), person_id, now)


def exports_over(reader: Reader, now: int, limit: int) -> list[Export]:
    """Archives whose time is over and whose bytes are still there."""
    return store.exports_over(reader, now, limit)


def leaving(reader: Reader, person_id: str) -> int:
    """When a person's account is to be deleted; 0 when it is not."""
    found = people.person(reader, person_id)
    return found.standing_until if found is not None and found.standing == "leaving" else 0
