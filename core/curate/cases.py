"""The table of what becomes what, as code; its order is the order in which reasons are given."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Literal

import msgspec

from core.curate.clusters import folded, normal
from core.curate.holdout import sides
from core.curate.sides import Sides
from core.records import Kind, Source, Turn
from core.redaction import FAILED
from core.settings import settings
from core.store import Store, exports

Purpose = Literal["eval", "training", "preference"]
"""What the data is for, which says when two cases are the same.

eval: a question is in once. training: a question with an answer is. preference: a question with a
right and a wrong answer is.
"""

KINDS: tuple[Kind, ...] = ("golden", "regression")
"""The kinds with a right answer, which is what most formats take."""

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
    "empty_text": "one of the texts is empty",
    "turns_out_of_order": "the turns before are not user and assistant, one after the other",
    "too_long": "the texts together are longer than max_characters in the settings",
    "contradicted": "the same answer was corrected elsewhere, or approved there and disliked here",
    "held_out": "its question is kept for the exam, so nothing may be learnt from it",
    "duplicate": "the same question (eval) or question and answer (training) is in already",
    "taken_out": "taken out by hand after the scan",
}
"""Every reason why an interaction is not in an export, in plain words."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
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


class Curated(msgspec.Struct, frozen=True):
    """The cases in order of id, and every other interaction under its reason.

    percent: the share of questions kept for the exam. overlaps: lessons that hold a question of the
    exam all the same, each with an interaction of the exam that asks it.
    """

    cases: list[Case]
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
) -> Curated:
    """Sort every interaction, as it was at the cut-off, into cases and reasons.

    `kinds` are those wanted; `objection` says why a case cannot be written, or None.
    """
    rows = exports.candidates(store, sample=sample, cut=cut)
    now = sides(store, sample=sample, cut=cut)
    return curate_rows(rows, purpose, now, without, kinds, objection)


def curate_rows(
    rows: Iterable[dict[str, Any]],
    purpose: Purpose,
    sides: Sides,
    without: Iterable[str] = (),
    kinds: tuple[Kind, ...] = KINDS,
    objection: Callable[[Case], str | None] = lambda case: None,
) -> Curated:
    """`curate` on rows as `store.exports.candidates` gives them."""
    excluded: dict[str, list[str]] = {}
    judged: list[Case] = []
    cases: list[Case] = []
    taken_out = set(without)
    asked: dict[str, str] = {}
    for row in rows:
        if sides.side(row["id"]) == "exam":
            asked.setdefault(normal(row["question"]), row["id"])
        verdict = _judge(row, kinds)
        if row["id"] in taken_out and isinstance(verdict, Case):
            verdict = "taken_out"
        if isinstance(verdict, Case):
            # What cannot be written still says which answers are wrong.
            judged.append(verdict)
            verdict = objection(verdict) or verdict
        if isinstance(verdict, Case):
            cases.append(verdict)
        else:
            excluded.setdefault(verdict, []).append(row["id"])

    against = _Against(judged)
    kept: dict[tuple[str, ...], Case] = {}
    taught: set[str] = set()  # clusters
    # Failures teach more than successes, the latest knowledge is the best; the id breaks ties.
    for case in sorted(cases, key=_precedence):
        reason = against.reason(case)
        if reason is None:
            held_out = sides.side(case.id) == "exam"
            if not held_out:
                taught.add(sides.cluster(case.id))
            key = _key(case, *_answers(case, purpose))
            if held_out and purpose != "eval":
                reason = "held_out"
            elif kept.setdefault(key, case) is not case:
                reason = "duplicate"
        if reason is not None:
            excluded.setdefault(reason, []).append(case.id)
    chosen = {case.id for case in kept.values()}
    lessons = kept.values() if purpose != "eval" else ()
    return Curated(
        percent=sides.percent,
        overlaps=tuple(
            (case.id, asked[text])
            for case in sorted(lessons, key=attrgetter("id"))
            for text in sorted(_asked(case) & asked.keys())
        ),
        cases=[
            msgspec.structs.replace(
                case,
                seen_in_training=sides.cluster(case.id) in taught or sides.trained(case.id),
            )
            for case in cases
            if case.id in chosen
        ],
        excluded={
            reason: sorted(excluded[reason]) for reason in EXCLUSIONS if excluded.get(reason)
        },
    )


