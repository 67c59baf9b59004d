"""The table of what becomes what, as code; its order is the order in which reasons are given."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from typing import Literal, overload

import msgspec

from core.curate.clusters import folded, normal
from core.curate.holdout import sides
from core.curate.sides import Sides
from core.curate.spool import Spool
from core.records import Kind, Source, Turn
from core.redaction import FAILED
from core.settings import settings
from core.store import Store, exports
from core.store.exports import Candidate

Purpose = Literal["eval", "training", "preference"]
"""What the data is for, which says when two cases are the same.

eval: a question is in once. training: a question with an answer is. preference: a question with a
right and a wrong answer is.
"""

KINDS: tuple[Kind, ...] = ("golden", "regression")
"""The kinds with a right answer, which is what most formats take."""

TOLD = 1_000
"""Interactions after which `progress` is told."""

_TURNS = msgspec.json.Decoder(tuple[Turn, ...]).decode
_SOURCES = msgspec.json.Decoder(tuple[Source, ...]).decode

EXCLUSIONS: dict[str, str] = {
    "no_feedback": "nobody said anything about the answer",
    "implicit_only": "only implicit signals (retry, resolved): they rank the queue",
    "no_consent": "the user did not agree to further use",
    "redaction_failed": "a text could not be checked for personal data",
    "rejected": "a reviewer rejected it",
    "rater_conflict": "raters disagree and no reviewer has decided",
    "needs_fix": "thumbs down without a fix: a reviewer must write one",
    "pending": "waits for a reviewer",
    "no_pair": "a liked answer has no wrong one beside it",
    "too_short": "the question or the answer is too short",
    "same_as_answer": "the fix says the same as the answer that was wrong",
    "unwritable": "a text has a character that files do not carry: a null, or half of one",
    "acting_text": "the tool would run the text as a template, script or file name",
    "control_token": "a text to learn from has a mark that models read as the end of a turn",
    "empty_text": "one of the texts is empty",
    "turns_out_of_order": "the turns before are not user and assistant, one after the other",
    "too_long": "the texts together are longer than max_characters in the settings",
    "contradicted": "the same answer was corrected elsewhere, or approved there and disliked here",
    "held_out": "its question is kept for the exam, so nothing may be learnt from it",
    "duplicate": "the same question (eval) or question and answer (training) is in already",
    "taken_out": "taken out by hand after the scan",
}
"""Every reason why an interaction is not in an export, in plain words."""


class Case(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An interaction that becomes data.

    `expected` is None for a disliked case, `rejected_answer` for a golden one.
    """

    id: str
    revision: int
    kind: Kind
    question: str
    expected: str | None
    rejected_answer: str | None
    history: tuple[Turn, ...]
    sources: tuple[Source, ...]
    agent_version: str | None
    model: str | None
    logged_at: datetime | None
    signal: str
    implicit: bool
    tags: tuple[str, ...]
    redaction_version: str
    seen_in_training: bool = False


class Cases(Sequence[Case]):
    """Cases in order of id, each read from disk when it is asked for."""

    def __init__(self, spool: Spool[Case], chosen: Sequence[tuple[str, int, bool]]) -> None:
        """chosen: id, number in the spool, whether it is `seen_in_training`."""
        self.ids = [id_ for id_, _, _ in chosen]
        self._spool = spool
        self._numbers = array("L", [number for _, number, _ in chosen])
        self._seen = bytes(seen for _, _, seen in chosen)

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> Case: ...

    @overload
    def __getitem__(self, place: slice) -> list[Case]: ...

    def __getitem__(self, place: int | slice) -> Case | list[Case]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        case = self._spool[self._numbers[place]]
        return msgspec.structs.replace(case, seen_in_training=True) if self._seen[place] else case


class Curated(msgspec.Struct, frozen=True):
    """The cases, and every other interaction under its reason, both in order of id.

    percent: the share of questions kept for the exam. overlaps: lessons that hold a question of the
    exam all the same, each with an interaction of the exam that asks it.
    """

    cases: Cases
    excluded: dict[str, list[str]]
    percent: int = 0
    overlaps: tuple[tuple[str, str], ...] = ()


