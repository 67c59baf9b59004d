"""Shows logged text without ever letting it act.

Questions and answers are written by strangers: an image in them would make the reviewer's browser
call home. So Streamlit's Markdown is never used for them. Answers are formatted by a parser of our
own choosing with images and HTML off and links as text, and what comes out is cleaned once more.
"""

import re
from html import escape
from typing import Literal

import nh3
import streamlit as st
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from core.records import Source
from core.review import is_code

_TAGS = set(
    "p br hr em strong s code pre blockquote ul ol li table thead tbody tr th td span".split()
)
_LONGEST = 200_000
Kind = Literal["done", "info", "warning", "error"]
_NOTICES: dict[Kind, tuple[str, str]] = {
    "done": ("status", "✓"),
    "info": ("status", "i"),
    "warning": ("alert", "!"),
    "error": ("alert", "×"),
}


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
    # Headings of an answer are none of the page's: an outline of the page would skip about.
    parser.add_render_rule("heading_open", lambda *_: '<p class="heading">')
    parser.add_render_rule("heading_close", lambda *_: "</p>\n")
    parser.add_render_rule("link_open", lambda *_: '<span class="link">')
    parser.add_render_rule("link_close", _link_end)
    return parser


_MARKDOWN = _parser()


def formatted(text: str) -> str:
    """A Markdown text as harmless HTML."""
    if len(text) > _LONGEST:
        return f'<div class="plain">{escape(text)}</div>'
    html = nh3.clean(
        _MARKDOWN.render(text),
        tags=_TAGS,
        attributes={"span": {"class"}, "p": {"class"}},
        link_rel=None,
    )
    return f'<div class="formatted">{_scrolling(html)}</div>'


def _scrolling(html: str) -> str:
    """Code and tables wider than their column scroll in it, with the keyboard too."""
    for name in ("pre", "table"):
        words = {"pre": "Code", "table": "Table"}[name]
        html = html.replace(
            f"<{name}>",
            f'<div class="wide" tabindex="0" role="group" aria-label="{words}"><{name}>',
        ).replace(f"</{name}>", f"</{name}></div>")
    return html


def show_plain(text: str, *, faded: bool = False) -> None:
    """A text as it is, its line breaks kept; faded: one that does not count any more."""
    st.html(f'<div class="plain{" faded" if faded else ""}">{escape(text)}</div>')


def answer(text: str, *, raw: bool = False) -> str:
    """An answer as harmless HTML: formatted, or as the agent wrote it. Bare code keeps its columns
    either way."""
    if is_code(text):
        return f'<div class="code" tabindex="0" role="group" aria-label="Code">{escape(text)}</div>'
    return f'<div class="plain">{escape(text)}</div>' if raw else formatted(text)


def show_answer(text: str, *, raw: bool) -> None:
    """Draw an answer."""
    st.html(answer(text, raw=raw))


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


def notice(text: str, kind: Kind | None = None, *, good: bool = False) -> None:
    """What a click has done, or why it did nothing."""
    kind = kind or ("done" if good else "warning")
    role, sign = _NOTICES[kind]
    st.html(
        f'<div class="notice {kind}" role="{role}"><span aria-hidden="true">{sign}</span> '
        f"{escape(text)}</div>"
    )


def count(number: int, unit: str, units: str = "") -> str:
    """A number with what it counts: "1 item", "2,500 items"."""
    return f"{number:,} {unit if number == 1 else units or f'{unit}s'}"


def size(number: int) -> str:
    """A number of bytes as people read it: "812 B", "23 kB", "1.4 MB"."""
    for unit, scale in (("MB", 10**6), ("kB", 10**3)):
        if number >= scale:
            return f"{number / scale:.{1 if number < 10 * scale else 0}f} {unit}"
    return f"{number} B"
