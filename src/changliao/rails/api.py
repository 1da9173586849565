"""The edge of rails: where the other side of a rail reports what became of an attempt."""

from collections.abc import Mapping

from changliao.db.db import Db
from changliao.rails import service
from changliao.rails.model import AskSettle, NoticeRefused, RailUnknown
from changliao.rails.port import Notified, Rail, takes
from changliao.wire.call import Answer, Call
from changliao.wire.routes import Routes

NOTICES = "/v1/rail_notices"
"""Where notices come in; the rail's name follows."""


def routes(db: Db, rails: Mapping[str, Rail]) -> Routes:
    """One address per rail that is told by the other side."""
    api = Routes("Rails")
    told = {name: rail for name, rail in rails.items() if isinstance(rail, Notified)}

    # Left out of the reference: nobody but the other side of a rail has anything to say there.
    @api.post(f"{NOTICES}/{{rail}}", page=True, refuses=(RailUnknown, NoticeRefused))
    async def notice(call: Call, name: str) -> Answer:
        """What the other side of a rail reports, in its own words and under its own signature. What it
        says twice happens once, and what is about nothing of ours is heard all the same."""
        rail = told.get(name)
        if rail is None:
            raise RailUnknown(field="rail")
        headers = {
            key.decode().lower(): value.decode("latin-1") for key, value in call.headers.items()
        }
        word = rail.read(headers, call.body)
        if word is not None:
            attempt = await db.read(service.attempt, word.attempt_id)
            if attempt is not None and attempt.rail == name and takes(rail, attempt):
                await db.write(service.settle, AskSettle(attempt.id, word.answer))
        is_json = rail.thanks[:1] == b"{"
        return Answer(rail.thanks, content_type="application/json" if is_json else "text/plain")

    return api
