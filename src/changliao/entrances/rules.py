"""Who sees an entrance, where it may lead, what a launch still opens. Pure."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlencode, urlsplit

from changliao.entrances import model as m
from changliao.entrances.model import (
    Consent,
    Entrance,
    Launch,
    Offer,
    Scope,
    Standing,
)
from changliao.kernel.addresses import fit_for_people, web_origin
from changliao.kernel.instant import DAY_US, SECOND_US
from changliao.partners.model import Caller, Mode
from changliao.people.model import Person

ENTRANCES_MAX = 20
CODE_US = 60 * SECOND_US
LAUNCH_US = DAY_US
TOKEN_S = 300
KEY_US = 30 * DAY_US
"""How long one key signs."""
PATH_MAX = 500
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]+)?")
"""What may stand in a content security policy: a name with any other sign could add to it."""


def bucket(entrance_id: str, person_id: str) -> int:
    """Where a person stands among ten thousand for one entrance: always the same, and for another
    entrance somewhere else, so that it is not always the same people who are asked to try."""
    digest = hashlib.sha256(f"{entrance_id} {person_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % m.ROLLOUT_ALL


def sees(entrance: Entrance, person: Person, modes: Sequence[Mode]) -> bool:
    """Whether the person is shown this entrance. Raising the rollout only ever adds people."""
    return (
        entrance.state == "on"
        and entrance.mode in modes
        and entrance.edition in ("all", person.edition)
        and bucket(entrance.id, person.id) < entrance.rollout
    )


def seen(entrance: Entrance | None, person: Person | None, modes: Sequence[Mode]) -> Entrance:
    """The entrance, for who is shown it; for others it does not exist."""
    if entrance is None or person is None or not sees(entrance, person, modes):
        raise m.EntranceNotFound(field="id")
    return entrance


def offer(said: Offer, own: Iterable[str]) -> None:
    """Refuse what cannot be shown, or would lead where no entrance may: to our own pages, too, which
    would then stand in a frame beside their own session."""
    for field, most in (("title", 20), ("subtitle", 40)):
        for language in ("zh", "en"):
            text = getattr(said, f"{field}_{language}")
            least = 1 if field == "title" else 0
            if not least <= len(text.strip()) <= most or not text.isprintable():
                raise m.EntranceTextInvalid(field=f"{field}_{language}")
    if not fit_for_people(said.start_url, test=said.mode == "test") or "#" in said.start_url:
        raise m.StartUrlInvalid(field="start_url")
    origin = web_origin(said.start_url)
    if origin in own or not _ORIGIN.fullmatch(origin):
        raise m.StartUrlInvalid(field="start_url")


def standing(said: Standing) -> None:
    """Refuse a share of people or a place in the row that is none."""
    if not 0 <= said.rollout <= m.ROLLOUT_ALL:
        raise m.RolloutInvalid(field="rollout")
    if not 0 <= said.position <= 9_999:
        raise m.PositionInvalid(field="position")


def path(text: str) -> str:
    """A path at the partner's own address, or empty. Never another host: two slashes, or a backslash,
    which browsers take for a slash, would name one (WHATWG URL)."""
    if not text:
        return ""
    fine = text.startswith("/") and not text.startswith("//") and "\\" not in text
    if not fine or len(text) > PATH_MAX or not text.isprintable() or " " in text or "#" in text:
        raise m.PathInvalid(field="path")
    return text


def launch_url(entrance: Entrance, inside: str, said: dict[str, str]) -> str:
    """Where the browser goes: the start URL, or a path of the same origin, with what is said appended."""
    url = web_origin(entrance.start_url) + inside if inside else entrance.start_url
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(said)}"


def tradeable(launch: Launch | None, caller: Caller) -> Launch:
    """The launch of a code, for the app that was opened; to every other key there is no such code."""
    if launch is None or (launch.app_id, launch.mode) != (caller.app_id, caller.mode):
        raise m.LaunchNotFound(field="code")
    return launch


def fresh(launch: Launch, now: int) -> None:
    """Refuse a code that is older than a minute."""
    if now >= launch.created_at + CODE_US:
        raise m.LaunchExpired(field="code")


def own_launch(launch: Launch | None, person_id: str, now: int) -> Launch:
    """A person's own launch, while its page may still ask for anything."""
    if launch is None or launch.person_id != person_id:
        raise m.LaunchNotFound(field="id")
    if now >= launch.created_at + LAUNCH_US:
        raise m.LaunchOver(field="id")
    return launch


def asked_for(scopes: Iterable[str], entrance: Entrance) -> tuple[Scope, ...]:
    """The scopes a page asks for; refused when the operator did not allow the app to."""
    wanted = tuple(scopes)
    if not set(wanted) <= set(entrance.scopes):
        raise m.ScopeNotOffered(field="scopes")
    return tuple(scope for scope in entrance.scopes if scope in wanted)


def undecided(wanted: Iterable[Scope], consents: Iterable[Consent]) -> tuple[Scope, ...]:
    """What the person must still be asked: once per scope, and again only after taking it back."""
    decided = {one.scope for one in consents if one.state != "withdrawn"}
    return tuple(scope for scope in wanted if scope not in decided)


def shared(person: Person, consents: Iterable[Consent]) -> dict[str, str]:
    """What an app may know of a person by now."""
    known: dict[Scope, str] = {"name": person.name, "handle": person.handle}
    granted = {one.scope for one in consents if one.state == "granted"}
    return {scope: text for scope, text in known.items() if scope in granted}


def card(title: str, text: str) -> None:
    """Refuse what cannot be shown as a card."""
    for field, said, least, most in (("title", title, 1, 60), ("text", text, 0, 200)):
        if not least <= len(said.strip()) <= most or not said.isprintable():
            raise m.CardInvalid(field=field)


def signing_periods(now: int) -> tuple[int, ...]:
    """The numbers of the signing keys that verifiers should know, the one that signs now first: the next
    one beforehand, and the one before it for a day, though its last token lives five minutes."""
    period = now // KEY_US
    before = (period - 1,) if now - period * KEY_US < DAY_US else ()
    return (period, period + 1, *before)
