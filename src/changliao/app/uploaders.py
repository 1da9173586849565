"""Who may upload: people, and apps by a key that may speak for them somewhere."""

from changliao.kernel.refusal import Refusal
from changliao.media.model import Uploader
from changliao.partners.api.guard import AppGuard
from changliao.partners.model import ScopeForbids
from changliao.people.api.guard import PersonGuard
from changliao.wire.call import Call
from changliao.wire.refusals import Unauthenticated

SPEAKING = frozenset({"chat:write", "accounts:write"})
"""Rights of which a key needs one: whoever may say something may say it with a picture."""


class UploaderGuard:
    """Takes a person's session as PersonGuard does, or a key. A member uploads as themselves."""

    scheme = "person app"
    refuses: tuple[type[Refusal], ...] = tuple(
        dict.fromkeys((*PersonGuard.refuses, *AppGuard.refuses))
    )

    def __init__(self, person: PersonGuard, app: AppGuard) -> None:
        self._person, self._app = person, app

    async def __call__(self, call: Call) -> Uploader:
        """The person, or the app in the key's mode."""
        if not call.bearer.startswith("sk_"):
            return Uploader((await self._person(call)).person.id)
        caller = await self._app(call)
        if not SPEAKING & set(caller.scopes):
            raise ScopeForbids("Uploading needs `chat:write` or `accounts:write`.")
        return Uploader(caller.uploader)

    async def maybe(self, call: Call) -> Uploader | None:
        """The same, or None when nobody is signed in."""
        try:
            return await self(call)
        except Unauthenticated:
            return None
