"""Addresses that people's browsers are sent to: which are fit for it. Nothing here resolves a name."""

import ipaddress
from urllib.parse import urlsplit

LENGTH_MAX = 2000


def fit_for_people(url: str, *, test: bool) -> bool:
    """Whether people may be sent there: https, or in test mode also http to this machine or its network,
    so that a phone beside it can try a shop. No user, no password, nothing that cannot be shown."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    fine = parts.scheme == "https" or (test and parts.scheme == "http" and _is_near(host))
    plain = len(url) <= LENGTH_MAX and url.isprintable() and " " not in url
    return fine and bool(host) and plain and "@" not in parts.netloc


def web_origin(url: str) -> str:
    """Scheme, host and port as a browser compares them (RFC 6454 section 4), without the port that the
    scheme has anyway."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _is_near(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
