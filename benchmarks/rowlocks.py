"""What most write instead of a ledger: rows locked in PostgreSQL, one transaction for each transfer."""

import multiprocessing
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

Row = tuple[Any, ...]

PROCESSES, THREADS = 2, 8
"""Connections in all: 16. Two processes, so that one interpreter is not what is measured."""

SCHEMA = """
    CREATE TABLE accounts (id bigint PRIMARY KEY, balance bigint NOT NULL);
    CREATE TABLE transfers (
        id bigserial PRIMARY KEY, debit bigint NOT NULL, credit bigint NOT NULL,
        amount bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE FUNCTION transfer(a bigint, b bigint, m bigint) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE has bigint; made bigint;
    BEGIN
        PERFORM 1 FROM accounts WHERE id IN (a, b) ORDER BY id FOR UPDATE;
        SELECT balance INTO has FROM accounts WHERE id = a;
        IF has < m THEN RAISE EXCEPTION 'too little'; END IF;
        UPDATE accounts SET balance = balance - m WHERE id = a;
        UPDATE accounts SET balance = balance + m WHERE id = b;
        INSERT INTO transfers (debit, credit, amount) VALUES (a, b, m) RETURNING id INTO made;
        RETURN made;
    END $$;
"""
FILL = "INSERT INTO accounts SELECT n, 1000000000 FROM generate_series(0, %s) AS n"

Transfer = Callable[["psycopg.Connection[Row]", int, int, int], None]


def textbook(db: "psycopg.Connection[Row]", debit: int, credit: int, amount: int) -> None:
    """Lock both rows in the order of their ids, look, write, commit."""
    with db.transaction():
        rows: list[tuple[int, int]] = db.execute(
            "SELECT id, balance FROM accounts WHERE id IN (%s, %s) ORDER BY id FOR UPDATE",
            (debit, credit),
        ).fetchall()
        if dict(rows)[debit] < amount:
            raise AssertionError("too little")
        change = "UPDATE accounts SET balance = balance + %s WHERE id = %s"
        db.execute(change, (-amount, debit))
        db.execute(change, (amount, credit))
        db.execute(
            "INSERT INTO transfers (debit, credit, amount) VALUES (%s, %s, %s)",
            (debit, credit, amount),
        )


def stored_function(db: "psycopg.Connection[Row]", debit: int, credit: int, amount: int) -> None:
    """The same in one round trip."""
    db.execute("SELECT transfer(%s, %s, %s)", (debit, credit, amount))


def per_s(
    url: str, how: Transfer, accounts: int, seconds: float, pick: Callable[..., tuple[int, int]]
) -> float:
    """Transfers a second over all connections, each with one transfer at a time."""
    context = multiprocessing.get_context("fork")
    rates: Any = context.Queue()
    processes = [
        context.Process(target=_process, args=(url, how, accounts, seconds, pick, seed, rates))
        for seed in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found = sum(rates.get(timeout=seconds + 60) for _ in processes)
    for process in processes:
        process.join()
    return float(found)


def _process(
    url: str,
    how: Transfer,
    accounts: int,
    seconds: float,
    pick: Callable[..., tuple[int, int]],
    seed: int,
    rates: Any,
) -> None:
    done = [0] * THREADS
    began = time.monotonic()

    def work(place: int) -> None:
        chance = random.Random(seed * THREADS + place)
        with psycopg.connect(url, autocommit=True) as db:
            db.prepare_threshold = 0
            while time.monotonic() < began + seconds:
                how(db, *pick(chance, accounts), 1)
                done[place] += 1

    threads = [threading.Thread(target=work, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rates.put(sum(done) / (time.monotonic() - began))
