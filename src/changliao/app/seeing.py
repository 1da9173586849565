"""Who sees what was posted where: people who talk, who answers them for an official account, and apps."""

from changliao.accounts import service as accounts
from changliao.accounts.model import Account
from changliao.bots.service import reading as bots_reading
from changliao.chat.service import owned
from changliao.chat.service import reading as chat_reading
from changliao.db.driver import Reader
from changliao.media.model import Uploader
from changliao.partners import service as partners


def sees(reader: Reader, who: Uploader, scope: str) -> bool:
    """Whether somebody sees what was posted in a scope.

    Whoever is or was in that conversation; and of an official account, what it keeps and what people send
    it, the members of its partner and, with `accounts:read`, its app in its mode. With `chat:read` an app
    sees what was posted where its bots hear people, too; which entry it stands in, they are told."""
    if who.id.startswith("per_"):
        return chat_reading.may_see(reader, who.id, scope) or _speaks_for(reader, who.id, scope)
    app_id, _, mode = who.id.partition(":")
    account = _account_of(reader, scope) if "accounts:read" in who.rights else None
    if account and (account.app_id, account.mode) == (app_id, mode):
        return True
    return "chat:read" in who.rights and bots_reading.hears_in(reader, app_id, mode, scope)


def _speaks_for(reader: Reader, person_id: str, scope: str) -> bool:
    account = _account_of(reader, scope)
    return bool(account and partners.member_of(reader, account.partner_id, person_id))


def _account_of(reader: Reader, scope: str) -> Account | None:
    """The account that keeps this, or whose talk it is."""
    where = owned.conversation(reader, scope)
    talk = where is not None and where.kind == "service"
    return accounts.of_voice(reader, where.owner if where and talk else scope)
