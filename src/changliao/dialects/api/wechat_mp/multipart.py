"""The one file of a form with files (RFC 7578), as the platform's clients send it."""

import re

from changliao.dialects.api.wechat_mp.faults import Fault

NO_FILE = 41005
_BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?', re.IGNORECASE)
_HEAD_MAX = 4096


def file_in(content_type: str, body: bytes, name: str) -> bytes:
    """The bytes of the part with this name. 41005 when there is none: whatever else is in the form is passed
    over."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or found is None:
        raise Fault(NO_FILE, "media data missing")
    mark = b"\r\n--" + found[1].rstrip().encode()
    for part in (b"\r\n" + body).split(mark)[1:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        if blank and len(head) <= _HEAD_MAX and _names(head, name):
            return content
    raise Fault(NO_FILE, "media data missing")


def _names(head: bytes, name: str) -> bool:
    """Whether the part's headers say that it is this field."""
    for line in head.decode("utf-8", "replace").split("\r\n"):
        field, _, said = line.partition(":")
        if field.strip().lower() == "content-disposition":
            return bool(re.search(rf';\s*name="?{re.escape(name)}"?\s*(;|$)', said))
    return False
