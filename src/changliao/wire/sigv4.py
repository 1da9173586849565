"""AWS Signature Version 4 for requests to an S3-compatible store (the service's public specification)."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from changliao.kernel.instant import Instant, to_datetime
from changliao.kernel.value import Value

NO_BODY = hashlib.sha256(b"").hexdigest()
_WAY = "AWS4-HMAC-SHA256"


class Credentials(Value, frozen=True):
    """Who signs, and for which region."""

    key: str
    secret: str
    region: str
    service: str = "s3"


def signed(
    who: Credentials,
    method: str,
    host: str,
    path: str,
    now: Instant,
    *,
    body_sha256: str = NO_BODY,
    headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers to send with this request, signature included. `path` is plain; `headers` are further
    ones that are signed too. A body is signed by its SHA-256, so a store refuses any other."""
    moment = to_datetime(now).strftime("%Y%m%dT%H%M%SZ")
    sent = {"host": host, "x-amz-content-sha256": body_sha256, "x-amz-date": moment}
    sent |= {name.lower(): value.strip() for name, value in (headers or {}).items()}
    names = ";".join(sorted(sent))
    lines = "".join(f"{name}:{sent[name]}\n" for name in sorted(sent))
    request = f"{method}\n{quote(path)}\n\n{lines}\n{names}\n{body_sha256}"
    scope = f"{moment[:8]}/{who.region}/{who.service}/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    text = f"{_WAY}\n{moment}\n{scope}\n{hashed}"
    signature = hmac.digest(_key(who, moment[:8]), text.encode(), "sha256").hex()
    whole = f"{_WAY} Credential={who.key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return sent | {"authorization": whole}


def _key(who: Credentials, day: str) -> bytes:
    """The key of this day, region and service; the secret itself signs nothing."""
    key = f"AWS4{who.secret}".encode()
    for word in (day, who.region, who.service, "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key
