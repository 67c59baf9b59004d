"""Which side each cluster of questions is on: a lesson, or an exam that no lesson gives away.

The side is drawn once, from a keyed hash of the cluster's first interaction, and kept: events are
played in the order in which they were stored. A share that is chosen, or raised, draws anew only
for what no training file has held; a lower one holds for what comes later. When clusters turn out
to be one, the exam wins.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Literal

import msgspec


class Arrived(msgspec.Struct, frozen=True):
    """An interaction was stored, which is like these earlier ones, or only like itself."""

    seq: int
    id: str
    like: tuple[str, ...]


class Joined(msgspec.Struct, frozen=True):
    """A reviewer said that two interactions ask the same."""

    seq: int
    id: str
    other_id: str


class Chosen(msgspec.Struct, frozen=True):
    """The team chose the share of clusters, in per cent, to keep for the exam."""

    seq: int
    percent: int


class Trained(msgspec.Struct, frozen=True):
    """A training file was made of these interactions."""

    seq: int
    ids: frozenset[str]


class Split(msgspec.Struct, frozen=True):
    """Clusters on either side; `taught`: lessons that a training file has held already."""

    lessons: int
    exam: int
    taught: int


Event = Arrived | Joined | Chosen | Trained
Side = Literal["exam", "lesson"]


class Sides:
    """The clusters after some events. `percent` is the share chosen last."""

    def __init__(self, draw: Callable[[str], int]) -> None:
        """draw: a number of 0..99 for the first interaction of a cluster, always the same."""
        self.percent = 0
        self._draw = draw
        self._parent: dict[str, str] = {}
        self._order: dict[str, int] = {}
        self._exam: set[str] = set()  # by first interaction
        self._trained: set[str] = set()

    @property
    def has_exam(self) -> bool:
        """Whether anything is kept for an exam."""
        return bool(self._exam)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._parent

    def cluster(self, id_: str) -> str:
        """The first interaction of the cluster that this one is in."""
        root = self._parent[id_]
        if root == id_:
            return id_
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[id_] != root:
            self._parent[id_], id_ = root, self._parent[id_]
        return root

    def side(self, id_: str) -> Side:
        """Of the cluster of an interaction."""
        return "exam" if self.cluster(id_) in self._exam else "lesson"

    def trained(self, id_: str) -> bool:
        """Whether a training file has held anything of the cluster."""
        return self.cluster(id_) in self._trained

    def others(self, id_: str) -> list[str]:
        """Who else is in the cluster of an interaction, by id."""
        cluster = self.cluster(id_)
        members = (each for each in self._parent if self.cluster(each) == cluster)
        return sorted(each for each in members if each != id_)

    def split(self) -> Split:
        """The clusters on either side."""
        clusters = sum(id_ == root for id_, root in self._parent.items())
        exam = len(self._exam)
        return Split(clusters - exam, exam, len(self._trained - self._exam))

    def play(self, events: Iterable[Event]) -> "Sides":
        """Apply events in their order; returns itself."""
        for event in sorted(events, key=attrgetter("seq")):
            match event:
                case Arrived():
                    self._arrive(event)
                case Joined():
                    if event.id in self._parent and event.other_id in self._parent:
                        self._join(event.id, event.other_id)
                case Chosen():
                    self._choose(event.percent)
                case Trained():
                    self._trained |= {self.cluster(id_) for id_ in event.ids & self._parent.keys()}
        return self

    def _arrive(self, event: Arrived) -> None:
        self._order[event.id] = len(self._order)
        self._parent[event.id] = event.id
        like = [id_ for id_ in event.like if id_ in self._parent and id_ != event.id]
        if not like and self.percent and self._draw(event.id) < self.percent:
            self._exam.add(event.id)
        for id_ in like:
            self._join(id_, event.id)

    def _join(self, id_: str, other_id: str) -> None:
        roots = sorted({self.cluster(id_), self.cluster(other_id)}, key=self._order.__getitem__)
        if len(roots) == 1:
            return
        first, second = roots
        self._parent[second] = first
        for kept in (self._exam, self._trained):
            if second in kept:
                kept.discard(second)
                kept.add(first)

    def _choose(self, percent: int) -> None:
        self.percent = percent
        roots = {id_ for id_, parent in self._parent.items() if id_ == parent}
        self._exam |= {id_ for id_ in roots - self._trained if self._draw(id_) < percent}
