"""The only SQL of the product, over one DuckDB file.

Votes and decisions are kept as events and never changed; what an interaction's state *is* gets
derived from them (`state.py`), so that any past moment can be asked for and undo is an event too.
`database.py` opens and guards the file, `migrations.py` shapes it; the other modules each hold
the reads and writes of one noun.
"""

from core.store import (
    decisions,
    exports,
    holdout,
    log,
    reported,
    reports,
    rewrite,
    shapes,
    unchecked,
)
from core.store.database import DatabaseBusy, DatabaseError, Stale, Store, storing

__all__ = [
    "DatabaseBusy",
    "DatabaseError",
    "Stale",
    "Store",
    "decisions",
    "exports",
    "holdout",
    "log",
    "reported",
    "reports",
    "rewrite",
    "shapes",
    "storing",
    "unchecked",
]
