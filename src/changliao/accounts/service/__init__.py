"""The verbs of official accounts."""

from changliao.accounts.service.accounts import (
    change,
    named,
    of_voice,
    own,
    put_menu,
    put_rules,
    register,
    suspend,
)
from changliao.accounts.service.answers import hear_talks
from changliao.accounts.service.articles import (
    PUBLISH,
    drop,
    publish,
    publish_due,
    share,
    withdraw,
    write,
)
from changliao.accounts.service.counting import count_reads
from changliao.accounts.service.follows import follow, hear_people, open_talk, press, unfollow
from changliao.accounts.service.materials import drop_material, keep_material
from changliao.accounts.service.posts import post, recall_post
from changliao.accounts.service.tags import add_tag, drop_tag, mark, rename_tag
from changliao.accounts.service.talks import (
    add_template,
    answer,
    drop_template,
    hand_back,
    send_template,
    take_over,
)
from changliao.accounts.store.checking import broken_invariants

__all__ = [
    "PUBLISH",
    "add_tag",
    "add_template",
    "answer",
    "broken_invariants",
    "change",
    "count_reads",
    "drop",
    "drop_material",
    "drop_tag",
    "drop_template",
    "follow",
    "hand_back",
    "hear_people",
    "hear_talks",
    "keep_material",
    "mark",
    "named",
    "of_voice",
    "open_talk",
    "own",
    "post",
    "press",
    "publish",
    "publish_due",
    "put_menu",
    "put_rules",
    "recall_post",
    "register",
    "rename_tag",
    "send_template",
    "share",
    "suspend",
    "take_over",
    "unfollow",
    "withdraw",
    "write",
]
