"""How a comparison of two texts looks: signs and words, never colour alone.

Prose wraps with its changes inside. Code and tables are lines that scroll sideways, the columns of
a table padded so that they stand under each other. What is folded opens by a click or Enter.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

import streamlit as st

from core.review import (
    Comparison,
    Fold,
    Item,
    Piece,
    Row,
    compare,
    is_code,
    keeps_columns,
)
from pages import texts

TITLE = "What the text below changes"
_TAGS = {"removed": ("del", "−", "removed: "), "added": ("ins", "+", "added: ")}
_RULE = re.compile(r"\s*:?-{2,}:?\s*")
_CELL_END = re.compile(r"(?<!\\)\|")


def changes(item: Item, text: str) -> None:
    """What this text would change in the item's answer; or, on request, how it would look."""
    with st.container(horizontal=True, vertical_alignment="center"):
        texts.label(TITLE)
        preview = st.toggle("Preview", key="preview", persist_state="session")
    if not text.strip():
        st.html('<div class="diff plain">No correction yet.</div>')
    elif preview:
        st.html(_box("Preview of the correction", texts.answer(text)))
    else:
        st.html(html(compare(item.answer, text)))


def kind(item: Item) -> str:
    """How the text to be edited is set: see style.css. Of what is stored, not of what is typed:
    the field must not be drawn anew under the cursor."""
    if is_code(item.answer) or is_code(item.proposal):
        return "code"
    return "mixed" if any(keeps_columns(item.answer) + keeps_columns(item.proposal)) else "prose"


def html(found: Comparison) -> str:
    """A comparison as harmless HTML."""
    if not found.parts:
        text = (
            "Only the line ends differ." if found.line_ends else "Nothing: the texts are the same."
        )
        return f'<div class="diff plain">{escape(text)}</div>'
    return _box(
        TITLE, "".join(_block(fixed, list(parts)) for fixed, parts in groupby(found.parts, _fixed))
    )


def _box(words: str, body: str) -> str:
    return f'<div class="diff" role="group" aria-label="{words}" tabindex="0">{body}</div>'


def _fixed(part: Row | Fold) -> bool:
    return part.fixed


def _block(fixed: bool, parts: list[Row | Fold]) -> str:
    if not fixed:
        return "".join(_fold(p) if isinstance(p, Fold) else _prose(p) for p in parts)
    pads = _pads([part for part in parts if isinstance(part, Row)])
    lines = (_fold(p) if isinstance(p, Fold) else _line(p, pads.get(id(p), {})) for p in parts)
    return f'<div class="lines">{"".join(lines)}</div>'


def _prose(row: Row) -> str:
    pieces = row.pieces
    if row.change in _TAGS:
        pieces = tuple(Piece(row.change, piece.text) for piece in pieces)  # type: ignore[arg-type]
    return f'<div class="plain">{"".join(map(_marked, pieces))}</div>'


def _marked(piece: Piece) -> str:
    if piece.change == "same":
        return escape(piece.text)
    tag, sign, words = _TAGS[piece.change]
    return f"<{tag}>{_sign(sign, words)}{escape(piece.text)}</{tag}>"


def _sign(sign: str, words: str) -> str:
    return f'<span class="sign" aria-hidden="true">{sign}</span><span class="unseen">{words}</span>'


def _line(row: Row, pads: dict[int, str]) -> str:
    _, sign, words = _TAGS.get(row.change, ("", " ", ""))
    text = "".join(
        escape(part)
        if change == "same"
        else f"<{_TAGS[change][0]}>{escape(part)}</{_TAGS[change][0]}>"
        for change, part in _padded(row.pieces, pads)
    )
    return f'<div class="line {row.change}">{_sign(sign, words)}<span>{text}</span></div>'


def _fold(fold: Fold) -> str:
    many = f"{fold.lines} {{}} lines" if fold.lines > 1 else "{} text"
    words = many.format("unchanged" if fold.change == "same" else f"more {fold.change}")
    kind = "lines" if fold.fixed else "plain"
    return (
        f"<details><summary>… {words} …</summary>"
        f'<div class="{kind} folded">{escape(fold.text)}</div></details>'
    )


def _pads(rows: Iterable[Row]) -> dict[int, dict[int, str]]:
    """For each row of a table, by id: what to put in at which place to keep its columns."""
    pads: dict[int, dict[int, str]] = {}
    for is_table, run in groupby(rows, key=lambda row: _text(row).lstrip().startswith("|")):
        if not is_table:
            continue
        table = [(row, _cells(_text(row))) for row in run]
        widths: dict[int, int] = {}
        for _, cells in table:
            for column, (_, cell) in enumerate(cells):
                widths[column] = max(widths.get(column, 0), len(cell))
        for row, cells in table:
            pads[id(row)] = {
                end: ("-" if _RULE.fullmatch(cell) else " ") * (widths[column] - len(cell))
                for column, (end, cell) in enumerate(cells)
            }
    return pads


def _text(row: Row) -> str:
    return "".join(piece.text for piece in row.pieces)


def _cells(text: str) -> list[tuple[int, str]]:
    """Where each cell of a table's line ends, and the cell."""
    ends = [match.start() for match in _CELL_END.finditer(text)]
    starts = [0, *(end + 1 for end in ends)]
    return [(end, text[start:end]) for start, end in zip(starts, ends, strict=False)]


def _padded(pieces: Iterable[Piece], pads: dict[int, str]) -> Iterator[tuple[str, str]]:
    place = 0
    for piece in pieces:
        done = 0
        for end in sorted(end for end in pads if place <= end < place + len(piece.text)):
            yield piece.change, piece.text[done : end - place]
            yield "same", pads[end]
            done = end - place
        yield piece.change, piece.text[done:]
        place += len(piece.text)
