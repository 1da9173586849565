"""People with money, shops, and a clock that tests turn: what the tests of the rooms share."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
import pytest

from changliao.app import audit, receipt_of
from changliao.bots import service as bots
from changliao.bus.outbox import CURSORS, AskAdvance, Heard, advance, facts_about, facts_after
from changliao.chat import service as chat
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.facts import LINKS, FactRow
from changliao.db.table import ALL
from changliao.db.tx import Tx
from changliao.kernel.fact import kinds
from changliao.kernel.instant import SECOND_US
from changliao.kernel.refusal import Refusal
from changliao.ledger import service as ledger
from changliao.ledger.model import AskTransfer
from changliao.partners import model as pm
from changliao.partners import service as partners
from changliao.partners.model import Caller, Mode
from changliao.pay import service as pay
from changliao.pay.model import AskConfirm, AskPayment, Payment
from changliao.people import service as people
from changliao.people.model import AskRegister, AskSetPin, Person
from changliao.rails import service as rails
from changliao.rails.model import Answer, AskSettle, Attempt
from changliao.rails.store import ATTEMPTS
from changliao.wallet import service as wallet
from tests.asking import ask, ask_together, read
from tests.places import Place

START_US = 1_770_000_000 * SECOND_US  # 2026-02-02T02:40:00Z
PIN = "258036"
FOLLOWERS: tuple[tuple[str, Heard], ...] = (
    ("partners", partners.plan_deliveries),
    ("chat", chat.hear_people),
    ("chat.receipts", chat.hear_payments(receipt_of)),
    ("bots", bots.hear_chat),
    ("wallet", wallet.hear_rails),
    ("pay", pay.hear_rails),
)

A = TypeVar("A")
R = TypeVar("R")


class Clock:
    """A clock that stands still until somebody turns it."""

    def __init__(self) -> None:
        self.now_us = START_US

    def __call__(self) -> int:
        return self.now_us

    def forward(self, seconds: int) -> None:
        """Let so much time pass."""
        self.now_us += seconds * SECOND_US


class AskFund:
    """Money out of nowhere for a wallet; tests of payments do not care where it came from."""

    def __init__(self, owner: str, code: str, amount: int, currency: str, mode: Mode) -> None:
        self.owner, self.code, self.amount = owner, code, amount
        self.currency, self.mode = currency, mode


def fund(tx: Tx, asked: AskFund) -> None:
    """Move money between an account and the mint, which may be overdrawn; below zero takes it away."""
    mint = ledger.account_of(tx, "mint", "mint", asked.currency, asked.mode)
    account = ledger.account_of(
        tx, asked.owner, asked.code, asked.currency, asked.mode, no_overdraft=True
    )
    debit, credit = (mint, account) if asked.amount > 0 else (account, mint)
    ledger.post(tx, AskTransfer(abs(asked.amount), debit.id, credit.id, "test_money"))


class World:
    """A database and what tests do in it."""

    def __init__(self, place: Place, clock: Clock) -> None:
        self.place, self.clock = place, clock
        self._numbers = itertools.count(1)
        self.db = place.open(shake=True, clock=clock)

    def reopen(self, **options: Any) -> Db:
        """The same database after a restart, it may be under other keys."""
        self.place.close()
        self.db = self.place.open(shake=True, clock=self.clock, **options)
        return self.db

    def ask(self, verb: Callable[[Tx, A], R], asked: A) -> R:
        """The verb's answer after its commit; a refusal is raised, whether it was raised or returned."""
        answer = ask(self.db, verb, asked)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def ask_together(self, asks: Sequence[tuple[Callable[[Tx, Any], Any], Any]]) -> list[Any]:
        """Many asks in one group; refusals stand in their places."""
        return ask_together(self.db, asks)

    def read(self, query: Callable[..., R], *args: Any, **named: Any) -> R:
        """The answer of a query function."""
        return read(self.db, query, *args, **named)

    # People and shops -----------------------------------------------------------------------

    def person(
        self,
        handle: str = "lin",
        *,
        money: int = 0,
        currency: str = "CNY",
        mode: Mode = "test",
        pin: str = PIN,
    ) -> Person:
        """A person with a PIN and, it may be, with money."""
        person = self.ask(people.register, AskRegister(handle, handle.title(), "en", "no hash"))
        if pin:
            self.ask(people.set_pin, AskSetPin(person.id, pin))
        if money:
            self.fund(person.id, money, currency=currency, mode=mode)
        return person

    def shop(self, name: str = "Corner Shop", *, mode: Mode = "test") -> Caller:
        """A partner with one app; its caller may do everything."""
        handle = f"owner{next(self._numbers)}"
        owner = self.person(handle, pin="")
        partner = self.ask(partners.found_partner, pm.AskFound(owner.id, name))
        app = self.ask(partners.create_app, pm.AskApp(owner.id, partner.id, name))
        return Caller(app.id, partner.id, mode, pm.SCOPES, "key_of_a_test")

    def fund(
        self,
        owner: str,
        amount: int,
        *,
        code: str = "wallet",
        currency: str = "CNY",
        mode: Mode = "test",
    ) -> None:
        """Give money, or take it away."""
        self.ask(fund, AskFund(owner, code, amount, currency, mode))

    def balance(
        self, owner: str, code: str = "wallet", *, currency: str = "CNY", mode: Mode = "test"
    ) -> int:
        """What stands on an account."""
        account = self.read(ledger.find_account, owner, code, currency, mode)
        return account.balance if account else 0

    def held(self, owner: str, *, mode: Mode = "test") -> int:
        """What is set aside in a wallet."""
        account = self.read(ledger.find_account, owner, "wallet", "CNY", mode)
        return account.debits_pending if account else 0

    # Paying ---------------------------------------------------------------------------------

    def payment(self, shop: Caller, amount: int = 1000, **said: Any) -> Payment:
        """A payment of the shop's next order."""
        said.setdefault("currency", "CNY")
        said.setdefault("reference", f"order-{next(self._numbers)}")
        return self.ask(pay.create_payment, AskPayment(shop, amount, **said))

    def confirm(
        self, person: Person, payment: Payment, method: str = "wallet", **said: Any
    ) -> Payment:
        """A person pays, with the right PIN unless another is said."""
        said = {"channel": "mobile", "pin": PIN, **said}
        confirmed = self.ask(pay.confirm_payment, AskConfirm(person.id, payment.id, method, **said))
        assert isinstance(confirmed, Payment)
        return confirmed

    def paid(self, person: Person, shop: Caller, amount: int = 1000, **said: Any) -> Payment:
        """A payment that the person has paid from the wallet."""
        return self.confirm(person, self.payment(shop, amount, **said))

    def payment_now(self, payment: Payment) -> Payment:
        """The payment as it stands."""
        return self.read(pay.payment, payment.id)

    # Rails and followers --------------------------------------------------------------------

    def attempts(self, about: str) -> list[Attempt]:
        """The attempts for a thing, oldest first."""
        return self.read(rails.attempts_about, about)

    def rail_says(self, attempt: Attempt, outcome: Any, reason: str = "") -> None:
        """What a rail answers, and everybody hears of it."""
        self.ask(rails.settle, AskSettle(attempt.id, Answer(outcome, reason, "ref")))
        self.hear()

    def hear(self) -> None:
        """Let every follower hear what it has not heard yet, until there is no news."""
        news = True
        while news:
            news = False
            for name, heard in FOLLOWERS:
                if facts := self.read(_unheard, name):
                    self.ask(advance, AskAdvance(name, facts[0].seq - 1, facts, heard))
                    news = True

    def facts(self, about: str) -> list[str]:
        """The kinds of the facts about a thing, in order."""
        return [fact.kind for fact in self.read(facts_about, about)]

    def newest(self, about: str) -> Any:
        """The newest fact about a thing."""
        row = self.read(facts_about, about)[-1]
        return msgspec.json.decode(row.body, type=kinds()[row.kind])

    # Looking --------------------------------------------------------------------------------

    def everything(self) -> dict[str, list[Any]]:
        """Every row of every table but the chain, whose links come with any commit."""
        return self.read(_everything)

    def wrong(self) -> list[str]:
        """What the audit finds wrong."""
        return self.read(lambda reader: list(audit(reader)))

    @contextmanager
    def refuses(
        self, refusal: type[Refusal], field: str = "", **extra: int | str
    ) -> Iterator[None]:
        """What happens inside is refused so, and changes nothing at all."""
        before = self.everything()
        with pytest.raises(refusal) as caught:
            yield
        assert type(caught.value) is refusal
        if field:
            assert caught.value.field == field
        assert extra.items() <= caught.value.extra.items()
        assert self.everything() == before


def _unheard(reader: Reader, name: str) -> list[FactRow]:
    cursor = reader.get(CURSORS, name)
    return facts_after(reader, cursor.seq if cursor else 0, 500)


def _everything(reader: Reader) -> dict[str, list[Any]]:
    return {
        table.name: reader.rows(table, f"ORDER BY {', '.join(table.key)}")
        for table in ALL
        if table is not LINKS and table.value.__module__.startswith("changliao.")
    }


def open_attempts(reader: Reader) -> list[Attempt]:
    """Attempts that no rail has answered for good."""
    return reader.rows(ATTEMPTS, "WHERE state IN ('created', 'sent', 'unknown') ORDER BY id")
