"""Shows logged text without ever letting it act.

Questions and answers are written by strangers: an image in them would make the reviewer's browser
call home. So Streamlit's Markdown is never used for them. Answers are formatted by a parser of our
own choosing with images and HTML off and links as text, and what comes out is cleaned once more.
"""

import re
from html import escape

import nh3
import streamlit as st
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from core.records import Source
from core.review import Piece

_TAGS = set(
    "p br hr em strong s code pre blockquote ul ol li table thead tbody tr th td "
    "h1 h2 h3 h4 h5 h6 span".split()
)
_SIGNS = {"removed": ("del", "−"), "added": ("ins", "+")}
_LONGEST = 200_000


def _link_end(
    renderer: RendererHTML, tokens: list[Token], index: int, options: OptionsDict, env: object
) -> str:
    opened = next(
        token
        for token in reversed(tokens[:index])
        if token.type == "link_open" and token.level == tokens[index].level
    )
    return f'</span> <span class="uri">({escape(str(opened.attrGet("href")))})</span>'


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable("image")
    parser.add_render_rule("link_open", lambda *_: '<span class="link">')
    parser.add_render_rule("link_close", _link_end)
    return parser


_MARKDOWN = _parser()


def formatted(text: str) -> str:
    """A Markdown text as harmless HTML."""
    if len(text) > _LONGEST:
        return f'<div class="plain">{escape(text)}</div>'
    html = nh3.clean(
        _MARKDOWN.render(text), tags=_TAGS, attributes={"span": {"class"}}, link_rel=None
    )
    return f'<div class="formatted">{html}</div>'


def show_plain(text: str) -> None:
    """A text as it is, its line breaks kept."""
    st.html(f'<div class="plain">{escape(text)}</div>')


def show_answer(text: str, *, raw: bool) -> None:
    """An answer: formatted, or as the agent wrote it."""
    if raw:
        show_plain(text)
    else:
        st.html(formatted(text))


def show_diff(pieces: list[Piece]) -> None:
    """A word diff: removed words with a minus, added ones with a plus, not by colour alone."""
    spans = []
    for piece in pieces:
        if piece.change == "same":
            spans.append(escape(piece.text))
            continue
        tag, sign = _SIGNS[piece.change]
        mark = f'<span class="sign" aria-hidden="true">{sign}</span>'
        spans.append(f"<{tag}>{mark}{escape(piece.text)}</{tag}>")
    st.html(f'<div class="diff plain">{"".join(spans)}</div>')


def show_sources(sources: tuple[Source, ...]) -> None:
    """The documents an answer leaned on. Addresses are text, not links."""
    entries = []
    for source in sources:
        title = f"<strong>{escape(source.title)}</strong>" if source.title else ""
        uri = f'<div class="uri">{escape(source.uri)}</div>' if source.uri else ""
        text = f'<div class="plain small">{escape(source.text)}</div>' if source.text else ""
        entries.append(f"<li>{title}{uri}{text}</li>")
    st.html(f'<ol class="sources">{"".join(entries)}</ol>')


def as_label(text: str) -> str:
    """A text as the label of a link or button, which Streamlit reads as Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def label(text: str) -> None:
    """A small heading over a text."""
    st.html(f'<div class="label">{escape(text)}</div>')


def notice(text: str, *, good: bool) -> None:
    """What a click has done, or why it did nothing."""
    kind, role, sign = ("done", "status", "✓") if good else ("warning", "alert", "!")
    st.html(
        f'<div class="notice {kind}" role="{role}"><span aria-hidden="true">{sign}</span> '
        f"{escape(text)}</div>"
    )
