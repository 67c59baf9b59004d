"""Why a record cannot be read, said in one way by the whole room."""

from typing import Any


class Unreadable(Exception):
    """Why a record cannot be read, in words that never quote it."""


def kind_of(value: Any) -> str:
    """What a JSON value is, in words for such a reason."""
    if value is None:
        return "null"
    names = {bool: "true or false", str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")
