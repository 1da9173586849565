"""Passwords: how they are hashed, where, how many at a time, and what the queue says when it is full."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from changliao.people.api.passwords import AT_ONCE_MAX, WAITING_MAX, Passwords
from changliao.people.api.proving import prove
from changliao.people.model import AskTry, SignInBusy
from tests.wire.platform import PASSWORD, Town


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    found = Passwords()
    yield found
    found.close()


def at_work() -> set[threading.Thread]:
    """The threads that hash."""
    return {one for one in threading.enumerate() if one.name.startswith("argon2")}


async def test_the_hash_itself_says_19_mib_two_passes_one_lane(passwords: Passwords) -> None:
    kept = await passwords.hash(PASSWORD)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in kept
    assert kept != await passwords.hash(PASSWORD)
    assert await passwords.matches(kept, PASSWORD)
    assert not await passwords.matches(kept, PASSWORD + " ")


async def test_nobodys_password_never_matches_not_even_the_one_it_is_checked_against(
    passwords: Passwords,
) -> None:
    assert not await passwords.matches(None, "nobody")
    assert not await passwords.matches("no hash", "no hash")


async def test_two_are_hashed_at_a_time_in_threads_while_the_loop_goes_on(
    passwords: Passwords,
) -> None:
    before = at_work()
    asked = [asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(8)]
    turns = 0
    while not all(task.done() for task in asked):
        await asyncio.sleep(0)
        turns += 1
        assert len(at_work() - before) <= AT_ONCE_MAX == 2
    assert turns > 8
    assert len(at_work() - before) == 2
    assert len({task.result() for task in asked}) == 8


async def test_a_queue_that_is_full_refuses_and_takes_again_when_it_is_done(
    passwords: Passwords,
) -> None:
    waiting = [asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(WAITING_MAX)]
    await asyncio.sleep(0)

    with pytest.raises(SignInBusy) as refused:
        await passwords.hash(PASSWORD)

    assert refused.value.retry_after_s == 2
    assert all(one.startswith("$argon2id$") for one in await asyncio.gather(*waiting))
    assert await passwords.hash(PASSWORD)


class Full(Passwords):
    """Passwords whose queue is full."""

    async def matches(self, kept: str | None, password: str) -> bool:
        raise SignInBusy(retry_after_s=2)


async def test_a_password_that_could_not_be_checked_counts_as_no_try(town: Town) -> None:
    lin = await town.person()
    full = Full()

    with pytest.raises(SignInBusy):
        await prove(town.platform.db, full, AskTry(lin.handle, "127.0.0.1"), PASSWORD)

    full.close()
    [kept] = await town.platform.db.read(
        lambda reader: reader.query(
            "SELECT failures, until FROM people_throttles WHERE name = ?", f"handle:{lin.handle}"
        )
    )
    assert kept == (0, 0)
