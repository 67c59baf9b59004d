"""Reads one trace as Langfuse exports it: `{trace, observations}`, or the trace alone.

trace: `{id, timestamp, input, output, release, version, userId, sessionId, tags, metadata,
scores[], corrections[]}`. observation: `{id, parentObservationId, type, name, startTime, input,
output, model}`, in no order. score: `{name, value, stringValue, longStringValue, source, dataType,
comment, observationId, authorUserId, timestamp}`. Seen in langfuse/langfuse, `framework-traces/`.
"""

import re
from typing import Any

from core.load.tools import langfuse_parts as parts
from core.load.tools.messages import Exchange, last_exchange
from core.load.tools.thumbs import is_empty, named_thumb, without_empty
from core.load.tools.unwrap import decoded
from core.load.unreadable import Unreadable
from core.records import Signal

PEOPLE = ("API", "ANNOTATION")
"""Scores by an app's own thumbs, and by people in Langfuse. EVAL is a judge, whatever it scores."""

KNOWN = {"id", "projectId", "timestamp", "createdAt", "updatedAt", "bookmarked", "public", "name"}
KNOWN |= {"environment", "input", "output", "metadata", "scores", "corrections", "observations"}
KNOWN |= {"release", "version", "userId", "sessionId", "tags"}
NOISE = re.compile(r"cost|usage|token|latency|level|count|path", re.IGNORECASE)
PLUMBING = ("resourceAttributes", "scope", "attributes")
"""What OpenTelemetry adds to the metadata: names of SDKs, and question and answer once more."""


