"""The ways out of the house: a folder, an archive, and the ledger that remembers both."""

import os
import zipfile
from datetime import datetime
from pathlib import Path
from shutil import copyfile

from core.export.prepare import Prepared, Progress, refuse_if_found, refuse_if_outdated
from core.store import Store, exports

# A zip cannot hold an earlier time; a fixed one keeps the bytes the same.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_PIECE = 2**20


def write(prepared: Prepared, folder: Path) -> list[Path]:
    """Write the export's files into a folder, made when missing; returns their paths.

    Each file appears whole or not at all. Raises `ExportRefused` when the scan found something,
    `OSError` when the folder cannot be written.
    """
    refuse_if_found(prepared)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, made in prepared.files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            copyfile(made, draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        paths.append(path)
    return paths


def zipped(prepared: Prepared, progress: Progress = lambda done, of: None) -> Path:
    """A zip of the export's files, which lies beside them. `progress` counts bytes.

    Raises `ExportRefused` when the scan found something, `OSError` when the disk is full.
    """
    refuse_if_found(prepared)
    path = Path(prepared.folder.name) / prepared.archive_name
    if path.exists():
        return path
    size, done = sum(file.stat().st_size for file in prepared.files.values()), 0
    draft = path.with_suffix(".draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in prepared.files.items():
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.file_size = file.stat().st_size  # says whether it needs the long form
            with file.open("rb") as stream, archive.open(entry, "w") as packed:
                while piece := stream.read(_PIECE):
                    packed.write(piece)
                    done += len(piece)
                    progress(done, size)
    return draft.replace(path)


def record(store: Store, prepared: Prepared, now: datetime) -> None:
    """Note in the ledger that this export has left the house.

    Raises `ExportRefused` when personal data was taken out of stored text since it was made.
    """
    refuse_if_found(prepared)
    refuse_if_outdated(store, prepared)
    exports.record(
        store,
        prepared.export_id,
        format_=prepared.format.name,
        cut_off=prepared.manifest["cut_off"],
        now=now,
        manifest=prepared.files["manifest.json"].read_text("utf-8"),
        items=prepared.items,
        sample=prepared.sample,
    )
