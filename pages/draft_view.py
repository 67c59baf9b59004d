"""What becomes of a text that is typed and not decided: kept as one types, shown when one returns.

The texts under the cursor are never rewritten. What the redaction has put in their place is said
in a line below, and is what the comparison above shows.
"""

from typing import NamedTuple

import streamlit as st

from core import review
from core.redaction.records import RedactionFailed
from core.runtime import Runtime
from core.store import DatabaseError, Stale
from pages import session, texts


class Typed(NamedTuple):
    """What stands in the two fields for which item, and who has typed it."""

    item: str
    reviewer: str
    correction: str
    note: str


class Memory:
    """What this visitor's fields held when they were last looked at, and what became of it."""

    def __init__(self) -> None:
        self.typed: Typed | None = None
        self.kept: review.Draft | None = None
        self.problem = ""
        self.discarded = ""

    def forget(self) -> None:
        """Look anew: the item, or what is decided of it, has changed."""
        self.typed = self.kept = None
        self.problem = ""


def memory() -> Memory:
    """What is remembered of this visitor's fields."""
    found: Memory = st.session_state.setdefault("typed", Memory())
    return found


def correction_key(item: review.Item) -> str:
    """The key of the text area; "Use this answer" writes there before it is drawn."""
    return f"correction-{item.id}"


def note_key(item: review.Item) -> str:
    """The key of the note."""
    return f"note-{item.id}"


def start(running: Runtime, item: review.Item) -> tuple[str, str]:
    """What the fields begin with; called before they are drawn."""
    mine = memory()
    if mine.discarded == item.id:
        mine.discarded = ""
        st.session_state[correction_key(item)] = item.proposal
        st.session_state[note_key(item)] = ""
    draft = review.draft(running.store, item.id, session.reviewer())
    if draft is None:
        return item.proposal, ""
    return draft.correction if draft.correction is not None else item.proposal, draft.note or ""


def keep(running: Runtime, item: review.Item, revision: int, correction: str, note: str) -> None:
    """Keep what has been typed since the last look."""
    mine = memory()
    typed = Typed(item.id, session.reviewer(), correction, note)
    if typed == mine.typed:
        return
    kept, problem = None, ""
    try:
        kept = review.draft(running.store, item.id, typed.reviewer)
        if not (kept and _is(kept, item, typed)):
            kept = review.keep_draft(
                running.store,
                running.redactor,
                item,
                reviewer=typed.reviewer,
                revision=revision,
                correction=correction,
                note=note,
                now=session.now(),
            )
    except RedactionFailed:
        problem = "This draft could not be checked for personal data, so it is not kept."
    except (DatabaseError, Stale):
        problem = "This draft could not be written, so it is not kept."
    mine.typed, mine.kept, mine.problem = typed, kept, problem


def safe(item: review.Item, correction: str) -> str:
    """What would be stored of the text in the field, where that is known; else the text."""
    kept = memory().kept
    return correction if kept is None or kept.correction is None else kept.correction


def _is(kept: review.Draft, item: review.Item, typed: Typed) -> bool:
    correction = item.proposal if kept.correction is None else kept.correction
    return review.same_text(correction, typed.correction) and (
        (kept.note or "") == typed.note.strip()
    )


def show(running: Runtime, item: review.Item) -> None:
    """The line under Correction, as high with a draft as without, so that no button moves."""
    mine = memory()
    typed = mine.typed
    with st.container(horizontal=True, vertical_alignment="center", key="draft", gap="small"):
        if mine.problem:
            st.text(mine.problem, width="content")
        elif not session.reviewer():
            st.text("Enter your name to keep drafts.", width="content")
        elif mine.kept is None:
            st.text("What you type is kept until you decide.", width="content")
        else:
            words = "Draft kept"
            if mine.kept.replaced:
                words += f" with {', '.join(mine.kept.replaced)} for what you typed"
            st.text(words, width="content")
            if st.button("Discard draft", key=f"discard-{item.id}", type="tertiary"):
                review.discard_draft(running.store, item.id, session.reviewer())
                mine.discarded = item.id
                mine.forget()
                st.rerun()
    if mine.kept and typed and mine.kept.revision != item.revision:
        texts.notice("Your draft is older than the last decision on this item.", good=False)
