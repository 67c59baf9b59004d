"""Reads the documents an agent leaned on, in whatever form a log has them.

Seen in the wild: one text or link, a list of them, texts joined by `|`, `[title, sentence, ...]`,
objects under many names, LangChain's `{page_content, metadata}`, and JSON of all that in a string.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from core.load.unreadable import Unreadable
from core.records import Source

TITLE = (
    "title page_title name document document_name source_pdf file_name filename file source".split()
)
URI = "uri url link href source_url source_uri source path".split()
TEXT = "text content page_content section_content chunk snippet passage excerpt body quote".split()
PAGE = ("page", "page_number")


def read_sources(value: Any) -> tuple[Source, ...]:
    """Read a value as sources; empty ones are none. Raises `Unreadable`."""
    return tuple(_sources(value, 0))


def _sources(value: Any, depth: int) -> Iterator[Source]:
    if value is None or depth > 3:
        return
    if isinstance(value, str):
        yield from _of_text(value.strip(), depth)
    elif isinstance(value, dict):
        yield from _of_object(value)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, list) and item and all(isinstance(part, str) for part in item):
                yield Source(title=item[0], text="\n".join(item[1:]) or None)
            else:
                yield from _sources(item, depth + 1)
    else:
        raise Unreadable("sources must be a list of texts or of {title, uri, text}")


def _of_text(text: str, depth: int) -> Iterator[Source]:
    if text[:1] in ("[", "{"):
        try:
            inside = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            inside = None
        if isinstance(inside, list | dict):
            yield from _sources(inside, depth + 1)
            return
    parts = text.split("|")
    lines = text.split()
    if len(lines) > 1 and all("://" in line for line in lines):
        parts = [line.rstrip(",;") for line in lines]
    for part in parts:
        if part := part.strip():
            yield Source(uri=part) if "://" in part else Source(title=part)


def _of_object(value: dict[str, Any]) -> Iterator[Source]:
    if any(not isinstance(value.get(name), str | None) for name in ("title", "uri", "text")):
        raise Unreadable("sources must be a list of texts or of {title, uri, text}")
    inner = value.get("metadata")
    known = {**inner, **value} if isinstance(inner, dict) else value
    lower = {str(key).lower(): item for key, item in known.items()}
    uri = _first(lower, URI)
    title = _first(lower, TITLE)
    text = _first(lower, TEXT)
    if uri and "://" not in uri and "uri" not in lower and "url" not in lower:
        # "source" and "path" are names of files as often as links.
        title, uri = title or uri, None
    elif title == uri:
        title = None
    page = next((lower[name] for name in PAGE if isinstance(lower.get(name), int | str)), None)
    if page is not None and title:
        title = f"{title}, page {page}"
    if not (title or uri or text):
        if not value or all(item in (None, "") for item in value.values()):
            return
        text = msgspec.json.encode(value).decode()
    yield Source(title=title, uri=uri, text=text)


def _first(value: dict[str, Any], names: list[str]) -> str | None:
    for name in names:
        item = value.get(name)
        if isinstance(item, str) and item.strip():
            return item
    return None
