"""Takes out what stands as JSON, or as a Python repr, inside a text.

langfuse/langfuse writes a trace's input and output as JSON inside a JSON text, and of an agent that
gave it a Python dict the repr: `"{'role': 'assistant', 'text': \\"…\\"}"`.
"""

import ast
import re
from typing import Any

import msgspec

DEEPEST = 40
"""How deep inside a text may be nested; what real tools log ends at about ten."""
LAYERS = 4
"""How often JSON may stand as a text inside JSON."""
LONGEST_REPR = 200_000
"""Longer texts are not tried as Python: its parser takes a hundred times their memory."""

_PYTHON = re.compile(r"(\[\s*)?\{\s*'[^'\\]{1,100}'\s*:")


def unwrapped(text: str) -> str | dict[str, Any] | list[Any] | None:
    """One layer: the text, object or list that a text holds; None when it is just a text."""
    if text.lstrip()[:1] + text.rstrip()[-1:] not in ('""', "{}", "[]"):
        return None
    try:
        inner = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        inner = _python(text)
    return inner if isinstance(inner, str | dict | list) and _is_shallow(inner, DEEPEST) else None


def decoded(value: Any) -> Any:
    """All layers: the object or list that a text holds in the end; else the value itself."""
    inner = value
    for _ in range(LAYERS):
        if not isinstance(inner, str):
            break
        inner = unwrapped(inner)
    return inner if isinstance(inner, dict | list) else value


def _python(text: str) -> Any:
    if len(text) > LONGEST_REPR or not _PYTHON.match(text := text.strip()):
        return None
    try:
        # By way of JSON: tuples become lists, and what has no place in a log is refused.
        return msgspec.json.decode(msgspec.json.encode(ast.literal_eval(text)))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, OverflowError):
        return None


def _is_shallow(value: Any, left: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return left > 0 and all(_is_shallow(item, left - 1) for item in inner)
