"""The scanner: texts in, findings out; every text is scanned until nothing is left to find.

Replacing a finding changes what its neighbours stand next to, so a second redaction of a redacted
text could find more than the first. Here that second look happens before anything is replaced:
findings become holes in the text that detectors see, the rest is scanned again, and only when a
scan finds nothing are all findings replaced, once, in the original. Hence redacting redacted text
changes nothing. Placeholders that the text already has are holes from the start.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from core.redaction.budget import SECONDS, Budget, OverBudget
from core.redaction.detectors import persons, places
from core.redaction.finding import FAILED, TYPES, Finding, Redacted, placeholder_pattern
from core.redaction.merging import Candidate, Spans, merge, standing
from core.redaction.normalise import HOLE, plain
from core.redaction.numbering import Numbering
from core.redaction.scrubber import Detectors

_CACHE_CHARS = 4_000_000
_ALONE = 20_000  # characters from which on a text is scanned by itself, with a budget of its own
_MOST = 50_000  # candidates in one round
_ROUNDS = 8  # texts settle in two or three; the bound is for texts made to defy it
_NOWHERE = Spans()


class Redactor:
    """Finds and replaces personal data. One instance may serve many threads.

    types: the types to look for (None: all of `TYPES`); an unknown one is a ValueError.
    allow: literal strings that are never redacted, exactly as written. What lies within one is
    no finding, and a name or an address gives way to it; a longer identifier that merely contains
    one (an e-mail address with an allowed domain) stays a finding.
    deny: literal strings that are always redacted, as type DENIED, in any case of letters, where
    they stand as words of their own; whatever `types` says.
    patterns: patterns (RE2) of this deployment by name; what one matches is a finding of the type
    of that name, whatever `types` says. One that cannot be used is a ValueError.
    person, address: the least probability of a name, of an address: lower finds more, and more
    that is none.
    seconds: what one text may take at most (see `budget`); one that takes longer fails.
    """

    def __init__(
        self,
        *,
        types: Collection[str] | None = None,
        allow: Collection[str] = (),
        deny: Collection[str] = (),
        patterns: Mapping[str, str] = MappingProxyType({}),
        person: float = persons.LEAST,
        address: float = places.LEAST,
        seconds: float = SECONDS,
    ) -> None:
        wanted = frozenset(TYPES if types is None else types)
        if unknown := wanted - TYPES.keys():
            raise ValueError(f"unknown types: {', '.join(sorted(unknown))}")
        self._allow = tuple(sorted(plain(each).text for each in allow if each.strip()))
        denied = [each for each in deny if each.strip()]
        self._detectors = Detectors(wanted | {"DENIED"}, denied, patterns, person, address)
        self.placeholder = placeholder_pattern({*TYPES, *patterns})
        self._cache: OrderedDict[tuple[str, bool], list[Finding]] = OrderedDict()
        self._cached_chars = 0
        self._lock = threading.Lock()
        self._seconds = seconds

    def find(self, text: str, *, models: bool = True) -> list[Finding]:
        """Sorted, disjoint findings in `text`. Raises what goes wrong, a missing model included."""
        return self.find_many([text], models=models)[0]

    def find_many(self, texts: Sequence[str], *, models: bool = True) -> list[list[Finding]]:
        """`find` for each text; several passages are read by the model at a time.

        When one of them fails this raises, and what was found of the others until then is kept.
        """
        with self._lock:
            known = {text: self._recall((text, models)) for text in texts}
        missing = [text for text, findings in known.items() if findings is None]
        groups = [[text for text in missing if len(text) < _ALONE]]
        groups += [[text] for text in missing if len(text) >= _ALONE]
        for group in filter(None, groups):
            scanned = self._scan(group, models)
            with self._lock:
                for text, findings in zip(group, scanned, strict=True):
                    known[text] = findings
                    self._remember((text, models), findings)
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
            if not findings and numbering is None:
                return Redacted(text, ())
            return replace(text, findings, numbering or Numbering())
        except Exception:
            return Redacted(FAILED, (), True)

    def _scan(self, texts: Sequence[str], models: bool) -> list[list[Finding]]:
        budget = Budget(self._seconds, len(texts))
        states = [_Text(text, self._allow, self.placeholder) for text in texts]
        active = states
        for _ in range(_ROUNDS):
            for state in active:
                for _ in range(_ROUNDS):
                    candidates = self._detectors.structured(state.view)
                    if not candidates or not state.add(candidates):
                        break
                    budget.check()
            if not (models and self._detectors.asks_model):
                break
            believed: list[list[Candidate]] = [[] for _ in active]
            for index, candidate in self._detectors.named([state.view for state in active], budget):
                believed[index].append(candidate)
            active = [
                state
                for state, candidates in zip(active, believed, strict=True)
                if state.add(candidates)
            ]
            if not active:
                break
        return [state.findings() for state in states]

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


class _Text:
    """One text on its way: what detectors see of it now, and the findings so far."""

    __slots__ = ("_allowed", "_found", "_plain", "view")

    def __init__(self, text: str, allow: Collection[str], placeholder: re.Pattern[str]) -> None:
        self._plain = plain(text)
        self._found: list[tuple[int, int, str]] = []
        self.view = self._plain.text
        if "[" in text:
            self._cut(match.span() for match in placeholder.finditer(self.view))
        self._allowed = standing(self.view, allow) if allow else _NOWHERE

    def add(self, candidates: Collection[Candidate]) -> bool:
        """Take the winners among `candidates` as findings; whether there were any."""
        if len(candidates) > _MOST:
            raise OverBudget("The text has more to find than one text may have.")
        new = merge(candidates, self.view, self._allowed, self._plain.snap)
        if new:
            self._found += new
            self._cut((start, end) for start, end, _ in new)
        return bool(new)

    def findings(self) -> list[Finding]:
        found = sorted(self._found)
        return [Finding(*self._plain.original(start, end), kind) for start, end, kind in found]

    def _cut(self, spans: Iterable[tuple[int, int]]) -> None:
        parts: list[str] = []
        done = 0
        for start, end in spans:
            parts += (self.view[done:start], HOLE * (end - start))
            done = end
        self.view = "".join((*parts, self.view[done:]))


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
