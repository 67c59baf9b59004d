"""The part of Logs that shows what redaction does: try it on a text, what is on, what it misses.

What is typed here is looked through in memory and kept nowhere.
"""

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.rates import rates
from core.redaction import TYPES, Finding
from core.redaction.records import version
from core.runtime import Runtime
from core.settings import settings
from pages import texts

LONGEST = 20_000


def show(running: Runtime) -> None:
    st.header("Redaction", anchor=False)
    chosen = settings().redaction
    patterns = getattr(chosen, "patterns", {})
    parts = [
        f"{len(TYPES) - 1 - len(chosen.off)} of {len(TYPES) - 1} types are looked for",
        f"{texts.count(len(chosen.deny), 'text')} always redacted (deny list)",
        f"{texts.count(len(chosen.allow), 'text')} never (allow list)",
    ]
    if patterns:
        parts.append(texts.count(len(patterns), "pattern") + " of your own")
    st.text(f"Version {version()}: {', '.join(parts)}. Change it in data/settings.toml.")
    _try(running)
    looked_for, missed = st.columns([1, 1], gap="large")
    with looked_for:
        _types(set(chosen.off), patterns)
    with missed:
        _missed()


def _try(running: Runtime) -> None:
    with st.form("try", border=True):
        text = st.text_area(
            "Try a text (nothing is stored)",
            height=100,
            max_chars=LONGEST,
            placeholder="As a user might write it, with a name and a number in it",
            key="try-text",
        )
        wanted = st.form_submit_button("Show what is found")
    if not wanted or not text:
        return
    with st.spinner("Looking for personal data"):
        redacted = running.redactor.redactor.redact(text)
    if redacted.failed:
        texts.notice("This text could not be checked: nothing of it would be stored.", "error")
        return
    found, result = st.columns([1, 1], gap="large")
    with found:
        number = len(redacted.findings)
        texts.label(f"Found: {texts.count(number, 'value')}" if number else "Nothing found")
        st.html(highlighted(text, redacted.findings))
    with result:
        texts.label("What would be stored")
        texts.show_plain(redacted.text)


def highlighted(text: str, findings: Sequence[Finding]) -> str:
    """The text as harmless HTML, each finding marked and its type written beside it."""
    parts: list[str] = []
    done = 0
    for finding in findings:
        parts += (
            escape(text[done : finding.start]),
            f'<mark class="found">{escape(text[finding.start : finding.end])}'
            f' <span class="kind">{escape(finding.type)}</span></mark>',
        )
        done = finding.end
    return f'<div class="plain">{"".join(parts)}{escape(text[done:])}</div>'


def _types(off: set[str], patterns: dict[str, str]) -> None:
    texts.label("What is looked for")
    rows = [
        (kind, what, "off" if kind in off else "on")
        for kind, what in TYPES.items()
        if kind != "DENIED"
    ]
    rows += [(name, "a pattern of your own", "on") for name in patterns]
    rows.append(("DENIED", TYPES["DENIED"], "on"))
    _table("Types of personal data", ("Type", "What it is", "State"), rows)


def _missed() -> None:
    measured = rates()
    texts.label("What is not caught")
    looked = [f"<li>{escape(each)}</li>" for each in measured.not_looked_for]
    more = ", ".join(measured.missed_more_often)
    st.html(
        "<div>It does not find everything. <strong>Not looked for at all:</strong></div>"
        f"<ul>{''.join(looked)}</ul>"
        f"<div>Missed more often: {escape(more)}. When you see something that slipped through, "
        "open its item in Review and use <strong>Report personal data</strong>.</div>"
    )
    rows = [
        (
            rate.what if rate.damage else f"{rate.what}: leaked",
            rate.flywheel,
            rate.scrubadub,
            rate.presidio,
        )
        for rate in measured.rates
    ]
    _table("Measured", ("On labelled texts", "Flywheel", "plain scrubadub", "Presidio"), rows)
    st.html(
        f'<div class="small">Measured on {escape(measured.measured_on)}. '
        f"A leak is {escape(measured.leak)}.</div>"
    )


def _table(name: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    top = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        f"{''.join(f'<td>{escape(each)}</td>' for each in rest)}</tr>"
        for first, *rest in rows
    )
    st.html(
        f'<div class="wide listing" tabindex="0" role="group" aria-label="{escape(name)}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )
