"""PostgreSQL goes away and comes back: every verb happens once or is refused, and nobody has to help.

A real proxy between us and a real server cuts the wire, before or after the server took a COMMIT.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from changliao.db.db import Db, ThreadedReads
from changliao.db.once import AskOnce, once
from changliao.db.postgres.driver import PostgresDriver
from changliao.db.postgres.reader import PostgresReader
from changliao.db.refusals import OutcomeUnknown, StorageUnavailable
from changliao.db.tx import Tx
from tests.asking import ask, ask_together, read
from tests.conformance.test_db.test_facts import assert_chain_holds
from tests.conformance.test_db.world import (
    ACCOUNTS,
    Account,
    AskMove,
    AskPay,
    Entry,
    balances,
    everything,
    move,
    open_account,
    pay,
    write_down,
)
from tests.patience import PATIENCE_S
from tests.places import VAULT, PostgresPlace, PostgresServer, database_of
from tests.proxy import Proxy

pytestmark = pytest.mark.postgres

COMMIT = b"UPDATE lanes"  # Goes out together with the word itself, which BEGIN has in it too.


@pytest.fixture
def proxy(postgres_place: PostgresPlace) -> Iterator[Proxy]:
    proxy = Proxy(postgres_place.url)
    yield proxy
    postgres_place.close()
    proxy.close()


@pytest.fixture
def far(postgres_place: PostgresPlace, proxy: Proxy) -> Db:
    """A database behind the proxy, with the account `a`."""
    postgres_place.url = proxy.url()
    db = postgres_place.open()
    ask(db, open_account, Account("a", "ann", "main", 0))
    return db


class Counted:
    """A payment that counts how often it really ran."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, tx: Tx, amount: int) -> int:
        paid = pay(tx, AskPay("a", amount))
        if not tx.rehearsing:
            self.runs += 1
        return paid.balance


def assert_paid(db: Db, *amounts: int) -> None:
    now = read(db, everything)
    entries = [Entry("a", number, amount) for number, amount in enumerate(amounts, start=1)]
    assert now["entries"] == entries
    assert now["accounts"] == [Account("a", "ann", "main", sum(amounts))]
    assert [(seq, body) for seq, _, body in now["facts"]] == [
        (n, f'{{"text":"{amount:+}"}}') for n, amount in enumerate(amounts, start=1)
    ]
    assert_chain_holds(db)


def test_a_commit_that_the_server_never_got_is_run_again_once(far: Db, proxy: Proxy) -> None:
    counted = Counted()
    proxy.cut_before = COMMIT

    answers = ask_together(far, [(counted, amount) for amount in (1, 2, 4)])

    assert (answers, proxy.cuts, counted.runs) == ([1, 3, 7], 1, 6)
    assert_paid(far, 1, 2, 4)


def test_a_commit_that_the_server_took_is_not_run_again(far: Db, proxy: Proxy) -> None:
    counted = Counted()
    proxy.cut_after = COMMIT

    answers = ask_together(far, [(counted, amount) for amount in (1, 2, 4)])

    assert (answers, proxy.cuts, counted.runs) == ([1, 3, 7], 1, 3)
    assert_paid(far, 1, 2, 4)
    assert ask(far, counted, 8) == 15


def test_a_transaction_that_a_lost_network_left_open_is_ended_and_run_again(
    far: Db, proxy: Proxy, postgres_server: PostgresServer
) -> None:
    counted = Counted()
    proxy.half_dead = True
    proxy.cut_before = COMMIT
    before = len(postgres_server.log())

    answers = ask_together(far, [(counted, amount) for amount in (1, 2, 4)])

    assert (answers, proxy.cuts, counted.runs) == ([1, 3, 7], 1, 6)
    ended = postgres_server.log()[before:]
    assert "administrator command" in ended and "timeout" not in ended, "we ended it, not its age"
    assert_paid(far, 1, 2, 4)


@pytest.mark.parametrize(
    "where", [b"FOR UPDATE", b"SELECT id, owner", b"UPDATE try_", b"INSERT INTO f"]
)
@pytest.mark.parametrize("heard", [True, False], ids=["heard", "unheard"])
def test_a_connection_that_dies_anywhere_before_the_commit_is_replaced(
    far: Db, proxy: Proxy, where: bytes, heard: bool
) -> None:
    if heard:
        proxy.cut_after = where
    else:
        proxy.cut_before = where

    answers = ask_together(far, [(Counted(), amount) for amount in (1, 2, 4)])

    assert (answers, proxy.cuts) == ([1, 3, 7], 1)
    assert_paid(far, 1, 2, 4)


