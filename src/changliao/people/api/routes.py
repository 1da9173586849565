"""The routes of people: register, sign in and out, the payment PIN."""

import secrets
from typing import Any

import msgspec

from changliao.db.db import Db
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value, View
from changliao.people import model as m
from changliao.people import rules, service
from changliao.people.api.guard import COOKIE, PersonGuard
from changliao.people.api.passwords import Passwords
from changliao.people.api.proving import prove
from changliao.people.model import (
    AskSession,
    Edition,
    Locale,
    Person,
    Session,
    SignedIn,
    Transport,
)
from changliao.people.model import passkeys as pm
from changliao.people.model import scans as sm
from changliao.people.model.devices import AskEndOthers
from changliao.people.model.shown import Check, Shown, WordsNotShown
from changliao.people.model.standing import PersonSuspended
from changliao.people.rules.devices import agent_of
from changliao.people.service import devices, passkeys, scans
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.http import same_site
from changliao.wire.refusals import BadRequest, CrossSite
from changliao.wire.routes import CREATED, EMPTY, Param, Routes

SESSION_S = 30 * 24 * 3600


class RegisterBody(Value, frozen=True, forbid_unknown_fields=True):
    """A new person. `edition` is which app this comes from; left out, the installation's own."""

    handle: str
    name: str
    password: str
    locale: Locale = "zh-CN"
    edition: Edition | None = None


class CodeProof(Value, frozen=True, forbid_unknown_fields=True):
    """A code that a phone has approved, and the secret of the computer that showed it."""

    id: str
    secret: str


class SessionBody(Value, frozen=True, forbid_unknown_fields=True):
    """Who signs in: by handle and password, by a passkey's answer, or by a code that a phone approved;
    and how the session is carried: `cookie` on our pages, `bearer` in apps."""

    handle: str = ""
    password: str = ""
    transport: Transport = "bearer"
    device: str = ""
    passkey: pm.Assertion | None = None
    sign_in_code: CodeProof | None = None


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
    has_passkey: bool


class SessionView(View, frozen=True):
    """One place where one is signed in: `device` as it said itself, `agent` the browser in plain words,
    `place` the first half of the address. `token` is shown once, to apps; pages get a cookie."""

    id: str
    person_id: str
    device: str
    agent: str
    place: str
    seen_at: str
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
        await db.look(passkeys.has_passkey, person.id),
    )


def show_session(session: Session, current: str, token: str | None = None) -> SessionView:
    """A session without its token, unless it was made just now."""
    return SessionView(
        session.id,
        session.person_id,
        session.device,
        session.agent,
        session.address,
        rfc3339(Instant(session.seen_at or session.created_at)),
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


def fresh_token() -> str:
    """A session's token: 256 random bits."""
    return "pst_" + secrets.token_urlsafe(32)


def routes(
    db: Db,
    guard: PersonGuard,
    passwords: Passwords,
    *,
    secure: bool,
    check: Check,
    edition: Edition = "domestic",
) -> Routes:
    """Everything under /v1/persons, /v1/sessions, /v1/me."""
    api = Routes("People")

    @api.post(
        "/v1/persons",
        body=RegisterBody,
        answers=PersonView,
        status=CREATED,
        refuses=(
            m.HandleInvalid,
            m.HandleTaken,
            m.NameInvalid,
            m.PasswordWeak,
            m.SignInBusy,
            WordsNotShown,
        ),
    )
    async def register(call: Call, body: RegisterBody) -> PersonView:
        """Make an account.

        A handle is 3 to 20 small letters, digits or `_`; a password 8 to 128 characters.
        """
        rules.registration(m.AskRegister(body.handle, body.name, body.locale, ""))
        rules.password(body.handle, body.password)
        passed = check(handle=body.handle, name=body.name)
        hashed = await passwords.hash(body.password)
        used = body.edition or edition
        ask = m.AskRegister(body.handle, body.name, body.locale, hashed, used)
        verb = passed(service.register, lambda one: Shown("person", one.id, one.id))
        return show_person(await db.write(verb, ask))

    @api.post(
        "/v1/sessions",
        body=SessionBody,
        answers=SessionView,
        status=CREATED,
        refuses=(
            m.WrongPassword,
            m.SignInThrottled,
            m.SignInBusy,
            PersonSuspended,
            pm.WrongPasskey,
            pm.PasskeyChallengeGone,
            sm.CodeNotFound,
            sm.CodeNotApproved,
            sm.CodeOver,
            CrossSite,
        ),
    )
    async def open_session(call: Call, body: SessionBody) -> Any:
        """Sign in: by handle and password, by `passkey`, or by a `sign_in_code` that a phone approved.

        `cookie` sets an HttpOnly cookie and answers no token; `bearer` answers a token for apps, once.
        Failed tries make the next one wait, per handle and per address.
        """
        if body.transport == "cookie":
            same_site(call)
        token, agent = fresh_token(), agent_of(call.header("user-agent"))
        hashed, device = service.token_hash(token), body.device
        ask = AskSession("", hashed, body.transport, device, call.client_ip, SESSION_S, agent)
        return session_answer(await opened(call, body, ask), token, secure)

    async def opened(call: Call, body: SessionBody, ask: AskSession) -> Session:
        if body.passkey is not None:
            wish = pm.AskPasskeySession(body.passkey, ask)
            said = await db.write(passkeys.sign_in_by_passkey, wish)
            if isinstance(said, Refusal):
                raise said
            return said
        if body.sign_in_code is not None:
            code = body.sign_in_code
            trade = sm.AskTrade(code.id, service.token_hash(code.secret), ask)
            return await db.write(scans.trade_code, trade)
        handle = body.handle.strip().lower()
        person = await prove(db, passwords, m.AskTry(handle, call.client_ip), body.password)
        whose = msgspec.structs.replace(ask, person_id=person.id)
        return await db.write(service.open_session, whose)

    @api.get("/v1/sessions", guard=guard, answers=Sessions)
    async def list_sessions(call: Call) -> Sessions:
        """Where one is signed in, newest first."""
        who: SignedIn = call.who
        found = await db.read(service.open_sessions, who.person.id, db.clock())
        return Sessions([show_session(session, who.session.id) for session in found])

    @api.delete(
        "/v1/sessions",
        guard=guard,
        status=EMPTY,
        params=(Param("others", "`true`: every session but this one. Nothing else is taken."),),
        refuses=(BadRequest,),
    )
    async def end_others(call: Call) -> Answer:
        """Sign out everywhere else."""
        who: SignedIn = call.who
        if call.param("others") != "true":
            raise BadRequest("Say `others=true` to sign out everywhere else.", field="others")
        ask = AskEndOthers(who.person.id, who.session.id)
        while ended := await db.write(devices.end_other_sessions, ask):
            for session in ended:
                guard.forget(session.id)
        return DONE

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
