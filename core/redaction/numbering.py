"""Placeholder numbers for one interaction: the same value is the same number in all its texts.

The map from value to number is what would undo the redaction, so it is an object that the caller
drops with the interaction: never stored, never shared, and no hash of a value ever stands in it
for others to reverse.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import defaultdict

from core.redaction.finding import NUMBERED
from core.redaction.normalise import plain

# Types whose separators are a matter of taste: "+1 541-714" and "+1541714" are one number.
_COMPACT = frozenset({"PHONE", "CREDIT_CARD", "IBAN", "SSN", "MAC", "ACCOUNT", "MEDICAL_RECORD"})

# Words are what tells one from another, not what stands between them: `jane-doe` is Jane Doe.
_SPELLED = frozenset({"PERSON", "ADDRESS"})
_BETWEEN = re.compile(r"[\W_]+")


class Numbering:
    """Hands out `[EMAIL-1]`, `[EMAIL-2]`, … by type and normalised value, to any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[tuple[str, str], int] = {}
        self._last: defaultdict[str, int] = defaultdict(int)
        self._reserved: set[tuple[str, int]] = set()

    def reserve(self, text: str) -> None:
        """Keep the numbers of placeholders that already stand in `text` out of circulation."""
        if "[" not in text:
            return
        for match in NUMBERED.finditer(text):
            self._reserved.add((match.group(1), int(match.group(2))))

    def placeholder(self, type: str, value: str) -> str:
        """The placeholder for `value`: casefolded, NFKC; phone, card, IBAN, SSN unseparated; names
        and addresses by their words."""
        value = unicodedata.normalize("NFKC", plain(value).text).casefold()
        if type in _SPELLED:
            value = _BETWEEN.sub(" ", value)
        words = filter(str.isalnum, value) if type in _COMPACT else value.split()
        key = (type, ("" if type in _COMPACT else " ").join(words))
        with self._lock:
            number = self._numbers.get(key)
            if number is None:
                number = self._last[type] + 1
                while (type, number) in self._reserved:
                    number += 1
                self._numbers[key] = self._last[type] = number
        return f"[{type}-{number}]"
