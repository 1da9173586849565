"""Media in the books: announced, kept, posted, seen, taken back and forgotten."""

from collections.abc import Callable

import msgspec
import pytest

from changliao.bus.jobs import JOBS
from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.media import model as m
from changliao.media import rules, service
from changliao.media.model import AskAnnounce, AskKeep, AskRelease, AskUse, Blob, Kept, Kind, Media
from changliao.media.store import BLOBS, MEDIA
from tests.rooms.world import World

DIGEST, OTHER = "ab" * 32, "cd" * 32
SHOWN, SMALL = "01" * 32, "02" * 32
DAY_S = 86400


def announce(world: World, person: str = "per_lin", kind: Kind = "image", **said: str) -> Media:
    content_type = {"voice": "audio/ogg", "file": "text/plain"}.get(kind, "image/png")
    sha256 = said.pop("sha256", DIGEST)
    return world.ask(service.announce, AskAnnounce(person, kind, content_type, 9, sha256, **said))


def upload(
    world: World, person: str = "per_lin", kind: Kind = "image", blob: str = SHOWN, **said: str
) -> Media:
    """A media that is whole."""
    media = announce(world, person, kind, **said)
    ask = AskKeep(person, media.id, Kept(blob, 8, SMALL, 4, 3))
    world.ask(service.claim, ask)
    return world.ask(service.finish, ask)


def blobs(world: World) -> dict[str, int]:
    return {blob.sha256: blob.uses for blob in world.everything()[BLOBS.name]}


def media_now(world: World, media: Media) -> Media:
    return world.read(service.media_of, [media.id])[media.id]


def nobody(_reader: Reader, _person_id: str, _scope: str) -> bool:
    return False


def members(**scopes: str) -> Callable[[Reader, str, str], bool]:
    """`cv_1="per_wang"`: who is in which conversation."""
    return lambda _reader, person_id, scope: scopes.get(scope) == person_id


def test_a_ticket_waits_until_its_bytes_are_kept(world: World) -> None:
    ticket = announce(world, name="folder/cat.png")
    assert (ticket.state, ticket.name, ticket.size, ticket.used) == ("waiting", "cat.png", 9, 0)
    assert world.read(service.awaited, "per_lin", ticket.id, world.clock()) == ticket
    ask = AskKeep("per_lin", ticket.id, Kept(SHOWN, 8, SMALL, 4, 3))
    with world.refuses(m.MediaBusy):
        world.ask(service.finish, ask)
    world.ask(service.claim, ask)
    assert blobs(world) == {SHOWN: 1, SMALL: 1}
    world.ask(service.claim, ask)  # A crash before the end: the same is uploaded again.
    assert blobs(world) == {SHOWN: 1, SMALL: 1}
    whole = world.ask(service.finish, ask)
    assert (whole.state, whole.size, whole.width, whole.height) == ("ready", 8, 4, 3)
    assert world.facts(whole.id) == ["media.stored"]
    for verb in (service.claim, service.finish):
        with world.refuses(m.AlreadyUploaded, "id"):
            world.ask(verb, ask)
    assert world.wrong() == []


def test_an_upload_that_turns_out_otherwise_claims_otherwise(world: World) -> None:
    ticket = announce(world)
    world.ask(service.claim, AskKeep("per_lin", ticket.id, Kept(SHOWN, 8, SMALL)))
    world.ask(service.claim, AskKeep("per_lin", ticket.id, Kept(OTHER, 8, SMALL)))
    assert blobs(world) == {SHOWN: 0, SMALL: 1, OTHER: 1}
    assert world.read(service.unneeded) == [SHOWN]
    assert world.wrong() == []


def test_a_ticket_is_its_persons_alone_and_ends(world: World) -> None:
    ticket = announce(world)
    ask = AskKeep("per_wang", ticket.id, Kept(SHOWN, 8))
    for verb in (service.claim, service.finish):
        with world.refuses(m.MediaNotFound, "id"):
            world.ask(verb, ask)
    with pytest.raises(m.MediaNotFound):
        world.read(service.awaited, "per_wang", ticket.id, world.clock())
    with pytest.raises(m.TicketOver):
        world.read(service.awaited, "per_lin", ticket.id, ticket.expires_at)


