"""What partners and their members did."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class PartnerFounded(Fact, frozen=True):
    """A person founded a partner and owns it."""

    kind: ClassVar[str] = "partner.founded"
    partner_id: str
    person_id: str


class MemberChanged(Fact, frozen=True):
    """A member came, got another role, or (role empty) left."""

    kind: ClassVar[str] = "partner.member_changed"
    partner_id: str
    person_id: str
    role: str
    actor: str


class AppCreated(Fact, frozen=True):
    """A partner has a new app."""

    kind: ClassVar[str] = "app.created"
    app_id: str
    partner_id: str
    actor: str


class KeyIssued(Fact, frozen=True):
    """An app has a new key; `replaces` names the one it was rotated from."""

    kind: ClassVar[str] = "app.key_issued"
    app_id: str
    key_id: str
    mode: str
    actor: str
    replaces: str = ""


class KeyEnded(Fact, frozen=True):
    """A key ends at that moment."""

    kind: ClassVar[str] = "app.key_ended"
    app_id: str
    key_id: str
    ends_at: int
    actor: str


class KeyRateChanged(Fact, frozen=True):
    """A key may call more or less often."""

    kind: ClassVar[str] = "app.key_rate_changed"
    app_id: str
    key_id: str
    per_s: int
    burst: int
    actor: str


class AgentGranted(Fact, frozen=True):
    """An app may act for another one. Told to both."""

    kind: ClassVar[str] = "app.agent_granted"
    app_id: str
    agent_app_id: str
    actor: str


class AgentRevoked(Fact, frozen=True):
    """An app may no longer act for another one. Told to both."""

    kind: ClassVar[str] = "app.agent_revoked"
    app_id: str
    agent_app_id: str
    actor: str


class AgentActed(Fact, frozen=True):
    """An app did something for another one that lets it: `what` is the kind of the fact that tells what,
    about the payment. Told to nobody; members of the app's partner read it."""

    kind: ClassVar[str] = "app.agent_acted"
    app_id: str
    agent_app_id: str
    what: str
    payment_id: str
    reference: str
    amount: int
    currency: str


class EndpointAdded(Fact, frozen=True):
    """An app wants to be told at an address."""

    kind: ClassVar[str] = "webhook_endpoint.added"
    endpoint_id: str
    url: str
    actor: str


class EndpointRemoved(Fact, frozen=True):
    """An endpoint was removed, or switched itself off by answering 410."""

    kind: ClassVar[str] = "webhook_endpoint.removed"
    endpoint_id: str
    actor: str


class EndpointSecretRotated(Fact, frozen=True):
    """An endpoint has a new secret; the old one signs beside it for a day."""

    kind: ClassVar[str] = "webhook_endpoint.secret_rotated"
    endpoint_id: str
    actor: str


class EndpointTested(Fact, frozen=True):
    """Somebody pressed the test button; only that endpoint hears of it."""

    kind: ClassVar[str] = "webhook_endpoint.tested"
    endpoint_id: str
    actor: str
