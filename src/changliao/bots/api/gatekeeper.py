"""Who asks the gates: in the loop, within each gate's own time, and never in the lane.

Which gates there are is kept in memory, so that a message where nothing looks costs a look into two
dictionaries; facts tell when it changed, here and in other processes.
"""

import asyncio
import base64
import logging
import secrets

import msgspec

from changliao.bots import rules
from changliao.bots.events import GatesChanged
from changliao.bots.model import Gate
from changliao.bots.service import open_secret, reading
from changliao.bots.service.reading import Door
from changliao.bus.outbox import BATCH_MAX, News, facts_of_kind, newest_seq
from changliao.chat.model import Conversation, Piece, Wish
from changliao.chat.model.refusals import GateRefuses, GateSilent
from changliao.chat.service import reading as chat
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.instant import SECOND_US, Instant, rfc3339
from changliao.kernel.refusal import Exhausted
from changliao.kernel.value import Value
from changliao.partners import service as partners
from changliao.wire.outbound import Outbound
from changliao.wire.sign import hmac_signature, webhook_content

LOOK_AGAIN_S = 0.5
ASKED_MAX = 256
"""So many questions may be open at once; beyond them a gate counts as silent."""

log = logging.getLogger("changliao.bots")


class Said(Value, frozen=True):
    """What a gate answers."""

    allow: bool
    say: str = ""


_DECODER = msgspec.json.Decoder(Said)


class _Turn:
    """Who writes in one conversation: one message after the other."""

    def __init__(self) -> None:
        self.lock, self.waiting = asyncio.Lock(), 0


class Gatekeeper:
    """Knows the gates and asks them."""

    def __init__(self, db: Db, outbound: Outbound) -> None:
        self._db, self._outbound = db, outbound
        self._gates = reading.Gates((), {})
        self._seq = 0
        self._asked = 0
        self._turns: dict[tuple[str, str], _Turn] = {}

    @property
    def allow_private(self) -> bool:
        """Whether gates may stand in private networks here."""
        return self._outbound.allow_private

    async def load(self) -> None:
        """Learn which gates there are."""
        self._gates = await self._db.look(reading.gates)

    async def run(self, news: News) -> None:
        """Learn it again whenever it changed, for ever."""
        while True:
            try:
                newest, changed = await self._db.look(_changed, self._seq)
                self._seq = newest
                if changed:
                    await self.load()
            except Exhausted as busy:
                await asyncio.sleep(busy.retry_after_s)
            except Exception:
                log.exception("gates stumbled after fact %d", self._seq)
            await news.wait(LOOK_AGAIN_S)
            await asyncio.sleep(0.1)

    def watches(self, conversation_id: str) -> bool:
        """Whether any gate may have to be asked here."""
        return bool(self._gates.everywhere) or conversation_id in self._gates.here

    async def look(self, wish: Wish) -> None:
        """Ask every gate that stands here, one message of a sender after the other, so that they are
        written in the order in which they were sent. What is written already is not asked about again."""
        key = (wish.sender, wish.conversation_id)
        turn = self._turns.setdefault(key, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                await self._look(wish)
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                self._turns.pop(key, None)

    async def _look(self, wish: Wish) -> None:
        where = await self._db.look(_unwritten, wish)
        if where is None:
            return
        doors = [
            one
            for one in (*self._gates.everywhere, *self._gates.here.get(where.id, ()))
            if (one.gate.covers == "all" or where.kind == "group")
            and one.gate.bot_id != wish.sender
        ]
        answers = await asyncio.gather(*(self._ask(one, wish) for one in doors))
        for door, said in zip(doors, answers, strict=True):
            if said is None and door.gate.otherwise == "refuse":
                raise GateSilent(retry_after_s=5)
            if said is not None and not said.allow:
                raise GateRefuses(rules.sentence(said.say))

    async def _ask(self, door: Door, wish: Wish) -> Said | None:
        """What a gate says; None when it says nothing that can be read, in time."""
        if self._asked >= ASKED_MAX:
            return None
        self._asked += 1
        gate, body = door.gate, self._question(door, wish)
        try:
            async with asyncio.timeout(gate.timeout_ms / 1000):
                told = await self._outbound.post(gate.url, body, self._headers(gate, body))
        except TimeoutError:
            return None
        finally:
            self._asked -= 1
        if told.trouble:
            return None
        try:
            return _DECODER.decode(told.text) if told.text.strip() else Said(True)
        except msgspec.DecodeError:
            return None

    def _headers(self, gate: Gate, body: bytes) -> dict[str, str]:
        id_, now_s = f"msg_{secrets.token_hex(12)}", self._db.clock() // SECOND_US
        content = webhook_content(id_, now_s, body)
        return {
            "content-type": "application/json",
            "user-agent": "changliao-gates/1",
            "webhook-id": id_,
            "webhook-timestamp": str(now_s),
            "webhook-signature": hmac_signature(open_secret(self._db.vault, gate), content),
        }

    def _question(self, door: Door, wish: Wish) -> bytes:
        """What a gate is asked: several messages when they are sent on together. An app's gate knows
        people by their open ids."""
        sender = wish.sender
        if door.app_id and sender.startswith("per_"):
            sender = partners.open_id_of(self._db.vault, door.app_id, sender)
        return msgspec.json.encode(
            {
                "type": "message.before",
                "timestamp": rfc3339(Instant(self._db.clock())),
                "conversation": wish.conversation_id,
                "sender": sender,
                "messages": [_shown(one) for one in wish.pieces],
            }
        )


def secret_text(secret: bytes) -> str:
    """A gate's secret as its keeper configures it, in the form of webhooks' secrets."""
    return "whsec_" + base64.b64encode(secret).decode()


def _shown(piece: Piece) -> dict[str, object]:
    body = msgspec.Raw(piece.body or b"{}")
    return {"id": piece.id, "kind": piece.kind, "body": body, "ref": piece.ref}


def _changed(reader: Reader, seq: int) -> tuple[int, bool]:
    newest = newest_seq(reader)
    return newest, bool(facts_of_kind(reader, GatesChanged.kind, seq, BATCH_MAX))


def _unwritten(reader: Reader, wish: Wish) -> Conversation | None:
    """Where it is to be written; None when all of it is written already, or nobody can write it: then the
    verb says why, and no gate learns of it."""
    where = chat.conversations(reader, [wish.conversation_id]).get(wish.conversation_id)
    if where is None or where.dissolved or not chat.is_inside(reader, wish.sender, where.id):
        return None
    fresh = [
        one
        for one in wish.pieces
        if not one.id or not chat.is_written(reader, where.id, wish.sender, one.id)
    ]
    return where if fresh else None
