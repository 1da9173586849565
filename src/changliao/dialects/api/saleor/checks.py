"""The self-check of a shop: is an instance allowed, did it install the app, do token and keys still fit."""

from changliao.dialects import instances
from changliao.dialects.api.ground import Ground
from changliao.dialects.api.saleor import settings
from changliao.dialects.api.saleor.door import Door
from changliao.dialects.api.saleor.registration import Registration
from changliao.dialects.model import Account, Instance
from changliao.dialects.port import Check


class Checker:
    """Looks at each allowed instance; nothing of it writes, and nothing is reported."""

    def __init__(self, ground: Ground, door: Door, registration: Registration) -> None:
        self._ground, self._door, self._registration = ground, door, registration

    async def checks(self, account: Account) -> list[Check]:
        """Each line of the self-check."""
        allowed = settings.instances(account)
        if not allowed:
            says = "No Saleor instance is allowed yet: add its GraphQL address."
            return [Check("instance", False, says, "no_instance")]
        found = []
        for url in allowed:
            instance = await self._ground.db.read(instances.instance_at, account.id, url)
            if instance is None:
                says = f"{url} is allowed, and has not installed the app yet."
                found.append(Check("instance", False, says, "not_installed", {"url": url}))
            else:
                found += await self._of(instance)
        return [*found, self._last(account)]

    async def _of(self, instance: Instance) -> list[Check]:
        url = instance.api_url
        token = instances.token_of(self._ground.db.vault, instance)
        app = await self._registration.app_of(url, token)
        works = app is not None and app.id == instance.their_id
        keys = await self._door.keys_at(url)
        fits = bool(keys) and keys == instance.keys
        return [
            Check("instance", True, f"{url} has installed the app.", "installed", {"url": url}),
            Check(
                "app_token",
                works,
                f"{url} {'takes' if works else 'does not take'} our token.",
                "token_taken" if works else "token_refused",
                {"url": url},
            ),
            Check(
                "their_keys",
                fits,
                f"{url} shows {'the' if fits else 'no or other'} keys that we check by.",
                "keys_fit" if fits else "keys_differ",
                {"url": url},
            ),
        ]

    def _last(self, account: Account) -> Check:
        heard = self._ground.diary.of(account.id)
        if not heard:
            says = "No request has come here since the server started."
            return Check("signature", False, says, "no_request")
        last = heard[0]
        if not last.trouble:
            says = f"The last request was good: {last.what}"
            return Check("signature", True, says, "signed_well", {"what": last.what})
        says = f"The last request, {last.what}, was refused: {last.trouble}"
        figures = {"what": last.what, "trouble": last.trouble}
        return Check("signature", False, says, "request_refused", figures)
