"""The verbs of rules and limits: what is not let through, and how fast people may be."""

from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.safety import store
from changliao.safety.events import GuardsChanged
from changliao.safety.model import Silence
from changliao.safety.model.words import (
    RULES_MAX,
    AskPace,
    AskWord,
    PaceRow,
    TooManyWordRules,
    WordRule,
    WordRuleNotFound,
    WordRuleTaken,
)
from changliao.safety.rules import words as rules
from changliao.safety.store import PACES, WORDS


def add_word(tx: Tx, ask: AskWord) -> WordRule:
    """Let a word or a link through no more. Refuses what cannot be a rule, and one that there is."""
    ask = rules.rule(ask)
    if tx.find(WORDS, ("sort", "pattern", "edition"), (ask.sort, ask.pattern, ask.edition)):
        raise WordRuleTaken(field="pattern")
    if store.count_words(tx) >= RULES_MAX:
        raise TooManyWordRules
    made = WordRule(
        tx.new_id("wrd"), ask.sort, ask.pattern, ask.deed, ask.edition, ask.operator_id, tx.now
    )
    tx.emit(GuardsChanged(), about=made.id)
    return tx.add(WORDS, made)


def drop_word(tx: Tx, rule_id: str) -> None:
    """Let it through again."""
    if tx.get(WORDS, rule_id) is None:
        raise WordRuleNotFound(field="id")
    store.drop_word(tx, rule_id)
    tx.emit(GuardsChanged(), about=rule_id)


def set_pace(tx: Tx, ask: AskPace) -> None:
    """Say how fast people may do something; `per_minute` 0: as it was shipped."""
    ask = rules.pace(ask)
    tx.emit(GuardsChanged(), about=ask.pace)
    if not ask.per_minute:
        store.drop_pace(tx, ask.pace, ask.age)
        return
    write = tx.put if tx.get(PACES, (ask.pace, ask.age)) else tx.add
    write(PACES, PaceRow(ask.pace, ask.age, ask.per_minute, ask.burst))


def all_words(reader: Reader) -> list[WordRule]:
    """Every rule, newest first."""
    return store.all_words(reader)


def all_paces(reader: Reader) -> list[PaceRow]:
    """Every limit that an operator has set."""
    return store.all_paces(reader)


def silenced(reader: Reader, now: int) -> list[Silence]:
    """Who is silenced now."""
    return store.silenced(reader, now)
