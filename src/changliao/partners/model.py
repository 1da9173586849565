"""Partners, members, apps, keys, endpoints, deliveries; what may be asked and how it is refused."""

from typing import Literal, NewType

from changliao.kernel.refusal import Conflict, Forbidden, Invalid, NotFound
from changliao.kernel.value import Value

PartnerId = NewType("PartnerId", str)
AppId = NewType("AppId", str)
Mode = Literal["test", "live"]
MODES: tuple[Mode, ...] = ("test", "live")
Role = Literal["owner", "developer", "finance", "viewer"]
Standing = Literal["owner", "developer", "finance", "viewer", "gone"]
Scope = Literal[
    "payments:read",
    "payments:write",
    "refunds:write",
    "transfers:write",
    "balances:read",
    "methods:write",
    "webhooks:read",
    "webhooks:write",
    "customers:write",
    "accounts:read",
    "accounts:write",
    "chat:read",
    "chat:write",
]
SCOPES: tuple[Scope, ...] = Scope.__args__  # type: ignore[attr-defined]
Signing = Literal["v1", "v1a"]
AgentState = Literal["granted", "revoked"]

KEY_PER_S, KEY_BURST = 100, 200
"""Rate limit of a key unless it is made with another: calls a second on average, and at once."""


class Partner(Value, frozen=True):
    """An organisation on the open platform."""

    id: PartnerId
    name: str
    created_at: int


class Member(Value, frozen=True):
    """A person who acts for a partner, or (`gone`) did."""

    partner_id: PartnerId
    person_id: str
    role: Standing
    since: int


class App(Value, frozen=True):
    """One shop of a partner; it has test and live keys."""

    id: AppId
    partner_id: PartnerId
    name: str
    created_at: int


class Key(Value, frozen=True):
    """An API key without its text. `expires_at` 0: never. `per_s` and `burst` limit its rate.

    `line` is the id of the first of the keys that were rotated one from the other, down to this one."""

    id: str
    app_id: AppId
    mode: Mode
    token_hash: bytes
    ending: str
    label: str
    scopes: tuple[Scope, ...]
    per_s: int
    burst: int
    created_at: int
    expires_at: int
    line: str


class Rotated(Value, frozen=True):
    """The new key, and the id of the older one that had to end for it, or empty."""

    new: Key
    ended_id: str


class Caller(Value, frozen=True):
    """Who calls for an app: one of its keys, or a member in the console. `actor` is that key or person.
    `agent_app_id` is the app whose key it is when that acts for this one."""

    app_id: AppId
    partner_id: PartnerId
    mode: Mode
    scopes: tuple[Scope, ...]
    actor: str
    per_s: int = KEY_PER_S
    burst: int = KEY_BURST
    agent_app_id: str = ""

    @property
    def doer(self) -> str:
        """Who the facts of the app say did it: its member or key, or the app that acts for it."""
        return self.agent_app_id or self.actor

    @property
    def once_scope(self) -> str:
        """Whose Idempotency-Keys these are: an agent's are not those of the app it acts for."""
        mine = audience(self.app_id, self.mode)
        return f"{mine}:{self.agent_app_id}" if self.agent_app_id else mine

    @property
    def uploader(self) -> str:
        """Whose uploads these are: the member's own, or the app's in this mode, by whichever key."""
        return self.actor if self.actor.startswith("per_") else self.audience

    @property
    def audience(self) -> str:
        """How facts for this app in this mode are addressed."""
        return audience(self.app_id, self.mode)


def audience(app_id: str, mode: Mode) -> str:
    """How facts for an app in a mode are addressed."""
    return f"{app_id}:{mode}"


class Agent(Value, frozen=True):
    """An app that may (or might once) act for another app, in both modes."""

    app_id: AppId
    agent_app_id: AppId
    state: AgentState
    changed_at: int


class Endpoint(Value, frozen=True):
    """Where an app wants to be told. `kinds` are fact kinds, `payment.*` or `*`; secrets are sealed."""

    id: str
    app_id: AppId
    mode: Mode
    url: str
    kinds: tuple[str, ...]
    signing: Signing
    secret: str
    old_secret: str
    old_until: int
    state: Literal["enabled", "disabled"]
    created_at: int


class Subscription(Value, frozen=True):
    """The endpoints that an audience's facts go to."""

    audience: str
    endpoint_ids: tuple[str, ...]


class Delivery(Value, frozen=True):
    """One fact on its way to one endpoint. `about` is what the fact is of."""

    id: str
    endpoint_id: str
    fact_seq: int
    about: str
    kind: str
    state: Literal["waiting", "delivered", "failed"]
    tries: int
    created_at: int


