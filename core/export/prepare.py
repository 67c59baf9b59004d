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
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from core.curate import Case, Curated, curate
from core.export import gate
from core.export.card import card
from core.export.formats import FORMATS, Format
from core.redaction import Redactor, redact_uri
from core.redaction.numbering import Numbering
from core.settings import settings
from core.store import Store, exports, log
from core.store.exports import LedgerItem

EXPORTER = "2"
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
    """An export in memory. `files` maps a file name to its bytes, the data file first.

    `warnings` are sentences on what the files are of little use for.
    """

    export_id: str
    format: Format
    cases: list[Case]
    excluded: dict[str, list[str]]
    found: list[Found]
    overlaps: tuple[tuple[str, str], ...]
    warnings: list[str]
    files: dict[str, bytes]
    manifest: dict[str, Any]
    items: list[LedgerItem]
    sample: bool

    @property
    def counts(self) -> dict[str, int]:
        """Rows by kind."""
        counts: dict[str, int] = self.manifest["counts"]
        return counts


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
    curated = curated_for(store, format_, sample=sample, cut=cut, without=without)
    if stamp:
        stamped = [msgspec.structs.replace(case, redaction_version=stamp) for case in curated.cases]
        curated = msgspec.structs.replace(curated, cases=stamped)
    rows = [format_.rows(case) for case in curated.cases]
    lines = [b"".join(msgspec.json.encode(row) + b"\n" for row in of_case) for of_case in rows]
    found = [
        Found(case.id, type_, key)
        for case, of_case in zip(curated.cases, rows, strict=True)
        for type_, key in dict.fromkeys(_scan(redactor, of_case, format_.exempt))
    ]
    all_rows = list(chain.from_iterable(rows))
    data = {format_.file: b"".join(lines), **format_.beside(all_rows)}
    kinds: Counter[str] = Counter()
    for case, of_case in zip(curated.cases, rows, strict=True):
        kinds[case.kind] += len(of_case)
    filters = {"sample": sample, "taken_out": without}
    manifest: dict[str, Any] = {
        "schema": "flywheel-export/1",
        "exporter": EXPORTER,
        "format": format_.name,
        "filters": filters,
        "cut_off": cut,
        "redaction_versions": sorted({case.redaction_version for case in curated.cases}),
        "holdout": curated.percent,
        "files": [
            {"path": path, "rows": _rows_in(path, all_rows), "sha256": _sha256(content)}
            for path, content in data.items()
        ],
        "rows": len(all_rows),
        "counts": dict(sorted(kinds.items())),
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
        warnings=_warnings(format_, len(all_rows)),
        files={
            **data,
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
    """What an item is, today, in an export of this format: its lines; None when it is in none."""
    format_ = FORMATS[format_name]
    curated = curated_for(store, format_, sample=sample, cut=log.last_event(store, sample=sample))
    for case in curated.cases:
        if case.id == interaction_id:
            return "\n".join(msgspec.json.encode(row).decode() for row in format_.rows(case))
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
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
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


def curated_for(
    store: Store, format_: Format, *, sample: bool, cut: int, without: Iterable[str] = ()
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
    )


def _rows_in(path: str, rows: list[Any]) -> int:
    return 0 if path.endswith(".py") else len(rows)


def _warnings(format_: Format, rows: int) -> list[str]:
    if not 0 < rows < format_.least_rows:
        return []
    least = format_.least_rows
    return [f"A model learns next to nothing from fewer than {least} rows; this file has {rows}."]


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
