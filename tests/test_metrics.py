"""Rates with their uncertainty, the funnel and the filters, against counts made by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.export import prepare, record
from core.metrics import Filter, Funnel, down_rates, funnel_steps, wilson
from core.pipeline import load_file, record_redactor
from core.review import decide
from core.store import Store, reports

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OWN = Filter(sample=False)
COLUMNS = [
    *("period", "version", "interactions", "up", "down", "no_vote"),
    *("votes", "rate", "low", "high"),
]

Load = Callable[..., None]


@pytest.fixture
def load(store: Store, write_log: Callable[..., Path]) -> Load:
    def into_store(*lines: dict[str, Any]) -> None:
        load_file(store, write_log(*lines))

    return into_store


def answered(
    id_: str, day: str | None, *votes: dict[str, Any] | str, **more: Any
) -> dict[str, Any]:
    time = f"2026-{day}T10:00:00Z" if day else None
    line = {"id": id_, "question": "How?", "answer": "So.", "logged_at": time}
    return {**line, "feedback": list(votes), **more}


DOWN = {"signal": "down", "correction": "Thus."}
CONFLICT = ({"signal": "down", "rater": "a"}, {"signal": "up", "rater": "b"})


@pytest.fixture
def filled(store: Store, load: Load) -> Store:
    load(
        # Week of Monday 9 November
        answered("a", "11-09", "up", agent_version="1"),
        answered("b", "11-09", DOWN, agent_version="1"),
        answered("c", "11-15", "retry", agent_version="1"),
        answered("d", "11-15", DOWN, agent_version="2"),
        # Week of Monday 16 November
        answered("e", "11-16", *CONFLICT, agent_version="2"),
        answered("f", "11-18", "up", agent_version="2"),
        answered("g", "11-18", {"signal": "edit", "correction": "Thus."}, agent_version="2"),
        answered("h", "11-18", agent_version=None),
        # At no time
        answered("i", None, "down", agent_version="2"),
    )
    return store


def table(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    assert list(frame.columns) == COLUMNS
    return [
        (f"{row.period:%m-%d}", row.version, row.interactions, row.up, row.down, row.no_vote)
        for row in frame.itertuples()
    ]


# ---- the interval ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven
        # methods", Statistics in Medicine 17 (1998) 857-872, table I, method 3 (score interval
        # without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_at_the_ends() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 1)[0] == 0.0
    assert wilson(1, 1)[1] == 1.0


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_mirrors(counts: tuple[int, int]) -> None:
    successes, trials = counts
    low, high = wilson(successes, trials)
    assert 0 <= low <= high <= 1
    assert low - 1e-12 <= successes / trials <= high + 1e-12
    assert wilson(trials - successes, trials) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    wider = wilson(successes, trials)
    narrower = wilson(successes * 10, trials * 10)
    assert narrower[1] - narrower[0] < wider[1] - wider[0]


# ---- rates over time ------------------------------------------------------------------------


def test_rates_by_week_and_version(filled: Store) -> None:
    frame = down_rates(filled, OWN, period="week", by_version=True)
    assert table(frame) == [
        ("11-09", "1", 3, 1, 1, 1),
        ("11-09", "2", 1, 0, 1, 0),
        ("11-16", "(none)", 1, 0, 0, 1),
        ("11-16", "2", 3, 1, 1, 1),  # raters who disagree: a thumbs down is in it
    ]
    assert list(frame["votes"]) == [2, 1, 0, 2]
    assert frame["rate"][0] == 0.5
    assert frame["rate"][1] == 1.0
    assert pd.isna(frame["rate"][2])
    for row in frame.itertuples():
        assert (row.low, row.high) == wilson(int(str(row.down)), int(str(row.votes)))
    assert (frame["low"][2], frame["high"][2]) == (0.0, 1.0)
    assert str(frame["period"].dtype).startswith("datetime64")


def test_rates_by_day_of_all_versions(filled: Store) -> None:
    assert table(down_rates(filled, OWN, period="day", by_version=False)) == [
        ("11-09", "all", 2, 1, 1, 0),
        ("11-15", "all", 2, 0, 1, 1),
        ("11-16", "all", 1, 0, 1, 0),
        ("11-18", "all", 3, 1, 0, 2),
    ]


def test_a_day_is_a_day_of_utc(store: Store, load: Load) -> None:
    load(
        answered("late", None, "up", logged_at="2026-11-09T23:59:59.999Z"),
        answered("east", None, "up", logged_at="2026-11-10T01:00:00+02:00"),
        answered("next", None, "up", logged_at="2026-11-10T00:00:00Z"),
    )
    assert table(down_rates(store, OWN, period="day", by_version=False)) == [
        ("11-09", "all", 2, 2, 0, 0),
        ("11-10", "all", 1, 1, 0, 0),
    ]


@pytest.mark.parametrize(
    ("zone", "days", "weeks", "monday"),
    [
        # Sunday 23:30 and Monday 00:30 in Berlin, by its winter time
        ("UTC", ["10-25", "11-08"], ["10-19", "11-02"], []),
        ("Europe/Berlin", ["10-26", "11-08", "11-09"], ["10-26", "11-02", "11-09"], [1]),
        ("America/Los_Angeles", ["10-25", "11-08"], ["10-19", "11-02"], []),
        ("Pacific/Kiritimati", ["10-26", "11-09"], ["10-26", "11-09"], [2]),
    ],
)
def test_a_day_is_a_day_of_the_readers_zone(
    store: Store, load: Load, zone: str, days: list[str], weeks: list[str], monday: list[int]
) -> None:
    load(
        answered("a", None, "up", logged_at="2026-10-25T23:30:00Z"),
        answered("b", None, "up", logged_at="2026-11-08T22:30:00Z"),
        answered("c", None, "up", logged_at="2026-11-08T23:30:00Z"),
    )
    chosen = Filter(sample=False, zone=zone)
    for period, expected in (("day", days), ("week", weeks)):
        frame = down_rates(store, chosen, period=period, by_version=False)  # type: ignore[arg-type]
        assert [row[0] for row in table(frame)] == expected
    span = reports.span(store, sample=False, zone=zone)
    assert [f"{span['first']:%m-%d}", f"{span['last']:%m-%d}"] == [days[0], days[-1]]
    # A filter means the same days as the charts.
    ninth = Filter(sample=False, zone=zone, since=date(2026, 11, 9), until=date(2026, 11, 9))
    assert funnel_steps(store, ninth)[0].interactions == sum(monday)
    frame = down_rates(store, ninth, period="day", by_version=False)
    assert list(frame["interactions"]) == monday


def test_a_changed_mind_counts_once(store: Store, load: Load) -> None:
    early, late = "2026-11-09T11:00:00Z", "2026-11-09T12:00:00Z"
    load(
        answered("a", "11-09", {"signal": "down", "at": early}, {"signal": "up", "at": late}),
        answered("b", "11-09", {"signal": "up", "at": early}, {"signal": "down", "at": late}),
    )
    assert table(down_rates(store, OWN, period="day", by_version=False)) == [
        ("11-09", "all", 2, 1, 1, 0)
    ]


# ---- the funnel -----------------------------------------------------------------------------


def steps(store: Store, chosen: Filter = OWN) -> list[tuple[str, int]]:
    return [(step.step, step.interactions) for step in funnel_steps(store, chosen)]


def test_the_funnel(filled: Store) -> None:
    names = ["Logged", "With feedback", "For review", "Decided", "Fix approved", "Exported"]
    assert steps(filled) == list(zip(names, [9, 8, 5, 0, 0, 0], strict=True))
    redactor = record_redactor()

    def act(id_: str, action: Any, **more: Any) -> None:
        decide(filled, redactor, id_, action, revision=0, reviewer="Ann", now=NOW, **more)

    act("b", "approve")
    act("e", "edit", answer="Thus and so.")
    act("g", "reject", reason="unclear")
    act("d", "skip")
    assert steps(filled) == list(zip(names, [9, 8, 5, 3, 2, 0], strict=True))

    # Only what is exported as a fix counts: not "a" and "f", which nobody had to fix, and not "e",
    # which asks the same question.
    prepared = prepare(filled, redactor.redactor, "eval", sample=False)
    record(filled, prepared, NOW)
    assert len(prepared.cases) == 1
    assert steps(filled) == list(zip(names, [9, 8, 5, 3, 2, 1], strict=True))
    assert funnel_steps(filled, OWN)[-1] == Funnel("Exported", 1)


# ---- filters --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        (Filter(sample=False), "abcdefghi"),
        (Filter(sample=False, since=date(2026, 11, 15)), "cdefgh"),
        (Filter(sample=False, until=date(2026, 11, 15)), "abcd"),
        (Filter(sample=False, since=date(2026, 11, 15), until=date(2026, 11, 16)), "cde"),
        (Filter(sample=False, versions=("1",)), "abc"),
        (Filter(sample=False, versions=("1", "2")), "abcdefgi"),
        (Filter(sample=False, versions=("",)), "h"),
        (Filter(sample=False, versions=("nope",)), ""),
        (Filter(sample=False, since=date(2026, 11, 16), versions=("2",)), "efg"),
        (Filter(sample=True), ""),
    ],
)
def test_a_filter_is_the_same_for_every_chart(filled: Store, chosen: Filter, ids: str) -> None:
    assert funnel_steps(filled, chosen)[0] == Funnel("Logged", len(ids))
    frame = down_rates(filled, chosen, period="week", by_version=False)
    dated = [id_ for id_ in ids if id_ != "i"]
    assert frame["interactions"].sum() == len(dated)
    assert frame["down"].sum() == len([id_ for id_ in dated if id_ in "bde"])
    reasons = reports.down_reasons(
        filled,
        sample=chosen.sample,
        since=chosen.since,
        until=chosen.until,
        versions=list(chosen.versions),
    )
    assert sum(row["interactions"] for row in reasons) == len([id_ for id_ in ids if id_ in "bdei"])


def test_sample_and_own_rows_are_counted_apart(filled: Store) -> None:
    with filled.write() as cursor:
        cursor.execute("UPDATE interactions SET is_sample = true WHERE id IN ('a', 'b')")
        cursor.execute("UPDATE feedback SET is_sample = true WHERE interaction_id IN ('a', 'b')")
    assert steps(filled, OWN)[0] == ("Logged", 7)
    assert steps(filled, Filter(sample=True))[:3] == [
        ("Logged", 2),
        ("With feedback", 2),
        ("For review", 1),
    ]
    assert table(down_rates(filled, Filter(sample=True), period="day", by_version=True)) == [
        ("11-09", "1", 2, 1, 1, 0)
    ]


def test_why_answers_were_voted_down(store: Store, load: Load) -> None:
    def tagged(*tags: str) -> dict[str, Any]:
        return {"signal": "down", "tags": list(tags)}

    load(
        answered("a", "11-09", tagged("outdated", "wrong")),
        answered("b", "11-09", tagged("outdated")),
        answered("c", "11-09", "down"),
        answered("d", "11-09", {"signal": "up", "tags": ["friendly"]}),
        answered(
            "e", "11-09", {**tagged("outdated"), "rater": "x"}, {**tagged("wrong"), "rater": "y"}
        ),
    )
    assert reports.down_reasons(store, sample=False, since=None, until=None, versions=[]) == [
        {"reason": "outdated", "interactions": 3},
        {"reason": "wrong", "interactions": 2},
        {"reason": "(no reason given)", "interactions": 1},
    ]


def test_counts_by_signal_and_decision(filled: Store) -> None:
    decide(filled, record_redactor(), "b", "approve", revision=0, reviewer="Ann", now=NOW)
    counts = reports.stats(filled, sample=False)
    assert counts == {
        "interactions": 9,
        "up": 3,
        "down": 4,
        "down_with_correction": 2,
        "down_without_fix": 2,
        "edit": 1,
        "retry": 1,
        "pending": 4,
        "approved": 1,
        "edited": 0,
        "rejected": 0,
    }


def test_what_there_is_to_choose_from(filled: Store) -> None:
    assert reports.span(filled, sample=False) == {
        "first": date(2026, 11, 9),
        "last": date(2026, 11, 18),
        "versions": ["", "1", "2"],
    }


def test_an_empty_store(store: Store) -> None:
    for period in ("day", "week"):
        for by_version in (True, False):
            frame = down_rates(store, OWN, period=period, by_version=by_version)
            assert list(frame.columns) == COLUMNS
            assert len(frame) == 0
            assert str(frame["period"].dtype).startswith("datetime64")
    assert [step.interactions for step in funnel_steps(store, OWN)] == [0] * 6
    assert set(reports.stats(store, sample=False).values()) == {0}
    assert reports.span(store, sample=False) == {"first": None, "last": None, "versions": []}
    assert reports.down_reasons(store, sample=False, since=None, until=None, versions=[]) == []
