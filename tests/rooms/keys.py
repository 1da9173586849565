"""Passkeys of the people of a world: registered for real, with a device that signs."""

from changliao.people.model import Person
from changliao.people.model import passkeys as pm
from changliao.people.model.passkeys import Asked, Passkey
from changliao.people.service import passkeys
from tests.device import ORIGIN, Device
from tests.rooms.world import World


def asked_to_register(world: World, person: Person) -> Asked:
    """What the person's browser is asked to make."""
    wish = pm.AskChallenge("register", person.id, ORIGIN)
    challenge = world.ask(passkeys.ask_challenge, wish)
    return world.read(passkeys.asked_to_register, challenge, person, "Changliao")


def registered(world: World, person: Person, *, counts: bool = True) -> tuple[Device, Passkey]:
    """A fresh device and the passkey that it made."""
    device = Device(counts=counts)
    made = device.make(asked_to_register(world, person))
    kept = world.ask(passkeys.register_passkey, pm.AskPasskey(person.id, "phone", made))
    return device, kept


def asked_to_confirm(world: World, person_id: str, about: str) -> Asked:
    """What the person's browser is asked to sign about something."""
    wish = pm.AskChallenge("confirm", person_id, ORIGIN, about)
    return world.read(passkeys.asked_to_confirm, world.ask(passkeys.ask_challenge, wish))


def asked_to_sign_in(world: World, handle: str = "") -> Asked:
    """What somebody's browser is asked to sign to sign in."""
    challenge = world.ask(passkeys.ask_challenge, pm.AskChallenge("sign_in", "", ORIGIN))
    return world.read(passkeys.asked_to_sign_in, challenge, handle, b"k" * 32)
