"""What a merchant is refused: one table, through every SDK, and what becomes of requests on their way."""

import re
import secrets
from typing import Any, Protocol

from tests.wire.platform import Someone
from tests.wire.wechat.street import Street

Said = tuple[int, Any]
"""The status, and the decoded body."""
TEA = "茶叶"


class Till(Protocol):
    """One SDK's way to say four things; every order is of 10.00."""

    async def order(self, number: str, words: str) -> Said: ...
    async def close(self, number: str) -> Said: ...
    async def query(self, number: str) -> Said: ...
    async def refund(self, number: str, amount: int, refund_number: str) -> Said: ...


def changed(header: bytes) -> list[bytes]:
    """Signed with something else."""
    return [re.sub(rb'signature="....', b'signature="AAAA', header)]


def stale(header: bytes) -> list[bytes]:
    """Stamped 301 seconds earlier. The clock is looked at before the signature, which is now wrong too."""
    return [
        re.sub(rb'timestamp="(\d+)"', lambda at: b'timestamp="%d"' % (int(at[1]) - 301), header)
    ]


def twice(header: bytes) -> list[bytes]:
    """Sent once more by who has overheard it: no SDK can be made to use a nonce again."""
    return [header, header]


async def every_refusal(street: Street, lin: Someone, till: Till, stranger: Till) -> None:
    """The table by `till`; `stranger` signs with a key that is not the merchant's. Nothing changes."""
    mark = secrets.token_hex(6)
    paid, shut, back = f"PAID{mark}", f"SHUT{mark}", f"BACK{mark}"
    await street.pays(lin, (await till.order(paid, TEA))[1]["code_url"])
    assert (await till.order(shut, TEA))[0] == 200
    assert (await till.close(shut))[0] == 204
    assert (await till.refund(paid, 300, back))[0] == 200
    before = await street.kept()
    rows: tuple[tuple[int, str, str, tuple[Any, ...]], ...] = (
        (403, "OUT_TRADE_NO_USED", "order", (paid, "其他")),
        (400, "ORDERPAID", "order", (paid, TEA)),
        (400, "ORDER_CLOSED", "order", (shut, TEA)),
        (400, "ORDERPAID", "close", (paid,)),
        (404, "ORDER_NOT_EXIST", "query", ("nothing99",)),
        (400, "INVALID_REQUEST", "refund", (paid, 701, back + "1")),
        (400, "INVALID_REQUEST", "refund", (paid, 301, back)),
        (400, "INVALID_REQUEST", "refund", (shut, 1, back + "2")),
    )
    for status, code, what, values in rows:
        told = await getattr(till, what)(*values)
        assert (told[0], told[1]["code"]) == (status, code), (what, values, told)
    for on_its_way, word in ((changed, "签名错误"), (stale, "timestamp"), (twice, "nonce_str")):
        with street.between(on_its_way):
            refused(await till.query(paid), word)
    refused(await stranger.query(paid), "签名错误")
    assert (await till.query(paid))[0] == 200
    assert await street.kept() == before


def refused(told: Said, word: str) -> None:
    """At the door, and why."""
    status, said = told
    assert (status, said["code"]) == (401, "SIGN_ERROR") and word in said["message"], told
