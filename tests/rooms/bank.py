"""A small bank for the tests of the ledger."""

from typing import Any

from changliao.ledger import service as ledger
from changliao.ledger.model import Account, AskAccount, AskTransfer, Hold, Mode, Result, Transfer
from changliao.ledger.store import HOLDS
from tests.rooms.world import World


class Bank:
    """Four accounts: a mint that may be overdrawn, two wallets that may not, a shop."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mint = self.open("mint", no_overdraft=False)
        self.lin = self.open("lin")
        self.mo = self.open("mo")
        self.shop = self.open("shop", code="shop")

    def open(
        self,
        owner: str,
        code: str = "wallet",
        currency: str = "CNY",
        mode: Mode = "test",
        *,
        no_overdraft: bool = True,
    ) -> str:
        asked = AskAccount(owner, code, currency, mode, no_overdraft=no_overdraft)
        return self.world.ask(ledger.open_account, asked).id

    def post(
        self, amount: int, debit: str = "", credit: str = "", code: str = "pay", **said: Any
    ) -> Transfer:
        return self.world.ask(ledger.post, AskTransfer(amount, debit, credit, code, **said))

    def fund(self, account: str, amount: int) -> None:
        self.post(amount, self.mint, account, "top_up")

    def hold(self, amount: int, debit: str = "", credit: str = "", **said: Any) -> Transfer:
        return self.post(amount, debit or self.lin, credit or self.shop, kind="pending", **said)

    def on_hold(self, kind: str, hold: Transfer, amount: int = 0, **said: Any) -> Transfer:
        return self.post(amount, code="", kind=kind, pending_id=hold.id, **said)

    def many(self, *asks: AskTransfer) -> list[Result]:
        return self.world.ask(ledger.post_many, list(asks))

    def figures(self, account: str) -> tuple[int, int, int, int]:
        """Debits and credits posted, debits and credits held."""
        found = self.account(account)
        return (
            found.debits_posted,
            found.credits_posted,
            found.debits_pending,
            found.credits_pending,
        )

    def account(self, account: str) -> Account:
        return self.world.read(ledger.get_account, account)

    def balance(self, account: str) -> int:
        return self.account(account).balance

    def hold_now(self, transfer: Transfer) -> Hold:
        found: Hold = self.world.read(lambda reader: reader.get(HOLDS, transfer.id))
        return found

    def statement(self, account: str, **wanted: Any) -> list[int]:
        return [one.seq for one in self.world.read(ledger.statement, account, **wanted)]
