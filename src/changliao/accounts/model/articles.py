"""Articles: blocks that are drawn, never HTML; and what may be asked of them."""

from typing import Annotated, Literal

import msgspec

from changliao.kernel.value import Value
from changliao.partners.model import Caller

ArticleKind = Literal["article", "statement"]
ArticleState = Literal["draft", "scheduled", "published", "recalled", "dropped"]


class Span(Value, frozen=True, forbid_unknown_fields=True):
    """A run of text; `link` is an http or https address, or empty."""

    text: str
    bold: bool = False
    italic: bool = False
    link: str = ""


class Paragraph(Value, frozen=True, forbid_unknown_fields=True, tag_field="k", tag="paragraph"):
    """Text."""

    spans: tuple[Span, ...]


class Heading(Value, frozen=True, forbid_unknown_fields=True, tag_field="k", tag="heading"):
    """A heading of one of three levels."""

    level: Annotated[int, msgspec.Meta(ge=1, le=3)]
    spans: tuple[Span, ...]


class Quote(Value, frozen=True, forbid_unknown_fields=True, tag_field="k", tag="quote"):
    """What somebody else said."""

    spans: tuple[Span, ...]


class Listing(Value, frozen=True, forbid_unknown_fields=True, tag_field="k", tag="list"):
    """Items, with numbers if `ordered`."""

    ordered: bool
    items: tuple[tuple[Span, ...], ...]


class Picture(Value, frozen=True, forbid_unknown_fields=True, tag_field="k", tag="picture"):
    """A picture; the server knows its size."""

    media: str
    caption: str = ""
    width: int = 0
    height: int = 0


class Code(Value, frozen=True, forbid_unknown_fields=True, tag_field="k", tag="code"):
    """Text whose spaces count."""

    text: str


class Divider(Value, frozen=True, forbid_unknown_fields=True, tag_field="k", tag="divider"):
    """A line."""


Block = Paragraph | Heading | Quote | Listing | Picture | Code | Divider


class Article(Value, frozen=True):
    """What an account writes. `due_at` is when it is to be published, `broadcast` whether it is posted
    then, too; `posted` is the number of that post in the feed, 0 for none. A `dropped` draft is gone."""

    id: str
    account_id: str
    partner_id: str
    kind: ArticleKind
    state: ArticleState
    title: str
    author: str
    digest: str
    cover: str
    blocks: tuple[Block, ...]
    due_at: int
    broadcast: bool
    posted: int
    published_at: int
    recalled_at: int
    created_at: int
    changed_at: int


class ArticleDay(Value, frozen=True):
    """What was read of an article on one day in UTC: `fresh` are the readers who came for the first time."""

    article_id: str
    day: int
    reads: int
    readers: int
    fresh: int
    shares: int


class ArticleReader(Value, frozen=True):
    """That a person has read an article, and on which day last."""

    article_id: str
    person_id: str
    day: int


class AccountDay(Value, frozen=True):
    """How many posts an account has made, or set aside, for one day in UTC."""

    account_id: str
    day: int
    posts: int


class AskWrite(Value, frozen=True):
    """Write an article; with `article_id` in the place of a draft or of one that waits."""

    caller: Caller
    account_id: str
    kind: ArticleKind
    title: str
    blocks: tuple[Block, ...]
    author: str = ""
    digest: str = ""
    cover: str = ""
    article_id: str = ""


class AskPublish(Value, frozen=True):
    """Publish an article now (`at` 0) or at that moment; with `broadcast` it is posted to all followers."""

    caller: Caller
    article_id: str
    at: int = 0
    broadcast: bool = False


class AskArticle(Value, frozen=True):
    """Drop a draft; or take back what is scheduled, or what is published."""

    caller: Caller
    article_id: str


class AskShare(Value, frozen=True):
    """A person shows an article in one of their conversations."""

    person_id: str
    article_id: str
    conversation_id: str
    client_id: str


class Reading(Value, frozen=True):
    """So many reads of an article; by whom, if they were signed in."""

    article_id: str
    day: int
    reads: int
    people: tuple[str, ...]


class AskCount(Value, frozen=True):
    """Write down what was read since the last time."""

    readings: tuple[Reading, ...]
