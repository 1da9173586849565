"""The routes of passkeys: ask what to sign, register, list, name, take away."""

from changliao.db.db import Db
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.people.api.guard import PersonGuard
from changliao.people.api.passwords import Passwords
from changliao.people.api.proving import PROVING, prover
from changliao.people.model import SignedIn
from changliao.people.model import passkeys as pm
from changliao.people.model.passkeys import Asked, Passkey, Registration
from changliao.people.service import passkeys as service
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import RateLimited
from changliao.wire.routes import CREATED, EMPTY, Routes

PER_S, BURST = 1, 30
"""How often one address may ask to sign in, and one person to register."""


class ProofBody(Value, frozen=True, forbid_unknown_fields=True):
    """Who adds a passkey: proven by the password, or by the payment PIN."""

    password: str = ""
    pin: str = ""


class HandleBody(Value, frozen=True, forbid_unknown_fields=True):
    """Who wants to sign in; empty when the device itself knows."""

    handle: str = ""


class PasskeyBody(Value, frozen=True, forbid_unknown_fields=True):
    """A new passkey and what to call it; `registration` as `PublicKeyCredential.toJSON()` writes it."""

    name: str
    registration: Registration


class PasskeyNameBody(Value, frozen=True, forbid_unknown_fields=True):
    """What to call a passkey."""

    name: str


class PasskeyView(View, frozen=True):
    """A passkey of one's own. `synced`: one's other devices have it too."""

    id: str
    name: str
    synced: bool
    created_at: str
    used_at: str | None


class PasskeyList(View, frozen=True):
    """One's passkeys."""

    items: list[PasskeyView]


def show(passkey: Passkey) -> PasskeyView:
    """A passkey without its key."""
    return PasskeyView(
        passkey.id,
        passkey.name,
        passkey.synced,
        rfc3339(Instant(passkey.created_at)),
        rfc3339(Instant(passkey.used_at)) if passkey.used_at else None,
    )


def routes(
    db: Db, guard: PersonGuard, passwords: Passwords, site_url: str, site_name: str
) -> Routes:
    """Everything under /v1/passkeys."""
    api, buckets, origin = Routes("People"), Buckets(), service.origin_of(site_url)
    decoys = db.vault.derive("passkey decoys")
    proven = prover(db, passwords)

    @api.post(
        "/v1/passkeys/registrations",
        guard=guard,
        body=ProofBody,
        answers=Asked,
        status=CREATED,
        refuses=(
            *PROVING,
            pm.PasskeysUnavailable,
            RateLimited,
        ),
    )
    async def begin(call: Call, body: ProofBody) -> Asked:
        """Ask what a device must make to become one's passkey.

        Proven by the password or the payment PIN; hand `public_key` to `navigator.credentials.create`
        and its answer to POST /v1/passkeys within five minutes.
        """
        who: SignedIn = call.who
        buckets.take(who.person.id, PER_S, BURST)
        await proven(call, body.password, body.pin)
        wish = pm.AskChallenge("register", who.person.id, origin)
        asked = await db.write(service.ask_challenge, wish)
        return await db.read(service.asked_to_register, asked, who.person, site_name)

    @api.post(
        "/v1/passkeys",
        guard=guard,
        body=PasskeyBody,
        answers=PasskeyView,
        status=CREATED,
        refuses=(
            pm.PasskeyInvalid,
            pm.PasskeyChallengeGone,
            pm.PasskeyTaken,
            pm.PasskeyNameInvalid,
            pm.TooManyPasskeys,
        ),
    )
    async def register(call: Call, body: PasskeyBody) -> PasskeyView:
        """Keep the passkey that the device has made."""
        who: SignedIn = call.who
        ask = pm.AskPasskey(who.person.id, body.name, body.registration)
        return show(await db.write(service.register_passkey, ask))

    @api.get("/v1/passkeys", guard=guard, answers=PasskeyList)
    async def list_passkeys(call: Call) -> PasskeyList:
        """One's passkeys, oldest first."""
        who: SignedIn = call.who
        found = await db.read(service.passkeys_of, who.person.id)
        return PasskeyList([show(one) for one in found])

    @api.put(
        "/v1/passkeys/{id}",
        guard=guard,
        body=PasskeyNameBody,
        answers=PasskeyView,
        refuses=(pm.PasskeyNotFound, pm.PasskeyNameInvalid),
    )
    async def rename(call: Call, passkey_id: str, body: PasskeyNameBody) -> PasskeyView:
        """Call a passkey something else."""
        who: SignedIn = call.who
        ask = pm.AskRename(who.person.id, passkey_id, body.name)
        return show(await db.write(service.rename_passkey, ask))

    @api.delete("/v1/passkeys/{id}", guard=guard, status=EMPTY, refuses=(pm.PasskeyNotFound,))
    async def remove(call: Call, passkey_id: str) -> Answer:
        """Take a passkey away; it is worth nothing from then on."""
        who: SignedIn = call.who
        await db.write(service.remove_passkey, pm.AskRemove(who.person.id, passkey_id))
        return DONE

    @api.post(
        "/v1/passkeys/sign-ins",
        body=HandleBody,
        answers=Asked,
        status=CREATED,
        refuses=(pm.PasskeysUnavailable, RateLimited),
    )
    async def begin_sign_in(call: Call, body: HandleBody) -> Asked:
        """Ask what to sign in order to sign in.

        Without a handle the device offers what it has. Hand `public_key` to
        `navigator.credentials.get` and its answer to POST /v1/sessions as `passkey`. Whether a handle
        has passkeys cannot be told from the answer.
        """
        buckets.take(call.client_ip, PER_S, BURST)
        asked = await db.write(service.ask_challenge, pm.AskChallenge("sign_in", "", origin))
        handle = body.handle.strip().lower()[:40]
        return await db.read(service.asked_to_sign_in, asked, handle, decoys)

    return api
