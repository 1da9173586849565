"""What a text links to, and what a page says of itself: the Open Graph of its head, or its title.

The page is a stranger's, so nothing here takes longer than its size: no tree is built, and what a page
repeats is looked at a limited number of times.
"""

import html
import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from changliao.kernel.value import Value

TITLE_MAX, TEXT_MAX = 120, 200
_METAS_MAX, _META_MAX, _TITLE_SCAN_MAX = 200, 4000, 2000

_LINK = re.compile(
    r"(?<![a-zA-Z0-9_])https?://[^\s<>\"'，。！？；：、（）【】《》“”‘’\u4e00-\u9fff]{1,2000}",
    re.IGNORECASE,
)
_META = re.compile(r"""<meta\s(?:"[^"]*"|'[^']*'|[^>"'])*+>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([a-z0-9_-]{2,20})", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd\s]+")
_CODECS = {
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5", "shift_jis": "shift_jis",
    "euc-jp": "euc-jp", "euc-kr": "euc-kr", "iso-8859-1": "cp1252", "windows-1252": "cp1252",
    "windows-1251": "cp1251", "koi8-r": "koi8-r",
}  # fmt: skip
"""What pages are written in beside UTF-8; other names are not looked up, for some decode at any price."""


class Found(Value, frozen=True):
    """What a page says of itself; `image` is an address, or empty."""

    title: str
    text: str
    image: str


def first_link(text: str) -> str:
    """The first address in a text, as a screen makes it a link; empty for none."""
    found = _LINK.search(text) if "://" in text else None
    return found[0].rstrip(".,;:!?)]") if found else ""


def found_in(url: str, content_type: str, body: bytes) -> Found | None:
    """What this page says of itself; None when it says nothing."""
    page = _decoded(content_type, body)
    said = dict(_metas(page))
    title = _clean(said.get("og:title") or _title(page), TITLE_MAX)
    if not title:
        return None
    text = _clean(said.get("og:description") or said.get("description", ""), TEXT_MAX)
    return Found(title, text, _image(url, said.get("og:image", "")))


def _decoded(content_type: str, body: bytes) -> str:
    said = _CHARSET.search(content_type.encode("ascii", "replace")) or _CHARSET.search(body[:2048])
    codec = _CODECS.get(said[1].decode().lower(), "utf-8") if said else "utf-8"
    return body.decode(codec, "replace")


def _metas(page: str) -> Iterator[tuple[str, str]]:
    """What the page says in its `meta` elements; of one name, the first counts, so they come last first."""
    at = 0
    said: list[tuple[str, str]] = []
    low = page.lower()
    for _ in range(_METAS_MAX):
        at = low.find("<meta", at)
        if at < 0:
            break
        found = _META.match(page, at, at + _META_MAX)
        at += 5
        if found:
            pairs = _ATTRIBUTE.findall(found[0])
            named = {name.lower(): double or single or bare for name, double, single, bare in pairs}
            name = named.get("property") or named.get("name", "")
            said.append((name.lower(), html.unescape(named.get("content", ""))))
    return reversed(said)


def _title(page: str) -> str:
    start = page.lower().find("<title")
    opened = page.find(">", start, start + _TITLE_SCAN_MAX) if start >= 0 else -1
    closed = page.lower().find("</title", opened, opened + _TITLE_SCAN_MAX) if opened >= 0 else -1
    return html.unescape(page[opened + 1 : closed]) if closed > 0 else ""


def _clean(text: str, most: int) -> str:
    """One line without what cannot be seen, and no longer than a card is."""
    line = _UNSEEN.sub(" ", text[: most * 20]).strip()
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _image(url: str, said: str) -> str:
    try:
        address = urljoin(url, said.strip()) if said.strip() else ""
        return address if urlsplit(address).scheme in ("http", "https") else ""
    except ValueError:
        return ""
