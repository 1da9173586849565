"""The threads that sign: everybody gets the signature asked for, and the loop goes on meanwhile."""

import asyncio
from collections.abc import Iterator

import pytest

from changliao.wire.rsa import TOGETHER, RsaPool, new_pair, verifies

PRIVATE, PUBLIC = new_pair()
MANY = 3 * TOGETHER + 1


@pytest.fixture
def pool() -> Iterator[RsaPool]:
    made = RsaPool()
    yield made
    made.close()


async def test_each_of_many_at_once_gets_the_signature_of_its_own_content(pool: RsaPool) -> None:
    contents = [b"order %d" % number for number in range(MANY)]
    signatures = await asyncio.gather(*[pool.sign(PRIVATE, one) for one in contents])
    for content, signature in zip(contents, signatures, strict=True):
        assert verifies(PUBLIC, content, signature)
    assert not verifies(PUBLIC, contents[0], signatures[1])


async def test_the_loop_goes_on_while_signatures_are_made(pool: RsaPool) -> None:
    signing = asyncio.gather(*[pool.sign(PRIVATE, b"x") for _ in range(MANY)])
    turns = 0
    while not signing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > MANY  # In the loop's own thread there would be one turn or two.
    await signing


async def test_a_pool_that_was_idle_signs_again(pool: RsaPool) -> None:
    for number in range(3):
        content = b"%d" % number
        assert verifies(PUBLIC, content, await pool.sign(PRIVATE, content))
        await asyncio.sleep(0.01)


async def test_a_key_that_is_none_fails_its_own_signature_alone(pool: RsaPool) -> None:
    asked = [pool.sign(PRIVATE, b"a"), pool.sign(b"no key", b"b"), pool.sign(PRIVATE, b"c")]
    first, trouble, last = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(trouble, ValueError)
    assert isinstance(first, str) and verifies(PUBLIC, b"a", first)
    assert isinstance(last, str) and verifies(PUBLIC, b"c", last)


async def test_who_goes_away_keeps_nobody_else_from_a_signature(pool: RsaPool) -> None:
    tasks = [asyncio.create_task(pool.sign(PRIVATE, b"%d" % one)) for one in range(MANY)]
    await asyncio.sleep(0)
    for task in tasks[1::2]:
        task.cancel()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    for number, signature in enumerate(told):
        if number % 2 == 0:
            assert isinstance(signature, str) and verifies(PUBLIC, b"%d" % number, signature)
