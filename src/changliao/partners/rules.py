"""What a role may do, what a name, a scope, a rate may be, when to try a delivery again."""

import hashlib
from collections.abc import Sequence

from changliao.kernel.fact import kinds
from changliao.kernel.instant import SECOND_US
from changliao.partners import model as m
from changliao.partners.model import App, Caller, Delivery, Endpoint, Key, Member, Scope, Standing

KEYS_MAX = 20
ENDPOINTS_MAX = 10
OLD_SECRET_S = 24 * 3600

ROLE_SCOPES: dict[Standing, tuple[Scope, ...]] = {
    "owner": m.SCOPES,
    "developer": (
        "payments:read",
        "payments:write",
        "methods:write",
        "webhooks:read",
        "webhooks:write",
        "customers:write",
        "accounts:read",
        "accounts:write",
        "chat:read",
        "chat:write",
    ),
    "finance": (
        "payments:read",
        "refunds:write",
        "transfers:write",
        "balances:read",
        "methods:write",
    ),
    "viewer": ("payments:read", "accounts:read"),
    "gone": (),
}
AGENT_SCOPES: tuple[Scope, ...] = ("payments:read", "payments:write", "refunds:write")
"""What an app may at most do for another one; its key must have the scope too."""

ROLE_CARES: dict[Standing, tuple[str, ...]] = {
    "owner": ("members", "apps", "keys"),
    "developer": ("apps", "keys"),
    "finance": (),
    "viewer": (),
    "gone": (),
}

# Standard Webhooks' example schedule: 10 tries over 75 h 35 min.
SCHEDULE_S = (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
_JITTER_PERCENT = 10


def may_care(member: Member | None, what: str) -> None:
    """Refuse a member whose role does not look after `members`, `apps` or `keys`."""
    if member is None:
        raise m.PartnerNotFound
    if what not in ROLE_CARES[member.role]:
        raise m.RoleForbids(role=member.role)


def allows(caller: Caller, scope: Scope) -> None:
    """Refuse a caller without the scope; members hear of their role, keys of their scopes."""
    if scope not in caller.scopes:
        if caller.actor.startswith("per_"):
            raise m.RoleForbids(scope=scope)
        raise m.ScopeForbids(scope=scope)


def name(text: str) -> str:
    """The name without space around it; refused when it cannot be shown on one line."""
    text = text.strip()
    if not 1 <= len(text) <= 60 or not text.isprintable():
        raise m.PartnerNameInvalid(field="name")
    return text


def key_ask(scopes: tuple[Scope, ...], per_s: int, burst: int) -> None:
    """Refuse scopes and rates that cannot be."""
    if not scopes or any(scope not in m.SCOPES for scope in scopes):
        raise m.ScopeUnknown(field="scopes")
    if not (1 <= per_s <= 1_000_000 and 1 <= burst <= 1_000_000):
        raise m.RateInvalid(field="per_s")


def endpoint_kinds(wanted: tuple[str, ...]) -> None:
    """Refuse kinds that no fact has."""
    known = kinds()
    for kind in wanted:
        if kind == "*" or kind in known:
            continue
        if not (kind.endswith(".*") and any(k.startswith(kind[:-1]) for k in known)):
            raise m.KindUnknown(field="kinds")
    if not wanted or len(wanted) > 50:
        raise m.KindUnknown(field="kinds")


def wants(endpoint: Endpoint, kind: str) -> bool:
    """Whether the endpoint is to hear of facts of this kind."""
    return endpoint.state == "enabled" and any(
        want in ("*", kind) or (want.endswith(".*") and kind.startswith(want[:-1]))
        for want in endpoint.kinds
    )


def ended_for(keys: Sequence[Key]) -> dict[str, str]:
    """Which older key ended at once when this one was made, by the new key's id: of the same line, at the
    very moment of the rotation, and not the key that was rotated."""
    found = {}
    for line in {key.line for key in keys}:
        made = sorted((key for key in keys if key.line == line), key=lambda key: key.created_at)
        for place, key in enumerate(made):
            for older in made[: max(0, place - 1)]:
                if older.expires_at == key.created_at:
                    found[key.id] = older.id
    return found


def own_app(app: App | None, member: Member | None) -> App:
    """The app, for a member of its partner; for others it does not exist."""
    if app is None or member is None:
        raise m.AppNotFound
    return app


def wait_us(delivery: Delivery, retry_after_s: int) -> int | None:
    """How long to wait before the next try, with jitter; None when all ten are used up.

    The jitter comes from the delivery's id, so a rule can tell it and a flood is spread all the same.
    """
    if delivery.tries >= len(SCHEDULE_S):
        return None
    pause_us = SCHEDULE_S[delivery.tries] * SECOND_US
    drop = hashlib.sha256(f"{delivery.id} {delivery.tries}".encode()).digest()[0]
    jitter_us = pause_us * _JITTER_PERCENT * drop // (100 * 256)
    return max(pause_us + jitter_us, retry_after_s * SECOND_US)
