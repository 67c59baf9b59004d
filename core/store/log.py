"""Loads, interactions, feedback and rejected lines: what came in."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from core.records import SafeFeedback, SafeInteraction
from core.store import unchecked
from core.store.database import Store


class LoadCounts(msgspec.Struct, kw_only=True):
    """What became of the records of a log: lines = loaded + duplicate + rejected + feedback."""

    lines: int = 0
    loaded: int = 0
    duplicate: int = 0
    rejected: int = 0
    feedback: int = 0
    redacted: dict[str, int] = msgspec.field(default_factory=dict)


class StoredReject(msgspec.Struct, frozen=True):
    """A rejected line as it may be stored and shown."""

    line: int
    offset: int
    reason: str
    excerpt: str


class Slice(msgspec.Struct, kw_only=True):
    """What one transaction stores: interactions and votes with their line, rejects.

    `again` names those ids and event keys that take the place of a text that had failed.
    """

    interactions: list[tuple[int, SafeInteraction]] = msgspec.field(default_factory=list)
    feedback: list[tuple[int, SafeFeedback]] = msgspec.field(default_factory=list)
    rejected: list[StoredReject] = msgspec.field(default_factory=list)
    again: set[str] = msgspec.field(default_factory=set)
    first_line: int = 0
    last_line: int = 0
    offset: int = 0


def utc(moment: datetime | None) -> datetime | None:
    """The moment as the store keeps it: UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None


