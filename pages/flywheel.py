"""Flywheel: is the agent getting better, and how far has its feedback come?"""

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from core.jobs import LoadJob
from core.metrics import Filter, down_rates, funnel_steps
from core.runtime import Runtime
from core.store import reports
from core.store.reports import Period
from pages import charts, session, states, texts, times


def main() -> None:
    """Draw the numbers, the filters and the charts."""
    session.require_access()
    running = session.opened()
    sample = session.shows_sample(running)
    span = reports.span(running.store, sample=sample, zone=times.zone_name())
    counts = reports.stats(running.store, sample=sample)
    st.title("Flywheel", anchor=False)
    if not counts["interactions"]:
        _nothing(running)
        return
    _numbers(counts)
    chosen, period, by_version = _filters(span, sample)
    _charts(running, chosen, period, by_version)


def _nothing(running: Runtime) -> None:
    if any(isinstance(job, LoadJob) for job in running.active_jobs()):
        states.loading("Loading", "The first interactions appear here in a moment.")
        return
    with states.empty(
        "Nothing is loaded yet",
        "Load your agent's feedback log, or the sample to look around. Personal data is removed "
        "before anything is stored.",
    ):
        st.page_link(session.page("logs"), label="Load a log")


def _numbers(counts: dict[str, int]) -> None:
    votes = counts["up"] + counts["down"]
    fixed = counts["approved"] + counts["edited"]
    shown = (
        ("Interactions", f"{counts['interactions']:,}", None),
        ("Thumbs up", f"{counts['up']:,}", None),
        ("Thumbs down", f"{counts['down']:,}", "Final votes: the last one of each rater"),
        (
            "Down rate",
            f"{counts['down'] / votes:.0%}" if votes else "–",
            f"Thumbs down among {texts.count(votes, 'vote')}",
        ),
        ("Waiting for review", f"{counts['pending']:,}", "Thumbs down and edits not yet decided"),
        ("Fixes approved", f"{fixed:,}", "Corrections approved or edited by a reviewer"),
    )
    with st.container(key="numbers", horizontal=True, gap="small"):
        for name, value, help_ in shown:
            st.metric(name, value, help=help_, border=True)


def _filters(span: dict[str, object], sample: bool) -> tuple[Filter, Period, bool]:
    first, last = span["first"], span["last"]
    versions = list(span["versions"]) if isinstance(span["versions"], list) else []
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom", gap="medium"):
        period = st.segmented_control(
            "Per", ["week", "day"], default="week", required=True, key="per", bind="query-params"
        )
        by = st.segmented_control(
            "Split",
            ["all", "by version"],
            default="all",
            required=True,
            key="split",
            bind="query-params",
        )
        since = until = None
        if isinstance(first, date) and isinstance(last, date):
            days = st.date_input(
                "Logged between",
                (first, last),
                min_value=first,
                max_value=last,
                key=f"days-{first}-{last}",
                format="YYYY-MM-DD",
                width=300,
            )
            # The whole span means no filter: it would leave out what was logged without a time.
            if isinstance(days, tuple) and len(days) == 2 and days != (first, last):
                since, until = days
        names = st.multiselect(
            "Agent version",
            versions,
            format_func=lambda version: version or "(none)",
            placeholder="All versions",
            key="versions",
            persist_state="session",
            width=330,
        )
    known = tuple(name for name in names if name in versions)
    zone = times.zone_name()
    chosen = Filter(sample=sample, since=since, until=until, versions=known, zone=zone)
    return chosen, "day" if period == "day" else "week", by == "by version"


def _reset() -> None:
    for name in st.session_state:
        if str(name) == "versions" or str(name).startswith("days-"):
            del st.session_state[name]


def _charts(running: Runtime, chosen: Filter, period: Period, by_version: bool) -> None:
    with st.spinner("Counting votes"):
        rates = down_rates(running.store, chosen, period=period, by_version=by_version)
    if rates.empty:
        with states.empty(
            "Nothing to draw",
            "No interaction with a time matches these filters. Choose more days or versions.",
        ):
            st.button("Show all versions and days", on_click=_reset)
        return
    step = timedelta(days=7 if period == "week" else 1)
    st.header(f"Thumbs down among votes, per {period}", anchor=False)
    st.text(
        f"The band is the 95 % interval. Days begin at midnight, {times.zone_name()} time; "
        "weeks on Monday."
    )
    st.altair_chart(charts.rate(rates, step), alt=charts.rate_in_words(rates, period))
    left, right = st.columns(2, gap="large")
    with left:
        st.header(f"Interactions per {period}", anchor=False)
        st.altair_chart(charts.volume(rates, step), alt=charts.volume_in_words(rates, period))
    with right:
        steps = funnel_steps(running.store, chosen)
        st.header("From logged to exported", anchor=False)
        frame = pd.DataFrame([(step.step, step.interactions) for step in steps])
        frame.columns = ["name", "interactions"]
        st.altair_chart(charts.bars(frame), alt=charts.bars_in_words(frame))
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Why thumbs down", anchor=False)
        reasons = pd.DataFrame(
            reports.down_reasons(
                running.store,
                sample=chosen.sample,
                since=chosen.since,
                until=chosen.until,
                versions=list(chosen.versions),
                zone=chosen.zone,
            ),
            columns=["reason", "interactions"],
        ).rename(columns={"reason": "name"})
        if reasons.empty:
            st.text("No thumbs down here.")
        else:
            st.altair_chart(charts.bars(reasons), alt=charts.bars_in_words(reasons))
    with right:
        st.header("The same as a table", anchor=False)
        st.dataframe(
            rates.drop(columns=["low", "high"]).assign(
                period=rates["period"].dt.date, rate=rates["rate"].astype(float).round(2)
            ),
            hide_index=True,
            alt=f"Interactions and votes per {period}.",
            column_config={
                "rate": st.column_config.NumberColumn("down rate", format="percent"),
                "no_vote": "no vote",
            },
        )


main()
