"""What an account may be called, its menu, its rules; what it answers."""

import re
from collections.abc import Iterable, Sequence

from changliao.accounts.model import Account, Button, Choice, Reply, Rule
from changliao.accounts.model import refusals as r
from changliao.kernel.addresses import fit_for_people
from changliao.kernel.ids import looks_like
from changliao.partners.model import Caller

ACCOUNTS_MAX = 10
NAME_MAX, INTRO_MAX, REASON_MAX = 30, 120, 200
ROW_MAX, COLUMN_MAX, BUTTON_MAX, KEY_MAX = 3, 5, 16, 128
RULES_MAX, WORDS_MAX, WORD_MAX, REPLIES_MAX = 200, 10, 30, 5
TEXT_MAX = 4000
_HANDLE = re.compile(r"[a-z][a-z0-9_]{3,29}", re.ASCII)


def handle(text: str) -> str:
    """The name by which an account is found, which is never given to another one. `acc_` is kept for ids."""
    if not _HANDLE.fullmatch(text) or text.startswith("acc_"):
        raise r.HandleInvalid(field="handle")
    return text


def name(text: str) -> str:
    """What an account is called."""
    return _line(text, 1, NAME_MAX, "name")


def intro(text: str) -> str:
    """What an account says of itself."""
    return _line(text, 0, INTRO_MAX, "intro")


def reason(text: str) -> str:
    """Why the operator suspends an account."""
    text = text.strip()
    if not 1 <= len(text) <= REASON_MAX or not text.isprintable():
        raise r.ReasonInvalid(field="reason")
    return text


def _line(text: str, least: int, most: int, field: str) -> str:
    text = text.strip()
    if not least <= len(text) <= most or not text.isprintable():
        raise r.AccountTextInvalid(field=field)
    return text


def own(account: Account | None, caller: Caller) -> Account:
    """The account, for its app: by a key of its mode, or by a member. To all others it does not exist."""
    if account is None or account.app_id != caller.app_id:
        raise r.AccountNotFound(field="account")
    if account.mode != caller.mode and not caller.actor.startswith("per_"):
        raise r.AccountNotFound(field="account")
    return account


def speaking(account: Account) -> Account:
    """The account, unless the operator suspended it."""
    if account.suspended_for:
        raise r.AccountSuspended(field="account")
    return account


def followable(account: Account | None) -> Account:
    """The account, if somebody may begin to follow it or to write to it."""
    if account is None or account.suspended_for:
        raise r.AccountNotFound(field="account")
    if not account.open:
        raise r.AccountClosed(field="account")
    return account


# Menus --------------------------------------------------------------------------------------


def menu(buttons: Sequence[Button]) -> tuple[Button, ...]:
    """The menu, if it can be drawn and every button does something."""
    if len(buttons) > ROW_MAX:
        raise r.MenuInvalid(field="buttons")
    every = [one for button in buttons for one in (button, *button.buttons)]
    keys = [one.key for one in every if one.kind != "menu"]
    if len(set(keys)) != len(keys):
        raise r.MenuInvalid("Two buttons have one key.", field="key")
    for button in buttons:
        if (button.kind == "menu") != bool(button.buttons) or len(button.buttons) > COLUMN_MAX:
            raise r.MenuInvalid(field="buttons")
    for one in every:
        _button(one)
    return tuple(buttons)


def _button(one: Choice) -> None:
    if not 1 <= len(one.name.strip()) <= BUTTON_MAX or not one.name.isprintable():
        raise r.MenuInvalid(field="name")
    if one.kind == "menu":
        if not isinstance(one, Button):
            raise r.MenuInvalid("A menu stands in no menu.", field="kind")
        return
    fine = {
        "reply": 1 <= len(one.text.strip()) <= TEXT_MAX,
        "event": True,
        "link": fit_for_people(one.url, test=True),
        "article": looks_like("art", one.article),
        "entrance": looks_like("ent", one.entrance),
    }
    if not (1 <= len(one.key) <= KEY_MAX and one.key.isprintable()):
        raise r.MenuInvalid(field="key")
    if not fine[one.kind]:
        field = {"reply": "text", "link": "url"}.get(one.kind, one.kind)
        raise r.MenuInvalid(field=field)


def pressed(account: Account, key: str) -> Choice:
    """The button of this key, if a press of it means something to the account."""
    for button in account.menu:
        for one in (button, *button.buttons):
            if one.key == key and one.kind in ("reply", "event"):
                return one
    raise r.ButtonNotFound(field="key")


# Rules --------------------------------------------------------------------------------------


def rules_of(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules, if each can ever match and says something."""
    if len(rules) > RULES_MAX:
        raise r.RuleInvalid(field="rules")
    for rule in rules:
        if not 1 <= len(rule.words) <= WORDS_MAX or not rule.replies:
            raise r.RuleInvalid(field="words" if rule.replies else "replies")
        if any(not 1 <= len(word.strip()) <= WORD_MAX for word in rule.words):
            raise r.RuleInvalid(field="words")
        replies(rule.replies, "replies")
    return tuple(rules)


def replies(said: Sequence[Reply], field: str) -> tuple[Reply, ...]:
    """What an account is to say by itself, if it can be said."""
    if len(said) > REPLIES_MAX:
        raise r.ReplyInvalid(field=field)
    for one in said:
        fine = {
            "text": 1 <= len(one.text.strip()) <= TEXT_MAX,
            "image": looks_like("med", one.media),
            "article": looks_like("art", one.article),
        }
        if not fine[one.k]:
            raise r.ReplyInvalid(field=field)
    return tuple(said)


def pictures(account: Account) -> set[str]:
    """The pictures that an account may say by itself."""
    said: Iterable[Reply] = [
        *account.welcome,
        *account.fallback,
        *[one for rule in account.rules for one in rule.replies],
    ]
    return {one.media for one in said if one.k == "image"}


def answers(account: Account, text: str) -> tuple[Reply, ...]:
    """What the first rule says that fits; nothing when none does."""
    asked = text.strip().casefold()
    for rule in account.rules if asked else ():
        words = [word.strip().casefold() for word in rule.words]
        if asked in words if rule.match == "exact" else any(word in asked for word in words):
            return rule.replies
    return ()


def button_reply(button: Choice) -> tuple[Reply, ...]:
    """What a button of kind `reply` says."""
    return (Reply("text", button.text),)
