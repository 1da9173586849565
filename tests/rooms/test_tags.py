"""Tags of official accounts: whose they are, who may have them, and that they go with those who go."""

import msgspec
import pytest

from changliao.accounts import service
from changliao.accounts.model import Account
from changliao.accounts.model import refusals as r
from changliao.accounts.model import tags as m
from changliao.accounts.service import reading
from changliao.partners.model import ScopeForbids
from changliao.people.model import Person, PersonNotFound
from changliao.safety.service import mine
from tests.rooms.publishing import Press
from tests.rooms.world import World

WEEK_S = 7 * 86_400 + 1


class Tagging(Press):
    """A shop that tags its followers."""

    def tag(self, account: Account, name: str = "Tea") -> m.Tag:
        """A new tag."""
        return self.world.ask(service.add_tag, m.AskTag(self.shop, account.id, name))

    def mark(self, tag: m.Tag, *who: Person) -> m.Tag:
        """These people get it."""
        ids = tuple(self.open_id(one) for one in who)
        return self.world.ask(service.mark, m.AskMark(self.shop, tag.account_id, tag.number, ids))

    def unmark(self, tag: m.Tag, *who: Person) -> m.Tag:
        """These people have it no more."""
        ids = tuple(self.open_id(one) for one in who)
        ask = m.AskMark(self.shop, tag.account_id, tag.number, remove=ids)
        return self.world.ask(service.mark, ask)

    def tags(self, account: Account) -> list[tuple[str, int]]:
        """What it has, and how many followers each."""
        return [(one.name, one.size) for one in self.world.read(reading.tags, account)]

    def of(self, account: Account, person: Person) -> list[int]:
        """What a person has."""
        return self.world.read(reading.tags_of, account, person.id)

    def who(self, tag: m.Tag, after: str = "", most: int = 100) -> list[str]:
        """Who has it."""
        found = self.world.read(reading.tagged, tag, after, most)
        return [one.person_id for one in found]


@pytest.fixture
def press(world: World) -> Tagging:
    return Tagging(world)


def test_a_name_is_one_tags_and_a_number_is_never_given_again(press: Tagging) -> None:
    account, other = press.account(), press.account("corner_news")
    tea, milk = press.tag(account), press.tag(account, " Milk ")
    assert press.tag(other).number > milk.number > tea.number >= 100
    with press.world.refuses(r.TagTaken, "name"):
        press.tag(account)
    with press.world.refuses(r.TagTaken, "name"):
        press.world.ask(service.rename_tag, m.AskRetag(press.shop, account.id, milk.number, "Tea"))
    same = m.AskRetag(press.shop, account.id, milk.number, "Milk")
    assert press.world.ask(service.rename_tag, same) == milk
    press.world.ask(service.drop_tag, m.AskDropTag(press.shop, account.id, tea.number))
    again = press.tag(account)
    assert again.number > milk.number
    assert press.tags(account) == [("Milk", 0), ("Tea", 0)]
    for bad in ("", "  ", "t" * 31, "a\nb"):
        with press.world.refuses(r.TagInvalid, "name"):
            press.tag(account, bad)
    assert press.tag(account, "茶" * 30).name == "茶" * 30
    assert press.world.wrong() == []


def test_a_hundred_tags_are_all(press: Tagging) -> None:
    account = press.account()
    asks = [(service.add_tag, m.AskTag(press.shop, account.id, f"t{n}")) for n in range(100)]
    press.world.ask_together(asks)
    assert len(press.tags(account)) == 100
    with press.world.refuses(r.TooManyTags, "name"):
        press.tag(account, "one more")


def test_followers_are_tagged_once_and_all_or_none(press: Tagging) -> None:
    account = press.account()
    lin, chen, wang = press.talk.friends("lin", "chen", "wang")
    for one in (lin, chen):
        press.follow(one, account)
    tag = press.tag(account)
    with press.world.refuses(r.NotFollowing, "add"):
        press.mark(tag, lin, wang)
    assert press.mark(tag, lin, lin, chen).size == 2
    assert press.mark(tag, chen).size == 2
    assert press.who(tag) == sorted((lin.id, chen.id))
    assert press.who(tag, after=min(lin.id, chen.id), most=5) == [max(lin.id, chen.id)]
    assert press.unmark(tag, chen, wang).size == 1
    assert (press.of(account, lin), press.of(account, chen)) == ([tag.number], [])
    with press.world.refuses(PersonNotFound):
        press.world.ask(service.mark, m.AskMark(press.shop, account.id, tag.number, ("opn_x",)))
    for crowd in ((), (press.open_id(lin),) * 51):
        with press.world.refuses(r.TagPeopleInvalid):
            press.world.ask(service.mark, m.AskMark(press.shop, account.id, tag.number, crowd))
    assert press.world.wrong() == []


