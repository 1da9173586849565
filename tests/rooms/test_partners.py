"""Partners, their members and roles, apps, and keys that rotate."""

import itertools
from typing import Any

import pytest

from changliao.kernel.instant import SECOND_US
from changliao.partners import model as m
from changliao.partners import service
from changliao.partners.model import App, Key, Mode, Partner, Role, Scope, Standing
from changliao.people.model import Person
from tests.rooms.world import World

ROLES: tuple[Role, ...] = ("owner", "developer", "finance", "viewer")


class Shop:
    """A partner with a member of each role and one app."""

    def __init__(self, world: World) -> None:
        self.world, self.numbers = world, itertools.count()
        self.people: dict[str, Person] = {
            role: world.person(role, pin="") for role in (*ROLES, "stranger")
        }
        owner = self.people["owner"].id
        self.partner: Partner = world.ask(service.found_partner, m.AskFound(owner, " Corner Shop "))
        for role in ROLES[1:]:
            self.gives(self.people[role], role)
        self.app: App = world.ask(
            service.create_app, m.AskApp(owner, self.partner.id, "Corner Shop")
        )

    def gives(self, person: Person, role: Role | None, by: str = "owner") -> None:
        ask = m.AskMember(self.people[by].id, self.partner.id, person.id, role)
        self.world.ask(service.set_member, ask)

    def key(self, by: str = "owner", mode: Mode = "test", **said: Any) -> Key:
        number = next(self.numbers)
        token = service_hash(f"sk_{mode}_{number}")
        ask = m.AskKey(self.people[by].id, self.app.id, mode, token, "abcd", "till", **said)
        return self.world.ask(service.issue_key, ask)

    def rotated(self, key: Key, grace_s: int = 3600) -> Key:
        """The new key of a rotation that ends no other."""
        new, ended_id = self.rotation(key, grace_s)
        assert ended_id == ""
        return new

    def rotation(self, key: Key, grace_s: int = 3600) -> tuple[Key, str]:
        """The new key, and which older one ended at once."""
        number = next(self.numbers)
        ask = m.AskRotateKey(
            self.people["owner"].id,
            self.app.id,
            key.id,
            service_hash(f"n{number}"),
            "efgh",
            grace_s,
        )
        rotated = self.world.ask(service.rotate_key, ask)
        return rotated.new, rotated.ended_id

    def lives(self, key: Key) -> bool:
        caller = self.world.read(service.caller_of, key.token_hash, self.world.clock())
        return caller is not None


def service_hash(text: str) -> bytes:
    return text.encode().ljust(32, b".")


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def roles(shop: Shop) -> dict[str, Standing]:
    members = shop.world.read(service.members_of, shop.partner.id)
    return {member.person_id: member.role for member in members}


def test_whoever_founds_a_partner_owns_it(shop: Shop) -> None:
    owner = shop.people["owner"]
    assert shop.partner.name == "Corner Shop"
    assert roles(shop)[owner.id] == "owner"
    [(partner, member)] = shop.world.read(service.partners_of, owner.id)
    assert (partner, member.role) == (shop.partner, "owner")
    assert shop.world.read(service.partners_of, shop.people["stranger"].id) == []


@pytest.mark.parametrize("by", ["developer", "finance", "viewer", "stranger"])
def test_only_owners_change_members(shop: Shop, by: str) -> None:
    refusal = m.PartnerNotFound if by == "stranger" else m.RoleForbids
    for person, role in (("stranger", "viewer"), (by, "owner"), ("viewer", None)):
        with shop.world.refuses(refusal):
            shop.gives(shop.people[person], role, by=by)  # type: ignore[arg-type]


def test_the_last_owner_stays(shop: Shop) -> None:
    owner, developer = shop.people["owner"], shop.people["developer"]
    for role in (None, "viewer"):
        with shop.world.refuses(m.LastOwner, "role"):
            shop.gives(owner, role)
    shop.gives(developer, "owner")
    shop.gives(owner, "viewer")
    assert roles(shop)[owner.id] == "viewer"
    with shop.world.refuses(m.LastOwner):
        shop.gives(developer, None, by="developer")


def test_two_owners_who_step_down_at_once_leave_one(shop: Shop) -> None:
    one, two = shop.people["owner"], shop.people["developer"]
    shop.gives(two, "owner")
    asks = [m.AskMember(who.id, shop.partner.id, who.id, None) for who in (one, two)]
    first, second = shop.world.ask_together([(service.set_member, ask) for ask in asks])
    assert first.role == "gone"
    assert isinstance(second, m.LastOwner)
    assert list(roles(shop).values()).count("owner") == 1