def test_the_same_bytes_are_whole_at_once_for_the_same_person_alone(world: World) -> None:
    first = upload(world, name="a.png")
    again = announce(world, name="b.png", same_as=first.id)
    assert again.id != first.id
    assert (again.state, again.name, again.blob) == ("ready", "b.png", SHOWN)
    assert blobs(world) == {SHOWN: 2, SMALL: 2}
    for other in (
        announce(world, "per_wang", same_as=first.id),
        announce(world, sha256=OTHER, same_as=first.id),
        announce(world, kind="avatar", same_as=first.id),
    ):
        assert other.state == "waiting"
    assert {one.id for one in world.read(service.own_with, "per_lin", DIGEST)} == {
        again.id,
        first.id,
    }
    assert world.read(service.own_with, "per_wang", DIGEST) == []
    assert world.wrong() == []


def test_a_day_is_counted_for_each_person(world: World) -> None:
    ask = AskAnnounce("per_lin", "file", "a/b", 100 * rules.MIB, DIGEST)
    for _ in range(20):
        world.ask(service.announce, ask)
    with world.refuses(m.MediaQuotaUsed, "size"):
        world.ask(service.announce, ask)
    world.ask(service.announce, msgspec.structs.replace(ask, person_id="per_wang"))
    world.clock.forward(DAY_S)
    world.ask(service.announce, ask)


def test_what_is_posted_in_a_scope_is_seen_by_whoever_sees_the_scope(world: World) -> None:
    media = upload(world)
    may_see = members(cv_1="per_wang", cv_2="per_mei")
    assert world.read(service.seen, may_see, "per_lin", media.id) == (media, False)
    with pytest.raises(m.MediaNotFound):
        world.read(service.seen, may_see, "per_wang", media.id, "cv_1")

    used = world.ask(service.use, AskUse("per_lin", media.id, "image", "cv_1"))

    assert used.used == 1
    for scope in ("", "cv_1", "cv_9"):
        assert world.read(service.seen, may_see, "per_wang", media.id, scope) == (used, False)
    for stranger in ("per_mei", ""):
        with pytest.raises(m.MediaNotFound):
            world.read(service.seen, may_see, stranger, media.id, "cv_1")
    with pytest.raises(m.MediaNotFound):
        world.read(service.seen, may_see, "per_wang", announce(world).id)


def test_public_is_for_the_signed_in_and_open_for_the_world(world: World) -> None:
    media = upload(world)
    world.ask(service.use, AskUse("per_lin", media.id, "image", m.PUBLIC))
    assert world.read(service.seen, nobody, "per_wang", media.id)[1] is False
    with pytest.raises(m.MediaNotFound):
        world.read(service.seen, nobody, "", media.id)
    world.ask(service.use, AskUse("per_lin", media.id, "image", m.OPEN))
    for who in ("", "per_wang", "per_lin"):
        assert world.read(service.seen, nobody, who, media.id)[1] is True


def test_a_media_is_posted_by_its_owner_or_forwarded_by_who_has_it(world: World) -> None:
    media = upload(world)
    stranger = AskUse("per_wang", media.id, "image", "cv_2", ("cv_1",))
    with world.refuses(m.MediaNotFound, "media"):
        world.ask(service.use, stranger)
    world.ask(service.use, AskUse("per_lin", media.id, "image", "cv_1"))
    with world.refuses(m.MediaNotFound, "media"):
        world.ask(service.use, msgspec.structs.replace(stranger, scopes=()))
    assert world.ask(service.use, stranger).used == 2
    world.ask(service.use, AskUse("per_lin", media.id, "image", m.PUBLIC))
    assert world.ask(service.use, AskUse("per_mei", media.id, "image", "cv_3")).used == 4
    assert world.wrong() == []


def test_only_what_is_whole_and_of_that_kind_is_posted(world: World) -> None:
    ticket, voice = announce(world), upload(world, kind="voice", sha256=OTHER)
    with world.refuses(m.MediaNotFound, "media"):
        world.ask(service.use, AskUse("per_lin", ticket.id, "image", "cv_1"))
    with world.refuses(m.MediaNotFound, "media"):
        world.ask(service.use, AskUse("per_lin", "med_nobody", "image", "cv_1"))
    with world.refuses(m.WrongMediaKind, "media", kind="voice"):
        world.ask(service.use, AskUse("per_lin", voice.id, "image", "cv_1"))
    with world.refuses(m.MediaNotFound, "media"):  # Its kind is none of a stranger's business.
        world.ask(service.use, AskUse("per_wang", voice.id, "image", "cv_1"))


