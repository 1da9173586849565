"""Official accounts: following, posts without a write per follower, articles, answers by rule and by hand."""

from collections.abc import Callable

import msgspec
import pytest

from changliao.accounts import model as m
from changliao.accounts import service
from changliao.accounts.model import Button, Choice, Rule
from changliao.accounts.model import refusals as r
from changliao.accounts.model import talks as tm
from changliao.accounts.service import reading
from changliao.chat.model.refusals import ClientIdInvalid, ClientIdReused, NotAllowedHere
from changliao.chat.service import reading as chat_reading
from changliao.chat.store import MEMBERS
from changliao.db.driver import Reader
from changliao.db.table import ALL
from changliao.db.tx import Tx
from changliao.kernel.instant import DAY_US, HOUR_US, MINUTE_US
from changliao.partners import service as partners
from changliao.partners.model import RoleForbids, ScopeForbids
from changliao.people.model import PersonNotFound
from tests.rooms.publishing import Press, text
from tests.rooms.world import World


@pytest.fixture
def press(world: World) -> Press:
    return Press(world)


# Accounts -----------------------------------------------------------------------------------


def test_the_first_account_of_an_app_is_its_own_and_handles_are_given_once(press: Press) -> None:
    first = press.account("corner")
    second = press.account("corner_news")
    assert (first.own_of, second.own_of) == (press.shop.app_id, None)
    with press.world.refuses(r.HandleTaken, "handle"):
        press.account("corner")
    with press.world.refuses(r.OwnTaken, "own"):
        press.account("corner_two", own=True)
    for bad in ("Tea", "abc", "1abc", "acc_tea", "a" * 31, "té_shop"):
        with press.world.refuses(r.HandleInvalid, "handle"):
            press.account(bad)


def test_another_apps_account_does_not_exist(press: Press) -> None:
    account = press.account()
    other = press.world.shop("Other")
    with press.world.refuses(r.AccountNotFound):
        press.world.ask(service.change, m.AskChange(other, account.id, name="Mine"))
    with pytest.raises(r.AccountNotFound):
        press.world.read(reading.readable, other, account.id)


def test_a_key_without_the_scope_and_one_of_the_other_mode_may_not(press: Press) -> None:
    account = press.account()
    weak = msgspec.structs.replace(press.shop, scopes=("accounts:read",))
    with press.world.refuses(ScopeForbids):
        press.world.ask(service.change, m.AskChange(weak, account.id, name="Mine"))
    live = msgspec.structs.replace(press.shop, mode="live")
    with press.world.refuses(r.AccountNotFound):
        press.world.ask(service.change, m.AskChange(live, account.id, name="Mine"))
    assert press.change(account, mode="live").mode == "live"
    assert (
        press.world.ask(service.change, m.AskChange(live, account.id, name="Mine")).name == "Mine"
    )


def test_a_finance_member_may_not_speak_for_it(press: Press) -> None:
    account = press.account()
    scopes = ("payments:read", "balances:read")
    member = msgspec.structs.replace(press.shop, actor="per_1", scopes=scopes)
    with press.world.refuses(RoleForbids):
        press.world.ask(service.change, m.AskChange(member, account.id, name="Mine"))


def test_the_same_change_again_is_no_fact(press: Press) -> None:
    account = press.account(name="Corner shop")
    assert press.world.newest(account.id).fields == ("name",)
    count = len(press.world.facts(account.id))
    assert press.change(account, name="Corner shop") == account
    assert len(press.world.facts(account.id)) == count


# Following and posts ------------------------------------------------------------------------


def test_who_follows_hears_from_then_on_and_who_stops_hears_no_more(press: Press) -> None:
    account = press.account()
    lin, chen = press.talk.friends("lin", "chen")
    press.follow(lin, account)
    press.post(account, "one")
    press.follow(chen, account)
    press.post(account, "two")
    assert press.feed(lin, account) == ["text:one", "text:two"]
    assert press.feed(chen, account) == ["text:two"]
    press.unfollow(lin, account)
    press.post(account, "three")
    assert press.feed(lin, account) == ["text:one", "text:two"]
    assert press.size(account) == 1
    assert press.world.wrong() == []


def test_following_twice_and_leaving_twice_is_once(press: Press) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    press.follow(lin, account)
    press.follow(lin, account)
    press.unfollow(lin, account)
    press.unfollow(lin, account)
    press.follow(lin, account)
    kinds = press.world.facts(account.id)
    assert kinds.count("account.followed") == 2 and kinds.count("account.unfollowed") == 1
    assert press.world.newest(account.id).first is False
    assert press.size(account) == 1