class Try(Value, frozen=True):
    """One try of a delivery: the status that came back (0: none) and an excerpt of the answer."""

    id: str
    delivery_id: str
    endpoint_id: str
    number: int
    at: int
    status: int
    trouble: str
    excerpt: str
    took_ms: int


class AskFound(Value, frozen=True):
    """Found a partner; the person becomes its owner."""

    person_id: str
    name: str


class AskMember(Value, frozen=True):
    """Give a person a role at a partner, or change it; `role` None takes it away."""

    actor: str
    partner_id: str
    person_id: str
    role: Role | None


class AskApp(Value, frozen=True):
    """Make an app of a partner."""

    actor: str
    partner_id: str
    name: str


class AskKey(Value, frozen=True):
    """Make a key. The edge made its text and gives only hash and ending."""

    actor: str
    app_id: str
    mode: Mode
    token_hash: bytes
    ending: str
    label: str
    scopes: tuple[Scope, ...] = SCOPES
    per_s: int = KEY_PER_S
    burst: int = KEY_BURST


class AskRotateKey(Value, frozen=True):
    """Replace a key by a new one with the same rights; the old one lives on for `grace_s`."""

    actor: str
    app_id: str
    key_id: str
    token_hash: bytes
    ending: str
    grace_s: int


class AskKeyChange(Value, frozen=True):
    """End a key now (`per_s` None), or change its rate."""

    actor: str
    app_id: str
    key_id: str
    per_s: int | None = None
    burst: int | None = None


class AskAgent(Value, frozen=True):
    """Let an app act for another one, or no longer."""

    actor: str
    app_id: str
    agent_app_id: str


class AskEndpoint(Value, frozen=True):
    """Be told of facts at an address. `secret` is 32 random bytes the edge made."""

    caller: Caller
    url: str
    kinds: tuple[str, ...]
    signing: Signing
    secret: bytes


class AskEndpointChange(Value, frozen=True):
    """Do something with one of the caller's endpoints; `secret` for a rotation."""

    caller: Caller
    endpoint_id: str
    secret: bytes = b""


class AskReplay(Value, frozen=True):
    """Try a delivery again now."""

    caller: Caller
    delivery_id: str


class AskNoteTry(Value, frozen=True):
    """What came of one try."""

    delivery_id: str
    status: int
    trouble: str
    excerpt: str
    took_ms: int
    retry_after_s: int


class PartnerNotFound(NotFound, code="partner_not_found"):
    """There is no such partner of yours."""


class AppNotFound(NotFound, code="app_not_found"):
    """There is no such app of yours."""


class AgentNotFound(NotFound, code="agent_not_found"):
    """There is no such app to act for this one."""


class AgentIsApp(Invalid, code="agent_is_app"):
    """An app acts for itself without being let."""


class KeyNotFound(NotFound, code="key_not_found"):
    """There is no such key of this app."""


class EndpointNotFound(NotFound, code="webhook_endpoint_not_found"):
    """There is no such webhook endpoint of yours."""


class DeliveryNotFound(NotFound, code="delivery_not_found"):
    """There is no such delivery of yours."""


class MemberNotFound(NotFound, code="member_not_found"):
    """There is no such member."""


class PartnerNameInvalid(
    Invalid, code="partner_name_invalid", hint="1 to 60 characters on one line."
):
    """This cannot be the name of a partner or an app."""


class ScopeUnknown(Invalid, code="scope_unknown", hint="See /docs for the scopes."):
    """There is no such scope."""


class RateInvalid(Invalid, code="rate_invalid", hint="1 to 1,000,000 calls a second."):
    """This cannot be a rate limit."""


class KindUnknown(
    Invalid, code="event_kind_unknown", hint="Use kinds such as payment.paid, payment.* or *."
):
    """There is no such kind of event."""


class RoleForbids(Forbidden, code="role_forbids", hint="Ask an owner of the partner."):
    """Your role at this partner does not allow this."""


class ScopeForbids(Forbidden, code="scope_forbids", hint="Use a key that has the scope."):
    """This key may not do this."""


class ModeNotHere(Forbidden, code="mode_not_here", hint="Use a key of a mode that runs here."):
    """This installation does not run the mode of this key."""


class LastOwner(Conflict, code="last_owner"):
    """A partner needs at least one owner."""


class TooManyKeys(Conflict, code="too_many_keys", hint="End one first."):
    """An app has at most twenty live keys in each mode."""


class KeyRotatedAlready(
    Conflict, code="key_rotated_already", hint="Wait until the old key has ended, or end it."
):
    """This key is on its way out: two generations may live at a time, not three."""


class TooManyEndpoints(Conflict, code="too_many_webhook_endpoints", hint="Remove one first."):
    """An app has at most ten webhook endpoints in each mode."""


class EndpointDisabled(Conflict, code="webhook_endpoint_disabled"):
    """This endpoint is switched off."""
