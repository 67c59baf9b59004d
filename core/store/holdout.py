"""What keeps an exam apart from its lessons: links between questions, the share, who was trained.

Links are made once and kept, whatever happens to the texts later: a side that was drawn stays.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from core.store.database import Store
from core.store.log import insert, utc


def unlinked(store: Store, *, sample: bool) -> list[dict[str, Any]]:
    """Interactions that nothing is known of yet, in the order stored: id, question, session."""
    return store.rows(
        "SELECT id, question, session_id FROM interactions i WHERE is_sample = ? AND NOT EXISTS "
        "(SELECT 1 FROM question_links l WHERE l.interaction_id = i.id) ORDER BY seq, id",
        [sample],
    )


def linked(store: Store, *, sample: bool) -> list[dict[str, Any]]:
    """The others, likewise, with whether each is the first of its kind."""
    return store.rows(
        "SELECT id, question, session_id, EXISTS (SELECT 1 FROM question_links l "
        "WHERE l.interaction_id = i.id AND l.first_id = i.id) AS first FROM interactions i "
        "WHERE is_sample = ? AND id IN (SELECT interaction_id FROM question_links) "
        "ORDER BY seq, id",
        [sample],
    )


def keep_links(store: Store, links: Sequence[tuple[str, str, str]]) -> None:
    """Store links (interaction, the earlier one, why) of interactions that have none yet."""
    with store.write() as cursor:
        known = {row[0] for row in cursor.execute(_LINKED).fetchall()}
        insert(cursor, "question_links", [list(link) for link in links if link[0] not in known])


def arrived(store: Store, *, sample: bool, cut: int) -> list[tuple[int, str, str, tuple[str, ...]]]:
    """Interactions up to the cut-off with their links: event, id, content key, first ids."""
    with store.read() as cursor:
        links = cursor.execute(
            "SELECT i.seq, i.id, i.content_key, l.first_id "
            "FROM interactions i JOIN question_links l ON l.interaction_id = i.id "
            "WHERE i.is_sample = ? AND i.seq <= ? ORDER BY i.seq, i.id, l.first_id, l.why",
            [sample, cut],
        ).fetchall()
    return [
        (*key, tuple([first_id for *_, first_id in of_one]))
        for key, of_one in groupby(links, key=itemgetter(0, 1, 2))
    ]


def joined(store: Store, *, sample: bool, cut: int) -> list[dict[str, Any]]:
    """What reviewers said asks the same: seq, interaction_id, other_id, reviewer."""
    return store.rows(
        "SELECT s.seq, s.interaction_id, s.other_id, s.reviewer FROM same_questions s "
        "JOIN interactions i ON i.id = s.interaction_id "
        "WHERE i.is_sample = ? AND s.seq <= ? ORDER BY s.seq",
        [sample, cut],
    )


def chosen(store: Store, *, sample: bool, cut: int) -> list[dict[str, Any]]:
    """Every choice of the share: seq, percent, chosen_by, chosen_at."""
    return store.rows(
        "SELECT seq, percent, chosen_by, chosen_at FROM holdout_shares "
        "WHERE is_sample = ? AND seq <= ? ORDER BY seq",
        [sample, cut],
    )


def trained(store: Store, *, cut: int) -> list[dict[str, Any]]:
    """The team's own exports for training, those superseded included: seq, ids."""
    return store.rows(
        "SELECT e.seq, list(DISTINCT i.interaction_id) AS ids FROM exports e "
        "JOIN export_items i ON i.export_id = e.export_id WHERE NOT e.is_sample AND e.seq <= ? "
        # The ledger did not tell apart what exports are for before there was an exam.
        "AND (i.split IN ('training', 'preference') "
        "OR (i.split = 'all' AND e.format = 'messages')) "
        "GROUP BY e.seq ORDER BY e.seq",
        [cut],
    )


def scopes(store: Store, interaction_ids: Sequence[str]) -> set[bool]:
    """Whether these are of the sample, of the team's own, or of both."""
    rows = store.rows(
        "SELECT DISTINCT is_sample FROM interactions WHERE id IN ?", [list(interaction_ids)]
    )
    return {row["is_sample"] for row in rows}


def choose(store: Store, percent: int, *, by: str, now: datetime, sample: bool) -> None:
    """Record a share, in per cent."""
    with store.write() as cursor:
        cursor.execute(
            "INSERT INTO holdout_shares VALUES (nextval('events'), ?, ?, ?, ?)",
            [percent, by, utc(now), sample],
        )


def join(store: Store, interaction_id: str, other_id: str, *, by: str, now: datetime) -> None:
    """Record that two interactions ask the same."""
    with store.write() as cursor:
        cursor.execute(
            "INSERT INTO same_questions VALUES (nextval('events'), ?, ?, ?, ?)",
            [interaction_id, other_id, by, utc(now)],
        )


_LINKED = "SELECT DISTINCT interaction_id FROM question_links"
