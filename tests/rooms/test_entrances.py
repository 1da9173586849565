"""Entrances: who may make and change them, opening them once, trading a code once, and consents."""

import itertools
from typing import Any

import msgspec
import pytest

from changliao.bus.outbox import facts_about
from changliao.db.facts import FactRow
from changliao.db.vault import Vault
from changliao.entrances import model as m
from changliao.entrances import service
from changliao.entrances.model import (
    AskChange,
    AskConsent,
    AskCreate,
    AskIdentify,
    AskLaunch,
    AskOnLaunch,
    AskPropose,
    Entrance,
    Launch,
    Offer,
    Standing,
    Visitor,
)
from changliao.partners import model as pm
from changliao.partners import service as partners
from changliao.partners.model import AppNotFound, Caller, RoleForbids
from changliao.people import service as people
from changliao.people.model import AskRegister, Person
from changliao.people.service import token_hash
from tests.rooms.world import World

OWN = ("https://changliao.example",)
MODES: tuple[Any, ...] = ("live", "test")


def offer(**said: Any) -> Offer:
    fields: dict[str, Any] = {
        "mode": "test",
        "place": "discover",
        "edition": "all",
        "title_zh": "小铺",
        "title_en": "Shop",
        "subtitle_zh": "",
        "subtitle_en": "",
        "icon": "store",
        "start_url": "https://shop.example/",
        "scopes": ("name", "handle"),
    }
    return Offer(**(fields | said))


class Mall:
    """A shop with an entrance, an operator, and people who open it."""

    def __init__(self, world: World) -> None:
        self.world, self.codes = world, itertools.count()
        self.shop = world.shop()
        self.operator = world.person("operator", pin="")

    def entrance(self, **said: Any) -> Entrance:
        standing = {"state": "on"} | {
            name: said.pop(name) for name in ("state", "position", "rollout") if name in said
        }
        shop = said.pop("shop", self.shop)
        ask = AskCreate(self.operator.id, shop.app_id, offer(**said), Standing(**standing), OWN)
        return self.world.ask(service.create_entrance, ask)

    def change(self, entrance: Entrance, **fields: Any) -> Entrance:
        ask = AskChange(self.operator.id, entrance.id, fields, OWN)
        return self.world.ask(service.change_entrance, ask)

    def opens(self, person: Person, entrance: Entrance, **said: Any) -> tuple[Launch, str]:
        """The launch and the text of its code."""
        code = f"lc_{next(self.codes)}"
        fields: dict[str, Any] = {"lang": None, "conversation": "", "modes": MODES} | said
        ask = AskLaunch(person.id, entrance.id, token_hash(code), **fields)
        return self.world.ask(service.open_launch, ask), code

    def trades(self, code: str, caller: Caller | None = None) -> Visitor:
        ask = AskIdentify(caller or self.shop, token_hash(code))
        found = self.world.ask(service.identify, ask)
        assert isinstance(found, Visitor)
        return found

    def shown(self, person: Person, place: str = "discover", app_id: str = "") -> list[str]:
        found = self.world.read(service.shown_to, person, MODES, place, app_id)
        return [one.id for one in found]

    def decides(self, person: Person, scope: str, state: Any) -> None:
        ask = AskConsent(person.id, self.shop.app_id, scope, state)
        self.world.ask(service.decide, ask)

    def visitor(self, launch: Launch, *scopes: str) -> Visitor:
        return self.world.read(service.visitor, self.vault, launch, scopes, MODES)

    @property
    def vault(self) -> Vault:
        return self.world.db.vault

    def told(self, about: str) -> list[tuple[FactRow, dict[str, Any]]]:
        rows = self.world.read(facts_about, about)
        return [(row, msgspec.json.decode(row.body)) for row in rows]


@pytest.fixture
def mall(world: World) -> Mall:
    return Mall(world)


# Offering -----------------------------------------------------------------------------------


def test_a_partner_asks_and_the_operator_switches_it_on(mall: Mall) -> None:
    world = mall.world
    owner = world.person("founder", pin="")
    partner = world.ask(partners.found_partner, pm.AskFound(owner.id, "Tea House"))
    app = world.ask(partners.create_app, pm.AskApp(owner.id, partner.id, "Tea"))
    lin = world.person()

    asked = world.ask(service.propose_entrance, AskPropose(owner.id, app.id, offer(), OWN))

    assert (asked.state, asked.app_id) == ("proposed", app.id)
    assert mall.shown(lin) == []
    mall.change(asked, state="on", position=3)
    assert mall.shown(lin) == [asked.id]
    (proposed, said), (changed, now) = mall.told(asked.id)
    assert (proposed.kind, said["actor"]) == ("entrance.proposed", owner.id)
    assert changed.kind == "entrance.changed" and now["actor"] == mall.operator.id
    assert now["fields"] == ["state", "position"]
    assert {proposed.audience, changed.audience} == {f"{app.id}:test"}


