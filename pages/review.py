"""Review: one item at a time, decided by mouse or key.

The item is in the address and the key of every button names the item and revision it was drawn
for, so a click can only mean what was on the screen. Buttons are asked for their value instead of
being given callbacks: after a restart of the server the first click comes to a session that has
never drawn the button, where Streamlit drops callbacks without a word, but not values.
"""

from typing import Literal, NamedTuple, NoReturn

import streamlit as st

from core import export, review
from core.records import Action
from core.redaction.records import RedactionFailed
from core.review.queue import claim
from core.runtime import Runtime
from core.settings import settings
from core.store import Stale
from pages import keys, session, texts

ITEM = "item"
SIGNALS = {"down": "thumbs down", "up": "thumbs up", "edit": "user edited the answer"}
SIGNALS |= {"retry": "asked again", "resolved": "resolved"}
STATUS_COLOURS: dict[str, Literal["gray", "green", "red"]] = {
    "pending": "gray",
    "approved": "green",
    "edited": "green",
    "rejected": "red",
}
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


class Done(NamedTuple):
    """What the last click did to which item, and whether that can have made data of it."""

    id: str
    words: str
    became: bool


def main() -> None:
    """Draw the item in the address, or the next one that waits for this reviewer."""
    session.require_access()
    running = session.opened()
    sample = session.shows_sample(running)
    name = session.reviewer()
    desk = review.desk(running.store, sample=sample, reviewer=name, now=session.now())

    wanted = st.query_params.get(ITEM)
    if not wanted and desk.waiting:
        wanted = st.query_params[ITEM] = desk.waiting[0]
    item = review.item(running.store, wanted) if wanted else None
    _head(running, desk, item)
    if item is None:
        _nothing(running, desk, wanted)
        return
    if name and item.status == "pending":
        claimed = claim(running.store, item.id, reviewer=name, now=session.now())
        if not claimed:
            st.info("Another reviewer has this item on the screen too.")
    keys.listen()
    left, right = st.columns([11, 10], gap="large")
    # The right side first: a decision turns to the next item before the left one is drawn.
    with right:
        _decision(running, item, desk)
    with left:
        _conversation(item)


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
    done: Done | None = st.session_state.get("done")
    with st.container(horizontal=True, vertical_alignment="center", key="review-head"):
        st.title("Review", anchor=False, width="content")
        st.text(" · ".join([" ".join(where).strip(), *more]), width="stretch")
        if done:
            texts.notice(f"{done.id} {done.words}", good=True)
        if done and done.became:
            st.button("Show what it became", key="lines", on_click=_toggle_lines)
        if st.button("Keys", shortcut="H", key="help", type="tertiary"):
            _help()
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
    if wanted:
        st.subheader("There is no such item", anchor=False)
        st.text("It may have been cleared with the sample, or belong to another database.")
        if st.button("Show the next item that waits", type="primary"):
            _go(None)
    elif desk.skipped:
        st.subheader("Nothing else waits for you", anchor=False)
        st.text(f"You skipped {len(desk.skipped)}. They stay open for you and for others.")
        if st.button("Look at the first skipped item"):
            _go(desk.skipped[0])
    elif desk.with_others:
        st.subheader("The rest is with other reviewers", anchor=False)
        st.text(f"{desk.with_others} items are on their screens now.")
        st.button("Look again")
    else:
        st.subheader("The queue is empty", anchor=False)
        st.text(
            "Thumbs down and answers that users edited appear here once a log is loaded. "
            "When all are decided, Datasets makes files of them."
        )
        st.page_link(session.page("logs"), label="Load a log")
        st.page_link(session.page("datasets"), label="Make a dataset")


def _conversation(item: review.Item) -> None:
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


def _decision(running: Runtime, item: review.Item, desk: review.Desk) -> None:
    proposed = item.final_answer or item.correction or ""
    with st.container(key="decision"):
        changes = st.container()
        text = st.text_area(
            "Correction",
            value=proposed,
            key=f"correction-{item.id}",
            height=190,
            placeholder="Nobody has proposed a fix. Write the right answer, then save your edit.",
        )
        with changes:
            texts.label("What the text below changes")
            if text and text.strip():
                texts.show_diff(review.word_diff(item.answer, text.strip()))
            else:
                st.text("No correction yet.")
        if item.status == "pending" and item.reviewable:
            _open_item(running, item, desk, text or "")
        else:
            _closed_item(running, item, desk)


