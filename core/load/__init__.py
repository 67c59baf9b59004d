"""From the bytes of a log to raw records in memory, or to a line rejected with its reason.

Nothing here writes. Lines are typed and checked in Python, not by the database's JSON reader,
because that one cannot reject: it turns a malformed line into a row of NULLs.
"""

from core.load.lines import read_lines
from core.load.mapping import MappingError, parse_mapping
from core.load.native import SHAPES, read_records

__all__ = ["SHAPES", "MappingError", "parse_mapping", "read_lines", "read_records"]
