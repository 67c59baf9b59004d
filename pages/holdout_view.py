"""The part of Datasets where a team keeps some questions for an exam."""

from html import escape

import streamlit as st

from core import curate
from core.runtime import Runtime
from core.store import log
from pages import session, texts

STEP, MOST = 5, 50


def show(running: Runtime, *, sample: bool) -> None:
    """What it is for, the slider with what it would do, and the button that chooses."""
    share = curate.percent(running.store, sample=sample)
    with st.container(border=True, key="holdout", gap="small"):
        st.header("An exam kept apart", anchor=False)
        st.text(
            "Questions kept for the exam go into eval files only, with all that ask nearly the "
            "same: what your agent scores on them it can do, and has not learnt by heart. Each "
            "question is drawn once, for good, and one that a training file has held stays a "
            "lesson."
        )
        left, right = st.columns([2, 3], gap="large", vertical_alignment="center")
        with left:
            wanted = st.slider(
                "Share kept for the exam",
                0,
                MOST,
                value=min(share or curate.RECOMMENDED, MOST),
                step=STEP,
                format="%d %%",
                key=f"holdout-{sample}-{share}",
            )
        with right:
            st.html(_picture(_split(running, wanted, sample=sample)))
        with st.container(horizontal=True, vertical_alignment="center"):
            _button(running, wanted, share, sample=sample)


def _split(running: Runtime, share: int, *, sample: bool) -> curate.Split:
    """Both sides at this share; found out once, as every event is played for it."""
    key = (log.last_of_all(running.store), share, sample)
    known: tuple[object, curate.Split] | None = st.session_state.get("split")
    if known is None or known[0] != key:
        known = key, curate.preview(running.store, share, sample=sample)
        st.session_state["split"] = known
    return known[1]


def _button(running: Runtime, wanted: int, share: int, *, sample: bool) -> None:
    name = session.reviewer()
    in_force = f"{share} % is in force." if share else "Nothing is kept apart yet."
    if wanted == share:
        st.text(in_force)
        return
    chosen = st.button(f"Keep {wanted} % for the exam", key="choose-holdout", disabled=not name)
    advice = f"{curate.RECOMMENDED} % is a good start." if not share else ""
    st.text(" ".join(filter(None, (in_force, advice, "" if name else "Say who you are first."))))
    if chosen and name:
        curate.choose(running.store, wanted, by=name, now=session.now(), sample=sample)
        st.rerun()


def _picture(split: curate.Split) -> str:
    """A bar of all questions, those for the exam in the accent's colour."""
    total = split.lessons + split.exam
    parts = (
        ("lessons", split.lessons - split.taught, "may be learnt from"),
        ("taught", split.taught, "learnt from already"),
        ("exam", split.exam, "for the exam"),
    )
    bar = "".join(
        f'<i class="{kind}" style="flex-grow:{count}"></i>' for kind, count, _ in parts if count
    )
    words = [f"{texts.count(count, 'question')} {what}" for _, count, what in parts if count]
    key = "".join(
        f'<li><i class="{kind}"></i>{escape(f"{count:,} {what}")}</li>'
        for kind, count, what in parts
        if count
    )
    if not total:
        return '<div class="small">No question is stored yet.</div>'
    return (
        f'<div class="split"><div class="bar" role="img" aria-label="{escape("; ".join(words))}">'
        f"{bar}</div><ul>{key}</ul></div>"
    )
