"""An export on its way to the person: begun, waited for, downloaded."""

from contextlib import suppress
from html import escape

import streamlit as st

from core import export
from core.api import DOWNLOAD
from core.jobs import ExportJob
from core.runtime import Runtime, runtime
from pages import session, texts

PATIENCE = 3.0
"""Seconds after which work goes on beside the page, with a bar and a way to stop it."""

IN_MEMORY = 2_000_000
"""Bytes up to which an archive goes through the page; a larger one goes from the disk."""

SHOWN = 100_000
"""Characters of a manifest that a page shows."""


def waited_for(job: ExportJob) -> ExportJob:
    """The same job; most are done when this returns."""
    job.ended.wait(PATIENCE)
    return job


def unfinished(running: Runtime, job: ExportJob) -> None:
    """Why there is nothing to show of an export yet, or never will be."""
    if job.active:
        session.watched(running)
        texts.notice("This goes on, see above: you may do other things meanwhile.", "info")
    elif job.state == "cancelled":
        texts.notice("Cancelled: nothing was written.", good=False)
    else:
        texts.notice(job.message, "error")


def manifest(text: str) -> None:
    """A manifest, the beginning of a long one."""
    st.code(text[:SHOWN], language=None, height=340)
    if len(text) > SHOWN:
        st.text(f"The first {SHOWN:,} of its {len(text):,} characters.")


def download(running: Runtime, job: ExportJob, label: str) -> None:
    """The button that gives the archive away."""
    assert job.archive and job.prepared
    size = job.archive.stat().st_size
    rows = texts.count(job.prepared.manifest["rows"], "row")
    with st.container(horizontal=True, vertical_alignment="center", key=f"download-{label}"):
        if size > IN_MEMORY:
            _from_disk(running, job, label)
        else:
            # Read now: a file that is made on the click is lost when another click overtakes it.
            st.download_button(
                label,
                data=job.archive.read_bytes(),
                file_name=job.prepared.archive_name,
                mime="application/zip",
                type="secondary" if job.made else "primary",
                on_click=_left,
                args=(running, job),
            )
        what = "The same bytes as then" if job.made else f"{rows} and their manifest"
        st.text(f"{what}, a zip file of {texts.size(size)}", width="content")


def _left(running: Runtime, job: ExportJob) -> None:
    if job.prepared and not job.made:
        # Personal data reported this moment: the page says so when it is drawn.
        with suppress(export.ExportRefused):
            export.record(running.store, job.prepared, session.now())


@st.fragment(run_every=2.0)
def _watched(job_key: str, address: str) -> None:
    """Draw the page anew when the address has been used, for a new one and for the ledger."""
    if not runtime().links.holds(address):
        st.session_state.pop(job_key, None)
        st.rerun()


def _from_disk(running: Runtime, job: ExportJob, label: str) -> None:
    """A link to the file, which holds once: however large, it needs no memory."""
    key = f"address-{id(job)}"
    if not running.links.holds(address := st.session_state.get(key, "")):
        address = st.session_state[key] = running.links.make(job)
    kind = "" if job.made else " primary"
    st.html(
        f'<a class="button{kind}" role="button" href="{DOWNLOAD}/{address}" '
        f'download="{escape(job.prepared.archive_name if job.prepared else "")}">'
        f"{escape(label)}</a>",
        width="content",
    )
    _watched(key, address)
