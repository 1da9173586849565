"""Passkeys: registered, named, taken away; what they sign is worth something once, soon, for one thing."""

from typing import Any

import pytest
from webauthn.helpers import base64url_to_bytes

from changliao.bus.outbox import facts_about
from changliao.db.tx import Tx
from changliao.kernel.refusal import Refusal
from changliao.people import model as m
from changliao.people import service as people
from changliao.people.model import AskSession, Person, Session
from changliao.people.model import passkeys as pm
from changliao.people.model.passkeys import Assertion, Passkey
from changliao.people.service import passkeys
from changliao.people.store.passkeys import PASSKEYS
from tests.asking import ask
from tests.device import ORIGIN, Device
from tests.rooms.keys import asked_to_confirm, asked_to_register, asked_to_sign_in, registered
from tests.rooms.world import PIN, World

ABOUT = "pay tea"


def proven(
    world: World, person: Person, assertion: Assertion, about: str = ABOUT
) -> Refusal | None:
    """What checking an assertion says; a refusal is returned."""
    return ask(world.db, passkeys.check_proof, pm.Proof(person.id, "", assertion, about))


def row(world: World, passkey: Passkey) -> Passkey:
    found: Any = world.read(lambda reader: reader.get(PASSKEYS, passkey.id))
    assert isinstance(found, Passkey)
    return found


def change(tx: Tx, sql: str) -> None:
    """Somebody changes the books by hand."""
    tx.query(sql)


def in_session(assertion: Assertion, address: str = "192.0.2.1") -> pm.AskPasskeySession:
    hashed = people.token_hash(assertion.response.signature)
    return pm.AskPasskeySession(assertion, AskSession("", hashed, "cookie", "", address, 3600))


# Having passkeys ----------------------------------------------------------------------------


def test_a_passkey_is_kept_named_and_taken_away(world: World) -> None:
    lin = world.person()
    device, passkey = registered(world, lin)
    assert passkey.credential_id == device.credential_id
    assert (passkey.name, passkey.transports, passkey.used_at) == (
        "phone",
        ("hybrid", "internal"),
        0,
    )
    assert world.read(passkeys.has_passkey, lin.id)
    named = world.ask(passkeys.rename_passkey, pm.AskRename(lin.id, passkey.id, " My phone "))
    assert world.read(passkeys.passkeys_of, lin.id) == [named] and named.name == "My phone"
    with world.refuses(pm.PasskeyNameInvalid, "name"):
        world.ask(passkeys.rename_passkey, pm.AskRename(lin.id, passkey.id, "a\nb"))
    world.ask(passkeys.remove_passkey, pm.AskRemove(lin.id, passkey.id))
    assert world.read(passkeys.passkeys_of, lin.id) == []
    assert not world.read(passkeys.has_passkey, lin.id)
    with world.refuses(pm.PasskeyNotFound, "id"):
        world.ask(passkeys.remove_passkey, pm.AskRemove(lin.id, passkey.id))
    assert world.facts(lin.id)[-2:] == ["passkey.added", "passkey.removed"]


def test_another_persons_passkey_does_not_exist(world: World) -> None:
    lin, mei = world.person("lin"), world.person("mei")
    _, passkey = registered(world, lin)
    for asked in (pm.AskRemove(mei.id, passkey.id), pm.AskRemove(mei.id, "psk_nobody")):
        with world.refuses(pm.PasskeyNotFound, "id"):
            world.ask(passkeys.remove_passkey, asked)
    with world.refuses(pm.PasskeyNotFound, "id"):
        world.ask(passkeys.rename_passkey, pm.AskRename(mei.id, passkey.id, "mine"))


