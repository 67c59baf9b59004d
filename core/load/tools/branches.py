"""Conversations that branch: an answer asked for again stands beside the first, under one question.

Every message has a parent, so each answer has a history of its own: the way up to the root. Logs
hold messages whose parents are missing, and broken ones circles; neither may stop the reading.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from core.load.tools.messages import Exchange, exchange_in, text_of
from core.load.tools.thumbs import without_empty
from core.load.unreadable import Unreadable
from core.records import Turn

LONGEST = 100
"""Messages of history an answer keeps: a chat of n answers would else grow with the square of n."""

NO_ANSWER = "there is no answer in this conversation"
NO_QUESTION = "the question to this answer is not in the log"
CIRCLE = "the messages of this conversation refer to each other in a circle"


class Node(NamedTuple):
    """A message: its parent, who said what, and the record it comes from."""

    parent: str | None
    role: str | None
    text: str | None
    raw: dict[str, Any]


Tree = dict[str, Node]


def exchange_at(tree: Tree, id_: str) -> Exchange:
    """The answer with this id, its question, and what was said above them. Raises `Unreadable`."""
    path: list[Node] = []
    seen: set[str] = set()
    here: str | None = id_
    while here is not None and here in tree and len(path) < LONGEST:
        if here in seen:
            raise Unreadable(CIRCLE)
        seen.add(here)
        path.append(tree[here])
        here = tree[here].parent
    turns = [
        Turn(node.role, node.text)
        for node in reversed(path)
        if node.text and node.role and node.role != "tool"
    ]
    exchange = exchange_in(turns)
    if exchange is None:
        raise Unreadable(NO_QUESTION)
    return exchange


def answers(tree: Tree, make: Callable[[str, Node], dict[str, Any]]) -> list[dict[str, Any]]:
    """One line for every answer in a tree; `make` gives what it has besides the texts.

    Answers whose question is missing are left out as long as there are others (a greeting has
    none). Raises `Unreadable` when no answer is left.
    """
    lines = []
    reason = NO_ANSWER
    for id_, node in tree.items():
        if node.role != "assistant" or not node.text:
            continue
        try:
            exchange = exchange_at(tree, id_)
        except Unreadable as problem:
            reason = str(problem)
        else:
            lines.append(line_of(exchange, make(id_, node)))
    if not lines:
        raise Unreadable(reason)
    return lines


def line_of(exchange: Exchange, fields: dict[str, Any]) -> dict[str, Any]:
    """One of our lines: an exchange, and what else is known of it."""
    history = [{"role": turn.role, "content": turn.content} for turn in exchange.history]
    texts = {"question": exchange.question, "answer": exchange.answer, "history": history}
    return without_empty({**fields, **texts})


def tree_of(nodes: Iterable[tuple[Any, Any, Node]], *, linear: bool = False) -> Tree:
    """A tree of `(id, parent's id, node)`; a message without an id gets its place as one.

    `linear`: the log says nothing of parents, each message answers the one before.
    """
    tree: Tree = {}
    before = None
    for place, (given, parent, node) in enumerate(nodes):
        id_ = label(given) or f"#{place}"
        tree[id_] = node._replace(parent=before if linear else label(parent))
        before = id_
    return tree


def said(value: Any) -> str | None:
    """The text of a message's content, which is never unwrapped: users do paste JSON."""
    return (value if value.strip() else None) if isinstance(value, str) else text_of(value)


def label(value: Any) -> str | None:
    """An id as a text; MongoDB exports it as `{"$oid": "…"}`."""
    if isinstance(value, dict):
        value = value.get("$oid")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def moment(value: Any) -> Any:
    """A time as it is; MongoDB exports it as `{"$date": …}`."""
    return value.get("$date") if isinstance(value, dict) else value


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; of anything else none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def inside(value: Any, *keys: str) -> dict[str, Any]:
    """The object under these keys; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
