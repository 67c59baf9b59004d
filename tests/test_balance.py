"""What an export consists of, and what a team is warned of."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core import curate, export
from core.export import Balance
from core.pipeline import load_file, redactor_of
from core.review import decide
from core.store import Store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WORDS = "invoice meter refund tariff outage boiler tank solar switch deposit".split()


def liked(n: int, **more: Any) -> dict[str, Any]:
    """A liked answer: its own question, its own user, its own week."""
    return {
        "id": f"q-{n:02}",
        "logged_at": f"2026-{1 + n % 10:02}-{1 + n % 28:02}T10:00:00Z",
        "question": f"{(WORDS[n % 10] + ' ') * 3}{(WORDS[n // 10] + ' ') * 3}number {n}?",
        "answer": "Hold the left button.",
        "feedback": {"signal": "up", "user": f"user {n}"},
        **more,
    }


@pytest.fixture
def balance_of(store: Store, write_log: Callable[..., Path]) -> Callable[..., Balance]:
    def of(lines: list[dict[str, Any]], reviewers: list[str] | None = None) -> Balance:
        load_file(store, write_log(*lines))
        for line, name in zip(lines, reviewers or [], strict=False):
            given: Any = {"revision": 0, "reviewer": name, "now": NOW}
            decide(store, redactor_of(store), line["id"], "approve", **given)
        prepared = export.prepare(store, redactor_of(store).redactor, "eval", sample=False)
        cut = prepared.manifest["cut_off"]
        return export.balance(store, prepared.cases, sample=False, cut=cut)

    return of


def test_counts_by_everything(balance_of: Callable[..., Balance]) -> None:
    said = "Hold the button on the left for ten seconds, and wait until the light is green."
    lines = [liked(n, agent_version="2.1", tags=["billing"], answer=said) for n in range(20)]
    lines += [liked(20, question="Wie setze ich den Zähler zurück?", answer="Links halten, bitte.")]
    lines += [liked(21, question="123?", answer="12345. " * 300, logged_at=None)]
    groups = balance_of(lines).groups
    assert groups["kind"] == {"golden": 22}
    assert groups["side"] == {"may be learnt from": 22}
    assert groups["version"] == {"2.1": 20, "none": 2}
    assert groups["tag"] == {"billing": 20, "none": 2}
    assert groups["length"] == {"up to 200 characters": 21, "more than 1,000 characters": 1}
    assert groups["language"] == {"en": 20, "de": 1, "too short to tell": 1}
    assert groups["week"]["no time"] == 1 and sum(groups["week"].values()) == 22


def test_sides(balance_of: Callable[..., Balance], store: Store) -> None:
    curate.choose(store, 50, by="Ann", now=NOW, sample=False)
    sides = balance_of([liked(n) for n in range(40)]).groups["side"]
    assert sides.keys() == {"exam", "may be learnt from"} and sum(sides.values()) == 40


def test_a_mixed_dataset_has_no_warning(balance_of: Callable[..., Balance]) -> None:
    assert balance_of([liked(n) for n in range(30)]).warnings == ()


def test_few_rows(balance_of: Callable[..., Balance]) -> None:
    (warning,) = balance_of([liked(n) for n in range(3)]).warnings
    assert warning == "Only 3 rows: whatever is measured or learnt with them is chance."


def test_one_user(balance_of: Callable[..., Balance]) -> None:
    lines = [liked(n, feedback={"signal": "up", "user": "Jo"}) for n in range(20)]
    lines += [liked(n) for n in range(20, 30)]
    assert balance_of(lines).warnings == ("One user's votes are behind 67 % of the rows.",)


def test_one_of_several_reviewers(balance_of: Callable[..., Balance]) -> None:
    down = [
        liked(n, feedback={"signal": "down", "correction": "No.", "user": f"user {n}"})
        for n in range(30)
    ]
    names = ["Ann"] * 25 + ["Bob"] * 5
    assert balance_of(down, names).warnings == ("One reviewer decided 83 % of the rows.",)


def test_one_week(balance_of: Callable[..., Balance]) -> None:
    lines = [liked(n, logged_at="2026-11-03T10:00:00Z") for n in range(30)]
    assert balance_of(lines).warnings == (
        "100 % of the rows are of 2026, week 45: its troubles, not the usual.",
    )


def test_one_question(balance_of: Callable[..., Balance]) -> None:
    lines = [liked(n, session_id="long") for n in range(20)] + [liked(n) for n in range(20, 30)]
    assert balance_of(lines).warnings == ("67 % of the rows ask what q-00 asks.",)


def test_few_questions(balance_of: Callable[..., Balance]) -> None:
    lines = [liked(n, session_id=f"s-{n % 8}") for n in range(40)]
    assert balance_of(lines).warnings == ("Only 8 different questions in 40 rows.",)
