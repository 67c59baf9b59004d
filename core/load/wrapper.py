"""Tells a JSON document that is a record from one that is wrapped around lists of records.

`{"export_info": {...}, "feedback_data": [{...}]}` wraps records; `{"question": ..., "answer": ...,
"sources": [{...}]}` is one.
"""

from collections.abc import Iterator
from typing import Any

from core.load.guess import has_exchange, has_text, names_text
from core.load.tools import recognise

Path = tuple[str, ...]

DEEPEST = 3
LOOKED_AT = 5


def records_in(document: dict[str, Any]) -> list[Path]:
    """Under which keys records stand, in lists or in objects by their ids; nothing when the
    document is a record itself."""
    named = [key for key in document if names_text(key)]
    if recognise(document) or len(named) > 1:
        return []
    if not named and _holds_records(document):
        return [()]
    keys = named or document
    found = [path for key in keys for path in _found(document[key], (key,))]
    if found or has_text(document):
        return found
    # Names that nobody knows: the longest list, unless there are texts beside it.
    lists = [key for key, item in document.items() if isinstance(item, list) and _objects(item)]
    texts = [item for item in document.values() if isinstance(item, str) and " " in item]
    return [(max(lists, key=lambda key: len(document[key])),)] if lists and len(texts) < 2 else []


def _found(value: Any, path: Path) -> Iterator[Path]:
    if _holds_records(value):
        yield path
    elif isinstance(value, dict) and len(path) < DEEPEST:
        for key, item in value.items():
            yield from _found(item, (*path, key))


def _holds_records(value: Any) -> bool:
    # An object of objects is rather a record with parts, unless the parts are whole exchanges.
    likely = has_exchange if isinstance(value, dict) else has_text
    return any(recognise(each) or likely(each) for each in _objects(value)[:LOOKED_AT])


def _objects(value: Any) -> list[dict[str, Any]]:
    """What is in a list or an object that holds nothing but objects."""
    members = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(members, list) or not all(isinstance(each, dict) for each in members):
        return []
    return members
