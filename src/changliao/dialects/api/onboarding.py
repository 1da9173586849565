"""Routes for shops: choose a dialect, get the files and values its SDKs expect, check oneself."""

from collections.abc import Mapping

from changliao.db.db import Db
from changliao.dialects import hooks, service
from changliao.dialects import model as m
from changliao.dialects.api.keyring import Keyring
from changliao.dialects.model import (
    Account,
    AskAccount,
    AskAccountChange,
    AskOpening,
    DialectName,
    Notice,
)
from changliao.dialects.port import (
    Check,
    Choosing,
    Dialect,
    Keyed,
    KitFile,
    Lines,
    Registering,
    Setting,
)
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.partners import service as partners
from changliao.partners.model import AskKey, Caller, RoleForbids, ScopeForbids, TooManyKeys
from changliao.people.service import token_hash
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.outbound import CallbackAddressInvalid
from changliao.wire.routes import CREATED, EMPTY, Guard, Routes
from changliao.wire.rsa import public_pem

_ALLOWED = (ScopeForbids, RoleForbids)
_OPENING = (
    m.DialectUnknown,
    m.AccountTaken,
    m.PublicKeyInvalid,
    m.SettingInvalid,
    CallbackAddressInvalid,
    TooManyKeys,
)
NOTICES_SHOWN = 50


class DialectBody(Value, frozen=True, forbid_unknown_fields=True):
    """Which dialect; and the shop's own RSA public key, if it keeps its private key to itself. Without
    one, a pair is made and its private half shown once. `notify_url` registers an address to be told, in a
    dialect that has such (`registers`)."""

    dialect: str
    public_key: str = ""
    notify_url: str = ""


class PublicKeyBody(Value, frozen=True, forbid_unknown_fields=True):
    """The shop's new RSA public key: PEM, or its base 64 alone. Where it is left out, a pair is made and
    its private half shown once."""

    public_key: str | None = None


class SettingsBody(Value, frozen=True, forbid_unknown_fields=True):
    """Settings of an account in a dialect; what is left out stays."""

    settings: dict[str, str]


class DialectView(View, frozen=True):
    """An account in a dialect: what a shop configures (`values`), what it chooses here (`settings`), and
    what it changes per SDK (`lines`). `keyed`: it signs with a key pair of its own. `files` are shown
    once, when it is opened or its key replaced."""

    id: str
    dialect: str
    mode: str
    number: str
    url: str
    keyed: bool
    values: dict[str, str]
    settings: list[Setting]
    lines: list[Lines]
    files: list[KitFile]
    created_at: str


class Dialects(View, frozen=True):
    """An app's accounts, the dialects that are spoken here, in which of them a shop has a key pair, and in
    which it registers the address that is told."""

    items: list[DialectView]
    spoken: list[str]
    keyed: list[str]
    registers: list[str]


class Checks(View, frozen=True):
    """A self-check, line by line; `well` when all is."""

    well: bool
    items: list[Check]


class NoticeView(View, frozen=True):
    """A notification in a dialect and its newest try: `status` 0 when nothing came back."""

    id: str
    kind: str
    subject: str
    url: str
    state: str
    tries: int
    status: int
    trouble: str
    excerpt: str
    created_at: str
    tried_at: str | None


class Notices(View, frozen=True):
    """The newest notifications."""

    items: list[NoticeView]


def show_notice(notice: Notice) -> NoticeView:
    """A notice as its shop sees it."""
    return NoticeView(
        notice.id,
        notice.kind,
        notice.subject,
        notice.url,
        notice.state,
        notice.tries,
        notice.status,
        notice.trouble,
        notice.excerpt,
        rfc3339(Instant(notice.created_at)),
        rfc3339(Instant(notice.tried_at)) if notice.tried_at else None,
    )


def own_key(text: str) -> str:
    """A shop's public key as PEM, or PublicKeyInvalid."""
    try:
        return public_pem(text)
    except ValueError:
        raise m.PublicKeyInvalid(field="public_key") from None


async def _open_registering(
    db: Db, call: Call, dialect: Registering, ask: AskAccount, url: str
) -> tuple[Account, list[KitFile]]:
    """Open the account with its key and address. Who calls with a key of the app has that key already."""
    try:
        secret = dialect.new_secret(url) if url else ""
    except CallbackAddressInvalid:
        raise CallbackAddressInvalid(field="notify_url") from None
    key, ask_key = call.header("authorization").partition(" ")[2].strip(), None
    if not key.startswith("sk_"):
        who = call.who
        key = partners.new_key_text(who.mode)
        label, hashed = ask.dialect, token_hash(key)
        ask_key = AskKey(who.actor, who.app_id, who.mode, hashed, key[-4:], label)
    account = await db.write(hooks.open_account, AskOpening(ask, ask_key, url, secret))
    return account, dialect.handed(key, secret)


