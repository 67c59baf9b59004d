"""The command line: in a terminal what the pages do in a browser.

Every command opens the database itself. Exit codes: 0 done, 1 the input was refused (why is on
stderr), 2 wrong usage, 3 stale revision (someone decided first).
"""

from core.commands import exporting, loading, redacting, reviewing
from core.commands.frame import main

__all__ = ["exporting", "loading", "main", "redacting", "reviewing"]
