"""The left side of Review: what was asked, answered, said and decided so far."""

from html import escape
from typing import Literal

import streamlit as st

from core import review
from core.export import short
from core.runtime import Runtime
from core.settings import settings
from core.store import exports
from pages import same_view, sibling_view, texts, times

SIGNALS = {"down": "thumbs down", "up": "thumbs up", "edit": "user edited the answer"}
SIGNALS |= {"retry": "asked again", "resolved": "resolved"}
STATUS_COLOURS: dict[str, Literal["gray", "green", "red"]] = {
    "pending": "gray",
    "approved": "green",
    "edited": "green",
    "rejected": "red",
}
WRONG_VOTE = "answer_was_right"
EXPORTS = 6


def show(running: Runtime, item: review.Item) -> None:
    """Draw it all, the other answers to the question included."""
    with st.container(horizontal=True, vertical_alignment="center", key="item-head"):
        # The cursor goes here when another item comes up: see keys.py.
        st.html(f'<h2 class="item-id" tabindex="-1">{escape(item.id)}</h2>', width="content")
        st.badge(item.status, color=STATUS_COLOURS[item.status])
        if item.signal:
            st.badge(SIGNALS[item.signal], color="red" if item.signal == "down" else "blue")
        if item.reviewable and not item.correction and item.status == "pending":
            st.badge("needs a fix", color="orange")
        if item.conflict:
            st.badge("raters disagree", color="violet")
        version = f" · version {item.agent_version}" if item.agent_version else ""
        st.text(f"{times.when(item.logged_at)}{version}", width="content")
    if item.history:
        with st.expander(f"Earlier turns ({len(item.history)})", expanded=len(item.history) <= 2):
            for turn in item.history:
                texts.label(turn.role)
                texts.show_plain(turn.content)
    texts.label("Question")
    texts.show_answer(item.question, raw=not review.is_code(item.question))
    with st.container(horizontal=True, vertical_alignment="center"):
        texts.label("Agent's answer")
        raw = st.toggle("Raw", key="raw", persist_state="session")
    texts.show_answer(item.answer, raw=raw)
    _said(item)
    sibling_view.show(running, item)
    if item.sources:
        texts.label("Sources")
        texts.show_sources(item.sources)
    same_view.show(running, item)
    if item.decisions:
        _history(item)
    _exports(running, item)


def _said(item: review.Item) -> None:
    said = [event for event in item.events if event.signal != "edit" or event.comment]
    if not said:
        return
    texts.label("What users said")
    several = len({event.rater for event in item.events}) > 1
    if item.conflict:
        _conflict(item)
    # What counts comes first, what its rater has taken back last.
    for event in sorted(said, key=lambda event: event.superseded):
        about = [SIGNALS[event.signal], *event.tags]
        who = f"{_rater(event)}: " if several else ""
        if event.superseded:
            about.append("earlier vote, replaced since")
        lines = [who + " · ".join(about)]
        if event.comment:
            lines.append(event.comment)
        if several and event.correction and event.correction != item.proposal:
            lines.append(f"Proposed: {event.correction}")
        texts.show_plain("\n".join(lines), faded=event.superseded)


def _conflict(item: review.Item) -> None:
    """Who says what, and what a reviewer can do about it."""
    sides = []
    for signal in ("down", "up"):
        raters = [_rater(vote) for vote in item.votes if vote.signal == signal]
        sides.append(f"{SIGNALS[signal]}: {', '.join(raters)}")
    reason = settings().review.reasons.get(WRONG_VOTE)
    wrong = f"Reject because “{reason}”" if reason else "Reject it"
    ways = (
        "Approve or write a fix: then the thumbs down stands.",
        f"{wrong}: then the thumbs up stands, and no data comes of this item.",
    )
    st.html(
        '<div class="notice warning" role="note"><strong>Raters disagree</strong> – '
        f"{escape('; '.join(sides))}."
        f"<ul>{''.join(f'<li>{escape(way)}</li>' for way in ways)}</ul></div>"
    )


def _rater(event: review.Event) -> str:
    return f"Rater {event.rater}" if event.rater else "Unnamed rater"


def _history(item: review.Item) -> None:
    texts.label("Decisions")
    for past in item.decisions:
        undone = f", undoing revision {past.undoes}" if past.undoes else ""
        because = f" because {past.reason}" if past.reason else ""
        note = f" · {past.note}" if past.note else ""
        st.text(
            f"{past.revision}. {past.action}{because} by {past.reviewer}{undone}, "
            f"{times.when(past.at)}{note}"
        )


def _exports(running: Runtime, item: review.Item) -> None:
    """In which exports it went out, and as what; nothing when in none."""
    made = exports.of_item(running.store, item.id)
    if not made:
        return
    named = [
        f"{row['format']} {short(row['export_id'])} (revision {row['revision']}"
        f"{', superseded' if row['superseded_at'] else ''})"
        for row in made[:EXPORTS]
    ]
    if len(made) > EXPORTS:
        named.append(f"and {len(made) - EXPORTS} more")
    st.html(f'<div class="plain small faded">In exports: {escape(", ".join(named))}</div>')
