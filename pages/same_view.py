"""On Review: "this asks the same as …", so that an exam and its lessons share no question."""

import streamlit as st

from core import curate, review
from core.runtime import Runtime
from pages import session, texts


def show(running: Runtime, item: review.Item) -> None:
    """What is known to ask the same, and the field to say that something else does."""
    others, held_out = curate.asks_the_same(running.store, item.id, sample=item.is_sample)
    label = f"Asks the same ({len(others)})" if others else "Asks the same as …"
    with st.expander(label, key=f"same-{item.id}"):
        if held_out:
            st.text("Kept for the exam: none of these goes into a training file.")
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
        other = st.text_input("Id of another item that asks the same", key=f"same-id-{item.id}")
        if st.button("They ask the same", key=f"same-go-{item.id}") and other.strip():
            name = session.reviewer()
            try:
                curate.same_question(
                    running.store, item.id, other.strip(), by=name, now=session.now()
                )
            except curate.Refused as refused:
                texts.notice(str(refused), good=False)
            else:
                st.rerun()
        st.text("This cannot be undone: where one of them is kept for the exam, both are.")
