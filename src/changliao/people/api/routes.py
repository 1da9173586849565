"""The routes of people: register, sign in and out, the payment PIN."""

import secrets
from typing import Any

import msgspec

from changliao.db.db import Db
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.people import model as m
from changliao.people import rules, service
from changliao.people.api.guard import COOKIE, PersonGuard
from changliao.people.api.passwords import Passwords
from changliao.people.model import Edition, Locale, Person, Session, SignedIn, Transport
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.http import same_site
from changliao.wire.refusals import CrossSite
from changliao.wire.routes import CREATED, EMPTY, Routes

SESSION_S = 30 * 24 * 3600


class RegisterBody(Value, frozen=True, forbid_unknown_fields=True):
    """A new person. `edition` is which app this comes from; left out, the installation's own."""

    handle: str
    name: str
    password: str
    locale: Locale = "zh-CN"
    edition: Edition | None = None


class SessionBody(Value, frozen=True, forbid_unknown_fields=True):
    """Who signs in, and how the session is carried: `cookie` on our pages, `bearer` in apps."""

    handle: str
    password: str
    transport: Transport = "bearer"
    device: str = ""


class LocaleBody(Value, frozen=True, forbid_unknown_fields=True):
    """The language one is spoken to in."""

    locale: Locale


class PinBody(Value, frozen=True, forbid_unknown_fields=True):
    """A new payment PIN, and the password that proves who sets it."""

    pin: str
    password: str


class PersonView(View, frozen=True):
    """A person as others may see one."""

    id: str
    handle: str
    name: str
    locale: Locale
    created_at: str


class MeView(View, frozen=True):
    """The person who is signed in. `findable`: whether others find one by the handle."""

    id: str
    handle: str
    name: str
    avatar: str
    region: str
    bio: str
    findable: bool
    locale: Locale
    edition: Edition
    operator: bool
    has_pin: bool
    pin_locked_until: str | None


class SessionView(View, frozen=True):
    """One place where one is signed in. `token` is shown once, to apps; pages get a cookie."""

    id: str
    person_id: str
    device: str
    transport: Transport
    created_at: str
    expires_at: str
    current: bool
    token: str | None = None


class Sessions(View, frozen=True):
    """Where one is signed in."""

    items: list[SessionView]


def show_person(person: Person) -> PersonView:
    """A person as others may see one."""
    return PersonView(
        person.id, person.handle, person.name, person.locale, rfc3339(Instant(person.created_at))
    )


async def show_me(db: Db, person: Person) -> MeView:
    """A person as one sees oneself."""
    pin = await db.look(service.pin_of, person.id)
    locked = pin is not None and pin.locked_until > db.clock()
    return MeView(
        person.id,
        person.handle,
        person.name,
        person.avatar,
        person.region,
        person.bio,
        person.findable,
        person.locale,
        person.edition,
        person.operator,
        pin is not None,
        rfc3339(Instant(pin.locked_until)) if pin is not None and locked else None,
    )


def show_session(session: Session, current: str, token: str | None = None) -> SessionView:
    """A session without its token, unless it was made just now."""
    return SessionView(
        session.id,
        session.person_id,
        session.device,
        session.transport,
        rfc3339(Instant(session.created_at)),
        rfc3339(Instant(session.expires_at)),
        session.id == current,
        token,
    )


def cookie(token: str, *, secure: bool, lasts_s: int = SESSION_S) -> tuple[str, str]:
    """The Set-Cookie header of a session: not for scripts, not for other sites."""
    flags = f"Path=/; HttpOnly; SameSite=Lax; Max-Age={lasts_s}{'; Secure' if secure else ''}"
    return "set-cookie", f"{COOKIE}={token}; {flags}"


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


async def sign_in(
    db: Db, person_id: str, transport: Transport, device: str, address: str
) -> tuple[Session, str]:
    """Open a session for a person who has been recognised; the session and its fresh token."""
    token = "pst_" + secrets.token_urlsafe(32)
    ask = m.AskSession(person_id, service.token_hash(token), transport, device, address, SESSION_S)
    return await db.write(service.open_session, ask), token


