"""Reads conversations that are trees: ChatGPT's, HuggingFace chat-ui's, LibreChat's.

One record is one conversation, one line is one answer in it. Open WebUI's are in `openwebui`.
"""

from collections.abc import Iterator
from typing import Any

from core.load.tools.branches import (
    Node,
    Tree,
    answers,
    inside,
    label,
    moment,
    objects,
    said,
    tree_of,
)
from core.load.tools.messages import role_of, text_of
from core.load.tools.thumbs import thumb, without_empty


def read_chatgpt(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read one conversation of ChatGPT's `conversations.json`: `{id, mapping: {id: {parent,
    message: {author: {role}, content: {content_type, parts}, create_time, recipient, end_turn}}}}`.

    Its votes are in another file, by conversation and not by answer. Raises `Unreadable`.
    """
    session = label(value.get("conversation_id")) or label(value.get("id"))

    def make(id_: str, node: Node) -> dict[str, Any]:
        about = inside(node.raw, "metadata")
        assistant = label(value.get("gizmo_id"))
        return {
            "id": id_,
            "logged_at": node.raw.get("create_time"),
            "model": label(about.get("model_slug")),
            "session_id": session,
            "metadata": {"gizmo_id": assistant} if assistant else {},
        }

    nodes = []
    for id_, item in inside(value, "mapping").items():
        if isinstance(item, dict):
            nodes.append((id_, item.get("parent"), _chatgpt_node(inside(item, "message"))))
    return answers(tree_of(nodes), make)


def _chatgpt_node(message: dict[str, Any]) -> Node:
    role = role_of(message)
    # What is sent to a tool, and what was said on the way to it, is not what the user was given.
    is_step = role == "assistant" and (
        message.get("recipient") not in (None, "all") or message.get("end_turn") is False
    )
    hidden = inside(message, "metadata").get("is_visually_hidden_from_conversation") is True
    text = None if is_step or hidden else text_of(inside(message, "content"))
    return Node(None, role, text, message)


def read_chat_ui(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read one conversation of HuggingFace chat-ui: `{id, model, messages: [{from, id, ancestors,
    content, score: -1|0|1}]}` (huggingface/chat-ui, `src/lib/types/Message.ts`).

    A score of 0 is no vote. Old conversations have no ancestors: a list without branches.
    Raises `Unreadable`.
    """
    messages = objects(value.get("messages"))
    linear = not any("ancestors" in message for message in messages)

    def make(id_: str, node: Node) -> dict[str, Any]:
        signal = thumb(node.raw.get("score"))
        return {
            "id": label(node.raw.get("id")),
            "logged_at": moment(node.raw.get("createdAt")),
            "feedback": [{"signal": signal}] if signal else [],
            "model": label(value.get("model")),
            "session_id": label(value.get("id")) or label(value.get("_id")),
            "user": label(value.get("userId")) or label(value.get("sessionId")),
        }

    nodes = []
    for message in messages:
        above = message.get("ancestors")
        parent = above[-1] if isinstance(above, list) and above else None
        text = said(message.get("content"))
        nodes.append((message.get("id"), parent, Node(None, role_of(message), text, message)))
    return answers(tree_of(nodes, linear=linear), make)


def read_librechat(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Read one conversation of LibreChat: `{conversationId, messages: [{messageId, parentMessageId,
    text, content, isCreatedByUser, feedback: {rating: "thumbsUp"|"thumbsDown", tag, text},
    children: […]}]}` (danny-avila/LibreChat), as a list or as a tree.

    Raises `Unreadable`.
    """
    messages = list(_flat(value.get("messages")))
    linear = not any(label(parent) for _, parent in messages)
    return answers(
        _librechat_tree(messages, linear=linear), lambda _, node: _librechat(value, node)
    )


def _librechat_tree(messages: list[tuple[dict[str, Any], Any]], *, linear: bool) -> Tree:
    nodes = []
    for message, parent in messages:
        role = "user" if message.get("isCreatedByUser") is True else "assistant"
        text = said(message.get("text")) or text_of(message.get("content"))
        nodes.append((message.get("messageId"), parent, Node(None, role, text, message)))
    return tree_of(nodes, linear=linear)


def _librechat(value: dict[str, Any], node: Node) -> dict[str, Any]:
    message = node.raw
    given = inside(message, "feedback")
    signal = thumb(given.get("rating"))
    tag = given.get("tag")
    tag = tag.get("key") if isinstance(tag, dict) else tag
    vote = {
        "signal": signal,
        "comment": said(given.get("text")),
        "tags": [tag] if isinstance(tag, str) and tag.strip() else [],
    }
    return {
        "id": label(message.get("messageId")),
        "logged_at": moment(message.get("createdAt")),
        "feedback": [without_empty(vote)] if signal else [],
        "model": label(message.get("model")),
        "session_id": label(value.get("conversationId")) or label(message.get("conversationId")),
        "user": label(value.get("user")) or label(message.get("user")),
    }


def _flat(messages: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Every message of a list or tree with its parent's id, parents first."""
    waiting: list[tuple[dict[str, Any], Any]] = [(item, None) for item in objects(messages)[::-1]]
    while waiting:
        message, above = waiting.pop()
        yield message, label(message.get("parentMessageId")) or above
        children = objects(message.get("children"))
        waiting += [(child, message.get("messageId")) for child in children[::-1]]
