"""Search finds official accounts and their articles as long as the world may see them."""

import shutil
from collections.abc import Iterator

import pytest

from changliao.accounts import model as am
from changliao.accounts import service as accounts
from changliao.accounts.model.articles import Heading, Listing, Paragraph, Span
from changliao.app.made import FOUND
from changliao.chat.service import reading
from changliao.kernel.instant import DAY_US
from changliao.search.port import Query
from tests.places import quick_folder
from tests.rooms.finding import Finder
from tests.rooms.publishing import Press
from tests.rooms.world import World


@pytest.fixture
def press(world: World) -> Press:
    return Press(world)


@pytest.fixture
def finder(world: World) -> Iterator[Finder]:
    folder = quick_folder()
    yield Finder(world, folder)
    shutil.rmtree(folder)


def test_an_account_is_found_by_name_handle_and_intro_while_it_may_speak(
    press: Press, finder: Finder
) -> None:
    world = press.world
    lin = world.person("lin", pin="")
    tea = press.account("corner")
    press.change(tea, name="山茶铺", intro="只卖春茶")
    for words in ("山茶", "茶铺", "春茶", "corner", "山茶 corn"):
        assert finder.find(lin, words) == [("accounts", "山茶铺", "corner · 只卖春茶")]
    [(_, document, shown)] = finder.found(lin, "山茶")
    assert (document.id, shown.account, shown.handle) == (tea.id, tea.id, "corner")
    assert (shown.conversation, shown.article) == ("", "")
    press.change(tea, name="龙井坊")
    assert finder.find(lin, "山茶") == []
    assert finder.find(lin, "龙井") == [("accounts", "龙井坊", "corner · 只卖春茶")]
    world.ask(accounts.suspend, am.AskSuspend("operator", tea.id, "It sold nothing."))
    assert finder.find(lin, "龙井") == []
    world.ask(accounts.suspend, am.AskSuspend("operator", tea.id, ""))
    assert [row[:2] for row in finder.find(lin, "龙井")] == [("accounts", "龙井坊")]


def test_an_article_is_found_by_title_digest_and_words_from_publishing_until_it_is_recalled(
    press: Press, finder: Finder
) -> None:
    lin = press.world.person("lin", pin="")
    account = press.account("corner", name="山茶铺")
    blocks = (
        Heading(1, (Span("冲泡"),)),
        Paragraph((Span("水温"), Span("八十度", bold=True))),
        Listing(False, ((Span("玻璃杯"),),)),
    )
    draft = press.draft(account, "明前龙井上市", blocks=blocks, digest="今年第一批")
    assert finder.find(lin, "龙井") == []
    press.publish(draft)
    for words in ("龙井", "上市", "第一", "冲泡", "温八", "玻璃", "龙井 玻璃"):
        [(kind, document, shown)] = finder.found(lin, words)
        assert (kind, shown.title, shown.article) == ("articles", "明前龙井上市", draft.id)
        assert (document.id, shown.account, shown.number) == (draft.id, account.id, 0)
        assert shown.text.startswith("山茶铺 · 今年第一批 · ")
    press.withdraw(draft)
    assert finder.find(lin, "龙井") == []


def test_an_article_recalled_a_moment_ago_or_of_a_suspended_account_is_not_shown(
    press: Press, finder: Finder
) -> None:
    lin = press.world.person("lin", pin="")
    account = press.account()
    gone, kept = (press.publish(press.draft(account, f"龙井 {n}")) for n in (1, 2))
    source = next(one for one in FOUND if one.kind == "articles")
    query = Query("龙井", press.world.read(source.scopes, lin.id), ("articles",))
    finder.hear()
    press.withdraw(gone)
    stale = finder.run(lambda search: search.find(query)).items
    shown = press.world.read(source.shown, lin.id, stale)
    assert [one.article if one else None for one in shown] == [kept.id, None]
    press.world.ask(accounts.suspend, am.AskSuspend("operator", account.id, "Spam"))
    assert press.world.read(source.shown, lin.id, stale) == [None, None]
    assert finder.find(lin, "龙井") == []


def test_a_scheduled_article_and_a_statement_are_found_once_they_are_published(
    press: Press, finder: Finder
) -> None:
    lin = press.world.person("lin", pin="")
    account = press.account()
    due_at = press.world.clock.now_us + DAY_US
    later = press.publish(press.draft(account, "谷雨新茶"), at=due_at)
    press.publish(press.draft(account, "召回水壶", kind="statement"))
    assert finder.find(lin, "新茶") == []
    assert [row[:2] for row in finder.find(lin, "水壶")] == [("articles", "召回水壶")]
    press.world.clock.now_us = due_at
    press.world.ask(accounts.publish_due, later.id)
    assert [row[:2] for row in finder.find(lin, "新茶")] == [("articles", "谷雨新茶")]


def test_what_an_account_posts_is_found_by_followers_where_it_stands(
    press: Press, finder: Finder
) -> None:
    lin, mei = press.world.person("lin", pin=""), press.world.person("mei", pin="")
    account = press.account("corner", name="山茶铺")
    press.follow(lin, account)
    press.post(account, "周一店休")
    posted = press.publish(press.draft(account, "明前龙井"), broadcast=True)
    [(kind, _, shown)] = finder.found(lin, "店休")
    assert (kind, shown.conversation) == ("messages", account.feed)
    assert (shown.title, shown.account, shown.person) == ("山茶铺", account.id, "")
    log = press.world.read(reading.after, lin.id, account.feed, 0, 10).entries
    assert [one.kind for one in log if one.number == shown.number] == ["text"]
    kinds = [(kind, one.article) for kind, _, one in finder.found(lin, "龙井")]
    assert kinds == [("messages", ""), ("articles", posted.id)]
    assert [row[0] for row in finder.find(mei, "龙井")] == ["articles"]
    assert finder.find(mei, "店休") == []
