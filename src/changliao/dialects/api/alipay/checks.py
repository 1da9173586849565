"""The self-check of a shop: keys, clock, callback, and what was wrong with its last request."""

from changliao.dialects import service
from changliao.dialects.api.alipay import forms
from changliao.dialects.api.alipay.notices import HEADERS, Notices
from changliao.dialects.api.diary import Heard
from changliao.dialects.api.ground import Ground
from changliao.dialects.model import Account
from changliao.dialects.port import Check
from changliao.wire.rsa import signed, verifies

_PROOF = b"changliao self-check"


async def all_of(
    ground: Ground, notices: Notices, account: Account, private_key: bytes, public_key: str
) -> list[Check]:
    """Every line of the check. Nothing of it writes; the shop is sent one form that is about nothing."""
    heard = ground.diary.of(account.id)
    signature = await ground.keyring.pool.run(lambda: signed(private_key, _PROOF))
    return [
        _ours(verifies(public_key, _PROOF, signature)),
        _signature(heard),
        _clock(heard),
        await _callback(ground, notices, account),
    ]


def _ours(fits: bool) -> Check:
    if fits:
        return Check("our_key", True, "Our key pair signs and verifies.", "our_key_fits")
    return Check("our_key", False, "Our own key pair does not fit; tell the operator.", "our_key")


def _signature(heard: list[Heard]) -> Check:
    if not heard:
        says = "No request of this app id has come here since the server started."
        return Check("signature", False, says, "no_request")
    last = heard[0]
    if not last.trouble:
        return Check(
            "signature", True, f"The last request is signed well: {last.what}", "signed_well",
            {"what": last.what},
        )  # fmt: skip
    says = f"The last request was refused with {last.trouble}. We think this should be signed: {last.signed}"
    figures = {"what": last.what, "trouble": last.trouble, "signed": last.signed}
    return Check("signature", False, says, "refused", figures)


def _clock(heard: list[Heard]) -> Check:
    if not heard:
        return Check("clock", False, "No request has shown your clock yet.", "no_clock")
    last = heard[0]
    off = forms.skew_s(last.what.partition(" ")[2], last.at)
    if off is None:
        return Check("clock", False, "The last timestamp is none.", "no_clock")
    figures = {"seconds": str(off)}
    if abs(off) > forms.SKEW_S:
        says = f"Your clock is {off} s off; more than {forms.SKEW_S} s is refused (use Beijing time or UTC)."
        return Check("clock", False, says, "clock_off", figures)
    return Check("clock", True, f"Your clock is {off} s off, which is fine.", "clock_fine", figures)


async def _callback(ground: Ground, notices: Notices, account: Account) -> Check:
    url = await ground.db.read(service.newest_notify_url, account.id)
    if not url:
        says = "No order has named a notify_url yet."
        return Check("callback", False, says, "no_callback")
    form = await notices.form(
        account, {"notify_type": "self_check", "app_id": account.number, "charset": "utf-8"}
    )
    told = await ground.outbound.post(url, form, HEADERS)
    figures = {
        "url": url,
        "status": str(told.status),
        "trouble": told.trouble,
        "excerpt": told.excerpt[:100],
    }
    if told.trouble:
        return Check(
            "callback", False, f"{url} could not be told: {told.trouble}", "callback_fails", figures
        )
    says = f"{url} answered {told.status}: {told.excerpt[:100]!r}"
    return Check("callback", True, says, "callback_answers", figures)
