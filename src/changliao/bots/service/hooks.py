"""Hooks of groups: an address with a secret, by which any system posts a text."""

import msgspec

from changliao.bots import model as m
from changliao.bots import rules, store
from changliao.bots.events import HookEnded, HookMade
from changliao.bots.model import Hook
from changliao.bots.model import refusals as r
from changliao.bots.store import HOOKS
from changliao.chat.model import AskSpeakAs
from changliao.chat.model.entries import Entry, Letterhead
from changliao.chat.service import speaking
from changliao.db.tx import Tx


def make_hook(tx: Tx, ask: m.AskHook) -> Hook:
    """An address that posts into a group under this name; for owner and admins."""
    where = speaking.governed(tx, ask.person_id, ask.conversation_id)
    if len(store.hooks_of(tx, where.id)) >= rules.HOOKS_MAX:
        raise r.TooManyHooks
    made = Hook(
        tx.new_id("hk"),
        where.id,
        rules.name(ask.name),
        ask.secret_hash,
        ask.person_id,
        "on",
        tx.now,
    )
    tx.emit(HookMade(made.id, where.id, ask.person_id), about=where.id)
    return tx.add(HOOKS, made, fresh=True)


def end_hook(tx: Tx, ask: m.AskEndHook) -> Hook:
    """The address posts no more; for owner and admins."""
    where = speaking.governed(tx, ask.person_id, ask.conversation_id)
    found = tx.get(HOOKS, ask.hook_id)
    if found is None or found.conversation_id != where.id or found.state == "ended":
        raise r.HookNotFound(field="hook")
    tx.emit(HookEnded(found.id, where.id, ask.person_id), about=where.id)
    return tx.put(HOOKS, msgspec.structs.replace(found, state="ended"))


def post_by_hook(tx: Tx, ask: m.AskHookText) -> Entry:
    """Post a text under the hook's name. A dissolved group has no hooks any more."""
    hook = tx.find(HOOKS, ("secret_hash",), ask.secret_hash)
    if hook is None or hook.state == "ended":
        raise r.HookNotFound
    by = Letterhead("hook", hook.name)
    body = msgspec.json.encode({"text": ask.text})
    wanted = AskSpeakAs(hook.id, hook.conversation_id, "text", body, by, ask.client_id)
    entry, _ = speaking.speak_as(tx, wanted)
    return entry