def read_trace(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read one trace as one of our lines. Raises `Unreadable`."""
    given = value.get("trace")
    trace = given if isinstance(given, dict) else value
    observations = _observations(value, trace)
    exchange = _exchange(trace, observations)
    models = [item["model"] for item in observations if not is_empty(item.get("model"))]
    votes, judged, others = _votes(trace, observations, exchange.answer)
    line = {
        "id": trace.get("id"),
        "logged_at": trace.get("timestamp") or trace.get("createdAt"),
        "question": exchange.question,
        "answer": exchange.answer,
        "history": [{"role": turn.role, "content": turn.content} for turn in exchange.history],
        "sources": parts.sources(observations),
        "feedback": votes,
        "agent_version": trace.get("release") or trace.get("version"),
        "model": models[-1] if models else None,
        "session_id": trace.get("sessionId"),
        "user": trace.get("userId"),
        "tags": decoded(trace.get("tags")),
        "metadata": _metadata(trace) | without_empty({"judge_scores": judged, "scores": others}),
    }
    return [without_empty(line)]


def score_vote(score: dict[str, Any]) -> dict[str, Any] | None:
    """The vote that a score is, an edit where it corrects; None of a judge's, or of no thumb."""
    if not is_persons(score):
        return None
    if score.get("dataType") == "CORRECTION":
        return _correction(score)
    signal = named_thumb(score.get("name"), _score_value(score))
    return _vote(score, signal) if signal else None


def is_persons(score: dict[str, Any]) -> bool:
    """Whether a person gave this score, in an app or in Langfuse."""
    source = score.get("source")
    return isinstance(source, str) and source.upper() in PEOPLE


def _observations(value: dict[str, Any], trace: dict[str, Any]) -> list[dict[str, Any]]:
    """All observations, oldest first."""
    for holder in (value, trace):
        if isinstance(listed := holder.get("observations"), list):
            found = [item for item in listed if isinstance(item, dict)]
            return sorted(found, key=lambda item: str(item.get("startTime") or ""))
    return []


def _exchange(trace: dict[str, Any], observations: list[dict[str, Any]]) -> Exchange:
    """A user's question enters first and the answer leaves last: it is looked for in the trace, in
    its outermost observations, then in the calls of the model.
    """
    outer = [trace, *(item for item in observations if not item.get("parentObservationId"))]
    calls = [item for item in observations if item.get("type") == "GENERATION"]
    inputs = (parts.asked(item.get("input")) for item in (*outer, *calls))
    question = next((found for found in inputs if found), None)
    # LangGraph's output is the whole conversation, with what earlier runs left in its memory.
    whole = last_exchange(trace.get("output"))
    if whole and (question is None or question.text == whole.question):
        return whole
    outputs = (parts.answered(item.get("output")) for item in (*outer, *reversed(calls)))
    answer = next((found for found in outputs if found), None)
    if question is None:
        raise Unreadable("there is no question in this trace")
    if answer is None:
        raise Unreadable("there is no answer in this trace")
    return Exchange(question.history, question.text, answer)


def _votes(
    trace: dict[str, Any], observations: list[dict[str, Any]], answer: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """The votes, the scores of judges, and the scores of people that are no thumbs."""
    votes: list[dict[str, Any]] = []
    corrections: dict[str, dict[str, Any]] = {}
    judged, others = [], []
    inner = (item for item in observations if item.get("parentObservationId"))
    steps = {str(item.get("id")): item for item in inner}
    scores = _listed(trace.get("scores"))
    # These name neither source nor data type everywhere: only people write them.
    known = {"source": "ANNOTATION", "dataType": "CORRECTION"}
    scores += [known | without_empty(item) for item in _listed(trace.get("corrections"))]
    for score in sorted(scores, key=lambda item: str(item.get("timestamp") or "")):
        vote = score_vote(score) if _is_about(score, steps, answer) else None
        if vote and "correction" in vote:
            # `corrections` may repeat what stands among the scores: once is enough.
            corrections[vote["correction"]] = vote
        elif vote:
            votes.append(vote)
        elif is_persons(score):
            others.append(_as_metadata(score))
        else:
            judged.append(_as_metadata(score))
    for edit in corrections.values():
        _add_correction(votes, edit)
    return votes, judged, others


def _add_correction(votes: list[dict[str, Any]], edit: dict[str, Any]) -> None:
    """A person's thumbs down and correction are one judgement: down, and what it should have been.

    Alone, or beside a thumbs up, it is an edit: nobody said that the answer was bad.
    """
    for vote in reversed(votes):
        same = vote.get("rater") == edit.get("rater")
        if vote["signal"] == "down" and same and "correction" not in vote:
            vote["correction"] = edit["correction"]
            return
    votes.append(edit)


def _is_about(score: dict[str, Any], steps: dict[str, dict[str, Any]], answer: str) -> bool:
    """Whether a score is about the answer, not about a step on the way, such as a search."""
    step = steps.get(str(score.get("observationId")))
    return step is None or parts.answered(step.get("output")) == answer


def _correction(score: dict[str, Any]) -> dict[str, Any] | None:
    for key in ("longStringValue", "stringValue", "value"):
        if isinstance(score.get(key), str) and (text := parts.answered(score[key])):
            return _vote(score, "edit") | {"correction": text}
    return None


def _vote(score: dict[str, Any], signal: Signal) -> dict[str, Any]:
    line = {
        "signal": signal,
        "comment": score.get("comment"),
        "rater": score.get("authorUserId"),
        "at": score.get("timestamp") or score.get("updatedAt") or score.get("createdAt"),
    }
    return without_empty(line)


def _score_value(score: dict[str, Any]) -> Any:
    number, word = score.get("value"), score.get("stringValue") or score.get("longStringValue")
    by_word = score.get("dataType") not in ("NUMERIC", "BOOLEAN") or is_empty(number)
    return word if by_word and not is_empty(word) else number


def _as_metadata(score: dict[str, Any]) -> dict[str, Any]:
    value = _score_value(score)
    return without_empty(
        {"name": score.get("name"), "value": value, "comment": score.get("comment")}
    )


def _metadata(trace: dict[str, Any]) -> dict[str, Any]:
    given = decoded(trace.get("metadata"))
    own = given if isinstance(given, dict) else {"metadata": given}
    kept = {key: item for key, item in own.items() if key not in PLUMBING}
    kept |= {"trace_name": trace.get("name"), "environment": trace.get("environment")}
    kept |= {key: trace[key] for key in trace if key not in KNOWN and not NOISE.search(key)}
    return without_empty(kept)


def _listed(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
