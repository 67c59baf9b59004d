"""What reviewers have typed and not decided yet: one row per item and reviewer, redacted.

A draft is work, not an event: it is replaced as its writer goes on and gone once they decide. So
it has no sequence number, and no export or count ever looks here.
"""

from datetime import datetime
from typing import Any

from core.store.database import Store
from core.store.log import utc


def save(
    store: Store,
    interaction_id: str,
    reviewer: str,
    *,
    revision: int,
    correction: str | None,
    note: str | None,
    now: datetime,
    redaction_version: str,
) -> None:
    """Keep these redacted texts in the place of the draft before; None: nothing typed there.

    An interaction that was cleared meanwhile gets none.
    """
    with store.write() as cursor:
        cursor.execute(
            """
            INSERT INTO drafts SELECT id, $reviewer, $revision, $correction, $note, $now, $version
            FROM interactions WHERE id = $id
            ON CONFLICT (interaction_id, reviewer) DO UPDATE SET
                revision = excluded.revision, correction = excluded.correction,
                note = excluded.note, saved_at = excluded.saved_at,
                redaction_version = excluded.redaction_version
            """,
            {
                "id": interaction_id,
                "reviewer": reviewer,
                "revision": revision,
                "correction": correction,
                "note": note,
                "now": utc(now),
                "version": redaction_version,
            },
        )


def find(store: Store, interaction_id: str, reviewer: str) -> dict[str, Any] | None:
    """This reviewer's draft on an item, or None."""
    found = store.rows(
        "SELECT revision, correction, note FROM drafts WHERE interaction_id = ? AND reviewer = ?",
        [interaction_id, reviewer],
    )
    return found[0] if found else None


def discard(store: Store, interaction_id: str, reviewer: str) -> None:
    """Forget this reviewer's draft on an item, if there is one."""
    with store.write() as cursor:
        cursor.execute(
            "DELETE FROM drafts WHERE interaction_id = ? AND reviewer = ?",
            [interaction_id, reviewer],
        )
