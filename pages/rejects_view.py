"""The part of Logs that lists the records that could not be read, and lets them be tried again."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.runtime import Runtime
from core.store import log
from pages import session, texts

EVERY = "all"
MOST = 2_000


def show(running: Runtime, *, sample: bool) -> None:
    rejects = log.rejects(running.store, sample=sample)
    if not rejects:
        return
    table = pd.DataFrame(rejects)
    st.header(f"Rejected records ({len(table):,})", anchor=False)
    st.text(
        "These could not be read; the rest of their logs was. Mend them in the log, or change how "
        "it is read, and load it again: what is stored already is skipped."
    )
    chosen, reason = _filter(table)
    shown = table
    if chosen != EVERY:
        shown = shown[shown["path"] == chosen]
    if reason != EVERY:
        shown = shown[shown["reason"] == reason]
    st.dataframe(
        shown[["path", "line", "reason", "excerpt"]].head(MOST),
        hide_index=True,
        alt="Records that were rejected: log, line, reason and redacted excerpt.",
        column_config={
            "path": st.column_config.TextColumn("log", width="small"),
            "line": st.column_config.NumberColumn(width="small"),
            "reason": st.column_config.TextColumn(width="medium"),
            "excerpt": st.column_config.TextColumn("redacted excerpt", width="large"),
        },
    )
    if len(shown) > MOST:
        st.text(f"The first {MOST:,} of {len(shown):,}; the download has all of them.")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download these rejects",
            lambda: shown.to_json(orient="records", lines=True, force_ascii=False).encode(),
            file_name="rejects.jsonl",
            mime="application/jsonl",
            on_click="ignore",
            help="Log, line, byte offset, reason and redacted excerpt of what is listed above.",
        )
        _retry(running, sorted(set(shown["path"])))


def _filter(table: pd.DataFrame) -> tuple[str, str]:
    with st.container(horizontal=True):
        logs = table["path"].value_counts()
        reasons = table["reason"].value_counts()
        chosen = st.selectbox(
            "Log",
            [EVERY, *logs.index],
            format_func=lambda name: (
                f"all logs ({len(table):,})" if name == EVERY else f"{name} ({logs[name]:,})"
            ),
            key="rejects-log",
        )
        reason = st.selectbox(
            "Reason",
            [EVERY, *reasons.index],
            format_func=lambda why: (
                f"all reasons ({len(table):,})" if why == EVERY else f"{why} ({reasons[why]:,})"
            ),
            key="rejects-reason",
        )
    return chosen, reason


def _retry(running: Runtime, names: list[str]) -> None:
    """A file of this machine can be read again at once; an upload must be given again."""
    if len(names) != 1:
        st.text("Choose one log to read it differently.")
        return
    path = Path(names[0]).expanduser()
    if not (session.is_loopback() and path.is_absolute() and path.is_file()):
        st.text('To read an upload differently, turn on "Ask how to read it" and add it again.')
        return
    if st.button("Read this log differently", key="reread"):
        try:
            running.take(str(path), path, ask=True)
        except OSError as error:
            texts.notice(f"{path}: {error.strerror}", "error")
        else:
            st.rerun()
