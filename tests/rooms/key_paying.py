"""What splitting.py does, and beside it passkeys: right ones, forged ones, and answers that were given for
another payment, another amount, another person, too long ago, or already. Each step beside naive books."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from changliao.pay import model as m
from changliao.pay import service as pay
from changliao.pay.model import Combined, Payment
from changliao.people.model.passkeys import (
    Assertion,
    PasskeyChallengeGone,
    PasskeyLocked,
    WrongPasskey,
)
from changliao.people.store.passkeys import CHALLENGES, PASSKEYS
from changliao.wallet.model import InsufficientFunds
from tests.places import Place
from tests.rooms.books import LOCKS_US, Books, Refused, Row
from tests.rooms.keys import asked_to_confirm, registered
from tests.rooms.paying import PEOPLE, PLACES, RAIL
from tests.rooms.splitting import SplitBooks, Splitting

HOWS = ("right", "right", "right", "forged", "other", "dearer", "hers", "old", "again")
GONE = ("other", "dearer", "hers", "old", "again")


class KeyBooks(SplitBooks):
    """Books that also know how often passkeys were wrong, and which answers were spent."""

    def __init__(self, shop: str, rail: str) -> None:
        super().__init__(shop, rail)
        self.keys: dict[str, Row] = {}
        self.spent = 0

    def deadlines(self) -> set[int]:
        return super().deadlines() | {key.until for key in self.keys.values()}

    def passkey(self, person: str, how: str, now: int) -> Refused:
        """What a passkey is answered; an answer that is looked at is spent, right or wrong."""
        key = self.keys[person]
        if key.until > now:
            return PasskeyLocked
        if how in GONE:
            return PasskeyChallengeGone
        self.spent += 1
        if how == "right":
            key.wrong, key.until = 0, 0
            return None
        key.wrong += 1
        if key.wrong % 5:
            return WrongPasskey
        key.until = now + LOCKS_US[min(key.wrong // 5 - 1, 4)]
        return PasskeyLocked


class KeyPaying(Splitting):
    """Two people with a PIN and a passkey each."""

    books: KeyBooks

    def new_books(self, shop: str) -> Books:
        super().new_books(shop)
        books = KeyBooks(shop, RAIL)
        self.devices = []
        for person in self.people:
            self.devices.append(registered(self.world, person)[0])
            books.keys[person.id] = Row(wrong=0, until=0)
            books.spent += 1
        self.given: dict[int, Assertion] = {}
        return books

    @rule(place=PLACES, who=PEOPLE, how=st.sampled_from(HOWS), rail=st.booleans())
    def a_person_pays_by_passkey(self, place: int, who: int, how: str, rail: bool) -> None:
        payment = self.choose(place)
        said = self.signed(payment.id, who, how) if payment else None
        now, person = self.tick(), self.people[who].id
        if payment is None or said is None:
            return
        expected = self.books.payable(payment, now) or self.proven(who, said, how, now)
        if expected is None and rail and payment.manual:
            expected = m.CaptureUnsupported
        if expected is None and not rail:
            expected = self.books.pay_by_wallet(payment, person)
        if expected is None and rail:
            payment.status, payment.method = "processing", RAIL
        answer = self.confirm_by(said, payment.id, who, rail, Payment, expected)
        if expected is None and rail:
            payment.attempt = answer.attempt_id
        self.hold(payment, answer)

    @rule(place=PLACES, who=PEOPLE, how=st.sampled_from(HOWS), rail=st.booleans())
    def a_person_pays_a_combination_by_passkey(
        self, place: int, who: int, how: str, rail: bool
    ) -> None:
        combined = self.pick(self.books.combined, place)
        said = self.signed(combined.id, who, how) if combined else None
        now, person = self.tick(), self.people[who].id
        if combined is None or said is None:
            return
        expected = self.books.payable_together(combined, now)
        expected = expected or self.proven(who, said, how, now)
        if expected is None and not rail:
            expected = self.books.pay_together(combined, person)
        answer = self.confirm_by(said, combined.id, who, rail, Combined, expected)
        if expected is None and rail:
            combined.attempt = answer.attempt_id
            for part in self.books.parts(combined):
                part.status, part.method = "processing", RAIL

    @rule(who=PEOPLE, times=st.integers(3, 6))
    def somebody_forges_passkeys(self, who: int, times: int) -> None:
        self.a_new_payment(300, manual=False)
        for _ in range(times):
            self.a_person_pays_by_passkey(0, who, "forged", rail=False)

    # At every step --------------------------------------------------------------------------

    @invariant()
    def every_proof_was_spent_once(self) -> None:
        rows = self.world.read(lambda reader: reader.rows(CHALLENGES, ""))
        assert sum(1 for one in rows if one.used_at) == self.books.spent

    @invariant()
    def devices_and_books_count_alike(self) -> None:
        rows = self.world.read(lambda reader: reader.rows(PASSKEYS, "ORDER BY created_at"))
        for row, device in zip(rows, self.devices, strict=True):
            assert row.sign_count <= device.uses

    # Inside ---------------------------------------------------------------------------------

    def signed(self, asked_id: str, who: int, how: str) -> Assertion | None:
        """What the person's device answers; None when there is nothing to say again."""
        if how == "again":
            return self.given.get(who)
        device, person = self.devices[who], self.people[who].id
        about = self.about(asked_id, dearer=how == "dearer")
        if how == "other":
            others = [id_ for id_ in self.books.payments if id_ != asked_id]
            if not others:
                return None
            about = self.about(others[-1])
        if how == "hers":
            device, person = self.devices[1 - who], self.people[1 - who].id
        said = device.sign(asked_to_confirm(self.world, person, about), verified=how != "forged")
        if how == "old":
            self.clock.forward(301)
        return said

    def about(self, asked_id: str, *, dearer: bool = False) -> str:
        """What is signed for this payment or combination, or for one that looks like it and costs more."""
        reader: Any = pay.combined if asked_id.startswith("cmb_") else pay.payment
        asked = self.world.read(reader, asked_id)
        about = str(self.world.read(pay.worth_confirming, asked))
        return about.replace(f",{asked.amount},", f",{asked.amount + 1},") if dearer else about

    def proven(self, who: int, said: Assertion, how: str, now: int) -> Refused:
        """What the books say of the proof; what was looked at can only be said again in vain."""
        before = self.books.spent
        refused = self.books.passkey(self.people[who].id, how, now)
        if self.books.spent > before:
            self.given[who] = said
        return refused

    def confirm_by(
        self, said: Assertion, asked_id: str, who: int, rail: bool, noun: Any, expected: Refused
    ) -> Any:
        """A person confirms by a passkey; when that is refused nothing moves."""
        verb: Any = pay.confirm_combined if noun is Combined else pay.confirm_payment
        method = RAIL if rail else "wallet"
        asked = m.AskConfirm(self.people[who].id, asked_id, method, "mobile", "", passkey=said)
        accounts = self.money()
        answer = self.once(verb, asked, noun, expected)
        assert expected is None or self.money() == accounts
        assert expected is not InsufficientFunds or who in self.given
        self.collect()
        return answer

    def money(self) -> list[Any]:
        """Every account there is."""
        return self.world.everything()["ledger_accounts"]


class On(KeyPaying):
    """A life in a place that somebody else lends and takes back."""

    def __init__(self, place: Place) -> None:
        self.lent = place
        super().__init__()

    def lend(self) -> Place:
        return self.lent

    def give_back(self) -> None:
        """Nothing to do."""
