"""The left side of Review: what was asked, answered, said and decided so far. Nothing here acts."""

from typing import Literal

import streamlit as st

from core import review
from pages import texts

SIGNALS = {"down": "thumbs down", "up": "thumbs up", "edit": "user edited the answer"}
SIGNALS |= {"retry": "asked again", "resolved": "resolved"}
STATUS_COLOURS: dict[str, Literal["gray", "green", "red"]] = {
    "pending": "gray",
    "approved": "green",
    "edited": "green",
    "rejected": "red",
}


def show(item: review.Item) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="item-head"):
        st.badge(item.status, color=STATUS_COLOURS[item.status])
        if item.signal:
            st.badge(SIGNALS[item.signal], color="red" if item.signal == "down" else "blue")
        if item.reviewable and not item.correction and item.status == "pending":
            st.badge("needs a fix", color="orange")
        if item.conflict:
            st.badge("raters disagree", color="violet")
        when = f"{item.logged_at:%d %b %Y, %H:%M} UTC" if item.logged_at else "no time logged"
        version = f" · version {item.agent_version}" if item.agent_version else ""
        st.text(f"{item.id} · {when}{version}", width="content")
    if item.history:
        with st.expander(f"Earlier turns ({len(item.history)})", expanded=len(item.history) <= 2):
            for turn in item.history:
                texts.label(turn.role)
                texts.show_plain(turn.content)
    texts.label("Question")
    texts.show_plain(item.question)
    with st.container(horizontal=True, vertical_alignment="center"):
        texts.label("Agent's answer")
        raw = st.toggle("Raw", key="raw", persist_state="session")
    texts.show_answer(item.answer, raw=raw)
    said = [event for event in item.events if event.signal != "edit" or event.comment]
    if said:
        texts.label("What users said")
        for event in said:
            about = [SIGNALS[event.signal], *event.tags]
            comment = f"\n{event.comment}" if event.comment else ""
            texts.show_plain(" · ".join(about) + comment)
    if item.sources:
        texts.label("Sources")
        texts.show_sources(item.sources)
    if item.decisions:
        _history(item)


def _history(item: review.Item) -> None:
    texts.label("Decisions")
    for past in item.decisions:
        undone = f", undoing revision {past.undoes}" if past.undoes else ""
        because = f" because {past.reason}" if past.reason else ""
        note = f" · {past.note}" if past.note else ""
        st.text(
            f"{past.revision}. {past.action}{because} by {past.reviewer}{undone}, "
            f"{past.at:%d %b %Y %H:%M} UTC{note}"
        )