def test_a_connection_that_died_while_nobody_used_it_is_replaced_unnoticed(
    far: Db, proxy: Proxy
) -> None:
    for amount in (1, 2, 4):
        ask(far, pay, AskPay("a", amount))
        assert read(far, balances)["a"]
        proxy.cut_all()

    assert_paid(far, 1, 2, 4)


def test_while_the_server_is_away_everything_is_refused_and_nothing_written(
    far: Db, proxy: Proxy
) -> None:
    ask(far, pay, AskPay("a", 1))
    proxy.refuses = True
    proxy.cut_all()

    async def at_once() -> list[Any]:
        asked = [far.write(pay, AskPay("a", 2)) for _ in range(3)]
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(at_once())
    with pytest.raises(StorageUnavailable) as refused:
        read(far, balances)

    assert [type(answer) for answer in answers] == [StorageUnavailable] * 3
    assert len({id(answer) for answer in answers}) == 3
    assert refused.value.retry_after_s >= 1
    proxy.refuses = False
    assert ask(far, pay, AskPay("a", 4)).balance == 5
    assert_paid(far, 1, 4)


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "never got"])
def test_a_commit_in_doubt_is_told_and_asking_again_does_it_once(
    postgres_place: PostgresPlace, proxy: Proxy, taken: bool
) -> None:
    url = proxy.url()
    ask(postgres_place.open(), open_account, Account("a", "ann", "main", 0))
    reads = ThreadedReads(lambda: PostgresReader(url), 1)
    db = Db(PostgresDriver(url, ask_for_s=0.3), reads, VAULT)
    asked = AskOnce("app", "key", b"", pay, AskPay("a", 5), Account)
    proxy.cut_after, proxy.cut_before = (COMMIT, b"") if taken else (b"", COMMIT)
    proxy.refuses = True

    with pytest.raises(OutcomeUnknown):
        ask(db, once, asked)
    assert proxy.cuts == 1
    proxy.refuses = False

    assert ask(db, once, asked) == Account("a", "ann", "main", 5)
    assert_paid(db, 5)
    db.close()


def test_a_strangers_transaction_after_a_crash_is_not_taken_for_ours(
    far: Db, proxy: Proxy, postgres_place: PostgresPlace, postgres_server: PostgresServer
) -> None:
    """The server gives out the number of a transaction again that a crash swallowed."""
    proxy.half_dead = proxy.refuses = True
    proxy.cut_before = COMMIT
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(ask(far, pay, AskPay("a", 1))))
    asking.start()
    while not proxy.cuts:
        time.sleep(0.001)

    postgres_server.kill()
    postgres_server.start()
    directly = postgres_server.url(database_of(postgres_place.url))
    for number in range(5):
        with psycopg.connect(directly) as stranger:
            stranger.execute("INSERT INTO try_orders VALUES (%s, %s)", (f"o{number}", number))
    proxy.refuses = False
    asking.join()

    assert answers == [Account("a", "ann", "main", 1)]
    assert read(far, lambda r: r.get(ACCOUNTS, "a")).balance == 1
    assert len(read(far, everything)["entries"]) == 1


def test_a_server_that_is_killed_and_started_again_is_used_again(
    postgres_place: PostgresPlace, postgres_server: PostgresServer
) -> None:
    db = postgres_place.open()
    ask(db, open_account, Account("a", "ann", "main", 0))
    ask(db, pay, AskPay("a", 1))

    postgres_server.kill()
    try:
        with pytest.raises(StorageUnavailable):
            ask(db, pay, AskPay("a", 2))
        with pytest.raises(StorageUnavailable):
            read(db, balances)
    finally:
        postgres_server.start()

    assert ask(db, pay, AskPay("a", 4)).balance == 5
    assert_paid(db, 1, 4)


def test_a_server_that_is_killed_under_load_loses_nothing_it_answered(
    postgres_place: PostgresPlace, postgres_server: PostgresServer
) -> None:
    db = postgres_place.open()
    ask(db, open_account, Account("a", "ann", "main", 0))
    answered: list[int] = []
    refused: list[Exception] = []
    stop = threading.Event()

    def customer() -> None:
        while not stop.is_set():
            for answer in ask_together(db, [(pay, AskPay("a", 1))] * 5):
                if isinstance(answer, Account):
                    answered.append(answer.balance)
                else:
                    refused.append(answer)

    thread = threading.Thread(target=customer)
    thread.start()
    for _ in range(2):
        time.sleep(0.2)
        postgres_server.kill()
        postgres_server.start()
    time.sleep(0.2)
    stop.set()
    thread.join()

    assert answered == list(range(1, len(answered) + 1))
    assert {type(one) for one in refused} <= {StorageUnavailable}
    assert_paid(db, *[1] * len(answered))


