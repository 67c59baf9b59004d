"""The right side of Review: the correction, what it changes, and the buttons that decide.

The key of every button names the item and revision it was drawn for, so a click can only mean what
was on the screen. Buttons are asked for their value instead of being given callbacks: after a
restart of the server the first click comes to a session that has never drawn the button, where
Streamlit drops callbacks without a word, but not values.
"""

from datetime import timedelta
from typing import NamedTuple, NoReturn

import streamlit as st

from core import review
from core.records import Action
from core.redaction.records import RedactionFailed
from core.runtime import Runtime
from core.settings import settings
from core.store import DatabaseError, Stale
from pages import diff_view, draft_view, session

ITEM = "item"
REVISION = "revision"
KEPT = "Nothing was changed. Your text is still in Correction."
BOUNCE = timedelta(seconds=3)
_DRAWN = "drawn"
_ACTS = "acts"


class Wish(NamedTuple):
    """What a decision is about: the item, the queue around it, the revision on the screen."""

    running: Runtime
    item: review.Item
    desk: review.Desk
    revision: int


class Done(NamedTuple):
    """What the last click did to which item, and whether that can have made data of it."""

    id: str
    words: str
    became: bool


class Acts:
    """What this visitor has done so far.

    An object, fetched before a decision and noted in right after it: Streamlit may stop the script
    for the next key at any touch of its session state, and what is done must not go unnoted.
    """

    def __init__(self) -> None:
        self.done: Done | None = None
        self.decided: set[str] = set()

    def note(self, done: Done, *, decided: bool) -> None:
        self.done = done
        (self.decided.add if decided else self.decided.discard)(done.id)


def acts() -> Acts:
    """What this visitor has done so far."""
    found: Acts = st.session_state.setdefault(_ACTS, Acts())
    return found


def show(running: Runtime, item: review.Item, desk: review.Desk) -> None:
    """Draw the correction and the buttons for the revision that the visitor has on the screen.

    That revision is in the address. Where it is no longer the current one, the old buttons are
    drawn once more, so that a click on them is met and answered instead of falling into a void.
    """
    _if_just_decided_go_on(item, desk)
    on_screen = st.query_params.get(REVISION)
    revision = int(on_screen) if on_screen and on_screen.isdecimal() else item.revision
    wish = Wish(running, item, desk, revision)
    if revision == item.revision and item.status == "pending" and not item.reviewable:
        st.text("Nobody voted this answer down or edited it: there is nothing to decide.")
        _closed_item(wish)
    else:
        _correction(wish)
    if revision != item.revision and st.session_state.get(_DRAWN) == (item.id, revision):
        # Nobody clicked, but what is on the screen has changed under the visitor.
        _warn(f"{review.who_was_first(item)} {KEPT}")
    st.session_state[_DRAWN] = (item.id, item.revision)
    if on_screen != str(item.revision):
        st.query_params[REVISION] = str(item.revision)
    if revision != item.revision:
        st.rerun()


def _correction(wish: Wish) -> None:
    """The text to decide on, above it what it changes, below it the buttons."""
    running, item, _, revision = wish
    correction, note = draft_view.start(running, item)
    with st.container(key="decision"):
        changes = st.container(key="changes", gap="small")
        with st.container(key=diff_view.kind(item)):
            text = st.text_area(
                "Correction",
                value=correction,
                key=draft_view.correction_key(item),
                height=190,
                placeholder="Nobody has proposed a fix. Write the right answer, then save your "
                "edit.",
            )
        line = st.container()
        text = text or ""
        if revision != item.revision or item.status == "pending":
            note = _open_item(wish, text, note)
        else:
            _closed_item(wish)
        # Nobody has decided: what is typed by now is kept.
        draft_view.keep(running, item, revision, text, note)
        with changes:
            diff_view.changes(item, draft_view.safe(item, text))
        with line:
            draft_view.show(running, item)


def _open_item(wish: Wish, text: str, note: str) -> str:
    """The buttons that decide; returns the note when none of them was pressed."""
    item, revision = wish.item, wish.revision
    mark = f"{item.id}-{revision}"
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
    note = (
        right.text_input(
            "Note (optional)", value=note, key=draft_view.note_key(item), max_chars=1000
        )
        or ""
    )
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
    if approve:
        _decide(wish, "approve", answer=text, note=note)
    elif edit:
        _decide(wish, "edit", answer=text, note=note)
    elif reject:
        _decide(wish, "reject", reason=reason, note=note)
    elif skip:
        _decide(wish, "skip")
    elif undo:
        _undo(wish.running)
    return note


def _closed_item(wish: Wish) -> None:
    running, item, desk, _ = wish
    with st.container(horizontal=True, key="decide", gap="small"):
        reopen = item.status != "pending" and st.button(
            "Reopen", key=f"reopen-{item.id}-{item.revision}"
        )
        undo = st.button("Undo", key="undo", shortcut="U")
        onward = bool(desk.waiting) and st.button(
            "Next item that waits", key="next", type="primary"
        )
    if reopen:
        _decide(wish, "reopen")
    elif undo:
        _undo(running)
    elif onward:
        go(desk.waiting[0])


def _decide(
    wish: Wish,
    action: Action,
    *,
    answer: str | None = None,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    """Record the decision on the item and revision that are on the screen, and go on."""
    running, item, desk, revision = wish
    mine = acts()
    words = {"approve": "approved", "edit": "saved with your edit", "reject": "rejected"}
    words |= {"skip": "skipped", "reopen": "reopened"}
    try:
        review.decide(
            running.store,
            running.redactor,
            item.id,
            action,
            revision=revision,
            reviewer=session.reviewer(),
            now=session.now(),
            answer=answer,
            reason=reason,
            note=note,
        )
    except Stale as stale:
        if answer is not None:
            draft_view.keep(running, item, revision, answer, note or "")
        _warn(f"{stale} {KEPT}")
    except (review.Refused, RedactionFailed, DatabaseError) as refusal:
        _warn(str(refusal))
    mine.note(
        Done(item.id, words[action], became=action not in ("skip", "reopen")),
        decided=action != "reopen",
    )
    st.session_state["show_lines"] = False
    go(item.id if action == "reopen" else desk.after(item.id))


def _if_just_decided_go_on(item: review.Item, desk: review.Desk) -> None:
    """A key pressed twice comes back with the old address: its first press was the decision."""
    if item.status == "pending" or item.id not in acts().decided:
        return
    if session.now().replace(tzinfo=None) - item.decisions[-1].at < BOUNCE:
        go(desk.after(item.id))


def _warn(warning: str) -> NoReturn:
    """Draw the item as it is now under a warning; what was typed stays."""
    st.session_state["warning"] = warning
    st.query_params.pop(REVISION, None)
    st.rerun()


def _undo(running: Runtime) -> None:
    mine = acts()
    try:
        id_ = review.undo(
            running.store,
            reviewer=session.reviewer(),
            now=session.now(),
            sample=session.shows_sample(running),
        )
    except (review.Refused, Stale, DatabaseError) as refusal:
        _warn(str(refusal))
    mine.note(Done(id_, "is back: your last decision is undone", became=False), decided=False)
    st.session_state["show_lines"] = False
    go(id_)


def go(id_: str | None) -> NoReturn:
    """Turn to an item, or to whatever waits next."""
    draft_view.memory().forget()
    item = review.item(session.opened().store, id_) if id_ else None
    if item:
        # Both at once: between two changes of the address a key could be pressed.
        st.query_params.update({ITEM: item.id, REVISION: str(item.revision)})
    else:
        st.query_params.pop(ITEM, None)
        st.query_params.pop(REVISION, None)
    st.rerun()
