"""The part of Datasets that lists exports made: to download again, to compare."""

from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from core import export
from core.jobs import ExportJob
from core.runtime import Runtime
from core.store import exports, rewrite
from pages import export_view, session, texts, times

SHOWN = 8
KEPT = "of-exports"
"""Where a session keeps what it made of them."""

Result = TypeVar("Result")
Row = dict[str, Any]


def show(running: Runtime, sample: bool) -> None:
    """The table, the export that is chosen, and what another one differs in."""
    made = {row["export_id"]: row for row in exports.made(running.store, sample=sample)}
    if not made:
        return
    st.header("Exports made", anchor=False)
    _table(list(made.values()))
    with st.container(horizontal=True, key="choose-exports", gap="medium"):
        one = _choose("Look at an export", list(made.values()), "export-shown")
        others = [row for row in made.values() if row["export_id"] != one]
        other = _choose("Compare it with", others, "export-compared") if one and others else None
    if one in made:
        _one(running, made[one])
    if one in made and other in made:
        _compare(running, made[one], made[other])


def _table(made: list[Row]) -> None:
    table = pd.DataFrame(made)[["exported_at", "format", "rows", "export_id"]]
    table["exported_at"] = [times.local(made_at) for made_at in table["exported_at"]]
    table["state"] = [_state(row) for row in made]
    if withdrawn := sum(bool(row["superseded_at"]) for row in made):
        texts.notice(
            f"{texts.count(withdrawn, 'export')} superseded: delete the files and make them again.",
            "warning",
        )
    st.dataframe(
        table,
        hide_index=True,
        alt="Exports made so far, the last one first.",
        column_config={
            "exported_at": st.column_config.DatetimeColumn(
                f"when ({times.zone_name()})", format="YYYY-MM-DD HH:mm"
            ),
            "rows": st.column_config.NumberColumn("items", format="localized"),
            "export_id": st.column_config.TextColumn("export id"),
        },
        column_order=["exported_at", "format", "rows", "state", "export_id"],
    )


def _state(row: Row) -> str:
    if not row["superseded_at"]:
        return "in use"
    return f"superseded on {times.when(row['superseded_at'])}: {row['superseded_because']}"


def _choose(label: str, rows: list[Row], key: str) -> str | None:
    names = {row["export_id"]: _name(row) for row in rows}
    chosen: str | None = st.selectbox(
        label,
        list(names),
        index=None,
        format_func=lambda export_id: names.get(export_id, ""),
        key=key,
        placeholder="Choose an export",
        width=400,
    )
    return chosen


def _name(row: Row) -> str:
    name = f"{row['format']} {export.short(row['export_id'])}"
    return f"{name}, {times.when(row['exported_at'])}"


def _one(running: Runtime, row: Row) -> None:
    """The same bytes again, or why they cannot be had; and what is known of them."""
    made = export.named(running.store, row["export_id"])
    parent = made.described["parent"]
    st.text(
        f"{texts.count(row['rows'], 'item')} up to event {made.cut_off:,}. "
        + (f"The export before it: {export.short(parent)}." if parent else "The first of its kind.")
    )
    job = _kept(running, [row], lambda: _again(running, made))
    if job.archive:
        export_view.download(running, job, "Download again")
    else:
        export_view.unfinished(running, job)
        if job.state == "cancelled" and st.button("Make it again", key="export-again"):
            del st.session_state[KEPT]
            st.rerun()
    with st.expander("manifest.json of this export"):
        export_view.manifest(made.manifest)


def _again(running: Runtime, made: export.Made) -> ExportJob:
    with st.spinner("Making the same bytes again, and looking through every text once more"):
        return export_view.waited_for(running.export_again(made))


def _compare(running: Runtime, one: Row, other: Row) -> None:
    def compared() -> export.Difference | str:
        made = (export.named(running.store, row["export_id"]) for row in (one, other))
        with st.spinner("Comparing"):
            try:
                return export.difference(running.store, *made)
            except export.ExportRefused as refusal:
                return str(refusal)

    found = _kept(running, [one, other], compared)
    if isinstance(found, str):
        texts.notice(found, "error")
        return
    st.subheader(f"From {found.before.name} to {found.after.name}", anchor=False)
    if not (found.added or found.removed or found.changed):
        st.text("Both hold the same items, at the same revisions.")
        return
    kinds = {"added": found.added, "removed": found.removed, "changed": found.changed}
    for column, (kind, changes) in zip(st.columns(3, gap="large"), kinds.items(), strict=True):
        with column, st.container(key=f"changes-{kind}"):
            _changes(kind, changes)


def _changes(kind: str, changes: list[export.Change]) -> None:
    texts.label(f"{texts.count(len(changes), 'item')} {kind}" if changes else kind.capitalize())
    if not changes:
        st.text(f"No item was {kind}.")
    for change in changes[:SHOWN]:
        with st.container(gap=None):
            session.item_link(change.id)
            texts.show_plain(f"{change.revisions}: {change.why(times.when)}")
    if len(changes) > SHOWN:
        st.text(f"and {texts.count(len(changes) - SHOWN, 'more item')}")


def _kept(running: Runtime, rows: list[Row], make: Callable[[], Result]) -> Result:
    """What was made of these exports in an earlier run of this page, unless they changed since."""
    kept: dict[Any, Result] = st.session_state.setdefault(KEPT, {})
    key = (
        rewrite.replaced(running.store),
        *((row["export_id"], row["superseded_at"]) for row in rows),
    )
    if key not in kept:
        # One of a kind at a time: they may be large.
        for other in [each for each in kept if len(each) == len(key)]:
            del kept[other]
        kept[key] = make()
    return kept[key]
