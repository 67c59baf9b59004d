"""Other answers to the question on the screen: how they fared, and the way to use a good one."""

import streamlit as st

from core import review
from core.runtime import Runtime
from pages import draft_view, session, texts

AT_ONCE = 3
SHORT = 280


def show(running: Runtime, item: review.Item) -> None:
    """List them, the good ones in sight and the others folded; nothing when there are none."""
    found = review.siblings(running.store, item)
    if not found.count:
        return
    texts.label(f"Other answers to this question ({found.count})")
    with st.container(key="siblings", gap="small"):
        good = [sibling for sibling in found.first if sibling.good][:AT_ONCE]
        for sibling in good:
            _one(item, sibling)
        rest = [sibling for sibling in found.first if sibling not in good]
        if rest:
            with st.expander(f"{len(rest)} more" if good else f"{len(rest)}, none of them liked"):
                for sibling in rest:
                    _one(item, sibling)
                if found.count > len(found.first):
                    st.text(f"The first {len(found.first)} of {found.count} are listed.")


def _one(item: review.Item, sibling: review.Sibling) -> None:
    votes = [
        f"{count} thumbs {way}"
        for count, way in ((sibling.ups, "up"), (sibling.downs, "down"))
        if count
    ]
    text = sibling.final_answer or sibling.answer
    short = text if len(text) <= SHORT else f"{text[:SHORT].rstrip()}…"
    usable = review.usable(sibling, item)
    with st.container(border=True, gap="small", key=f"sibling-{sibling.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(
                session.page("review"),
                label=texts.as_label(sibling.id),
                query_params={"item": sibling.id},
                width="content",
            )
            about = [*(votes or ["no vote"]), sibling.status]
            if sibling.final_answer:
                about.append("the reviewer's text is shown")
            st.text(" · ".join(about), width="content")
            if usable and item.reviewable:
                used = st.button(
                    "Use this answer",
                    key=f"use-{item.id}-{sibling.id}",
                    help="Puts it into Correction, to be saved as your edit.",
                )
                if used:
                    st.session_state[draft_view.correction_key(item)] = usable
        texts.show_plain(short)
