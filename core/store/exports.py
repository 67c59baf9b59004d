"""What exports are made from, and the ledger of those that were made."""

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import starmap
from typing import Any

import duckdb
import msgspec

from core.store.database import Store
from core.store.log import insert, utc
from core.store.state import STATE_OF_SOME

PART = 10_000
"""Interactions that are read at a time."""


class LedgerItem(msgspec.Struct, frozen=True, gc=False):
    """Which interaction, at which revision, went into which side of an export."""

    interaction_id: str
    revision: int
    split: str
    row_hash: str


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """An interaction with its state, as far as it counts for an export; history and sources are
    JSON. `corrected`: a user said what would be right."""

    id: str
    question: str
    answer: str
    history: str | None
    sources: str | None
    agent_version: str | None
    model: str | None
    logged_at: datetime | None
    tags: list[str] | None
    consent: bool | None
    redaction_version: str
    signal: str | None
    corrected: bool
    conflict: bool
    status: str
    final_answer: str | None
    revision: int


def count(store: Store, *, sample: bool, cut: int) -> int:
    """How many interactions there were at a cut-off."""
    found = store.rows(
        "SELECT count(*) AS n FROM interactions WHERE is_sample = ? AND seq <= ?", [sample, cut]
    )
    return int(found[0]["n"])


def candidates(store: Store, *, sample: bool, cut: int) -> Generator[Candidate]:
    """Every interaction with its state as it was at the cut-off, in the order stored.

    Read by parts, so that they need not be in memory together, one part ahead.
    """
    columns = ", ".join(Candidate.__struct_fields__)
    query = f"""
        {STATE_OF_SOME} SELECT
        {columns.replace("corrected", "coalesce(correction, '') <> '' AS corrected")}
        FROM state ORDER BY seq, id
        """

    def read(part: dict[str, int]) -> list[tuple[Any, ...]]:
        with store.read() as cursor:
            return cursor.execute(query, {"cut": cut, "sample": sample, **part}).fetchall()

    parts = _parts(store, sample=sample, cut=cut)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as ahead:
        coming = deque(ahead.submit(read, part) for part in parts[:1])
        for part in [*parts[1:], None]:
            if not coming:
                return
            rows = coming.popleft().result()
            if part:
                coming.append(ahead.submit(read, part))
            yield from starmap(Candidate, rows)


def _parts(store: Store, *, sample: bool, cut: int) -> list[dict[str, int]]:
    """The first and the last event of every so many interactions."""
    return store.rows(
        """
        SELECT min(seq) AS first, max(seq) AS last FROM (
            SELECT seq, row_number() OVER (ORDER BY seq, id) - 1 AS place
            FROM interactions WHERE is_sample = ? AND seq <= ?
        ) GROUP BY place // ? ORDER BY first
        """,
        [sample, cut, PART],
    )


def record(
    store: Store,
    export_id: str,
    *,
    format_: str,
    cut_off: int,
    now: datetime,
    manifest: str,
    items: Sequence[LedgerItem],
    sample: bool,
) -> None:
    """Note in the ledger that an export was made; a repetition changes nothing."""
    with store.write() as cursor:
        known = cursor.execute("SELECT 1 FROM exports WHERE export_id = ?", [export_id]).fetchone()
        if known:
            return
        cursor.execute(
            "INSERT INTO exports (seq, export_id, format, cut_off, exported_at, manifest, "
            "is_sample) VALUES (nextval('events'), ?, ?, ?, ?, ?, ?)",
            [export_id, format_, cut_off, utc(now), manifest, sample],
        )
        for start in range(0, len(items), PART):
            part = [
                [export_id, item.interaction_id, item.revision, item.split, item.row_hash]
                for item in items[start : start + PART]
            ]
            insert(cursor, "export_items", part)


def parent(store: Store, *, format_: str, cut_off: int, filters: dict[str, Any]) -> str | None:
    """The latest export of the same format that ended before this cut-off.

    For one that was made already it is the parent it had then, whatever was exported since: a
    repetition must give the same bytes.
    """
    rows = store.rows(
        "SELECT export_id, cut_off, manifest FROM exports "
        "WHERE format = ? AND cut_off <= ? AND is_sample = ? ORDER BY cut_off DESC, seq DESC",
        [format_, cut_off, filters["sample"]],
    )
    earlier: str | None = None
    for row in rows:
        if row["cut_off"] < cut_off:
            earlier = earlier or str(row["export_id"])
            continue
        manifest = msgspec.json.decode(row["manifest"])
        if manifest["filters"] == filters:
            known: str | None = manifest["parent"]
            return known
    return earlier


