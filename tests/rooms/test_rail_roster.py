"""Making rails of what the operator wrote down: what is missing is named, and no key is ever shown."""

import sys
from pathlib import Path
from typing import Any

import pytest

from changliao import command
from changliao.app import rails_of
from changliao.rails.roster import FILE
from changliao.settings import BadSettings, Settings, read_settings
from changliao.wire.rsa import bare, new_pair, pkcs1, private_pem

pytest.importorskip("stripe", reason="stripe is not installed: scripts/setup test")
pytest.importorskip("wechatpayv3.async_", reason="wechatpayv3 is not installed: scripts/setup test")

PRIVATE, PUBLIC = new_pair()


def written(folder: Path, text: str, mode: int = 0o600) -> None:
    (folder / FILE).write_text(text)
    (folder / FILE).chmod(mode)


def alipay(**said: str) -> str:
    account = {
        "app_id": "2021000000000001",
        "private_key": bare(PRIVATE),
        "public_key": bare(PUBLIC),
    }
    return "[alipay]\n" + "".join(f"{k} = '''{v}'''\n" for k, v in (account | said).items())


def wechat(**said: str) -> str:
    account = {
        "mchid": "1900000001",
        "appid": "wx1",
        "serial_no": "0A",
        "private_key": PRIVATE.decode(),
        "apiv3_key": "k" * 32,
        "public_key": PUBLIC,
        "public_key_id": "PUB_KEY_ID_1",
    }
    return "[wechat]\n" + "".join(f"{k} = '''{v}'''\n" for k, v in (account | said).items())


def made(folder: Path, *rails: str, **said: Any) -> dict[str, Any]:
    return dict(rails_of(Settings(dir=folder, rails=rails, **said), lambda: 0))


def refused(folder: Path, *rails: str, **said: Any) -> str:
    with pytest.raises(BadSettings) as error:
        made(folder, *rails, **said)
    return str(error.value)


def test_all_three_are_made_of_one_file_beside_the_play_money(tmp_path: Path) -> None:
    written(tmp_path, alipay() + wechat() + "[stripe]\nsecret_key = 'sk_live_x'\n")
    rails = made(tmp_path, "alipay", "wechat", "stripe", "credit_card")
    assert {name: rail.test_only for name, rail in rails.items()} == {
        "alipay": False,
        "wechat": False,
        "stripe": False,
        "credit_card": True,
    }
    assert not any(rail.top_up for rail in rails.values())


def test_a_sandbox_account_is_play_money_and_never_runs_in_live_mode(tmp_path: Path) -> None:
    written(tmp_path, alipay(mode="test") + "[stripe]\nsecret_key = 'sk_test_x'\n")
    assert all(rail.test_only for rail in made(tmp_path, "alipay", "stripe").values())
    assert "play money" in refused(tmp_path, "alipay", mode="live")


def test_keys_may_be_pem_either_base_64_or_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "ours.pem").write_bytes(PRIVATE)
    for key in (PRIVATE.decode(), bare(PRIVATE), bare(pkcs1(PRIVATE)), "ours.pem"):
        written(tmp_path, alipay(private_key=key))
        assert list(made(tmp_path, "alipay")) == ["alipay"]
    with pytest.raises(ValueError, match="not a private key"):
        private_pem("AAAA")


def test_the_file_may_stand_elsewhere(tmp_path: Path) -> None:
    written(tmp_path, alipay())
    settings = read_settings(
        {"CHANGLIAO_RAILS": "alipay", "CHANGLIAO_RAILS_FILE": str(tmp_path / FILE)}
    )
    assert list(rails_of(settings, lambda: 0)) == ["alipay"]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    assert "there are" in refused(tmp_path, "alypay")
    assert "cannot be read" in refused(tmp_path, "alipay")
    written(tmp_path, alipay(), 0o644)
    assert "chmod 600" in refused(tmp_path, "alipay")
    written(tmp_path, alipay())
    assert "no table [wechat]" in refused(tmp_path, "wechat")
    written(tmp_path, "[alipay")
    assert "not TOML" in refused(tmp_path, "alipay")
    written(tmp_path, "alipay = 3\n")
    assert "[alipay]" in refused(tmp_path, "alipay")
    written(tmp_path, "[alipay]\napp_id = '1'\n")
    assert "private_key" in refused(tmp_path, "alipay")
    written(tmp_path, alipay(gate_way="x"))
    assert "gate_way" in refused(tmp_path, "alipay")
    written(tmp_path, alipay(private_key="gone.pem"))
    assert "gone.pem cannot be read" in refused(tmp_path, "alipay")


@pytest.mark.parametrize("rail", ["alipay", "wechat"])
def test_a_key_that_is_none_is_refused_without_being_shown(tmp_path: Path, rail: str) -> None:
    table = {"alipay": alipay, "wechat": wechat}[rail]
    written(tmp_path, table(private_key="c2VjcmV0"))
    said = refused(tmp_path, rail)
    assert "a key is none" in said and "c2VjcmV0" not in said


@pytest.mark.parametrize("rail", ["stripe", "wechat"])
async def test_a_rail_without_its_sdk_is_refused_and_the_doctor_says_so(
    tmp_path: Path, rail: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = {"stripe": "stripe", "wechat": "wechatpayv3"}[rail]
    written(tmp_path, wechat() + "[stripe]\nsecret_key = 'sk_live_x'\n")
    monkeypatch.delitem(sys.modules, f"changliao.rails.{rail}", raising=False)
    for name in [one for one in sys.modules if one.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    assert "requirements/rails.txt" in refused(tmp_path, rail)
    assert await command.doctor(Settings(dir=tmp_path, rails=(rail,))) == 1
    told = capsys.readouterr().out
    assert f"TROUBLE  rails: the rail {rail} needs the package" in told


def test_no_secret_of_an_account_is_shown(tmp_path: Path) -> None:
    written(tmp_path, alipay() + wechat() + "[stripe]\nsecret_key = 'sk_live_x'\n")
    for rail in made(tmp_path, "alipay", "wechat", "stripe").values():
        shown = repr(rail._account)
        assert (
            "k" * 32 not in shown and "sk_live_x" not in shown and bare(PRIVATE)[40:80] not in shown
        )
