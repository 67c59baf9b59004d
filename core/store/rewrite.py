"""Re-redaction: the one place where stored text changes.

Everything else only appends. A row says by which redaction version its text was made; whatever was
made by another one is outdated and can be replaced, one interaction a transaction, so that a killed
run goes on where it stopped.
"""

from typing import Any

from core.store.database import Store

COLUMNS = {
    "interactions": ("id", "id", ("question", "answer", "history", "sources", "metadata", "tags")),
    "feedback": ("interaction_id", "seq", ("correction", "comment", "tags")),
    "decisions": ("interaction_id", "seq", ("final_answer", "note")),
    "drafts": ("interaction_id", "interaction_id || chr(31) || reviewer", ("correction", "note")),
}
"""Table -> the column that names the interaction, the key of a row, the columns that hold text."""


def outdated(store: Store, version: str) -> list[str]:
    """The ids with any text of another redaction version, votes for unknown ones included."""
    parts = (
        f"SELECT {owner} AS id FROM {table} WHERE redaction_version <> $version"
        for table, (owner, _, _) in COLUMNS.items()
    )
    rows = store.rows(f"{' UNION '.join(parts)} ORDER BY id", {"version": version})
    return [row["id"] for row in rows]


def texts(store: Store, interaction_id: str) -> dict[str, list[dict[str, Any]]]:
    """Per table the rows of one interaction: `key` and its text columns."""
    return {
        table: store.rows(
            f"SELECT {key} AS key, {', '.join(columns)} FROM {table} "
            f"WHERE {owner} = ? ORDER BY key",
            [interaction_id],
        )
        for table, (owner, key, columns) in COLUMNS.items()
    }


def replace(store: Store, rows: dict[str, list[dict[str, Any]]], version: str) -> None:
    """Put these texts in the place of the stored ones, all or nothing."""
    with store.write() as cursor:
        for table, changed in rows.items():
            _, key, columns = COLUMNS[table]
            assignments = ", ".join(f"{column} = ?" for column in columns)
            for row in changed:
                cursor.execute(
                    # A draft that was typed on meanwhile is of this version already.
                    f"UPDATE {table} SET {assignments}, redaction_version = ? "
                    f"WHERE {key} = ? AND redaction_version <> ?",
                    [*(row[column] for column in columns), version, row["key"], version],
                )


def excerpts(store: Store) -> list[str]:
    """Every excerpt of a rejected line that is stored; they carry no version of their own."""
    rows = store.rows("SELECT DISTINCT excerpt FROM rejected_lines ORDER BY excerpt")
    return [row["excerpt"] for row in rows]


def replace_excerpt(store: Store, before: str, after: str) -> None:
    """Put another excerpt in the place of one."""
    with store.write() as cursor:
        cursor.execute("UPDATE rejected_lines SET excerpt = ? WHERE excerpt = ?", [after, before])
