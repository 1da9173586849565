"""What is one's own: taking all of it along, and leaving for good."""

from typing import Literal

from changliao.kernel.instant import DAY_US
from changliao.kernel.refusal import Conflict, Exhausted, NotFound
from changliao.kernel.value import Value

GRACE_US = 7 * DAY_US
KEPT_US = 7 * DAY_US
EVERY_US = DAY_US


class Export(Value, frozen=True):
    """All that is a person's in one archive. `blob` is its SHA-256 in the store of blobs: named before it is
    put there, so that no archive lies in the store of which nobody knows."""

    id: str
    person_id: str
    state: Literal["waiting", "ready", "over"]
    blob: str
    size: int
    created_at: int
    ready_at: int
    expires_at: int


class AskReady(Value, frozen=True):
    """An archive is packed, and goes into the store or is there."""

    export_id: str
    blob: str
    size: int


class ExportNotFound(NotFound, code="export_not_found", hint="Ask for a new one."):
    """There is no such export of yours, or it is over."""


class ExportNotReady(
    Conflict, code="export_not_ready", hint="It is being packed; look again soon."
):
    """This export is not ready yet."""


class ExportTooSoon(Exhausted, code="export_too_soon", hint="Wait Retry-After seconds."):
    """You can ask for all your data once a day."""


class MoneyLeft(Conflict, code="money_left", hint="Spend it or withdraw it first."):
    """There is still money in your wallet, set aside, or on its way."""


class PaymentsOpen(Conflict, code="payments_open", hint="Wait until they are done."):
    """Payments of yours are still under way."""


class GroupsOwned(
    Conflict, code="groups_owned", hint="Hand each group over to somebody, or dissolve it."
):
    """Groups belong to you."""


class PartnersOwned(
    Conflict, code="partners_owned", hint="Make somebody else an owner of each partner first."
):
    """You are the only owner of a partner."""
