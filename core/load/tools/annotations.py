"""Reads votes that stand alone, each saying which answer it is for.

What a judge or a program scored is no vote, and must not vanish either: it is refused with its
reason, so that it is listed among the rejected lines.
"""

from typing import Any

from core.load.tools.branches import inside, label, said
from core.load.tools.langfuse import is_persons, score_vote
from core.load.tools.langfuse_parts import answered
from core.load.tools.thumbs import JUDGE, is_empty, named_thumb, thumb, without_empty
from core.load.tools.unwrap import decoded
from core.load.unreadable import Unreadable
from core.records import Signal

NO_THUMB = "by its name and value this score is neither thumbs up nor thumbs down"
NO_TARGET = "the vote does not say which answer it is for"
PROGRAMS = ("model", "auto_eval", "evaluator")


def read_langsmith_feedback(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read `{run_id, key, score, value, comment, correction, feedback_source: {type, user_id},
    created_at, modified_at}` (langchain-ai/langsmith-sdk, `schemas.py`). Raises `Unreadable`.

    In LangSmith's own pages ("app") a person scores under any key; through its API programs score
    as well, and there the key must be that of a thumb.
    """
    source = decoded(value.get("feedback_source"))
    kind = inside(source).get("type")
    if kind in PROGRAMS:
        raise Unreadable(JUDGE)
    score = value.get("value") if is_empty(value.get("score")) else value.get("score")
    by_name = named_thumb(value.get("key"), score)
    signal = by_name or (thumb(score, zero="down") if kind == "app" else None)
    correction = _correction(value.get("correction"))
    return _alone(
        value.get("run_id"),
        signal,
        correction=correction,
        comment=value.get("comment"),
        rater=inside(source).get("user_id"),
        at=value.get("modified_at") or value.get("created_at"),
    )


def read_phoenix_annotation(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read `{span_id, annotator_kind: HUMAN|LLM|CODE, result: {label, score, explanation}, user_id,
    updated_at}` (Arize-ai/phoenix, `schemas/openapi.json`). Raises `Unreadable`.
    """
    if value.get("annotator_kind") != "HUMAN":
        raise Unreadable(JUDGE)
    result = inside(value, "result")
    word, score = result.get("label"), result.get("score")
    return _alone(
        value.get("span_id") or value.get("trace_id"),
        thumb(word, zero="down") or thumb(score, zero="down"),
        comment=result.get("explanation"),
        rater=value.get("user_id"),
        at=value.get("updated_at") or value.get("created_at"),
    )


def read_langfuse_score(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read a row of Langfuse's score export: `{traceId, source, name, dataType, value, stringValue,
    comment, timestamp}` (langfuse/langfuse, `getDatabaseReadStream.ts`). Raises `Unreadable`.
    """
    if not is_persons(value):
        raise Unreadable(JUDGE)
    given = score_vote(value) or {}
    return _alone(
        value.get("traceId"),
        given.get("signal"),
        correction=given.get("correction"),
        comment=given.get("comment"),
        rater=given.get("rater") or value.get("authorUserName"),
        at=given.get("at"),
    )


def read_chainlit_feedback(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read a row of Chainlit's table of feedbacks: `{forId, value: 0|1, comment}`, 0 being down
    (Chainlit/chainlit, `backend/tests/data/test_sql_alchemy.py`). Raises `Unreadable`.
    """
    signal = thumb(value.get("value"), zero="down")
    return _alone(value.get("forId"), signal, comment=value.get("comment"))


def _alone(
    target: Any,
    signal: Signal | None,
    *,
    correction: str | None = None,
    comment: Any = None,
    rater: Any = None,
    at: Any = None,
) -> list[dict[str, Any]]:
    """One vote. With a correction it is down when the person said so, else an edit: then nobody
    said that the answer was bad.
    """
    id_ = label(target)
    if id_ is None:
        raise Unreadable(NO_TARGET)
    if correction and signal != "down":
        signal = "edit"
    if signal is None:
        raise Unreadable(NO_THUMB)
    vote = {
        "type": "feedback",
        "interaction_id": id_,
        "signal": signal,
        "correction": correction,
        "comment": said(comment),
        "rater": rater,
        "at": at,
    }
    return [without_empty(vote)]


def _correction(value: Any) -> str | None:
    """A text, or an object that holds one: `{"answer": "…"}`. `{"score": 1}` corrects a judge."""
    value = decoded(value)
    if found := answered(value):
        return found
    texts = list(value.values()) if isinstance(value, dict) else []
    return said(texts[0]) if len(texts) == 1 and isinstance(texts[0], str) else None
