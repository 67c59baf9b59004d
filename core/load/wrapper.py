"""Tells a JSON document that is a record from one that is wrapped around lists of records.

`{"export_info": {...}, "feedback_data": [{...}]}` wraps records; `{"question": ..., "answer": ...,
"sources": [{...}]}` is one.
"""

from collections.abc import Callable, Iterator
from typing import Any

from core.load.guess import has_text
from core.load.names import has_exchange, is_header, names_text
from core.load.tools import recognise

Path = tuple[str, ...]
Judgement = Callable[[dict[str, Any]], bool]

DEEPEST = 3
LOOKED_AT = 5


def records_in(document: dict[str, Any]) -> list[Path]:
    """Under which keys records stand, in lists or in objects by their ids; nothing when the
    document is a record itself."""
    named = [key for key in document if names_text(key)]
    if recognise(document) or len(named) > 1:
        return []
    if not named and _holds(document, has_exchange):
        return [()]
    # Beside one text, `{"message": "ok", "data": [...]}`, only whole exchanges make it a wrapper.
    sure = list(_found(document, (), _is_record))
    likely = list(_found(document, (), lambda each: _is_record(each) or has_text(each)))
    if sure or (likely and not named):
        return likely
    if has_text(document):
        return []
    # Names that nobody knows: the longest list, unless there are texts beside it.
    lists = [key for key, item in document.items() if isinstance(item, list) and _objects(item)]
    texts = [item for item in document.values() if isinstance(item, str) and " " in item]
    return [(max(lists, key=lambda key: len(document[key])),)] if lists and len(texts) < 2 else []


def _is_record(value: dict[str, Any]) -> bool:
    return is_header(list(value)) or recognise(value) is not None


def _found(value: dict[str, Any], path: Path, likely: Judgement) -> Iterator[Path]:
    for key, item in value.items():
        # An object of objects is rather a record with parts, unless the parts are exchanges.
        if _holds(item, has_exchange if isinstance(item, dict) else likely):
            yield (*path, key)
        elif isinstance(item, dict) and len(path) < DEEPEST:
            yield from _found(item, (*path, key), likely)


def _holds(value: Any, likely: Judgement) -> bool:
    return any(map(likely, _objects(value)[:LOOKED_AT]))


def _objects(value: Any) -> list[dict[str, Any]]:
    """What is in a list or an object that holds nothing but objects."""
    members = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(members, list) or not all(isinstance(each, dict) for each in members):
        return []
    return members
