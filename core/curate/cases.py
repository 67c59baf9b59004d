"""The table of what becomes what, as code; its order is the order in which reasons are given."""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Literal

import msgspec

from core.curate.clusters import normal
from core.curate.holdout import sides
from core.curate.sides import Sides
from core.records import Kind, Source, Turn
from core.redaction import FAILED
from core.settings import settings
from core.store import Store, exports

Purpose = Literal["eval", "training"]

EXCLUSIONS: dict[str, str] = {
    "no_feedback": "nobody said anything about the answer",
    "implicit_only": "only implicit signals (retry, resolved): they rank the queue",
    "no_consent": "the user did not agree to further use",
    "redaction_failed": "a text could not be checked for personal data",
    "rejected": "a reviewer rejected it",
    "rater_conflict": "raters disagree and no reviewer has decided",
    "needs_fix": "thumbs down without a fix: a reviewer must write one",
    "pending": "waits for a reviewer",
    "too_short": "the question or the answer is too short",
    "same_as_answer": "the fix says the same as the answer that was wrong",
    "contradicted": "the same answer was corrected elsewhere",
    "held_out": "its question is kept for the exam, so nothing may be learnt from it",
    "duplicate": "the same question (eval) or question and answer (training) is in already",
    "taken_out": "taken out by hand after the scan",
}
"""Every reason why an interaction is not in an export, in plain words."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An interaction that becomes data. `rejected_answer` is None for a golden case."""

    id: str
    revision: int
    kind: Kind
    question: str
    expected: str
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
    held_out: bool = False
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
    store: Store, purpose: Purpose, *, sample: bool, cut: int, without: Iterable[str] = ()
) -> Curated:
    """Sort every interaction, as it was at the cut-off, into cases and reasons."""
    rows = exports.candidates(store, sample=sample, cut=cut)
    return curate_rows(rows, purpose, sides(store, sample=sample, cut=cut), without)


def curate_rows(
    rows: Iterable[dict[str, Any]], purpose: Purpose, sides: Sides, without: Iterable[str] = ()
) -> Curated:
    """`curate` on rows as `store.exports.candidates` gives them."""
    excluded: dict[str, list[str]] = {}
    cases: list[Case] = []
    taken_out = set(without)
    asked: dict[str, str] = {}
    for row in rows:
        if sides.side(row["id"]) == "exam":
            asked.setdefault(normal(row["question"]), row["id"])
        verdict = _judge(row)
        if row["id"] in taken_out and isinstance(verdict, Case):
            verdict = "taken_out"
        if isinstance(verdict, Case):
            held_out = sides.side(verdict.id) == "exam"
            cases.append(msgspec.structs.replace(verdict, held_out=held_out))
        else:
            excluded.setdefault(verdict, []).append(row["id"])

    corrected = {
        _key(case, case.rejected_answer) for case in cases if case.rejected_answer is not None
    }
    training: dict[tuple[str, ...], Case] = {}
    evals: dict[tuple[str, ...], Case] = {}
    # Failures teach more than successes, the latest knowledge is the best; the id breaks ties.
    for case in sorted(cases, key=_precedence):
        if _key(case, case.expected) in corrected:
            excluded.setdefault("contradicted", []).append(case.id)
            continue
        if case.held_out and purpose == "training":
            excluded.setdefault("held_out", []).append(case.id)
        if not case.held_out:
            training.setdefault(_key(case, case.expected), case)
        evals.setdefault(_key(case), case)
    chosen = training if purpose == "training" else evals
    kept = {case.id for case in chosen.values()}
    left_out = kept.union(*excluded.values())
    excluded.setdefault("duplicate", []).extend(
        case.id for case in cases if case.id not in left_out
    )
    taught = {sides.cluster(case.id) for case in training.values()}
    lessons = training.values() if purpose == "training" else ()
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
            if case.id in kept
        ],
        excluded={
            reason: sorted(excluded[reason]) for reason in EXCLUSIONS if excluded.get(reason)
        },
    )


def _judge(row: dict[str, Any]) -> Case | str:
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
    if pending:
        return "pending" if row["correction"] else "needs_fix"
    if status == "pending" and signal != "up":
        return "implicit_only"
    kind: Kind = "golden" if status == "pending" else "regression"
    expected = row["answer"] if kind == "golden" else final
    limits = settings().export
    if len(row["question"].strip()) < limits.min_question or not expected:
        return "too_short"
    if len(expected.strip()) < limits.min_answer:
        return "too_short"
    if kind == "regression" and _normal(expected) == _normal(row["answer"]):
        return "same_as_answer"
    return Case(
        id=row["id"],
        revision=row["revision"],
        kind=kind,
        question=row["question"],
        expected=expected,
        rejected_answer=row["answer"] if kind == "regression" else None,
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


def _precedence(case: Case) -> tuple[bool, float, str]:
    # As UTC, which it is: a time without a zone would be read by the clock of the machine.
    age = -case.logged_at.replace(tzinfo=UTC).timestamp() if case.logged_at else 0.0
    return case.kind == "golden", age, case.id


def _key(case: Case, *answer: str | None) -> tuple[str, ...]:
    # A follow-up such as "and for gas?" is another question after another history.
    before = tuple(f"{turn.role}: {_normal(turn.content)}" for turn in case.history)
    return (*before, _normal(case.question), *(_normal(text or "") for text in answer))


def _asked(case: Case) -> set[str]:
    """Every question that a lesson holds, those of earlier turns included."""
    earlier = (turn.content for turn in case.history if turn.role == "user")
    return {normal(text) for text in (*earlier, case.question)}


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
