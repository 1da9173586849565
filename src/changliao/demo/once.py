"""One purchase in each shop of the street, without a browser: the newcomer's after it came on board."""

import random
from typing import Any

from changliao.demo.errand import Walker, Wish
from changliao.demo.street import FOLK, NEWCOMER, PLACES, Street, packages
from changliao.demo.world import World
from changliao.kernel.money import shown
from changliao.wire.http import monotonic_s


class Disagreement(Exception):
    """Two who should agree do not."""


def agree(what: str, one: Any, other: Any) -> None:
    """Raise unless both are the same."""
    if one != other:
        raise Disagreement(f"{what}: {one!r} is not {other!r}")


async def one_each(world: World, street: Street) -> None:
    """Buy once in each shop and print what each was paid, as its own key tells; raises Disagreement.
    Without the shops' packages the street stays closed."""
    if not packages().is_dir():
        print("The street stays closed: `scripts/setup demo` fetches its packages.\n")
        return
    began = monotonic_s()
    await street.begin(world)
    walker, rng = Walker(street.http, street.client), random.Random(6)
    wish = Wish("wallet", stays=True)
    bank = await walker.run(street.tokens[FOLK[0][0]], street.urls[NEWCOMER], wish, rng)
    agree("the newcomer's checkout before it is on board", bank.ending, "elsewhere")
    turned = monotonic_s()
    await street.sign_newcomer()
    before, after = street.turn_newcomer()
    print("The street (one purchase in each shop)")
    for place, (handle, _) in zip(reversed(PLACES), FOLK, strict=False):
        done = await walker.run(street.tokens[handle], street.urls[place.slug], wish, rng)
        agree(f"{place.en}", done.ending, "paid")
        key = street.key(place.slug)
        payment: Any = await street.client.call("GET", f"/v1/payments/{done.payment_id}", token=key)
        agree(f"what {place.en} was told", payment["status"], "paid")
        amount = shown(payment["amount"], payment["currency"])
        print(f"  {place.en:16} {place.package:26} {amount:>14}")
        if place.slug == NEWCOMER:
            print(f"    came on board in {monotonic_s() - turned:.1f} s by changing one line:")
            print(f"    - {before}\n    + {after}")
    print(f"  all of it took {monotonic_s() - began:.1f} s", flush=True)
