"""The verbs of bots."""

from changliao.bots.service.bots import change_bot, end_bot, let_watch, make_bot, set_commands
from changliao.bots.service.gates import end_gate, open_secret, reseal_gate, resealable, set_gate
from changliao.bots.service.hearing import AppOf, carer, hear_chat
from changliao.bots.service.hooks import end_hook, make_hook, post_by_hook
from changliao.bots.service.seats import seat, unseat
from changliao.bots.service.speaking import speak, take_back
from changliao.bots.store import broken_invariants

__all__ = [
    "AppOf",
    "broken_invariants",
    "carer",
    "change_bot",
    "end_bot",
    "end_gate",
    "end_hook",
    "hear_chat",
    "let_watch",
    "make_bot",
    "make_hook",
    "open_secret",
    "post_by_hook",
    "reseal_gate",
    "resealable",
    "seat",
    "set_commands",
    "set_gate",
    "speak",
    "take_back",
    "unseat",
]
