"""Understands chat messages, whatever their dialect.

OpenAI chat and Responses API, Anthropic, Gemini, OpenTelemetry GenAI, LangChain and LangGraph,
ShareGPT, FastChat, ChatGPT's export and the text form of HH-RLHF. Shapes: what the traces of
langfuse/langfuse hold, and the repositories named in the modules beside this one.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from core.load.native import ROLES
from core.load.tools.unwrap import DEEPEST, LAYERS, decoded, unwrapped
from core.records import Turn

LIST_KEYS = ("messages", "conversation", "conversations", "contents", "choices", "candidates")
TEXT_KEYS = ("content", "text", "parts", "message", "value", "output_text", "output")

DIALECT = {"gpt": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant"}
DIALECT |= {"prompter": "user", "instruction": "system", "observation": "tool"}
DIALECT |= {"aimessage": "assistant", "aimessagechunk": "assistant", "humanmessage": "user"}
DIALECT |= {"systemmessage": "system", "toolmessage": "tool", "functionmessage": "tool"}
DIALECT |= {"tool_call": "tool", "function_call": "tool", "function_call_output": "tool"}
DIALECT |= ROLES

_NO_TEXT = re.compile(r"tool|function|call|think|thought|reason|image|audio|video|file")
_CHATGPT_TEXT = re.compile(r"text|multimodal_text|audio_transcription")
_HH = re.compile(r"(?:^|\n\n)(Human|Assistant):")


class Exchange(NamedTuple):
    """A question and its answer, and what was said before them."""

    history: tuple[Turn, ...]
    question: str
    answer: str


def text_of(value: Any) -> str | None:
    """The plain text of a message, a message's content or a list of messages; None without one.

    Of a list of messages: of the last one by the assistant, else of the last. A text that holds
    JSON or a Python repr is unwrapped only when a message's text is inside: `{}` or `[1] see the
    docs` are texts that somebody wrote. Inside a message a text is what it is, never unwrapped:
    users do paste JSON.
    """
    return _outer_text(value, LAYERS)


def read_messages(value: Any) -> list[Turn]:
    """The messages of a conversation, oldest first, without those of tools and without empty ones.

    `value` is a list, an object that holds one, one message, or any of these as JSON in a text.
    """
    if isinstance(value, str):
        value = _spoken(value) or decoded(value)
    return list(_turns(value, DEEPEST))


def last_exchange(value: Any) -> Exchange | None:
    """The last answer of a conversation with its question; None where there are no such two."""
    return exchange_in(read_messages(value))


def exchange_in(turns: Sequence[Turn]) -> Exchange | None:
    """The last answer among these turns, the last question before it, and what came before that.

    What an assistant says between the two ("Let me look that up") is a step to the answer: not
    part of it, and not of what was said before the question either.
    """
    for end in range(len(turns) - 1, 0, -1):
        if turns[end].role == "assistant":
            for start in range(end - 1, -1, -1):
                if turns[start].role == "user":
                    before = tuple(turns[:start])
                    return Exchange(before, turns[start].content, turns[end].content)
            return None
    return None


def role_of(message: dict[str, Any]) -> str | None:
    """One of our four roles, by `role`, `from` (ShareGPT), `author.role` (ChatGPT) or `type`.

    None where no role is stated. A role that nobody knows is "system": a planner or a narrator of
    some framework stays in the history, and is never taken for a question or an answer.
    """
    author = message.get("author")
    by = author.get("role") if isinstance(author, dict) else None
    for role in (message.get("role"), message.get("from"), by):
        if isinstance(role, str) and role.strip():
            return DIALECT.get(role.strip().lower(), "system")
    kind = message.get("type")
    # OpenAI's "message", "text" and the like are kinds of content, not of speakers.
    return DIALECT.get(kind.lower()) if isinstance(kind, str) else None


def _outer_text(value: Any, layers: int) -> str | None:
    if not isinstance(value, str):
        text = _text(value, DEEPEST)
        return text if text and text.strip() else None
    inner = unwrapped(value) if layers else None
    if isinstance(inner, str):
        return _outer_text(inner, layers - 1)
    # A list without objects is an answer in JSON, not a message.
    if isinstance(inner, list) and not any(isinstance(item, dict) for item in inner):
        inner = None
    found = _outer_text(inner, layers - 1) if inner else None
    return found or (value if value.strip() else None)


def _text(value: Any, left: int) -> str | None:
    if isinstance(value, str) or left == 0:
        return value if isinstance(value, str) else None
    if isinstance(value, list):
        if any(isinstance(item, dict) and role_of(_opened(item)) for item in value):
            return _last_said(list(_turns(value, left)))
        return _joined(value, left)
    if not isinstance(value, dict):
        return None
    value = _opened(value)
    if _is_no_text(value):
        return None
    if role_of(value) is None:
        for key in LIST_KEYS:
            if isinstance(value.get(key), list) and (text := _text(value[key], left - 1)):
                return text
    for key in TEXT_KEYS:
        if text := _text(value.get(key), left - 1):
            return text
    # What the user was shown in the place of an answer.
    refusal = value.get("refusal")
    return refusal if isinstance(refusal, str) else None


def _joined(parts: list[Any], left: int) -> str | None:
    """The text of content parts.

    Neighbours are one text cut up (Anthropic cuts at citations, within a sentence), so nothing goes
    between them; a tool call or an image ends a paragraph.
    """
    texts = [_text(part, left - 1) for part in parts]
    groups = ["".join(filter(None, group)) for is_text, group in groupby(texts, bool) if is_text]
    return "\n\n".join(groups) or None


def _last_said(turns: list[Turn]) -> str | None:
    for turn in reversed(turns):
        if turn.role == "assistant":
            return turn.content
    return turns[-1].content if turns else None


def _turns(value: Any, left: int) -> Iterator[Turn]:
    if left == 0:
        return
    if isinstance(value, list):
        if _is_pair(value):
            yield from _turn(DIALECT[value[0].strip().lower()], value[1], left)
            return
        for item in value:
            if isinstance(item, dict | list):
                yield from _turns(item, left - 1)
    elif isinstance(value, dict):
        value = _opened(value)
        if (role := role_of(value)) is not None:
            yield from _turn(role, value, left)
            return
        for key in (*LIST_KEYS, "message", "new_message", "content", "output"):
            inner = decoded(value.get(key)) if key in LIST_KEYS else value.get(key)
            if isinstance(inner, dict | list):
                yield from _turns(inner, left - 1)
                return


def _turn(role: str, content: Any, left: int) -> Iterator[Turn]:
    text = _text(content, left - 1) if role != "tool" else None
    if text and text.strip():
        yield Turn(role, text)


def _opened(message: dict[str, Any]) -> dict[str, Any]:
    """A message as it is, taken out of what LangChain wraps around it.

    `{"lc": 1, "id": [..., "HumanMessage"], "kwargs": {...}}` or `{"type": "human", "data": {...}}`.
    """
    inner = message.get("kwargs") if "lc" in message else message.get("data")
    path = message.get("id") if "lc" in message else [message.get("type")]
    if not isinstance(inner, dict) or not isinstance(path, list) or not path:
        return message
    known = isinstance(path[-1], str) and path[-1].lower() in DIALECT
    return {**inner, "type": path[-1]} if known else message


def _is_no_text(value: dict[str, Any]) -> bool:
    """Whether this is a tool call or its result, a thought, an image or the like."""
    if value.get("thought") is True or role_of(value) == "tool":
        return True
    kind = value.get("content_type")  # ChatGPT's; elsewhere a MIME type
    if isinstance(kind, str) and not _CHATGPT_TEXT.match(kind):
        return True
    kind = value.get("type")
    return isinstance(kind, str) and bool(_NO_TEXT.search(kind.lower()))


def _is_pair(value: list[Any]) -> bool:
    """Whether this is `["user", "Hello"]`: FastChat and LangGraph write messages so."""
    first = value[0] if len(value) == 2 else None
    return isinstance(first, str) and first.strip().lower() in DIALECT


def _spoken(text: str) -> list[dict[str, str]] | None:
    """The turns of HH-RLHF's form, `\\n\\nHuman: …\\n\\nAssistant: …`; None of any other text."""
    if not text.lstrip().startswith("Human:") or "\n\nAssistant:" not in text:
        return None
    parts = _HH.split(text.strip())[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [{"role": role, "content": said.strip()} for role, said in pairs]
