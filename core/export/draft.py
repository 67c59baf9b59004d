"""The rows of an export on their way into its folder: made, scanned, written, some at a time.

Once the scan has met something nothing more is written, and what was is deleted.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet

from core.curate import Case
from core.export.formats import Format
from core.redaction import Redactor, redact_uri
from core.redaction.numbering import Numbering
from core.store.exports import LedgerItem


class Found(msgspec.Struct, frozen=True):
    """Personal data that the last scan met: in which item, of which type, under which key."""

    id: str
    type: str
    key: str


class Draft:
    """What was written so far: files by name, the data file first, and what the ledger keeps.

    `counts` are rows by kind, `versions` the redaction versions of the items.
    """

    def __init__(self, folder: Path, format_: Format, redactor: Redactor) -> None:
        self.files: dict[str, Path] = {}
        self.found: list[Found] = []
        self.items: list[LedgerItem] = []
        self.counts: Counter[str] = Counter()
        self.versions: set[str] = set()
        self._folder = folder
        self._format = format_
        self._redactor = redactor
        self._hash = hashlib.sha256()
        self._data = self._place(format_.file).open("wb")
        parquet = format_.parquet
        self._table = (
            pa.parquet.ParquetWriter(self._place(parquet.file), parquet.schema) if parquet else None
        )

    def add(self, cases: Sequence[Case]) -> None:
        """Scan the rows of these cases and write them, unless something was found."""
        rows = [self._format.rows(case) for case in cases]
        lines = [
            b"".join([msgspec.json.encode(row) + b"\n" for row in of_case]) for of_case in rows
        ]
        for case, of_case, line in zip(cases, rows, lines, strict=True):
            found = dict.fromkeys(scan(self._redactor, of_case, self._format.exempt))
            self.found += [Found(case.id, type_, key) for type_, key in found]
            hashed = hashlib.sha256(line).hexdigest()
            self.items.append(LedgerItem(case.id, case.revision, self._format.purpose, hashed))
            self.counts[case.kind] += len(of_case)
            self.versions.add(case.redaction_version)
        content = b"".join(lines)
        self._hash.update(content)
        if not self.found:
            self._data.write(content)
            if self._table and rows:
                taken = list(chain.from_iterable(rows))
                self._table.write_table(pa.Table.from_pylist(taken, schema=self._table.schema))

    def close(self) -> list[dict[str, Any]]:
        """Finish the files; returns what the manifest says of them."""
        self._data.close()
        if self._table:
            self._table.close()
        for name, content in self._format.beside.items():
            self._place(name).write_bytes(content)
        described = [self._described(name) for name in self.files]
        if self.found:
            for path in self.files.values():
                path.unlink(missing_ok=True)
            self.files = {}
        return described

    def _place(self, name: str) -> Path:
        path = self.files[name] = self._folder / name
        path.parent.mkdir(exist_ok=True)
        return path

    def _described(self, name: str) -> dict[str, Any]:
        rows = 0 if name in self._format.beside else self.counts.total()
        if name == self._format.file:  # known, though it may not have been written
            return {"path": name, "rows": rows, "sha256": self._hash.hexdigest()}
        with self.files[name].open("rb") as stream:
            hashed = hashlib.file_digest(stream, "sha256").hexdigest()
        derived = {} if name in self._format.beside else {"derived": True}
        return {"path": name, "rows": rows, "sha256": hashed, **derived}


def scan(
    redactor: Redactor, value: Any, exempt: frozenset[str], key: str = ""
) -> Iterator[tuple[str, str]]:
    """Type and key of whatever in a row looks like personal data."""
    if isinstance(value, str):
        if key == "uri":
            if redact_uri(redactor, value, Numbering(), models=False).text != value:
                yield "URL", key
        else:
            for finding in redactor.find(value, models=False):
                yield finding.type, key
    elif isinstance(value, dict):
        for name, item in value.items():
            if item and name not in exempt:
                yield from scan(redactor, item, exempt, name)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from scan(redactor, item, exempt, key)
