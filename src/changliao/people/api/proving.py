"""Proving who one is by a password; every try is counted before it is checked."""

from changliao.db.db import Db
from changliao.people import model as m
from changliao.people import service
from changliao.people.api.passwords import Passwords
from changliao.people.model import Person


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