def test_a_member_who_left_is_a_stranger_and_may_come_again(shop: Shop) -> None:
    developer = shop.people["developer"]
    shop.gives(developer, None)
    assert developer.id not in roles(shop)
    assert shop.world.read(service.member_of, shop.partner.id, developer.id) is None
    with shop.world.refuses(m.AppNotFound):
        shop.key(by="developer")
    with shop.world.refuses(m.MemberNotFound, "person_id"):
        shop.gives(developer, None)
    with shop.world.refuses(m.MemberNotFound, "person_id"):
        shop.gives(shop.people["stranger"], None)
    shop.gives(developer, "developer")
    assert shop.key(by="developer").app_id == shop.app.id


def test_owners_and_developers_make_apps_and_keys(shop: Shop) -> None:
    for by in ("owner", "developer"):
        ask = m.AskApp(shop.people[by].id, shop.partner.id, f"App of {by}")
        assert shop.world.ask(service.create_app, ask).partner_id == shop.partner.id
        assert shop.key(by=by).mode == "test"
    for by, of_app, of_key in (
        ("finance", m.RoleForbids, m.RoleForbids),
        ("viewer", m.RoleForbids, m.RoleForbids),
        ("stranger", m.PartnerNotFound, m.AppNotFound),
    ):
        ask = m.AskApp(shop.people[by].id, shop.partner.id, "No")
        with shop.world.refuses(of_app):
            shop.world.ask(service.create_app, ask)
        with shop.world.refuses(of_key):
            shop.key(by=by)


def test_a_member_calls_for_the_app_as_the_role_allows(shop: Shop) -> None:
    for role in ROLES:
        who = shop.people[role].id
        caller = shop.world.read(service.console_caller, who, shop.app.id, "live")
        assert (caller.app_id, caller.mode, caller.actor) == (shop.app.id, "live", who)
        assert ("payments:write" in caller.scopes) is (role in ("owner", "developer"))
        assert ("refunds:write" in caller.scopes) is (role in ("owner", "finance"))
    with pytest.raises(m.AppNotFound):
        shop.world.read(service.console_caller, shop.people["stranger"].id, shop.app.id, "live")
    with pytest.raises(m.AppNotFound):
        shop.world.read(service.console_caller, shop.people["owner"].id, "app_no", "live")


def test_a_key_speaks_for_its_app_with_its_mode_scopes_and_rate(shop: Shop) -> None:
    scopes: tuple[Scope, ...] = ("payments:read",)
    key = shop.key(mode="live", scopes=scopes, per_s=3, burst=5)
    caller = shop.world.read(service.caller_of, key.token_hash, shop.world.clock())
    assert caller is not None
    assert (caller.app_id, caller.partner_id) == (shop.app.id, shop.partner.id)
    assert (caller.mode, caller.scopes, caller.actor) == ("live", scopes, key.id)
    assert (caller.per_s, caller.burst) == (3, 5)
    assert shop.world.read(service.caller_of, service_hash("other"), shop.world.clock()) is None


def test_a_key_that_cannot_be_is_refused(shop: Shop) -> None:
    with shop.world.refuses(m.ScopeUnknown, "scopes"):
        shop.key(scopes=())
    with shop.world.refuses(m.RateInvalid, "per_s"):
        shop.key(per_s=0)


def test_an_app_has_at_most_twenty_live_keys_in_each_mode(shop: Shop) -> None:
    keys = [shop.key() for _ in range(20)]
    with shop.world.refuses(m.TooManyKeys):
        shop.key()
    assert shop.key(mode="live").mode == "live"
    ask = m.AskKeyChange(shop.people["owner"].id, shop.app.id, keys[0].id)
    shop.world.ask(service.end_key, ask)
    assert shop.key().mode == "test"


def test_two_generations_of_a_key_live_at_a_time_and_not_three(shop: Shop) -> None:
    old = shop.key(scopes=("payments:read",), per_s=7)
    new = shop.rotated(old, grace_s=3600)
    assert (new.scopes, new.per_s, new.mode, new.label) == (old.scopes, 7, "test", "till")
    assert shop.lives(old) and shop.lives(new)
    with shop.world.refuses(m.KeyRotatedAlready, "key_id"):
        shop.rotated(old)
    shop.world.clock.forward(3599)
    assert shop.lives(old)
    shop.world.clock.forward(2)
    assert not shop.lives(old) and shop.lives(new)
    with shop.world.refuses(m.KeyNotFound, "key_id"):
        shop.rotated(old)
    newest = shop.rotated(new, grace_s=0)
    shop.world.clock.forward(1)
    assert not shop.lives(new) and shop.lives(newest)


