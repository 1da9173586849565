"""Following an account, and writing to it for the first time."""

from collections.abc import Sequence

import msgspec

from changliao.accounts import rules
from changliao.accounts.events import AccountFollowed, AccountPressed, AccountUnfollowed
from changliao.accounts.model import Account, AskFollow
from changliao.accounts.model import refusals as r
from changliao.accounts.model.talks import AskPress, AskTalk
from changliao.accounts.service.accounts import named, open_id, tell
from changliao.accounts.service.answers import reply, talk_row
from changliao.accounts.service.tags import untag
from changliao.accounts.store import TALKS, reading
from changliao.bus.outbox import hears, of_kinds
from changliao.chat import service as chat
from changliao.chat.model import Conversation
from changliao.chat.service import owned
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.people.events.standing import PersonGone

_replace = msgspec.structs.replace
_PAGE, _EVER = 100, 2**62


def follow(tx: Tx, ask: AskFollow) -> Account:
    """Follow an account: its posts from now on are in one's list. At the first time it says its welcome.
    Who follows it already stays so. Refuses accounts that are closed or suspended."""
    account = named(tx, ask.account_id)
    if account is not None and chat.follows(tx, account.feed, ask.person_id):
        return account
    account = rules.followable(account)
    first = chat.follow(tx, account.feed, ask.person_id)
    if first and account.welcome:
        talk = chat.open_talk(tx, account.voice, ask.person_id, account.name)
        reply(tx, account, talk, account.welcome, "#welcome")
    tell(tx, account, AccountFollowed(account.id, open_id(tx, account, ask.person_id), first))
    return account


def unfollow(tx: Tx, ask: AskFollow) -> Account:
    """Follow it no more, and have none of its tags; the talk with it stays. Who does not follow it is as
    before."""
    account = named(tx, ask.account_id)
    if account is None:
        raise r.AccountNotFound(field="account")
    if chat.unfollow(tx, account.feed, ask.person_id):
        untag(tx, account, ask.person_id)
        tell(tx, account, AccountUnfollowed(account.id, open_id(tx, account, ask.person_id)))
    return account


@hears(of_kinds(PersonGone.kind))
def hear_people(tx: Tx, facts: Sequence[FactRow]) -> None:
    """A follower of people: who has gone for good follows no account any more."""
    for row in facts:
        if row.kind == PersonGone.kind:
            gone = msgspec.json.decode(row.body, type=PersonGone).person_id
            while feeds := [feed for feed, _ in owned.feeds_of(tx, gone, _EVER, _PAGE)]:
                for account in reading.of_feeds(tx, feeds):
                    unfollow(tx, AskFollow(gone, account.id))


def open_talk(tx: Tx, ask: AskTalk) -> Conversation:
    """One's talk with an account; nothing is said in it yet when it is new. Refuses accounts that are
    suspended or closed, unless there is a talk already."""
    account = named(tx, ask.account_id)
    known = chat.talk_of(tx, account.voice, ask.person_id) if account else None
    if known is not None:
        return known
    account = rules.followable(account)
    return chat.open_talk(tx, account.voice, ask.person_id, account.name)


def press(tx: Tx, ask: AskPress) -> Conversation:
    """Press a button: a reply is said in one's talk, an event is told to the account's app. Either lets
    the account answer for a while, as a message would. The same press again changes nothing."""
    account = rules.followable(named(tx, ask.account_id))
    button = rules.pressed(account, ask.key)
    talk = chat.open_talk(tx, account.voice, ask.person_id, account.name)
    row = talk_row(tx, account, ask.person_id, talk.id)
    if button.kind == "reply" and not row.taken_by:
        said = rules.button_reply(button)
        reply(tx, account, talk, said, f"#press-{ask.press_id}")
    tx.put(TALKS, _replace(row, heard_at=tx.now))
    tell(tx, account, AccountPressed(account.id, open_id(tx, account, ask.person_id), button.key))
    return talk
