"""The street's routes: the page, how the telling stands, the facts of its shops. Only the demo has them."""

from collections.abc import Callable, Mapping

import msgspec

from changliao.bus import outbox
from changliao.bus.outbox import News
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.demo.street import PLACES, Street
from changliao.demo.telling import Telling, Told
from changliao.demo.world import PIN, World
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.wire.assets import assets_of
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.http import monotonic_s, same_site
from changliao.wire.refusals import RouteNotFound
from changliao.wire.routes import Routes

KINDS = ("payment.paid", "method.suspended", "method.resumed")
_FACTS_MAX = 400
_SCANNED_MAX = 2000
_WAIT_S = 15
_CLOCK_S = 1.0
_LOOK_S = 0.25


class Stage(Value, frozen=True):
    """What the street's routes speak of."""

    world: World
    street: Street
    telling: Telling


class StreetShopView(View, frozen=True):
    """One shop of the street."""

    slug: str
    zh: str
    en: str
    speaks: str
    package: str
    url: str


class StreetView(View, frozen=True):
    """The street; `state` is `opening`, `open` or `trouble`."""

    state: str
    trouble: str
    pin: str
    shops: list[StreetShopView]
    telling: Told | None


class StreetFact(View, frozen=True):
    """One fact of one of its shops, as far as the drawing needs it."""

    sequence: int
    kind: str
    at: str
    shop: str
    method: str
    amount: int
    payment_id: str
    reason: str


class StreetLive(View, frozen=True):
    """What happened since the cursor, and how the telling stands."""

    cursor: int
    facts: list[StreetFact]
    telling: Told


class TellingBody(Value, frozen=True):
    """What to do: `start`, `pause`, `faster`, `again`, `join`."""

    do: str


def routes(
    db: Db, news: News, stage: Callable[[], Stage | None], over: Callable[[], bool]
) -> Routes:
    """The page at /street, and everything under /demo/street. Nobody waits once it is `over`."""
    api = Routes("Demo street")
    assets = assets_of("changliao", "client")

    def known() -> Stage:
        found = stage()
        if found is None:
            raise RouteNotFound
        return found

    @api.get("/street", page=True)
    async def page(call: Call) -> Answer:
        """The street."""
        known()
        return assets.page("street.html")

    @api.get("/demo/street", page=True)
    async def look(call: Call) -> StreetView:
        """Its shops and how the telling stands. Whoever looks first opens it."""
        here = known()
        street, telling = here.street, here.telling
        street.begin(here.world)
        if street.trouble:
            return StreetView("trouble", street.trouble, PIN, [], None)
        if not street.is_open:
            return StreetView("opening", "", PIN, [], None)
        if not telling.version:
            await telling.ready()
        shops = [
            StreetShopView(one.slug, one.zh, one.en, one.speaks, one.package, street.urls[one.slug])
            for one in PLACES
        ]
        return StreetView("open", "", PIN, shops, telling.told())

    @api.get("/demo/street/live", page=True)
    async def live(call: Call) -> StreetLive:
        """What happened since the cursor; waits a while for something to happen."""
        here = known()
        cursor, seen = call.number("after", 0, 1 << 53), call.number("seen", 0, 1 << 53)
        began = monotonic_s()
        while True:
            apps = here.street.apps()
            cursor, facts = await db.read(_facts, apps, cursor)
            told, waited_s = here.telling.told(), monotonic_s() - began
            moves = told.state == "running" and waited_s >= _CLOCK_S
            if facts or told.version != seen or moves or waited_s >= _WAIT_S or over():
                return StreetLive(cursor, facts, told)
            await news.wait(_LOOK_S)

    @api.post("/demo/street/telling", body=TellingBody, page=True)
    async def do(call: Call, body: TellingBody) -> Answer:
        """Start, pause, hurry, begin anew; or let the newcomer come on board now."""
        same_site(call)
        here = known()
        if not here.street.is_open:
            raise RouteNotFound
        await here.telling.do(body.do)
        return DONE

    return api


def _facts(reader: Reader, apps: Mapping[str, str], after: int) -> tuple[int, list[StreetFact]]:
    """The shops' facts with greater numbers, and how far was looked."""
    slugs = {f"{app_id}:test": slug for app_id, slug in apps.items()}
    found: list[StreetFact] = []
    rows = outbox.facts_after(reader, after, _SCANNED_MAX)
    for row in rows:
        if row.kind in KINDS and row.audience in slugs:
            data = msgspec.json.decode(row.body)
            found.append(
                StreetFact(
                    row.seq,
                    row.kind,
                    rfc3339(Instant(row.at)),
                    slugs[row.audience],
                    data["method"],
                    data.get("captured_amount", 0),
                    data.get("payment_id", ""),
                    data.get("reason", ""),
                )
            )
            if len(found) == _FACTS_MAX:
                return row.seq, found
    return (rows[-1].seq if rows else after), found
