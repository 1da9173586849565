"""What a device is called, and how much is kept of where it is."""

import ipaddress

from changliao.kernel.instant import HOUR_US
from changliao.people.model import Session

SEEN_EVERY_US = HOUR_US
AGENT_MAX = 400

# The first that is named wins: browsers call themselves by the names of those they resemble, too.
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("AlipayClient", "Alipay"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("UCBrowser", "UC"),
    ("QQBrowser", "QQ Browser"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def agent_of(user_agent: str) -> str:
    """A browser in words its owner knows, `Chrome · Windows`; empty for what is no browser. From the
    User-Agent (RFC 9110 section 10.1.5), which may say anything: only words of ours come out."""
    text = user_agent[:AGENT_MAX]
    found = (_first(names, text) for names in (_BROWSERS, _SYSTEMS))
    return " · ".join(name for name in found if name)


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in names if mark in text), "")


def first_half(address: str) -> str:
    """The half of an IP address that tells the network rather than the device: `203.0.x.x`,
    `2001:db8:1:2:x`. Empty for what is no address."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    mapped = getattr(known, "ipv4_mapped", None)
    known = mapped or known
    if known.version == 4:
        one, two, *_ = str(known).split(".")
        return f"{one}.{two}.x.x"
    groups = known.exploded.split(":")[:4]
    return ":".join(f"{int(group, 16):x}" for group in groups) + ":x"


def worth_noting(session: Session, now: int) -> bool:
    """Whether it is an hour since the session was last seen: nobody writes on every request."""
    return session.seen_at + SEEN_EVERY_US <= now
