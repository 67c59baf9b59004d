"""The part of Logs that shows how a log would be read, and lets its reader be put right.

Left the fields, right three records as they would be read. Nothing is stored before "Load this
log"; what is chosen is remembered for the next log with the same keys.
"""

from pathlib import Path
from zoneinfo import available_timezones

import streamlit as st

from core.load import Shape, VoteRule, as_toml
from core.load.votes import Vote
from core.pipeline import storable
from core.preview import Offer
from core.runtime import Runtime
from pages import session, texts

MAIN = {
    "question": "Question",
    "answer": "Answer",
    "signal": "Vote",
    "correction": "Correction",
    "comment": "Comment",
}
MORE = {
    "sources": "Sources",
    "logged_at": "Time",
    "id": "Id",
    "interaction_id": "Id of the answer a vote is for",
    "session_id": "Conversation",
    "history": "Earlier turns",
    "user": "User",
    "rater": "Who voted",
    "reasons": "Reasons of a vote",
    "agent_version": "Agent's version",
    "model": "Model",
    "tags": "Tags",
}
NOT_THERE = ""
VOTES: dict[Vote, str] = {"up": "👍 Up", "down": "👎 Down", "none": "No vote"}
WHY = {
    "guessed": "Guessed from the names of its fields. Is it right?",
    "unknown": "Nothing in this log looks like a question and its answer. Say where they are.",
    "remembered": "Read as such a log was read before.",
    "preset": "A kind of log that is known.",
    "native": "Flywheel's own kind of log.",
    "given": "As it was given.",
}


def show(running: Runtime, offer: Offer) -> None:
    """The panel for one log that waits."""
    name = Path(offer.name).name
    with st.container(border=True, key="offer"):
        st.header(f"How is this log to be read? {texts.as_label(name)}", anchor=False)
        more = len(running.offers) - 1
        waiting = f" {texts.count(more, 'other log')} wait after it." if more else ""
        texts.notice(
            WHY[offer.how] + waiting, "warning" if offer.how in ("guessed", "unknown") else "info"
        )
        buttons = st.container(horizontal=True, key="offer-buttons")
        left, right = st.columns([5, 6], gap="large")
        with left:
            shape = offer.shape if offer.shape.reader else _chosen(offer)
            if offer.shape.reader:
                st.text(f"Read by the reader for {offer.shape.reader}: there is nothing to map.")
        with right:
            _examples(offer, shape)
        with buttons:
            _buttons(running, offer, shape)


def _chosen(offer: Offer) -> Shape:
    fields = offer.fields()
    paths = list(dict.fromkeys([*offer.paths(), *fields.values()]))
    chosen = {ours: _field(offer, ours, title, fields, paths) for ours, title in MAIN.items()}
    votes = _votes(offer, chosen["signal"])
    with st.expander("More fields"):
        chosen |= {ours: _field(offer, ours, title, fields, paths) for ours, title in MORE.items()}
        zones = sorted(available_timezones())
        zone = st.selectbox(
            "Zone of times that name none",
            zones,
            index=zones.index(offer.shape.zone),
            key=f"zone-{id(offer)}",
        )
    kept = {ours: path for ours, path in fields.items() if ours not in chosen}
    mapped = {ours: path for ours, path in chosen.items() if path}
    return offer.changed({**mapped, **kept}, votes, zone)


def _field(offer: Offer, ours: str, title: str, fields: dict[str, str], paths: list[str]) -> str:
    options = [NOT_THERE, *paths]
    return st.selectbox(
        title,
        options,
        index=options.index(fields.get(ours, NOT_THERE)),
        format_func=lambda path: path or "not in this log",
        key=f"{ours}-{id(offer)}",
    )


def _votes(offer: Offer, path: str) -> VoteRule:
    """What counts as up and down: value by value, or all alike."""
    given = offer.shape.votes
    if not path and given.down_if_any:
        st.text(f"Down when there is anything in {' or '.join(given.down_if_any)}, else up.")
        return given
    if not path:
        every = st.selectbox(
            "Every answer in this log is",
            ["none", "down", "up"],
            index=["none", "down", "up"].index(given.always or "none"),
            format_func={"none": "without a vote", "down": "👎 down", "up": "👍 up"}.__getitem__,
            key=f"every-{id(offer)}",
        )
        return VoteRule(always=every if every != "none" else None)  # type: ignore[arg-type]
    rule = given if path == offer.shape.fields.get("signal") else offer.vote_rule(path)
    if not (rule.up or rule.down or rule.none):
        rule = offer.vote_rule(path)
    meanings: dict[str, Vote | None] = {}
    values = offer.votes(path)
    if not values:
        st.text("There is no value in the records looked at.")
        return rule
    texts.label("What counts as up and down")
    for word, shown, seen in values:
        meanings[word] = st.segmented_control(
            f"{texts.as_label(shown)} ({texts.count(seen, 'time')})",
            list(VOTES),
            format_func=VOTES.__getitem__,
            default=rule.meaning(word),
            key=f"vote-{id(offer)}-{path}-{word}",
        )
    if unclear := sum(meaning is None for meaning in meanings.values()):
        texts.notice(
            f"{texts.count(unclear, 'value')} not said yet: such records will be rejected.",
            "warning",
        )

    def kept(meant: Vote, before: tuple[str, ...]) -> tuple[str, ...]:
        """The values given this meaning, and steps of a scale that were not seen yet."""
        said = tuple(word for word, given in meanings.items() if given == meant)
        return said + tuple(word for word in before if word not in meanings)

    return VoteRule(
        up=kept("up", rule.up), down=kept("down", rule.down), none=kept("none", rule.none)
    )


def _examples(offer: Offer, shape: Shape) -> None:
    readable, seen = offer.readable(shape)
    texts.label(f"As they would be read: {readable:,} of the first {texts.count(seen, 'record')}")
    for number, example in enumerate(offer.examples(shape), start=1):
        with st.container(border=True, key=f"example-{number}"):
            if example.problem:
                texts.notice(f"Rejected: {example.problem}", "error")
            for name, text in example.fields.items():
                texts.label(name if example.problem else name.capitalize())
                texts.show_plain(text)


def _buttons(running: Runtime, offer: Offer, shape: Shape) -> None:
    if st.button("Load this log", type="primary", key=f"accept-{id(offer)}"):
        running.accept(offer, shape)
        session.show(sample=False)
        st.rerun()
    if st.button("Leave it out", key=f"dismiss-{id(offer)}"):
        running.dismiss(offer)
        st.rerun()
    if storable(shape):
        st.download_button(
            "Save as preset",
            as_toml(shape),
            file_name=f"{shape.name}.toml",
            mime="application/toml",
            type="tertiary",
            on_click="ignore",
            help="A small TOML file for `python -m core load --shape FILE.toml`.",
        )
    else:
        st.text("Not remembered: a name in this log looks like personal data.")
