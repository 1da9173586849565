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
        app = await self._by_key(call)
        if not SPEAKING & set(app.rights):
            raise ScopeForbids("Uploading needs `chat:write` or `accounts:write`.")
        return app

    async def maybe(self, call: Call) -> Uploader | None:
        """Who looks: a person, an app by whichever key, or None when nobody is signed in."""
        try:
            return await (self._by_key(call) if call.bearer.startswith("sk_") else self(call))
        except Unauthenticated:
            return None

    async def _by_key(self, call: Call) -> Uploader:
        caller = await self._app(call)
        return Uploader(caller.uploader, caller.scopes)