# --- Several processes on one database ----------------------------------------------------------


def test_two_servers_share_the_lane_and_lose_nothing(postgres_place: PostgresPlace) -> None:
    one, two = postgres_place.open(), postgres_place.open(clock=lambda: 1_000_000)
    for name in "abcd":
        ask(one, open_account, Account(name, name, "main", 1000))
    moments: dict[int, list[Any]] = {0: [], 1: []}

    def serve(which: int, db: Db) -> None:
        for turn in range(15):
            source, target = "abcd"[turn % 4], "abcd"[(turn + which + 1) % 4]
            ask_together(db, [(move, AskMove(source, target, 7))] * 5)
            moments[which] += [ask(db, write_down, f"{which} {turn}")]

    threads = [
        threading.Thread(target=serve, args=each) for each in ((0, one), (1, two))
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(read(one, balances).values()) == 4000
    assert read(one, everything) == read(two, everything)
    facts = read(one, lambda r: r.query("SELECT seq, at FROM facts ORDER BY seq"))
    assert [seq for seq, _ in facts] == list(range(1, len(facts) + 1))
    assert [at for _, at in facts] == sorted(at for _, at in facts)
    assert len(facts) == 2 * 15 * (5 * 2 + 1)
    assert moments[0] == sorted(moments[0])
    assert moments[1] == sorted(moments[1])
    assert_chain_holds(one)


def test_one_key_sent_to_two_servers_at_once_is_done_once(postgres_place: PostgresPlace) -> None:
    servers = [postgres_place.open() for _ in range(3)]
    ask(servers[0], open_account, Account("a", "ann", "main", 0))
    asked = AskOnce("app", "key", b"", pay, AskPay("a", 5), Account)
    answers: list[Any] = []
    line = threading.Barrier(3)

    def serve(db: Db) -> None:
        line.wait()
        answers.append(ask(db, once, asked))

    threads = [threading.Thread(target=serve, args=(db,)) for db in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [Account("a", "ann", "main", 5)] * 3
    assert_paid(servers[0], 5)


def test_a_process_that_hangs_in_a_transaction_does_not_stop_the_others(
    postgres_place: PostgresPlace,
) -> None:
    hanging, other = postgres_place.open(), postgres_place.open()
    ask(other, open_account, Account("a", "ann", "main", 0))
    hangs, others_went_on = threading.Event(), threading.Event()
    hung: list[Any] = []

    def hang(tx: Tx, _: None) -> int:
        if not hangs.is_set():
            hangs.set()
            others_went_on.wait(PATIENCE_S)
        return pay(tx, AskPay("a", 1)).balance

    thread = threading.Thread(target=lambda: hung.append(ask(hanging, hang, None)))
    thread.start()
    assert hangs.wait(PATIENCE_S)

    assert ask(other, pay, AskPay("a", 2)).balance == 2
    others_went_on.set()
    thread.join()
    assert hung == [3]
    assert_paid(other, 2, 1)


def test_a_row_that_a_stranger_adds_meanwhile_ends_only_the_verb_that_wanted_it(
    postgres_place: PostgresPlace,
) -> None:
    db = postgres_place.open()
    ask(db, open_account, Account("b", "bob", "main", 0))

    def wait_for_the_stranger(tx: Tx, account: Account) -> Account:
        assert tx.find(ACCOUNTS, ("owner", "name"), (account.owner, account.name)) is None
        if not tx.rehearsing:
            with psycopg.connect(postgres_place.url) as stranger:
                stranger.execute(
                    "INSERT INTO try_accounts VALUES ('s', 'cat', 'main', 9) ON CONFLICT DO NOTHING"
                )
        return tx.add(ACCOUNTS, account)

    answers = ask_together(
        db,
        [
            (pay, AskPay("b", 1)),
            (wait_for_the_stranger, Account("c", "cat", "main", 0)),
            (pay, AskPay("b", 2)),
        ],
    )

    assert not isinstance(answers[1], Account)
    assert read(db, balances) == {"b": 3, "s": 9}


def test_the_lane_commits_durably_and_reads_what_it_waited_for(
    postgres_place: PostgresPlace,
) -> None:
    db = postgres_place.open()
    wanted = {
        "synchronous_commit": "on",
        "transaction_isolation": "read committed",
        "plan_cache_mode": "force_custom_plan",
        "idle_in_transaction_session_timeout": "5s",
        "statement_timeout": "30s",
    }

    def settings(tx: Tx, _: None) -> dict[str, str]:
        return {name: tx.query("SELECT current_setting(?)", name)[0][0] for name in wanted}

    assert ask(db, settings, None) == wanted
