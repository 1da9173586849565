"""Who may ask whom, for how long a request is open, how many a day, and what texts may be."""

from collections.abc import Sequence

from changliao.kernel.instant import DAY_US, SECOND_US
from changliao.people.model import contacts as mc
from changliao.people.model.contacts import Asking, Contact, ContactRequest, RequestState

CONTACTS_MAX = 5000
BLOCKS_MAX = 5000
REQUEST_TEXT_MAX = 100
REMARK_MAX = 40
TAGS_MAX, TAG_MAX = 20, 20
OPEN_US = 30 * DAY_US
ASKS_A_DAY, ASKS_A_DAY_WHEN_NEW, NEW_US = 30, 10, 3 * DAY_US

_JOINERS = frozenset("\u200c\u200d")
"""Invisible, and yet letters of Persian and Hindi words, and of emoji such as a family."""


def showable(text: str, most: int, *, lines: bool = False) -> bool:
    """Whether the text may be shown: not too long, nothing that controls or turns what stands beside."""
    allowed = _JOINERS | {"\n"} if lines else _JOINERS
    return len(text) <= most and all(one.isprintable() or one in allowed for one in text)


def request_text(text: str) -> str:
    """What is said along with a request, without the space around it."""
    if not showable(text.strip(), REQUEST_TEXT_MAX, lines=True):
        raise mc.ContactTextInvalid(field="text")
    return text.strip()


def remark(text: str) -> str:
    """What somebody calls a contact; empty for nothing."""
    if not showable(text.strip(), REMARK_MAX):
        raise mc.ContactTextInvalid(field="remark")
    return text.strip()


def tags(given: Sequence[str]) -> tuple[str, ...]:
    """Tags as they were given, each once."""
    found = tuple(dict.fromkeys(tag.strip() for tag in given))
    if len(found) > TAGS_MAX or not all(tag and showable(tag, TAG_MAX) for tag in found):
        raise mc.ContactTextInvalid(field="tags")
    return found


def is_open(request: ContactRequest | None, now: int) -> bool:
    """Whether it can still be answered."""
    return request is not None and request.state == "open" and now < request.asked_at + OPEN_US


def state_for(request: ContactRequest, person_id: str, now: int) -> RequestState:
    """How a request stands for one of the two. That it was declined only the one knows who did it: for the
    asker it stays open until it expires, as it does when nobody answers or the asker is blocked."""
    if request.state == "accepted":
        return "accepted"
    if request.state == "declined" and request.person_id == person_id:
        return "declined"
    return "open" if now < request.asked_at + OPEN_US else "expired"


def may_ask(mine: Contact | None, theirs: Contact | None) -> None:
    """Refuse to ask whom one has blocked, and whom one has and is had by. That the other one has blocked
    or removed me makes no difference, so nobody learns it here."""
    if mine is not None and mine.blocked_at:
        raise mc.ContactBlocked(field="person")
    if mine is not None and mine.since and theirs is not None and theirs.since:
        raise mc.ContactAlready(field="person")


def one_more(asking: Asking, born_at: int, now: int) -> Asking:
    """The day's count with one more request, or how long to wait for the next day. A person's day begins
    with its first request; who is new here has fewer."""
    if now >= asking.since + DAY_US:
        return Asking(asking.person_id, now, 1)
    if asking.count >= asks_a_day(born_at, now):
        until = asking.since + DAY_US
        raise mc.ContactRequestsUsedUp(retry_after_s=(until - now) // SECOND_US + 1)
    return Asking(asking.person_id, asking.since, asking.count + 1)


def asks_a_day(born_at: int, now: int) -> int:
    """How many requests a day a person may send whose account was made then."""
    return ASKS_A_DAY_WHEN_NEW if now < born_at + NEW_US else ASKS_A_DAY


def answerable(request: ContactRequest | None, person_id: str, now: int) -> ContactRequest:
    """The request, if this person was asked, is shown it, and can still answer."""
    if request is None or request.person_id != person_id or request.hidden:
        raise mc.ContactRequestNotFound(field="id")
    if not is_open(request, now):
        raise mc.ContactRequestAnswered(field="id")
    return request


def not_self(person_id: str, other_id: str) -> None:
    """Refuse oneself."""
    if person_id == other_id:
        raise mc.ContactIsSelf(field="person")
