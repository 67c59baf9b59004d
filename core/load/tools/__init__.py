"""Readers for tools whose records need code to be understood.

Most logs only have other names for our fields, and a preset in TOML says which. Here is the rest:
messages in a dozen dialects, conversations that branch, JSON inside texts, scores by judges beside
thumbs by people. A reader takes one record and gives our own lines as `core.load.native` reads
them: one for every answer in it, or a vote alone. It raises `Unreadable`, with a reason that never
quotes what was logged, and nothing else.
"""

from collections.abc import Callable
from typing import Any

from core.load.tools.annotations import (
    read_chainlit_feedback,
    read_langfuse_score,
    read_langsmith_feedback,
    read_phoenix_annotation,
)
from core.load.tools.branches import inside, objects
from core.load.tools.conversations import TALK_KEYS, read_conversation, read_fastchat
from core.load.tools.langfuse import read_trace
from core.load.tools.messages import role_of
from core.load.tools.openwebui import read_openwebui_chat, read_openwebui_feedback
from core.load.tools.trees import read_chat_ui, read_chatgpt, read_librechat
from core.load.tools.unwrap import decoded

__all__ = ["READERS", "Reader", "recognise"]

Reader = Callable[[dict[str, Any]], list[dict[str, Any]]]

READERS: dict[str, Reader] = {
    "langfuse": read_trace,
    "langfuse_score": read_langfuse_score,
    "openwebui_feedback": read_openwebui_feedback,
    "openwebui_chat": read_openwebui_chat,
    "chatgpt": read_chatgpt,
    "chat_ui": read_chat_ui,
    "librechat": read_librechat,
    "fastchat": read_fastchat,
    "langsmith_feedback": read_langsmith_feedback,
    "phoenix_annotation": read_phoenix_annotation,
    "chainlit_feedback": read_chainlit_feedback,
    "conversation": read_conversation,
}

_ASKED = ("question", "query", "prompt")
_ANSWERED = ("answer", "response", "completion")


def recognise(value: dict[str, Any]) -> str | None:
    """The name of the reader for a record, by keys that nothing else has; None when in doubt."""
    if not isinstance(value, dict) or value.get("type") == "feedback":
        return None
    if any(key in value for key in _ASKED) and any(key in value for key in _ANSWERED):
        return None  # a flat record, whatever else it holds
    return _by_keys(value) or _by_messages(value)


def _by_keys(value: dict[str, Any]) -> str | None:
    trace = inside(value, "trace")
    is_trace = {"id", "input", "output"} <= trace.keys() and "observations" in value
    if is_trace or {"id", "timestamp", "input", "output", "release", "sessionId"} <= value.keys():
        return "langfuse"
    if {"traceId", "source", "dataType", "name"} <= value.keys():
        return "langfuse_score"
    if "message_id" in inside(value, "meta") and "rating" in inside(value, "data"):
        return "openwebui_feedback"
    if inside(value, "chat", "history", "messages"):
        return "openwebui_chat"
    if any(
        isinstance(node, dict) and "message" in node for node in inside(value, "mapping").values()
    ):
        return "chatgpt"
    if {"tstamp", "type"} <= value.keys() and isinstance(
        inside(value, "state").get("messages"), list
    ):
        return "fastchat"
    if {"run_id", "key", "score"} <= value.keys():
        return "langsmith_feedback"
    if {"annotator_kind", "result"} <= value.keys():
        return "phoenix_annotation"
    return "chainlit_feedback" if {"forId", "value"} <= value.keys() else None


def _by_messages(value: dict[str, Any]) -> str | None:
    key = next((key for key in TALK_KEYS if value.get(key)), None)
    talk = decoded(value[key]) if key else None
    messages = objects(talk)
    for message in messages:
        if "isCreatedByUser" in message and "messageId" in message:
            return "librechat"
        if "from" in message and ("ancestors" in message or "score" in message):
            return "chat_ui"
    roles = [role_of(message) for message in messages]
    return "conversation" if "assistant" in roles and "user" in roles else None
