"""The scanner: texts in, findings out; every text is scanned until nothing is left to find.

Replacing a finding changes what its neighbours stand next to, so a second redaction of a redacted
text could find more than the first. Here that second look happens before anything is replaced:
findings become holes in the text that detectors see, the rest is scanned again, and only when a
scan finds nothing are all findings replaced, once, in the original. Hence redacting redacted text
changes nothing. Placeholders that the text already has are holes from the start.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence

from scrubadub import Scrubber

from core.redaction.detectors import STRUCTURED
from core.redaction.detectors.denied import Denied
from core.redaction.detectors.names import Names
from core.redaction.finding import FAILED, PLACEHOLDER, TYPES, Finding, Redacted
from core.redaction.merging import BELIEVED, Candidate, merge, standing
from core.redaction.normalise import HOLE, Plain, plain
from core.redaction.numbering import Numbering

_CACHE_CHARS = 4_000_000
_ROUNDS = 6  # texts settle in two or three; the bound is for texts made to defy it
_MODEL_TYPES = frozenset({"PERSON", "ADDRESS", "PHONE"})
_NAMES = {"SOCIAL_SECURITY_NUMBER": "SSN"}  # scrubadub's filth types that we call otherwise


class _Text:
    """One text on its way: what detectors see of it now, and the findings so far."""

    def __init__(self, text: str, allow: Collection[str]) -> None:
        self.plain: Plain = plain(text)
        self.found: list[tuple[int, int, str]] = []
        self.view = self.plain.text
        if "[" in text:
            for match in PLACEHOLDER.finditer(self.view):
                self._cut(*match.span())
        self.allowed = standing(self.view, allow)

    def _cut(self, start: int, end: int) -> None:
        self.view = self.view[:start] + HOLE * (end - start) + self.view[end:]

    def add(self, spans: Iterable[Candidate]) -> bool:
        """Take the winners among `spans` as findings; whether there were any."""
        new = merge(spans, self.view, self.allowed, self.plain.snap)
        for start, end, kind in new:
            self.found.append((start, end, kind))
            self._cut(start, end)
        return bool(new)

    def findings(self) -> list[Finding]:
        return [
            Finding(*self.plain.original(start, end), kind)
            for start, end, kind in sorted(self.found)
        ]


class Redactor:
    """Finds and replaces personal data. One instance may serve many threads.

    types: the types to look for (None: all of `TYPES`); an unknown one is a ValueError.
    allow: literal strings that are never redacted, exactly as written. What lies within one is
    no finding, and a name or an address gives way to it; a longer identifier that merely contains
    one (an e-mail address with an allowed domain) stays a finding.
    deny: literal strings that are always redacted, as type DENIED, in any case of letters, where
    they stand as words of their own.
    """

    def __init__(
        self,
        *,
        types: Collection[str] | None = None,
        allow: Collection[str] = (),
        deny: Collection[str] = (),
    ) -> None:
        self._types = frozenset(TYPES if types is None else types)
        if unknown := self._types - TYPES.keys():
            raise ValueError(f"unknown types: {', '.join(sorted(unknown))}")
        self._allow = tuple(sorted(filter(None, allow), key=len, reverse=True))
        self._scrubber = Scrubber(detector_list=[], post_processor_list=[])
        detectors = [cls() for cls in STRUCTURED]
        if any(deny):
            detectors.insert(0, Denied(deny))
        for detector in (*detectors, Names()):
            self._scrubber.add_detector(detector)
        self._order = {name: rank for rank, name in enumerate(self._scrubber._detectors)}
        self._cache: OrderedDict[tuple[str, bool], list[Finding]] = OrderedDict()
        self._cached_chars = 0
        self._lock = threading.Lock()

    def find(self, text: str, *, models: bool = True) -> list[Finding]:
        """Sorted, disjoint findings in `text`. Raises what goes wrong, a missing model included."""
        return self.find_many([text], models=models)[0]

    def find_many(self, texts: Sequence[str], *, models: bool = True) -> list[list[Finding]]:
        """`find` for each text; the model reads them together, which is several times faster."""
        with self._lock:
            known = {text: self._recall((text, models)) for text in texts}
        missing = [text for text, findings in known.items() if findings is None]
        if missing:
            scanned = dict(zip(missing, self._scan(missing, models), strict=True))
            with self._lock:
                for text, findings in scanned.items():
                    self._remember((text, models), findings)
            known.update(scanned)
        return [list(known[text] or ()) for text in texts]

    def redact(
        self, text: str, numbering: Numbering | None = None, *, models: bool = True
    ) -> Redacted:
        """`text` with each finding replaced by its placeholder, once, in one pass.

        Fails closed: whatever goes wrong, the result is `FAILED` with `failed` set, and neither
        the text nor the error's words (which may quote it) go anywhere.
        """
        try:
            findings = self.find(text, models=models)
            return replace(text, findings, numbering or Numbering())
        except Exception:
            return Redacted(FAILED, (), True)

    def _scan(self, texts: Sequence[str], models: bool) -> list[list[Finding]]:
        states = [_Text(text, self._allow) for text in texts]
        named = models and bool(self._types & _MODEL_TYPES)
        active = states
        for _ in range(_ROUNDS):
            for state in active:
                while state.add(self._structured(state.view)):
                    pass
            if named:
                active = [
                    state
                    for state, spans in zip(active, self._named(active), strict=True)
                    if state.add(spans)
                ]
            if not named or not active:
                break
        return [state.findings() for state in states]

    def _structured(self, view: str) -> list[Candidate]:
        spans: list[Candidate] = []
        for name, detector in self._scrubber._detectors.items():
            if name != Names.name:
                for filth in detector.iter_filth(view):
                    if filth.is_valid():
                        kind = _kind(filth.type)
                        if kind in self._types:
                            spans.append(Candidate(filth.beg, filth.end, kind, self._order[name]))
        return spans

    def _named(self, states: Sequence[_Text]) -> list[list[Candidate]]:
        spans: list[list[Candidate]] = [[] for _ in states]
        detector = self._scrubber._detectors[Names.name]
        views = [state.view for state in states]
        for filth in detector.iter_filth_documents(views, [str(i) for i in range(len(views))]):
            kind = _kind(filth.type)
            if kind in self._types:
                spans[int(filth.document_name)].append(
                    Candidate(filth.beg, filth.end, kind, BELIEVED)
                )
        return spans

    def _recall(self, key: tuple[str, bool]) -> list[Finding] | None:
        findings = self._cache.get(key)
        if findings is not None:
            self._cache.move_to_end(key)
        return findings

    def _remember(self, key: tuple[str, bool], findings: list[Finding]) -> None:
        if key in self._cache or len(key[0]) > _CACHE_CHARS // 4:
            return
        self._cache[key] = findings
        self._cached_chars += len(key[0])
        while self._cached_chars > _CACHE_CHARS:
            (text, _), _ = self._cache.popitem(last=False)
            self._cached_chars -= len(text)


def _kind(filth_type: str) -> str:
    kind = filth_type.upper()
    return _NAMES.get(kind, kind)


def replace(text: str, findings: Sequence[Finding], numbering: Numbering) -> Redacted:
    """`text` with `findings` (sorted, disjoint) replaced by numbered placeholders."""
    numbering.reserve(text)
    parts: list[str] = []
    done = 0
    for finding in findings:
        parts.append(text[done : finding.start])
        parts.append(numbering.placeholder(finding.type, text[finding.start : finding.end]))
        done = finding.end
    parts.append(text[done:])
    return Redacted("".join(parts), tuple(findings))
