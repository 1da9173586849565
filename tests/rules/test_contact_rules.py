"""Texts that may be shown, how long requests are open and to whom, how many a day, how two people stand."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.kernel.instant import DAY_US, SECOND_US
from changliao.people import model as m
from changliao.people.model import Person, PersonId
from changliao.people.model import contacts as mc
from changliao.people.model.contacts import Asking, Contact, ContactRequest
from changliao.people.model.profiles import AskProfile, Between, ProfileInvalid
from changliao.people.rules import contacts as rules
from changliao.people.rules import profiles
from tests.rules.samples import NOW

LIN, WANG = PersonId("per_1"), PersonId("per_2")
HOSTILE = ["\0", "a\x1b[31m", "a\u202eb", "a\u2066b", "\ud800", "a\u2028b", "a\x7f", "\ufeff"]
MOMENTS = st.integers(NOW - 60 * DAY_US, NOW + 60 * DAY_US)


def asked(state: mc.RequestState = "open", at: int = NOW, hidden: bool = False) -> ContactRequest:
    """What Lin asked Wang."""
    return ContactRequest("cr_1", LIN, WANG, "", state, hidden, at)


# Texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_what_controls_or_turns_what_stands_beside_it_is_refused(text: str) -> None:
    for check, said in ((rules.request_text, text), (rules.remark, text)):
        with pytest.raises(mc.ContactTextInvalid):
            check(said)
    with pytest.raises(mc.ContactTextInvalid):
        rules.tags([text])
    for ask in (AskProfile(LIN, region=text), AskProfile(LIN, bio=text)):
        with pytest.raises(ProfileInvalid) as refused:
            profiles.profile(ask)
        assert refused.value.field == ("region" if ask.region else "bio")


@pytest.mark.parametrize("text", ["林小满", "👩‍👩‍👧", "می‌خواهم", "é" * 40, ""])
def test_what_people_write_is_taken(text: str) -> None:
    assert rules.remark(f" {text} ") == text


def test_only_texts_of_several_lines_have_several() -> None:
    assert rules.request_text("a\nb") == "a\nb"
    assert profiles.profile(AskProfile(LIN, bio="a\nb")) == {"bio": "a\nb"}
    with pytest.raises(mc.ContactTextInvalid):
        rules.remark("a\nb")
    with pytest.raises(ProfileInvalid):
        profiles.profile(AskProfile(LIN, region="a\nb"))


@given(st.integers(0, 200))
def test_each_text_is_as_long_as_is_said_and_no_longer(length: int) -> None:
    text = "字" * length
    for most, check in (
        (100, lambda: rules.request_text(text)),
        (40, lambda: rules.remark(text)),
        (20, lambda: rules.tags([text])),
        (40, lambda: profiles.profile(AskProfile(LIN, region=text))),
        (120, lambda: profiles.profile(AskProfile(LIN, bio=text))),
    ):
        if length > most or (most == 20 and not length):
            with pytest.raises((mc.ContactTextInvalid, ProfileInvalid)):
                check()
        else:
            check()


@given(st.lists(st.text("ab ", min_size=1, max_size=3), max_size=30))
def test_tags_are_kept_in_their_order_each_once(given_: list[str]) -> None:
    stripped = [one.strip() for one in given_]
    if not all(stripped) or len(set(stripped)) > 20:
        with pytest.raises(mc.ContactTextInvalid):
            rules.tags(given_)
        return
    found = rules.tags(given_)
    assert list(found) == sorted(set(stripped), key=stripped.index)
    assert rules.tags(found) == found


@pytest.mark.parametrize(
    "avatar", ["x", "per_01J5ZZZZZZZZZZZZZZZZZZZZZZ", "med_", "https://a.b/c.png"]
)
def test_an_avatar_is_the_id_of_a_picture_or_nothing(avatar: str) -> None:
    with pytest.raises(ProfileInvalid) as refused:
        profiles.profile(AskProfile(LIN, avatar=avatar))
    assert refused.value.field == "avatar"
    for good in ("", "med_01J5ZZZZZZZZZZZZZZZZZZZZZZ"):
        assert profiles.profile(AskProfile(LIN, avatar=good)) == {"avatar": good}


def test_what_is_not_said_stays() -> None:
    assert profiles.profile(AskProfile(LIN)) == {}
    assert profiles.profile(AskProfile(LIN, name=" Lin ", findable=False)) == {
        "name": "Lin",
        "findable": False,
    }
    with pytest.raises(m.NameInvalid):
        profiles.profile(AskProfile(LIN, name=""))


# Requests -----------------------------------------------------------------------------------


@given(MOMENTS, st.sampled_from(["open", "declined"]), st.booleans())
def test_who_asked_cannot_tell_no_answer_from_a_no_or_a_block(
    at: int, state: mc.RequestState, hidden: bool
) -> None:
    shown = rules.state_for(asked(state, at, hidden), LIN, NOW)
    assert shown == ("expired" if at + 30 * DAY_US <= NOW else "open")


@given(MOMENTS, st.sampled_from(["open", "accepted", "declined"]), st.booleans())
def test_only_an_open_request_to_me_that_i_am_shown_can_be_answered(
    at: int, state: mc.RequestState, hidden: bool
) -> None:
    request = asked(state, at, hidden)
    if hidden:
        with pytest.raises(mc.ContactRequestNotFound):
            rules.answerable(request, WANG, NOW)
    elif rules.state_for(request, WANG, NOW) == "open":
        assert rules.answerable(request, WANG, NOW) is request
    else:
        with pytest.raises(mc.ContactRequestAnswered):
            rules.answerable(request, WANG, NOW)
    with pytest.raises(mc.ContactRequestNotFound):
        rules.answerable(request, LIN, NOW)


@given(st.lists(st.integers(0, 8 * 3600), min_size=1, max_size=120), st.integers(0, 5))
def test_no_day_has_more_requests_than_one_may_send(gaps: list[int], days_old: int) -> None:
    born, now = NOW - days_old * DAY_US, NOW
    asking, sent = Asking(LIN, 0, 0), Counter[int]()
    for gap in gaps:
        now += gap * SECOND_US
        most = 10 if now < born + 3 * DAY_US else 30
        if now < asking.since + DAY_US and asking.count >= most:
            with pytest.raises(mc.ContactRequestsUsedUp) as refused:
                rules.one_more(asking, born, now)
            again = now + refused.value.retry_after_s * SECOND_US
            assert rules.one_more(asking, born, again).count == 1
            assert rules.one_more(asking, born, again).since >= asking.since + DAY_US
        else:
            asking = rules.one_more(asking, born, now)
            sent[asking.since] += 1
            assert sent[asking.since] == asking.count <= most


# How two stand ------------------------------------------------------------------------------

ROWS = st.none() | st.builds(
    Contact,
    st.just(LIN),
    st.just(WANG),
    st.sampled_from([0, NOW - 5]),
    blocked_at=st.sampled_from([0, 1]),
)
REQUESTS = st.none() | st.builds(
    asked, st.sampled_from(["open", "accepted", "declined"]), MOMENTS, st.booleans()
)


@given(ROWS, ROWS, ROWS, REQUESTS, REQUESTS)
def test_what_they_did_with_me_changes_nothing_of_how_they_stand_to_me(
    mine: Contact | None,
    theirs: Contact | None,
    other: Contact | None,
    sent: ContactRequest | None,
    got: ContactRequest | None,
) -> None:
    one = profiles.standing(Between(mine, theirs, sent, got), NOW)
    assert one == profiles.standing(Between(mine, other, sent, got), NOW)
    if mine is not None and mine.blocked_at:
        assert one == "blocked"
    elif mine is not None and mine.since:
        assert one == "contact"
    elif one == "asked":
        assert got is not None and not got.hidden and got.state == "open"
    elif one == "requested":
        assert sent is not None and sent.state != "accepted"


def test_nobody_is_a_stranger_to_oneself() -> None:
    lin = Person(LIN, "lin", "Lin", "en", False, "", NOW)
    profile = profiles.profile_of(LIN, lin, Between(), NOW)
    assert (profile.relation, profile.request_id) == ("self", "")
    assert profiles.shares(profile, Between())
