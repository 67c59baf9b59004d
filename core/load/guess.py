"""Guesses how a log is to be read, from the names that small apps give to the same thing.

The names come from about twenty public repositories and the exports of a dozen tools. A guess is
a `Shape` like any other: it is shown, confirmed or changed, and remembered.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from core.load.paths import MISSING, find, root
from core.load.shapes import NATIVE, Shape
from core.load.tools import recognise
from core.load.tools.messages import last_exchange, text_of
from core.load.votes import VoteRule, as_word, by_words
from core.records import SIGNALS

SYNONYMS: dict[str, str] = {
    "question": "question query user_query user_question user_message question_text prompt "
    "user_input user_prompt input instruction request messages conversation conversations",
    "answer": "answer response bot_response ai_response assistant_response llm_response "
    "model_response bot_answer ai_answer model_answer generated_answer completion "
    "message_content reply output generation prediction llm_output answer_text",
    "correction": "correction corrected_answer user_correction corrected_response correct_answer "
    "corrected edited_answer edited_response suggested_answer better_answer improved_answer "
    "corrected_prediction expected_answer",
    "signal": "signal rating thumb thumbs vote user_rating feedback_rating feedback_rating_raw "
    "feedback_type helpful is_helpful was_helpful is_good is_positive liked feedback user_feedback "
    "sentiment label feedback_label flag user_score feedback_value",
    "comment": "comment user_comment feedback_text feedback_comment comments notes note reason "
    "explanation rating_text user_feedback feedback feedback_content",
    "reasons": "feedback_tags reason_tags reasons rating_chips feedback_reasons",
    "sources": "sources citations retrieved_documents source_documents documents references "
    "retrieval_snapshot rag_chunks context contexts passages chunks source retrieved_context",
    "logged_at": "logged_at timestamp ts created_at created time datetime date at sent_at "
    "create_time time_created created_date message_date start_time tstamp",
    "id": "id interaction_id message_id trace_id qa_session_id run_id request_id response_id "
    "query_id uuid",
    "interaction_id": "interaction_id message_id trace_id run_id response_id answer_id for_id",
    "session_id": "session_id conversation_id chat_id thread_id chat_session_id",
    "user": "user user_id username user_email user_name end_user",
    "rater": "rater rater_id annotator worker_id reviewer",
    "agent_version": "agent_version app_version release prompt_version model_version version",
    "model": "model model_name model_id llm",
    "history": "history chat_history message_history previous_messages earlier_turns",
    "tags": "tags topics categories",
}
DEEPEST = 3
MOST_VOTES = 24
TEXTS = ("question", "answer")
BESIDE_A_VOTE = ("comment", "reasons", "rater")


def plain(key: str) -> str:
    """A key without its way of writing: `userQuery`, `User Query` and `user-query` are one."""
    return re.sub(r"[^a-z0-9]", "", key.casefold())


NAMES = {
    field: {plain(name): rank for rank, name in enumerate(names.split())}
    for field, names in SYNONYMS.items()
}


def names_text(key: str) -> bool:
    """Whether a key is a name of the question or the answer."""
    return any(plain(key) in NAMES[field] for field in TEXTS)


def has_text(record: dict[str, Any]) -> bool:
    """Whether a question or an answer is named in a record, however deep, or it is a vote."""
    deep = any(names_text(path.rpartition(".")[2]) for path in paths_of([record]))
    return deep or "interaction_id" in record


def has_exchange(record: dict[str, Any]) -> bool:
    """Whether a record names a question and an answer where it begins."""
    keys = {plain(key) for key in record}
    return all(keys & NAMES[field].keys() for field in TEXTS)


def is_header(cells: Sequence[str]) -> bool:
    """Whether the first row of a text looks like the header of such a log."""
    keys = {plain(cell) for cell in cells}
    named = {field for field, names in NAMES.items() if keys & names.keys()}
    return {"question", "answer"} <= named or {"signal", "interaction_id"} <= named


def paths_of(records: Iterable[dict[str, Any]]) -> list[str]:
    """Every path to a value in these records, in order of appearance, lists not entered."""
    found: dict[str, None] = {}
    for record in records:
        _collect(record, "", found, 1)
    return list(found)


def values_at(records: Iterable[dict[str, Any]], path: str) -> list[Any]:
    """What stands at a path, lists taken apart; records without it give nothing."""
    values: list[Any] = []
    for record in records:
        value = find(record, path)
        if isinstance(value, list):
            values += value
        elif value is not MISSING:
            values.append(value)
    return [value for value in values if value is not None and value != ""]


def guess(records: Sequence[dict[str, Any]], name: str = "guessed") -> Shape:
    """The shape that fits these records best; the native one where they are native already."""
    readers = [recognise(record) for record in records]
    known = [reader for reader in readers if reader]
    if known and len(known) * 2 >= len(records):
        return Shape(name=max(set(known), key=known.count), reader=max(set(known), key=known.count))
    if is_native(records):
        return Shape(name=NATIVE)
    paths = paths_of(records)
    taken: dict[str, str] = {}
    for field in SYNONYMS:
        candidates = [path for path in _ranked(field, paths) if path not in taken.values()]
        for path in candidates:
            if _suits(field, path, records):
                taken[field] = path
                break
    # A log of whole conversations has one list for both.
    if (
        "question" in taken
        and "answer" not in taken
        and _is_conversation(taken["question"], records)
    ):
        taken["answer"] = taken["question"]
    # What votes alone point by: a key of lines that hold no question.
    alone = [record for record in records if find(record, taken.get("question", "")) is MISSING]
    taken.pop("interaction_id", None)
    for path in _ranked("interaction_id", paths_of(alone) if len(alone) < len(records) else paths):
        if taken.get("id") == path and "question" not in taken:
            del taken["id"]
        if _suits("interaction_id", path, alone) and path not in taken.values():
            taken["interaction_id"] = path
            break
    if not taken.keys() & {"signal", "correction"}:
        # What is said beside no vote is not said of the answer.
        taken = {ours: path for ours, path in taken.items() if ours not in BESIDE_A_VOTE}
    if not taken.keys() & {"answer", "question", "signal"}:
        return Shape(name=NATIVE)
    if all(ours == theirs for ours, theirs in taken.items()) and "signal" not in taken:
        return Shape(name=NATIVE)
    votes = vote_rule(records, taken["signal"]) if "signal" in taken else VoteRule()
    return Shape(name=name, recognise=recognised_by(taken, records), fields=taken, votes=votes)


def vote_rule(records: Sequence[dict[str, Any]], path: str) -> VoteRule:
    """What the values at a path most likely say; those that are unclear are left to be told."""
    words = list(dict.fromkeys(vote_words(records, path)))
    if all(word in SIGNALS for word in words):
        return VoteRule()
    meanings = by_words(words)
    return VoteRule(
        up=tuple(word for word in words if meanings[word] == "up"),
        down=tuple(word for word in words if meanings[word] == "down"),
        none=tuple(word for word in words if meanings[word] == "none"),
    )


def vote_words(records: Sequence[dict[str, Any]], path: str) -> list[str]:
    """The values at a path as the words that a vote rule compares."""
    return [as_word(v) for v in values_at(records, path) if isinstance(v, str | int | float)]


def is_native(records: Sequence[dict[str, Any]]) -> bool:
    """Whether these are lines as our own capture writes them, with nothing left to guess."""
    for record in records:
        if "question" in record and "answer" in record:
            votes = record.get("feedback")
            votes = votes if isinstance(votes, list) else [votes]
            if record.get("redaction") is not None:
                return True
            if any(isinstance(vote, dict) and "signal" in vote for vote in votes):
                return True
            if any(isinstance(vote, str) and vote in SIGNALS for vote in votes):
                return True
        elif record.get("type") == "feedback" or {"interaction_id", "signal"} <= record.keys():
            return True
    return False


def _collect(value: dict[str, Any], before: str, found: dict[str, None], depth: int) -> None:
    for key, item in value.items():
        if not isinstance(key, str) or not key:
            continue
        found[before + key] = None
        if isinstance(item, dict) and depth < DEEPEST:
            _collect(item, f"{before}{key}.", found, depth + 1)


def _ranked(field: str, paths: list[str]) -> list[str]:
    names = NAMES[field]
    ranked = [
        (names[last], path.count("."), place, path)
        for place, path in enumerate(paths)
        if (last := plain(path.rpartition(".")[2])) in names
    ]
    # What stands at the top is meant before what stands deep inside.
    return [path for _, _, _, path in sorted(ranked, key=lambda each: (each[1], each[0], each[2]))]


def _suits(field: str, path: str, records: Sequence[dict[str, Any]]) -> bool:
    values = [v for record in records if (v := find(record, path)) not in (MISSING, None, "")]
    if not values:
        return False
    if field == "signal":
        return _is_vote(values)
    if field == "comment":
        texts = [each for v in values for each in (v if isinstance(v, list) else [v])]
        return all(isinstance(text, str) for text in texts) and not _is_vote(values)
    if field in TEXTS:
        return all(_has_words(value) for value in values[:20])
    if field == "correction":
        return all(isinstance(value, str | dict | list) for value in values)
    if field == "sources":
        return all(isinstance(value, str | dict | list) for value in values)
    if field in ("history", "tags", "reasons"):
        return all(isinstance(value, list | str) for value in values)
    return all(isinstance(value, str | int | float) for value in values)


def _is_vote(values: list[Any]) -> bool:
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    if not all(isinstance(value, str | int | float) for value in flat):
        return False
    words = {as_word(value) for value in flat}
    if len(words) > MOST_VOTES or any(len(word) > 40 for word in words):
        return False
    known = by_words(words)
    # One word that says nothing may stand among them; the mapping asks what it means.
    return any(each in ("up", "down") for each in known.values()) and (
        sum(each is None for each in known.values()) <= len(words) / 2
    )


def _has_words(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return isinstance(value, dict | list) and (
        text_of(value) is not None or last_exchange(value) is not None
    )


def _is_conversation(path: str, records: Sequence[dict[str, Any]]) -> bool:
    return any(last_exchange(find(record, path)) is not None for record in records[:20])


def recognised_by(taken: dict[str, str], records: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The keys that every record of this kind has, of those that mean something."""
    keys = dict.fromkeys(root(path, records[0]) for path in taken.values()) if records else {}
    return tuple(key for key in keys if all(key in record for record in records))
