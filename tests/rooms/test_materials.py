"""Pictures that an official account keeps: its own alone, and as long as it likes."""

import msgspec
import pytest

from changliao.accounts import service
from changliao.accounts.model import refusals as r
from changliao.accounts.model.materials import AskMaterial
from changliao.accounts.service import reading
from changliao.media import service as media
from changliao.media.model import MediaNotFound, WrongMediaKind
from changliao.partners.model import ScopeForbids
from tests.rooms.publishing import Press
from tests.rooms.test_media import DAY_S, upload
from tests.rooms.world import World


@pytest.fixture
def press(world: World) -> Press:
    return Press(world)


def test_a_picture_is_kept_though_nobody_was_shown_it_until_it_is_let_go(press: Press) -> None:
    world, account = press.world, press.account()
    one = upload(world, press.shop.uploader)
    ask = AskMaterial(press.shop, account.id, one.id)
    kept = world.ask(service.keep_material, ask)
    assert world.ask(service.keep_material, ask) == kept
    world.clock.forward(30 * DAY_S)
    world.ask(media.forget_loose, None)
    assert world.read(reading.material, account, one.id).id == one.id
    assert world.read(reading.materials, account, 0, 5) == [kept]
    assert world.wrong() == []
    world.ask(service.drop_material, ask)
    assert world.read(reading.materials_of, account) == 0
    with world.refuses(MediaNotFound, "media"):
        world.ask(service.drop_material, ask)
    world.clock.forward(30 * DAY_S)
    world.ask(media.forget_loose, None)
    assert world.read(media.media_of, [one.id]) == {}
    assert world.wrong() == []


def test_only_a_picture_of_the_apps_own_is_kept_and_by_who_may_write(press: Press) -> None:
    world, account = press.world, press.account()
    other = world.shop("Other")
    mine, foreign = upload(world, press.shop.uploader), upload(world, other.uploader)
    file = upload(world, press.shop.uploader, "file")
    weak = msgspec.structs.replace(press.shop, scopes=("accounts:read",))
    for caller, media_id, refusal in (
        (press.shop, foreign.id, MediaNotFound),
        (press.shop, file.id, WrongMediaKind),
        (other, foreign.id, r.AccountNotFound),
        (weak, mine.id, ScopeForbids),
    ):
        with world.refuses(refusal):
            world.ask(service.keep_material, AskMaterial(caller, account.id, media_id))


def test_pictures_come_latest_first_and_the_audit_names_one_that_nobody_holds(
    press: Press,
) -> None:
    world, account = press.world, press.account()
    found = [upload(world, press.shop.uploader).id for _ in range(3)]
    for one in found:
        world.ask(service.keep_material, AskMaterial(press.shop, account.id, one))
    page = world.read(reading.materials, account, 1, 1)
    assert [one.media_id for one in page] == [found[1]]
    with pytest.raises(MediaNotFound):
        world.read(reading.material, press.account("corner_news"), found[0])
    world.ask(lambda tx, said: tx.query(said), "UPDATE media_grants SET uses = 0")
    assert any(one.startswith("A8") for one in world.wrong())
