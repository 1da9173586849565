"""Moments and numbers as this dialect spells them."""

import re
from datetime import datetime, timedelta, timezone

from changliao.dialects.api.wechat.refusals import Says
from changliao.kernel.instant import Instant, from_datetime, to_datetime
from changliao.kernel.money import DIGITS

BEIJING = timezone(timedelta(hours=8))
"""China has one time and no summer time."""
OFFSET = "+08:00"

NUMBER = re.compile(r"[0-9A-Za-z_\-|*@]+")
"""What a merchant's own number is made of."""


def shown(moment: int) -> str:
    """RFC 3339 with +08:00, to the second."""
    return to_datetime(Instant(moment)).astimezone(BEIJING).isoformat(timespec="seconds")


def plain(moment: int) -> str:
    """`2026-01-31 08:00:00` in Chinese time, as in bills."""
    return to_datetime(Instant(moment)).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def moment(text: str, field: str) -> int:
    """A moment that a merchant gives in RFC 3339, 0 when it is left out; PARAM_ERROR when it is none."""
    if not text:
        return 0
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is None or len(text) > 40:
            raise ValueError
        return from_datetime(read)
    except (ValueError, OverflowError):
        raise Says("PARAM_ERROR", f"{field} 应为 RFC 3339 格式的时间") from None


def number(text: str, field: str, least: int, most: int) -> str:
    """A merchant's own number; PARAM_ERROR when it has other signs or another length."""
    if not least <= len(text) <= most or not NUMBER.fullmatch(text):
        raise Says("PARAM_ERROR", f"{field} 应为 {least} 到 {most} 位的数字、大小写字母或 _-|*@")
    return text


def short(text: str, field: str, most: int, *, least: int = 1) -> str:
    """A text of a limited length."""
    if not least <= len(text) <= most:
        raise Says("PARAM_ERROR", f"{field} 应为 {least} 到 {most} 个字符")
    return text


def decimal(minor: int, currency: str) -> str:
    """Minor units as bills spell them: `12.50`."""
    digits = DIGITS[currency]
    sign, whole = ("-", -minor) if minor < 0 else ("", minor)
    if not digits:
        return f"{sign}{whole}"
    return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}}"
