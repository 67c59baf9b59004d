"""The right side of Review while a reviewer reports something that redaction has missed.

It stands in the place of the decision, so that no key or click meant for it can decide the item;
that it is open is in the address. Text marked on the left is put into the field: see keys.py.
Buttons are asked for their value, as everywhere on Review (see decision_view).
"""

import streamlit as st

from core import review
from core.redaction import TYPES
from core.redaction.records import RedactionFailed
from core.review import report
from core.runtime import Runtime
from core.store import DatabaseError, Stale
from pages import history_view, session, texts

OPEN = "report"
_VALUE = "reported-value"
_TIMES = "reported-times"
_LOOKED = "reported-looked"
MANY = 0.1
"""Of all interactions: what stands in more of them is hardly one person's."""


def offer() -> None:
    """The button that opens it."""
    if st.button("Report personal data", key="report-open", type="tertiary"):
        st.session_state.pop(_LOOKED, None)
        st.query_params[OPEN] = "1"
        st.rerun()


def is_open() -> bool:
    """Whether the reviewer has it open."""
    return OPEN in st.query_params


def show(running: Runtime, item: review.Item) -> None:
    """The field, where the value stands, and the button that takes it out."""
    with st.container(border=True, key="report"):
        st.header("Report personal data", anchor=False)
        st.text(
            "Mark it in the text, or type it: a name, an address, a number. It is taken out of "
            "everything stored, and known when it comes again."
        )
        # Another key after each success empties the field, and with it what Streamlit keeps.
        value = st.text_input(
            "What slipped through",
            key=f"{_VALUE}-{st.session_state.get(_TIMES, 0)}",
            max_chars=report.LONGEST,
            autocomplete="off",
        )
        kind = st.selectbox(
            "What it is",
            [kind for kind in TYPES if kind != "DENIED"],
            index=list(TYPES).index("PERSON"),
            format_func=lambda kind: f"{kind}: {TYPES[kind]}",
            key="reported-type",
        )
        with st.container(horizontal=True):
            look = st.button("See where it stands", key="report-look")
            leave = st.button("Back to the decision", key="report-leave", type="tertiary")
        if leave:
            close()
        if look:
            _look(running, value)
        looked, places = st.session_state.get(_LOOKED, ("", None))
        if value and looked == value:
            _confirm(running, item, value, kind, places)
        with st.expander("What happens to it"):
            st.text(
                "It is replaced in questions, answers, earlier turns, sources, feedback, "
                "decisions, drafts, rejected lines and names of logs, in any case of letters, as "
                "words of its own. This cannot be undone.\n\n"
                "The value itself is kept nowhere: a keyed hash of its words is, by which it is "
                "known in what is loaded or typed later. The database file is written anew, so "
                "that none of its bytes holds it. Copies outside (logs, backups, exports you "
                "downloaded) are yours to clean.\n\n"
                "Agents that log with core.capture do not see this list. For their files too, "
                "add the value to `deny` in data/settings.toml; there it is kept in clear."
            )


def _look(running: Runtime, value: str) -> None:
    st.session_state.pop(_LOOKED, None)
    try:
        with st.spinner("Looking through everything stored"):
            places = report.preview(running.store, running.redactor, value)
    except (review.Refused, RedactionFailed, DatabaseError) as refusal:
        texts.notice(str(refusal), "error")
    else:
        st.session_state[_LOOKED] = value, places


def _confirm(
    running: Runtime, item: review.Item, value: str, kind: str, places: report.Places
) -> None:
    words = "It stands nowhere in what is stored. It can be known from now on."
    if places.places:
        words = (
            f"It stands in {texts.count(places.places, 'place')}, in "
            f"{texts.count(places.interactions, 'interaction')}."
        )
    if places.exports:
        words += (
            f" {texts.count(places.exports, 'export')} that held it will be marked as superseded."
        )
    texts.notice(words, "info")
    if places.share > MANY and places.interactions > 1:
        texts.notice(
            f"That is {places.share:.0%} of all interactions. Is it really one person's?",
            "warning",
        )
    name = session.reviewer()
    if not name:
        st.text("Enter your name first: every report carries it.")
        return
    if st.button("Replace it everywhere", key="report-confirm", type="primary"):
        _take_out(running, item, value, kind, name)


def _take_out(running: Runtime, item: review.Item, value: str, kind: str, name: str) -> None:
    with st.spinner("Replacing it, and writing the database file anew"):
        try:
            done = report.take_out(
                running.store,
                running.redactor,
                value,
                kind=kind,
                reporter=name,
                now=session.now(),
            )
        except (review.Refused, RedactionFailed, DatabaseError, Stale) as refusal:
            texts.notice(str(refusal), "error")
            return
    words = (
        f"Replaced in {texts.count(done.places, 'place')}, in "
        f"{texts.count(done.interactions, 'interaction')}"
    )
    if done.exports:
        words += f"; {texts.count(done.exports, 'export')} superseded"
    st.session_state["reported"] = f"{words}. {done.problem}".strip()
    # What this visitor's fields and exports hold is from before.
    for key in [
        _LOOKED,
        "prepared",
        history_view.KEPT,
        *(k for k in st.session_state if _typed(str(k))),
    ]:
        st.session_state.pop(key, None)
    st.session_state[_TIMES] = st.session_state.get(_TIMES, 0) + 1
    close(running.redactor.safe_id(item.id))  # an id that held it is another now


def _typed(key: str) -> bool:
    return key == "typed" or key.startswith(("correction-", "note-", f"{_VALUE}-"))


def close(item_id: str | None = None) -> None:
    """Back to the decision, on an item that may have another id now."""
    st.query_params.pop(OPEN, None)
    if item_id:
        st.query_params["item"] = item_id
    st.rerun()


def told() -> None:
    """What the last report has done."""
    if words := st.session_state.pop("reported", None):
        texts.notice(words, "done")
