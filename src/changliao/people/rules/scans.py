"""How long a code lives, who may answer it, and when the computer gets its session."""

from changliao.kernel.instant import SECOND_US
from changliao.people.model.scans import (
    CodeNotApproved,
    CodeNotFound,
    CodeOver,
    CodeState,
    SignInCode,
)

CODE_US = 60 * SECOND_US
TRADE_US = 30 * SECOND_US
"""How long the computer has to fetch its session, once it was approved."""
NUMBERS = range(10, 100)


def state_of(code: SignInCode, now: int) -> CodeState:
    """How the code stands at this moment."""
    over = code.state in ("waiting", "scanned", "approved") and code.expires_at <= now
    return "expired" if over else code.state


def scannable(code: SignInCode | None, person_id: str, now: int) -> SignInCode:
    """The code, for the first person who scans it, and again for the same one; for anybody else there is
    none."""
    if code is None or code.person_id not in ("", person_id):
        raise CodeNotFound(field="code")
    if state_of(code, now) not in ("waiting", "scanned"):
        raise CodeOver(field="code")
    return code


def answerable(code: SignInCode | None, person_id: str, now: int) -> SignInCode:
    """The code, for who has scanned it, as long as it waits for the answer."""
    if code is None or not person_id or code.person_id != person_id:
        raise CodeNotFound(field="id")
    if state_of(code, now) != "scanned":
        raise CodeOver(field="id")
    return code


def tradable(code: SignInCode | None, secret_hash: bytes, now: int) -> SignInCode:
    """The code, for the computer that shows it, once it was approved."""
    shown = of_computer(code, secret_hash)
    state = state_of(shown, now)
    if state in ("waiting", "scanned"):
        raise CodeNotApproved(field="code")
    if state != "approved":
        raise CodeOver(field="code")
    return shown


def of_computer(code: SignInCode | None, secret_hash: bytes) -> SignInCode:
    """The code, for the computer that shows it."""
    if code is None or code.secret_hash != secret_hash:
        raise CodeNotFound(field="id")
    return code
