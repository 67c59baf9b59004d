"""Commands that decide, and say what there is to decide."""

import sys
from datetime import UTC, datetime
from typing import Any

import click

from core.commands.frame import command, scope
from core.records import ACTIONS, Action


@command("stats")
def stats(store: Any) -> tuple[dict[str, Any], str]:
    """Count interactions by feedback and by decision."""
    from core.store import reports

    counts = reports.stats(store, sample=scope(store))
    return counts, "\n".join(f"{name:<22}{number:>8}" for name, number in counts.items())


@command("queue")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many items.")
def queue(store: Any, limit: int | None) -> tuple[dict[str, Any], str]:
    """List what waits for a decision, the most pressing first."""
    from core.store import decisions

    rows = decisions.queue(store, sample=scope(store), limit=limit)
    keys = ("id", "revision", "signal", "question", "answer", "correction")
    items = [{key: row[key] for key in keys} for row in rows]
    text = "\n".join(
        f"{item['id']}  revision {item['revision']}  {item['signal']:<5} "
        f"{'has a correction' if item['correction'] else 'needs a fix':<17} "
        f"{' '.join(item['question'].split())[:70]}"
        for item in items
    )
    return {"items": items}, text or "Nothing waits for a decision."


@command("decide")
@click.argument("interaction_id", metavar="ID")
@click.argument("action", type=click.Choice(ACTIONS))
@click.option("--reviewer", required=True, help="Who decides.")
@click.option(
    "--revision", required=True, type=click.IntRange(min=0), help="The revision `queue` showed."
)
@click.option("--answer", help="The right answer, for edit; - reads it from standard input.")
@click.option("--reason", help="Reason code of a rejection: see data/settings.toml.")
@click.option("--note", help="A note for the record.")
def decide(
    store: Any,
    interaction_id: str,
    action: Action,
    reviewer: str,
    revision: int,
    answer: str | None,
    reason: str | None,
    note: str | None,
) -> tuple[dict[str, Any], str]:
    """Approve, edit, reject, skip or reopen one item.

    A decision names the revision it was made on. If someone decided first, nothing changes and the
    command ends with exit code 3.
    """
    from core import review
    from core.pipeline import redactor_of

    redactor = redactor_of(store)
    known = redactor.safe_id(interaction_id)
    after = review.decide(
        store,
        redactor,
        known,
        action,
        revision=revision,
        reviewer=reviewer,
        now=datetime.now(UTC),
        answer=sys.stdin.read() if answer == "-" else answer,
        reason=reason,
        note=note,
    )
    item = review.item(store, known)
    status = item.status if item else "pending"
    return (
        {"id": known, "revision": after, "status": status},
        f"{known} is {status} (revision {after}).",
    )
