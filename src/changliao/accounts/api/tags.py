"""Routes for partners: the tags that their accounts give to followers."""

from changliao.accounts import service
from changliao.accounts.api import show
from changliao.accounts.api.partner import OWN
from changliao.accounts.api.public import PAGE
from changliao.accounts.model import refusals as r
from changliao.accounts.model.tags import AskDropTag, AskMark, AskRetag, AskTag, Tagged
from changliao.accounts.service import reading
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.value import Value
from changliao.partners import service as partners
from changliao.partners.model import Caller
from changliao.people.model import PersonNotFound
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.refusals import BadCursor
from changliao.wire.routes import CREATED, EMPTY, Guard, Routes

ONE = (*OWN, r.TagNotFound)
PATH = "/v1/accounts/{id}/tags/{number}"


class TagBody(Value, frozen=True, forbid_unknown_fields=True):
    """What a tag is called."""

    name: str


class TaggingBody(Value, frozen=True, forbid_unknown_fields=True):
    """Who gets a tag, and from whom it is taken; 1 to 50 people."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def routes(db: Db, app: Guard[Caller]) -> Routes:
    """Tags of a partner's accounts. People never see them."""
    api = Routes("Publishing")
    _tags(api, db, app)
    _followers(api, db, app)
    return api


def _tags(api: Routes, db: Db, app: Guard[Caller]) -> None:
    @api.post(
        "/v1/accounts/{id}/tags",
        guard=app,
        body=TagBody,
        answers=show.TagView,
        status=CREATED,
        refuses=(*OWN, r.TagInvalid, r.TagTaken, r.TooManyTags),
    )
    async def add(call: Call, name: str, body: TagBody) -> show.TagView:
        """Make a tag for followers. Its number is never given to another one."""
        return show.tag_view(await db.write(service.add_tag, AskTag(call.who, name, body.name)))

    @api.get("/v1/accounts/{id}/tags", guard=app, answers=show.AccountTags, refuses=OWN)
    async def tags(call: Call, name: str) -> show.AccountTags:
        """The tags of an account, oldest first."""

        def query(reader: Reader) -> show.AccountTags:
            found = reading.tags(reader, reading.readable(reader, call.who, name))
            return show.AccountTags([show.tag_view(one) for one in found])

        return await db.read(query)

    @api.put(
        PATH,
        guard=app,
        body=TagBody,
        answers=show.TagView,
        refuses=(*ONE, r.TagInvalid, r.TagTaken),
    )
    async def rename(call: Call, name: str, number: str, body: TagBody) -> show.TagView:
        """Give a tag another name; who has it keeps it."""
        ask = AskRetag(call.who, name, _number(number), body.name)
        return show.tag_view(await db.write(service.rename_tag, ask))

    @api.delete(PATH, guard=app, status=EMPTY, refuses=ONE)
    async def drop(call: Call, name: str, number: str) -> Answer:
        """Take a tag away from all who have it."""
        await db.write(service.drop_tag, AskDropTag(call.who, name, _number(number)))
        return DONE


def _followers(api: Routes, db: Db, app: Guard[Caller]) -> None:
    path = f"{PATH}/followers"

    @api.patch(
        path,
        guard=app,
        body=TaggingBody,
        answers=show.TagView,
        refuses=(
            *ONE,
            PersonNotFound,
            r.TagPeopleInvalid,
            r.PersonTagsFull,
            r.NotFollowing,
        ),
    )
    async def mark(call: Call, name: str, number: str, body: TaggingBody) -> show.TagView:
        """Give a tag to followers, and take it from others: all of it, or nothing when one is refused.

        Who follows the account no more has none of its tags."""
        ask = AskMark(call.who, name, _number(number), body.add, body.remove)
        return show.tag_view(await db.write(service.mark, ask))

    @api.get(path, guard=app, answers=show.TaggedPeople, params=PAGE, refuses=(*ONE, BadCursor))
    async def tagged(call: Call, name: str, number: str) -> show.TaggedPeople:
        """Who has a tag, in no order that means anything."""
        limit = call.limit

        def query(reader: Reader) -> show.TaggedPeople:
            account = reading.readable(reader, call.who, name)
            tag = reading.tag(reader, account, _number(number))

            def row(one: Tagged) -> show.TaggedRow:
                person = partners.open_id_of(db.vault, account.app_id, one.person_id)
                return show.TaggedRow(person, show.moment(one.since) or "")

            after = ""
            if call.after:
                try:
                    after = reading.person(reader, db.vault, account, call.after).id
                except PersonNotFound:
                    raise BadCursor(field="after") from None
            items = [row(one) for one in reading.tagged(reader, tag, after, limit)]
            return show.TaggedPeople(items, items[-1].person if len(items) == limit else None)

        return await db.read(query)


def _number(text: str) -> int:
    """The number in an address; 0, which no tag has, when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
