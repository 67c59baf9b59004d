"""The part of Logs that lists texts which could not be looked through, and gives them another try.

Their raw text was never stored: only their log has it. Its lines are loaded again, and those that
can be checked now take the place of what stands there.
"""

from itertools import groupby
from pathlib import Path
from typing import Any

import streamlit as st

from core.load import parse_shape
from core.runtime import Runtime
from core.store import unchecked
from pages import session, texts, times

MOST = 10


def show(running: Runtime, *, sample: bool) -> None:
    failed = unchecked.listed(running.store, sample=sample)
    if not failed:
        return
    st.header(f"Texts that could not be checked ({len(failed):,})", anchor=False)
    st.text(
        "[REDACTION-FAILED] stands for them, and no export takes them. Nothing of them was "
        "stored, so only their log can give them again: lines that can be checked now take "
        "their place."
    )
    by_log = sorted(failed, key=lambda row: (row["log_file"], row["log_line"]))
    for place, (name, rows) in enumerate(groupby(by_log, key=lambda row: row["log_file"])):
        with st.container(border=True, key=f"unchecked-{place}"):
            _log(running, place, name, list(rows))


def _log(running: Runtime, place: int, name: str, rows: list[dict[str, Any]]) -> None:
    texts.label(f"{name} ({texts.count(len(rows), 'text')})")
    for row in rows[:MOST]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(
                session.page("review"),
                label=texts.as_label(row["id"]),
                query_params={"item": row["id"]},
                width="content",
            )
            st.text(
                f"line {row['log_line']:,}, {row['part']}, {times.when(row['stored_at'])}",
                width="content",
            )
    if len(rows) > MOST:
        st.text(f"and {texts.count(len(rows) - MOST, 'more text')}")
    path = Path(name).expanduser()
    if not (session.is_loopback() and path.is_absolute() and path.is_file()):
        st.text("To try them again, add this log again above.")
        return
    if st.button("Load this log again", key=f"check-again-{place}"):
        shape = rows[0]["shape"]
        try:
            running.load(str(path), path, parse_shape(shape) if shape else None)
        except OSError as error:
            texts.notice(f"{path}: {error.strerror}", "error")
        else:
            st.rerun()
