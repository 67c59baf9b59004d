"""Reads what Open WebUI exports: feedback with a picture of its chat, and chats.

Seen in open-webui/open-webui, `backend/open_webui/models/feedbacks.py`.
"""

import re
from typing import Any

from core.load.tools.branches import (
    NO_ANSWER,
    Node,
    Tree,
    answers,
    exchange_at,
    inside,
    label,
    line_of,
    objects,
    said,
    tree_of,
)
from core.load.tools.messages import role_of
from core.load.tools.thumbs import is_empty, thumb, without_empty
from core.load.unreadable import Unreadable

_WORKINGS = re.compile(r'<details type="(?:reasoning|tool_calls|code_interpreter)"[^>]{0,500}>')
_END = "</details>"


def read_openwebui_feedback(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read one rating: `{user_id, data: {rating, reason, comment, tags, details, model_id}, meta:
    {message_id, chat_id}, snapshot: {chat: {chat: {history: {messages: {id: {parentId}}}}}}}`.

    The line has the message's id, so that the same answer in a chat export, or rated again, is the
    same interaction. Without the picture of the chat it is a vote alone. Raises `Unreadable`.
    """
    data, meta = inside(value, "data"), inside(value, "meta")
    id_ = label(meta.get("message_id"))
    if id_ is None:
        raise Unreadable("the record does not say which message it rates")
    vote = _vote(data, rater=value.get("user_id"), at=value.get("updated_at"))
    if vote and "at" not in vote and value.get("created_at"):
        vote["at"] = value["created_at"]
    tree = _tree(inside(value, "snapshot", "chat", "chat", "history", "messages"))
    if id_ not in tree:
        if vote is None:
            raise Unreadable("there is neither a vote nor a conversation in this record")
        return [{"type": "feedback", "interaction_id": id_, **vote}]
    node = tree[id_]
    if node.role != "assistant" or not node.text:
        raise Unreadable(NO_ANSWER)
    fields = _fields(id_, node, chat_id=meta.get("chat_id"), user=value.get("user_id"))
    fields["model"] = fields["model"] or label(data.get("model_id"))
    siblings = {"sibling_model_ids": data.get("sibling_model_ids"), "arena": meta.get("arena")}
    fields["metadata"] = without_empty(siblings | _details(data))
    tags = data.get("tags")
    fields["tags"] = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    fields["feedback"] = [vote] if vote else []
    return [line_of(exchange_at(tree, id_), fields)]


def read_openwebui_chat(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read one chat: `{id, user_id, chat: {history: {messages: {…}}}}`, one line for every answer.

    A message's thumb stands in its `annotation`. Raises `Unreadable`.
    """
    user = value.get("user_id")
    chat_id = label(value.get("id")) or label(inside(value, "chat").get("id"))

    def make(id_: str, node: Node) -> dict[str, Any]:
        note = inside(node.raw, "annotation")
        vote = _vote(note, rater=user)
        fields = _fields(id_, node, chat_id=chat_id, user=user)
        return fields | {"feedback": [vote] if vote else [], "metadata": _details(note)}

    return answers(_tree(inside(value, "chat", "history", "messages")), make)


def _tree(messages: dict[str, Any]) -> Tree:
    nodes = []
    for id_, raw in messages.items():
        if isinstance(raw, dict):
            text = _without_workings(said(raw.get("content")))
            nodes.append((id_, raw.get("parentId"), Node(None, role_of(raw), text, raw)))
    return tree_of(nodes)


def _fields(id_: str, node: Node, *, chat_id: Any, user: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "logged_at": node.raw.get("timestamp"),
        "sources": _sources(node.raw),
        "model": label(node.raw.get("model")),
        "session_id": chat_id,
        "user": user,
    }


def _vote(given: dict[str, Any], *, rater: Any, at: Any = None) -> dict[str, Any] | None:
    """`{rating: 1 | -1 | "1" | "-1", reason, comment}`; a rating of nothing is no vote."""
    signal = thumb(given.get("rating"))
    if signal is None:
        return None
    reason = given.get("reason")
    return without_empty(
        {
            "signal": signal,
            "comment": said(given.get("comment")),
            "tags": [reason] if isinstance(reason, str) and reason.strip() else [],
            "rater": rater,
            "at": at,
        }
    )


def _details(given: dict[str, Any]) -> dict[str, Any]:
    """The mark from 1 to 10 that may go with a thumb."""
    mark = inside(given, "details").get("rating")
    return {} if is_empty(mark) else {"rating": mark}


def _sources(message: dict[str, Any]) -> list[dict[str, Any]]:
    """`sources: [{source: {name, url}, document: ["…"], metadata: [{source}]}]`."""
    found = []
    for item in objects(message.get("sources")):
        source = inside(item, "source")
        texts = item.get("document")
        first = [text for text in texts if isinstance(text, str)] if isinstance(texts, list) else []
        links = [source.get("url"), *(each.get("source") for each in objects(item.get("metadata")))]
        uri = next((link for link in links if isinstance(link, str) and "://" in link), None)
        title = source.get("name") if isinstance(source.get("name"), str) else None
        document = without_empty({"title": title, "uri": uri, "text": "\n\n".join(first)})
        found += [document] if document else []
    return found


def _without_workings(text: str | None) -> str | None:
    """An answer without the thoughts and tool calls that Open WebUI writes into it as HTML."""
    if text is None or not _WORKINGS.search(text):
        return text
    kept, start = [], 0
    for match in _WORKINGS.finditer(text):
        if match.start() >= start:
            end = text.find(_END, match.end())
            if end < 0:
                break
            kept.append(text[start : match.start()])
            start = end + len(_END)
    return "".join([*kept, text[start:]]).strip() or None
