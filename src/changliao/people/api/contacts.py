"""The routes of contacts, of requests to become one, and of blocks."""

import msgspec

from changliao.db.db import Db
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.people import model as m
from changliao.people.model import Person, SignedIn
from changliao.people.model import contacts as mc
from changliao.people.model.contacts import Contact, ContactRequest, RequestState
from changliao.people.model.shown import Check, Shown, WordsNotShown
from changliao.people.rules import contacts as rules
from changliao.people.service import contacts as service
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

_AFTER = Param("after", "Cursor: `next` of the page before.")
_LIMIT = Param("limit", "Rows of a page, 1 to 100; 20 by default.", int)
_VERSION = Param("after", "The `version` one has: only what has changed since.")


class RequestBody(Value, frozen=True, forbid_unknown_fields=True):
    """Whom to ask, and up to 100 characters along with it."""

    person: str
    text: str = ""


class AnswerBody(Value, frozen=True, forbid_unknown_fields=True):
    """Whether one agrees."""

    accept: bool


class ContactBody(Value, frozen=True, forbid_unknown_fields=True):
    """A remark of up to 40 characters, empty for none; up to 20 tags of up to 20. What is left out stays."""

    remark: str | None = None
    tags: tuple[str, ...] | None = None


class PeerView(View, frozen=True):
    """Another person, in short. `avatar` is the id of a picture, or empty."""

    id: str
    handle: str
    name: str
    avatar: str


class ContactView(View, frozen=True):
    """Somebody in one's list, with what one calls them. `blocked`: by oneself."""

    id: str
    handle: str
    name: str
    avatar: str
    remark: str
    tags: tuple[str, ...]
    since: str
    blocked: bool


class Contacts(View, frozen=True):
    """One's contacts, longest first. With `after`, those that changed since; `gone` are ids of those who
    left the list. `version` is the next `after`."""

    items: list[ContactView]
    gone: list[str]
    version: int


class ContactRequestView(View, frozen=True):
    """A wish to become a contact; `from` and `to` are persons, `peer` is the one of them that is not oneself.
    It is open for 30 days. Whoever asked is not told that it was declined."""

    id: str
    from_: str = msgspec.field(name="from")
    to: str
    peer: PeerView
    text: str
    state: RequestState
    at: str


class ContactRequests(View, frozen=True):
    """What one asked and was asked, newest first."""

    items: list[ContactRequestView]
    next: str | None


class BlockView(View, frozen=True):
    """Whom one has blocked."""

    id: str
    handle: str
    name: str
    avatar: str
    since: str


class Blocks(View, frozen=True):
    """Whom one has blocked, newest first."""

    items: list[BlockView]
    next: str | None


def show_peer(person: Person) -> PeerView:
    """Another person, in short."""
    return PeerView(person.id, person.handle, person.name, person.avatar)


def show_contact(contact: Contact, person: Person) -> ContactView:
    """Somebody in a list."""
    return ContactView(
        person.id,
        person.handle,
        person.name,
        person.avatar,
        contact.remark,
        contact.tags,
        rfc3339(Instant(contact.since)),
        contact.blocked_at > 0,
    )


def _show_contacts(found: list[tuple[Contact, Person]], after: int) -> Contacts:
    changes = [max(contact.changed_at, person.changed_at) for contact, person in found]
    return Contacts(
        [show_contact(contact, person) for contact, person in found if contact.since],
        [person.id for contact, person in found if not contact.since],
        max(changes, default=after),
    )


def _show_request(request: ContactRequest, peer: Person, me: str, now: int) -> ContactRequestView:
    return ContactRequestView(
        request.id,
        request.asker_id,
        request.person_id,
        show_peer(peer),
        request.text,
        rules.state_for(request, me, now),
        rfc3339(Instant(request.asked_at)),
    )


def _show_block(contact: Contact, person: Person) -> BlockView:
    since = rfc3339(Instant(contact.blocked_at))
    return BlockView(person.id, person.handle, person.name, person.avatar, since)


def routes(db: Db, guard: Guard[SignedIn], check: Check) -> Routes:
    """Everything under /v1/contacts, /v1/contact-requests and /v1/blocks; `check` lets words to strangers
    through."""
    api = Routes("Contacts")
    _contacts(api, db, guard)
    _requests(api, db, guard, check)
    _blocks(api, db, guard)
    return api