def test_a_browser_is_told_which_passkeys_there_are_and_that_the_user_is_verified(
    world: World,
) -> None:
    lin = world.person()
    device, _ = registered(world, lin)
    options = asked_to_register(world, lin).public_key
    assert options["rp"] == {"id": "changliao.test", "name": "Changliao"}
    assert base64url_to_bytes(options["user"]["id"]) == lin.id.encode()
    assert [one["id"] for one in options["excludeCredentials"]] == [device.id]
    assert options["authenticatorSelection"]["userVerification"] == "required"


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://changliao.test"},
        {"site": "evil.example"},
        {"verified": False},
        {"present": False},
        {"kind": "webauthn.get"},
        {"id": "AAAA"},
        {"id": "\u00e9\u00e9"},
        {"attestation": b""},
        {"attestation": b"\xa3cfmt"},
        {"attestation": b"\x9f" * 5000},
    ],
    ids=str,
)
def test_what_no_honest_device_makes_is_no_passkey(world: World, lies: dict[str, Any]) -> None:
    lin = world.person()
    made = Device().make(asked_to_register(world, lin), **lies)
    with world.refuses(pm.PasskeyInvalid, "registration"):
        world.ask(passkeys.register_passkey, pm.AskPasskey(lin.id, "x", made))


def test_a_passkey_is_registered_once_and_by_whom_it_was_asked_for(world: World) -> None:
    lin, mei = world.person("lin"), world.person("mei")
    asked, device = asked_to_register(world, lin), Device()
    made = device.make(asked)
    with world.refuses(pm.PasskeyChallengeGone, "passkey"):
        world.ask(passkeys.register_passkey, pm.AskPasskey(mei.id, "x", made))
    world.ask(passkeys.register_passkey, pm.AskPasskey(lin.id, "x", made))
    with world.refuses(pm.PasskeyChallengeGone, "passkey"):
        world.ask(passkeys.register_passkey, pm.AskPasskey(lin.id, "x", made))
    again = device.make(asked_to_register(world, mei))
    with world.refuses(pm.PasskeyTaken, "registration"):
        world.ask(passkeys.register_passkey, pm.AskPasskey(mei.id, "x", again))
    late = Device().make(asked_to_register(world, lin))
    world.clock.forward(301)
    with world.refuses(pm.PasskeyChallengeGone, "passkey"):
        world.ask(passkeys.register_passkey, pm.AskPasskey(lin.id, "x", late))


def test_nobody_has_more_than_twenty(world: World) -> None:
    lin = world.person()
    for _ in range(20):
        registered(world, lin)
    made = Device().make(asked_to_register(world, lin))
    with world.refuses(pm.TooManyPasskeys):
        world.ask(passkeys.register_passkey, pm.AskPasskey(lin.id, "x", made))


def test_without_an_origin_there_are_no_passkeys(world: World) -> None:
    with world.refuses(pm.PasskeysUnavailable):
        world.ask(passkeys.ask_challenge, pm.AskChallenge("sign_in", "", ""))


# Proving something --------------------------------------------------------------------------


def test_a_passkey_proves_what_it_signed_once(world: World) -> None:
    lin = world.person(pin="")
    device, passkey = registered(world, lin)
    said = device.sign(asked_to_confirm(world, lin.id, ABOUT))
    assert proven(world, lin, said) is None
    kept = row(world, passkey)
    assert kept.sign_count == 1 and kept.used_at > 0
    before = world.everything()
    assert isinstance(proven(world, lin, said), pm.PasskeyChallengeGone)
    assert world.everything() == before


def test_a_device_that_never_counts_may_be_used_again_and_again(world: World) -> None:
    lin = world.person()
    device, passkey = registered(world, lin, counts=False)
    for _ in range(3):
        assert proven(world, lin, device.sign(asked_to_confirm(world, lin.id, ABOUT))) is None
    assert row(world, passkey).sign_count == 0