def begin_load(
    store: Store,
    log_file: str,
    now: datetime,
    *,
    is_sample: bool,
    file_key: str | None = None,
    shape: str | None = None,
    size: int = 0,
) -> tuple[int, LoadCounts]:
    """Record that a load has begun, or goes on: returns its number and its counts so far.

    It goes on when the last load of the same `file_key` was not finished.
    """
    with store.write() as cursor:
        last = cursor.execute(
            "SELECT id, lines, loaded, duplicate, rejected, feedback, redacted FROM loads "
            "WHERE file_key = ? AND log_file = ? AND finished_at IS NULL AND cleared_at IS NULL "
            "AND id >= (SELECT max(id) FROM loads WHERE file_key = ?) ",
            [file_key, log_file, file_key],
        ).fetchone()
        if last:
            cursor.execute(
                "UPDATE loads SET stopped_at = NULL, stopped_because = NULL WHERE id = ?",
                [last[0]],
            )
            numbers = dict(zip(LoadCounts.__struct_fields__[:5], last[1:6], strict=True))
            return int(last[0]), LoadCounts(**numbers, redacted=msgspec.json.decode(last[6]))
        number = _one(cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM loads"))
        cursor.execute(
            "INSERT INTO loads (id, log_file, started_at, is_sample, lines, loaded, duplicate, "
            "rejected, feedback, redacted, file_key, shape, bytes_done, bytes_total) "
            "VALUES (?, ?, ?, ?, 0, 0, 0, 0, 0, '{}', ?, ?, 0, ?)",
            [number, log_file, utc(now), is_sample, file_key, shape, size],
        )
    return int(number), LoadCounts()


def interrupted_loads(store: Store) -> list[dict[str, Any]]:
    """The team's own loads that ended with their process, latest first, one a log."""
    return store.rows(
        "SELECT DISTINCT ON (log_file) log_file, shape FROM loads "
        "WHERE finished_at IS NULL AND stopped_at IS NULL AND cleared_at IS NULL "
        "AND NOT is_sample AND file_key IS NOT NULL "
        # What was loaded again since, as it had changed, is done.
        "AND id = (SELECT max(later.id) FROM loads later WHERE later.log_file = loads.log_file) "
        "ORDER BY log_file, id DESC"
    )


def stop_load(store: Store, load_id: int, now: datetime, because: str) -> None:
    """Record that a load has stopped before its end."""
    with store.write() as cursor:
        cursor.execute(
            "UPDATE loads SET stopped_at = ?, stopped_because = ? WHERE id = ?",
            [utc(now), because, load_id],
        )


def store_slice(
    store: Store,
    load_id: int,
    log_file: str,
    part: Slice,
    counts: LoadCounts,
    now: datetime,
    *,
    is_sample: bool,
) -> None:
    """Store a slice and the counts of the load so far, all or nothing.

    Raises `Stale` when one of the ids or events was stored by someone else meanwhile.
    """
    stored_at = utc(now)
    with store.write() as cursor:
        # The rejects of a file are those of its last load: a line that was cut short while the
        # log was still being written may be whole now.
        cursor.execute(
            "DELETE FROM rejected_lines WHERE log_file = ? AND line BETWEEN ? AND ? "
            "AND load_id <> ?",
            [log_file, part.first_line, part.last_line, load_id],
        )
        insert(
            cursor,
            "rejected_lines",
            [
                [load_id, log_file, r.line, r.offset, r.reason, r.excerpt, is_sample]
                for r in part.rejected
            ],
        )
        for line, i in part.interactions:
            if i.id in part.again:
                unchecked.replace_interaction(cursor, i, load_id, line)
        for line, f in part.feedback:
            if f.event_key in part.again:
                unchecked.replace_feedback(cursor, f, load_id, line)
        numbers = _next_events(cursor, len(part.interactions) + len(part.feedback))
        insert(
            cursor,
            "interactions",
            [
                [
                    next(numbers),
                    i.id,
                    i.content_key,
                    utc(i.logged_at),
                    i.question,
                    i.answer,
                    _json(i.history),
                    _json(i.sources),
                    i.agent_version,
                    i.model,
                    i.session_id,
                    i.user_ref,
                    list(i.tags),
                    i.consent,
                    _json(i.metadata),
                    i.redaction_version,
                    _json(i.counts) or "{}",
                    load_id,
                    line,
                    is_sample,
                    stored_at,
                ]
                for line, i in part.interactions
                if i.id not in part.again
            ],
        )
        insert(
            cursor,
            "feedback",
            [
                [
                    next(numbers),
                    f.event_key,
                    f.interaction_id,
                    utc(f.at),
                    f.signal,
                    f.correction,
                    f.comment,
                    list(f.tags),
                    f.rater_ref,
                    f.redaction_version,
                    _json(f.counts) or "{}",
                    load_id,
                    line,
                    is_sample,
                    stored_at,
                ]
                for line, f in part.feedback
                if f.event_key not in part.again
            ],
        )
        cursor.execute(
            "UPDATE loads SET lines = ?, loaded = ?, duplicate = ?, rejected = ?, feedback = ?, "
            "redacted = ?, bytes_done = ? WHERE id = ?",
            [
                counts.lines,
                counts.loaded,
                counts.duplicate,
                counts.rejected,
                counts.feedback,
                _json(counts.redacted) or "{}",
                part.offset,
                load_id,
            ],
        )


def finish_load(store: Store, load_id: int, now: datetime) -> None:
    """Record that every record of the log has been dealt with."""
    with store.write() as cursor:
        cursor.execute("UPDATE loads SET finished_at = ? WHERE id = ?", [utc(now), load_id])


def content_keys(store: Store, ids: Sequence[str]) -> dict[str, str]:
    """The content key of each of these interactions that is stored."""
    rows = store.rows("SELECT id, content_key FROM interactions WHERE id IN ?", [list(ids)])
    return {row["id"]: row["content_key"] for row in rows}


def known_events(store: Store, keys: Sequence[str]) -> set[str]:
    """Which of these feedback events are stored already."""
    rows = store.rows("SELECT event_key FROM feedback WHERE event_key IN ?", [list(keys)])
    return {row["event_key"] for row in rows}


def texts(store: Store, ids: Sequence[str]) -> dict[str, list[str]]:
    """All stored texts of these interactions, corrections and final answers included."""
    found: dict[str, list[str]] = {}
    rows = store.rows(
        """
        SELECT id, question || ' ' || answer || ' ' || coalesce(history, '') || ' '
                   || coalesce(sources, '') || ' ' || coalesce(metadata, '') || ' '
                   || coalesce(array_to_string(tags, ' '), '') AS text
        FROM interactions WHERE id IN $ids
        UNION ALL
        SELECT interaction_id, coalesce(correction, '') || ' ' || coalesce(comment, '') || ' '
                   || coalesce(array_to_string(tags, ' '), '')
        FROM feedback WHERE interaction_id IN $ids
        UNION ALL
        SELECT interaction_id, coalesce(final_answer, '') || ' ' || coalesce(note, '')
        FROM decisions WHERE interaction_id IN $ids
        UNION ALL
        SELECT interaction_id, coalesce(correction, '') || ' ' || coalesce(note, '')
        FROM drafts WHERE interaction_id IN $ids
        """,
        {"ids": list(ids)},
    )
    for row in rows:
        found.setdefault(row["id"], []).append(row["text"])
    return found


def rejects(store: Store, *, sample: bool | None = None) -> list[dict[str, Any]]:
    """Rejected lines with path, line, byte offset, reason and redacted excerpt."""
    return store.rows(
        "SELECT log_file AS path, line, byte_offset, reason, excerpt FROM rejected_lines "
        "WHERE $sample IS NULL OR is_sample = $sample ORDER BY load_id, line",
        {"sample": sample},
    )


def loads(store: Store) -> list[dict[str, Any]]:
    """Every load, newest first."""
    return store.rows("SELECT * FROM loads ORDER BY id DESC")


def number(store: Store) -> int:
    """How many interactions are stored, the sample's among them."""
    return int(store.rows("SELECT count(*) AS number FROM interactions")[0]["number"])


def has_rows(store: Store, *, sample: bool) -> bool:
    """Whether anything of the sample, or of the team's own, is stored."""
    return bool(
        store.rows("SELECT 1 AS one FROM interactions WHERE is_sample = ? LIMIT 1", [sample])
    )


def scope_is_sample(store: Store) -> bool:
    """What counts and exports speak of unless told otherwise: the sample only when it is alone."""
    return has_rows(store, sample=True) and not has_rows(store, sample=False)


def sample_unfinished(store: Store) -> bool:
    """Whether the last load of the sample was killed half-way."""
    rows = store.rows(
        "SELECT coalesce(finished_at, cleared_at) AS ended FROM loads WHERE is_sample "
        "ORDER BY id DESC LIMIT 1"
    )
    return bool(rows) and rows[0]["ended"] is None


def end_sample_load(store: Store, now: datetime) -> None:
    """Record that the sample's load was ended on purpose and is not to be taken up again."""
    with store.write() as cursor:
        cursor.execute(
            "UPDATE loads SET finished_at = ? WHERE is_sample AND finished_at IS NULL", [utc(now)]
        )


def clear_sample(store: Store, now: datetime) -> None:
    """Delete the sample and all that reviewers made of it; own rows are not touched.

    Its loads stay, marked as cleared: a record without text that it was here.
    """
    of_sample = "interaction_id IN (SELECT id FROM interactions WHERE is_sample)"
    with store.write() as cursor:
        for table in ("decisions", "skips", "claims", "drafts", "question_links", "same_questions"):
            cursor.execute(f"DELETE FROM {table} WHERE {of_sample}")
        cursor.execute(
            "DELETE FROM export_items WHERE export_id IN "
            "(SELECT export_id FROM exports WHERE is_sample)"
        )
        for table in ("exports", "feedback", "rejected_lines", "holdout_shares", "interactions"):
            cursor.execute(f"DELETE FROM {table} WHERE is_sample")
        cursor.execute(
            "UPDATE loads SET cleared_at = $now WHERE is_sample AND cleared_at IS NULL",
            {"now": utc(now)},
        )


def sample_cleared(store: Store) -> datetime | None:
    """When the sample was last deleted, None if never."""
    found: datetime | None = store.rows("SELECT max(cleared_at) AS moment FROM loads")[0]["moment"]
    return found


def last_event(store: Store, *, sample: bool, as_of: datetime | None = None) -> int:
    """The number of the last event of the sample, or of the team's own, up to a moment; else 0."""
    moment = utc(as_of)
    return int(
        store.rows(
            """
            SELECT coalesce(max(seq), 0) AS seq FROM (
                SELECT seq, stored_at FROM interactions WHERE is_sample = $sample UNION ALL
                SELECT seq, stored_at FROM feedback WHERE is_sample = $sample UNION ALL
                SELECT d.seq, decided_at FROM decisions d
                JOIN interactions i ON i.id = d.interaction_id WHERE i.is_sample = $sample UNION ALL
                SELECT s.seq, said_at FROM same_questions s
                JOIN interactions i ON i.id = s.interaction_id WHERE i.is_sample = $sample UNION ALL
                SELECT seq, chosen_at FROM holdout_shares WHERE is_sample = $sample
            ) WHERE $moment IS NULL OR stored_at <= $moment::TIMESTAMP
            """,
            {"moment": moment, "sample": sample},
        )[0]["seq"]
    )


def last_of_all(store: Store) -> int:
    """The number of the last event of any kind: while it stays, nothing was stored."""
    found = store.rows("SELECT last_value FROM duckdb_sequences() WHERE sequence_name = 'events'")
    return int(found[0]["last_value"] or 0)


def insert(cursor: duckdb.DuckDBPyConnection, table: str, rows: list[list[Any]]) -> None:
    # One bulk insert through Arrow: row by row DuckDB takes a millisecond each.
    if not rows:
        return
    columns = cursor.sql(f"SELECT * FROM {table} LIMIT 0").to_arrow_table().schema
    arrays = [
        pa.array(values, type=field.type)
        for values, field in zip(zip(*rows, strict=True), columns, strict=True)
    ]
    cursor.register("batch", pa.table(arrays, schema=columns))
    cursor.execute(f"INSERT INTO {table} SELECT * FROM batch")
    cursor.unregister("batch")


def _next_events(cursor: duckdb.DuckDBPyConnection, count: int) -> Iterator[int]:
    numbers = cursor.execute("SELECT nextval('events') FROM range(?)", [count]).fetchall()
    return iter(sorted(number for (number,) in numbers))


def _json(value: object) -> str | None:
    return msgspec.json.encode(value).decode() if value else None


def _one(result: duckdb.DuckDBPyConnection) -> Any:
    row = result.fetchone()
    assert row is not None
    return row[0]
