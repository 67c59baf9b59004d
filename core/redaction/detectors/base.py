"""The shape of every detector here: a scrubadub `Detector` that is one method, `spans`.

scrubadub asks a detector for `Filth` objects and keeps the detector for the life of the
`Scrubber`. Ours hold no state per call, so one instance serves all threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scrubadub.detectors import Detector
from scrubadub.filth import Filth

Span = tuple[int, int]


class SpanDetector(Detector):  # type: ignore[misc]
    """Turns `spans(text)`, offsets with the end exclusive, into filth of `filth_cls`."""

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


def loose(text: str, start: int, end: int, joiners: str = "") -> bool:
    """Whether text[start:end] is not part of a longer word (or of one joined by `joiners`)."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (
        (before and (before.isalnum() or before in joiners))
        or (after and (after.isalnum() or after in joiners))
    )
