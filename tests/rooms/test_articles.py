"""Articles of official accounts: written, scheduled, published, posted, taken back, shared, read."""

import msgspec
import pytest

from changliao.accounts import service
from changliao.accounts.model import articles as am
from changliao.accounts.model import refusals as r
from changliao.accounts.service import reading
from changliao.bus.jobs import JOBS
from changliao.kernel.instant import DAY_US, HOUR_US, MINUTE_US
from changliao.media.model import MediaNotFound
from tests.rooms.publishing import Press
from tests.rooms.world import World


@pytest.fixture
def press(world: World) -> Press:
    return Press(world)


def test_an_article_is_written_published_posted_and_taken_back_for_good(press: Press) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    press.follow(lin, account)
    draft = press.draft(account)
    with pytest.raises(r.ArticleNotFound):
        press.world.read(reading.article, draft.id)
    done = press.publish(draft, broadcast=True)
    assert (done.state, done.posted) == ("published", 2)
    assert press.world.read(reading.article, draft.id)[0] == done
    with press.world.refuses(r.ArticleState):
        press.publish(done)
    gone = press.withdraw(done)
    assert gone.state == "recalled"
    assert press.feed(lin, account) == ["recalled:", "recall:"]
    with press.world.refuses(r.ArticleState):
        press.publish(gone)
    assert press.world.wrong() == []


def test_what_is_scheduled_is_published_when_it_is_due_and_not_before(press: Press) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    press.follow(lin, account)
    due_at = press.world.clock.now_us + HOUR_US
    article = press.publish(press.draft(account), at=due_at, broadcast=True)
    assert article.state == "scheduled"
    job = press.world.read(lambda reader: reader.rows(JOBS, "WHERE kind = ?", service.PUBLISH))
    assert [(one.about, one.run_at) for one in job] == [(article.id, due_at)]
    assert press.world.ask(service.publish_due, article.id) == due_at
    press.world.clock.now_us = due_at
    assert press.world.ask(service.publish_due, article.id) == 0
    assert press.world.ask(service.publish_due, article.id) == 0
    assert press.feed(lin, account) == ["article:"]
    draft = press.draft(account)
    for late in (due_at + MINUTE_US, due_at + 61 * DAY_US):
        with press.world.refuses(r.DueInvalid, "at"):
            press.publish(draft, at=late)


def test_a_scheduled_post_takes_its_place_of_its_day_at_once_and_gives_it_back(
    press: Press,
) -> None:
    account = press.account()
    tomorrow = (press.world.clock.now_us // DAY_US + 1) * DAY_US + HOUR_US
    waiting = [press.publish(press.draft(account), at=tomorrow, broadcast=True) for _ in range(10)]
    draft = press.draft(account)
    with press.world.refuses(r.PostsUsed):
        press.publish(draft, at=tomorrow, broadcast=True)
    assert press.withdraw(waiting[0]).state == "draft"
    press.publish(draft, at=tomorrow, broadcast=True)


def test_pictures_belong_to_who_writes_and_the_world_sees_them_once_published(
    press: Press,
) -> None:
    account, mei = press.account(), press.world.person("mei", pin="")
    picture = press.talk.uploaded(mei)
    blocks = (am.Picture(picture, "Tea"),)
    with press.world.refuses(MediaNotFound):
        press.draft(account, blocks=blocks)
    member = msgspec.structs.replace(press.shop, actor=mei.id)
    ask = am.AskWrite(member, account.id, "article", "Tea", blocks)
    article = press.world.ask(service.write, ask)
    assert article.blocks == (am.Picture(picture, "Tea", 40, 30),)
    again = msgspec.structs.replace(ask, caller=press.shop, article_id=article.id)
    assert press.world.ask(service.write, again).blocks == article.blocks
    press.publish(article)
    assert _open_media(press) == [picture]
    press.withdraw(article)
    assert _open_media(press) == []


def test_a_statement_stands_under_the_partners_name(press: Press) -> None:
    account = press.account()
    press.publish(press.draft(account, "Recall of kettles", kind="statement"))
    press.publish(press.draft(account, "Tea"))
    found = press.world.read(reading.statements, press.shop.partner_id, 0, 10)
    assert [one.title for one in found] == ["Recall of kettles"]
    listed = press.world.read(reading.articles, account, "article", 0, 10)
    assert [one.title for one in listed] == ["Tea"]


def test_an_article_is_shared_where_one_may_write_and_counted_once(press: Press) -> None:
    account = press.account()
    lin, chen = press.talk.friends("lin", "chen")
    where = press.talk.direct(lin, chen)
    article = press.publish(press.draft(account))
    ask = am.AskShare(lin.id, article.id, where.id, "share-1")
    entry = press.world.ask(service.share, ask)
    assert press.world.ask(service.share, ask) == entry
    assert msgspec.json.decode(entry.body)["digest"] == "Green tea is in."
    assert press.world.read(reading.statistics, article.id).shares == 1


def test_reads_come_in_heaps_and_each_reader_counts_once_a_day(press: Press) -> None:
    article = press.publish(press.draft(press.account()))
    today = press.world.clock.now_us // DAY_US
    heaps = (
        am.Reading(article.id, today, 5, ("per_1", "per_2")),
        am.Reading(article.id, today, 1, ("per_1",)),
        am.Reading(article.id, today + 1, 2, ("per_2", "per_3")),
        am.Reading("art_none", today, 7, ()),
    )
    for heap in heaps:
        press.world.ask(service.count_reads, am.AskCount((heap,)))
    found = press.world.read(reading.statistics, article.id)
    assert (found.readers, found.reads) == (3, 8)
    days = [(one.day - today, one.reads, one.readers) for one in found.days]
    assert days == [(1, 2, 2), (0, 6, 2)]
    assert press.world.wrong() == []


def _open_media(press: Press) -> list[str]:
    sql = "SELECT media_id FROM media_grants WHERE scope = 'open' AND uses > 0"
    return [row[0] for row in press.world.read(lambda reader: reader.query(sql))]
