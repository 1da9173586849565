"""What may be a handle, a name, a password, a PIN; how long wrong tries lock."""

import re
from collections.abc import Sequence

from changliao.kernel.instant import DAY_US, MINUTE_US, SECOND_US
from changliao.people import model as m
from changliao.people.model import AskRegister, Pin, Throttle

PIN_TRIES = 5
SIGN_IN_TRIES = 5

_HANDLE = re.compile(r"[a-z][a-z0-9_]{2,19}")
_PIN = re.compile(r"[0-9]{6}", re.ASCII)
_DIGITS = "01234567890123456789"
_LOCK_US = (MINUTE_US, 5 * MINUTE_US, 30 * MINUTE_US, 3 * 60 * MINUTE_US, 24 * 60 * MINUTE_US)


def registration(ask: AskRegister) -> None:
    """Refuse a handle or name that cannot be one."""
    if not _HANDLE.fullmatch(ask.handle):
        raise m.HandleInvalid(field="handle")
    check_name(ask.name)


def check_name(name: str) -> None:
    """Refuse what cannot be shown as a name on one line."""
    if not 1 <= len(name.strip()) <= 40 or not name.isprintable():
        raise m.NameInvalid(field="name")


def password(handle: str, text: str) -> None:
    """Refuse a password that is too short, too long, or little more than the handle (NIST SP 800-63B
    section 5.1.1.2)."""
    beside = len(text.lower().replace(handle, ""))
    if not 8 <= len(text) <= 128 or beside < 6 or len(set(text)) < 4:
        raise m.PasswordWeak(field="password")


def new_pin(pin: str) -> None:
    """Refuse what is not six digits, and the PINs that everybody tries first."""
    simple = pin in _DIGITS or pin in _DIGITS[::-1] or len(set(pin)) == 1
    if not _PIN.fullmatch(pin) or simple:
        raise m.PinInvalid(field="pin")


def pin_open(pin: Pin | None, now: int) -> Pin:
    """The PIN, if the person has one and it is not locked."""
    if pin is None:
        raise m.PinMissing(field="pin")
    if pin.locked_until > now:
        raise m.PinLocked(field="pin", locked_until_s=pin.locked_until // SECOND_US)
    return pin


def lock_us(locks: int) -> int:
    """How long the next lock lasts: a minute, five, thirty, three hours, then a day each time."""
    return _LOCK_US[min(locks, len(_LOCK_US) - 1)]


def forgiven(throttle: Throttle, now: int) -> Throttle:
    """The throttle without what a day after the last wait is forgiven: an address is never cleared by a
    sign-in, and in a year everybody mistypes."""
    old = 0 < throttle.until <= now - DAY_US
    return Throttle(throttle.name, 0, 0) if old else throttle


def one_try_more(before: Throttle, now: int) -> Throttle:
    """The throttle with one more try, which counts as failed until it is taken back."""
    failures = before.failures + 1
    # An address may be shared by many people, so it bears more before it is closed.
    wait_us = throttle_us(failures if before.name.startswith("handle:") else failures // 10)
    return Throttle(before.name, failures, now + wait_us if wait_us else 0)


def one_try_less(before: Throttle, current: Throttle) -> Throttle:
    """The throttle without the try that came after `before`: as it was, if no other came meanwhile."""
    if current.failures == before.failures + 1:
        return before
    return Throttle(current.name, max(current.failures - 1, 0), current.until)


def throttle_us(failures: int) -> int:
    """How long sign-in is closed after so many failures: nothing for five, then doubling up to 15 min."""
    over = failures - SIGN_IN_TRIES
    return 0 if over < 0 else min(2**over * 2 * SECOND_US, 15 * MINUTE_US)


def sign_in_open(throttles: Sequence[Throttle], now: int) -> None:
    """Refuse while the handle or the address is throttled."""
    until = max(throttle.until for throttle in throttles)
    if until > now:
        raise m.SignInThrottled(retry_after_s=(until - now) // SECOND_US + 1)
