"""Review: one item at a time, decided by mouse or key. The item is in the address."""

import streamlit as st

from core import export, review
from core.runtime import Runtime
from core.store import reports
from pages import decision_view, item_view, keys, report_view, session, states, texts
from pages.decision_view import ITEM

SHORT = 16
HELP = """
| key | does |
|---|---|
| A | approve the user's correction |
| E | put the cursor into Correction |
| Ctrl+Enter | save your edit (also while typing) |
| X | reject, with the reason chosen |
| S | skip: the item leaves your queue, not the others' |
| U | undo the last thing you did |
| H | this help |
"""


def main() -> None:
    """Draw the item in the address, or the next one that waits for this reviewer."""
    session.require_access()
    running = session.opened()
    sample = session.shows_sample(running)
    name = session.reviewer()
    desk = review.desk(running.store, sample=sample, reviewer=name, now=session.now())

    wanted = st.query_params.get(ITEM)
    if not wanted and desk.waiting:
        decision_view.go(desk.waiting[0])
    item = review.item(running.store, wanted) if wanted else None
    if item and item.is_sample != sample:
        session.show(sample=item.is_sample)
        st.rerun()
    _head(running, desk, item)
    if item is None:
        _nothing(running, desk, wanted)
        return
    if name and item.status == "pending":
        claimed = review.claim(running.store, item.id, reviewer=name, now=session.now())
        if not claimed:
            texts.notice("Another reviewer has this item on the screen too.", "info")
    left, right = st.columns([11, 10], gap="large")
    # In this order: a button must not be there before the item that it decides on.
    with left:
        item_view.show(running, item)
    with right:
        if report_view.is_open():
            report_view.show(running, item)
        else:
            decision_view.show(running, item, desk)


def _head(running: Runtime, desk: review.Desk, item: review.Item | None) -> None:
    """Where the reviewer stands, what the last click did, and what its item has become."""
    place = desk.position(item.id) if item else None
    where = [f"Item {place} of" if place else "", f"{len(desk.waiting)} waiting for you"]
    counts = (
        (desk.left if desk.left > len(desk.waiting) else 0, "left in all"),
        (desk.needs_fix, "need a fix"),
        (len(desk.skipped), "skipped"),
        (desk.with_others, "with other reviewers"),
    )
    more = [f"{count} {words}" for count, words in counts if count]
    done = decision_view.acts().done
    with st.container(horizontal=True, vertical_alignment="center", key="review-head"):
        st.title("Review", anchor=False, width="content")
        st.text(" · ".join([" ".join(where).strip(), *more]), width="stretch")
        if done:
            id_ = done.id if len(done.id) <= SHORT else f"{done.id[:SHORT]}…"
            texts.notice(f"{id_} {done.words}", good=True)
        if done and done.became:
            st.button("Show what it became", key="lines", on_click=_toggle_lines)
        report_view.told()
        if item and not report_view.is_open():
            report_view.offer()
        if st.button("Keys", shortcut="H", key="help", type="tertiary"):
            _help()
        keys.listen()
    if warning := st.session_state.pop("warning", None):
        texts.notice(warning, good=False)
    if done and st.session_state.get("show_lines"):
        _lines(running, done.id)


@st.dialog("Keys")
def _help() -> None:
    st.markdown(HELP)


def _toggle_lines() -> None:
    st.session_state["show_lines"] = not st.session_state.get("show_lines")


def _lines(running: Runtime, id_: str) -> None:
    item = review.item(running.store, id_)
    for name, title in (("eval", "Eval line"), ("messages", "Training line")):
        texts.label(title)
        line = item and export.line_for(running.store, id_, name, sample=item.is_sample)
        if line:
            st.code(line, language=None, wrap_lines=True)
        else:
            st.text("None: this item is in no export of this kind.")


def _nothing(running: Runtime, desk: review.Desk, wanted: str | None) -> None:
    counts = reports.stats(running.store, sample=session.shows_sample(running))
    decided = counts["approved"] + counts["edited"] + counts["rejected"]
    if wanted:
        with states.empty(
            "There is no such item",
            "It may have been cleared with the sample, or belong to another database.",
        ):
            if st.button("Show the next item that waits", type="primary"):
                decision_view.go(None)
    elif desk.skipped:
        with states.empty(
            "Nothing else waits for you",
            f"You skipped {texts.count(len(desk.skipped), 'item')}. "
            "Skipped items stay open for you and for others.",
        ):
            if st.button("Look at the first skipped item", type="primary"):
                decision_view.go(desk.skipped[0])
    elif desk.with_others:
        with states.empty(
            "The rest is with other reviewers",
            f"They have {texts.count(desk.with_others, 'item')} on their screens now.",
        ):
            st.button("Look again", type="primary")
    elif decided:
        with states.empty(
            "Everything is decided",
            f"{texts.count(decided, 'decision')} made. Datasets makes files of what was approved.",
        ):
            st.page_link(session.page("datasets"), label="Make a dataset")
    else:
        with states.empty(
            "The queue is empty",
            "Thumbs down and answers that users edited appear here once a log is loaded.",
        ):
            st.page_link(session.page("logs"), label="Load a log")


main()
