"""The last signed requests of each account, so that a shop can see why one was refused."""

from collections import OrderedDict, deque

from changliao.kernel.instant import Instant
from changliao.kernel.value import Value

PER_ACCOUNT, ACCOUNTS_MAX = 20, 10_000


class Heard(Value, frozen=True):
    """One request: what it asked for, and why its signature was refused (empty: it was good). `signed`
    is the text that we think should have been signed, cut short."""

    at: Instant
    what: str
    trouble: str
    signed: str = ""


class Diary:
    """Kept in memory alone, for a while, and by this process: it helps people who set up a shop."""

    def __init__(self) -> None:
        self._heard: OrderedDict[str, deque[Heard]] = OrderedDict()

    def note(self, account_id: str, heard: Heard) -> None:
        """Remember a request of an account that is known."""
        mine = self._heard.setdefault(account_id, deque(maxlen=PER_ACCOUNT))
        self._heard.move_to_end(account_id)
        mine.append(heard)
        if len(self._heard) > ACCOUNTS_MAX:
            self._heard.popitem(last=False)

    def of(self, account_id: str) -> list[Heard]:
        """An account's requests, newest first."""
        return list(reversed(self._heard.get(account_id, ())))
