"""Counts over the log, aggregated in the database so that a chart gets hundreds of rows at most.

Times are stored in UTC; a day is a day of the zone asked for, so that a reader's Monday is theirs.
"""

from datetime import date
from typing import Any, Literal

from core.store.database import Store
from core.store.state import NO_CUT, STATE

Period = Literal["day", "week"]

_TO_LOCAL = "AT TIME ZONE 'UTC' AT TIME ZONE $zone"
_TO_UTC = "AT TIME ZONE $zone AT TIME ZONE 'UTC'"
_BETWEEN = f"""
    ($since IS NULL OR logged_at >= $since::TIMESTAMP {_TO_UTC})
    AND ($until IS NULL OR logged_at < ($until::TIMESTAMP + INTERVAL 1 DAY) {_TO_UTC})
    AND (len($versions) = 0 OR coalesce(agent_version, '') IN (SELECT unnest($versions)))
"""


def stats(store: Store, *, sample: bool) -> dict[str, int]:
    """Interactions by final state: each is counted once per signal it has."""
    return store.rows(
        f"""
        {STATE} SELECT count(*) AS interactions,
            count(*) FILTER (ups > 0) AS up,
            count(*) FILTER (downs > 0) AS down,
            count(*) FILTER (downs > 0 AND correction IS NOT NULL) AS down_with_correction,
            count(*) FILTER (downs > 0 AND correction IS NULL) AS down_without_fix,
            count(*) FILTER (edits > 0) AS edit,
            count(*) FILTER (retries > 0) AS retry,
            count(*) FILTER (reviewable AND status = 'pending') AS pending,
            count(*) FILTER (status = 'approved') AS approved,
            count(*) FILTER (status = 'edited') AS edited,
            count(*) FILTER (status = 'rejected') AS rejected
        FROM state
        """,
        {"cut": NO_CUT, "sample": sample},
    )[0]


def span(store: Store, *, sample: bool, zone: str = "UTC") -> dict[str, Any]:
    """First and last day logged, and the agent versions seen ('' for none), in order."""
    return store.rows(
        f"""
        SELECT (min(logged_at) {_TO_LOCAL})::DATE AS first,
               (max(logged_at) {_TO_LOCAL})::DATE AS last,
               coalesce(list_sort(list(DISTINCT coalesce(agent_version, ''))), []) AS versions
        FROM interactions WHERE is_sample = $sample
        """,
        {"sample": sample, "zone": zone},
    )[0]


def timeline(
    store: Store,
    *,
    sample: bool,
    period: Period,
    by_version: bool,
    since: date | None,
    until: date | None,
    versions: list[str],
    zone: str = "UTC",
) -> list[dict[str, Any]]:
    """Per period (its first day) and version, or for all: interactions, up, down, neither."""
    return store.rows(
        f"""
        {STATE} SELECT date_trunc($period, logged_at {_TO_LOCAL})::DATE AS period,
            CASE WHEN $by_version THEN coalesce(agent_version, '(none)') ELSE 'all' END AS version,
            count(*) AS interactions,
            count(*) FILTER (downs > 0) AS down,
            count(*) FILTER (downs = 0 AND ups > 0) AS up,
            count(*) FILTER (downs = 0 AND ups = 0) AS no_vote
        FROM state WHERE logged_at IS NOT NULL AND {_BETWEEN}
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        _parameters(sample, since, until, versions, zone)
        | {"period": period, "by_version": by_version},
    )


def funnel(
    store: Store,
    *,
    sample: bool,
    since: date | None,
    until: date | None,
    versions: list[str],
    zone: str = "UTC",
) -> dict[str, int]:
    """How many interactions reached each step from logged to exported."""
    return store.rows(
        f"""
        {STATE} SELECT count(*) AS logged,
            count(*) FILTER (signal IS NOT NULL) AS with_feedback,
            count(*) FILTER (reviewable) AS for_review,
            count(*) FILTER (status <> 'pending') AS decided,
            count(*) FILTER (status IN ('approved', 'edited')) AS fixed,
            count(*) FILTER (status IN ('approved', 'edited')
                AND id IN (SELECT interaction_id FROM export_items)) AS exported
        FROM state WHERE {_BETWEEN}
        """,
        _parameters(sample, since, until, versions, zone),
    )[0]


def down_reasons(
    store: Store,
    *,
    sample: bool,
    since: date | None,
    until: date | None,
    versions: list[str],
    zone: str = "UTC",
) -> list[dict[str, Any]]:
    """Reason tags of thumbs down with the interactions that carry each, most frequent first."""
    return store.rows(
        f"""
        {STATE}, tagged AS (
            SELECT DISTINCT s.id, unnest(
                CASE WHEN len(f.tags) > 0 THEN f.tags ELSE ['(no reason given)'] END) AS reason
            FROM state s JOIN feedback f ON f.interaction_id = s.id
            WHERE s.downs > 0 AND f.signal = 'down' AND {_BETWEEN}
        )
        SELECT reason, count(*) AS interactions FROM tagged
        GROUP BY reason ORDER BY interactions DESC, reason LIMIT 20
        """,
        _parameters(sample, since, until, versions, zone),
    )


def _parameters(
    sample: bool, since: date | None, until: date | None, versions: list[str], zone: str
) -> dict[str, Any]:
    return {
        "cut": NO_CUT,
        "sample": sample,
        "since": since,
        "until": until,
        "versions": versions,
        "zone": zone,
    }
