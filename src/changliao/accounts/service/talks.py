"""Talks: what the partner says to one person, by its system or by hand; templates."""

import msgspec

from changliao.accounts.events import TalkReturned, TalkTaken
from changliao.accounts.model import Account
from changliao.accounts.model import refusals as r
from changliao.accounts.model.talks import (
    AskAnswer,
    AskDropTemplate,
    AskSend,
    AskTake,
    AskTemplate,
    Talk,
    Template,
)
from changliao.accounts.rules import speaking
from changliao.accounts.rules import talks as rules
from changliao.accounts.service.accounts import tell, writable
from changliao.accounts.service.answers import talk_row
from changliao.accounts.service.posts import article_body, client_id, named_article
from changliao.accounts.store import TALKS, TEMPLATES, reading
from changliao.chat import service as chat
from changliao.chat.model import AskSpeak
from changliao.chat.model.entries import Entry, TemplateBody
from changliao.chat.model.refusals import KindInvalid
from changliao.db.tx import Tx
from changliao.kernel.addresses import fit_for_people
from changliao.partners import service as partners

_replace = msgspec.structs.replace


def answer(tx: Tx, ask: AskAnswer) -> Entry:
    """Say something to a person who wrote within 48 hours. The same client id again is the same message.
    Refuses with ReplyWindowOver later than that, when only templates may be sent."""
    account = speaking(writable(tx, ask.caller, ask.account_id))
    client_id(ask.client_id)
    person = partners.person_meant(tx, account.app_id, ask.open_id)
    talk = rules.may_answer(tx.get(TALKS, (account.id, person.id)), tx.now)
    body = ask.body
    if ask.kind == "template":
        raise KindInvalid("Name a template instead.", field="k")
    if ask.kind == "article":
        body = article_body(named_article(tx, account, body))
    said = AskSpeak(
        talk.conversation_id, ask.kind, body, ask.client_id, ask.caller.uploader, (account.id,)
    )
    return _said(tx, talk, said)


def send_template(tx: Tx, ask: AskSend) -> Entry:
    """Send a template to somebody who follows the account, or has a talk with it: who wrote, or paid."""
    account = speaking(writable(tx, ask.caller, ask.account_id))
    client_id(ask.client_id)
    template = _template(tx, account, ask.template_id)
    person = partners.person_meant(tx, account.app_id, ask.open_id)
    known = chat.talk_of(tx, account.voice, person.id)
    if known is None and not chat.follows(tx, account.feed, person.id):
        raise r.TalkNotFound(field="person")
    if ask.url and not fit_for_people(ask.url, test=account.mode == "test"):
        raise r.FieldsInvalid("This is no address.", field="url")
    body = TemplateBody(template.title, rules.filled(template.text, ask.fields), ask.url)
    where = known or chat.open_talk(tx, account.voice, person.id, account.name)
    talk = talk_row(tx, account, person.id, where.id)
    return _said(tx, talk, AskSpeak(where.id, "template", msgspec.json.encode(body), ask.client_id))


def take_over(tx: Tx, ask: AskTake) -> Talk:
    """A member answers by hand from now on: rules say nothing. Refuses keys, and who comes second."""
    account, talk = _talk(tx, ask)
    if not ask.caller.actor.startswith("per_"):
        raise r.OnlyMembers(field="person")
    if talk.taken_by == ask.caller.actor:
        return talk
    if talk.taken_by:
        raise r.TakenByAnother(field="person")
    tell(tx, account, TalkTaken(account.id, ask.open_id, ask.caller.actor))
    return tx.put(TALKS, _replace(talk, taken_by=ask.caller.actor, taken_at=tx.now))


def hand_back(tx: Tx, ask: AskTake) -> Talk:
    """Rules answer again. Whoever may speak for the account may do so, whoever took it over."""
    account, talk = _talk(tx, ask)
    if not talk.taken_by:
        return talk
    tell(tx, account, TalkReturned(account.id, ask.open_id, ask.caller.actor))
    return tx.put(TALKS, _replace(talk, taken_by="", taken_at=0))


def add_template(tx: Tx, ask: AskTemplate) -> Template:
    """Register a text with fields."""
    account = writable(tx, ask.caller, ask.account_id)
    rules.template(ask.title, ask.text)
    if reading.count_of_templates(tx, account.id) >= rules.TEMPLATES_MAX:
        raise r.TemplateInvalid("An account has at most 50 templates.", field="title")
    made = Template(
        tx.new_id("tpl"), account.id, ask.title.strip(), ask.text.strip(), "kept", tx.now
    )
    return tx.add(TEMPLATES, made)


def drop_template(tx: Tx, ask: AskDropTemplate) -> Template:
    """Send it no more; what was sent stays."""
    account = writable(tx, ask.caller, ask.account_id)
    found = _template(tx, account, ask.template_id)
    return tx.put(TEMPLATES, _replace(found, state="dropped"))


def _talk(tx: Tx, ask: AskTake) -> tuple[Account, Talk]:
    account = writable(tx, ask.caller, ask.account_id)
    person = partners.person_meant(tx, account.app_id, ask.open_id)
    talk = tx.get(TALKS, (account.id, person.id))
    if talk is None:
        raise r.TalkNotFound(field="person")
    return account, talk


def _template(tx: Tx, account: Account, template_id: str) -> Template:
    found = tx.get(TEMPLATES, template_id)
    if found is None or found.account_id != account.id or found.state == "dropped":
        raise r.TemplateNotFound(field="template")
    return found


def _said(tx: Tx, talk: Talk, ask: AskSpeak) -> Entry:
    entry, fresh = chat.speak(tx, ask)
    if fresh:
        tx.put(TALKS, _replace(talk, answered_s=talk.heard_s, answered_at=tx.now))
    return entry
