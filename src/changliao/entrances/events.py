"""What happened at entrances. Apps hear of their entrances and of consents taken back; who opened what is
for the platform's own counts alone."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class EntranceProposed(Fact, frozen=True):
    """A partner asks for an entrance."""

    kind: ClassVar[str] = "entrance.proposed"
    entrance_id: str
    app_id: str
    place: str
    start_url: str
    actor: str


class EntranceCreated(Fact, frozen=True):
    """The operator made an entrance."""

    kind: ClassVar[str] = "entrance.created"
    entrance_id: str
    app_id: str
    place: str
    start_url: str
    state: str
    position: int
    rollout: int
    actor: str


class EntranceChanged(Fact, frozen=True):
    """The operator changed these fields of an entrance; how it stands since."""

    kind: ClassVar[str] = "entrance.changed"
    entrance_id: str
    app_id: str
    fields: tuple[str, ...]
    start_url: str
    state: str
    position: int
    rollout: int
    actor: str


class LaunchOpened(Fact, frozen=True):
    """A person opened an entrance."""

    kind: ClassVar[str] = "launch.opened"
    launch_id: str
    entrance_id: str
    app_id: str
    mode: str
    place: str
    edition: str
    person_id: str
    conversation: str


class LaunchIdentified(Fact, frozen=True):
    """The partner's server has learnt who came."""

    kind: ClassVar[str] = "launch.identified"
    launch_id: str
    entrance_id: str
    app_id: str


class LaunchCodeReused(Fact, frozen=True):
    """A code that was traded already came again, with the right key: a reloaded page, or a stolen address."""

    kind: ClassVar[str] = "launch.code_reused"
    launch_id: str
    app_id: str


class LaunchPaymentShown(Fact, frozen=True):
    """The page of a launch asked for a payment, which was shown at the cashier."""

    kind: ClassVar[str] = "launch.payment_shown"
    launch_id: str
    entrance_id: str
    app_id: str
    payment_id: str


class ConsentGiven(Fact, frozen=True):
    """A person lets an app know something."""

    kind: ClassVar[str] = "consent.granted"
    person_id: str
    app_id: str
    scope: str


class ConsentRefused(Fact, frozen=True):
    """A person does not let an app know something."""

    kind: ClassVar[str] = "consent.refused"
    person_id: str
    app_id: str
    scope: str


class ConsentWithdrawn(Fact, frozen=True):
    """A person takes back what an app was let know; told to the app, by its own name for the person."""

    kind: ClassVar[str] = "consent.withdrawn"
    app_id: str
    person: str
    scope: str
