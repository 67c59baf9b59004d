"""Re-redaction: the one place where stored text changes.

Everything else only appends. A row says by which redaction version its text was made; whatever was
made by another one is outdated and can be replaced, one interaction a transaction, so that a killed
run goes on where it stopped. Each run leaves a record without text.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb

from core.store.database import Store
from core.store.log import utc

COLUMNS = {
    "interactions": (
        "id",
        "id",
        (
            *("question", "answer", "history", "sources", "metadata", "tags"),
            *("agent_version", "model", "redaction_counts"),
        ),
    ),
    "feedback": ("interaction_id", "seq", ("correction", "comment", "tags", "redaction_counts")),
    "decisions": ("interaction_id", "seq", ("final_answer", "note")),
    "drafts": ("interaction_id", "interaction_id || chr(31) || reviewer", ("correction", "note")),
}
"""Table -> the column that names the interaction, the key of a row, the columns that hold text.

Their counts of what was found go with them.
"""

Rows = dict[str, list[dict[str, Any]]]
"""Per table the rows of one interaction: `key` and the columns above."""


def outdated(store: Store, version: str) -> list[str]:
    """The ids with any text of another redaction version, votes for unknown ones included."""
    parts = (
        f"SELECT {owner} AS id FROM {table} WHERE redaction_version <> $version"
        for table, (owner, _, _) in COLUMNS.items()
    )
    rows = store.rows(f"{' UNION '.join(parts)} ORDER BY id", {"version": version})
    return [row["id"] for row in rows]


def texts(store: Store, interaction_id: str) -> Rows:
    """The rows of one interaction."""
    return texts_of(store, [interaction_id])[interaction_id]


def texts_of(store: Store, interaction_ids: Sequence[str]) -> dict[str, Rows]:
    """The rows of each of these interactions."""
    found: dict[str, Rows] = {id_: {table: [] for table in COLUMNS} for id_ in interaction_ids}
    for table, (owner, key, columns) in COLUMNS.items():
        rows = store.rows(
            f"SELECT {owner} AS owner, {key} AS key, {', '.join(columns)} FROM {table} "
            f"WHERE {owner} IN ? ORDER BY key",
            [list(interaction_ids)],
        )
        for row in rows:
            found[row.pop("owner")][table].append(row)
    return found


def replace(store: Store, rows: Rows, version: str) -> None:
    """Put these texts in the place of the stored ones, all or nothing."""
    with store.write() as cursor:
        # A draft that was typed on meanwhile is of this version already.
        put(cursor, rows, "redaction_version <> ?", version, version)


def put(
    cursor: duckdb.DuckDBPyConnection, rows: Rows, only: str, only_value: Any, version: str | None
) -> None:
    """Write rows back where `only` holds; `version` None: it stays what it is."""
    for table, changed in rows.items():
        _, key, columns = COLUMNS[table]
        assignments = ", ".join(f"{column} = ?" for column in columns)
        for row in changed:
            cursor.execute(
                f"UPDATE {table} SET {assignments}, "
                f"redaction_version = coalesce(?, redaction_version) WHERE {key} = ? AND {only}",
                [*(row[column] for column in columns), version, row["key"], only_value],
            )


def exported(before: Rows, after: Rows) -> bool:
    """Whether what changed can have been in an export: all but what users said beside it."""
    names = {
        "interactions": set(COLUMNS["interactions"][2]) - {"metadata", "redaction_counts"},
        "decisions": {"final_answer"},
    }
    return any(
        old[column] != new[column]
        for table, columns in names.items()
        for old, new in zip(before[table], after[table], strict=True)
        for column in columns
    )


def excerpts(store: Store) -> list[str]:
    """Every excerpt of a rejected line that is stored; they carry no version of their own."""
    rows = store.rows("SELECT DISTINCT excerpt FROM rejected_lines ORDER BY excerpt")
    return [row["excerpt"] for row in rows]


def replace_excerpt(store: Store, before: str, after: str) -> None:
    """Put another excerpt in the place of one."""
    with store.write() as cursor:
        cursor.execute("UPDATE rejected_lines SET excerpt = ? WHERE excerpt = ?", [after, before])


def begin(store: Store, version: str, outdated_: int, now: datetime) -> int:
    """Record that stored text is being redacted again; returns the number of this run."""
    with store.write() as cursor:
        (row,) = cursor.execute(
            "INSERT INTO redactions SELECT coalesce(max(id), 0) + 1, ?, ?, NULL, NULL, ?, 0, 0 "
            "FROM redactions RETURNING id",
            [version, utc(now), outdated_],
        ).fetchall()
    return int(row[0])


def end(
    store: Store, run: int, now: datetime, *, changed: int, failed: int, because: str | None
) -> None:
    """Record what came of a run, and why it stopped where it did before its end."""
    with store.write() as cursor:
        cursor.execute(
            "UPDATE redactions SET finished_at = ?, changed = ?, failed = ?, stopped_because = ? "
            "WHERE id = ?",
            [utc(now), changed, failed, because, run],
        )


def replaced(store: Store) -> tuple[int, int]:
    """What is another one as soon as stored text was replaced: the last report of personal data,
    and how many texts redaction has changed later."""
    (row,) = store.rows(
        "SELECT (SELECT coalesce(max(seq), 0) FROM reported) AS last_report, "
        "(SELECT coalesce(sum(changed), 0) FROM redactions) AS changed"
    )
    return int(row["last_report"]), int(row["changed"])


def runs(store: Store) -> list[dict[str, Any]]:
    """Every time stored text was redacted again, the last one first."""
    return store.rows("SELECT * FROM redactions ORDER BY id DESC")
