"""The patterns that a team writes: order numbers, staff ids, whatever only its owners know.

Compiled by RE2, which needs time in proportion to the text whatever the pattern, so none can hang.
"""

import re
from typing import Any

import re2

NAME = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
"""What a pattern may be called: its name is the type, and stands in the placeholder."""


def compiled(name: str, pattern: str) -> Any:
    """The pattern ready to use. Raises ValueError naming it."""
    if not NAME.fullmatch(name):
        raise ValueError(
            f"pattern {name}: a name has capital letters, digits and _, as in ORDER_ID"
        )
    options = re2.Options()
    options.max_mem = 16 << 20
    options.log_errors = False
    try:
        regex = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        raise ValueError(f"pattern {name}: {reason} (as RE2 reads it)") from None
    if regex.fullmatch(""):
        raise ValueError(f"pattern {name} matches nothing at all, which is everywhere")
    return regex
