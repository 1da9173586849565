"""Changliao as a Saleor app: its parts put together behind the port."""

import secrets

from changliao.dialects.api.ground import Ground
from changliao.dialects.api.saleor import refusals, reports, settings
from changliao.dialects.api.saleor.actions import Actions
from changliao.dialects.api.saleor.checks import Checker
from changliao.dialects.api.saleor.door import Door
from changliao.dialects.api.saleor.lines import LINES
from changliao.dialects.api.saleor.manifest import PERMISSIONS, Webhook, gateway_id, manifest_url
from changliao.dialects.api.saleor.registration import Registration
from changliao.dialects.api.saleor.reports import Reports
from changliao.dialects.api.saleor.sessions import Sessions
from changliao.dialects.model import Account, DialectName, Notice
from changliao.dialects.port import Check, Draft, Lines, Setting
from changliao.kernel.refusal import Refusal
from changliao.partners.model import Mode
from changliao.wire.call import Answer
from changliao.wire.outbound import Told
from changliao.wire.routes import Route


class Saleor:
    """The dialect (honours `port.Dialect`, `Choosing` and `SignsBodies`)."""

    name: DialectName = "saleor"

    def __init__(self, ground: Ground, url: str) -> None:
        self.url = url
        self._ground = ground
        door = Door(ground)
        self._registration = Registration(ground, door, url)
        self._sessions, self._actions = Sessions(ground, door), Actions(ground, door)
        self._reports = Reports(ground)
        self._checker = Checker(ground, door, self._registration)

    def routes(self) -> list[Route]:
        """Each account has addresses of its own, so that one Saleor may install several."""
        return [
            Route("GET", "/{number}/manifest", self._registration.manifest),
            Route("POST", "/{number}/register", self._registration.register),
            *self._sessions.routes(_path),
            *self._actions.routes(_path),
        ]

    def refused(self, refusal: Refusal, request_id: str, path: str) -> Answer:
        """How it words a refusal."""
        return refusals.worded(refusal)

    def broken(self, request_id: str) -> Answer:
        """How it words a bug of ours."""
        return refusals.broken()

    async def draft(self, mode: Mode, public_key: str) -> Draft:
        """A number for the app's addresses; Saleor brings its own keys."""
        return Draft(secrets.token_hex(8), "", "", "", {}, {}, [])

    async def values(self, account: Account) -> dict[str, str]:
        """What is pasted into Saleor, and what its storefront calls us by."""
        return {
            "manifest_url": manifest_url(self.url, account.number),
            "payment_gateway_id": gateway_id(account.number),
            "permissions": ", ".join(PERMISSIONS),
        }

    async def lines(self, account: Account) -> list[Lines]:
        """How to install the app, and what a storefront asks for."""
        manifest, gateway = manifest_url(self.url, account.number), gateway_id(account.number)
        return [
            Lines(
                where, language, code.replace("{manifest}", manifest).replace("{gateway}", gateway)
            )
            for where, language, code in LINES
        ]

    def settings(self, account: Account) -> list[Setting]:
        """Which instances and storefronts are the shop's own."""
        return settings.shown(account)

    def chosen(self, name: str, value: str) -> str:
        """Addresses, checked."""
        return settings.chosen(name, value, allow_private=self._ground.outbound.allow_private)

    async def render(self, account: Account, notice: Notice) -> str:
        """What a report says."""
        return await self._reports.render(account, notice)

    async def dressed(self, account: Account, notice: Notice) -> bytes:
        """The mutation of one try."""
        return await self._reports.dressed(account, notice)

    async def headers(self, account: Account, notice: Notice) -> dict[str, str]:
        """The app's token."""
        return await self._reports.headers(account, notice)

    def heard(self, told: Told) -> bool:
        """Whether Saleor has the event."""
        return reports.heard(told)

    async def checks(self, account: Account) -> list[Check]:
        """The self-check."""
        return await self._checker.checks(account)


def _path(webhook: Webhook) -> str:
    return f"/{{number}}/webhooks/{webhook.path}"
