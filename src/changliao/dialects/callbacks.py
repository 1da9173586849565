"""Planning what servers of official accounts are told, at the one address that each has set."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from changliao.bus.outbox import hears, of_kinds
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.dialects import service
from changliao.dialects.model import DialectName
from changliao.dialects.store import ACCOUNTS, SPEAKING

CALLBACK = "callback"


def planner(
    dialect: DialectName, tells: Collection[str]
) -> Callable[[Tx, Sequence[FactRow]], None]:
    """A follower that puts a notice of each of these facts on its way, where an address is set."""

    @hears(of_kinds(*tells))
    def plan(tx: Tx, facts: Sequence[FactRow]) -> None:
        for fact in facts:
            if fact.kind not in tells or not fact.audience:
                continue
            speaking = tx.get(SPEAKING, fact.audience)
            for account_id in speaking.account_ids if speaking else ():
                account = tx.get(ACCOUNTS, account_id)
                if account is None or account.dialect != dialect or account.closed_at:
                    continue
                if url := account.settings.get(CALLBACK):
                    person = str(msgspec.json.decode(fact.body)["person"])
                    service.add_notice(tx, account, fact, fact.kind, subject=person, url=url)

    return plan
