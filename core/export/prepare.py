"""Makes an export in memory, scans it, and only then lets it out.

The bytes depend on the stored events up to the cut-off and on nothing else: no clock, no
randomness, rows by id, keys in a fixed order. So an export can be repeated and compared.
"""

import hashlib
import io
import os
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from core.curate import Case, curate
from core.export.card import card
from core.export.formats import FORMATS, Format
from core.redaction import Redactor, redact_uri
from core.redaction.numbering import Numbering
from core.settings import settings
from core.store import Store, exports, log
from core.store.exports import LedgerItem

EXPORTER = "1"
# A zip cannot hold an earlier time; a fixed one keeps the bytes the same.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class ExportRefused(Exception):
    """The export must not be made; the message says why and what to do."""


class Found(msgspec.Struct, frozen=True):
    """Personal data that the last scan met: in which item, of which type, under which key."""

    id: str
    type: str
    key: str


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """An export in memory. `files` maps a file name to its bytes, the data file first."""

    export_id: str
    format: Format
    cases: list[Case]
    excluded: dict[str, list[str]]
    found: list[Found]
    overlaps: tuple[tuple[str, str], ...]
    files: dict[str, bytes]
    manifest: dict[str, Any]
    items: list[LedgerItem]
    sample: bool

    @property
    def counts(self) -> dict[str, int]:
        """Rows by kind."""
        return dict(sorted(Counter(case.kind for case in self.cases).items()))


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
) -> Prepared:
    """Make the files of an export from everything stored up to `as_of` (None: up to now).

    `cut` is the cut-off itself, where it is known. `without` are ids of items to leave out. `stamp`
    is the redaction version to note beside each item, for a repetition. Raises `ExportRefused` for
    an unknown format; what the scan finds is in `found`.
    """
    if format_name not in FORMATS:
        raise ExportRefused(f"There is no format {format_name}; there are {', '.join(FORMATS)}.")
    format_ = FORMATS[format_name]
    without = sorted(set(without))
    if unknown := set(without) - log.content_keys(store, without).keys():
        raise ExportRefused(f"There is no interaction {', '.join(sorted(unknown))} to leave out.")
    if cut is None:
        cut = log.last_event(store, sample=sample, as_of=as_of)
    curated = curate(store, format_.purpose, sample=sample, cut=cut, without=without)
    if stamp:
        stamped = [msgspec.structs.replace(case, redaction_version=stamp) for case in curated.cases]
        curated = msgspec.structs.replace(curated, cases=stamped)
    rows = [format_.row(case) for case in curated.cases]
    lines = [msgspec.json.encode(row) + b"\n" for row in rows]
    found = [
        Found(case.id, type_, key)
        for case, row in zip(curated.cases, rows, strict=True)
        for type_, key in _scan(redactor, row, format_.exempt)
    ]
    data = b"".join(lines)
    counts = dict(sorted(Counter(case.kind for case in curated.cases).items()))
    filters = {"sample": sample, "taken_out": without}
    manifest: dict[str, Any] = {
        "schema": "flywheel-export/1",
        "exporter": EXPORTER,
        "format": format_.name,
        "filters": filters,
        "cut_off": cut,
        "redaction_versions": sorted({case.redaction_version for case in curated.cases}),
        "holdout": curated.percent,
        "files": [{"path": format_.file, "rows": len(rows), "sha256": _sha256(data)}],
        "rows": len(rows),
        "counts": counts,
        "excluded": {reason: len(ids) for reason, ids in curated.excluded.items()},
        "items": [{"id": case.id, "revision": case.revision} for case in curated.cases],
        "parent": exports.parent(store, format_=format_.name, cut_off=cut, filters=filters),
        "settings": msgspec.to_builtins(settings().export),
    }
    export_id = _sha256(msgspec.json.encode(manifest))
    manifest = {"export_id": export_id, **manifest}
    pretty = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    return Prepared(
        export_id=export_id,
        format=format_,
        cases=curated.cases,
        excluded=curated.excluded,
        found=found,
        overlaps=curated.overlaps,
        files={
            format_.file: data,
            "manifest.json": pretty,
            "README.md": card(format_, manifest).encode(),
        },
        manifest=manifest,
        items=[
            LedgerItem(case.id, case.revision, format_.purpose, _sha256(line))
            for case, line in zip(curated.cases, lines, strict=True)
        ],
        sample=sample,
    )


def line_for(store: Store, interaction_id: str, format_name: str, *, sample: bool) -> str | None:
    """The line that an item is, today, in an export of this format; None when it is in none."""
    format_ = FORMATS[format_name]
    curated = curate(
        store, format_.purpose, sample=sample, cut=log.last_event(store, sample=sample)
    )
    for case in curated.cases:
        if case.id == interaction_id:
            return msgspec.json.encode(format_.row(case)).decode()
    return None


def write(prepared: Prepared, folder: Path) -> list[Path]:
    """Write the export's files into a folder, made when missing; returns their paths.

    Each file appears whole or not at all. Raises `ExportRefused` when the scan found something,
    `OSError` when the folder cannot be written.
    """
    refuse_if_found(prepared)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in prepared.files.items():
        path = folder / name
        draft = folder / f".{name}.{os.getpid()}"
        try:
            draft.write_bytes(content)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        paths.append(path)
    return paths


def zipped(prepared: Prepared) -> bytes:
    """The export's folder as a zip. Raises `ExportRefused` when the scan found something."""
    refuse_if_found(prepared)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in prepared.files.items():
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def record(store: Store, prepared: Prepared, now: datetime) -> None:
    """Note in the ledger that this export has left the house."""
    exports.record(
        store,
        prepared.export_id,
        format_=prepared.format.name,
        cut_off=prepared.manifest["cut_off"],
        now=now,
        manifest=prepared.files["manifest.json"].decode(),
        items=prepared.items,
        sample=prepared.sample,
    )


def refuse_if_found(prepared: Prepared) -> None:
    """Raise `ExportRefused`, naming the items, when the last scan found personal data or a lesson
    holds a question of the exam."""
    if prepared.overlaps:
        pairs = "; ".join(f"{lesson} asks what {exam} asks" for lesson, exam in prepared.overlaps)
        raise ExportRefused(
            "The agent would learn questions that are kept for its exam, so nothing was written: "
            f"{pairs}. Leave these items out and export again."
        )
    if prepared.found:
        items = sorted({f"{found.id} ({found.type} in {found.key})" for found in prepared.found})
        raise ExportRefused(
            "The last scan found what looks like personal data, so nothing was written: "
            f"{'; '.join(items)}. Leave these items out, or reject them, and export again."
        )


def _scan(redactor: Redactor, value: Any, exempt: frozenset[str], key: str = "") -> Iterator[Any]:
    match value:
        case dict():
            for name, item in value.items():
                if name not in exempt:
                    yield from _scan(redactor, item, exempt, name)
        case list() | tuple():
            for item in value:
                yield from _scan(redactor, item, exempt, key)
        case str() if key == "uri":
            if redact_uri(redactor, value, Numbering(), models=False).text != value:
                yield "URL", key
        case str():
            for finding in redactor.find(value, models=False):
                yield finding.type, key


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