def test_each_posting_is_taken_back_by_itself(world: World) -> None:
    media = upload(world)
    post, back = AskUse("per_lin", media.id, "image", "cv_1"), AskRelease(media.id, "cv_1")
    world.ask(service.use, post)
    assert world.ask(service.use, post).used == 1
    world.ask(service.release, back)
    may_see = members(cv_1="per_wang")
    assert world.read(service.seen, may_see, "per_wang", media.id)
    world.ask(service.release, back)
    assert media_now(world, media).used == 0
    with pytest.raises(m.MediaNotFound):
        world.read(service.seen, may_see, "per_wang", media.id, "cv_1")
    before = world.everything()
    world.ask(service.release, back)
    world.ask(service.release, AskRelease("med_nobody", "cv_1"))
    assert world.everything() == before
    world.ask(service.use, post)
    assert media_now(world, media).used == 1
    assert world.wrong() == []


def test_a_scope_that_is_no_more_gives_everything_back(world: World) -> None:
    found = [upload(world, sha256=f"{n:064x}") for n in range(3)]
    for media in found:
        for scope in ("cv_1", "cv_1", "cv_2"):
            world.ask(service.use, AskUse("per_lin", media.id, "image", scope))
    world.ask(service.release_scope, "cv_1")
    [job] = world.everything()[JOBS.name]
    assert (job.kind, job.about) == (service.RELEASE, "cv_1")

    assert world.ask(service.release_some, "cv_1") is False

    may_see = members(cv_1="per_wang", cv_2="per_mei")
    for media in found:
        assert media_now(world, media).used == 1
        assert world.read(service.seen, may_see, "per_mei", media.id)
        with pytest.raises(m.MediaNotFound):
            world.read(service.seen, may_see, "per_wang", media.id)
    assert world.wrong() == []


def test_what_nobody_finished_or_posted_goes_and_its_blobs_when_nobody_needs_them(
    world: World,
) -> None:
    unfinished, posted, unposted = announce(world), upload(world), upload(world, blob=OTHER)
    world.ask(service.use, AskUse("per_lin", posted.id, "image", "cv_1"))
    assert world.ask(service.forget_loose, None) is False
    assert len(world.everything()[MEDIA.name]) == 3

    world.clock.forward(DAY_S + 1)
    world.ask(service.forget_loose, None)
    left = {media.id for media in world.everything()[MEDIA.name]}
    assert left == {posted.id, unposted.id} and unfinished.id not in left

    world.clock.forward(6 * DAY_S)
    world.ask(service.forget_loose, None)
    assert {media.id for media in world.everything()[MEDIA.name]} == {posted.id}
    assert blobs(world) == {SHOWN: 1, OTHER: 0, SMALL: 1}
    assert world.facts(unposted.id) == ["media.stored", "media.forgotten"]
    assert world.wrong() == []

    world.ask(service.release, AskRelease(posted.id, "cv_1"))
    world.ask(service.forget_loose, None)
    assert (
        media_now(world, posted).used == 0
    )  # A week begins anew with the last posting taken back.
    world.clock.forward(7 * DAY_S + 1)
    world.ask(service.forget_loose, None)
    assert (blobs(world), world.everything()["media_grants"]) == (
        {SHOWN: 0, OTHER: 0, SMALL: 0},
        [],
    )


def test_a_blob_that_is_being_dropped_is_not_claimed(world: World) -> None:
    upload(world)
    world.clock.forward(7 * DAY_S + 1)
    world.ask(service.forget_loose, None)
    assert sorted(world.read(service.unneeded)) == [SHOWN, SMALL]
    ticket = announce(world)
    ask = AskKeep("per_lin", ticket.id, Kept(SHOWN, 8, SMALL))
    with world.refuses(m.MediaBusy):
        world.ask(service.claim, ask)

    world.ask(service.forget_blobs, (SHOWN, SMALL))

    world.ask(service.claim, ask)
    world.ask(service.forget_blobs, (SHOWN, SMALL))  # A second process was slower: nothing happens.
    assert blobs(world) == {SHOWN: 1, SMALL: 1}
    assert world.ask(service.finish, ask).state == "ready"


def test_the_audit_sees_rows_that_do_not_fit(world: World) -> None:
    media = upload(world)
    world.ask(service.use, AskUse("per_lin", media.id, "image", "cv_1"))
    assert world.wrong() == []

    def break_it(tx: Tx, _: None) -> None:
        tx.get(BLOBS, SHOWN)
        tx.put(BLOBS, Blob(SHOWN, 0))
        found = tx.get(MEDIA, media.id)
        assert found is not None
        tx.put(MEDIA, msgspec.structs.replace(found, used=5))

    world.ask(break_it, None)
    assert world.wrong() == [
        f"media: blob {SHOWN} is counted 0 times and needed 1 times",
        f"media: {media.id} is whole and its blob is not",
        f"media: {media.id} is counted in 5 scopes and posted in 1",
    ]