def test_strangers_and_members_without_the_role_cannot_ask(mall: Mall) -> None:
    world = mall.world
    owner, clerk, stranger = (world.person(name, pin="") for name in ("own", "clerk", "else"))
    partner = world.ask(partners.found_partner, pm.AskFound(owner.id, "Tea House"))
    app = world.ask(partners.create_app, pm.AskApp(owner.id, partner.id, "Tea"))
    world.ask(partners.set_member, pm.AskMember(owner.id, partner.id, clerk.id, "finance"))

    with world.refuses(AppNotFound):
        world.ask(service.propose_entrance, AskPropose(stranger.id, app.id, offer(), OWN))
    with world.refuses(RoleForbids):
        world.ask(service.propose_entrance, AskPropose(clerk.id, app.id, offer(), OWN))


def test_an_app_has_at_most_twenty(mall: Mall) -> None:
    for _ in range(20):
        mall.entrance()
    with mall.world.refuses(m.TooManyEntrances, "app_id"):
        mall.entrance()
    mall.entrance(shop=mall.world.shop("Another"))


def test_an_entrance_cannot_be_made_for_nobody_or_lead_to_us(mall: Mall) -> None:
    world = mall.world
    ask = AskCreate(mall.operator.id, "app_nobody", offer(), Standing(), OWN)
    with world.refuses(AppNotFound, "app_id"):
        world.ask(service.create_entrance, ask)
    with world.refuses(m.StartUrlInvalid, "start_url"):
        mall.entrance(start_url=OWN[0] + "/wallet")
    made = mall.entrance()
    with world.refuses(m.StartUrlInvalid, "start_url"):
        mall.change(made, start_url="javascript:alert(1)")
    with world.refuses(m.RolloutInvalid, "rollout"):
        mall.change(made, rollout=10_001)
    with world.refuses(m.PositionInvalid, "position"):
        mall.change(made, position=-1)
    with world.refuses(m.EntranceNotFound, "id"):
        mall.change(msgspec.structs.replace(made, id=m.EntranceId("ent_none")), state="off")


def test_the_same_change_again_is_none(mall: Mall) -> None:
    made = mall.entrance()
    mall.change(made, rollout=2500)
    before = mall.world.everything()

    mall.change(made, rollout=2500, state="on")

    assert mall.world.everything() == before


def test_a_place_shows_what_is_on_in_order(mall: Mall) -> None:
    lin = mall.world.person()
    last, first = mall.entrance(position=9), mall.entrance(position=1)
    mall.entrance(state="off")
    mall.entrance(rollout=0)
    mall.entrance(edition="overseas")
    elsewhere = mall.entrance(place="me")

    assert mall.shown(lin) == [first.id, last.id]
    assert mall.shown(lin, "me") == [elsewhere.id]
    assert mall.shown(lin, app_id=mall.shop.app_id) == [last.id, first.id, elsewhere.id]
    assert mall.world.read(service.origins) == ["https://shop.example"]


def test_editions_see_their_own(mall: Mall) -> None:
    ask = AskRegister("mei", "Mei", "en", "no hash", "overseas")
    mei, lin = mall.world.ask(people.register, ask), mall.world.person()
    abroad, here = mall.entrance(edition="overseas"), mall.entrance(edition="domestic")

    assert mall.shown(mei) == [abroad.id]
    assert mall.shown(lin) == [here.id]


# Opening ------------------------------------------------------------------------------------


def test_a_code_is_traded_once_for_a_pseudonym(mall: Mall) -> None:
    lin, made = mall.world.person(), mall.entrance()
    launch, code = mall.opens(lin, made, conversation="cv_1")

    found = mall.trades(code)

    assert found.sub == partners.open_id_of(mall.vault, mall.shop.app_id, lin.id)
    assert lin.id not in found.sub and found.shared == {}
    assert (found.launch.id, found.launch.entrance_id, found.edition) == (
        launch.id,
        made.id,
        "domestic",
    )
    (opened, said), (identified, _) = mall.told(launch.id)
    assert (opened.kind, opened.audience) == ("launch.opened", "")
    assert (said["person_id"], said["conversation"]) == (lin.id, "cv_1")
    assert (identified.kind, identified.audience) == ("launch.identified", "")


def test_a_code_that_comes_again_is_refused_and_that_is_told(mall: Mall) -> None:
    launch, code = mall.opens(mall.world.person(), mall.entrance())
    mall.trades(code)

    with pytest.raises(m.LaunchUsed):
        mall.trades(code)

    row, _ = mall.told(launch.id)[-1]
    assert (row.kind, row.audience) == ("launch.code_reused", mall.shop.audience)


def test_of_two_who_trade_at_once_one_learns_who_came(mall: Mall) -> None:
    _, code = mall.opens(mall.world.person(), mall.entrance())
    ask = AskIdentify(mall.shop, token_hash(code))

    answers = mall.world.ask_together([(service.identify, ask)] * 3)

    assert [type(one) for one in answers] == [Visitor, m.LaunchUsed, m.LaunchUsed]


