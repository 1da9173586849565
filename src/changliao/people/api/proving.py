"""Proving who one is by a password; every try is counted before it is checked."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from changliao.db.db import Db
from changliao.kernel.refusal import Refusal
from changliao.people import model as m
from changliao.people import service
from changliao.people.api.passwords import Passwords
from changliao.people.model import Person, SignedIn
from changliao.people.model.passkeys import (
    Assertion,
    PasskeyChallengeGone,
    PasskeyLocked,
    Proof,
    WrongPasskey,
)
from changliao.people.service.passkeys import check_proof
from changliao.wire.call import Call


class Prover(Protocol):
    """Proves whoever is signed in by a passkey that signed what this is `about`; without one by the password,
    or by the payment PIN when there is none."""

    async def __call__(
        self,
        call: Call,
        password: str,
        pin: str,
        passkey: Assertion | None = None,
        about: str = "",
    ) -> None:
        """Refuses as PROVING says, and with a passkey as PROVING_BY_PASSKEY."""


Identify = Callable[[Call, str, str], Awaitable[Person]]
"""Who has this handle and password; refuses as signing in does."""

PROVING: tuple[type[Refusal], ...] = (
    m.WrongPassword,
    m.SignInBusy,
    m.SignInThrottled,
    m.WrongPin,
    m.PinLocked,
    m.PinMissing,
)
PROVING_BY_PASSKEY: tuple[type[Refusal], ...] = (
    WrongPasskey,
    PasskeyLocked,
    PasskeyChallengeGone,
)


async def prove(db: Db, passwords: Passwords, ask: m.AskTry, password: str) -> Person:
    """The person whose password this is. The try is counted first and taken back when it was right; one
    that is cut off in between stays counted."""
    counted = await db.write(service.count_try, ask)
    person = counted.person
    try:
        right = await passwords.matches(person.password if person else None, password[:256])
    except m.SignInBusy:
        await db.write(service.take_back_try, counted)
        raise
    if person is None or not right:
        raise m.WrongPassword(field="password")
    await db.write(service.take_back_try, counted)
    return person


def prover(db: Db, passwords: Passwords) -> Prover:
    """Proves who calls once more."""

    async def proven(
        call: Call,
        password: str,
        pin: str,
        passkey: Assertion | None = None,
        about: str = "",
    ) -> None:
        who: SignedIn = call.who
        if passkey is None and (password or not pin):
            await prove(db, passwords, m.AskTry(who.person.handle, call.client_ip), password)
            return
        refused = await db.write(check_proof, Proof(who.person.id, pin, passkey, about))
        if isinstance(refused, Refusal):
            raise refused

    return proven


def identifier(db: Db, passwords: Passwords) -> Identify:
    """Finds out who has a handle and a password, without signing anybody in."""

    async def identified(call: Call, handle: str, password: str) -> Person:
        return await prove(db, passwords, m.AskTry(handle, call.client_ip), password)

    return identified