def routes(
    db: Db, guard: Guard[Caller], keyring: Keyring, dialects: Mapping[DialectName, Dialect]
) -> Routes:
    """Everything under /v1/dialects."""
    api = Routes("Dialects")

    async def shown(account: Account, files: list[KitFile]) -> DialectView:
        dialect = dialects[account.dialect]
        return DialectView(
            account.id,
            account.dialect,
            account.mode,
            account.number,
            dialect.url,
            isinstance(dialect, Keyed),
            await dialect.values(account),
            dialect.settings(account) if isinstance(dialect, Choosing) else [],
            await dialect.lines(account),
            files,
            rfc3339(Instant(account.created_at)),
        )

    async def of(call: Call, account_id: str) -> Account:
        account = await db.read(service.account_of, call.who, account_id)
        if account.dialect not in dialects:
            raise m.DialectUnknown(field="id")
        return account

    @api.post(
        "/v1/dialects",
        guard=guard,
        body=DialectBody,
        answers=DialectView,
        status=CREATED,
        refuses=(*_ALLOWED, *_OPENING),
    )
    async def open_account(call: Call, body: DialectBody) -> DialectView:
        """Let the app be spoken to in a dialect, and get the keys and files that its SDKs expect.

        Secrets and private keys are shown in this answer and never again. Where a dialect is called with
        keys of the app, a member gets a new one; a call with a key keeps that key.
        """
        partners.allows(call.who, "webhooks:write")
        name = next((one for one in dialects if one == body.dialect), None)
        if name is None:
            raise m.DialectUnknown(field="dialect")
        dialect = dialects[name]
        if body.notify_url and not isinstance(dialect, Registering):
            raise m.SettingInvalid(field="notify_url")
        draft = await dialect.draft(
            call.who.mode, own_key(body.public_key) if body.public_key else ""
        )
        ask = AskAccount(
            call.who,
            name,
            draft.number,
            draft.alias,
            draft.public_key,
            draft.serial,
            draft.secrets,
            draft.settings,
        )
        if isinstance(dialect, Registering):
            account, files = await _open_registering(db, call, dialect, ask, body.notify_url)
            return await shown(account, files)
        return await shown(await db.write(service.open_account, ask), draft.files)

    @api.get("/v1/dialects", guard=guard, answers=Dialects, refuses=_ALLOWED)
    async def found(call: Call) -> Dialects:
        """The app's accounts in dialects, and which dialects are spoken here."""
        partners.allows(call.who, "webhooks:read")
        accounts = await db.read(service.accounts_of, call.who)
        views = [await shown(one, []) for one in accounts if one.dialect in dialects]
        keyed: list[str] = [name for name, one in dialects.items() if isinstance(one, Keyed)]
        registers: list[str] = [
            name for name, dialect in dialects.items() if isinstance(dialect, Registering)
        ]
        return Dialects(views, list(dialects), keyed, registers)

    @api.add(
        "PUT",
        "/v1/dialects/{id}/public_key",
        guard=guard,
        body=PublicKeyBody,
        answers=DialectView,
        refuses=(
            *_ALLOWED,
            m.AccountNotFound,
            m.DialectUnknown,
            m.PublicKeyInvalid,
            m.SettingInvalid,
        ),
    )
    async def replace_key(call: Call, account_id: str, body: PublicKeyBody) -> DialectView:
        """Sign with another key from now on; what is signed with the old one is refused at once.

        Where keys have certificates, this one gets its own, and with it another serial. A private key
        that is made here is shown in this answer and never again.
        """
        partners.allows(call.who, "webhooks:write")
        account = await of(call, account_id)
        dialect = dialects[account.dialect]
        if not isinstance(dialect, Keyed):
            raise m.SettingInvalid(field="public_key")
        own = "" if body.public_key is None else own_key(body.public_key)
        new = await dialect.rekeyed(account, own)
        ask = AskAccountChange(
            call.who,
            account.id,
            public_key=new.public_key,
            serial=new.serial,
            settings=new.settings,
        )
        account = await db.write(service.change_account, ask)
        keyring.forget()
        return await shown(account, new.files)

    @api.add(
        "PUT",
        "/v1/dialects/{id}/settings",
        guard=guard,
        body=SettingsBody,
        answers=DialectView,
        refuses=(*_ALLOWED, m.AccountNotFound, m.DialectUnknown, m.SettingInvalid),
    )
    async def choose(call: Call, account_id: str, body: SettingsBody) -> DialectView:
        """Choose how a dialect behaves where it leaves a choice; `values` shows the settings."""
        partners.allows(call.who, "webhooks:write")
        account = await of(call, account_id)
        dialect = dialects[account.dialect]
        chosen = dict(account.settings)
        for name, value in body.settings.items():
            if not isinstance(dialect, Choosing):
                raise m.SettingInvalid(field=name)
            chosen[name] = dialect.chosen(name, value)
        ask = AskAccountChange(call.who, account.id, settings=chosen)
        account = await db.write(service.change_account, ask)
        keyring.forget()
        return await shown(account, [])

    @api.delete(
        "/v1/dialects/{id}", guard=guard, status=EMPTY, refuses=(*_ALLOWED, m.AccountNotFound)
    )
    async def close(call: Call, account_id: str) -> Answer:
        """Speak this dialect no more with the app. Notices on their way are still delivered."""
        await db.write(service.close_account, AskAccountChange(call.who, account_id))
        keyring.forget()
        return DONE

    @api.post(
        "/v1/dialects/{id}/checks",
        guard=guard,
        answers=Checks,
        refuses=(*_ALLOWED, m.AccountNotFound, m.DialectUnknown),
    )
    async def check(call: Call, account_id: str) -> Checks:
        """Check the shop's side: keys, clock, callback, the last signature and why it failed."""
        partners.allows(call.who, "webhooks:read")
        account = await of(call, account_id)
        items = await dialects[account.dialect].checks(account)
        return Checks(all(one.well for one in items), items)

    @api.get(
        "/v1/dialects/{id}/notices",
        guard=guard,
        answers=Notices,
        refuses=(*_ALLOWED, m.AccountNotFound, m.DialectUnknown),
    )
    async def notices(call: Call, account_id: str) -> Notices:
        """The newest notifications in this dialect and what came of them."""
        partners.allows(call.who, "webhooks:read")
        account = await of(call, account_id)
        found = await db.read(service.notices_of, account.id, NOTICES_SHOWN)
        return Notices([show_notice(one) for one in found])

    return api