def test_a_post_shows_in_the_next_sync_of_a_follower_and_a_new_follower_in_nobodys(
    press: Press,
) -> None:
    account = press.account()
    lin, chen = press.talk.friends("lin", "chen")
    press.follow(lin, account)
    _, cursor = press.world.read(chat_reading.changed_since, lin.id, 0)
    press.follow(chen, account)
    assert press.world.read(chat_reading.changed_since, lin.id, cursor)[0] == []
    press.post(account, "news")
    places, cursor = press.world.read(chat_reading.changed_since, lin.id, cursor)
    (row,) = press.world.read(chat_reading.seen, places)
    assert (row.title, row.name, row.last and row.last.number) == ("Corner", "Corner", 2)
    assert press.world.read(chat_reading.changed_since, lin.id, cursor)[0] == []


def test_another_name_shows_in_the_next_sync_of_followers(press: Press) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    press.follow(lin, account)
    _, cursor = press.world.read(chat_reading.changed_since, lin.id, 0)
    press.change(account, name="Corner tea")
    places, _ = press.world.read(chat_reading.changed_since, lin.id, cursor)
    assert [one.title for one in press.world.read(chat_reading.seen, places)] == ["Corner tea"]


def test_a_post_writes_as_many_rows_for_a_hundred_thousand_followers_as_for_one(
    press: Press,
) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    press.follow(lin, account)
    press.post(account, "the first of the day")
    few = _rows_written(press, lambda: press.post(account, "for one"))
    columns = [one for one in MEMBERS.columns if one != "person_id"]
    rest = ", ".join(columns)
    for turn in range(17):  # Each time as many again.
        more = f"SELECT person_id || 'x{turn}', {rest} FROM chat_members"
        press.world.ask(_run, f"INSERT INTO chat_members (person_id, {rest}) {more}")
    press.world.ask(_run, "UPDATE chat_conversations SET size = 131072")
    many = _rows_written(press, lambda: press.post(account, "for all"))
    assert many == few
    assert "followers" not in many and many["chat_entries"] == 1
    assert press.feed(lin, account)[-1] == "text:for all"


def test_only_the_account_writes_into_its_feed_and_nobody_sees_who_follows(press: Press) -> None:
    account = press.account()
    lin, chen = press.world.person("lin", pin=""), press.world.person("chen", pin="")
    press.follow(lin, account)
    press.follow(chen, account)
    press.post(account)
    feed = press.world.read(chat_reading.place, lin.id, account.feed).conversation
    for kind, said in (("text", {}), ("react", {"body": {"emoji": "👍"}, "ref": 1})):
        with press.world.refuses(NotAllowedHere):
            press.talk.post(lin, feed, kind, **said)  # type: ignore[arg-type]
    assert press.world.read(chat_reading.knows, lin.id, chen.id) is False


def test_the_same_post_again_is_the_same_and_other_words_are_refused(press: Press) -> None:
    account = press.account()
    first = press.post(account, "one", client_id="a")
    assert press.post(account, "one", client_id="a") == first
    with press.world.refuses(ClientIdReused, "id"):
        press.post(account, "two", client_id="a")
    with press.world.refuses(ClientIdInvalid, "id"):
        press.post(account, "two", client_id="#a")


def test_ten_posts_a_day_and_the_next_day_ten_again(press: Press) -> None:
    account = press.account()
    for number in range(10):
        press.post(account, f"post {number}")
    with press.world.refuses(r.PostsUsed):
        press.post(account, "one more")
    press.world.clock.now_us += DAY_US
    press.post(account, "next day")


def test_a_recalled_post_says_nothing_to_anybody(press: Press) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    press.follow(lin, account)
    post = press.post(account, "oops")
    press.world.ask(service.recall_post, tm.AskRecall(press.shop, account.id, post.number))
    press.world.ask(service.recall_post, tm.AskRecall(press.shop, account.id, post.number))
    assert press.feed(lin, account) == ["recalled:", "recall:"]
    with press.world.refuses(r.PostNotFound, "number"):
        press.world.ask(service.recall_post, tm.AskRecall(press.shop, account.id, 99))


