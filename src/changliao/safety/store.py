"""The tables of safety and their hand-written queries."""

from collections.abc import Iterator

from changliao.db.driver import Reader
from changliao.db.table import Table
from changliao.db.tx import Tx
from changliao.safety.model import Decision, Report, Silence
from changliao.safety.model.mine import Export
from changliao.safety.model.words import PaceRow, WordRule

REPORTS = Table("safety_reports", Report, unique=[("mark",)])
DECISIONS = Table("safety_decisions", Decision)
SILENCES = Table("safety_silences", Silence, key="person_id")
WORDS = Table("safety_words", WordRule, unique=[("sort", "pattern", "edition")])
PACES = Table("safety_paces", PaceRow, key=("pace", "age"))
EXPORTS = Table("safety_exports", Export)

_CHECKS = (
    (
        "safety: a report is decided and names no decision, or the other way round",
        "SELECT id FROM safety_reports WHERE (state = 'decided') <> (decision_id <> '')"
        " OR (decision_id <> '' AND decision_id NOT IN (SELECT id FROM safety_decisions))",
    ),
    (
        "safety: a person is silenced by no decision",
        "SELECT person_id FROM safety_silences s WHERE until > 0 AND NOT EXISTS (SELECT 1"
        " FROM safety_decisions d WHERE d.person_id = s.person_id AND d.action = 'silence'"
        " AND d.until >= s.until)",
    ),
    (
        "safety: there is a decision about a report that is not decided",
        "SELECT d.id FROM safety_decisions d LEFT JOIN safety_reports r ON r.id = d.report_id"
        " WHERE r.state IS NULL OR r.state <> 'decided'",
    ),
    (
        "safety: an archive is ready and nowhere, or over and still there",
        "SELECT id FROM safety_exports"
        " WHERE (state = 'ready' AND blob = '') OR (state = 'over' AND blob <> '')",
    ),
)


def queue(reader: Reader, state: str, before: str, limit: int) -> list[Report]:
    """Reports in a state: open ones oldest first, decided ones newest first."""
    if state == "decided":
        tail = "WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?"
        return reader.rows(REPORTS, tail, state, before or "~", limit)
    tail = "WHERE state IN ('open', 'taken') AND id > ? ORDER BY id LIMIT ?"
    return reader.rows(REPORTS, tail, before, limit)


def alike(tx: Tx, report: Report) -> list[str]:
    """The undecided reports about the same thing, and the same messages of it."""
    sql = (
        "SELECT id FROM safety_reports WHERE about = ? AND what = ? AND numbers = ?"
        " AND state <> 'decided' ORDER BY id"
    )
    numbers = REPORTS.to_row(report)[REPORTS.place["numbers"]]
    return [row[0] for row in tx.query(sql, report.about, report.what, numbers)]


def of_reporter(reader: Reader, person_id: str, before: str, limit: int) -> list[Report]:
    """What a person reported, newest first."""
    tail = "WHERE reporter = ? AND id < ? ORDER BY id DESC LIMIT ?"
    return reader.rows(REPORTS, tail, person_id, before or "~", limit)


def about_person(reader: Reader, person_id: str, limit: int) -> list[Decision]:
    """What was decided about a person, newest first; what was dismissed is nobody's business."""
    tail = "WHERE person_id = ? AND action <> 'dismiss' ORDER BY id DESC LIMIT ?"
    return reader.rows(DECISIONS, tail, person_id, limit)


def newest_suspension(tx: Tx, person_id: str) -> str:
    """The newest decision that suspends a person; empty when there is none."""
    sql = (
        "SELECT id FROM safety_decisions WHERE person_id = ? AND action = 'suspend'"
        " ORDER BY id DESC LIMIT 1"
    )
    rows = tx.query(sql, person_id)
    return str(rows[0][0]) if rows else ""


def appeals(reader: Reader, limit: int) -> list[Decision]:
    """Decisions whose appeal waits for an answer, oldest first."""
    return reader.rows(DECISIONS, "WHERE appeal = 'open' ORDER BY id LIMIT ?", limit)


def all_words(reader: Reader) -> list[WordRule]:
    """Every rule, newest first."""
    return reader.rows(WORDS, "ORDER BY id DESC")


def count_words(tx: Tx) -> int:
    """How many rules there are."""
    return int(tx.query("SELECT COUNT(*) FROM safety_words")[0][0])


def drop_word(tx: Tx, rule_id: str) -> None:
    """Delete a rule."""
    tx.query("DELETE FROM safety_words WHERE id = ?", rule_id)


def all_paces(reader: Reader) -> list[PaceRow]:
    """Every limit that an operator has set."""
    return reader.rows(PACES, "ORDER BY pace, age")


def drop_pace(tx: Tx, pace: str, age: str) -> None:
    """Delete a limit: what was shipped counts again."""
    tx.query("DELETE FROM safety_paces WHERE pace = ? AND age = ?", pace, age)


def silenced(reader: Reader, now: int) -> list[Silence]:
    """Who is silenced now."""
    return reader.rows(SILENCES, "WHERE until > ?", now)


def exports_of(reader: Reader | Tx, person_id: str, limit: int) -> list[Export]:
    """A person's archives, newest first."""
    return reader.rows(EXPORTS, "WHERE person_id = ? ORDER BY id DESC LIMIT ?", person_id, limit)


def exports_over(reader: Reader, now: int, limit: int) -> list[Export]:
    """Archives whose time is over and whose bytes are still there."""
    tail = "WHERE state = 'ready' AND expires_at <= ? ORDER BY expires_at LIMIT ?"
    return reader.rows(EXPORTS, tail, now, limit)


def wrong(reader: Reader) -> Iterator[str]:
    """What is wrong with the rows of safety, in plain words."""
    for sentence, sql in _CHECKS:
        for row in reader.query(f"{sql} LIMIT 10"):
            yield f"{sentence}: {row[0]}"
