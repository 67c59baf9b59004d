"""The words and shapes that pass between the rooms.

Two families, so that the type checker sees what a reader must never mix up: `Interaction` and
`Feedback` are raw and live in memory only; `SafeInteraction` and `SafeFeedback` have been through
the redaction room and are the only shapes the store takes.
"""

from datetime import datetime
from typing import Any, Literal, get_args

import msgspec

Signal = Literal["up", "down", "edit", "retry", "resolved"]
"""What a user said of an answer.

up: thumbs up. down: thumbs down. edit: the user changed the answer (implicit). retry: the user
asked again (implicit). resolved: the user thanked or left content (implicit).
"""

Action = Literal["approve", "edit", "reject", "skip", "reopen"]
"""What a reviewer did.

approve: the correction is the final answer. edit: the reviewer's own text is. reject: no data
comes of it. skip: not now, not me. reopen: back to pending.
"""

Status = Literal["pending", "approved", "edited", "rejected"]
"""Where a queue item stands: the effect of its decision of the highest revision."""

Kind = Literal["golden", "regression", "disliked"]
"""What becomes of an interaction.

golden: worked once, must keep working. regression: failed once, must not again. disliked: failed,
and nobody has said yet what is right; only data on preferences takes it.
"""

SIGNALS: tuple[Signal, ...] = get_args(Signal)
ACTIONS: tuple[Action, ...] = get_args(Action)


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document the agent leaned on; every field may be missing, not all of them."""

    title: str | None = None
    uri: str | None = None
    text: str | None = None


class Turn(msgspec.Struct, frozen=True):
    """An earlier message of the same conversation."""

    role: str
    content: str


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """One raw feedback event. `interaction_id` is None when it stands on its answer's line."""

    signal: Signal
    interaction_id: str | None = None
    at: datetime | None = None
    correction: str | None = None
    comment: str | None = None
    tags: tuple[str, ...] = ()
    rater: str | None = None
    sealed: bool = False
    """Our own capture redacted this line with this key and version: see `core.keys.seal`."""
    found: dict[str, int] = {}
    """What was found then, by type; only of a sealed line."""


class Interaction(msgspec.Struct, frozen=True, kw_only=True):
    """One raw question and answer with what was logged beside them."""

    question: str
    answer: str
    id: str | None = None
    logged_at: datetime | None = None
    history: tuple[Turn, ...] = ()
    sources: tuple[Source, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    agent_version: str | None = None
    model: str | None = None
    session_id: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()
    consent: bool | None = None
    metadata: dict[str, Any] = {}
    sealed: bool = False
    found: dict[str, int] = {}


class SafeFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """One feedback event as it may be stored. `event_key` is a keyed hash: same event, same key."""

    interaction_id: str
    event_key: str
    signal: Signal
    at: datetime | None
    correction: str | None
    comment: str | None
    tags: tuple[str, ...]
    rater_ref: str | None
    redaction_version: str
    counts: dict[str, int]


class SafeInteraction(msgspec.Struct, frozen=True, kw_only=True):
    """One interaction as it may be stored.

    `content_key` is a keyed hash of the raw question and answer; it tells a repeated line from a
    conflicting one without keeping the text.
    """

    id: str
    content_key: str
    logged_at: datetime | None
    question: str
    answer: str
    history: tuple[Turn, ...]
    sources: tuple[Source, ...]
    agent_version: str | None
    model: str | None
    session_id: str | None
    user_ref: str | None
    tags: tuple[str, ...]
    consent: bool | None
    metadata: dict[str, Any]
    redaction_version: str
    counts: dict[str, int]


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be read: its 1-based line, byte offset, and why, in plain words.

    `raw` is the text as it stood in the log: memory only, until the redaction room has seen it.
    """

    line: int
    offset: int
    reason: str
    raw: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a log that could be read: an interaction, or a vote alone."""

    line: int
    offset: int
    content: Interaction | Feedback
