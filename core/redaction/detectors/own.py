"""The patterns of a deployment; one with a group reports the group, else the whole match."""

from __future__ import annotations

from collections.abc import Iterator

from scrubadub.filth import Filth

from core.patterns import compiled
from core.redaction.detectors.base import Span, SpanDetector


class Own(SpanDetector):
    """One such pattern."""

    def __init__(self, name: str, pattern: str) -> None:
        self._regex = compiled(name, pattern)
        self.needs = pattern  # type: ignore[misc]
        self.name = f"own_{name.lower()}"
        self.filth_cls = type("OwnFilth", (Filth,), {"type": name.lower()})
        super().__init__()

    def spans(self, text: str) -> Iterator[Span]:
        group = 1 if self._regex.groups else 0
        for match in self._regex.finditer(text):
            if match.group(group) is not None:
                yield match.span(group)
