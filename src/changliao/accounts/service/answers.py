"""How people are answered: by rules, until a member takes the talk over."""

from collections.abc import Callable, Sequence

import msgspec

from changliao.accounts import rules
from changliao.accounts.events import AccountMessage
from changliao.accounts.model import Account, Reply
from changliao.accounts.model.articles import Article
from changliao.accounts.model.talks import Talk
from changliao.accounts.rules import articles as article_rules
from changliao.accounts.rules import talks as talk_rules
from changliao.accounts.service.accounts import of_voice, open_id, tell
from changliao.accounts.store import ARTICLES, TALKS
from changliao.bus.outbox import hears, of_kinds
from changliao.chat import service as chat
from changliao.chat.events import TalkSpoken
from changliao.chat.model import AskSpeak, Conversation
from changliao.chat.model.entries import ArticleBody, ImageBody, TextBody
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.media.model import MediaNotFound

_replace = msgspec.structs.replace


@hears(of_kinds(TalkSpoken.kind))
def hear_talks(tx: Tx, facts: Sequence[FactRow]) -> None:
    """A follower of chat: what people write to official accounts is answered and told to their apps."""
    for row in facts:
        if row.kind == TalkSpoken.kind:
            fact = msgspec.json.decode(row.body, type=TalkSpoken)
            account = of_voice(tx, fact.owner)
            if account is not None:
                _hear(tx, account, fact)


def _hear(tx: Tx, account: Account, fact: TalkSpoken) -> None:
    entry = chat.entry_of(tx, fact.conversation_id, fact.number)
    talk = talk_row(tx, account, fact.person_id, fact.conversation_id)
    where = chat.conversation_of(tx, fact.conversation_id)
    if entry is None or where is None:
        return
    talk = _replace(talk, heard_s=fact.number, heard_at=entry.at)
    answered = False
    if account.state == "open" and not talk.taken_by and entry.kind != "recalled":
        text = _text(entry.body) if entry.kind == "text" else ""
        said = rules.answers(account, text)
        if not said and account.fallback and talk_rules.may_fall_back(talk, tx.now):
            said, talk = account.fallback, _replace(talk, fallback_at=tx.now)
        answered = bool(reply(tx, account, where, said, f"#re-{fact.number}"))
    if answered:
        talk = _replace(talk, answered_s=fact.number, answered_at=tx.now)
    tx.put(TALKS, talk)
    person, taken = open_id(tx, account, fact.person_id), bool(talk.taken_by)
    said_kind = entry.kind
    tell(tx, account, AccountMessage(account.id, person, fact.number, said_kind, answered, taken))


def talk_row(tx: Tx, account: Account, person_id: str, conversation_id: str) -> Talk:
    """How the talk of a person and an account stands; begun when there is none."""
    kept = tx.get(TALKS, (account.id, person_id))
    if kept is not None:
        return kept
    return tx.add(TALKS, Talk(account.id, person_id, conversation_id, 0, 0, 0, 0, "", 0, 0))


def reply(
    tx: Tx, account: Account, where: Conversation, said: Sequence[Reply], client_id: str
) -> int:
    """Say these things, each once by this client id; how many could be said. A picture or an article that
    is there no more is passed over."""
    count = 0
    for place, one in enumerate(said):
        body = _SAY[one.k](tx, account, one)
        if body is not None:
            ask = AskSpeak(where.id, one.k, body, f"{client_id}-{place}", seen_in=(account.id,))
            count += not isinstance(tx.attempt(chat.speak, ask), MediaNotFound)
    return count


def _text(body: str) -> str:
    return msgspec.json.decode(body, type=TextBody).text


def _say_text(tx: Tx, account: Account, said: Reply) -> bytes | None:
    return msgspec.json.encode(TextBody(said.text))


def _say_image(tx: Tx, account: Account, said: Reply) -> bytes | None:
    return msgspec.json.encode(ImageBody(said.media))


def _say_article(tx: Tx, account: Account, said: Reply) -> bytes | None:
    article = tx.get(ARTICLES, said.article)
    if article is None or article.account_id != account.id or article.state != "published":
        return None
    return msgspec.json.encode(card_of(article))


def card_of(article: Article) -> ArticleBody:
    """An article as it is shown in a conversation."""
    digest = article_rules.digest(article)
    return ArticleBody(article.id, article.account_id, article.title, article.cover, digest)


_SAY: dict[str, Callable[[Tx, Account, Reply], bytes | None]] = {
    "text": _say_text,
    "image": _say_image,
    "article": _say_article,
}
