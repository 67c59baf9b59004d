"""Logs: how feedback gets in, what was found in it, and what could not be read."""

from pathlib import Path

import streamlit as st

from core.jobs import Job, LoadJob, RedactionJob
from core.load import LOG_FILES, log_files
from core.runtime import Runtime
from pages import (
    again_view,
    loads_view,
    offer_view,
    one_interaction,
    redaction_view,
    rejects_view,
    session,
    texts,
    unchecked_view,
)

ASK = "ask"
_WHOLE = "whole-folder"
_UPLOADS = "uploads"


def main() -> None:
    """Three ways in, then what came of them."""
    session.require_access()
    running = session.opened()
    sample = session.shows_sample(running)
    st.title("Logs", anchor=False)
    st.text(
        "Personal data is removed in memory, before anything is stored. What no detector finds "
        "stays: the end of this page says what that is."
    )
    if running.offers:
        offer_view.show(running, running.offers[0])
    left, right = st.columns([1, 1], gap="large")
    with left:
        _files(running)
        _sample(running)
        _last_jobs(running)
    with right:
        one_interaction.form(running)
    one_interaction.result(running)
    loads_view.show(running)
    rejects_view.show(running, sample=sample)
    unchecked_view.show(running, sample=sample)
    redaction_view.show(running)
    again_view.show(running)


def _files(running: Runtime) -> None:
    st.header("Add log files", anchor=False)
    whole = st.session_state.get(_WHOLE, False)
    files = st.file_uploader(
        "Add log files",
        accept_multiple_files="directory" if whole else True,
        key=f"files-{whole}-{st.session_state.get(_UPLOADS, 0)}",
        label_visibility="collapsed",
        help="JSON lines, a JSON array, or a CSV: whatever your app writes.",
    )
    if files:
        named = [file for file in files if not whole or Path(file.name).suffix in LOG_FILES]
        for file in named:
            _take(running, file.name, file.getvalue())
        # A new key empties the uploader, and with it the raw bytes that Streamlit keeps.
        st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1
        session.show(sample=False)
        st.rerun()
    with st.container(horizontal=True):
        st.toggle("A whole folder", key=_WHOLE)
        st.toggle(
            "Ask how to read it",
            key=ASK,
            help="Shows three records as they would be read, also where the log is known.",
        )
    if session.is_loopback():
        _path(running)


def _path(running: Runtime) -> None:
    """Offered only where nobody else can reach the app: it reads files of the server."""
    form = st.form("path", border=False, clear_on_submit=True)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        given = st.text_input(
            "Or a file or folder on this machine", placeholder="/var/log/agent.jsonl"
        )
        wanted = st.form_submit_button("Load it")
    if not wanted or not given.strip():
        return
    path = Path(given.strip()).expanduser().absolute()
    try:
        paths = log_files(path) if path.is_dir() else [path]
        if not paths:
            texts.notice(f"{given}: no log in this folder ({' '.join(LOG_FILES)}).")
            return
        for each in paths:
            _take(running, str(each), each)
    except (OSError, ValueError) as error:
        texts.notice(f"{given}: {getattr(error, 'strerror', None) or error}", "error")
    else:
        session.show(sample=False)
        st.rerun()


def _take(running: Runtime, name: str, content: Path | bytes) -> None:
    with st.spinner("Looking how it is to be read"):
        running.take(name, content, ask=bool(st.session_state.get(ASK)))


def _last_jobs(running: Runtime) -> None:
    """How the last work in the background ended."""
    for job in running.jobs[-3:]:
        name = Path(job.name).name
        if isinstance(job, LoadJob) and job.counts:
            _done(name, job)
        elif isinstance(job, RedactionJob) and job.result:
            again_view.result(job.result)
        elif job.state in ("cancelled", "failed"):
            why = "cancelled" if job.state == "cancelled" else job.message
            with st.container(horizontal=True, vertical_alignment="center"):
                texts.notice(
                    f"{name}: {why} after {texts.count(job.records, job.unit)}. What is "
                    "done stays.",
                    "info" if job.state == "cancelled" else "error",
                )
                st.button(
                    "Go on with it", key=f"resume-{id(job)}", on_click=_resume, args=(running, job)
                )


def _resume(running: Runtime, job: Job) -> None:
    running.resume(job)


def _done(name: str, job: LoadJob) -> None:
    counts = job.counts
    if counts is None:
        return
    if not counts.lines:
        texts.notice(f"{name} is empty: there is no record in it.", "warning")
        return
    parts = [f"{counts.loaded:,} loaded"]
    for number, words in (
        (counts.feedback, "votes alone"),
        (counts.duplicate, "seen before"),
        (counts.rejected, "rejected (see below)"),
    ):
        if number:
            parts.append(f"{number:,} {words}")
    kind = "warning" if counts.rejected else "done"
    text = f"{name}: {texts.count(counts.lines, 'record')}. {', '.join(parts)}."
    texts.notice(text, "done" if kind == "done" else "warning")


def _sample(running: Runtime) -> None:
    st.header("Or look around first", anchor=False)
    st.text("Eight weeks of an invented energy supplier's help agent, with invented people.")
    st.button("Load sample log", on_click=_load_sample, args=(running,))


def _load_sample(running: Runtime) -> None:
    running.load_sample()
    session.show(sample=True)


main()