def test_a_suspended_account_is_silent_and_nobody_new_follows_it(press: Press) -> None:
    account = press.account()
    lin, chen = press.talk.friends("lin", "chen")
    press.follow(lin, account)
    press.write(lin, account, "hello")
    press.world.ask(service.suspend, m.AskSuspend("per_op", account.id, "It sold nothing."))
    with press.world.refuses(r.AccountSuspended):
        press.post(account)
    with press.world.refuses(r.AccountNotFound):
        press.follow(chen, account)
    with press.world.refuses(NotAllowedHere):
        press.write(lin, account, "still there?")
    assert press.world.read(reading.seen, lin.id, _now(press, account)).followed
    with pytest.raises(r.AccountNotFound):
        press.world.read(reading.seen, chen.id, _now(press, account))
    press.world.ask(service.suspend, m.AskSuspend("per_op", account.id, ""))
    press.post(account, "back")
    assert press.world.wrong() == []


def test_a_closed_account_takes_no_new_followers(press: Press) -> None:
    account, lin = press.account(open=False), press.world.person("lin", pin="")
    with press.world.refuses(r.AccountClosed):
        press.follow(lin, account)


# Answers ------------------------------------------------------------------------------------


def test_the_first_follow_is_welcomed_and_no_later_one(press: Press) -> None:
    account = press.account(welcome=(text("Welcome"), text("Write to us")))
    lin = press.world.person("lin", pin="")
    press.follow(lin, account)
    press.unfollow(lin, account)
    press.follow(lin, account)
    assert press.said(lin, account) == ["text:Welcome", "text:Write to us"]


def test_the_first_rule_that_fits_answers_and_the_fallback_once_an_hour(press: Press) -> None:
    account = press.account(fallback=(text("A human reads this later."),))
    press.rules(
        account,
        Rule("exact", ("Hours",), (text("9 to 5"),)),
        Rule("contains", ("hour", "退货"), (text("Ask about hours."), text("Or returns."))),
    )
    lin = press.world.person("lin", pin="")
    for words in (" hours ", "我要退货", "hm", "hm?"):
        press.write(lin, account, words)
    assert press.said(lin, account) == [
        "text: hours ",
        "text:9 to 5",
        "text:我要退货",
        "text:Ask about hours.",
        "text:Or returns.",
        "text:hm",
        "text:A human reads this later.",
        "text:hm?",
    ]
    told = press.world.newest(account.id)
    assert (told.answered, told.taken, told.person) == (False, False, press.open_id(lin))
    press.world.clock.now_us += HOUR_US + MINUTE_US
    press.write(lin, account, "well")
    assert press.said(lin, account)[-1] == "text:A human reads this later."


def test_the_app_answers_for_48_hours_and_then_sends_templates_only(press: Press) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    with press.world.refuses(r.TalkNotFound):
        press.answer(lin, account, "Hello?")
    press.write(lin, account, "hi")
    first = press.answer(lin, account, "Hello", client_id="a")
    assert press.answer(lin, account, "Hello", client_id="a") == first
    press.world.clock.now_us += 48 * HOUR_US + MINUTE_US
    with press.world.refuses(r.ReplyWindowOver, "person"):
        press.answer(lin, account, "Still there?")
    made = press.world.ask(
        service.add_template, tm.AskTemplate(press.shop, account.id, "Parcel", "{name}: {where}")
    )
    fields = {"name": "{where}", "where": "on its way"}
    send = tm.AskSend(press.shop, account.id, press.open_id(lin), made.id, fields, "", "b")
    entry = press.world.ask(service.send_template, send)
    body = msgspec.json.decode(entry.body)
    assert (body["title"], body["text"]) == ("Parcel", "{where}: on its way")
    with press.world.refuses(r.FieldsInvalid, "fields"):
        press.world.ask(service.send_template, msgspec.structs.replace(send, fields={"name": "x"}))


def test_a_template_reaches_followers_and_payers_and_nobody_else(press: Press) -> None:
    account = press.account()
    lin, chen = press.talk.friends("lin", "chen")
    payer = press.world.person("payer", money=1000)
    payment = press.world.payment(press.shop, 500)
    press.world.confirm(payer, payment)
    press.world.hear()
    made = press.world.ask(
        service.add_template, tm.AskTemplate(press.shop, account.id, "News", "Hello")
    )
    press.follow(lin, account)
    for number, one in enumerate((lin, payer)):
        ask = tm.AskSend(press.shop, account.id, press.open_id(one), made.id, {}, "", f"t{number}")
        press.world.ask(service.send_template, ask)
    with press.world.refuses(r.TalkNotFound):
        ask = tm.AskSend(press.shop, account.id, press.open_id(chen), made.id, {}, "", "t9")
        press.world.ask(service.send_template, ask)
    assert press.said(payer, account) == ["pay", "template:Hello"]


