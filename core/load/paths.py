"""Finds a value in a record: `answer`, `data.answer.text`, `turns[0].text`, `errors[].explanation`.

A key that stands there exactly as written comes first, so that keys with spaces or dots need no
quoting. `[]` is every element of a list: the result is a list.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

MISSING = object()
_PART = re.compile(r"\[(-?\d*)\]")


def find(value: Any, path: str) -> Any:
    """What stands at a path, or `MISSING`. Of a list's elements one without it gives None."""
    if isinstance(value, dict) and path in value:
        return value[path]
    found = [value]
    many = False
    for step in _steps(path):
        if step == []:
            many = True
            found = [each for item in found if isinstance(item, list) for each in item]
        else:
            found = [_one(item, step) for item in found]
    if many:
        known = [None if each is MISSING else each for each in found]
        return known if any(each is not None for each in known) else MISSING
    if found[0] is MISSING and isinstance(value, dict):
        return _dotted(value, path)
    return found[0]


def without(value: dict[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """A copy of a record without what stands at these paths, and without what that leaves empty."""
    result = dict(value)
    for path in paths:
        _remove(result, path.partition("[")[0].rstrip("."))  # of a list all goes
    return result


def root(path: str, record: dict[str, Any]) -> str:
    """The key at the top of a record where a path begins."""
    first = _steps(path)[0]
    return path if path in record or not isinstance(first, str) else first


def _dotted(value: dict[str, Any], path: str) -> Any:
    """What stands at a path of which a part is a key with dots: `attributes` of `input.value`."""
    for place in (place for place, sign in enumerate(path) if sign == "."):
        inner = value.get(path[:place])
        if isinstance(inner, dict) and (found := find(inner, path[place + 1 :])) is not MISSING:
            return found
    return MISSING


@lru_cache(maxsize=4096)
def _steps(path: str) -> list[str | int | list[None]]:
    steps: list[str | int | list[None]] = []
    for part in path.split("."):
        name, bracket, rest = part.partition("[")
        if name or not bracket:
            steps.append(name)
        steps += [int(number) if number else [] for number in _PART.findall(bracket + rest)]
    return steps


def _one(item: Any, step: str | int | list[None]) -> Any:
    if isinstance(step, str):
        return item.get(step, MISSING) if isinstance(item, dict) else MISSING
    if isinstance(item, list) and isinstance(step, int) and -len(item) <= step < len(item):
        return item[step]
    return MISSING


def _remove(value: dict[str, Any], path: str) -> None:
    if path in value:
        del value[path]
        return
    for place in (place for place, sign in enumerate(path) if sign == "."):
        first = path[:place]
        if isinstance(value.get(first), dict):
            # A copy: the record is somebody else's.
            inner = dict(value[first])
            _remove(inner, path[place + 1 :])
            if inner != value[first]:
                value[first] = inner
                if not inner:
                    del value[first]
                return
