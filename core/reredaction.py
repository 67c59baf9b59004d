"""Redacts stored text again, when the version has risen or the settings have changed.

One interaction a transaction, and each row says which version and settings made it: killed or
cancelled, it goes on when run again. What was taken out stays out: a type that is switched off
later does not bring any text back.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from core.pipeline import redactor_of
from core.redaction.records import RecordRedactor, RedactionFailed, version
from core.store import DatabaseError, Store, exports, rewrite, storing

SUPERSEDED = "held what was found when stored text was redacted again"
Progress = Callable[[int, int], None]
"""Called with interactions done and to do; it may raise `pipeline.Cancelled`."""


class Reredaction(msgspec.Struct, frozen=True):
    """How many interactions were outdated, how many of them changed, and which ids failed."""

    outdated: int
    changed: int
    failed: list[str]


def outdated(store: Store) -> int:
    """How many interactions hold text that another version, or other settings, redacted."""
    return len(rewrite.outdated(store, version()))


def reredact(store: Store, on_progress: Progress | None = None) -> Reredaction:
    """Redact outdated text again, and leave a record of it.

    Exports that held what changed are marked as superseded. Where something changed, the database
    file is written anew at the end, so that no replaced text is left in its unused parts.
    """
    redactor = redactor_of(store)
    current = version()
    ids = rewrite.outdated(store, current)
    excerpts = {
        excerpt: again
        for excerpt in rewrite.excerpts(store)
        if (again := redactor.redactor.redact(excerpt).text) != excerpt
    }
    if not ids and not excerpts:
        return Reredaction(0, 0, [])
    run = rewrite.begin(store, current, len(ids), datetime.now(UTC))
    changed: list[str] = []
    failed: list[str] = []
    because: str | None = "stopped"
    try:
        for number, id_ in enumerate(ids, start=1):
            try:
                if _again(store, redactor, id_, current):
                    changed.append(id_)
            except RedactionFailed:
                failed.append(id_)
            if on_progress:
                on_progress(number, len(ids))
        for excerpt, again in excerpts.items():
            rewrite.replace_excerpt(store, excerpt, again)
        because = None
    finally:
        # Best effort: what stops a run may stop this note of it too.
        with suppress(DatabaseError):
            rewrite.end(
                store,
                run,
                datetime.now(UTC),
                changed=len(changed),
                failed=len(failed),
                because=because,
            )
        if changed or excerpts:
            with suppress(DatabaseError):
                store.rewrite_file()
    return Reredaction(len(ids), len(changed), failed)


@storing
def _again(store: Store, redactor: RecordRedactor, id_: str, current: str) -> bool:
    """Redact the texts of one interaction again; whether that changed any."""
    before = rewrite.texts(store, id_)
    after, _ = redactor.again(id_, before)
    rewrite.replace(store, after, current)
    if rewrite.exported(before, after):
        exports.supersede_holding(store, id_, datetime.now(UTC), SUPERSEDED)
    return before != after
