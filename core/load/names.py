"""The names that logs give to the same thing.

They come from about twenty small apps in public repositories and the exports of a dozen tools. Of
several names the first that fits is taken.
"""

import re
from collections.abc import Sequence
from typing import Any

SYNONYMS: dict[str, str] = {
    "question": "question query user_query user_question user_message question_text query_text "
    "prompt prompt_text user_input user_prompt user_text input input_text instruction request "
    "redacted_query messages conversation conversations message",
    "answer": "answer response bot_response ai_response assistant_response llm_response "
    "model_response bot_answer ai_answer llm_answer model_answer final_answer generated_answer "
    "completion message_content assistant_message bot_message ai_message reply bot_reply output "
    "output_text generation generated_text prediction llm_output answer_text response_text",
    "correction": "correction corrected_answer user_correction corrected_response correct_answer "
    "corrected edited_answer edited_response suggested_answer better_answer improved_answer "
    "corrected_prediction expected_answer",
    "signal": "signal rating thumb thumbs vote user_rating feedback_rating feedback_rating_raw "
    "feedback_type helpful is_helpful was_helpful is_good is_positive liked feedback user_feedback "
    "sentiment label feedback_label flag user_score feedback_score feedback_value",
    "comment": "comment user_comment feedback_text feedback_comment comments notes note reason "
    "explanation rating_text user_feedback feedback feedback_content",
    "reasons": "feedback_tags reason_tags reasons rating_chips feedback_reasons",
    "voted_at": "voted_at rated_at feedback_at feedback_date feedback_time feedback_timestamp",
    "sources": "sources citations retrieved_documents source_documents documents references "
    "retrieval_snapshot rag_chunks context contexts passages chunks source retrieved_context",
    "logged_at": "logged_at timestamp ts created_at created time datetime date at sent_at "
    "create_time time_created created_date message_date start_time tstamp",
    "id": "id interaction_id message_id trace_id qa_session_id run_id request_id response_id "
    "query_id uuid oid",
    "interaction_id": "interaction_id message_id trace_id run_id response_id answer_id for_id",
    "session_id": "session_id conversation_id chat_id thread_id chat_session_id",
    "user": "user user_id username user_email user_name end_user end_user_id from_end_user_id",
    "rater": "rater rater_id annotator worker_id reviewer feedback_user feedback_user_id",
    "agent_version": "agent_version app_version release prompt_version model_version version",
    "model": "model model_name model_id llm",
    "history": "history chat_history message_history previous_messages earlier_turns",
    "tags": "tags topics categories",
    "consent": "consent user_consent consent_given",
}
SPEAKERS = {"question": ("user", "human"), "answer": ("assistant", "bot", "ai", "agent")}
"""Where a log names who speaks, and nothing else in it is a question or an answer."""


def plain(key: str) -> str:
    """A key without its way of writing: `userQuery`, `User Query` and `user-query` are one."""
    return re.sub(r"[^a-z0-9]", "", key.casefold())


NAMES = {
    field: {plain(name): rank for rank, name in enumerate(names.split())}
    for field, names in SYNONYMS.items()
}


def rank_of(field: str, path: str) -> int | None:
    """How well a path names a field, 0 best; None when it does not.

    `feedback.score` is also `feedback_score`. An id within something is that thing's id.
    """
    *_, parent, last = ("", *path.split("."))
    names = NAMES[field]
    joined = names.get(plain(parent + last)) if parent else None
    if joined is not None or (parent and plain(last) in ("id", "uuid", "label", "source")):
        return joined
    return names.get(plain(last))


def names_text(key: str) -> bool:
    """Whether a key is a name of the question or the answer."""
    return any(plain(key) in NAMES[field] for field in ("question", "answer"))


def has_exchange(record: dict[str, Any]) -> bool:
    """Whether a record names a question and an answer where it begins."""
    keys = {plain(key) for key in record}
    return all(keys & NAMES[field].keys() for field in ("question", "answer"))


def is_header(cells: Sequence[str]) -> bool:
    """Whether the first row of a text looks like the header of a log."""
    keys = {plain(cell) for cell in cells}
    named = {field for field, names in NAMES.items() if keys & names.keys()}
    return {"question", "answer"} <= named or {"signal", "interaction_id"} <= named
