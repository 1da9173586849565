"""Alipay's forms: what a request says, what of it is signed, and how an answer is signed.

Pure: bytes and texts in, values out, or a Fault. Sources: Alipay's open docs, "how to sign", "common
parameters", and docs/integrations/alipay.md for what the SDKs really send.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from changliao.dialects.api.alipay.faults import Fault, failed, invalid, missing, parameter
from changliao.kernel.instant import DAY_US, HOUR_US, MINUTE_US, SECOND_US, from_datetime
from changliao.kernel.value import Value

FIELDS_MAX = 100
SKEW_S = 300
"""How far a shop's clock may be off: as dialects of other gateways have it (WeChat Pay: 300 s)."""
BEIJING = timezone(timedelta(hours=8))
ZONES = (BEIJING, UTC)
"""A timestamp has no zone. Alipay reads Beijing time; SDKs write the local one, which is UTC in
containers. Either may be meant."""
_FORM = "application/x-www-form-urlencoded"
_YUAN = re.compile(r"(0|[1-9][0-9]{0,13})(?:\.([0-9]{1,2}))?", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_TIMEOUT = re.compile(r"([1-9][0-9]{0,4})([mhd])", re.ASCII)
_UNITS_US = {"m": MINUTE_US, "h": HOUR_US, "d": DAY_US}
_APP_ID = re.compile(r"[0-9]{16}", re.ASCII)


class Asked(Value, frozen=True):
    """A request as it came: every parameter of query and form, decoded."""

    params: dict[str, str]

    @property
    def method(self) -> str:
        """`alipay.trade.query`, or whatever was sent."""
        return self.params.get("method", "")

    def __getitem__(self, name: str) -> str:
        return self.params.get(name, "")


def asked(raw_query: bytes, body: bytes, content_type: str) -> Asked:
    """Query and form in one, as the SDKs mix them. Refuses other charsets than UTF-8, and a parameter
    that is sent twice with two values."""
    params: dict[str, str] = {}
    kind = content_type.partition(";")[0].strip().lower()
    if body and kind != _FORM:
        raise invalid("content-type", f"请使用表单编码 (send {_FORM})")
    for raw in (raw_query, body):
        for name, value in _pairs(raw):
            if params.setdefault(name, value) != value:
                raise Fault("40002", "isv.suspected-attack", f"参数重复：{name} (sent twice)")
    if params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise invalid("charset", "字符集错误，只支持 UTF-8 (only UTF-8 is spoken here)")
    return Asked(params)


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(
            raw.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except UnicodeDecodeError:
        raise invalid("charset", "字符集错误，只支持 UTF-8 (these bytes are not UTF-8)") from None
    except ValueError:
        raise invalid("parameter", "参数过多 (too many parameters)") from None
    if any("\x00" in value for pair in pairs for value in pair):
        raise invalid("parameter", "参数含有空字符 (a zero byte)")
    return pairs


def common(said: Asked) -> None:
    """Refuse a request whose common parameters are missing or of another kind than is spoken here."""
    for name in ("app_id", "method", "sign_type", "sign", "timestamp"):
        if not said[name]:
            raise missing(name)
    if not _APP_ID.fullmatch(said["app_id"]):
        raise invalid("app-id", "无效的AppID参数 (no such app_id)")
    if said["sign_type"] != "RSA2":
        raise invalid("signature-type", "签名类型只支持 RSA2 (only RSA2 is spoken here)")
    if said["version"] not in ("", "1.0"):
        raise invalid("version", "版本只支持 1.0 (only version 1.0 is spoken here)")
    if said["format"].lower() not in ("", "json"):
        raise invalid("format", "格式只支持 JSON (only JSON is spoken here)")
    if said["encrypt_type"]:
        raise invalid("encrypt-type", "不支持内容加密 (encrypted content is not spoken here)")
    if said["app_auth_token"]:
        raise Fault(
            "20001", "aop.invalid-app-auth-token", "不支持第三方应用授权 (no third-party apps here)"
        )


def signed_text(params: Mapping[str, str], *without: str) -> bytes:
    """What a signature covers: every parameter that says something, sorted, `k=v` joined by `&`."""
    said = sorted((name, value) for name, value in params.items() if value and name not in without)
    return "&".join(f"{name}={value}" for name, value in said).encode()


def moment(text: str) -> list[int]:
    """The instants that a time of the form `2026-11-23 09:30:00` may mean; none when it is no time."""
    if not _TIMESTAMP.fullmatch(text):
        return []
    try:
        naive = datetime.fromisoformat(text)  # A tenth of what strptime takes; the zones follow.
    except ValueError:
        return []
    return [from_datetime(naive.replace(tzinfo=zone)) for zone in ZONES]


def skew_s(text: str, now: int) -> int | None:
    """By how many seconds a timestamp is off, in the zone that suits it best; None when it is none."""
    found = [at - now for at in moment(text)]
    return min(found, key=abs) // SECOND_US if found else None


def fresh(said: Asked, now: int) -> None:
    """Refuse a timestamp that is more than 300 s off: what was overheard is soon worth nothing."""
    off = skew_s(said["timestamp"], now)
    if off is None or abs(off) > SKEW_S:
        why = "not yyyy-MM-dd HH:mm:ss" if off is None else f"{off} s off"
        raise invalid("timestamp", f"非法的时间戳参数 ({why})")


def shown(at: int) -> str:
    """An instant as Alipay writes it, in Beijing time."""
    return (datetime.fromtimestamp(at // SECOND_US, UTC).astimezone(BEIJING)).strftime(
        "%Y-%m-%d %H:%M:%S"
    )


def content(said: Asked) -> dict[str, Any]:
    """`biz_content` as JSON whose numbers stay the texts they were sent as. Refuses what is none."""
    text = said["biz_content"] or "{}"
    try:
        found = json.loads(text, parse_float=str, parse_int=str, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise failed("ACQ.INVALID_PARAMETER", "biz_content 不是 JSON (is not JSON)") from None
    if not isinstance(found, dict):
        raise failed("ACQ.INVALID_PARAMETER", "biz_content 不是对象 (is not a JSON object)")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)


def text(biz: Mapping[str, Any], name: str, most: int, *, needed: bool = False) -> str:
    """A field of biz_content: at most so many characters that any database keeps."""
    value = biz.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise parameter(name, "not a text")
    if not value and needed:
        raise parameter(name, "missing")
    if len(value) > most or "\x00" in value or not _is_unicode(value):
        raise parameter(name, f"at most {most} characters")
    return value


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # Half of a character.
        return False
    return True


def cents(biz: Mapping[str, Any], name: str) -> int:
    """An amount in yuan as fen: plain digits with at most two decimals, above zero. No exponent, sign,
    space or third decimal: nothing is rounded here."""
    value = text(biz, name, 32, needed=True)
    found = _YUAN.fullmatch(value)
    if found is None:
        raise parameter(name, "yuan with at most two decimals, such as 88.88")
    minor = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    if not minor:
        raise parameter(name, "must be above zero")
    return minor


def yuan(minor: int) -> str:
    """Fen as yuan with two decimals."""
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


def expires_at(biz: Mapping[str, Any], now: int) -> int:
    """When an order ends: `time_expire` in Beijing time, or `timeout_express` from now; 0 when it says
    neither. Two seconds are added to a span, so that the shortest one, `1m`, is still a minute when it
    is looked at."""
    if until := text(biz, "time_expire", 32):
        moments = moment(until) or moment(until + ":00")  # Without seconds in older SDKs' examples.
        if not moments:
            raise parameter("time_expire", "yyyy-MM-dd HH:mm:ss")
        return moments[0]
    span = text(biz, "timeout_express", 8) or text(biz, "qr_code_timeout_express", 8)
    if not span:
        return 0
    found = _TIMEOUT.fullmatch(span)
    if found is None:
        raise parameter("timeout_express", "such as 90m, 2h or 1d")
    return now + int(found[1]) * _UNITS_US[found[2]] + 2 * SECOND_US


def line_of(value: str) -> str:
    """A text in one line, as pay takes descriptions and reasons."""
    return "".join(" " if ord(sign) < 32 else sign for sign in value)


def web_address(url: str, name: str) -> str:
    """An address that a browser may be sent to. Only its form is looked at: the shop signed it."""
    try:
        parts = urlsplit(url)
        fine = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        )
        _ = parts.port
    except ValueError:
        fine = False
    if not fine or len(url) > 2000 or not url.isascii() or not url.isprintable() or " " in url:
        raise parameter(name, "https://…, at most 2000 characters")
    return url


def inner(told: Mapping[str, Any]) -> bytes:
    """The inner object of an answer, serialised once: these very bytes are signed and sent."""
    return msgspec.json.encode(told)


def answer(method: str, told: bytes, signature: str = "") -> bytes:
    """An answer to a method around its inner object, with the signature last."""
    name = method.replace(".", "_") + "_response" if method else "error_response"
    tail = b',"sign":"%s"' % signature.encode() if signature else b""
    return b'{"%s":%s%s}' % (name.encode(), told, tail)
