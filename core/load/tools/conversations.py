"""Reads records that hold a whole conversation as a list: one record, its last exchange.

WildChat, ShareLM, `{"messages": [...]}` as for OpenAI, and the server log of FastChat.
"""

from typing import Any

from core.keys import keyed_hash
from core.load.tools.branches import NO_ANSWER, inside, label, line_of, moment, objects, said
from core.load.tools.messages import exchange_in, last_exchange, read_messages, text_of
from core.load.tools.thumbs import is_empty, thumb, without_empty
from core.load.tools.unwrap import decoded
from core.load.unreadable import Unreadable
from core.records import Signal, Turn

TALK_KEYS = ("messages", "conversation", "conversations")

FIELDS = {
    "id": "id _id conversation_hash conversation_id conversationId uuid",
    "session_id": "session_id conversation_id conversationId thread_id chat_id",
    "logged_at": "logged_at timestamp created_at createdAt create_time",
    "model": "model model_name model_id",
    "user": "user user_id userId",
    "agent_version": "agent_version release",
}
THUMBS = "thumb thumbs vote liked like helpful is_good feedback user_feedback annotation".split()
SCALES = "rating score label sentiment rate".split()
"""Names of scales as much as of thumbs: a number under them is not read, for 1 may be the worst of
five. It stays in the metadata, where a mapping can say what it is."""
COMMENTS = "comment user_comment feedback_text reason text content".split()
CORRECTIONS = "correction corrected_answer corrected_response".split()


def read_conversation(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read `{messages | conversation | conversations: [...], …}`.

    A vote may stand on the record, on the answer's message, or (ShareLM) in
    `conversation_metadata.rate`. What else the record has goes to the metadata. Raises
    `Unreadable`.
    """
    key = next((key for key in TALK_KEYS if not is_empty(value.get(key))), None)
    talk = decoded(value.get(key)) if key else None
    exchange = last_exchange(talk)
    if exchange is None:
        raise Unreadable(NO_ANSWER)
    rest = {name: item for name, item in value.items() if name != key}
    votes = _votes(rest)
    votes = votes or _votes(_answering(talk, exchange.answer).copy())
    rate = thumb(inside(rest, "conversation_metadata").get("rate"))
    if not votes and rate:
        votes = [{"signal": rate}]
    fields: dict[str, Any] = {"feedback": votes}
    for field, names in FIELDS.items():
        name = next((name for name in names.split() if _plain(field, rest.get(name))), None)
        if name:
            fields[field] = _plain(field, rest.pop(name))
    for name in ("sources", "tags", "consent"):
        fields[name] = rest.pop(name, None)
    metadata = rest.pop("metadata", None)
    rest |= metadata if isinstance(metadata, dict) else {"metadata": metadata}
    fields["metadata"] = without_empty(rest)
    return [line_of(exchange, fields)]


def read_fastchat(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read one line of FastChat's server log: `{tstamp, type: chat|upvote|downvote|flag, model, ip,
    state: {messages: [[role, text]], roles, offset, system_message, conv_id}}` (lm-sys/FastChat,
    `fastchat/serve/gradio_web_server.py`).

    A vote is a later line that holds the conversation again. So that it meets its answer, the id
    is made of the conversation's id and a keyed hash of the exchange. Without one the time is left
    out, because the id that the pipeline makes of the content has the time in it. The ip, which is
    a person's, is left behind. Raises `Unreadable`.
    """
    state = inside(value, "state")
    exchange = exchange_in(_fastchat_turns(state))
    if exchange is None:
        raise Unreadable(NO_ANSWER)
    kind = value.get("type")
    signal: Signal | None = {"upvote": "up", "downvote": "down"}.get(str(kind))  # type: ignore[assignment]
    at = value.get("tstamp")
    talk = label(state.get("conv_id"))
    texts = (exchange.question, exchange.answer)
    fields = {
        "id": f"{talk}-{keyed_hash('fastchat', talk, *texts)}" if talk else None,
        "logged_at": at if talk else None,
        "feedback": [without_empty({"signal": signal, "at": at})] if signal else [],
        "model": label(value.get("model")) or label(state.get("model_name")),
        "session_id": talk,
        "metadata": {"flagged": True} if kind == "flag" else {},
    }
    return [line_of(exchange, fields)]


def _fastchat_turns(state: dict[str, Any]) -> list[Turn]:
    """The turns by the roles that the model's template has; its example turns are left out."""
    names, offset, messages = state.get("roles"), state.get("offset"), state.get("messages")
    if not isinstance(messages, list):
        return []
    start = offset if isinstance(offset, int) and offset > 0 else 0
    roles = ("user", "assistant")
    known = dict(zip(map(str, names), roles, strict=False)) if isinstance(names, list) else {}
    system = state.get("system_message")
    turns = [Turn("system", system)] if isinstance(system, str) and system.strip() else []
    for message in messages[start:]:
        if not isinstance(message, list) or len(message) < 2:
            turns += read_messages(message)
            continue
        role, content = message[:2]
        # A message with pictures is [text, [picture, …]].
        text = said(content[0]) if isinstance(content, list) and content else said(content)
        if text and str(role) in known:
            turns.append(Turn(known[str(role)], text))
        elif text:
            turns += read_messages([[role, text]])
    return turns


def _votes(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The votes on a record or message; what was understood is taken out of it."""
    for name in (*THUMBS, *SCALES):
        given = record.get(name)
        listed = given if isinstance(given, list) else [given]
        votes = [vote for each in listed if (vote := _vote(name, each, record))]
        if votes and len(votes) == len(listed):
            del record[name]
            return votes
    return []


def _vote(name: str, given: Any, record: dict[str, Any]) -> dict[str, Any] | None:
    holder = given if isinstance(given, dict) else record
    if isinstance(given, dict):
        names = ("signal", "thumb", "type", "value", *SCALES)
        name = next((each for each in names if not is_empty(given.get(each))), "")
        given = given.get(name)
    # A message has its own text and content: they are no comments on it.
    comments = COMMENTS if holder is not record else COMMENTS[:4]
    signal = given if given in ("edit", "retry", "resolved") else thumb(given)
    if signal is None or (name in SCALES and _is_number(given)):
        return None
    tags = holder.get("tags") if holder is not record else None
    return without_empty(
        {
            "signal": signal,
            "comment": _taken(holder, comments),
            "correction": _taken(holder, CORRECTIONS),
            "rater": label(holder.get("rater")),
            "at": holder.get("at"),
            "tags": tags,
        }
    )


def _is_number(value: Any) -> bool:
    text = str(value).strip().lstrip("+-")
    return not isinstance(value, bool) and text.replace(".", "", 1).isdigit()


def _taken(holder: dict[str, Any], names: list[str]) -> str | None:
    texts = (holder.get(name) for name in names)
    return next((text for text in texts if isinstance(text, str) and text.strip()), None)


def _answering(talk: Any, answer: str) -> dict[str, Any]:
    """The message that holds the answer."""
    listed = talk if isinstance(talk, list) else inside(talk).get("messages")
    found = (item for item in reversed(objects(listed)) if text_of([item]) == answer)
    return next(found, {})


def _plain(field: str, item: Any) -> Any:
    return moment(item) if field == "logged_at" else label(item)
