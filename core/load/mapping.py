"""Reads a log whose fields have other names: which of our fields is which of theirs.

A mapping is `{our field: their key}`; their key may be a path with dots (`data.answer.text`), an
exact key comes first. `feedback` may be taken apart: `signal`, `correction` and `comment` map to
keys anywhere in the record.
"""

from collections.abc import Mapping
from typing import Any

from core.records import Interaction

VOTE = ("signal", "correction", "comment")
FIELDS = tuple(
    name
    for name in (*Interaction.__struct_fields__, *VOTE, "interaction_id", "at", "type")
    if name not in ("sealed", "found")
)

_MISSING = object()


class MappingError(ValueError):
    """The mapping names a field that there is not."""


def parse_mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read `question=Query` pairs. Raises `MappingError`."""
    mapping = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not theirs:
            raise MappingError(f"{pair} is not of the form question=Query")
        if ours not in FIELDS:
            raise MappingError(f"{ours} is no field; the fields are {', '.join(FIELDS)}")
        mapping[ours] = theirs
    return mapping


def renamed(value: dict[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """The record under our names; what is not mapped stays as it is."""
    result = dict(value)
    found = {ours: _taken(result, theirs) for ours, theirs in mapping.items()}
    result |= {ours: item for ours, item in found.items() if item is not _MISSING}
    alone = "interaction_id" in result and "question" not in result
    vote = {name: result.pop(name) for name in VOTE if name in mapping and name in result}
    if vote and alone:
        result |= vote
    elif vote.get("signal"):
        result["feedback"] = vote
    return result


def _taken(value: dict[str, Any], key: str) -> Any:
    """Take what stands at a key or path out of the record."""
    if key in value:
        return value.pop(key)
    first, dot, rest = key.partition(".")
    if dot and isinstance(value.get(first), dict):
        # A copy: the record is somebody else's.
        value[first] = inner = dict(value[first])
        item = _taken(inner, rest)
        if not inner:
            del value[first]
        return item
    return _MISSING
