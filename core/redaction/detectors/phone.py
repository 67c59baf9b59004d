"""Telephone numbers: scrubadub's matcher, fed only with what can be a number.

`phonenumbers.PhoneNumberMatcher` gives up silently after 65,535 tries in a text and takes any
ten digits for a number of the United States. So a linear pattern cuts the text into runs of
digits and separators, the matcher sees one run at a time, and digits without any formatting count
only after a word like "call".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from scrubadub.detectors import PhoneDetector

from core.redaction.detectors.base import Span, SpanDetector

_RUN = re.compile(
    r"(?<![\w.])(?:\+|\(\+?|00)?[0-9](?:[ \u00a0]?[-./() ]{0,2}[0-9]){6,40}"
    r"(?:[ ,]{0,2}(?:x|ext\.?|extension|#)[ .:]{0,2}[0-9]{1,6})?(?![0-9])",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"(?:phone|call|cell|mobile|tel|fax|dial|text|sms|whatsapp|reach|contact|ring|number)"
    r"[^\n0-9]{0,40}\Z",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def _matches(run: str, region: str) -> tuple[Span, ...]:
    """Offsets of valid numbers of `region`, or international ones, in one run of digits."""
    matcher = phonenumbers.PhoneNumberMatcher(run, region, max_tries=64)
    return tuple((match.start, match.end) for match in matcher)


class Phone(SpanDetector, PhoneDetector):  # type: ignore[misc]
    """Numbers valid for the region or written with a country code; others after a cue."""

    def spans(self, text: str) -> Iterator[Span]:
        for run in _RUN.finditer(text):
            found = _matches(run.group(), self.region)
            cued = _CUE.search(text, max(0, run.start() - 60), run.start())
            for start, end in found:
                number = run.group()[start:end]
                if cued or not number.isdigit():
                    yield run.start() + start, run.start() + end
            digits = sum(map(str.isdigit, run.group()))
            if not found and cued and 7 <= digits <= 17:
                yield run.span()
