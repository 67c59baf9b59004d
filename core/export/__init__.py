"""From cases to files: one small module per format, one gate, one manifest, one scan, one ledger.

Nothing is written before the last scan: `prepare` makes the bytes in memory and looks through
every text once more, `write` and `zipped` refuse when something was found.
"""

from core.export.balance import Balance, balance
from core.export.difference import Change, Difference, difference
from core.export.formats import FORMATS, Format
from core.export.history import Made, named, repeat, short
from core.export.prepare import (
    ExportRefused,
    Found,
    Prepared,
    line_for,
    prepare,
    record,
    write,
    zipped,
)

__all__ = [
    "FORMATS",
    "Balance",
    "Change",
    "Difference",
    "ExportRefused",
    "Format",
    "Found",
    "Made",
    "Prepared",
    "balance",
    "difference",
    "line_for",
    "named",
    "prepare",
    "record",
    "repeat",
    "short",
    "write",
    "zipped",
]
