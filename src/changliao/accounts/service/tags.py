"""Tags: an account's own words for some of its followers. Who follows it no more has none."""

import msgspec

from changliao.accounts.model import Account
from changliao.accounts.model import refusals as r
from changliao.accounts.model.tags import AskDropTag, AskMark, AskRetag, AskTag, Tag, Tagged
from changliao.accounts.rules import tags as rules
from changliao.accounts.service.accounts import writable
from changliao.accounts.store import TAGGED, TAGS, tagging
from changliao.chat import service as chat
from changliao.db.tx import Tx
from changliao.partners import service as partners

_replace = msgspec.structs.replace


def add_tag(tx: Tx, ask: AskTag) -> Tag:
    """Make a tag that nobody has yet. Its number is never given to another one."""
    account = writable(tx, ask.caller, ask.account_id)
    name = _free(tx, account, ask.name)
    if len(tagging.of_account(tx, account.id)) >= rules.TAGS_MAX:
        raise r.TooManyTags(field="name")
    number = rules.FIRST + tx.next_number("accounts.tags") - 1
    return tx.add(TAGS, Tag(number, account.id, name, 0, tx.now))


def rename_tag(tx: Tx, ask: AskRetag) -> Tag:
    """Give a tag another name; who has it keeps it. The name it has is no change."""
    account = writable(tx, ask.caller, ask.account_id)
    tag = _tag(tx, account, ask.number)
    name = _free(tx, account, ask.name, tag.number)
    return tx.put(TAGS, _replace(tag, name=name))


def drop_tag(tx: Tx, ask: AskDropTag) -> Tag:
    """Take a tag away from all who have it, for good."""
    account = writable(tx, ask.caller, ask.account_id)
    tag = _tag(tx, account, ask.number)
    tagging.drop(tx, tag.number)
    return tag


def mark(tx: Tx, ask: AskMark) -> Tag:
    """Give a tag to followers, and take it from people. Who has it already, or has it not, stays so. One who
    does not follow the account, or has twenty tags, is refused, and with them all."""
    account = writable(tx, ask.caller, ask.account_id)
    tag = _tag(tx, account, ask.number)
    rules.batch(ask.add, ask.remove)
    given = _people(tx, account, ask.add)
    taken = [one for one in _people(tx, account, ask.remove) if one not in given]
    old = [one for one in taken if tx.get(TAGGED, (tag.number, one))]
    new = [one for one in given if not tx.get(TAGGED, (tag.number, one))]
    if any(not chat.follows(tx, account.feed, one) for one in new):
        raise r.NotFollowing(field="add")
    if any(has >= rules.TAGS_EACH_MAX for has in tagging.counts(tx, account.id, new).values()):
        raise r.PersonTagsFull(field="add")
    for one in new:
        tx.add(TAGGED, Tagged(tag.number, one, account.id, tx.now))
    if old:
        tagging.take(tx, tag.number, old)
    return tx.put(TAGS, _replace(tag, size=tag.size + len(new) - len(old)))


def untag(tx: Tx, account: Account, person_id: str) -> None:
    """Somebody who follows it no more has none of its tags."""
    numbers = tagging.of_person(tx, account.id, person_id)
    for number in numbers:
        tag = _tag(tx, account, number)
        tx.put(TAGS, _replace(tag, size=tag.size - 1))
    if numbers:
        tagging.take_all(tx, account.id, person_id)


def _people(tx: Tx, account: Account, open_ids: tuple[str, ...]) -> list[str]:
    """Whom the app means, each once."""
    found = [partners.person_meant(tx, account.app_id, one).id for one in open_ids]
    return list(dict.fromkeys(found))


def _tag(tx: Tx, account: Account, number: int) -> Tag:
    found = tx.get(TAGS, number)
    if found is None or found.account_id != account.id:
        raise r.TagNotFound(field="tag")
    return found


def _free(tx: Tx, account: Account, text: str, number: int = 0) -> str:
    """The name, if no other tag of the account has it."""
    name = rules.name(text)
    others = (one for one in tagging.of_account(tx, account.id) if one.number != number)
    if any(one.name == name for one in others):
        raise r.TagTaken(field="name")
    return name