def test_receipts_stand_in_the_talk_with_the_apps_own_account_registered_later(
    press: Press,
) -> None:
    payer = press.world.person("payer", money=1000)
    payment = press.world.payment(press.shop, 500)
    press.world.confirm(payer, payment)
    press.world.hear()
    account = press.account(fallback=(text("Thanks"),))
    press.write(payer, account, "my receipt?")
    assert press.said(payer, account) == ["pay", "text:my receipt?", "text:Thanks"]
    places, _ = press.world.read(chat_reading.changed_since, payer.id, 0)
    assert [one.face.account_id for one in places if one.face] == [account.id]


def test_a_member_takes_over_and_rules_are_silent_until_it_is_handed_back(press: Press) -> None:
    account = press.account(fallback=(text("Auto"),))
    lin, mei = press.world.person("lin", pin=""), press.world.person("mei", pin="")
    press.write(lin, account, "one")
    member = msgspec.structs.replace(press.shop, actor=mei.id)
    take = tm.AskTake(member, account.id, press.open_id(lin))
    with press.world.refuses(r.OnlyMembers):
        press.world.ask(service.take_over, msgspec.structs.replace(take, caller=press.shop))
    press.world.ask(service.take_over, take)
    other = msgspec.structs.replace(press.shop, actor="per_other")
    with press.world.refuses(r.TakenByAnother):
        press.world.ask(service.take_over, msgspec.structs.replace(take, caller=other))
    press.world.clock.now_us += 2 * HOUR_US
    press.write(lin, account, "two")
    assert press.world.newest(account.id).taken
    assert [one.person_id for one in _waiting(press, account)] == [lin.id]
    press.answer(lin, account, "By hand", caller=member)
    assert _waiting(press, account) == []
    press.world.ask(service.hand_back, take)
    press.world.clock.now_us += 2 * HOUR_US
    press.write(lin, account, "three")
    said = ["one", "Auto", "two", "By hand", "three", "Auto"]
    assert press.said(lin, account) == [f"text:{one}" for one in said]


def test_a_button_replies_once_per_press_and_tells_the_app(press: Press) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    menu = (
        Button("Ask", "ask", "reply", text="What?"),
        Button("More", "more", "menu", buttons=(Choice("Ping", "ping", "event"),)),
    )
    press.world.ask(service.put_menu, m.AskMenu(press.shop, account.id, menu))
    for key, press_id in (("ask", "1"), ("ask", "1"), ("ping", "2")):
        press.world.ask(service.press, tm.AskPress(lin.id, account.id, key, press_id))
    assert press.said(lin, account) == ["text:What?"]
    assert press.world.newest(account.id).key == "ping"
    press.answer(lin, account, "Pong")
    with press.world.refuses(r.ButtonNotFound):
        press.world.ask(service.press, tm.AskPress(lin.id, account.id, "more", "3"))


def test_open_ids_of_another_app_mean_nobody(press: Press) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    press.write(lin, account, "hi")
    stranger = partners.open_id_of(press.world.db.vault, press.world.shop("Other").app_id, lin.id)
    ask = tm.AskAnswer(press.shop, account.id, stranger, "text", b'{"text":"hi"}', "a")
    with press.world.refuses(PersonNotFound):
        press.world.ask(service.answer, ask)


def _waiting(press: Press, account: m.Account) -> list[tm.Talk]:
    return press.world.read(reading.talks, account, True, 0, 10)


def _now(press: Press, account: m.Account) -> m.Account:
    return press.world.read(reading.account, account.id)


def _run(tx: Tx, sql: str) -> None:
    tx.query(sql)


def _rows_written(press: Press, act: Callable[[], object]) -> dict[str, int]:
    """How many rows of which tables are new or others; and that no follower's row is."""

    def look(reader: Reader) -> dict[str, int]:
        found = {
            one.name: reader.query(f"SELECT COUNT(*) FROM {one.name}")[0][0]
            for one in ALL
            if one.value.__module__.startswith("changliao.")
        }
        sql = "SELECT SUM(version) + SUM(read_s) + SUM(mentioned_s) FROM chat_members"
        return found | {"followers": int(reader.query(sql)[0][0])}

    before = press.world.read(look)
    act()
    after = press.world.read(look)
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}