def made(store: Store, *, sample: bool) -> list[dict[str, Any]]:
    """The ledger, newest first: export id, format, when, rows, since when and why superseded."""
    return store.rows(
        "SELECT e.export_id, e.format, e.exported_at, e.superseded_at, e.superseded_because, "
        "e.cut_off, "
        "(SELECT count(*) FROM export_items i WHERE i.export_id = e.export_id) AS rows "
        "FROM exports e WHERE e.is_sample = ? ORDER BY e.seq DESC",
        [sample],
    )


def named(store: Store, prefix: str) -> list[dict[str, Any]]:
    """The exports whose id begins like this, of the sample and of the team's own."""
    return store.rows(
        "SELECT * FROM exports WHERE starts_with(export_id, ?) ORDER BY seq", [prefix]
    )


def items(store: Store, export_id: str) -> list[LedgerItem]:
    """What went into an export, in the order of its rows."""
    rows = store.rows(
        "SELECT interaction_id, revision, split, row_hash FROM export_items WHERE export_id = ? "
        "ORDER BY interaction_id",
        [export_id],
    )
    return [LedgerItem(**row) for row in rows]


def of_item(store: Store, interaction_id: str) -> list[dict[str, Any]]:
    """The exports that one interaction went into, newest first: export id, format, its revision in
    there, and since when the export is superseded."""
    return store.rows(
        "SELECT e.export_id, e.format, i.revision, e.superseded_at "
        "FROM export_items i JOIN exports e ON e.export_id = i.export_id "
        "WHERE i.interaction_id = ? ORDER BY e.seq DESC",
        [interaction_id],
    )


def versions(store: Store, interaction_ids: Sequence[str]) -> dict[str, str]:
    """The redaction version of each of these interactions that is stored."""
    rows = store.rows(
        "SELECT id, redaction_version FROM interactions WHERE id IN ?", [list(interaction_ids)]
    )
    return {row["id"]: row["redaction_version"] for row in rows}


def happened(store: Store, *, after: int, upto: int) -> dict[str, list[dict[str, Any]]]:
    """What was said of and decided on each interaction between two cut-offs, in order: `action` is
    a signal where `reviewer` is None."""
    rows = store.rows(
        """
        SELECT interaction_id, action, reviewer, decided_at AS happened_at, reason, undoes, seq
        FROM decisions WHERE seq > $after AND seq <= $upto
        UNION ALL
        SELECT interaction_id, signal, NULL, stored_at, NULL, NULL, seq
        FROM feedback WHERE seq > $after AND seq <= $upto
        ORDER BY seq
        """,
        {"after": after, "upto": upto},
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["interaction_id"], []).append(row)
    return found


def holding(store: Store, interaction_ids: Sequence[str]) -> list[str]:
    """The exports that any of these interactions went into and that are not superseded yet."""
    rows = store.rows(
        "SELECT DISTINCT i.export_id FROM export_items i JOIN exports e "
        "ON e.export_id = i.export_id AND e.superseded_at IS NULL "
        "WHERE i.interaction_id IN ? ORDER BY i.export_id",
        [list(interaction_ids)],
    )
    return [row["export_id"] for row in rows]


def supersede_holding(store: Store, interaction_id: str, now: datetime, because: str) -> None:
    """Supersede the exports that an interaction went into."""
    if held := holding(store, [interaction_id]):
        with store.write() as cursor:
            supersede(cursor, held, now, because)


def supersede(
    cursor: duckdb.DuckDBPyConnection, export_ids: Sequence[str], now: datetime, because: str
) -> None:
    """Note that these exports hold what is no longer to be used; the first reason stays."""
    cursor.execute(
        "UPDATE exports SET superseded_at = ?, superseded_because = ? "
        "WHERE export_id IN ? AND superseded_at IS NULL",
        [utc(now), because, list(export_ids)],
    )
