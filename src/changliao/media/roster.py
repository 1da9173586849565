"""Which store there is, by its address."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from changliao.media.folder import INCOMING, FolderStore
from changliao.media.port import Store
from changliao.media.s3 import S3Store
from changliao.settings import BadSettings
from changliao.wire.sigv4 import Credentials

_ROOTS = {"s3": "https", "s3+http": "http"}
_REGION = "us-east-1"
_SHAPE = "CHANGLIAO_MEDIA_URL is `folder` or s3://bucket@host/prefix?region=…"


def built(url: str, folder: Path, key: str, secret: str, clock: Callable[[], int]) -> Store:
    """The store at this address; `folder` is the one on this machine. Refuses what cannot be one."""
    if url == "folder":
        return FolderStore(folder)
    try:
        parts = urlsplit(url)
        place = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    except ValueError:
        raise BadSettings(_SHAPE) from None
    if parts.scheme not in _ROOTS or not place or not parts.username or parts.password is not None:
        raise BadSettings(_SHAPE)  # The address may hold a secret by mistake: it is not repeated.
    if not key or not secret:
        raise BadSettings("CHANGLIAO_MEDIA_KEY and CHANGLIAO_MEDIA_SECRET are needed for a bucket")
    who = Credentials(key, secret, parse_qs(parts.query).get("region", [_REGION])[0])
    root = f"{_ROOTS[parts.scheme]}://{place}"
    return S3Store(root, parts.username, parts.path, who, folder / INCOMING, clock)
