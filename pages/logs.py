"""Logs: how feedback gets in, what was found in it, and what could not be read."""

from pathlib import Path

import msgspec
import pandas as pd
import streamlit as st

from core.runtime import Runtime
from core.store import log
from pages import one_interaction, session, texts


def main() -> None:
    """Three ways in, then what came of them."""
    session.require_access()
    running = session.opened()
    sample = session.shows_sample(running)
    st.title("Logs", anchor=False)
    st.text(
        "Personal data is removed in memory, before anything is stored. What no detector finds "
        "stays: the README says what that is."
    )
    left, right = st.columns([1, 1], gap="large")
    with left:
        _files(running)
        _sample(running)
        _last_job(running)
    with right:
        one_interaction.form(running)
    one_interaction.result(running)
    _loads(running)
    _rejects(running, sample)


def _files(running: Runtime) -> None:
    st.subheader("Add log files", anchor=False)
    files = st.file_uploader(
        "Add log files",
        accept_multiple_files=True,
        key=f"files-{st.session_state.get('uploads', 0)}",
        label_visibility="collapsed",
        help="JSONL: one interaction a line. The README shows the fields.",
    )
    if files:
        for file in files:
            running.load_bytes(file.name, file.getvalue())
        # A new key empties the uploader, and with it the raw bytes that Streamlit keeps.
        st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
        session.show(sample=False)
        st.rerun()
    if session.is_loopback():
        _path(running)


def _path(running: Runtime) -> None:
    """Offered only where nobody else can reach the app: it reads files of the server."""
    form = st.form("path", border=False, clear_on_submit=True)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input("Or a file on this machine", placeholder="/var/log/agent.jsonl")
        wanted = st.form_submit_button("Load this file")
    if wanted and path.strip():
        try:
            running.load_path(Path(path.strip()).expanduser())
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            texts.notice(f"{path}: {why}", good=False)
        else:
            session.show(sample=False)
            st.rerun()


def _last_job(running: Runtime) -> None:
    """How the last load in the background ended."""
    for job in running.jobs[-1:]:
        name = Path(job.name).name
        if job.counts:
            counts = job.counts
            texts.notice(
                f"{name}: {counts.lines} records. {counts.loaded} loaded, {counts.feedback} votes "
                f"alone, {counts.duplicate} seen before, {counts.rejected} rejected.",
                good=True,
            )
        elif job.state == "cancelled":
            texts.notice(f"{name}: cancelled. Load it again to go on.", good=False)
        elif job.state == "failed":
            texts.notice(f"{name}: {job.message}. Load it again to go on.", good=False)


def _sample(running: Runtime) -> None:
    st.subheader("Or look around first", anchor=False)
    st.text("Eight weeks of an invented energy supplier's help agent, with invented people.")
    st.button("Load sample log", on_click=_load_sample, args=(running,))


def _load_sample(running: Runtime) -> None:
    running.load_sample()
    session.show(sample=True)


def _loads(running: Runtime) -> None:
    loads = log.loads(running.store)
    if not loads:
        return
    st.subheader("Loads", anchor=False)
    table = pd.DataFrame(
        [
            (
                row["started_at"],
                row["log_file"],
                _state(row),
                row["lines"],
                row["loaded"],
                row["feedback"],
                row["duplicate"],
                row["rejected"],
                ", ".join(
                    f"{number} {kind}"
                    for kind, number in sorted(msgspec.json.decode(row["redacted"]).items())
                ),
            )
            for row in loads
        ],
        columns=[
            "when (UTC)",
            "log",
            "state",
            "records",
            "loaded",
            "votes alone",
            "seen before",
            "rejected",
            "redacted",
        ],
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={"when (UTC)": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")},
    )


def _state(row: dict[str, object]) -> str:
    if row["cleared_at"]:
        return "cleared"
    return "done" if row["finished_at"] else "stopped or running: load again to go on"


def _rejects(running: Runtime, sample: bool) -> None:
    rejects = log.rejects(running.store, sample=sample)
    if not rejects:
        return
    st.subheader(f"Rejected lines ({len(rejects)})", anchor=False)
    st.text("These could not be read. Mend them in the log and load it again: the rest is skipped.")
    table = pd.DataFrame(rejects)[["path", "line", "reason", "excerpt"]]
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "path": st.column_config.TextColumn("log", width="small"),
            "line": st.column_config.NumberColumn(width="small"),
            "reason": st.column_config.TextColumn(width="medium"),
            "excerpt": st.column_config.TextColumn("redacted excerpt", width="large"),
        },
    )


main()
