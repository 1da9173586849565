"""The client's files: read once, sent compressed, with a fingerprint so that browsers need not ask twice.

A page gets all its modules as one script and its sheets as one, under a name made of what is in them,
which a browser keeps for good. Each file is there under its own name as well. Pages are put together and
files compressed when somebody first asks for them: a server that comes back has a crowd before its door.
"""

import gzip
import hashlib
import json
import mimetypes
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from changliao.kernel.value import Value
from changliao.wire import pack
from changliao.wire.call import Answer, Call
from changliao.wire.http import html
from changliao.wire.refusals import RouteNotFound

_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json"}
_COMPRESS_MIN = 512
_PACKED = "packed/"
_SHEETS = re.compile(r'(?:<link rel="stylesheet" href="/static/[^"]+">\n)+')
_SCRIPT = re.compile(r'(?<=<script type="module" src="/static/)([^"]+)')
_BROUGHT = '<script type="application/json" id="brought">null'
_LOADS = re.compile(r'(?:src|href)="(/static/[^"]+)"')
_LATER = re.compile(r'import\("/static/(packed/[^"]+)"\)')
_LOADED = "const SHELL = [];"
_HREF = re.compile(r'href="/static/([^"]+)"')


class Asset(Value, frozen=True):
    """One file; `shrinks` when it is sent compressed to whoever can read that."""

    plain: bytes
    shrinks: bool
    content_type: str
    etag: str


class Assets:
    """All files below a package's folder."""

    def __init__(self, package: str, folder: str) -> None:
        self._found: dict[str, Asset] = {}
        self._read(files(package) / folder, "")
        self._modules = pack.Modules(self._text, self._keep)
        self._pages: dict[str, str] = {}

    def answer(self, call: Call, path: str) -> Answer:
        """The file, or RouteNotFound; 304 when the browser has it already."""
        if path.startswith(_PACKED) and path not in self._found:
            self._pack_all()  # The page that names it was sent before we were started.
        asset = self._found.get(path)
        if asset is None or path.endswith(
            ".html"
        ):  # Pages have addresses, and a policy, of their own.
            raise RouteNotFound
        lasts = "public, max-age=31536000, immutable" if path.startswith(_PACKED) else "no-cache"
        headers = [("etag", asset.etag), ("cache-control", lasts), ("vary", "accept-encoding")]
        if call.header("if-none-match") == asset.etag:
            return Answer(b"", 304, asset.content_type, tuple(headers))
        body = asset.plain
        if asset.shrinks and "gzip" in call.header("accept-encoding"):
            body = _compressed(body)
            headers.append(("content-encoding", "gzip"))
        return Answer(body, 200, asset.content_type, tuple(headers))

    def page(self, name: str, brought: bytes = b"null", frames: Sequence[str] = ()) -> Answer:
        """An HTML page, under our content security policy; `brought` is JSON that its script finds,
        `frames` are the origins whose pages it may show in a frame."""
        # As data it never runs, and no text in it can end the element.
        said = brought.replace(b"<", b"\\u003c").decode()
        text = self._page(name).replace(_BROUGHT, f"{_BROUGHT[:-4]}{said}")
        return html(text, frames=frames)

    def worker(self, name: str, page: str) -> Answer:
        """A service worker that is told what this page loads, and so is another one when that changes."""
        loads = set(_LOADS.findall(self._page(page)))
        for one in list(loads):
            if one.endswith(".js"):
                later = _LATER.findall(self._text(one.removeprefix("/static/")))
                loads |= {f"/static/{path}" for path in later}
        shell = json.dumps(sorted(loads))
        body = self._text(name).replace(_LOADED, f"const SHELL = {shell};").encode()
        return Answer(body, 200, "text/javascript; charset=utf-8", (("cache-control", "no-cache"),))

    def _page(self, name: str) -> str:
        """The page as it is sent, put together when it is first asked for."""
        if name not in self._pages:
            self._pages[name] = self._packed(self._text(name))
        return self._pages[name]

    def _pack_all(self) -> None:
        for name in [one for one in self._found if one.endswith(".html")]:
            self._page(name)

    def _packed(self, page: str) -> str:
        """The page with one script and one sheet in place of many."""
        text = "\n".join(self._modules.script(one) for one in _SCRIPT.findall(page))
        text += "".join(self._text(one) for one in _LATER.findall(text))

        def sheets(found: re.Match[str]) -> str:
            sheet = pack.sheet(self._text, _HREF.findall(found[0]), page + text)
            return f'<link rel="stylesheet" href="/static/{self._keep("all.css", sheet)}">\n'

        def script(found: re.Match[str]) -> str:
            return self._keep(found[1].rpartition("/")[2], self._modules.script(found[1]))

        return _SCRIPT.sub(script, _SHEETS.sub(sheets, page))

    def _text(self, path: str) -> str:
        return self._found[path].plain.decode()

    def _keep(self, name: str, text: str) -> str:
        """Offer the text under a name that changes with it."""
        asset = _asset(name, text.encode())
        path = f"{_PACKED}{asset.etag.strip(chr(34))}/{name}"
        self._found[path] = asset
        return path

    def _read(self, folder: Traversable, prefix: str) -> None:
        for entry in folder.iterdir():
            if entry.is_dir():
                if entry.name != "__pycache__":
                    self._read(entry, f"{prefix}{entry.name}/")
            elif not entry.name.endswith(".py"):
                self._found[prefix + entry.name] = _asset(entry.name, entry.read_bytes())


@cache
def assets_of(package: str, folder: str) -> Assets:
    """All files below a package's folder, read and packed once in a process."""
    return Assets(package, folder)


@cache
def _asset(name: str, plain: bytes) -> Asset:
    ending = name[name.rfind(".") :] if "." in name else ""
    kind = _TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    textual = kind.startswith("text/") or kind.endswith(("json", "xml"))
    return Asset(
        plain,
        textual and len(plain) >= _COMPRESS_MIN,
        kind + ("; charset=utf-8" if textual else ""),
        '"' + hashlib.sha256(plain).hexdigest()[:20] + '"',
    )


@cache
def _compressed(plain: bytes) -> bytes:
    return gzip.compress(plain, 9, mtime=0)
