"""The charts of the Flywheel page: frames in, Altair out, and each chart once more in words.

Large type, because they are shown on projectors; explicit colours, so that a colour means the same
on every chart; the words are what a screen reader says.
"""

from datetime import timedelta
from typing import Any

import altair as alt
import pandas as pd

# Of at least 3:1 on the light and on the dark page.
UP, DOWN, NO_VOTE, NEUTRAL = "#2a9d8f", "#d97536", "#83928e", "#5b84b1"
VERSIONS = ["#2a9d8f", "#d97536", "#5b84b1", "#b45f8d", "#8a9a2b", "#8d7bc4", "#83928e", "#c2553d"]
SIZE = 14


def rate(frame: pd.DataFrame, step: timedelta) -> Any:
    """Down rate over time with its 95 % interval, one line per version."""
    shown = frame[frame["votes"] > 0]
    versions = sorted(frame["version"].unique())
    colour = alt.Color(
        "version:N",
        scale=alt.Scale(domain=versions, range=[DOWN] if versions == ["all"] else VERSIONS),
        legend=None if versions == ["all"] else alt.Legend(title="Agent version", orient="top"),
    )
    x = alt.X("period:T", title=None, axis=_days(shown, step))
    y = alt.Y(
        "rate:Q",
        title="down among votes",
        axis=alt.Axis(format="%", tickCount=5),
        scale=alt.Scale(
            domain=[0, max(0.5, min(1.0, float(shown["high"].max() or 0)))], clamp=True
        ),
    )
    tooltip = [
        alt.Tooltip("period:T", title="from", format="%d %b %Y"),
        alt.Tooltip("version:N", title="version"),
        alt.Tooltip("rate:Q", title="down rate", format=".0%"),
        alt.Tooltip("low:Q", title="95 % from", format=".0%"),
        alt.Tooltip("high:Q", title="to", format=".0%"),
        alt.Tooltip("votes:Q", title="votes"),
    ]
    base = alt.Chart(shown).encode(x=x, color=colour)
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", title=""), y2="high:Q")
    line = base.mark_line(strokeWidth=3, point=alt.OverlayMarkDef(size=70)).encode(
        y=y, tooltip=tooltip
    )
    return _styled(alt.layer(band, line), 280)


def volume(frame: pd.DataFrame, step: timedelta) -> Any:
    """Interactions over time, by whether and how they were voted on."""
    names = {"up": "thumbs up", "down": "thumbs down", "no_vote": "no vote"}
    long = frame.groupby("period", as_index=False)[list(names)].sum()
    long = long.melt("period", var_name="vote", value_name="interactions")
    long["order"] = long["vote"].map({name: place for place, name in enumerate(names)})
    long["vote"] = long["vote"].map(names)
    chart = (
        alt.Chart(long)
        .mark_bar(size=max(4, min(28, 560 / max(1, long["period"].nunique()) * 0.7)))
        .encode(
            x=alt.X("period:T", title=None, axis=_days(long, step)),
            y=alt.Y(
                "interactions:Q",
                title="interactions",
                stack="zero",
                axis=alt.Axis(tickMinStep=1, tickCount=5),
            ),
            color=alt.Color(
                "vote:N",
                scale=alt.Scale(domain=list(names.values()), range=[UP, DOWN, NO_VOTE]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("period:T", title="from", format="%d %b %Y"),
                alt.Tooltip("vote:N", title="vote"),
                alt.Tooltip("interactions:Q", title="interactions"),
            ],
        )
    )
    return _styled(chart, 300)


def bars(frame: pd.DataFrame) -> Any:
    """Horizontal bars of `name` and `interactions`, in the order given."""
    base = alt.Chart(frame).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=190)),
        x=alt.X("interactions:Q", title="interactions", axis=alt.Axis(tickMinStep=1, tickCount=5)),
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("interactions:Q")],
    )
    bar = base.mark_bar(color=NEUTRAL, cornerRadiusEnd=3)
    text = base.mark_text(align="left", dx=5, fontSize=SIZE, fontWeight=600).encode(
        text=alt.Text("interactions:Q", format=",")
    )
    return _styled(alt.layer(bar, text), 36 * len(frame) + 24)


def rate_in_words(frame: pd.DataFrame, period: str) -> str:
    """The rate chart for those who cannot see it."""
    shown = frame[frame["votes"] > 0]
    if shown.empty:
        return "No votes."
    parts = [
        f"{'all versions' if version == 'all' else f'version {version}'}: from "
        f"{group['rate'].iloc[0]:.0%} to {group['rate'].iloc[-1]:.0%}"
        for version, group in shown.groupby("version")
    ]
    return f"Line chart of thumbs down among votes per {period}. {'; '.join(parts)}."


def volume_in_words(frame: pd.DataFrame, period: str) -> str:
    """The volume chart for those who cannot see it."""
    total = frame[["interactions", "up", "down"]].sum()
    return (
        f"Bar chart of interactions per {period}: {total['interactions']} in all, "
        f"{total['up']} thumbs up, {total['down']} thumbs down."
    )


def bars_in_words(frame: pd.DataFrame) -> str:
    """A bar chart for those who cannot see it."""
    pairs = zip(frame["name"], frame["interactions"], strict=True)
    return f"Bar chart: {', '.join(f'{name} {number}' for name, number in pairs)}."


def _days(frame: pd.DataFrame, step: timedelta) -> alt.Axis:
    # Ticks on the periods themselves while there is room for them.
    periods = sorted(frame["period"].unique())
    every = max(1, -(-len(periods) // 9))
    values = [alt.DateTime(year=p.year, month=p.month, date=p.day) for p in periods[::every]]
    return alt.Axis(format="%d %b", values=values, labelAngle=0, grid=False)


def _styled(chart: Any, height: int) -> Any:
    return (
        chart.properties(height=height, width="container")
        .configure_axis(labelFontSize=SIZE, titleFontSize=SIZE)
        .configure_legend(labelFontSize=SIZE, titleFontSize=SIZE)
    )