def test_to_another_apps_key_there_is_no_such_code(mall: Mall) -> None:
    _, code = mall.opens(mall.world.person(), mall.entrance())
    other = mall.world.shop("Another")
    live = msgspec.structs.replace(mall.shop, mode="live")

    for caller in (other, live):
        with mall.world.refuses(m.LaunchNotFound, "code"):
            mall.trades(code, caller)
    with mall.world.refuses(m.LaunchNotFound, "code"):
        mall.trades("lc_never")
    mall.trades(code)
    with mall.world.refuses(m.LaunchNotFound, "code"):
        mall.trades(code, other)


def test_a_code_is_too_old_after_a_minute(mall: Mall) -> None:
    _, code = mall.opens(mall.world.person(), mall.entrance())
    mall.world.clock.forward(61)

    with mall.world.refuses(m.LaunchExpired, "code"):
        mall.trades(code)


def test_what_a_person_is_not_shown_cannot_be_opened(mall: Mall) -> None:
    lin = mall.world.person()
    for hidden in (mall.entrance(state="off"), mall.entrance(rollout=0)):
        with mall.world.refuses(m.EntranceNotFound, "id"):
            mall.opens(lin, hidden)
    live = mall.entrance(mode="live")
    with mall.world.refuses(m.EntranceNotFound, "id"):
        mall.opens(lin, live, modes=("test",))
    mall.opens(lin, live)


def test_a_payment_shown_in_a_launch_is_told_for_whoever_counts(mall: Mall) -> None:
    lin = mall.world.person()
    launch, _ = mall.opens(lin, mall.entrance())
    mall.world.ask(service.show_payment, AskOnLaunch(lin.id, launch.id, "pay_1"))

    row, said = mall.told(launch.id)[-1]
    assert (row.kind, said["payment_id"]) == ("launch.payment_shown", "pay_1")
    stranger = mall.world.person("stranger")
    with mall.world.refuses(m.LaunchNotFound, "id"):
        mall.world.ask(service.show_payment, AskOnLaunch(stranger.id, launch.id, "pay_1"))
    mall.world.clock.forward(24 * 3600 + 1)
    with mall.world.refuses(m.LaunchOver, "id"):
        mall.world.ask(service.show_payment, AskOnLaunch(lin.id, launch.id, "pay_1"))


def test_openings_are_counted_by_entrance_and_person(mall: Mall) -> None:
    lin, mei, made = mall.world.person(), mall.world.person("mei"), mall.entrance()
    for person in (lin, lin, mei):
        mall.opens(person, made)

    assert mall.world.read(service.openings, 0) == {made.id: (3, 2)}
    mall.world.clock.forward(10)
    assert mall.world.read(service.openings, mall.world.clock() + 1) == {}


# Consents -----------------------------------------------------------------------------------


def test_a_page_learns_what_was_granted_and_is_told_what_to_ask(mall: Mall) -> None:
    lin, made = mall.world.person(), mall.entrance()
    launch, code = mall.opens(lin, made)
    assert mall.visitor(launch, "name", "handle").undecided == ("name", "handle")

    mall.decides(lin, "name", "granted")
    mall.decides(lin, "handle", "refused")

    found = mall.visitor(launch, "name", "handle")
    assert (found.shared, found.undecided) == ({"name": "Lin"}, ())
    assert mall.trades(code).shared == {"name": "Lin"}
    narrow, _ = mall.opens(lin, mall.entrance(scopes=("name",)))
    with pytest.raises(m.ScopeNotOffered):
        mall.visitor(narrow, "handle")


def test_taking_back_is_told_to_the_app_by_its_own_name_for_the_person(mall: Mall) -> None:
    lin = mall.world.person()
    launch, _ = mall.opens(lin, mall.entrance())
    mall.decides(lin, "name", "granted")

    mall.decides(lin, "name", "withdrawn")

    assert mall.visitor(launch, "name").undecided == ("name",)
    told = [(row, said) for row, said in mall.told(mall.shop.app_id) if "consent" in row.kind]
    pseudonym = partners.open_id_of(mall.vault, mall.shop.app_id, lin.id)
    assert {row.audience for row, _ in told} == {f"{mall.shop.app_id}:{mode}" for mode in MODES}
    assert all(said["person"] == pseudonym for _, said in told)
    assert all(lin.id not in row.body for row, _ in told)


def test_deciding_the_same_again_changes_nothing(mall: Mall) -> None:
    lin = mall.world.person()
    mall.decides(lin, "name", "granted")
    before = mall.world.everything()

    mall.decides(lin, "name", "granted")

    assert mall.world.everything() == before
    [kept] = mall.world.read(service.consents_of, lin.id)
    assert (kept.scope, kept.state) == ("name", "granted")


@pytest.mark.parametrize(("scope", "state"), [("password", "granted"), ("name", "withdrawn")])
def test_what_nobody_asks_for_and_what_was_never_decided_is_not_there(
    mall: Mall, scope: str, state: str
) -> None:
    lin = mall.world.person()
    with mall.world.refuses(m.ConsentNotFound, "scope"):
        mall.decides(lin, scope, state)
