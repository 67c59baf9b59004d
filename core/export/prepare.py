"""Makes an export in a folder of its own and scans it on the way.

The bytes depend on the stored events up to the cut-off and on nothing else: no clock, no
randomness, rows by id, keys in a fixed order. So an export can be repeated and compared. An export
of any size needs the same memory but for its ids: its texts go from the store to the disk, and from
there row by row into its files.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from core.curate import Cases, Curated, curate
from core.export import gate
from core.export.draft import Draft, Found
from core.export.formats import FORMATS, Format
from core.export.manifest import describe, id_of
from core.redaction import Redactor
from core.settings import settings
from core.store import Store, exports, log, rewrite
from core.store.exports import LedgerItem

EXPORTER = "3"
"""Rises when the same cases give other rows."""

ROWS_AT_A_TIME = 500

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much; may raise to stop."""


class ExportRefused(Exception):
    """The export must not be made; the message says why and what to do."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """An export in a folder of its own, which is deleted when nobody holds this any more.

    `files` maps a file's name to where it lies, the data file first; there is none when something
    was `found`. `warnings` are sentences on what the files are of little use for. `replaced`
    is what `store.rewrite.replaced` said before it was made.
    """

    export_id: str
    format: Format
    cases: Cases
    excluded: dict[str, list[str]]
    found: list[Found]
    overlaps: tuple[tuple[str, str], ...]
    warnings: list[str]
    files: dict[str, Path]
    manifest: dict[str, Any]
    items: list[LedgerItem]
    sample: bool
    replaced: tuple[int, int]
    folder: TemporaryDirectory[str]

    @property
    def counts(self) -> dict[str, int]:
        """Rows by kind."""
        counts: dict[str, int] = self.manifest["counts"]
        return counts

    @property
    def archive_name(self) -> str:
        """What a zip of it is called."""
        return f"flywheel-{self.format.name}-{self.export_id[:8]}.zip"

    def head(self, lines: int) -> list[str]:
        """The first lines of the data file."""
        if not self.files:
            return []
        with self.files[self.format.file].open("rb") as stream:
            return [line.decode().removesuffix("\n") for line in islice(stream, lines)]


def prepare(
    store: Store,
    redactor: Redactor,
    format_name: str,
    *,
    sample: bool,
    as_of: datetime | None = None,
    cut: int | None = None,
    without: Iterable[str] = (),
    stamp: str | None = None,
    progress: Progress = lambda done, of: None,
) -> Prepared:
    """Make the files of an export from everything stored up to `as_of` (None: up to now).

    `cut` is the cut-off itself, where it is known. `without` are ids of items to leave out. `stamp`
    is the redaction version to note beside each item, for a repetition. Raises `ExportRefused` for
    an unknown format, `OSError` when the disk is full; what the scan finds is in `found`.
    """
    if format_name not in FORMATS:
        raise ExportRefused(f"There is no format {format_name}; there are {', '.join(FORMATS)}.")
    format_ = FORMATS[format_name]
    without = sorted(set(without))
    if unknown := set(without) - log.content_keys(store, without).keys():
        raise ExportRefused(f"There is no interaction {', '.join(sorted(unknown))} to leave out.")
    if cut is None:
        cut = log.last_event(store, sample=sample, as_of=as_of)
    replaced = rewrite.replaced(store)
    number = exports.count(store, sample=sample, cut=cut)
    # Half of the way is to find out what is a case, half to scan and to write those that are.
    curated = curated_for(
        store,
        format_,
        sample=sample,
        cut=cut,
        without=without,
        progress=lambda done: progress(done, 2 * number),
    )
    cases = curated.cases
    folder = TemporaryDirectory(dir=store.scratch())
    draft = Draft(Path(folder.name), format_, redactor)
    for start in range(0, len(cases), ROWS_AT_A_TIME):
        progress(number + number * start // len(cases), 2 * number)
        some = cases[start : start + ROWS_AT_A_TIME]
        if stamp:
            some = [msgspec.structs.replace(case, redaction_version=stamp) for case in some]
        draft.add(some)
    filters = {"sample": sample, "taken_out": without}
    manifest: dict[str, Any] = {
        "schema": "flywheel-export/1",
        "exporter": EXPORTER,
        "format": format_.name,
        "filters": filters,
        "cut_off": cut,
        "redaction_versions": sorted(draft.versions),
        "holdout": curated.percent,
        "files": draft.close(),
        "rows": draft.counts.total(),
        "counts": dict(sorted(draft.counts.items())),
        "excluded": {reason: len(ids) for reason, ids in curated.excluded.items()},
        "items": [_Item(item.interaction_id, item.revision) for item in draft.items],
        "parent": exports.parent(store, format_=format_.name, cut_off=cut, filters=filters),
        "settings": msgspec.to_builtins(settings().export),
    }
    manifest = {"export_id": id_of(manifest), **manifest}
    described = describe(Path(folder.name), format_, manifest) if draft.files else {}
    return Prepared(
        export_id=manifest["export_id"],
        format=format_,
        cases=cases,
        excluded=curated.excluded,
        found=draft.found,
        overlaps=curated.overlaps,
        warnings=_warnings(format_, draft.counts),
        files={**draft.files, **described},
        manifest=manifest,
        items=draft.items,
        sample=sample,
        replaced=replaced,
        folder=folder,
    )


def line_for(store: Store, interaction_id: str, format_name: str, *, sample: bool) -> str | None:
    """What an item is, today, in an export of this format: its lines; None when it is in none."""
    format_ = FORMATS[format_name]
    curated = curated_for(store, format_, sample=sample, cut=log.last_event(store, sample=sample))
    if interaction_id not in curated.cases.ids:
        return None
    case = curated.cases[curated.cases.ids.index(interaction_id)]
    return "\n".join(msgspec.json.encode(row).decode() for row in format_.rows(case))


def refuse_if_found(prepared: Prepared) -> None:
    """Raise `ExportRefused`, naming the items, when the last scan found personal data or a lesson
    holds a question of the exam."""
    if prepared.overlaps:
        pairs = first([f"{lesson} asks what {exam} asks" for lesson, exam in prepared.overlaps])
        raise ExportRefused(
            "The agent would learn questions that are kept for its exam, so nothing was written: "
            f"{pairs}. Leave these items out and export again."
        )
    if prepared.found:
        items = {f"{found.id} ({found.type} in {found.key})" for found in prepared.found}
        raise ExportRefused(
            "The last scan found what looks like personal data, so nothing was written: "
            f"{first(sorted(items))}. Leave these items out, or reject them, and export again."
        )


def is_outdated(store: Store, prepared: Prepared) -> bool:
    """Whether personal data was taken out of stored text since this export was made."""
    return prepared.replaced != rewrite.replaced(store)


def refuse_if_outdated(store: Store, prepared: Prepared) -> None:
    """Raise `ExportRefused` when an export may hold what was taken out of stored text since."""
    if is_outdated(store, prepared):
        raise ExportRefused(
            "Personal data was taken out of stored text since this export was prepared: prepare it "
            "again."
        )


def curated_for(
    store: Store,
    format_: Format,
    *,
    sample: bool,
    cut: int,
    without: Iterable[str] = (),
    progress: Callable[[int], None] = lambda done: None,
) -> Curated:
    """The cases that a format takes, as they were at a cut-off, and why the rest is out."""
    return curate(
        store,
        format_.purpose,
        sample=sample,
        cut=cut,
        without=without,
        kinds=format_.kinds,
        objection=partial(gate.objection, format_),
        progress=progress,
    )


def first(names: Sequence[str], most: int = 20, joint: str = "; ") -> str:
    """The first of many names, as a refusal has them."""
    more = len(names) - most
    return joint.join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


class _Item(msgspec.Struct, frozen=True, gc=False):
    """An item as the manifest names it."""

    id: str
    revision: int


def _warnings(format_: Format, counts: Counter[str]) -> list[str]:
    rows, least = counts.total(), format_.least_rows
    few = f"A model learns next to nothing from fewer than {least} rows; this file has {rows}."
    found = [few] if 0 < rows < least else []
    return [*found, *filter(None, [format_.warning(counts)])]
