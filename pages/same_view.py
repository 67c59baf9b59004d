"""On Review: "this asks the same as …", so that an exam and its lessons share no question."""

import streamlit as st

from core import curate, review
from core.runtime import Runtime
from pages import session, texts


def show(running: Runtime, item: review.Item) -> None:
    """What is known to ask the same, and the field to say that something else does."""
    folded = st.expander("Asks the same as …", key=f"same-{item.id}", on_change="rerun")
    if not folded.open:
        return  # every question is compared for this: not at every click on Review
    with folded:
        others, held_out = curate.asks_the_same(running.store, item.id, sample=item.is_sample)
        if others:
            _list(others)
        if held_out:
            st.text("Kept for the exam: none of these goes into a training file.")
        # A form: the id and the click arrive together, and Enter is a click too.
        with st.form(f"same-form-{item.id}", border=False):
            other = st.text_input("Id of another item that asks the same", key=f"same-id-{item.id}")
            st.text("This cannot be undone: where one of them is kept for the exam, both are.")
            said = st.form_submit_button("They ask the same", key=f"same-go-{item.id}")
        if said and other.strip():
            _say(running, item, other)
        # Kept, or whatever makes the page draw itself again would take it away unread.
        if (refused := st.session_state.get(f"same-refused-{item.id}")) and refused[0] == other:
            texts.notice(refused[1], good=False)


def _list(others: list[str]) -> None:
    with st.container(horizontal=True, gap="small"):
        for other in others[: curate.LISTED]:
            st.page_link(
                session.page("review"),
                label=texts.as_label(other),
                query_params={"item": other},
                width="content",
            )
        if len(others) > curate.LISTED:
            st.text(f"and {texts.count(len(others) - curate.LISTED, 'more item')}")


def _say(running: Runtime, item: review.Item, other: str) -> None:
    try:
        curate.same_question(
            running.store, item.id, other.strip(), by=session.reviewer(), now=session.now()
        )
    except curate.Refused as refused:
        st.session_state[f"same-refused-{item.id}"] = other, str(refused)
    else:
        st.rerun()
