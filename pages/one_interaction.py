"""The part of Logs that takes one interaction typed by hand and shows what redaction made of it."""

from typing import Literal

import pandas as pd
import streamlit as st

from core import review
from core.load import Unreadable
from core.redaction import TYPES
from core.runtime import Runtime
from pages import session, texts

Vote = Literal["down", "up", "none"]
VOTES: dict[Vote, str] = {"down": "👎 Down", "up": "👍 Up", "none": "No vote"}


def form(running: Runtime) -> None:
    st.header("Add one interaction", anchor=False)
    # Another key after each success empties the fields; after a mistake nothing typed is lost.
    with st.form(f"one-{st.session_state.get('ones', 0)}", border=True):
        question = st.text_area(
            "Question", height=80, placeholder="I'm Ada Byron, ada@example.com …"
        )
        answer = st.text_area("Answer", height=80)
        sources = st.text_area(
            "Sources", height=68, placeholder="One a line: a title or an address"
        )
        vote = st.segmented_control(
            "Vote", list(VOTES), format_func=VOTES.__getitem__, default="down", required=True
        )
        correction = st.text_area(
            "Correction", height=80, placeholder="What the answer should have been"
        )
        if st.form_submit_button("Add one interaction", type="primary"):
            _add(running, question, answer, sources, vote, correction)


def _add(
    running: Runtime, question: str, answer: str, sources: str, vote: Vote, correction: str
) -> None:
    try:
        with st.spinner("Looking for personal data"):
            st.session_state["added"] = running.add_one(
                question=question,
                answer=answer,
                sources=sources.splitlines(),
                signal=None if vote == "none" else vote,
                correction=correction,
            )
    except Unreadable as reason:
        texts.notice(f"Not added: {reason}.", good=False)
        return
    st.session_state["ones"] = st.session_state.get("ones", 0) + 1
    session.show(sample=False)
    st.rerun()


def result(running: Runtime) -> None:
    """The lesson: what was stored, beside what was found in what was typed."""
    id_, counts = st.session_state.get("added", (None, None))
    item = review.item(running.store, id_) if id_ else None
    if not item or not counts:
        return
    with st.container(border=True, key="added"):
        texts.notice("Stored, without what was found:", good=True)
        stored, found = st.columns([3, 2], gap="medium")
        with stored:
            for title, text in (
                ("Question", item.question),
                ("Answer", item.answer),
                ("Correction", item.correction),
            ):
                if text:
                    texts.label(title)
                    texts.show_plain(text)
            if item.sources:
                texts.label("Sources")
                texts.show_sources(item.sources)
        with found:
            texts.label("Found and removed")
            if counts.redacted:
                table = pd.DataFrame(
                    [
                        (kind, number, TYPES.get(kind, "could not be checked"))
                        for kind, number in sorted(counts.redacted.items())
                    ],
                    columns=["type", "times", "what it is"],
                )
                st.dataframe(table, hide_index=True)
            else:
                st.text("Nothing.")
            st.page_link(
                session.page("review"), label="Open it in Review", query_params={"item": item.id}
            )
