"""Values that a reviewer reported: known again wherever they come, without being kept.

The detectors missed such a value once and would miss it again, so it must be remembered, and the
plain memory of it (a list of names that people asked to have removed) would be the worst file in
the house. What is kept is one keyed hash of its words. To look for it, the words of a text are
hashed the same way, one by one and as many in a row as a reported value has. Words are compared
without case, width and accents' spelling, and whatever stands between them, so `martha.jones` is
"Martha Jones"; a longer word that merely contains one is not. Scripts that are written without
blanks have no words to go by: there every character counts as one.

Who has both the database and the key can still try names one after the other. The key lies in
another file for that reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from core.keys import keyed_hash
from core.redaction.finding import PLACEHOLDER, VALUE, Finding
from core.redaction.normalise import HOLE, plain
from core.redaction.redactor import Redactor

FIRST = 2
"""Hex digits of a mark that come of its first word alone."""

_ROUNDS = 8
_GAP = 3
"""Characters that may stand between two words of one value."""

_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:[^\W_{_UNSPACED}]|[\u0300-\u036f])+")

Words = tuple[str, ...]


class Watch:
    """Reported values: the type of each by the number of its words and its mark.

    `first` makes of a word what a mark begins with where that word is its first: words that begin
    no mark, which are nearly all, cost no more than that.
    """

    def __init__(
        self,
        types: Mapping[tuple[int, str], str],
        mark: Callable[[Words], str] | None = None,
        first: Callable[[str], str] | None = None,
    ) -> None:
        self._types = dict(types)
        self._lengths = sorted({number for number, _ in types}, reverse=True)
        self._mark, self._first = mark or keyed_mark, first or keyed_first
        self._firsts = frozenset(mark.split(" ")[0] if first else mark[:FIRST] for _, mark in types)

    @classmethod
    def of(cls, value: str, kind: str) -> Watch:
        """One value that is known, as while it is being replaced: nothing needs hashing then."""
        words = words_of(value)
        return cls({(len(words), " ".join(words)): kind}, " ".join, str)

    def __bool__(self) -> bool:
        return bool(self._types)

    def find(self, text: str, placeholder: re.Pattern[str] = PLACEHOLDER) -> list[Finding]:
        """Where reported values stand, the longest first served; nothing within a placeholder."""
        if not self._types:
            return []
        seen = plain(text)
        view = placeholder.sub(lambda match: HOLE * len(match[0]), seen.text)
        found: list[Finding] = []
        words = [(match.start(), match.end(), _folded(match[0])) for match in _WORD.finditer(view)]
        end = 0
        for place, (start, _, word) in enumerate(words):
            if start < end or self._first(word) not in self._firsts:
                continue
            for number in self._lengths:
                run = words[place : place + number]
                kind = self._types.get((number, self._mark(tuple(word for *_, word in run))))
                if kind and len(run) == number and _close(view, run):
                    end = run[-1][1]
                    found.append(Finding(*seen.original(*seen.snap(start, end)), kind))
                    break
        return found


class Watchful(Redactor):
    """A redactor that finds what was reported too, whatever its types and its allow list say."""

    def __init__(self, *, watch: Watch | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.watch = watch or Watch({})

    def find_many(self, texts: Sequence[str], *, models: bool = True) -> list[list[Finding]]:
        watch = self.watch
        found = super().find_many(texts, models=models)
        if not watch:
            return found
        return [
            self._with_reported(text, findings, watch, models)
            for text, findings in zip(texts, found, strict=True)
        ]

    def _with_reported(
        self, text: str, findings: list[Finding], watch: Watch, models: bool
    ) -> list[Finding]:
        """A longer finding around a reported value stays whole. What stood beside a reported one
        is looked at again as it will stand there, so that a second redaction changes nothing."""
        for _ in range(_ROUNDS):
            new = _uncovered(watch.find(text, self.placeholder), findings)
            if not new:
                break
            findings = sorted([*findings, *new], key=lambda each: each.start)
            rest, places = _cut(text, findings)
            more = super().find_many([rest], models=models)[0]
            findings += [Finding(places(f.start), places(f.end), f.type) for f in more]
            findings.sort(key=lambda each: each.start)
        return findings


def words_of(value: str) -> Words:
    """The words by which a value is known again; none where it has no letter and no digit."""
    return tuple(_folded(match[0]) for match in _WORD.finditer(plain(value).text))


@lru_cache(maxsize=50_000)
def keyed_mark(words: Words) -> str:
    """What is stored of a reported value."""
    return keyed_first(words[0]) + keyed_hash("reported", *words)


@lru_cache(maxsize=50_000)
def keyed_first(word: str) -> str:
    """A byte of a word: enough to pass over most words, too little to guess one by."""
    return keyed_hash("reported first", word, length=FIRST)


@lru_cache(maxsize=50_000)
def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def _close(view: str, run: Sequence[tuple[int, int, str]]) -> bool:
    return all(
        after[0] - before[1] <= _GAP and HOLE not in view[before[1] : after[0]]
        for before, after in pairwise(run)
    )


def _uncovered(reported: Iterable[Finding], findings: Collection[Finding]) -> list[Finding]:
    """What of the reported values no other finding covers."""
    rest = []
    for each in reported:
        start = each.start
        for other in (*findings, Finding(each.end, each.end, "")):
            if other.end <= start or other.start > each.end:
                continue
            if start < other.start:
                rest.append(Finding(start, other.start, each.type))
            start = max(start, other.end)
            if start >= each.end:
                break
    return rest


def _cut(text: str, findings: Sequence[Finding]) -> tuple[str, Callable[[int], int]]:
    """The text with a placeholder for each finding, and the way back for an offset in it."""
    parts: list[str] = []
    marks: list[tuple[int, int]] = []
    done = length = 0
    for finding in findings:
        marks.append((length, done))
        parts += (text[done : finding.start], VALUE)
        length += finding.start - done + len(VALUE)
        done = finding.end
    marks.append((length, done))
    parts.append(text[done:])

    def back(offset: int) -> int:
        start, origin = next(mark for mark in reversed(marks) if mark[0] <= offset)
        return origin + offset - start

    return "".join(parts), back
