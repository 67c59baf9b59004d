"""Drafts: what a reviewer has typed into Correction and Note and not decided yet.

Kept while they type, redacted like everything that is stored, and theirs alone. Approving, editing
or rejecting ends a draft, skipping does not; undoing an edit gives its text back as one.
"""

from collections import Counter
from datetime import datetime

import msgspec

from core.redaction.finding import PLACEHOLDER
from core.redaction.records import RecordRedactor, version
from core.review.queue import Item
from core.review.texts import same_text, tidy
from core.store import Store, drafts, log, storing


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, and the revision it was typed on.

    `correction` is None where the proposal stands untouched. `replaced` are the placeholders that
    stand for what was typed, known only when it has just been kept.
    """

    revision: int
    correction: str | None = None
    note: str | None = None
    replaced: tuple[str, ...] = ()


def draft(store: Store, interaction_id: str, reviewer: str) -> Draft | None:
    """This reviewer's draft on an item, or None; nobody has none."""
    row = drafts.find(store, interaction_id, reviewer.strip()) if reviewer.strip() else None
    return msgspec.convert(row, Draft) if row else None


@storing
def keep_draft(
    store: Store,
    redactor: RecordRedactor,
    item: Item,
    *,
    reviewer: str,
    revision: int,
    correction: str,
    note: str,
    now: datetime,
) -> Draft | None:
    """Keep what was typed so far; None, and nothing kept, when it is what was there anyway.

    Raises `RedactionFailed` when it cannot be checked for personal data: then it is not kept.
    """
    reviewer = reviewer.strip()
    changed = not same_text(correction, item.proposal)
    if not reviewer or not (changed or note.strip()):
        discard_draft(store, item.id, reviewer)
        return None
    stored = log.texts(store, [item.id]).get(item.id, [])
    typed = [tidy(correction) if changed else "", note.strip()]
    safe = [redactor.text(item.id, text, stored).text if text else "" for text in typed]
    kept = Draft(
        revision=revision,
        correction=safe[0] if changed else None,
        note=safe[1] or None,
        replaced=_placeholders(safe, typed),
    )
    drafts.save(
        store,
        item.id,
        reviewer,
        revision=revision,
        correction=kept.correction,
        note=kept.note,
        now=now,
        redaction_version=version(),
    )
    return kept


def discard_draft(store: Store, interaction_id: str, reviewer: str) -> None:
    """Forget this reviewer's draft on an item."""
    if drafts.find(store, interaction_id, reviewer.strip()):
        drafts.discard(store, interaction_id, reviewer.strip())


def _placeholders(safe: list[str], typed: list[str]) -> tuple[str, ...]:
    """Those that were not typed, each once, in their order."""
    there = Counter(match[0] for text in typed for match in PLACEHOLDER.finditer(text))
    found = []
    for text in safe:
        for match in PLACEHOLDER.finditer(text):
            if there[match[0]]:
                there[match[0]] -= 1
            elif match[0] not in found:
                found.append(match[0])
    return tuple(found)
