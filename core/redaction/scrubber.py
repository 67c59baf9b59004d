"""scrubadub's `Scrubber`, asked for findings instead of a cleaned text.

scrubadub merges touching findings of different types into one, and runs every detector on every
text. Here findings stay apart until `merging` decides between those that overlap, and one pass of
an automaton over the text tells which detectors can find anything in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import re2
from scrubadub import Scrubber
from scrubadub.filth import Filth

from core.redaction.budget import Budget
from core.redaction.detectors import STRUCTURED, SpanDetector, persons, places
from core.redaction.detectors.denied import Denied
from core.redaction.detectors.names import Names
from core.redaction.detectors.own import Own
from core.redaction.merging import BELIEVED, Candidate

_TYPES = {"social_security_number": "SSN"}  # scrubadub's words for types, where ours differ
_MODEL_TYPES = frozenset({"PERSON", "ADDRESS", "PHONE"})


class Detectors(Scrubber):  # type: ignore[misc]
    """One scrubber with all detectors, reporting candidates of `types`.

    own: the deployment's patterns by name, reported as types of these names.
    person, address: the least probability that the model must give a word of one.
    """

    def __init__(
        self,
        types: Collection[str],
        deny: Collection[str],
        own: Mapping[str, str] = MappingProxyType({}),
        person: float = persons.LEAST,
        address: float = places.LEAST,
    ) -> None:
        patterns: list[SpanDetector] = [Own(name, pattern) for name, pattern in own.items()]
        patterns += [cls() for cls in STRUCTURED]
        if deny:
            patterns.insert(0, Denied(deny))
        self._patterns = patterns
        self._names = Names(person, address)
        super().__init__(detector_list=[*patterns, self._names], post_processor_list=[])
        self._types = frozenset(types) | own.keys()
        self.asks_model = bool(self._types & _MODEL_TYPES)
        options = re2.Options()
        options.max_mem = 64 << 20
        options.log_errors = False
        self._gate = re2.Set.SearchSet(options)
        for detector in patterns:
            self._gate.Add(detector.needs)
        # A set that runs out of memory reports no match at all, which must not pass for "clean":
        # this last one matches always.
        self._sentinel = self._gate.Add("")
        self._gate.Compile()

    def structured(self, text: str) -> list[Candidate]:
        """What the patterns find in one text."""
        hits = self._gate.Match(text)
        if hits == [self._sentinel]:
            return []
        if not hits:
            return self.ungated(text)
        hits.remove(self._sentinel)
        return self._found(text, hits)

    def ungated(self, text: str) -> list[Candidate]:
        """`structured` without the gate: the same, but all patterns look at the text."""
        return self._found(text, range(len(self._patterns)))

    def _found(self, text: str, ranks: Iterable[int]) -> list[Candidate]:
        return [
            Candidate(filth.beg, filth.end, kind, rank)
            for rank in ranks
            for filth in self._patterns[rank].iter_filth(text)
            if (kind := self._kind(filth))
        ]

    def named(
        self, texts: Sequence[str], budget: Budget | None = None
    ) -> Iterator[tuple[int, Candidate]]:
        """What the model finds, each with the index of its text; all texts are read together."""
        numbers = [str(index) for index in range(len(texts))]
        for filth in self._names.iter_filth_documents(texts, numbers, budget):
            if kind := self._kind(filth):
                yield int(filth.document_name), Candidate(filth.beg, filth.end, kind, BELIEVED)

    def _kind(self, filth: Filth) -> str | None:
        kind = _TYPES.get(filth.type, filth.type.upper())
        return kind if kind in self._types and filth.is_valid() else None
