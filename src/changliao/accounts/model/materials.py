"""Pictures that an account keeps, and what may be asked of them."""

from changliao.kernel.value import Value
from changliao.partners.model import Caller


class Material(Value, frozen=True):
    """A picture that an account keeps until it is let go, whoever was shown it."""

    media_id: str
    account_id: str
    created_at: int


class AskMaterial(Value, frozen=True):
    """Keep a picture of the caller's for good, or let it go."""

    caller: Caller
    account_id: str
    media_id: str