def curate(
    store: Store,
    purpose: Purpose,
    *,
    sample: bool,
    cut: int,
    without: Iterable[str] = (),
    kinds: tuple[Kind, ...] = KINDS,
    objection: Callable[[Case], str | None] = lambda case: None,
    progress: Callable[[int], None] = lambda done: None,
) -> Curated:
    """Sort every interaction, as it was at the cut-off, into cases and reasons.

    `kinds` are those wanted; `objection` says why a case cannot be written, or None. `progress` is
    told how many interactions are done, and may raise to stop.
    """
    now = sides(store, sample=sample, cut=cut)

    def counted(stored: Iterable[Candidate]) -> Iterator[Candidate]:
        for done, row in enumerate(stored):
            if done % TOLD == 0:
                progress(done)
            yield row

    # Closed here: whatever goes wrong, nothing must go on reading.
    with closing(exports.candidates(store, sample=sample, cut=cut)) as stored:
        rows = counted(stored)
        return curate_rows(rows, purpose, now, without, kinds, objection, store.scratch())


def curate_rows(
    rows: Iterable[Candidate],
    purpose: Purpose,
    sides: Sides,
    without: Iterable[str] = (),
    kinds: tuple[Kind, ...] = KINDS,
    objection: Callable[[Case], str | None] = lambda case: None,
    folder: Path | None = None,
) -> Curated:
    """`curate` on rows as `store.exports.candidates` gives them; `folder` is for a file meanwhile.

    Twice over: first what each row is and, as hashes, what it says, then which of them stay.
    """
    excluded: dict[str, list[str]] = {}
    judged: list[_Judged] = []
    spool = Spool(Case, folder)
    taken_out = set(without)
    examined: dict[bytes, str] = {}
    lesson = purpose != "eval" and sides.has_exam
    for row in rows:
        exam = sides.side(row.id) == "exam"
        if exam:
            question = _digest(normal(row.question))
            examined[question] = min(row.id, examined.get(question, row.id))
        verdict = _judge(row, kinds)
        if row.id in taken_out and isinstance(verdict, Case):
            verdict = "taken_out"
        if isinstance(verdict, Case):
            asked, right, wrong = _keys(verdict)
            if right == wrong:
                verdict = "same_as_answer"
        if isinstance(verdict, Case):
            # What cannot be written still says which answers are wrong.
            reason = objection(verdict)
            number = -1 if reason else spool.add(verdict)
            # As UTC, which it is: a time without a zone would be read by the machine's clock.
            logged_at = verdict.logged_at
            age = -logged_at.replace(tzinfo=UTC).timestamp() if logged_at else 0.0
            asks = _asks(verdict) if lesson else None
            judged.append(
                _Judged(row.id, number, verdict.kind, age, exam, asked, right, wrong, asks)
            )
            verdict = reason or verdict
        if not isinstance(verdict, Case):
            excluded.setdefault(verdict, []).append(row.id)
    spool.done()

    against = _Against(judged)
    kept: dict[tuple[bytes, ...], _Judged] = {}
    taught: set[str] = set()  # clusters
    # Failures teach more than successes, the latest knowledge is the best; the id breaks ties.
    for case in sorted((each for each in judged if each.number >= 0), key=_precedence):
        reason = against.reason(case)
        if reason is None:
            if not case.exam:
                taught.add(sides.cluster(case.id))
            key = (case.asked, *_answers(case, purpose))
            if case.exam and purpose != "eval":
                reason = "held_out"
            elif kept.setdefault(key, case) is not case:
                reason = "duplicate"
        if reason is not None:
            excluded.setdefault(reason, []).append(case.id)
    chosen = sorted(kept.values(), key=attrgetter("id"))
    return Curated(
        percent=sides.percent,
        overlaps=tuple(
            (case.id, examined[question])
            for case in chosen
            if case.asks
            for question in sorted(case.asks & examined.keys(), key=examined.__getitem__)
        ),
        cases=Cases(
            spool,
            [
                (case.id, case.number, sides.cluster(case.id) in taught or sides.trained(case.id))
                for case in chosen
            ],
        ),
        excluded={
            reason: sorted(excluded[reason]) for reason in EXCLUSIONS if excluded.get(reason)
        },
    )


