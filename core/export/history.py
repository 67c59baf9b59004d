"""Exports that were made: found by their id, and made again, byte by byte or not at all.

The bytes of an export are not kept. They are made again from the events up to its cut-off and
handed out only when every file has the hash that the manifest of that day names. Where stored text
has changed since, they cannot be, and it is said what changed and why.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from core.curate import EXCLUSIONS
from core.export.manifest import certain, describe, id_of
from core.export.prepare import (
    EXPORTER,
    ExportRefused,
    Prepared,
    Progress,
    first,
    prepare,
    refuse_if_found,
    refuse_if_outdated,
)
from core.redaction import Redactor
from core.settings import settings
from core.store import Store, exports, log, reported
from core.store.exports import LedgerItem

ID = re.compile(r"[0-9a-f]{6,64}")
"""An export id, or enough of its beginning."""

NAMED = 10
"""Items that a refusal names for each reason."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """An export of the ledger; times are UTC without a zone."""

    seq: int
    export_id: str
    format: str
    cut_off: int
    exported_at: datetime
    manifest: str
    is_sample: bool
    superseded_at: datetime | None
    superseded_because: str | None

    @property
    def name(self) -> str:
        """As people call it: "eval 3f2a91c0"."""
        return f"{self.format} {short(self.export_id)}"

    @property
    def described(self) -> dict[str, Any]:
        """The manifest."""
        found: dict[str, Any] = msgspec.json.decode(self.manifest)
        return found

    @property
    def taken_out(self) -> list[str]:
        """The ids that were left out by hand."""
        return list(self.described["filters"]["taken_out"])


def short(export_id: str) -> str:
    """An export id as it is shown where there is little room."""
    return export_id[:8]


def named(store: Store, text: str) -> Made:
    """The export with this id, or the only one whose id begins like this.

    Raises `ExportRefused` when there is none, or several.
    """
    prefix = text.strip().lower()
    if not ID.fullmatch(prefix):
        raise ExportRefused(f"{text} is no export id: give at least its first 6 digits (0-9, a-f).")
    found = exports.named(store, prefix)
    if len(found) > 1:
        ids = ", ".join(row["export_id"] for row in found)
        raise ExportRefused(
            f"{text} begins the ids of {len(found)} exports, say more of it: {ids}."
        )
    if not found:
        cleared = log.sample_cleared(store)
        more = (
            f" The sample was cleared on {cleared:%Y-%m-%d}, and the exports made from it with it."
            if cleared
            else ""
        )
        raise ExportRefused(f"There is no export {text} in the ledger.{more}")
    return msgspec.convert(found[0], Made)


def still_given(store: Store, made: Made, prepared: Prepared) -> None:
    """Raise `ExportRefused` when what `repeat` gave is not to be used any more since."""
    refuse_if_outdated(store, prepared)
    if now := named(store, made.export_id).superseded_at:
        raise ExportRefused(f"Export {made.name} was superseded on {now:%Y-%m-%d}: make a new one.")


def repeat(
    store: Store,
    redactor: Redactor,
    made: Made,
    *,
    progress: Progress = lambda done, of: None,
) -> Prepared:
    """The files of an export once more, the same bytes.

    Raises `ExportRefused` when they cannot be made any more, or are not to be used any more; the
    message says why, and names the items.
    """
    described = made.described
    ledger = {item.interaction_id: item for item in exports.items(store, made.export_id)}
    prepared = _from_events(store, redactor, made, ledger, progress)
    again = {item.interaction_id: item for item in prepared.items}
    differing = [id_ for id_, item in ledger.items() if again.get(id_) != item]
    same = not differing and certain(described) == certain(prepared.manifest)
    general = list(_general(made, same=same))
    if general or not same:
        rows = _reasons(store, made, prepared, differing)
        raise ExportRefused(_refusal(made, len(ledger), len(differing), general, rows))
    refuse_if_found(prepared)
    written = describe(Path(prepared.folder.name), prepared.format, described, made.manifest)
    return msgspec.structs.replace(
        prepared,
        export_id=made.export_id,
        manifest=described,
        files={**prepared.files, **written},
    )


def _from_events(
    store: Store,
    redactor: Redactor,
    made: Made,
    ledger: dict[str, LedgerItem],
    progress: Progress,
) -> Prepared:
    """The export as its events give it today."""
    # A version that has risen since without changing the text is no other text.
    versions = made.described["redaction_versions"]
    stamp = versions[0] if len(versions) == 1 else None
    without = set(log.content_keys(store, made.taken_out))

    def remade() -> Prepared:
        return prepare(
            store,
            redactor,
            made.format,
            sample=made.is_sample,
            cut=made.cut_off,
            without=without,
            stamp=stamp,
            progress=progress,
        )

    prepared = remade()
    # What could not be checked then, or was too short for the settings, and is in now.
    if more := {item.interaction_id for item in prepared.items} - ledger.keys():
        without |= more
        prepared = remade()
    return prepared


def _general(made: Made, *, same: bool) -> Iterator[str]:
    """Why an export as a whole is not to be made again."""
    described = made.described
    if made.superseded_at:
        yield f"it {made.superseded_because} (superseded on {made.superseded_at:%Y-%m-%d})"
    if not same and described["exporter"] != EXPORTER:
        yield f"version {described['exporter']} of the exporter made it, this is {EXPORTER}"
    if id_of(described) != made.export_id:
        yield "its manifest named an id that was replaced since"
    now = msgspec.to_builtins(settings().export)
    then = described.get("settings", now)  # the first manifests did not name them
    if not same and then != now:
        changed = (
            f"{name} was {then.get(name)} and is {now.get(name)}"
            for name in sorted({*then, *now})
            if then.get(name) != now.get(name)
        )
        yield f"the settings for exports have changed: {', '.join(changed)}"


def _reasons(
    store: Store, made: Made, prepared: Prepared, differing: Sequence[str]
) -> dict[str, list[str]]:
    """The rows that are others today, by why they are."""
    stored = exports.versions(store, differing)
    left_out = {id_: reason for reason, ids in prepared.excluded.items() for id_ in ids}
    cleaned = any(row["reported_at"] >= made.exported_at for row in reported.past(store))
    found: dict[str, list[str]] = {}
    for id_ in differing:
        if id_ not in stored:
            why = "not stored any more"
        elif id_ in left_out:
            why = f"left out today ({EXCLUSIONS[left_out[id_]]})"
        elif stored[id_] not in made.described["redaction_versions"]:
            why = "redacted again since"
        elif cleaned:
            why = "changed by a report of personal data"
        else:
            why = "another row today"
        found.setdefault(why, []).append(id_)
    return found


def _refusal(
    made: Made, of: int, differing: int, general: Sequence[str], rows: dict[str, list[str]]
) -> str:
    parts = list(general)
    if differing:
        listed = "; ".join(f"{why}: {first(ids, NAMED, ', ')}" for why, ids in rows.items())
        differ = "differs" if differing == 1 else "differ"
        parts.append(f"{differing} of its {of} rows {differ} from what is stored now: {listed}")
    because = ". ".join(f"{part[:1].upper()}{part[1:]}" for part in parts)
    return (
        f"Export {made.name} cannot be made again, and other bytes are not given under its id. "
        f"{because or 'Its files have other bytes today'}. "
        "Make a new export, and delete the files of this one."
    )
