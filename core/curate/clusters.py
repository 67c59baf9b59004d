"""Which questions are the same question: what an exam and its lessons must not share.

An interaction joins the cluster of an earlier one when its question is the same but for case and
white space, when both are of one session, or when their words are nearly the same: Jaccard
similarity of their five-letter shingles, the candidates found by MinHash with locality-sensitive
hashing (Broder 1997; the library is datasketch). A reviewer can join two more. Near-duplicates are
compared with the first question of a cluster only: else a chain of small changes would end with
everything in one.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, Literal
from zlib import crc32

import msgspec
import numpy as np

from core.redaction.finding import NUMBERED

Why = Literal["first", "same_text", "session", "similar"]

SIMILAR = 0.7
"""The least Jaccard similarity of two questions that are taken for one."""

_BREAKS = b"\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"  # white space of ASCII, without the space
_SHINGLE = 5
_SHORTEST = 20  # characters: of a shorter question a changed word is another question
_PERMUTATIONS = 64
_LIKELY = 0.5  # what the index is asked for: it misses some, and all it gives is compared again
_SEED = 1
_MARGIN = 0.2  # three and a half standard deviations of what is told by so many permutations


class Question(msgspec.Struct, frozen=True):
    """What of an interaction decides about its cluster."""

    id: str
    text: str
    session: str | None


class Link(msgspec.Struct, frozen=True):
    """An interaction belongs with an earlier one, or is the first of its kind."""

    interaction_id: str
    first_id: str
    why: Why


def folded(text: str) -> str:
    """A text whose case, width and white space do not count: NFKC, casefolded, single spaces."""
    if text.isascii():  # most, and at half of the time
        content = text.encode()
        if b"  " not in content and len(content.translate(None, _BREAKS)) == len(content):
            return text.strip().lower()
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def normal(text: str) -> str:
    """A question as it is compared: folded, `[PERSON-2]` as `person`."""
    return folded(NUMBERED.sub(lambda match: match[1], text))


def shingles(text: str) -> frozenset[str]:
    """All runs of five characters of a normal text."""
    return frozenset(text[i : i + _SHINGLE] for i in range(max(1, len(text) - _SHINGLE + 1)))


def links(known: Iterable[tuple[Question, bool]], new: Iterable[Question]) -> Iterator[Link]:
    """Links of `new` to each other and to `known`; both in the order in which they were stored.

    known: with whether it is the first of its cluster. Every new one gets a link, to itself if it
    is like none.
    """
    seen = _Seen()
    for question, first in known:
        seen.add(question, first=first)
    for question in new:
        found = list(seen.like(question))
        seen.add(question, first=not found)
        yield from found or [Link(question.id, question.id, "first")]


class _Seen:
    def __init__(self) -> None:
        # Imported here: it takes half a second, which only who loads or exports should wait for.
        from datasketch import MinHash, MinHashLSH

        self._none = MinHash(num_perm=_PERMUTATIONS, seed=_SEED, hashfunc=crc32)
        self._index = MinHashLSH(threshold=_LIKELY, num_perm=_PERMUTATIONS)
        self._by_text: dict[str, str] = {}
        self._by_session: dict[str, str] = {}
        # The first questions, by their number in the index.
        self._firsts: list[tuple[str, frozenset[str]]] = []
        self._hashes = np.empty((1_000, _PERMUTATIONS), np.uint64)

    def like(self, question: Question) -> Iterator[Link]:
        text = normal(question.text)
        same = self._by_text.get(text)
        if same:
            yield Link(question.id, same, "same_text")
        earlier = self._by_session.get(question.session) if question.session else None
        if earlier and earlier != same:
            yield Link(question.id, earlier, "session")
        if not same and len(text) >= _SHORTEST:
            best = self._most_like(shingles(text))
            if best and best != earlier:
                yield Link(question.id, best, "similar")

    def add(self, question: Question, *, first: bool) -> None:
        text = normal(question.text)
        self._by_text.setdefault(text, question.id)
        if question.session:
            self._by_session.setdefault(question.session, question.id)
        if first and len(text) >= _SHORTEST:
            number, parts = len(self._firsts), shingles(text)
            hashed = self._hashed(parts)
            self._index.insert(number, hashed)
            self._firsts.append((question.id, parts))
            if number == len(self._hashes):
                self._hashes = np.concatenate([self._hashes, np.empty_like(self._hashes)])
            self._hashes[number] = hashed.hashvalues

    def _most_like(self, parts: frozenset[str]) -> str | None:
        """The first question that has most in common with these shingles, if it is enough."""
        hashed = self._hashed(parts)
        found = np.fromiter(self._index.query(hashed), np.int64)
        if not found.size:
            return None
        # Equal hashes tell the similarity to within .06 or so, at once for all that were found.
        about = (self._hashes[found] == hashed.hashvalues).mean(axis=1)
        likely = [self._firsts[number] for number in found[about >= SIMILAR - _MARGIN]]
        similar = [(_jaccard(parts, others), id_) for id_, others in likely]
        most, best = max(similar, default=(0.0, None))
        return best if most >= SIMILAR else None

    def _hashed(self, parts: frozenset[str]) -> Any:
        hashed = self._none.copy()
        hashed.update_batch([part.encode("utf-8", "surrogatepass") for part in parts])
        return hashed


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
