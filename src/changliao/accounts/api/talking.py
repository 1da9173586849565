"""Routes for those who answer: talks with single people, takeovers, templates."""

import msgspec

from changliao.accounts import service
from changliao.accounts.api import show
from changliao.accounts.api.partner import OWN, SAYING
from changliao.accounts.api.public import PAGE, client_id
from changliao.accounts.model import refusals as r
from changliao.accounts.model.talks import (
    AskAnswer,
    AskDropTemplate,
    AskSend,
    AskTake,
    AskTemplate,
    Talk,
)
from changliao.accounts.service import reading
from changliao.chat.model.entries import Kind
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.value import Value
from changliao.partners import service as partners
from changliao.partners.model import Caller
from changliao.people import service as people
from changliao.people.model import PersonNotFound
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.refusals import BadCursor
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

TO = (*OWN, PersonNotFound, r.TalkNotFound)


class AccountMessageBody(Value, frozen=True, forbid_unknown_fields=True):
    """To whom, and what: the kind of an entry and its body; or a `template` with its `fields`."""

    person: str
    k: Kind = "template"
    b: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
    template: str = ""
    fields: dict[str, str] = {}
    url: str = ""


class TemplateTextBody(Value, frozen=True, forbid_unknown_fields=True):
    """A text with fields as `{name}`."""

    title: str
    text: str


def routes(db: Db, app: Guard[Caller]) -> Routes:
    """Talks of a partner's accounts."""
    api = Routes("Publishing")
    _saying(api, db, app)
    _talks(api, db, app)
    _taking(api, db, app)
    _templates(api, db, app)
    return api


def _saying(api: Routes, db: Db, app: Guard[Caller]) -> None:
    @api.post(
        "/v1/accounts/{id}/messages",
        guard=app,
        body=AccountMessageBody,
        answers=show.AccountEntry,
        status=CREATED,
        refuses=(*TO, *SAYING, r.ReplyWindowOver, r.TemplateNotFound, r.FieldsInvalid),
    )
    async def say(call: Call, name: str, body: AccountMessageBody) -> show.AccountEntry:
        """Say something to one person.

        Anything within 48 hours of their last message; a template at any time, to who follows the account,
        wrote to it or paid. `Idempotency-Key` is the id of the message: the same one again is the same.
        """
        if body.template or body.k == "template":
            send = AskSend(
                call.who,
                name,
                body.person,
                body.template,
                body.fields,
                body.url,
                client_id(call),
            )
            entry = await db.write(service.send_template, send)
        else:
            ask = AskAnswer(call.who, name, body.person, body.k, bytes(body.b), client_id(call))
            entry = await db.write(service.answer, ask)
        return show.entry_view(entry, body.person)


def _talks(api: Routes, db: Db, app: Guard[Caller]) -> None:
    waiting = Param("waiting", "`true`: only those that wait for an answer.")
    before = Param("before", "Entries with smaller numbers; the newest by default.", int)
    after = Param("after", "Entries with greater numbers, oldest first.", int)

    @api.get(
        "/v1/accounts/{id}/talks",
        guard=app,
        answers=show.Talks,
        params=(waiting, *PAGE),
        refuses=(*OWN, BadCursor),
    )
    async def talks(call: Call, name: str) -> show.Talks:
        """Talks of the account, by the latest message of a person."""
        only, limit = call.param("waiting") == "true", call.limit

        def query(reader: Reader) -> show.Talks:
            account = reading.readable(reader, call.who, name)
            found = reading.talks(reader, account, only, call.after_number, limit)
            items = [_view(reader, db, account.app_id, one) for one in found]
            return show.Talks(items, str(found[-1].heard_at) if len(found) == limit else None)

        return await db.read(query)

    @api.get(
        "/v1/accounts/{id}/talks/{person_id}/messages",
        guard=app,
        answers=show.AccountEntries,
        params=(before, after, PAGE[1]),
        refuses=(*TO, BadCursor),
    )
    async def messages(call: Call, name: str, open_id: str) -> show.AccountEntries:
        """A piece of a talk."""
        later = call.after_number if call.param("after") else None

        def query(reader: Reader) -> show.AccountEntries:
            account = reading.readable(reader, call.who, name)
            person = reading.person(reader, db.vault, account, open_id)
            where, found = reading.entries(
                reader, account, person.id, later, call.number("before", 0), call.limit
            )
            return show.AccountEntries([show.entry_view(one, open_id) for one in found], where.head)

        return await db.read(query)


def _view(reader: Reader, db: Db, app_id: str, talk: Talk) -> show.TalkView:
    person = people.person(reader, talk.person_id)
    name, avatar = (person.name, person.avatar) if person else ("", "")
    open_id = partners.open_id_of(db.vault, app_id, talk.person_id)
    return show.talk_view(talk, open_id, name, avatar)


def _taking(api: Routes, db: Db, app: Guard[Caller]) -> None:
    path = "/v1/accounts/{id}/talks/{person_id}/takeover"

    @api.put(path, guard=app, answers=show.TalkView, refuses=(*TO, r.OnlyMembers, r.TakenByAnother))
    async def take(call: Call, name: str, open_id: str) -> show.TalkView:
        """Answer by hand from now on: rules say nothing until it is handed back. For members alone."""
        talk = await db.write(service.take_over, AskTake(call.who, name, open_id))
        return await db.read(_view, db, call.who.app_id, talk)

    @api.delete(path, guard=app, answers=show.TalkView, refuses=TO)
    async def hand_back(call: Call, name: str, open_id: str) -> show.TalkView:
        """Let rules answer again."""
        talk = await db.write(service.hand_back, AskTake(call.who, name, open_id))
        return await db.read(_view, db, call.who.app_id, talk)


def _templates(api: Routes, db: Db, app: Guard[Caller]) -> None:
    @api.post(
        "/v1/accounts/{id}/templates",
        guard=app,
        body=TemplateTextBody,
        answers=show.TemplateView,
        status=CREATED,
        refuses=(*OWN, r.TemplateInvalid),
    )
    async def add(call: Call, name: str, body: TemplateTextBody) -> show.TemplateView:
        """Register a text with fields, which may be sent at any time."""
        ask = AskTemplate(call.who, name, body.title, body.text)
        return show.template_view(await db.write(service.add_template, ask))

    @api.get("/v1/accounts/{id}/templates", guard=app, answers=show.Templates, refuses=OWN)
    async def templates(call: Call, name: str) -> show.Templates:
        """The templates of an account, oldest first."""

        def query(reader: Reader) -> show.Templates:
            account = reading.readable(reader, call.who, name)
            return show.Templates(
                [show.template_view(one) for one in reading.templates(reader, account)]
            )

        return await db.read(query)

    @api.delete(
        "/v1/accounts/{id}/templates/{template_id}",
        guard=app,
        status=EMPTY,
        refuses=(*OWN, r.TemplateNotFound),
    )
    async def drop(call: Call, name: str, template_id: str) -> Answer:
        """Send it no more."""
        await db.write(service.drop_template, AskDropTemplate(call.who, name, template_id))
        return DONE
