"""The shape of every detector here: a scrubadub `Detector` that is two things, `needs` and `spans`.

scrubadub asks a detector for `Filth` objects and keeps the detector for the life of the
`Scrubber`. Ours hold no state per call, so one instance serves all threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import re2
from scrubadub.detectors import Detector
from scrubadub.filth import Filth

Span = tuple[int, int]


class SpanDetector(Detector):  # type: ignore[misc]
    """Turns `spans(text)`, offsets with the end exclusive, into filth of `filth_cls`.

    A detector may rely on this: no text contains half of a placeholder, and what was found before
    is a run of `HOLE`, which no pattern may match or look across.
    """

    needs: ClassVar[str] = ""
    """A pattern (RE2) without a match of which the detector finds nothing, so is not run."""

    def spans(self, text: str) -> Iterable[Span]:
        raise NotImplementedError

    def iter_filth(self, text: str, document_name: str | None = None) -> Iterator[Filth]:
        for start, end in self.spans(text):
            if start < end:
                yield self.filth_cls(
                    beg=start,
                    end=end,
                    text=text[start:end],
                    detector_name=self.name,
                    document_name=document_name,
                    locale=self.locale,
                )


def linear(pattern: str) -> Any:
    """`pattern` compiled by RE2, with room enough for the states of a large one.

    Without it RE2 falls back to a much slower way, and complains on standard error each time.
    """
    options = re2.Options()
    options.max_mem = 64 << 20
    options.log_errors = False
    return re2.compile(pattern, options)


def words(text: str) -> frozenset[str]:
    """A set of words written as prose."""
    return frozenset(text.split())
