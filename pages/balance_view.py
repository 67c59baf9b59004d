"""The part of Datasets that says what an export consists of."""

from html import escape

import streamlit as st

from core.export import Balance
from pages import texts

SHOWN = 6
TITLES = {
    "kind": "Kind",
    "side": "Side",
    "version": "Agent version",
    "tag": "Tag",
    "length": "Length of question and answer",
    "language": "Language",
    "week": "Week",
}


def show(found: Balance) -> None:
    """Warnings, then a short list with bars for each way to count."""
    for warning in found.warnings:
        texts.notice(warning, "warning")
    with st.expander("What is in it"):
        lists = [_list(TITLES[name], counts) for name, counts in found.groups.items()]
        st.html(f'<div class="balance">{"".join(lists)}</div>')


def _list(title: str, counts: dict[str, int]) -> str:
    most = max(counts.values(), default=1)
    shown = list(counts.items())[:SHOWN]
    rows = "".join(
        f"<li><span>{escape(value)}</span><b>{count:,}</b>"
        f'<i style="width:{count / most:.1%}"></i></li>'
        for value, count in shown
    )
    rest = len(counts) - len(shown)
    more = f"<li><span>{texts.count(rest, 'more value')}</span></li>" if rest else ""
    return f'<section><div class="label">{escape(title)}</div><ul>{rows}{more}</ul></section>'
