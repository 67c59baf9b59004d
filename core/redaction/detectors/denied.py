"""The deny list of a deployment: staff, customers, project names. Always redacted."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import re2
from scrubadub.filth import Filth

from core.redaction.detectors.base import Span, SpanDetector
from core.redaction.merging import within_word
from core.redaction.normalise import plain


class DeniedFilth(Filth):  # type: ignore[misc]
    type = "denied"


class Denied(SpanDetector):
    """Literal strings in any case of letters, where they are not part of a longer word."""

    name = "denied"
    filth_cls = DeniedFilth

    def __init__(self, literals: Collection[str]) -> None:
        super().__init__()
        options = re2.Options()
        options.max_mem = 256 << 20  # thousands of names in one pattern
        options.case_sensitive = False
        options.longest_match = True
        ordered = sorted({plain(each).text.strip() for each in literals} - {""})
        self._pattern = re2.compile("|".join(map(re2.escape, ordered)), options)

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._pattern.finditer(text):
            if not within_word(text, *match.span()):
                yield match.span()
