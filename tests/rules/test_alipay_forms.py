"""Alipay's forms by properties: any bytes are read or refused, amounts are exact, signatures cover all."""

import contextlib
from decimal import Decimal
from urllib.parse import urlencode

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from changliao.dialects.api.alipay import forms
from changliao.dialects.api.alipay.faults import Fault
from changliao.dialects.api.alipay.forms import Asked

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
FORM = "application/x-www-form-urlencoded"


@given(st.integers(1, 10**15))
def test_every_amount_comes_back_as_it_went(minor: int) -> None:
    assert forms.cents({"a": forms.yuan(minor)}, "a") == minor


@given(st.text("0123456789.eE+-_ ,０٣", max_size=12))
def test_an_amount_is_exact_or_refused(text: str) -> None:
    try:
        minor = forms.cents({"a": text}, "a")
    except Fault:
        return
    assert minor > 0 and Decimal(minor) == Decimal(text) * 100


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(query: bytes, body: bytes) -> None:
    with contextlib.suppress(Fault):
        said = forms.asked(query, body, FORM)
        forms.common(said)
        forms.content(said)


@given(st.text(max_size=60))
def test_any_content_is_an_object_or_refused(text: str) -> None:
    with contextlib.suppress(Fault):
        assert isinstance(forms.content(Asked({"biz_content": text})), dict)


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.booleans())
def test_query_and_form_are_one_whichever_carries_a_parameter(
    params: dict[str, str], all_in_form: bool
) -> None:
    params.pop("charset", None)
    names = sorted(params)
    here = names if all_in_form else names[::2]
    form = urlencode({name: params[name] for name in here}).encode()
    query = urlencode({name: params[name] for name in names if name not in here}).encode()
    assert forms.asked(query, form, FORM).params == params


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=6), st.data())
def test_the_signed_text_changes_with_every_value(
    params: dict[str, str], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(params)))
    other = data.draw(VALUES)
    changed = params | {name: other}
    same = {k: v for k, v in params.items() if v} == {k: v for k, v in changed.items() if v}
    if not any("&" in value or "=" in value for value in (*params.values(), other)):
        assert (forms.signed_text(params) == forms.signed_text(changed)) == same


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_an_answer_is_json_around_the_bytes_that_were_signed(told: dict[str, str]) -> None:
    inner = forms.inner(told)
    whole = forms.answer("alipay.trade.query", inner, "c2lnbg==")
    assert msgspec.json.decode(whole) == {"alipay_trade_query_response": told, "sign": "c2lnbg=="}
    assert inner in whole


@given(st.integers(0, 4_000_000_000))
def test_a_time_that_is_shown_is_the_time_that_was_meant(seconds: int) -> None:
    at = seconds * 1_000_000
    assert at in forms.moment(forms.shown(at)) and forms.skew_s(forms.shown(at), at) == 0
