"""From cases to files: one small module per format, one gate, one manifest, one scan, one ledger.

`prepare` makes the files in a folder that nobody else sees and looks through every text once more;
`write`, `zipped` and `record` let them out, and refuse when something was found.
"""

from core.export.balance import Balance, balance
from core.export.difference import Change, Difference, difference
from core.export.draft import Found
from core.export.formats import FORMATS, Format
from core.export.history import Made, named, repeat, short, still_given
from core.export.prepare import ExportRefused, Prepared, is_outdated, line_for, prepare
from core.export.release import record, write, zipped

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
    "is_outdated",
    "line_for",
    "named",
    "prepare",
    "record",
    "repeat",
    "short",
    "still_given",
    "write",
    "zipped",
]
