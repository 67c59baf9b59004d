"""What a page says when it has nothing to show: nothing there yet, still working, or a failure.

One look for all of them: what is the case, what to do next, and then the way there, which the
caller draws into the box that it gets back.
"""

from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def empty(title: str, text: str) -> DeltaGenerator:
    """Nothing to show, which is no mistake: the way on goes into the box that is returned."""
    box = st.container(key="state-empty", gap="small")
    box.header(title, anchor=False)
    box.text(text)
    return box


def loading(title: str, text: str) -> DeltaGenerator:
    """The first of it is on its way: its place is held by grey lines."""
    box = st.container(key="state-loading", gap="small")
    box.header(title, anchor=False)
    box.html(f'<p role="status">{escape(text)}</p>')
    box.html('<div class="skeleton" aria-hidden="true"><i></i><i></i><i></i></div>')
    return box


def problem(title: str, text: str) -> DeltaGenerator:
    """A page that cannot be shown at all, and why."""
    box = st.container(key="state-problem", gap="small")
    box.title(title, anchor=False)
    box.text(text)
    return box
