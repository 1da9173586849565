"""Routes for the operator, who decides about entrances, and for partners, who ask for them."""

from collections.abc import Sequence

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.entrances import model as m
from changliao.entrances import service
from changliao.entrances.api import show
from changliao.entrances.model import AskChange, AskCreate, AskPropose
from changliao.kernel.instant import DAY_US
from changliao.partners import service as partners
from changliao.partners.model import AppNotFound, RoleForbids
from changliao.people.model import SignedIn
from changliao.wire.call import Call
from changliao.wire.routes import CREATED, Guard, Routes

COUNTED_US = 7 * DAY_US
_SHAPE = (m.EntranceTextInvalid, m.StartUrlInvalid, m.RolloutInvalid, m.PositionInvalid)


def routes(
    db: Db, person: Guard[SignedIn], operator: Guard[SignedIn], own: Sequence[str]
) -> Routes:
    """Everything under /v1/operator/entrances and /v1/apps/{id}/entrances. `own` are our own origins."""
    api = Routes("Offering entrances")
    ours = tuple(own)

    @api.post(
        "/v1/apps/{id}/entrances",
        guard=person,
        body=show.OfferBody,
        answers=show.EntranceView,
        status=CREATED,
        refuses=(AppNotFound, RoleForbids, m.TooManyEntrances, *_SHAPE),
    )
    async def propose(call: Call, app_id: str, body: show.OfferBody) -> show.EntranceView:
        """Ask for an entrance. Nobody sees it until the operator switches it on."""
        ask = AskPropose(call.who.person.id, app_id, show.offer_of(body), ours)
        made = await db.write(service.propose_entrance, ask)
        return await db.read(show.show_entrance, made)

    @api.get(
        "/v1/apps/{id}/entrances",
        guard=person,
        answers=show.Entrances,
        refuses=(AppNotFound,),
    )
    async def of_app(call: Call, app_id: str) -> show.Entrances:
        """An app's entrances and how they stand."""

        def query(reader: Reader) -> show.Entrances:
            partners.console_caller(reader, call.who.person.id, app_id, "test")
            found = service.entrances_of(reader, app_id)
            return show.Entrances([show.show_entrance(reader, one) for one in found])

        return await db.read(query)

    @api.get("/v1/operator/entrances", guard=operator, answers=show.Entrances)
    async def everything(call: Call) -> show.Entrances:
        """Every entrance: what waits for an answer first, then place by place in order."""
        since = db.clock() - COUNTED_US

        def query(reader: Reader) -> show.Entrances:
            opened = service.openings(reader, since)
            found = service.all_entrances(reader)
            return show.Entrances(
                [show.show_entrance(reader, one, opened.get(one.id, (0, 0))) for one in found]
            )

        return await db.read(query)

    @api.post(
        "/v1/operator/entrances",
        guard=operator,
        body=show.EntranceBody,
        answers=show.EntranceView,
        status=CREATED,
        refuses=(AppNotFound, m.TooManyEntrances, *_SHAPE),
    )
    async def create(call: Call, body: show.EntranceBody) -> show.EntranceView:
        """Make an entrance for an app."""
        ask = AskCreate(
            call.who.person.id, body.app_id, show.offer_of(body), show.standing_of(body), ours
        )
        made = await db.write(service.create_entrance, ask)
        return await db.read(show.show_entrance, made)

    @api.patch(
        "/v1/operator/entrances/{id}",
        guard=operator,
        body=show.EntranceChangeBody,
        answers=show.EntranceView,
        refuses=(m.EntranceNotFound, *_SHAPE),
    )
    async def change(
        call: Call, entrance_id: str, body: show.EntranceChangeBody
    ) -> show.EntranceView:
        """Switch an entrance on or off, move it, show it to more people or fewer, correct it.

        Who sees it at a rollout of 1,000 sees it at 2,000, too. Its app is told.
        """
        ask = AskChange(call.who.person.id, entrance_id, show.changes_of(body), ours)
        changed = await db.write(service.change_entrance, ask)
        return await db.read(show.show_entrance, changed)

    return api
