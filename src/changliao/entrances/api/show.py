"""How entrances look in the API."""

from typing import Literal

import msgspec

from changliao.db.driver import Reader
from changliao.entrances.model import (
    ROLLOUT_ALL,
    Entrance,
    For,
    Icon,
    Offer,
    Place,
    Scope,
    Standing,
    State,
)
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.partners import service as partners
from changliao.partners.model import Mode


class Words(Value, frozen=True, forbid_unknown_fields=True):
    """A short text in both languages."""

    en: str
    zh: str = msgspec.field(name="zh-CN")


class OfferBody(Value, frozen=True, forbid_unknown_fields=True):
    """An entrance as a partner would like it. `mode` is that of the key that trades its codes."""

    title: Words
    start_url: str
    subtitle: Words = Words("", "")
    icon: Icon = "store"
    place: Place = "discover"
    edition: For = "all"
    mode: Mode = "test"
    scopes: tuple[Scope, ...] = ()


class EntranceBody(OfferBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An entrance for an app. `rollout` is how many of ten thousand people see it; they are always the
    same ones. Lower positions come first."""

    app_id: str
    state: Literal["on", "off"] = "off"
    position: int = 100
    rollout: int = ROLLOUT_ALL


class EntranceChangeBody(Value, frozen=True, forbid_unknown_fields=True):
    """What is to change of an entrance; what is left out stays."""

    state: Literal["on", "off"] | None = None
    position: int | None = None
    rollout: int | None = None
    title: Words | None = None
    subtitle: Words | None = None
    icon: Icon | None = None
    start_url: str | None = None
    place: Place | None = None
    edition: For | None = None
    scopes: tuple[Scope, ...] | None = None


class EntranceView(View, frozen=True):
    """An entrance as the operator and its partner see it. `opened` and `people` count the last week, for
    the operator."""

    id: str
    app_id: str
    app: str
    partner: str
    mode: Mode
    place: Place
    edition: For
    title: Words
    subtitle: Words
    icon: Icon
    start_url: str
    scopes: tuple[Scope, ...]
    state: State
    position: int
    rollout: int
    created_at: str
    changed_at: str
    opened: int | None = None
    people: int | None = None


class Entrances(View, frozen=True):
    """Entrances."""

    items: list[EntranceView]


class DoorView(View, frozen=True):
    """An entrance as a person sees it. `origin` is whose page opens."""

    id: str
    app_id: str
    partner: str
    title: Words
    subtitle: Words
    icon: Icon
    origin: str
    scopes: tuple[Scope, ...]


class Doors(View, frozen=True):
    """The entrances of a place, in order."""

    items: list[DoorView]


def offer_of(body: OfferBody) -> Offer:
    """What a body asks for."""
    return Offer(
        body.mode,
        body.place,
        body.edition,
        body.title.zh,
        body.title.en,
        body.subtitle.zh,
        body.subtitle.en,
        body.icon,
        body.start_url,
        tuple(dict.fromkeys(body.scopes)),
    )


def standing_of(body: EntranceBody) -> Standing:
    """What the operator decides at once."""
    return Standing(body.state, body.position, body.rollout)


def changes_of(body: EntranceChangeBody) -> dict[str, str | int | tuple[str, ...]]:
    """The fields of an entrance that a body changes."""
    said = {name: getattr(body, name) for name in body.__struct_fields__}
    found = {name: value for name, value in said.items() if value is not None}
    for name in ("title", "subtitle"):
        words = found.pop(name, None)
        if words is not None:
            found |= {f"{name}_zh": words.zh, f"{name}_en": words.en}
    if "scopes" in found:
        found["scopes"] = tuple(dict.fromkeys(found["scopes"]))
    return found


def names(reader: Reader, app_id: str) -> tuple[str, str]:
    """What an app and its partner are called."""
    app = partners.app(reader, app_id)
    partner = partners.partner(reader, app.partner_id) if app else None
    return (app.name if app else "", partner.name if partner else "")


def show_entrance(
    reader: Reader, one: Entrance, opened: tuple[int, int] | None = None
) -> EntranceView:
    """An entrance as the operator and its partner see it."""
    app, partner = names(reader, one.app_id)
    return EntranceView(
        one.id,
        one.app_id,
        app,
        partner,
        one.mode,
        one.place,
        one.edition,
        Words(one.title_en, one.title_zh),
        Words(one.subtitle_en, one.subtitle_zh),
        one.icon,
        one.start_url,
        one.scopes,
        one.state,
        one.position,
        one.rollout,
        rfc3339(Instant(one.created_at)),
        rfc3339(Instant(one.changed_at)),
        opened[0] if opened else None,
        opened[1] if opened else None,
    )
