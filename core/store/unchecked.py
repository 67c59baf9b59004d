"""Texts that could not be looked through when they came, for which a placeholder stands.

Their raw text was never stored, so only their log can give it again: the same line, loaded once
more, takes their place. What was decided or said about them since stays.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import msgspec

from core.records import SafeFeedback, SafeInteraction
from core.store.database import Store

_FAILED = "contains(redaction_counts, '\"REDACTION-FAILED\"')"


def among(store: Store, ids: Sequence[str], events: Iterable[str]) -> set[str]:
    """Which of these interactions and feedback events hold such a text."""
    rows = store.rows(
        f"SELECT id FROM interactions WHERE id IN $ids AND {_FAILED} UNION ALL "
        f"SELECT event_key FROM feedback WHERE event_key IN $events AND {_FAILED}",
        {"ids": list(ids), "events": list(events)},
    )
    return {row["id"] for row in rows}


def listed(store: Store, *, sample: bool) -> list[dict[str, Any]]:
    """Every such item: id, what of it, log file and line, when it was stored, and how the log was
    read; the last one first."""
    return store.rows(
        f"""
        SELECT x.id, x.part, l.log_file, x.log_line, x.stored_at, l.shape FROM (
            SELECT id, 'interaction' AS part, load_id, log_line, stored_at, seq FROM interactions
            WHERE is_sample = $sample AND {_FAILED}
            UNION ALL
            SELECT interaction_id, 'feedback', load_id, log_line, stored_at, seq FROM feedback
            WHERE is_sample = $sample AND {_FAILED}
        ) x JOIN loads l ON l.id = x.load_id ORDER BY x.seq DESC
        """,
        {"sample": sample},
    )


def replace_interaction(
    cursor: duckdb.DuckDBPyConnection, safe: SafeInteraction, load_id: int, line: int
) -> None:
    """Put an interaction that could be looked through in the place of the one that could not."""
    cursor.execute(
        "UPDATE interactions SET question = ?, answer = ?, history = ?, sources = ?, "
        "agent_version = ?, model = ?, tags = ?, metadata = ?, redaction_version = ?, "
        "redaction_counts = ?, load_id = ?, log_line = ? WHERE id = ? AND content_key = ?",
        [
            *(safe.question, safe.answer, _json(safe.history), _json(safe.sources)),
            *(safe.agent_version, safe.model, list(safe.tags), _json(safe.metadata)),
            *(safe.redaction_version, _json(safe.counts) or "{}", load_id, line),
            *(safe.id, safe.content_key),
        ],
    )


def replace_feedback(
    cursor: duckdb.DuckDBPyConnection, safe: SafeFeedback, load_id: int, line: int
) -> None:
    """Put a vote that could be looked through in the place of the one that could not."""
    cursor.execute(
        "UPDATE feedback SET correction = ?, comment = ?, tags = ?, redaction_version = ?, "
        "redaction_counts = ?, load_id = ?, log_line = ? WHERE event_key = ?",
        [
            *(safe.correction, safe.comment, list(safe.tags), safe.redaction_version),
            *(_json(safe.counts) or "{}", load_id, line, safe.event_key),
        ],
    )


def _json(value: object) -> str | None:
    return msgspec.json.encode(value).decode() if value else None
