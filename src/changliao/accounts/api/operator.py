"""Routes for the operator: all official accounts, and suspending one."""

from changliao.accounts import service
from changliao.accounts.api import show
from changliao.accounts.api.public import PAGE
from changliao.accounts.model import AskSuspend
from changliao.accounts.model import refusals as r
from changliao.accounts.service import reading
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.value import Value, View
from changliao.people.model import SignedIn
from changliao.wire.call import Call
from changliao.wire.routes import Guard, Routes


class SuspensionBody(Value, frozen=True, forbid_unknown_fields=True):
    """Why."""

    reason: str


class AccountsPage(View, frozen=True):
    """Official accounts by age; `next` goes on."""

    items: list[show.SettingsView]
    next: str | None


def routes(db: Db, operator: Guard[SignedIn]) -> Routes:
    """Everything under /v1/operator/accounts."""
    api = Routes("Official accounts")

    @api.get("/v1/operator/accounts", guard=operator, answers=AccountsPage, params=PAGE)
    async def everything(call: Call) -> AccountsPage:
        """Every official account, oldest first."""

        def query(reader: Reader) -> AccountsPage:
            found = reading.everywhere(reader, call.after, call.limit)
            items = [show.settings_view(reader, one, db.clock()) for one in found]
            return AccountsPage(items, found[-1].id if len(found) == call.limit else None)

        return await db.read(query)

    @api.put(
        "/v1/operator/accounts/{id}/suspension",
        guard=operator,
        body=SuspensionBody,
        answers=show.SettingsView,
        refuses=(r.AccountNotFound, r.ReasonInvalid),
    )
    async def suspend(call: Call, name: str, body: SuspensionBody) -> show.SettingsView:
        """Suspend an account: it says nothing, nobody new follows it, and its articles are not shown."""
        if not body.reason.strip():
            raise r.ReasonInvalid(field="reason")
        ask = AskSuspend(call.who.person.id, name, body.reason)
        account = await db.write(service.suspend, ask)
        return await db.read(show.settings_view, account, db.clock())

    @api.delete(
        "/v1/operator/accounts/{id}/suspension",
        guard=operator,
        answers=show.SettingsView,
        refuses=(r.AccountNotFound,),
    )
    async def restore(call: Call, name: str) -> show.SettingsView:
        """Let it speak again."""
        ask = AskSuspend(call.who.person.id, name, "")
        account = await db.write(service.suspend, ask)
        return await db.read(show.settings_view, account, db.clock())

    return api
