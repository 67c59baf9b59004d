"""Values that reviewers reported: where they stand, what takes their place, what is remembered.

All of a report is one transaction: a value is in the store everywhere or nowhere. What is kept of
it is a keyed hash (see `core.redaction.reported`), who reported it, when, as what and in how many
places it stood. Its bytes leave the file when that is written anew (`Store.rewrite_file`);
`gone_at` says when.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import msgspec

from core.store.database import Store
from core.store.exports import supersede
from core.store.log import utc
from core.store.rewrite import COLUMNS, Rows, put

LOOSE = {
    "rejected_lines": ("excerpt", "reason", "log_file"),
    "loads": ("log_file",),
    "exports": ("manifest",),
}
"""Texts that belong to no one interaction."""

OWNERS = (
    ("interactions", "id"),
    *((table, "interaction_id") for table in ("feedback", "decisions", "skips", "claims")),
    *((table, "interaction_id") for table in ("drafts", "export_items")),
    *(("question_links", name) for name in ("interaction_id", "first_id")),
    *(("same_questions", name) for name in ("interaction_id", "other_id")),
)
"""Where ids of interactions stand."""
SUPERSEDED = "held personal data that a reviewer reported"


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """All that a report changes: rows, ids (old -> new), loose texts by table and column."""

    rows: Sequence[Rows]
    ids: Mapping[str, str]
    loose: Mapping[tuple[str, str], Mapping[str, str]]
    presets: Sequence[str]
    exports: Sequence[str]


def candidates(store: Store, word: str) -> list[str]:
    """The ids of interactions whose texts may hold a word, given in small letters.

    Those that surely do not: plain ASCII without it. What else there is (accents, full-width
    letters, percent signs) must be looked at in Python.
    """
    parts = []
    for table, (owner, _, columns) in COLUMNS.items():
        text = ", ".join(
            f"array_to_string({name}, ' ')" if name == "tags" else name for name in columns
        )
        parts.append(f"SELECT {owner} AS id, concat_ws(' ', {owner}, {text}) AS text FROM {table}")
    rows = store.rows(
        f"SELECT DISTINCT id FROM ({' UNION ALL '.join(parts)}) "
        "WHERE contains(lower(text), ?) OR strlen(text) <> length(text) OR contains(text, '%') "
        "ORDER BY id",
        [word],
    )
    return [row["id"] for row in rows]


def loose(store: Store) -> dict[tuple[str, str], list[str]]:
    """The different texts in each column of `LOOSE`."""
    return {
        (table, column): [
            row["text"] for row in store.rows(f"SELECT DISTINCT {column} AS text FROM {table}")
        ]
        for table, columns in LOOSE.items()
        for column in columns
    }


def presets(store: Store) -> list[str]:
    """The ways to read logs that are remembered anywhere."""
    rows = store.rows(
        "SELECT preset FROM shapes UNION SELECT shape FROM loads WHERE shape IS NOT NULL"
    )
    return [row["preset"] for row in rows]


def replace(
    store: Store,
    change: Replacement,
    *,
    mark: str,
    words: int,
    type_: str,
    reporter: str,
    places: int,
    now: datetime,
) -> int:
    """Replace the value everywhere, remember it, and record that; returns the record's number."""
    with store.write() as cursor:
        for rows in change.rows:
            put(cursor, rows, "? IS NULL", None, None)
        for before, after in change.ids.items():
            for table, owner in OWNERS:
                cursor.execute(f"UPDATE {table} SET {owner} = ? WHERE {owner} = ?", [after, before])
        for (table, column), texts in change.loose.items():
            for before, after in texts.items():
                cursor.execute(
                    f"UPDATE {table} SET {column} = ? WHERE {column} = ?", [after, before]
                )
        if change.presets:
            _forget(cursor, change.presets)
        supersede(cursor, change.exports, now, SUPERSEDED)
        (row,) = cursor.execute(
            "INSERT INTO reported VALUES (nextval('events'), ?, ?, ?, ?, ?, ?, ?, ?, NULL) "
            "RETURNING seq",
            [
                *(mark, words, type_, reporter, utc(now)),
                *(len(change.rows), places, len(change.exports)),
            ],
        ).fetchall()
    return int(row[0])


def _forget(cursor: duckdb.DuckDBPyConnection, presets: Sequence[str]) -> None:
    """Let go of ways to read a log: a team is asked again, which costs a click."""
    cursor.execute("DELETE FROM shapes WHERE preset IN ?", [list(presets)])
    cursor.execute("UPDATE loads SET shape = NULL WHERE shape IN ?", [list(presets)])


def gone(store: Store, now: datetime) -> None:
    """Record that the file was written anew after all reports so far."""
    with store.write() as cursor:
        cursor.execute("UPDATE reported SET gone_at = ? WHERE gone_at IS NULL", [utc(now)])


def unfinished(store: Store) -> bool:
    """Whether a reported value may still be found in unused parts of the file."""
    return bool(store.rows("SELECT 1 AS one FROM reported WHERE gone_at IS NULL LIMIT 1"))


def last(store: Store) -> int:
    """The number of the last report, 0 before the first."""
    return int(store.rows("SELECT coalesce(max(seq), 0) AS seq FROM reported")[0]["seq"])


def marks(store: Store) -> dict[tuple[int, str], str]:
    """What reported values are known by: number of words and mark -> type."""
    rows = store.rows("SELECT words, mark, type FROM reported ORDER BY seq")
    return {(row["words"], row["mark"]): row["type"] for row in rows}


def past(store: Store) -> list[dict[str, Any]]:
    """Every report, the last one first: type, reporter, when, and how much it changed."""
    return store.rows(
        "SELECT type, reporter, reported_at, interactions, places, exports, gone_at "
        "FROM reported ORDER BY seq DESC"
    )