def test_a_person_has_twenty_tags_at_most(press: Tagging) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    press.follow(lin, account)
    tags = [press.tag(account, f"t{n}") for n in range(21)]
    for one in tags[:20]:
        press.mark(one, lin)
    with press.world.refuses(r.PersonTagsFull, "add"):
        press.mark(tags[20], lin)
    assert press.mark(tags[19], lin).size == 1  # What one has already is no more.
    press.unmark(tags[0], lin)
    assert press.mark(tags[20], lin).size == 1


def test_who_unfollows_has_no_tag_and_comes_back_without(press: Tagging) -> None:
    account = press.account()
    lin, chen = press.talk.friends("lin", "chen")
    tea, milk = press.tag(account), press.tag(account, "Milk")
    for one in (lin, chen):
        press.follow(one, account)
        press.mark(tea, one)
    press.mark(milk, lin)
    press.unfollow(lin, account)
    assert press.tags(account) == [("Tea", 1), ("Milk", 0)]
    press.follow(lin, account)
    assert (press.of(account, lin), press.who(tea)) == ([], [chen.id])
    assert press.world.wrong() == []


def test_who_has_gone_for_good_follows_nothing_and_has_no_tag(press: Tagging) -> None:
    world, account = press.world, press.account()
    other = press.account("corner_news")
    lin = world.person("lin", pin="")
    for one in (account, other):
        press.follow(lin, one)
        press.mark(press.tag(one), lin)
    world.ask(mine.leave, lin.id)
    world.clock.forward(WEEK_S)
    world.ask(mine.erase, lin.id)
    world.hear()
    assert press.tags(account) == press.tags(other) == [("Tea", 0)]
    assert (press.size(account), press.size(other)) == (0, 0)
    assert world.newest(account.id).kind == "account.unfollowed"
    assert world.wrong() == []


def test_a_tag_that_is_deleted_leaves_everybody(press: Tagging) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    press.follow(lin, account)
    tag = press.mark(press.tag(account), lin)
    press.world.ask(service.drop_tag, m.AskDropTag(press.shop, account.id, tag.number))
    assert (press.of(account, lin), press.tags(account)) == ([], [])
    with press.world.refuses(r.TagNotFound, "tag"):
        press.mark(tag, lin)
    press.unfollow(lin, account)
    assert press.world.wrong() == []


def test_tags_of_others_do_not_exist_and_a_reader_may_not_change_them(press: Tagging) -> None:
    account, second = press.account(), press.account("corner_news")
    lin = press.world.person("lin", pin="")
    press.follow(lin, account)
    tag, whose = press.tag(account), (press.open_id(lin),)
    other = press.world.shop("Other")
    with press.world.refuses(r.AccountNotFound):
        press.world.ask(service.mark, m.AskMark(other, account.id, tag.number, whose))
    with press.world.refuses(r.AccountNotFound):
        press.world.ask(service.add_tag, m.AskTag(other, account.id, "Mine"))
    with press.world.refuses(r.TagNotFound):
        press.world.ask(service.drop_tag, m.AskDropTag(press.shop, second.id, tag.number))
    with pytest.raises(r.TagNotFound):
        press.world.read(reading.tag, second, tag.number)
    weak = msgspec.structs.replace(press.shop, scopes=("accounts:read",))
    with press.world.refuses(ScopeForbids):
        press.world.ask(service.mark, m.AskMark(weak, account.id, tag.number, whose))


def test_the_audit_names_a_tag_that_counts_wrong_and_one_of_nobody(press: Tagging) -> None:
    account, lin = press.account(), press.world.person("lin", pin="")
    press.follow(lin, account)
    tag = press.mark(press.tag(account), lin)

    def spoil(sql: str) -> list[str]:
        press.world.ask(lambda tx, said: tx.query(said), sql)
        return press.world.wrong()

    wrong = spoil("UPDATE accounts_tags SET size = 2")
    assert any(one.startswith("A6") and str(tag.number) in one for one in wrong)
    spoil("UPDATE accounts_tags SET size = 1")
    wrong = spoil("DELETE FROM chat_members")
    assert any(one.startswith("A7") and lin.id in one for one in wrong)