def test_what_was_signed_for_something_else_is_worth_nothing(world: World) -> None:
    lin, mei = world.person("lin"), world.person("mei")
    device, _ = registered(world, lin)
    hers, _ = registered(world, mei)
    before = world.everything()
    other = device.sign(asked_to_confirm(world, lin.id, "pay a house"))
    to_sign_in = device.sign(asked_to_sign_in(world))
    of_mei = device.sign(asked_to_confirm(world, mei.id, ABOUT))
    never = device.sign(asked_to_confirm(world, lin.id, ABOUT), challenge="AAAA")
    framed = device.sign(asked_to_confirm(world, lin.id, ABOUT), framed=True)
    noise = device.sign(asked_to_confirm(world, lin.id, ABOUT), client=b"[" * 9000)
    for said in (other, to_sign_in, of_mei, never, framed, noise):
        assert isinstance(proven(world, lin, said), pm.PasskeyChallengeGone)
    late = device.sign(asked_to_confirm(world, lin.id, ABOUT))
    world.clock.forward(301)
    assert isinstance(proven(world, lin, late), pm.PasskeyChallengeGone)
    assert world.everything()["people_passkeys"] == before["people_passkeys"]
    assert isinstance(
        proven(world, lin, hers.sign(asked_to_confirm(world, lin.id, ABOUT))), pm.WrongPasskey
    )


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://changliao.test.evil.example"},
        {"site": "evil.example"},
        {"verified": False},
        {"present": False},
        {"kind": "webauthn.create"},
        {"signature": b"0" * 70},
        {"signature": b""},
        {"user_handle": b"per_somebody_else"},
        {"count": 0},
        {"id": "AAAA"},
        {"id": "not base 64 at all \u00e9"},
    ],
    ids=str,
)
def test_what_no_honest_device_signs_is_wrong_counted_and_spends_the_challenge(
    world: World, lies: dict[str, Any]
) -> None:
    lin = world.person()
    device, passkey = registered(world, lin)
    assert proven(world, lin, device.sign(asked_to_confirm(world, lin.id, ABOUT))) is None
    kept, asked = row(world, passkey), asked_to_confirm(world, lin.id, ABOUT)
    refused = proven(world, lin, device.sign(asked, **lies))
    assert isinstance(refused, pm.WrongPasskey)
    assert refused.extra == {"tries_left": 4}
    assert row(world, passkey) == kept
    assert isinstance(proven(world, lin, device.sign(asked)), pm.PasskeyChallengeGone)


def test_a_passkey_that_was_taken_away_proves_nothing(world: World) -> None:
    lin = world.person()
    device, passkey = registered(world, lin)
    said = device.sign(asked_to_confirm(world, lin.id, ABOUT))
    again = device.sign(asked_to_sign_in(world))
    world.ask(passkeys.remove_passkey, pm.AskRemove(lin.id, passkey.id))
    assert isinstance(proven(world, lin, said), pm.WrongPasskey)
    with pytest.raises(pm.WrongPasskey):
        world.ask(passkeys.sign_in_by_passkey, in_session(again))


def test_five_wrong_passkeys_lock_them_ever_longer_and_a_right_one_forgives(world: World) -> None:
    lin = world.person()
    device, _ = registered(world, lin)

    def wrong() -> Refusal | None:
        asked = asked_to_confirm(world, lin.id, ABOUT)
        return proven(world, lin, device.sign(asked, verified=False))

    said = device.sign(asked_to_confirm(world, lin.id, ABOUT))
    for lasts_s in (60, 300, 1800):
        while not isinstance(refused := wrong(), pm.PasskeyLocked):
            assert isinstance(refused, pm.WrongPasskey)
        assert world.facts(lin.id)[-1] == "passkey.locked"
        world.clock.forward(lasts_s - 1)
        said = device.sign(asked_to_confirm(world, lin.id, ABOUT))
        before = world.everything()
        assert isinstance(proven(world, lin, said), pm.PasskeyLocked)
        assert world.everything() == before
        assert ask(world.db, passkeys.check_proof, pm.Proof(lin.id, PIN)) is None
        world.clock.forward(2)
    assert proven(world, lin, said) is None
    refused = wrong()
    assert isinstance(refused, pm.WrongPasskey) and refused.extra == {"tries_left": 4}


def test_wrong_passkeys_sent_all_at_once_are_all_counted(world: World) -> None:
    lin = world.person()
    device, _ = registered(world, lin)
    said = [device.sign(asked_to_confirm(world, lin.id, ABOUT), verified=False) for _ in range(7)]
    asks = [(passkeys.check_proof, pm.Proof(lin.id, "", one, ABOUT)) for one in said]
    answers = [type(one) for one in world.ask_together(asks)]
    assert answers == [pm.WrongPasskey] * 4 + [pm.PasskeyLocked] * 3