def _contacts(api: Routes, db: Db, guard: Guard[SignedIn]) -> None:
    @api.get("/v1/contacts", guard=guard, answers=Contacts, params=(_VERSION,))
    async def list_contacts(call: Call) -> Contacts:
        """One's contacts, at most 5,000; or what changed of them.

        A contact changes with its remark and tags, and with the person's own name and picture.
        """
        me, after = call.who.person.id, call.after_number
        return _show_contacts(await db.look(service.contact_list, me, after), after)

    @api.patch(
        "/v1/contacts/{id}",
        guard=guard,
        body=ContactBody,
        answers=ContactView,
        refuses=(mc.ContactNotFound, mc.ContactTextInvalid),
    )
    async def change(call: Call, other_id: str, body: ContactBody) -> ContactView:
        """Call a contact something else, or put tags on. Nobody else sees it."""
        me = call.who.person.id
        ask = mc.AskChange(me, other_id, body.remark, body.tags)
        contact = await db.write(service.change_contact, ask)
        return show_contact(contact, await db.look(service.other_of, contact))

    @api.delete("/v1/contacts/{id}", guard=guard, status=EMPTY, refuses=(mc.ContactNotFound,))
    async def remove(call: Call, other_id: str) -> Answer:
        """Take somebody out of one's list.

        The other one is not told and keeps the entry, but cannot write any more. Asking them again brings
        them back at once, as long as they keep it.
        """
        await db.write(service.remove_contact, mc.AskOther(call.who.person.id, other_id))
        return DONE


def _requests(api: Routes, db: Db, guard: Guard[SignedIn], check: Check) -> None:
    async def shown(request: ContactRequest, me: str) -> ContactRequestView:
        peer = await db.look(service.peer_of, request, me)
        return _show_request(request, peer, me, db.clock())

    @api.post(
        "/v1/contact-requests",
        guard=guard,
        body=RequestBody,
        answers=ContactRequestView,
        status=CREATED,
        refuses=(
            m.PersonNotFound,
            mc.ContactIsSelf,
            mc.ContactTextInvalid,
            mc.ContactAlready,
            mc.ContactBlocked,
            mc.ContactsFull,
            mc.ContactRequestsUsedUp,
            WordsNotShown,
        ),
    )
    async def ask(call: Call, body: RequestBody) -> ContactRequestView:
        """Ask somebody to become a contact: at most 30 a day, 10 in an account's first 3 days.

        Asking again renews the request. It is `accepted` at once when they asked before, or still have you
        in their list.
        """
        me = call.who.person.id
        passed = check(text=body.text)
        asked = mc.AskContact(me, body.person, body.text)
        verb = passed(service.request_contact, lambda _: Shown("person", me, me))
        return await shown(await db.write(verb, asked), me)

    @api.get("/v1/contact-requests", guard=guard, answers=ContactRequests, params=(_AFTER, _LIMIT))
    async def list_requests(call: Call) -> ContactRequests:
        """What one asked of others and was asked, newest first."""
        me, now, limit = call.who.person.id, db.clock(), call.limit
        found = await db.read(service.requests_of, me, call.after_number, limit + 1)
        more = str(found[limit - 1][0].asked_at) if len(found) > limit else None
        return ContactRequests([_show_request(*one, me, now) for one in found[:limit]], more)

    @api.put(
        "/v1/contact-requests/{id}",
        guard=guard,
        body=AnswerBody,
        answers=ContactRequestView,
        refuses=(mc.ContactRequestNotFound, mc.ContactRequestAnswered, mc.ContactsFull),
    )
    async def answer(call: Call, request_id: str, body: AnswerBody) -> ContactRequestView:
        """Accept or decline what one was asked. Whoever asked is not told of a decline."""
        me = call.who.person.id
        asked = mc.AskAnswer(me, request_id, body.accept)
        return await shown(await db.write(service.answer_request, asked), me)


def _blocks(api: Routes, db: Db, guard: Guard[SignedIn]) -> None:
    @api.get("/v1/blocks", guard=guard, answers=Blocks, params=(_AFTER, _LIMIT))
    async def list_blocks(call: Call) -> Blocks:
        """Whom one has blocked, newest first."""
        limit = call.limit
        found = await db.look(service.blocks_of, call.who.person.id, call.after_number, limit + 1)
        more = str(found[limit - 1][0].blocked_at) if len(found) > limit else None
        return Blocks([_show_block(*one) for one in found[:limit]], more)

    @api.put(
        "/v1/blocks/{id}",
        guard=guard,
        status=EMPTY,
        refuses=(m.PersonNotFound, mc.ContactIsSelf, mc.BlocksFull),
    )
    async def block(call: Call, other_id: str) -> Answer:
        """Hear nothing from somebody any more. They are not told."""
        await db.write(service.block, mc.AskOther(call.who.person.id, other_id))
        return DONE

    @api.delete("/v1/blocks/{id}", guard=guard, status=EMPTY, refuses=(mc.BlockNotFound,))
    async def unblock(call: Call, other_id: str) -> Answer:
        """Lift a block. What they asked or wrote meanwhile stays unseen."""
        await db.write(service.unblock, mc.AskOther(call.who.person.id, other_id))
        return DONE
