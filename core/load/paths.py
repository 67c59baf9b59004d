"""Finds a value in a record: `answer`, `data.answer.text`, `turns[0].text`, `errors[].explanation`.

A key that stands at the top exactly as written comes first, so that keys with spaces or dots need
no quoting. `[]` is every element of a list: the result is a list.
"""

import re
from typing import Any

MISSING = object()
_PART = re.compile(r"\[(-?\d*)\]")


def find(value: Any, path: str) -> Any:
    """What stands at a path, or `MISSING`."""
    if isinstance(value, dict) and path in value:
        return value[path]
    found = [value]
    many = False
    for step in _steps(path):
        if step == []:
            many = True
            found = [each for item in found if isinstance(item, list) for each in item]
        else:
            found = [each for item in found if (each := _one(item, step)) is not MISSING]
    if many:
        return found or MISSING
    return found[0] if found else MISSING


def without(value: dict[str, Any], paths: set[str]) -> dict[str, Any]:
    """A copy of a record without what stands at these paths, and without what that leaves empty."""
    result = dict(value)
    for path in paths:
        if path in result:
            del result[path]
            continue
        steps = []
        for step in _steps(path):
            if not isinstance(step, str):
                break  # of a list all goes
            steps.append(step)
        _remove(result, steps)
    return result


def root(path: str, record: dict[str, Any]) -> str:
    """The key at the top of a record where a path begins."""
    first = _steps(path)[0]
    return path if path in record or not isinstance(first, str) else first


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


def _remove(value: dict[str, Any], steps: list[str]) -> None:
    first, *rest = steps or [""]
    if first not in value:
        return
    if not rest:
        del value[first]
    elif isinstance(value[first], dict):
        # A copy: the record is somebody else's.
        value[first] = inner = dict(value[first])
        _remove(inner, rest)
        if not inner:
            del value[first]
