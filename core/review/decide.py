"""What a decision may be, and undoing it."""

from datetime import datetime

from core.records import Action
from core.redaction.records import RecordRedactor, version
from core.review.queue import Item, item
from core.review.texts import same_text, tidy
from core.settings import settings
from core.store import Stale, Store, decisions, drafts, log, storing

_DONE = {"approve": "approved", "edit": "edited", "reject": "rejected", "reopen": "reopened"}


class Refused(Exception):
    """The decision is not possible; the message says what to do instead."""


@storing
def decide(
    store: Store,
    redactor: RecordRedactor,
    interaction_id: str,
    action: Action,
    *,
    revision: int,
    reviewer: str,
    now: datetime,
    answer: str | None = None,
    reason: str | None = None,
    note: str | None = None,
) -> int:
    """Decide on the item as it stood at `revision`; returns the revision it has now.

    `answer` is the reviewer's text for edit, and for approve the correction as they saw it: what
    came meanwhile is not approved unseen. Text typed by the reviewer is redacted before it is
    stored. Raises `Refused`, `Stale` (someone decided first; the message says who and what) or
    `RedactionFailed`.
    """
    reviewer = reviewer.strip()
    if not reviewer:
        raise Refused("Say who you are first: every decision carries its reviewer's name.")
    found = decisions.item(store, interaction_id)
    if found is None:
        raise Refused(f"There is no interaction {interaction_id}.")
    if found["revision"] != revision:
        raise _stale(store, interaction_id)
    if found["status"] == "pending" and not found["reviewable"]:
        raise Refused("Nobody voted this answer down or edited it: there is nothing to decide.")
    if action == "skip":
        decisions.skip(store, interaction_id, reviewer, now)
        return revision
    if action == "reopen" and found["status"] == "pending":
        raise Refused("The item is pending already.")
    if action == "approve" and not found["correction"]:
        raise Refused("There is no correction to approve: write the right answer and save it.")
    if action == "approve" and answer is not None and not same_text(answer, found["correction"]):
        raise Refused(
            "The text is not the user's correction, so it was not approved: save it as your edit."
        )
    if action == "edit" and not (answer and answer.strip()):
        raise Refused("An edit needs the right answer.")
    if action == "reject" and reason is not None and reason not in settings().review.reasons:
        raise Refused(f"The reason must be one of {', '.join(settings().review.reasons)}.")

    stored = log.texts(store, [interaction_id]).get(interaction_id, [])
    final_answer = None
    if action == "approve":
        final_answer = found["correction"]
    elif action == "edit" and answer:
        final_answer = redactor.text(interaction_id, tidy(answer), stored).text
    if note and note.strip():
        note = redactor.text(interaction_id, note.strip(), stored).text
    try:
        return decisions.append(
            store,
            interaction_id,
            revision=revision,
            action=action,
            reviewer=reviewer,
            now=now,
            redaction_version=version(),
            final_answer=final_answer,
            reason=reason if action == "reject" else None,
            note=note if note and note.strip() else None,
        )
    except Stale:
        raise _stale(store, interaction_id) from None


@storing
def undo(store: Store, *, reviewer: str, now: datetime, sample: bool) -> str:
    """Take back the last thing this reviewer did; returns the id of its item.

    Undoing a decision appends a revision that restores the state before it; the text of an edit
    comes back as a draft. Raises `Refused` when there is nothing to undo, `Stale` when someone has
    decided since.
    """
    act = decisions.last_act(store, reviewer.strip(), sample=sample)
    if act is None:
        raise Refused("There is nothing of yours to undo.")
    interaction_id = str(act["interaction_id"])
    if act["revision"] is None:
        decisions.skip(store, interaction_id, reviewer.strip(), now, skipped=False)
        return interaction_id
    past = decisions.history(store, interaction_id)
    undone = int(act["revision"])
    before = next((row for row in past if row["revision"] == undone - 1), None)
    done = next(row for row in past if row["revision"] == undone)
    revision = decisions.append(
        store,
        interaction_id,
        revision=int(act["current"]),
        action=before["action"] if before else "reopen",
        reviewer=reviewer.strip(),
        now=now,
        redaction_version=before["redaction_version"] if before else version(),
        final_answer=before["final_answer"] if before else None,
        reason=before["reason"] if before else None,
        note=before["note"] if before else None,
        undoes=undone,
    )
    if done["action"] == "edit" and not drafts.find(store, interaction_id, reviewer.strip()):
        drafts.save(
            store,
            interaction_id,
            reviewer.strip(),
            revision=revision,
            correction=done["final_answer"],
            note=done["note"],
            now=now,
            redaction_version=done["redaction_version"],
        )
    return interaction_id


def who_was_first(item: Item) -> str:
    """Why a decision made on an older revision of this item changes nothing."""
    if not item.decisions:
        return f"This item is at revision {item.revision}: look at it again."
    last = item.decisions[-1]
    return f"{last.reviewer} {_DONE[last.action]} this item first ({last.at:%Y-%m-%d %H:%M} UTC)."


def _stale(store: Store, interaction_id: str) -> Stale:
    found = item(store, interaction_id)
    return Stale(who_was_first(found) if found else "The item is gone.")
