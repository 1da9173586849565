"""What every dialect stands on: the database, keys, limits, the diary, and where the cashier is."""

from collections.abc import Awaitable, Callable

from changliao.db.db import Db
from changliao.dialects.api.diary import Diary
from changliao.dialects.api.keyring import Keyring
from changliao.kernel.value import Value
from changliao.partners.model import Caller, Mode
from changliao.wire.limits import Buckets
from changliao.wire.outbound import Outbound


class Ground(Value, frozen=True):
    """Made once by the composition root. `cashier_url` gives a payment's cashier, token included;
    `return_key` (32 bytes, Ed25519) checks what the cashier adds to a return address; `by_key` says whom
    an app's own key (`sk_…`) speaks for, within its rate; `bring` keeps a picture for an uploader and
    gives its id, `fetch` gives the bytes of one by its id; `site_url` is where people
    read; `modes` are those that persons have wallets of here."""

    db: Db
    keyring: Keyring
    diary: Diary
    buckets: Buckets
    outbound: Outbound
    cashier_url: Callable[[str], str]
    return_key: bytes
    by_key: Callable[[str], Awaitable[Caller]]
    bring: Callable[[str, bytes], Awaitable[str]]
    fetch: Callable[[str], Awaitable[bytes]]
    site_url: str
    modes: tuple[Mode, ...] = ("live", "test")
