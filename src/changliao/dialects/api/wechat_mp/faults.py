"""Refusals in the words of the platform: a number and a sentence, always with HTTP 200."""

import msgspec

from changliao.kernel.refusal import Exhausted, Forbidden, NotFound, Refusal
from changliao.wire.call import Answer

BUSY, BAD_TOKEN, NO_TOKEN, EXPIRED = -1, 40001, 41001, 42001
BAD_APP, BAD_SECRET, NO_MENU, BAD_JSON = 40013, 40125, 46003, 47001

_BY_CODE = {
    "official_account_not_found": BAD_APP,
    "person_not_found": 40003,
    "media_not_found": 40007,
    "wrong_media_kind": 40004,
    "media_type_unknown": 40005,
    "media_type_wrong": 40005,
    "picture_unreadable": 40005,
    "media_too_large": 40006,
    "picture_too_large": 40006,
    "menu_invalid": 40018,
    "template_not_found": 40037,
    "template_fields_invalid": 47003,
    "message_too_long": 45002,
    "message_empty": 44004,
    "reply_window_over": 45015,
    "talk_not_found": 43004,
    "not_following": 43004,
    "tag_not_found": 45159,
    "tag_invalid": 45157,
    "tag_taken": 45157,
    "too_many_tags": 45056,
    "tag_people_invalid": 40032,
    "person_tags_full": 45059,
    "official_account_suspended": 48001,
    "bad_json": BAD_JSON,
    "rate_limited": 45009,
}
"""The platform's return codes, as its "global return codes" page lists them."""


class Fault(Exception):
    """An answer with a number of the platform."""

    def __init__(self, number: int, says: str) -> None:
        super().__init__(says)
        self.number, self.says = number, says


def told(number: int, says: str) -> Answer:
    """The answer."""
    return Answer(msgspec.json.encode({"errcode": number, "errmsg": says}))


def of(refusal: Refusal) -> Answer:
    """A refusal of ours in its words."""
    number = _BY_CODE.get(refusal.code)
    if number is None:
        number = 40035
        if isinstance(refusal, Exhausted):
            number = 45009
        elif isinstance(refusal, Forbidden | NotFound):
            number = 48001
    return told(number, f"{refusal.detail} ({refusal.code})")
