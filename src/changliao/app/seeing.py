"""Who sees what was posted where: people who talk, and who answers them for an official account."""

from changliao.accounts import service as accounts
from changliao.chat.service import owned
from changliao.chat.service import reading as chat_reading
from changliao.db.driver import Reader
from changliao.partners import service as partners


def may_see(reader: Reader, person_id: str, scope: str) -> bool:
    """Whether a person sees what was posted in a scope: whoever is or was in that conversation; and of an
    official account, what it keeps and what people send it, the members of its partner."""
    return chat_reading.may_see(reader, person_id, scope) or _speaks_for(reader, person_id, scope)


def _speaks_for(reader: Reader, person_id: str, scope: str) -> bool:
    where = owned.conversation(reader, scope)
    talk = where is not None and where.kind == "service"
    account = accounts.of_voice(reader, where.owner if where and talk else scope)
    return bool(account and partners.member_of(reader, account.partner_id, person_id))