class _Against:
    """What is said against an answer by the cases of the same question."""

    def __init__(self, cases: list[Case]) -> None:
        def answers(kind: Kind, *, right: bool) -> set[tuple[str, ...]]:
            return {
                _key(case, case.expected if right else case.rejected_answer)
                for case in cases
                if case.kind == kind
            }

        self._corrected = answers("regression", right=False)
        self._approved = answers("regression", right=True)
        self._liked = answers("golden", right=True)
        self._disliked = answers("disliked", right=False)

    def reason(self, case: Case) -> str | None:
        if case.kind == "disliked":
            answer = _key(case, case.rejected_answer)
            if answer in self._corrected:
                return "duplicate"
            if answer in self._approved:
                return "contradicted"
            return "rater_conflict" if answer in self._liked else None
        answer = _key(case, case.expected)
        if answer in self._corrected:
            return "contradicted"
        return "rater_conflict" if case.kind == "golden" and answer in self._disliked else None


def _answers(case: Case, purpose: Purpose) -> tuple[str | None, ...]:
    if purpose == "preference":
        return case.expected, case.rejected_answer
    return (case.expected,) if purpose == "training" else ()


def _judge(row: dict[str, Any], kinds: tuple[Kind, ...]) -> Case | str:
    signal, status, final = row["signal"], row["status"], row["final_answer"]
    texts = (row["question"], row["answer"], row["history"] or "", final or "")
    pending = signal in ("down", "edit") and status == "pending"
    if signal is None and status == "pending":
        return "no_feedback"
    if row["consent"] is False:
        return "no_consent"
    if any(FAILED in text for text in texts):
        return "redaction_failed"
    if status == "rejected":
        return "rejected"
    if pending and row["conflict"]:
        return "rater_conflict"
    if pending and row["correction"]:
        return "pending"
    if status == "pending" and signal not in ("up", "down", "edit"):
        return "implicit_only"
    kind: Kind = "regression"
    if status == "pending":
        kind = "golden" if signal == "up" else "disliked"
    if kind not in kinds or (signal == "edit" and kind == "disliked"):
        return "no_pair" if kind == "golden" else "needs_fix"
    expected = {"golden": row["answer"], "regression": final, "disliked": None}[kind]
    rejected = None if kind == "golden" else row["answer"]
    limits = settings().export
    known = rejected if kind == "disliked" else expected
    if len(row["question"].strip()) < limits.min_question or not known:
        return "too_short"
    if len(known.strip()) < limits.min_answer:
        return "too_short"
    if expected and rejected is not None and folded(expected) == folded(rejected):
        return "same_as_answer"
    return Case(
        id=row["id"],
        revision=row["revision"],
        kind=kind,
        question=row["question"],
        expected=expected,
        rejected_answer=rejected,
        history=msgspec.json.decode(row["history"] or "[]", type=tuple[Turn, ...]),
        sources=msgspec.json.decode(row["sources"] or "[]", type=tuple[Source, ...]),
        agent_version=row["agent_version"],
        model=row["model"],
        logged_at=row["logged_at"],
        signal=signal,
        implicit=signal == "edit",
        tags=tuple(row["tags"] or ()),
        redaction_version=row["redaction_version"],
    )


def _precedence(case: Case) -> tuple[int, float, str]:
    # As UTC, which it is: a time without a zone would be read by the clock of the machine.
    age = -case.logged_at.replace(tzinfo=UTC).timestamp() if case.logged_at else 0.0
    return ("regression", "golden", "disliked").index(case.kind), age, case.id


def _key(case: Case, *answer: str | None) -> tuple[str, ...]:
    # A follow-up such as "and for gas?" is another question after another history.
    before = tuple(f"{turn.role}: {folded(turn.content)}" for turn in case.history)
    return (*before, folded(case.question), *(folded(text or "") for text in answer))


def _asked(case: Case) -> set[str]:
    """Every question that a lesson holds, those of earlier turns included."""
    earlier = (turn.content for turn in case.history if turn.role == "user")
    return {normal(text) for text in (*earlier, case.question)}