def routes(
    db: Db,
    guard: PersonGuard,
    passwords: Passwords,
    *,
    secure: bool,
    edition: Edition = "domestic",
) -> Routes:
    """Everything under /v1/persons, /v1/sessions, /v1/me."""
    api = Routes("People")

    @api.post(
        "/v1/persons",
        body=RegisterBody,
        answers=PersonView,
        status=CREATED,
        refuses=(m.HandleInvalid, m.HandleTaken, m.NameInvalid, m.PasswordWeak, m.SignInBusy),
    )
    async def register(call: Call, body: RegisterBody) -> PersonView:
        """Make an account.

        A handle is 3 to 20 small letters, digits or `_`; a password 8 to 128 characters.
        """
        rules.registration(m.AskRegister(body.handle, body.name, body.locale, ""))
        rules.password(body.handle, body.password)
        hashed = await passwords.hash(body.password)
        used = body.edition or edition
        ask = m.AskRegister(body.handle, body.name, body.locale, hashed, used)
        return show_person(await db.write(service.register, ask))

    @api.post(
        "/v1/sessions",
        body=SessionBody,
        answers=SessionView,
        status=CREATED,
        refuses=(m.WrongPassword, m.SignInThrottled, m.SignInBusy, CrossSite),
    )
    async def open_session(call: Call, body: SessionBody) -> Any:
        """Sign in.

        `cookie` sets an HttpOnly cookie and answers no token; `bearer` answers a token for apps, once.
        Failed tries make the next one wait, per handle and per address.
        """
        if body.transport == "cookie":
            same_site(call)
        handle = body.handle.strip().lower()
        person = await prove(db, passwords, m.AskTry(handle, call.client_ip), body.password)
        session, token = await sign_in(db, person.id, body.transport, body.device, call.client_ip)
        return session_answer(session, token, secure)

    @api.get("/v1/sessions", guard=guard, answers=Sessions)
    async def list_sessions(call: Call) -> Sessions:
        """Where one is signed in, newest first."""
        who: SignedIn = call.who
        found = await db.read(service.open_sessions, who.person.id, db.clock())
        return Sessions([show_session(session, who.session.id) for session in found])

    @api.delete("/v1/sessions/{id}", guard=guard, status=EMPTY, refuses=(m.SessionNotFound,))
    async def end_session(call: Call, session_id: str) -> Answer:
        """Sign out somewhere; `current` is here."""
        who: SignedIn = call.who
        wanted = who.session.id if session_id == "current" else session_id
        await db.write(service.end_session, m.AskEndSession(who.person.id, wanted))
        guard.forget(wanted)
        gone = (cookie("", secure=secure, lasts_s=0),) if wanted == who.session.id else ()
        return Answer(status=EMPTY, headers=gone)

    @api.get("/v1/me", guard=guard, answers=MeView)
    async def me(call: Call) -> MeView:
        """Who is signed in."""
        return await show_me(db, call.who.person)

    @api.post("/v1/me/locale", guard=guard, body=LocaleBody, status=EMPTY)
    async def change_locale(call: Call, body: LocaleBody) -> Answer:
        """Keep one's language, so that a new browser or app speaks it too."""
        who: SignedIn = call.who
        await db.write(service.change_locale, m.AskLocale(who.person.id, body.locale))
        guard.forget(who.session.id)
        return DONE

    @api.post(
        "/v1/me/pin",
        guard=guard,
        body=PinBody,
        status=EMPTY,
        refuses=(m.PinInvalid, m.WrongPassword, m.SignInBusy, m.SignInThrottled),
    )
    async def set_pin(call: Call, body: PinBody) -> Answer:
        """Set or change the payment PIN: six digits, not all the same, not a simple run."""
        who: SignedIn = call.who
        rules.new_pin(body.pin)
        tried = m.AskTry(who.person.handle, call.client_ip)
        await prove(db, passwords, tried, body.password)
        await db.write(service.set_pin, m.AskSetPin(who.person.id, body.pin))
        return DONE

    return api


def session_answer(session: Session, token: str, secure: bool) -> Any:
    """A fresh session: with its token for apps, with a cookie for pages."""
    if session.transport == "bearer":
        return show_session(session, session.id, token)
    view = show_session(session, session.id)
    return Answer(msgspec.json.encode(view), 201, headers=(cookie(token, secure=secure),))
