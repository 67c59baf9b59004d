"""Turns counts into rates a person may rely on: a rate of few votes says how little it knows."""

import math
from datetime import date

import msgspec
import pandas as pd

from core.store import Store, reports
from core.store.reports import Period

Z95 = 1.959964


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which interactions a chart is about; an empty `versions` means all of them.

    Days begin and end at midnight in `zone`.
    """

    sample: bool
    since: date | None = None
    until: date | None = None
    versions: tuple[str, ...] = ()
    zone: str = "UTC"


class Funnel(msgspec.Struct, frozen=True):
    """One step of the way from log to dataset."""

    step: str
    interactions: int


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share, both ends in 0..1; (0, 1) when there were no trials.

    Source: Wilson 1927, the score interval, which stays honest for few trials and shares near 0.
    """
    if trials == 0:
        return 0.0, 1.0
    share, square = successes / trials, Z95**2
    middle = share + square / (2 * trials)
    margin = Z95 * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    scale = 1 + square / trials
    return max(0.0, (middle - margin) / scale), min(1.0, (middle + margin) / scale)


def down_rates(store: Store, chosen: Filter, *, period: Period, by_version: bool) -> pd.DataFrame:
    """Per period and version: interactions, up, down, no_vote, votes, rate, low, high.

    `rate` is the share of thumbs down among answers with a vote, None where nobody voted; `low`
    and `high` are the ends of its 95 % interval.
    """
    rows = reports.timeline(
        store,
        sample=chosen.sample,
        period=period,
        by_version=by_version,
        since=chosen.since,
        until=chosen.until,
        versions=list(chosen.versions),
        zone=chosen.zone,
    )
    for row in rows:
        row["votes"] = row["up"] + row["down"]
        row["rate"] = row["down"] / row["votes"] if row["votes"] else None
        row["low"], row["high"] = wilson(row["down"], row["votes"])
    columns = ["period", "version", "interactions", "up", "down", "no_vote"]
    frame = pd.DataFrame(rows, columns=[*columns, "votes", "rate", "low", "high"])
    frame["period"] = pd.to_datetime(frame["period"])
    return frame


def funnel_steps(store: Store, chosen: Filter) -> list[Funnel]:
    """The steps from logged to exported, in order."""
    counts = reports.funnel(
        store,
        sample=chosen.sample,
        since=chosen.since,
        until=chosen.until,
        versions=list(chosen.versions),
        zone=chosen.zone,
    )
    names = {
        "logged": "Logged",
        "with_feedback": "With feedback",
        "for_review": "For review",
        "decided": "Decided",
        "fixed": "Fix approved",
        "exported": "Exported",
    }
    return [Funnel(names[step], number) for step, number in counts.items()]
