"""Who hears facts while the platform runs."""

from collections import Counter

from changliao.app.following import FOLLOWERS
from tests.wire.platform import Town


async def test_each_follower_runs_once(town: Town) -> None:
    """Two of one name would do everything twice between them, or wait for each other."""
    await town.settled()

    names = Counter(one.name for one in town.platform.news.followers)

    assert {name for name, _ in FOLLOWERS} | {"push", "dialects"} <= names.keys()
    assert set(names.values()) == {1}
