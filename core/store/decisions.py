"""The queue of items to review, who works on which, and the append-only decisions."""

from datetime import datetime
from typing import Any

from core.records import Action
from core.store.database import Stale, Store
from core.store.log import utc
from core.store.state import NO_CUT, STATE, STATE_OF_ONE

STATE_OF_SOME = STATE_OF_ONE.replace("id = $id", "id IN (SELECT unnest($ids))")

ITEM = """
    id, logged_at, question, answer, history, sources, agent_version, model, session_id, tags,
    metadata, redaction_counts, signal, correction, conflict, ups, downs, edits, retries,
    resolutions, reviewable, revision, status, final_answer, reason, note, reviewer, decided_at,
    is_sample
"""

# Those who had to ask again come first, those who went away content last; then the newest.
ORDER = "weight DESC, logged_at DESC NULLS LAST, id"

BLANKS = " \n\r\t"

SKIPPED = """
    SELECT DISTINCT ON (interaction_id) interaction_id, skipped FROM skips
    WHERE reviewer = $reviewer ORDER BY interaction_id, seq DESC
"""


def queue(
    store: Store,
    *,
    sample: bool,
    reviewer: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """The pending items in the order they should be decided, without those a reviewer skipped."""
    return store.rows(
        f"""
        {STATE} SELECT {ITEM} FROM state
        WHERE reviewable AND status = 'pending'
          AND id NOT IN (SELECT interaction_id FROM ({SKIPPED}) WHERE skipped)
        ORDER BY {ORDER} LIMIT $limit
        """,
        {"cut": NO_CUT, "sample": sample, "reviewer": reviewer, "limit": limit or NO_CUT},
    )


def queue_ids(store: Store, *, sample: bool, reviewer: str, now: datetime) -> list[dict[str, Any]]:
    """The ids of the pending items in order, with whether another reviewer has claimed each and
    whether this one skipped it."""
    return store.rows(
        f"""
        {STATE} SELECT id, correction IS NULL AS needs_fix,
            EXISTS (SELECT 1 FROM claims c WHERE c.interaction_id = state.id
                    AND c.reviewer <> $reviewer AND c.until > $now) AS claimed,
            coalesce(s.skipped, false) AS skipped
        FROM state LEFT JOIN ({SKIPPED}) s ON s.interaction_id = state.id
        WHERE reviewable AND status = 'pending' ORDER BY {ORDER}
        """,
        {"cut": NO_CUT, "sample": sample, "reviewer": reviewer, "now": utc(now)},
    )


def item(store: Store, interaction_id: str) -> dict[str, Any] | None:
    """One interaction with its state, or None."""
    found = store.rows(
        f"{STATE_OF_ONE} SELECT {ITEM} FROM state", {"cut": NO_CUT, "id": interaction_id}
    )
    return found[0] if found else None


def siblings(store: Store, interaction_id: str, *, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """Other answers to the question of one interaction, asked after the same history: how many
    there are, and the first of them, those that users or reviewers found good before the rest."""
    asked = store.rows(
        "SELECT id, lower(trim(question, ?)) AS question, history, is_sample FROM interactions "
        "WHERE id = ?",
        [BLANKS, interaction_id],
    )
    if not asked:
        return 0, []
    # Lengths first, then whether it is in there: trimming every question costs the most by far.
    same = store.rows(
        """
        SELECT id FROM interactions
        WHERE strlen(question) BETWEEN strlen($question) - 8 AND strlen($question) + 64
          AND contains(lower(question), $question)
          AND lower(trim(question, $blanks)) = $question
          AND history IS NOT DISTINCT FROM $history AND is_sample = $is_sample AND id <> $id
        """,
        {**asked[0], "blanks": BLANKS},
    )
    if not same:
        return 0, []
    rows = store.rows(
        f"""
        {STATE_OF_SOME} SELECT id, logged_at, answer, ups, downs, status, final_answer FROM state
        ORDER BY status IN ('approved', 'edited') DESC, ups > 0 AND downs = 0 DESC, ups DESC,
                 logged_at DESC NULLS LAST, id
        LIMIT $limit
        """,
        {"cut": NO_CUT, "ids": [row["id"] for row in same], "limit": limit},
    )
    return len(same), rows


def events(store: Store, interaction_id: str) -> list[dict[str, Any]]:
    """Every feedback event of one interaction, oldest first, and whether it is a vote that a later
    vote of the same rater has replaced. In the order by which `state` tells the last vote."""
    return store.rows(
        """
        SELECT f.given_at, f.signal, f.correction, f.comment, f.tags, f.rater_ref,
               f.signal IN ('up', 'down') AND lead(true) OVER (
                   PARTITION BY coalesce(f.rater_ref, ''), f.signal IN ('up', 'down')
                   ORDER BY coalesce(f.given_at, i.logged_at, f.stored_at), f.seq
               ) IS NOT NULL AS superseded
        FROM feedback f LEFT JOIN interactions i ON i.id = f.interaction_id
        WHERE f.interaction_id = ?
        ORDER BY coalesce(f.given_at, i.logged_at, f.stored_at), f.seq
        """,
        [interaction_id],
    )


def history(store: Store, interaction_id: str) -> list[dict[str, Any]]:
    """Every decision on one item, oldest first."""
    return store.rows(
        "SELECT * FROM decisions WHERE interaction_id = ? ORDER BY revision", [interaction_id]
    )


def append(
    store: Store,
    interaction_id: str,
    *,
    revision: int,
    action: Action,
    reviewer: str,
    now: datetime,
    redaction_version: str,
    final_answer: str | None = None,
    reason: str | None = None,
    note: str | None = None,
    undoes: int | None = None,
) -> int:
    """Append a decision on the item as it stood at `revision`; returns the new revision.

    The reviewer's draft has become the decision, or been overruled by it, and goes. Raises `Stale`
    when that is no longer the current revision.
    """
    with store.write() as cursor:
        row = cursor.execute(
            "SELECT coalesce(max(revision), 0) FROM decisions WHERE interaction_id = ?",
            [interaction_id],
        ).fetchone()
        if row is None or row[0] != revision:
            raise Stale("Someone else decided this first.")
        cursor.execute(
            "INSERT INTO decisions VALUES (nextval('events'), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                interaction_id,
                revision + 1,
                action,
                final_answer,
                reason,
                note,
                reviewer,
                utc(now),
                undoes,
                redaction_version,
            ],
        )
        cursor.execute("DELETE FROM claims WHERE interaction_id = ?", [interaction_id])
        if undoes is None and action != "reopen":
            cursor.execute(
                "DELETE FROM drafts WHERE interaction_id = ? AND reviewer = ?",
                [interaction_id, reviewer],
            )
    return revision + 1


def skip(
    store: Store, interaction_id: str, reviewer: str, now: datetime, *, skipped: bool = True
) -> None:
    """Record that a reviewer passes over an item, or takes that back."""
    with store.write() as cursor:
        cursor.execute(
            "INSERT INTO skips VALUES (nextval('events'), ?, ?, ?, ?)",
            [interaction_id, reviewer, skipped, utc(now)],
        )
        cursor.execute(
            "DELETE FROM claims WHERE interaction_id = ? AND reviewer = ?",
            [interaction_id, reviewer],
        )


def claim(store: Store, interaction_id: str, reviewer: str, now: datetime, until: datetime) -> bool:
    """Keep an item from other reviewers until a moment; False when one of them has it."""
    with store.write() as cursor:
        row = cursor.execute(
            "SELECT reviewer, until FROM claims WHERE interaction_id = ?", [interaction_id]
        ).fetchone()
        if row and row[0] != reviewer and row[1] > utc(now):
            return False
        cursor.execute(
            "INSERT INTO claims VALUES (?, ?, ?) ON CONFLICT (interaction_id) "
            "DO UPDATE SET reviewer = excluded.reviewer, until = excluded.until",
            [interaction_id, reviewer, utc(until)],
        )
    return True


def last_act(store: Store, reviewer: str, *, sample: bool) -> dict[str, Any] | None:
    """What this reviewer did last and has not undone: a decision (its revision) or a skip (None).

    A decision that someone has since built upon is not theirs to undo any more, unless that was
    undone itself. `current` is the item's current revision.
    """
    rows = store.rows(
        """
        WITH standing AS (
            SELECT d.* FROM decisions d WHERE d.undoes IS NULL AND NOT EXISTS (
                SELECT 1 FROM decisions u
                WHERE u.interaction_id = d.interaction_id AND u.undoes = d.revision)
        )
        SELECT act.interaction_id, act.revision, (
            SELECT max(revision) FROM decisions c WHERE c.interaction_id = act.interaction_id
        ) AS current FROM (
            SELECT s.seq, s.interaction_id, s.revision FROM standing s
            WHERE s.reviewer = $reviewer AND NOT EXISTS (
                SELECT 1 FROM standing later WHERE later.interaction_id = s.interaction_id
                AND later.revision > s.revision)
            UNION ALL
            SELECT s.seq, s.interaction_id, NULL FROM skips s
            WHERE s.reviewer = $reviewer AND s.skipped AND NOT EXISTS (
                SELECT 1 FROM skips later WHERE later.interaction_id = s.interaction_id
                AND later.reviewer = s.reviewer AND later.seq > s.seq)
        ) act JOIN interactions i ON i.id = act.interaction_id
        WHERE i.is_sample = $sample ORDER BY act.seq DESC LIMIT 1
        """,
        {"reviewer": reviewer, "sample": sample},
    )
    return rows[0] if rows else None