def _open_item(running: Runtime, item: review.Item, desk: review.Desk, text: str) -> None:
    mark = f"{item.id}-{item.revision}"
    buttons = st.container(horizontal=True, key="decide", gap="small")
    left, right = st.columns([1, 1], gap="small")
    reasons = settings().review.reasons
    reason = left.selectbox(
        "Reason for a rejection",
        list(reasons),
        format_func=reasons.__getitem__,
        key="reason",
        persist_state="session",
    )
    note = right.text_input("Note (optional)", key=f"note-{item.id}", max_chars=1000)
    with buttons:
        approve = st.button(
            "Approve",
            key=f"approve-{mark}",
            shortcut="A",
            type="primary",
            disabled=not item.correction,
            help=None if item.correction else "There is no correction to approve.",
        )
        edit = st.button("Save edit", key=f"edit-{mark}", shortcut="Ctrl+Enter")
        reject = st.button("Reject", key=f"reject-{mark}", shortcut="X")
        skip = st.button("Skip", key=f"skip-{mark}", shortcut="S")
        undo = st.button("Undo", key="undo", shortcut="U")
    if approve and text.strip() != (item.correction or "").strip():
        _warn(
            "You changed the correction, so it was not approved: Save edit (Ctrl+Enter) keeps "
            "your text."
        )
    elif approve:
        _decide(running, item, desk, "approve", note=note)
    elif edit:
        _decide(running, item, desk, "edit", answer=text, note=note)
    elif reject:
        _decide(running, item, desk, "reject", reason=reason, note=note)
    elif skip:
        _decide(running, item, desk, "skip")
    elif undo:
        _undo(running)


def _closed_item(running: Runtime, item: review.Item, desk: review.Desk) -> None:
    with st.container(horizontal=True, key="decide", gap="small"):
        reopen = item.status != "pending" and st.button(
            "Reopen", key=f"reopen-{item.id}-{item.revision}"
        )
        undo = st.button("Undo", key="undo", shortcut="U")
        onward = bool(desk.waiting) and st.button(
            "Next item that waits", key="next", type="primary"
        )
    if reopen:
        _decide(running, item, desk, "reopen")
    elif undo:
        _undo(running)
    elif onward:
        _go(desk.waiting[0])


def _decide(
    running: Runtime,
    item: review.Item,
    desk: review.Desk,
    action: Action,
    *,
    answer: str | None = None,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    """Record the decision on the item that is on the screen, and go on."""
    try:
        review.decide(
            running.store,
            running.redactor,
            item.id,
            action,
            revision=item.revision,
            reviewer=session.reviewer(),
            now=session.now(),
            answer=answer,
            reason=reason,
            note=note,
        )
    except Stale as stale:
        _warn(f"{stale} Nothing was changed. Your text is still in Correction.")
    except (review.Refused, RedactionFailed) as refusal:
        _warn(str(refusal))
    words = {"approve": "approved", "edit": "saved with your edit", "reject": "rejected"}
    words |= {"skip": "skipped", "reopen": "reopened"}
    _done(Done(item.id, words[action], became=action not in ("skip", "reopen")))
    _go(item.id if action == "reopen" else desk.after(item.id))


def _warn(warning: str) -> NoReturn:
    """Draw the item again under a warning; what was typed stays."""
    st.session_state["warning"] = warning
    st.rerun()


def _done(done: Done) -> None:
    st.session_state["done"] = done
    st.session_state["show_lines"] = False


def _undo(running: Runtime) -> None:
    try:
        id_ = review.undo(
            running.store,
            reviewer=session.reviewer(),
            now=session.now(),
            sample=session.shows_sample(running),
        )
    except (review.Refused, Stale) as refusal:
        _warn(str(refusal))
    _done(Done(id_, "is back: your last decision is undone", became=False))
    _go(id_)


def _go(id_: str | None) -> NoReturn:
    """Turn to an item, or to whatever waits next."""
    if id_:
        st.query_params[ITEM] = id_
    else:
        st.query_params.pop(ITEM, None)
    st.rerun()


main()
