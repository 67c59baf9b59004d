"""Datasets: what would be exported, why the rest would not, and the file."""

import pandas as pd
import streamlit as st

from core import export
from core.curate import EXCLUSIONS
from core.runtime import Runtime
from core.store import log, reported
from pages import balance_view, history_view, holdout_view, session, states, texts

PREVIEW = 5


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
    prepared, zipped, reports = st.session_state.get("prepared", (None, b"", 0))
    if prepared and reports != reported.last(running.store):
        st.session_state.pop("prepared")
        prepared = None
        texts.notice("Personal data was reported since: prepare again, without it.", good=False)
    if prepared and prepared.format.name == name and prepared.sample == sample:
        if prepared.manifest["cut_off"] != log.last_event(running.store, sample=sample):
            texts.notice(
                "Something was loaded or decided since: prepare again to include it.", good=False
            )
        _prepared(running, prepared, zipped)
    holdout_view.show(running, sample=sample)
    history_view.show(running, sample)


def _prepare(running: Runtime, name: str, sample: bool) -> None:
    taken_out = st.session_state.setdefault(f"taken-out-{sample}", set())
    with st.spinner("Collecting, and looking through every text once more"):
        prepared = export.prepare(
            running.store,
            running.redactor.redactor,
            name,
            sample=sample,
            without=taken_out,
        )
        cut = prepared.manifest["cut_off"]
        st.session_state["balance"] = export.balance(
            running.store, prepared.cases, sample=sample, cut=cut
        )
    # Zipped now: a file that is made on the click is lost when another click overtakes it.
    refused = prepared.found or prepared.overlaps
    zipped = b"" if refused else export.zipped(prepared)
    st.session_state["prepared"] = prepared, zipped, reported.last(running.store)


def _prepared(running: Runtime, prepared: export.Prepared, zipped: bytes) -> None:
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
        with st.container(horizontal=True, vertical_alignment="center", key="download"):
            st.download_button(
                "Download",
                data=zipped,
                file_name=f"flywheel-{prepared.format.name}-{prepared.export_id[:8]}.zip",
                mime="application/zip",
                type="primary",
                on_click=export.record,
                args=(running.store, prepared, session.now()),
            )
            size = texts.size(len(zipped))
            st.text(f"{texts.count(rows, 'row')} and their manifest, a zip file of {size}")
    if rows:
        balance_view.show(st.session_state["balance"])
    preview, reasons = st.columns([3, 2], gap="large")
    with preview:
        st.header(f"First lines of {prepared.format.file}", anchor=False)
        lines = prepared.files[prepared.format.file].decode().split("\n")[:PREVIEW]
        st.code(
            "\n".join(line for line in lines if line), language=None, wrap_lines=True, height=340
        )
        with st.expander("manifest.json"):
            st.code(prepared.files["manifest.json"].decode(), language=None, height=340)
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
