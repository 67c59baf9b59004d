"""Datasets: what would be exported, why the rest would not, and the file."""

import pandas as pd
import streamlit as st

from core import export
from core.curate import EXCLUSIONS
from core.jobs import ExportJob
from core.runtime import Runtime
from core.store import log
from pages import balance_view, export_view, history_view, holdout_view, session, states, texts

PREVIEW = 5
JOB = "export-asked-for"


def main() -> None:
    """Choose a format, prepare, look, download."""
    session.require_access()
    running = session.opened()
    sample = session.shows_sample(running)
    st.title("Datasets", anchor=False)
    if not log.has_rows(running.store, sample=sample):
        with states.empty(
            "Nothing to export yet",
            "Load a log and decide some thumbs down; liked answers count right away.",
        ):
            st.page_link(session.page("logs"), label="Load a log")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="choose", gap="medium"):
        name = st.selectbox(
            "Format",
            list(export.FORMATS),
            format_func=lambda name: export.FORMATS[name].title,
            key="format",
            bind="query-params",
            width=360,
        )
        if st.button("Prepare export", type="primary"):
            _prepare(running, name, sample)
    st.text(export.FORMATS[name].about)
    job: ExportJob | None = st.session_state.get(JOB)
    if job and job.format_name == name and job.sample == sample:
        _shown(running, job)
    holdout_view.show(running, sample=sample)
    history_view.show(running, sample)


def _prepare(running: Runtime, name: str, sample: bool) -> None:
    taken_out = st.session_state.setdefault(f"taken-out-{sample}", set())
    with st.spinner("Collecting, and looking through every text once more"):
        job = running.export(name, sample=sample, without=taken_out)
        st.session_state[JOB] = export_view.waited_for(job)


def _shown(running: Runtime, job: ExportJob) -> None:
    """What has become of the export that was asked for."""
    prepared = job.prepared
    if prepared is None:
        export_view.unfinished(running, job)
    elif export.is_outdated(running.store, prepared):
        del st.session_state[JOB]
        texts.notice("Personal data was taken out since: prepare again, without it.", good=False)
    else:
        if prepared.manifest["cut_off"] != log.last_event(running.store, sample=job.sample):
            texts.notice(
                "Something was loaded or decided since: prepare again to include it.", good=False
            )
        _prepared(running, job, prepared)


def _prepared(running: Runtime, job: ExportJob, prepared: export.Prepared) -> None:
    rows = prepared.manifest["rows"]
    with st.container(key="numbers", horizontal=True, gap="small"):
        st.metric("Rows", f"{rows:,}", border=True)
        for kind, number in prepared.counts.items():
            st.metric(kind.capitalize(), f"{number:,}", border=True)
        left_out = sum(len(ids) for ids in prepared.excluded.values())
        st.metric("Left out", f"{left_out:,}", border=True)
    if prepared.found or prepared.overlaps:
        _refused(running, prepared)
    elif not rows:
        with states.empty(
            "No row yet", "The list below says what each interaction lacks: most need a reviewer."
        ):
            st.page_link(session.page("review"), label="Review what waits")
    else:
        texts.notice("Last scan: no personal data found in any row.", good=True)
        for warning in prepared.warnings:
            texts.notice(warning, "warning")
        export_view.download(running, job, "Download")
    if rows and job.balance:
        balance_view.show(job.balance)
    preview, reasons = st.columns([3, 2], gap="large")
    with preview:
        st.header(f"First lines of {prepared.format.file}", anchor=False)
        if prepared.files:
            lines = "\n".join(prepared.head(PREVIEW))
            st.code(lines, language=None, wrap_lines=True, height=340)
            with st.expander("manifest.json"):
                export_view.manifest(prepared.files["manifest.json"].read_text("utf-8"))
        else:
            st.text("Shown when the scan finds nothing.")
        st.text("To use the file:")
        st.code(prepared.format.use, language=None, wrap_lines=True)
    with reasons:
        st.header("Left out, and why", anchor=False)
        if not prepared.excluded:
            st.text("Nothing: every interaction is in.")
            return
        table = pd.DataFrame(
            [(reason, len(ids), EXCLUSIONS[reason]) for reason, ids in prepared.excluded.items()],
            columns=["reason", "interactions", "because"],
        )
        st.dataframe(
            table,
            hide_index=True,
            alt="How many interactions were left out, by reason.",
            column_config={"interactions": st.column_config.NumberColumn(width=95)},
        )
        chosen = st.selectbox(
            "Look at those left out because",
            list(prepared.excluded),
            key="reason-shown",
        )
        if chosen:
            # Once more in full: on a phone the table cuts it short.
            st.text(f"{EXCLUSIONS[chosen].capitalize()}.")
            for id_ in prepared.excluded[chosen][:8]:
                session.item_link(id_)
            more = len(prepared.excluded[chosen]) - 8
            if more > 0:
                st.text(f"and {texts.count(more, 'more interaction')}")


def _refused(running: Runtime, prepared: export.Prepared) -> None:
    if prepared.overlaps:
        texts.notice(
            "The agent would learn questions that are kept for its exam. Nothing can be "
            "downloaded until these items are left out.",
            good=False,
        )
        for lesson, exam in prepared.overlaps[:20]:
            with st.container(horizontal=True, vertical_alignment="center"):
                session.item_link(lesson)
                st.text("asks what is asked by", width="content")
                session.item_link(exam)
    if prepared.found:
        texts.notice(
            "The last scan found what looks like personal data. Nothing can be downloaded until "
            "these items are left out, or rejected in Review.",
            good=False,
        )
    for found in prepared.found[:20]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{found.type} in {found.key}", width="content")
            session.item_link(found.id)
    more = len(prepared.found[20:]) + len(prepared.overlaps[20:])
    if more:
        st.text(f"and {more:,} more")
    st.button(
        "Leave these items out",
        on_click=_leave_out,
        args=(running, prepared),
    )


def _leave_out(running: Runtime, prepared: export.Prepared) -> None:
    taken_out = st.session_state.setdefault(f"taken-out-{prepared.sample}", set())
    taken_out.update(found.id for found in prepared.found)
    taken_out.update(lesson for lesson, _ in prepared.overlaps)
    _prepare(running, prepared.format.name, prepared.sample)


main()
