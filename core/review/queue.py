"""What is on a reviewer's desk: the item itself, and where it stands in the queue."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from core.records import Source, Status, Turn
from core.settings import settings
from core.store import Store, decisions


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a user said of the answer.

    `rater` counts the item's raters from 1 in the order they first spoke; 0 is whoever the log
    does not tell apart. `superseded`: a vote that its rater has since replaced by another.
    """

    at: datetime | None
    signal: str
    correction: str | None
    comment: str | None
    tags: tuple[str, ...]
    rater: int
    superseded: bool = False


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of an item. `undoes` is the revision it took back."""

    revision: int
    action: str
    final_answer: str | None
    reason: str | None
    note: str | None
    reviewer: str
    at: datetime
    undoes: int | None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An interaction as a reviewer sees it; times are UTC without a zone."""

    id: str
    revision: int
    status: Status
    signal: str | None
    question: str
    answer: str
    correction: str | None
    final_answer: str | None
    conflict: bool
    reviewable: bool
    is_sample: bool
    logged_at: datetime | None
    agent_version: str | None
    history: tuple[Turn, ...]
    sources: tuple[Source, ...]
    tags: tuple[str, ...]
    found: dict[str, int]
    events: tuple[Event, ...]
    decisions: tuple[Decision, ...]

    @property
    def proposal(self) -> str:
        """What stands in Correction before anybody types: what is decided, or what a user said."""
        return self.final_answer or self.correction or ""

    @property
    def votes(self) -> tuple[Event, ...]:
        """The vote of each rater that counts: their last one."""
        return tuple(e for e in self.events if e.signal in ("up", "down") and not e.superseded)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reviewer stands: ids waiting for them in order, and how many others there are."""

    waiting: tuple[str, ...]
    needs_fix: int
    skipped: tuple[str, ...]
    with_others: int

    @property
    def left(self) -> int:
        """Pending items in all, whoever has them."""
        return len(self.waiting) + len(self.skipped) + self.with_others

    def position(self, interaction_id: str) -> int | None:
        """The 1-based place of an item among those waiting, or None."""
        return self.waiting.index(interaction_id) + 1 if interaction_id in self.waiting else None

    def after(self, interaction_id: str) -> str | None:
        """The item that follows this one, or the first one, or None when nothing else waits."""
        others = [id_ for id_ in self.waiting if id_ != interaction_id]
        if interaction_id in self.waiting:
            place = self.waiting.index(interaction_id)
            others = others[place:] + others[:place]
        return others[0] if others else None


def desk(store: Store, *, sample: bool, reviewer: str, now: datetime) -> Desk:
    """Look at the queue as this reviewer."""
    rows = decisions.queue_ids(store, sample=sample, reviewer=reviewer.strip(), now=now)
    return Desk(
        waiting=tuple(row["id"] for row in rows if not row["claimed"] and not row["skipped"]),
        needs_fix=sum(row["needs_fix"] for row in rows),
        skipped=tuple(row["id"] for row in rows if row["skipped"]),
        with_others=sum(row["claimed"] and not row["skipped"] for row in rows),
    )


def claim(store: Store, interaction_id: str, *, reviewer: str, now: datetime) -> bool:
    """Keep the item on this reviewer's screen from the others for a while."""
    until = now + timedelta(minutes=settings().review.claim_minutes)
    return decisions.claim(store, interaction_id, reviewer.strip(), now, until)


def item(store: Store, interaction_id: str) -> Item | None:
    """An interaction with all that was said of it and decided on it, or None."""
    row = decisions.item(store, interaction_id)
    if row is None:
        return None
    raters: dict[str, int] = {}
    wanted = {
        "found": msgspec.json.decode(row["redaction_counts"]),
        "history": _parsed(row["history"]),
        "sources": _parsed(row["sources"]),
        "tags": row["tags"] or [],
        "events": [
            {**event, "at": event["given_at"], "rater": _number(raters, event["rater_ref"])}
            for event in decisions.events(store, interaction_id)
        ],
        "decisions": [
            {**past, "at": past["decided_at"]} for past in decisions.history(store, interaction_id)
        ],
    }
    return msgspec.convert({**row, **wanted}, Item)


def _number(raters: dict[str, int], reference: str | None) -> int:
    return raters.setdefault(reference, len(raters) + 1) if reference else 0


def _parsed(text: str | None) -> Any:
    return msgspec.json.decode(text) if text else []
