"""Our own gate: what the readers of our files are too lax, or too late, to refuse.

TRL trains on empty answers, LLaMA-Factory drops bad rows without a word, chat templates stop at
turns out of order, and the database behind a tool at a null in the middle of an upload. Ids need no
look: an interaction's id is the store's primary key.

Of texts to learn from, those with a mark such as `<|im_end|>` stay out. Tokenizers read it as the
token that ends a turn, wherever it stands: a user could write the system's next turn.
"""

import re

from core.curate import Case
from core.export.formats import parts
from core.export.formats.base import Format
from core.settings import settings

# Seen in the tokenizers of Llama, Qwen, Phi, Mistral, Gemma and DeepSeek.
_CONTROL = re.compile(
    r"<[|｜][^<>|｜\s]{1,40}[|｜]>|</?s>|<(?:bos|eos|pad|unk|start_of_turn|end_of_turn)>"
    r"|<</?SYS>>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
)
_REPEATED = 12
"""A text stands in a row twice at most, in promptfoo's once in nine times as many characters."""
_OURS = 100  # characters of a row that no text of the case is


def objection(format_: Format, case: Case) -> str | None:
    """Why a case cannot be written in this format (a key of `EXCLUSIONS`), or None."""
    most = settings().export.max_characters
    rows = None if _is_plain(case, most) else [list(parts.texts(r)) for r in format_.rows(case)]
    if rows and not all(_is_writable(text) for row in rows for text in row):
        return "unwritable"
    if reason := format_.objection(case):
        return reason
    learnt = format_.purpose != "eval"
    # That an agent said nothing at all can be tested for, but not be learnt from.
    rejected = case.rejected_answer if format_.purpose == "preference" else None
    needed = (case.question, case.expected, rejected)
    if any(text is not None and not text.strip() for text in needed):
        return "empty_text"
    if learnt and any(map(_has_control_token, filter(None, (*needed, *_before(case))))):
        return "control_token"
    if learnt and not _in_order(format_, [turn["role"] for turn in parts.prompt(case)]):
        return "turns_out_of_order"
    if rows and any(sum(map(len, row)) > most for row in rows):
        return "too_long"
    return "same_as_answer" if case.expected == case.rejected_answer else None


def _is_plain(case: Case, most: int) -> bool:
    """Whether no row of a case can be too long or hold what cannot be written: most cannot, and
    their rows need not be made to know it."""
    texts = [case.question, case.expected or "", case.rejected_answer or "", *case.tags]
    texts += [case.id, case.kind, case.signal, case.redaction_version]
    for turn in case.history:
        texts += ["role", turn.role, turn.content]
    for source in case.sources:
        texts += [source.title or "", source.uri or "", source.text or ""]
    texts += [case.agent_version or "", case.model or ""]
    text = "".join(texts)
    return len(text) + _OURS < most // _REPEATED and _is_writable(text)


def _before(case: Case) -> list[str]:
    return [turn.content for turn in case.history]


def _has_control_token(text: str) -> bool:
    return ("<" in text or "[" in text) and bool(_CONTROL.search(text))


def _is_writable(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _in_order(format_: Format, roles: list[str]) -> bool:
    """Whether a prompt, at most one system message and then turns of both, can be learnt from."""
    turns = roles[1:] if roles[0] == "system" else roles
    if format_.alternates:
        return turns == [("user", "assistant")[place % 2] for place in range(len(turns))]
    return {"user", "assistant"}.issuperset(turns)