def test_a_new_key_that_leaked_is_rotated_and_the_one_before_it_ends_at_once(shop: Shop) -> None:
    other = shop.key()
    oldest = shop.key()
    leaked = shop.rotated(oldest, grace_s=86400)
    shop.world.clock.forward(1)
    new, ended_id = shop.rotation(leaked, grace_s=3600)
    assert ended_id == oldest.id
    facts = shop.world.facts(shop.app.id)[-3:]
    assert facts == ["app.key_ended", "app.key_issued", "app.key_ended"]
    keys = shop.world.read(service.keys_of, shop.app.id)
    assert next(key.expires_at for key in keys if key.id == oldest.id) == new.created_at
    shop.world.clock.forward(1)
    lives = {key.id for key in (oldest, leaked, new, other) if shop.lives(key)}
    assert lives == {leaked.id, new.id, other.id}
    newest, ended_id = shop.rotation(new)
    assert ended_id == leaked.id
    shop.world.clock.forward(1)
    lives = {key.id for key in (oldest, leaked, new, newest, other) if shop.lives(key)}
    assert lives == {new.id, newest.id, other.id}


def test_a_key_that_ends_without_a_grace_leaves_the_one_before_it_its_own(shop: Shop) -> None:
    oldest = shop.key()
    leaked = shop.rotated(oldest, grace_s=3600)
    new = shop.rotated(leaked, grace_s=0)
    shop.world.clock.forward(1)
    assert (shop.lives(oldest), shop.lives(leaked), shop.lives(new)) == (True, False, True)
    newest, ended_id = shop.rotation(new)
    shop.world.clock.forward(1)
    assert ended_id == oldest.id
    assert (shop.lives(oldest), shop.lives(new), shop.lives(newest)) == (False, True, True)


def test_a_key_that_ends_is_dead_at_once(shop: Shop) -> None:
    key = shop.key()
    owner = shop.people["owner"].id
    ended = shop.world.ask(service.end_key, m.AskKeyChange(owner, shop.app.id, key.id))
    shop.world.clock.now_us = ended.expires_at
    assert not shop.lives(key)
    with shop.world.refuses(m.KeyNotFound):
        shop.world.ask(service.end_key, m.AskKeyChange(owner, shop.app.id, key.id))
    assert shop.world.facts(shop.app.id)[-1] == "app.key_ended"


def test_a_rate_is_changed_within_its_bounds(shop: Shop) -> None:
    key, owner = shop.key(), shop.people["owner"].id
    ask = m.AskKeyChange(owner, shop.app.id, key.id, per_s=1000, burst=5000)
    changed = shop.world.ask(service.change_rate, ask)
    assert (changed.per_s, changed.burst) == (1000, 5000)
    with shop.world.refuses(m.RateInvalid):
        bad = m.AskKeyChange(owner, shop.app.id, key.id, per_s=-1, burst=5)
        shop.world.ask(service.change_rate, bad)


def test_a_key_of_one_app_is_unknown_to_another(shop: Shop) -> None:
    key, owner = shop.key(), shop.people["owner"].id
    other = shop.world.ask(service.create_app, m.AskApp(owner, shop.partner.id, "Other"))
    with shop.world.refuses(m.KeyNotFound, "key_id"):
        shop.world.ask(service.end_key, m.AskKeyChange(owner, other.id, key.id))
    stranger = shop.people["stranger"].id
    with shop.world.refuses(m.AppNotFound):
        shop.world.ask(service.end_key, m.AskKeyChange(stranger, shop.app.id, key.id))


def test_every_change_of_members_and_keys_names_who_made_it(shop: Shop) -> None:
    owner, developer = shop.people["owner"].id, shop.people["developer"].id
    key = shop.key(by="developer")
    issued = shop.world.newest(shop.app.id)
    assert (issued.kind, issued.actor, issued.key_id) == ("app.key_issued", developer, key.id)
    shop.gives(shop.people["viewer"], "finance")
    changed = shop.world.newest(shop.partner.id)
    assert (changed.kind, changed.role, changed.actor) == (
        "partner.member_changed",
        "finance",
        owner,
    )
    assert key.created_at >= shop.world.clock.now_us > SECOND_US
