"""What staff request: charge a hold, refund, cancel. Each request is carried out once, whoever repeats it."""

from collections.abc import Callable
from typing import Any

from changliao.db.once import AskOnce
from changliao.db.tx import Tx
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.saleor import amounts, standing, verbs
from changliao.dialects.api.saleor.door import Asked, Door
from changliao.dialects.api.saleor.manifest import CANCEL, CHARGE, REFUND, Webhook
from changliao.dialects.api.saleor.sessions import answer, failed, part
from changliao.dialects.api.saleor.shapes import Action
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.refusal import Exhausted, Refusal
from changliao.wire.call import Answer, Call
from changliao.wire.routes import Route

_REFERENCE = 32  # Hexadecimal digits of the digest: 128 bits.

Verb = Callable[[Tx, verbs.AskAction], verbs.Done]


class Actions:
    """The three webhooks that staff cause."""

    def __init__(self, ground: Ground, door: Door) -> None:
        self._ground, self._door = ground, door

    def routes(self, path: Callable[[Webhook], str]) -> list[Route]:
        """Their addresses."""
        return [
            self._route(path, CHARGE, standing.CHARGE, verbs.charge, amounts.above_zero),
            self._route(path, REFUND, standing.REFUND, verbs.refund, amounts.above_zero),
            self._route(path, CANCEL, standing.CANCEL, verbs.cancel, amounts.minor),
        ]

    def _route(
        self, path: Callable[[Webhook], str], webhook: Webhook, kind: str, verb: Verb, counted: Any
    ) -> Route:
        async def handler(call: Call, number: str) -> Answer:
            asked = await self._door.asked(call, number, webhook)
            action: Action = part(asked.event.action)
            try:
                done = await self._carry_out(asked, action, verb, counted)
            except Exhausted:
                raise
            except Refusal as refusal:
                return answer(failed(kind, action, refusal))
            return answer(_shown(kind, done, action.currency))

        return Route("POST", path(webhook), handler)

    async def _carry_out(
        self, asked: Asked, action: Action, verb: Verb, counted: Any
    ) -> verbs.Done:
        """Once for each signed request, refusals too: what was refused yesterday is not done today because
        somebody has kept the request."""
        key = asked.digest.hex()
        ask = verbs.AskAction(
            asked.known.caller,
            asked.instance.id,
            part(asked.event.transaction).id,
            counted(action.wanted, action.currency),
            action.currency,
            f"saleor-{key[:_REFERENCE]}",
        )
        scope = f"saleor {asked.instance.id}"
        once = AskOnce(scope, key, asked.digest, verb, ask, verbs.Done)
        done: verbs.Done = await self._ground.db.write_once(once)
        return done


def _shown(kind: str, done: verbs.Done, currency: str) -> dict[str, Any]:
    """With a result when it is the last word; else Saleor waits for our report."""
    shown: dict[str, Any] = {"pspReference": done.psp_reference, "actions": done.actions}
    if done.outcome:
        shown |= {
            "result": f"{kind}_{done.outcome}",
            "amount": amounts.decimal(done.amount, currency),
            "time": rfc3339(Instant(done.at)),
        }
    return shown
