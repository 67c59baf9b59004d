"""The part of Logs about stored text: redacting it again, and what reviewers reported."""

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.jobs import RedactionJob
from core.redaction.records import version
from core.reredaction import Reredaction, outdated
from core.runtime import Runtime
from core.store import reported, rewrite
from pages import texts, times


def show(running: Runtime) -> None:
    texts.label("Stored text")
    going_on = any(isinstance(job, RedactionJob) for job in running.active_jobs())
    old = outdated(running.store)
    if going_on:
        st.text("Stored text is being redacted again: see above how far it is.")
    elif old:
        texts.notice(
            f"{texts.count(old, 'interaction')} redacted by another version, or with other "
            f"settings, than today's ({version()}).",
            "warning",
        )
        if st.button("Redact stored text again", key="redact-again"):
            running.redact_again()
            st.rerun()
    else:
        st.text(f"All of it was redacted by today's version and settings ({version()}).")
    _runs(running)
    _reports(running)


def result(done: Reredaction) -> None:
    """How the last run ended."""
    words = (
        f"Stored text was redacted again: {texts.count(done.outdated, 'interaction')} looked at, "
        f"{done.changed:,} changed."
    )
    if done.failed:
        words += f" {len(done.failed):,} could not be checked and stayed as they were."
    texts.notice(words, "warning" if done.failed else "done")


def _runs(running: Runtime) -> None:
    runs = rewrite.runs(running.store)
    if not runs:
        return
    with st.expander(f"Redacted again ({len(runs):,})"):
        st.dataframe(
            pd.DataFrame(
                {
                    "when": [times.local(row["started_at"]) for row in runs],
                    "version": [row["version"] for row in runs],
                    "outdated": [row["outdated"] for row in runs],
                    "changed": [row["changed"] for row in runs],
                    "not checked": [row["failed"] for row in runs],
                    "state": [_state(row) for row in runs],
                }
            ),
            hide_index=True,
            alt="Each time stored text was redacted again, the last one first.",
            column_config={"when": _when("when")},
        )


def _state(row: dict[str, object]) -> str:
    if row["stopped_because"]:
        return "stopped before its end"
    return "done" if row["finished_at"] else "running, or interrupted"


def _reports(running: Runtime) -> None:
    past = reported.past(running.store)
    if not past:
        return
    with st.expander(f"Reported by reviewers ({len(past):,})"):
        st.dataframe(
            pd.DataFrame(
                {
                    "when": [times.local(row["reported_at"]) for row in past],
                    "by": [row["reporter"] for row in past],
                    "type": [row["type"] for row in past],
                    "interactions": [row["interactions"] for row in past],
                    "places": [row["places"] for row in past],
                    "exports": [row["exports"] for row in past],
                    "gone from the file": [
                        times.local(row["gone_at"]) if row["gone_at"] else None for row in past
                    ],
                }
            ),
            hide_index=True,
            alt="Values that reviewers reported, without the values, the last one first.",
            column_config={
                "when": _when("when"),
                "gone from the file": _when("gone from the file"),
            },
        )


def _when(title: str) -> ColumnConfig:
    return st.column_config.DatetimeColumn(
        f"{title} ({times.zone_name()})", format="YYYY-MM-DD HH:mm"
    )
