"""The part of Logs that lists what was loaded."""

import msgspec
import pandas as pd
import streamlit as st

from core.load import parse_shape
from core.runtime import Runtime
from core.store import log
from pages import times

WHEN = "started"


def show(running: Runtime) -> None:
    loads = log.loads(running.store)
    if not loads:
        return
    active = {job.name for job in running.active_jobs()}
    st.header("Loads", anchor=False)
    table = pd.DataFrame(
        {
            WHEN: [times.local(row["started_at"]) for row in loads],
            "log": [row["log_file"] for row in loads],
            "read as": [parse_shape(row["shape"]).name if row["shape"] else "" for row in loads],
            "state": [_state(row, running=bool(active)) for row in loads],
            **{
                words: [row[name] for row in loads]
                for name, words in (
                    ("lines", "records"),
                    ("loaded", "loaded"),
                    ("feedback", "votes alone"),
                    ("duplicate", "seen before"),
                    ("rejected", "rejected"),
                )
            },
            "redacted": [_redacted(row["redacted"]) for row in loads],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        alt="Every load, the last one first, with what became of its records.",
        column_config={
            WHEN: st.column_config.DatetimeColumn(
                f"{WHEN} ({times.zone_name()})", format="YYYY-MM-DD HH:mm"
            )
        },
    )


def _redacted(counts: str) -> str:
    found = sorted(msgspec.json.decode(counts).items())
    return ", ".join(f"{number} {kind}" for kind, number in found)


def _state(row: dict[str, object], *, running: bool) -> str:
    if row["cleared_at"]:
        return "cleared"
    if row["finished_at"]:
        return "done"
    share = ""
    if row["bytes_total"]:
        share = f" at {int(row['bytes_done'] or 0) / int(row['bytes_total']):.0%}"  # type: ignore[call-overload]
    if row["stopped_because"]:
        why = "cancelled" if row["stopped_because"] == "cancelled" else "stopped"
        return f"{why}{share}: load it again to go on"
    return f"running{share}" if running else f"interrupted{share}: load it again to go on"
