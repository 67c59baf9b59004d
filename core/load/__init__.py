"""From the bytes of a log to raw records in memory, or to a record rejected with its reason.

Nothing here writes. Records are typed and checked in Python, not by the database's JSON reader,
because that one cannot reject: it turns a malformed line into a row of NULLs.
"""

from core.load.containers import LOG_FILES, log_files
from core.load.mapping import native_records
from core.load.native import read_interaction, read_native, read_time
from core.load.reading import How, Reading, guess_together, read_log
from core.load.shapes import (
    FIELDS,
    Shape,
    ShapeError,
    as_toml,
    parse_mapping,
    parse_shape,
    presets,
    shape_file,
)
from core.load.unreadable import Unreadable
from core.load.votes import VoteRule

__all__ = [
    "FIELDS",
    "LOG_FILES",
    "How",
    "Reading",
    "Shape",
    "ShapeError",
    "Unreadable",
    "VoteRule",
    "as_toml",
    "guess_together",
    "log_files",
    "native_records",
    "parse_mapping",
    "parse_shape",
    "presets",
    "read_interaction",
    "read_log",
    "read_native",
    "read_time",
    "shape_file",
]