def test_one_assertion_sent_twice_at_once_counts_once(world: World) -> None:
    lin = world.person()
    device, _ = registered(world, lin)
    said = device.sign(asked_to_confirm(world, lin.id, ABOUT))
    proof = pm.Proof(lin.id, "", said, ABOUT)
    first, second = world.ask_together([(passkeys.check_proof, proof)] * 2)
    assert first is None and isinstance(second, pm.PasskeyChallengeGone)


# Signing in ---------------------------------------------------------------------------------


def test_a_passkey_signs_in_whose_it_is_without_a_handle(world: World) -> None:
    lin = world.person()
    world.person("mei")
    device, _ = registered(world, lin)
    said = device.sign(asked_to_sign_in(world))
    session = world.ask(passkeys.sign_in_by_passkey, in_session(said))
    assert isinstance(session, Session) and session.person_id == lin.id
    with world.refuses(pm.PasskeyChallengeGone, "passkey"):
        world.ask(passkeys.sign_in_by_passkey, in_session(said))


def test_with_a_handle_only_that_persons_passkeys_are_asked_for(world: World) -> None:
    lin = world.person()
    device, _ = registered(world, lin)
    options = asked_to_sign_in(world, "lin").public_key
    assert [one["id"] for one in options["allowCredentials"]] == [device.id]
    assert options["userVerification"] == "required"


def test_nobody_can_tell_whether_a_handle_has_passkeys(world: World) -> None:
    world.person("mei")

    def allowed(handle: str) -> Any:
        return asked_to_sign_in(world, handle).public_key["allowCredentials"]

    for handle in ("mei", "nobody"):
        [only] = allowed(handle)
        assert [only] == allowed(handle)
        assert len(base64url_to_bytes(only["id"])) == 32
    assert allowed("mei") != allowed("nobody")


def test_what_was_signed_to_pay_signs_nobody_in(world: World) -> None:
    lin = world.person()
    device, _ = registered(world, lin)
    said = device.sign(asked_to_confirm(world, lin.id, ABOUT))
    with world.refuses(pm.PasskeyChallengeGone):
        world.ask(passkeys.sign_in_by_passkey, in_session(said))


def test_wrong_passkeys_close_the_address_and_not_the_person(world: World) -> None:
    lin = world.person()
    device, _ = registered(world, lin)
    for _ in range(50):
        said = device.sign(asked_to_sign_in(world), verified=False)
        with pytest.raises(pm.WrongPasskey):
            world.ask(passkeys.sign_in_by_passkey, in_session(said))
    right = device.sign(asked_to_sign_in(world))
    with world.refuses(m.SignInThrottled):
        world.ask(passkeys.sign_in_by_passkey, in_session(right))
    assert isinstance(
        world.ask(passkeys.sign_in_by_passkey, in_session(right, "192.0.2.2")), Session
    )


def test_what_ran_out_is_forgotten_a_day_later(world: World) -> None:
    asked_to_sign_in(world)
    world.clock.forward(299)
    asked_to_sign_in(world)
    assert len(world.everything()["people_challenges"]) == 2
    world.clock.forward(2)
    world.ask(people.forget_what_ran_out, world.clock())
    assert len(world.everything()["people_challenges"]) == 1


def test_the_audit_names_what_was_answered_late_and_keys_used_when_gone(world: World) -> None:
    lin = world.person()
    device, passkey = registered(world, lin)
    said = device.sign(asked_to_confirm(world, lin.id, ABOUT))
    assert proven(world, lin, said) is None
    world.ask(passkeys.remove_passkey, pm.AskRemove(lin.id, passkey.id))
    assert world.wrong() == []
    world.ask(change, "UPDATE people_challenges SET expires_at = used_at WHERE purpose = 'confirm'")
    world.ask(change, "UPDATE people_passkeys SET used_at = removed_at + 1")
    late, gone = world.wrong()
    assert late.startswith("I15: challenge ") and "after it ran out" in late
    assert gone == f"I15: passkey {passkey.id}: it was used after it was taken away"


def test_no_fact_of_passkeys_holds_more_than_ids(world: World) -> None:
    lin = world.person()
    device, passkey = registered(world, lin)
    told = " ".join(fact.body for fact in world.read(facts_about, lin.id))
    assert device.id not in told and passkey.name not in told and ORIGIN not in told