class _Judged(msgspec.Struct, frozen=True, gc=False):
    """What stays in memory of a case: its number in the spool (-1: it cannot be written), hashes of
    its question, alone and with each of its answers, and of every question in it."""

    id: str
    number: int
    kind: Kind
    age: float
    exam: bool
    asked: bytes
    right: bytes | None
    wrong: bytes | None
    asks: frozenset[bytes] | None


class _Against:
    """What is said against an answer by the cases of the same question."""

    def __init__(self, cases: list[_Judged]) -> None:
        self._corrected = {case.wrong for case in cases if case.kind == "regression"}
        self._approved = {case.right for case in cases if case.kind == "regression"}
        self._liked = {case.right for case in cases if case.kind == "golden"}
        self._disliked = {case.wrong for case in cases if case.kind == "disliked"}

    def reason(self, case: _Judged) -> str | None:
        if case.kind == "disliked":
            if case.wrong in self._corrected:
                return "duplicate"
            if case.wrong in self._approved:
                return "contradicted"
            return "rater_conflict" if case.wrong in self._liked else None
        if case.right in self._corrected:
            return "contradicted"
        return "rater_conflict" if case.kind == "golden" and case.right in self._disliked else None


def _answers(case: _Judged, purpose: Purpose) -> tuple[bytes, ...]:
    if purpose == "preference":
        return case.right or b"", case.wrong or b""
    return (case.right or b"",) if purpose == "training" else ()


def _judge(row: Candidate, kinds: tuple[Kind, ...]) -> Case | str:
    signal, status, final = row.signal, row.status, row.final_answer
    pending = signal in ("down", "edit") and status == "pending"
    if signal is None and status == "pending":
        return "no_feedback"
    if row.consent is False:
        return "no_consent"
    if (
        FAILED in row.question
        or FAILED in row.answer
        or FAILED in (final or "")
        or FAILED in (row.history or "")
    ):
        return "redaction_failed"
    if status == "rejected":
        return "rejected"
    if pending and row.conflict:
        return "rater_conflict"
    if pending and row.corrected:
        return "pending"
    if status == "pending" and signal not in ("up", "down", "edit"):
        return "implicit_only"
    kind: Kind = "regression"
    if status == "pending":
        kind = "golden" if signal == "up" else "disliked"
    if kind not in kinds or (signal == "edit" and kind == "disliked"):
        return "no_pair" if kind == "golden" else "needs_fix"
    expected = {"golden": row.answer, "regression": final, "disliked": None}[kind]
    rejected = None if kind == "golden" else row.answer
    limits = settings().export
    known = rejected if kind == "disliked" else expected
    if len(row.question.strip()) < limits.min_question or not known:
        return "too_short"
    if len(known.strip()) < limits.min_answer:
        return "too_short"
    return Case(
        id=row.id,
        revision=row.revision,
        kind=kind,
        question=row.question,
        expected=expected,
        rejected_answer=rejected,
        history=_TURNS(row.history) if row.history else (),
        sources=_SOURCES(row.sources) if row.sources else (),
        agent_version=row.agent_version,
        model=row.model,
        logged_at=row.logged_at,
        signal=signal or "",
        implicit=signal == "edit",
        tags=tuple(row.tags or ()),
        redaction_version=row.redaction_version,
    )


def _keys(case: Case) -> tuple[bytes, bytes | None, bytes | None]:
    """Hashes of the question, alone and with each of its answers."""
    asked = b""
    # A follow-up such as "and for gas?" is another question after another history.
    for turn in case.history:
        asked = _digest(f"{turn.role}: {folded(turn.content)}", asked)
    asked = _digest(folded(case.question), asked)
    right, wrong = case.expected, case.rejected_answer
    return (
        asked,
        None if right is None else _digest(folded(right), asked),
        None if wrong is None else _digest(folded(wrong), asked),
    )


def _precedence(case: _Judged) -> tuple[int, float, str]:
    return ("regression", "golden", "disliked").index(case.kind), case.age, case.id


def _digest(text: str, after: bytes = b"") -> bytes:
    return blake2b(after + text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _asks(case: Case) -> frozenset[bytes]:
    """Hashes of every question that a lesson holds, those of earlier turns included."""
    earlier = (turn.content for turn in case.history if turn.role == "user")
    return frozenset(_digest(normal(text)) for text in (*earlier, case.question))
