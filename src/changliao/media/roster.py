"""Which store there is, by its address."""

from pathlib import Path

from changliao.media.folder import FolderStore
from changliao.media.port import Store
from changliao.settings import BadSettings


def built(url: str, folder: Path, key: str, secret: str) -> Store:
    """The store at this address; `folder` is the one on this machine."""
    if url == "folder":
        return FolderStore(folder)
    raise BadSettings("CHANGLIAO_MEDIA_URL is `folder`")
