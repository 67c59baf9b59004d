"""Digs question, answer and documents out of the inputs and outputs of a Langfuse trace."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from core.load.tools.messages import read_messages, text_of
from core.load.tools.thumbs import without_empty
from core.load.tools.unwrap import decoded
from core.records import Turn

ASKED_KEYS = (
    "new_message question query prompt user_input user_query user_message input inputs message "
    "request kwargs args text content"
).split()
"""`new_message` is Google ADK's, `kwargs` and `args` are those of a function under `@observe`."""
ANSWERED_KEYS = (
    "answer response result completion reply final_answer final_output generated_text outputs"
).split()
BEFORE_KEYS = ("chat_history", "history")

DOCUMENT_KEYS = "documents results sources content messages output data items result".split()
URI_KEYS = "url uri link href source_url source_uri source".split()
TITLE_KEYS = "title name".split()
TEXT_KEYS = "text content page_content snippet description body".split()
LOOKUP = re.compile(r"tool|search|retriev", re.IGNORECASE)
MOST_SOURCES = 20
DEEPEST = 4


class Asked(NamedTuple):
    """A question and what was said before it."""

    history: tuple[Turn, ...]
    text: str


def asked(value: Any, left: int = DEEPEST) -> Asked | None:
    """The question in an input: of messages the last by the user, else a text by its key."""
    turns = read_messages(value)
    for place in range(len(turns) - 1, -1, -1):
        if turns[place].role == "user":
            return Asked(tuple(turns[:place]), turns[place].content)
    inner = decoded(value)
    if isinstance(inner, dict) and left:
        for key in ASKED_KEYS:
            if found := asked(inner.get(key), left - 1):
                return Asked((*_before(inner), *found.history), found.text)
        return None
    if isinstance(inner, list):
        # The arguments of a function: the question is the first text.
        return next((Asked((), item) for item in inner if isinstance(item, str) and item), None)
    text = text_of(inner)
    return Asked((), text) if text else None


def answered(value: Any) -> str | None:
    """The answer in an output: a message's text, else a text by its key."""
    inner = decoded(value)
    text = text_of(inner)
    if text is None and isinstance(inner, dict):
        texts = (text_of(inner.get(key)) for key in ANSWERED_KEYS)
        text = next((found for found in texts if found), None)
    return text


def sources(observations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents with a link that searches and tools gave back, each once."""
    found: dict[str, dict[str, Any]] = {}
    for item in observations:
        kind, name = item.get("type"), item.get("name")
        if kind in ("RETRIEVER", "TOOL") or (isinstance(name, str) and LOOKUP.search(name)):
            for document in _documents(item.get("output"), DEEPEST):
                found.setdefault(document["uri"], document)
    return list(found.values())[:MOST_SOURCES]


def _before(value: dict[str, Any]) -> list[Turn]:
    turns = [turn for key in BEFORE_KEYS for turn in read_messages(value.get(key))]
    system = value.get("system")
    return [Turn("system", system), *turns] if isinstance(system, str) and system else turns


def _documents(value: Any, left: int) -> Iterator[dict[str, Any]]:
    value = decoded(value)
    if isinstance(value, list) and left:
        for item in value:
            yield from _documents(item, left - 1)
    elif isinstance(value, dict):
        if document := _document(value):
            yield document
        elif left:
            for key in DOCUMENT_KEYS:
                if isinstance(value.get(key), str | list | dict):
                    yield from _documents(value[key], left - 1)


def _document(value: dict[str, Any]) -> dict[str, Any] | None:
    """`{url, title, description}` or LangChain's `{page_content, metadata: {source, title}}`."""
    inner = value.get("metadata")
    known = {**inner, **value} if isinstance(inner, dict) else value
    uri = _first(known, URI_KEYS)
    title, text = _first(known, TITLE_KEYS), _first(known, TEXT_KEYS)
    if not uri or "://" not in uri or not (title or text):
        return None
    return without_empty({"title": title, "uri": uri, "text": text})


def _first(value: dict[str, Any], keys: list[str]) -> str | None:
    texts = (value.get(key) for key in keys)
    return next((text for text in texts if isinstance(text, str) and text.strip()), None)
