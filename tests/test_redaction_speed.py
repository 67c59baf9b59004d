"""What speed must not cost: the gate hides nothing, no text hangs, what is unread never passes."""

import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.redaction import FAILED, TYPES, Redacted, Redactor, budget, candidates, model
from core.redaction.budget import Budget, OverBudget
from core.redaction.candidates import passages
from core.redaction.finding import PLACEHOLDER
from core.redaction.model import rampart
from core.redaction.normalise import plain
from core.redaction.scrubber import Detectors
from tests.fuzzing import PERSONAL, PLAIN, hostile, mutated, texts
from tests.timing import TWICE, growth

REDACTOR = Redactor()
FUZZED = 50_000


def test_the_gate_hides_nothing_that_a_detector_finds() -> None:
    detectors = Detectors({*TYPES, "DENIED"}, ["zürich", "meter"])
    found = 0
    for text in texts(FUZZED, seed=20261123):
        view = plain(text).text
        expected = detectors.ungated(view)
        assert sorted(detectors.structured(view)) == sorted(expected), ascii(text)
        found += bool(expected)
    assert found > FUZZED / 2


def test_a_gate_without_memory_lets_every_detector_look(monkeypatch: pytest.MonkeyPatch) -> None:
    detectors = Detectors(TYPES, [])
    expected = detectors.structured("mail jane@example.com")
    monkeypatch.setattr(detectors, "_gate", type("Gate", (), {"Match": lambda self, text: None})())
    assert detectors.structured("mail jane@example.com") == expected != []


def redact_anew(text: str, models: bool) -> None:
    REDACTOR._cache.clear()
    REDACTOR._cached_chars = 0
    REDACTOR.redact(text, models=models)


SIZE = 40_000
TEXTS = {size: hostile(size) for size in (SIZE, 2 * SIZE)}
FAMILIES = list(TEXTS[SIZE])


@pytest.mark.parametrize("family", FAMILIES)
def test_twice_the_text_takes_twice_the_time(family: str) -> None:
    assert growth(lambda size: redact_anew(TEXTS[size][family], False), SIZE) <= TWICE


@pytest.mark.parametrize("family", ["names", "unknown words", "digit soup", "code", "one letter"])
def test_twice_the_text_takes_the_model_twice_the_time(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "CACHED", 0)
    # On this thread, where its time is counted.
    monkeypatch.setattr(rampart(), "_pool", type("Pool", (), {"map": staticmethod(map)})())
    assert growth(lambda size: redact_anew(hostile(size)[family], True), 2_500) <= TWICE


WORST = (
    "names",
    "unknown words",
    "many numbers",
    "digit soup",
    "handles",
    "zero width",
    "ligatures",
    "one letter",
)


@pytest.mark.parametrize("family", WORST)
def test_no_million_characters_stop_the_rest(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are redacted or fail as a whole, and the model reads no more than the budget allows."""
    read: list[int] = []
    original = model.Rampart._scores

    def counting(self: model.Rampart, ids: Sequence[int]) -> object:
        read.append(len(ids))
        return original(self, ids)

    monkeypatch.setattr(model.Rampart, "_scores", counting)
    done = REDACTOR.redact(hostile(1_000_000)[family])
    assert not done.failed or done.text == FAILED
    # Neighbouring windows share some.
    assert sum(read) <= budget.TOKENS * model.WINDOW / (model.WINDOW - model.OVERLAP)
    assert REDACTOR.redact("Mail jane@example.com").text == "Mail [EMAIL-1]"


def test_a_text_over_its_time_fails_and_the_next_does_not() -> None:
    hasty = Redactor(seconds=0)
    assert hasty.redact("My name is Jane Doe.") == Redacted(FAILED, (), True)
    assert hasty.redact("Mail jane@example.com", models=False) == Redacted(FAILED, (), True)
    assert not REDACTOR.redact("My name is Jane Doe.").failed


def test_a_text_with_more_names_than_can_be_read_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "TOKENS", 60)
    text = "".join(f"My name is Jane Doe{n * 'e'}, and this is my long letter. " for n in range(9))
    assert Redactor().redact(text) == Redacted(FAILED, (), True)
    assert not Redactor().redact("My name is Jane Doe.").failed
    # One too long costs the others nothing.
    long = text * 500
    several = Redactor()
    with pytest.raises(OverBudget):
        several.find_many(["My name is Jane Doe.", long])
    assert several.find("My name is Jane Doe.") == REDACTOR.find("My name is Jane Doe.")


def test_a_budget_tells_nothing_of_the_text() -> None:
    spent = Budget(texts=2)
    with pytest.raises(OverBudget, match=r"^The text has more to read than one text may have\.$"):
        spent.spend(2 * budget.TOKENS + 1, 0)
    with pytest.raises(OverBudget):
        Budget().allow(10**9)
    with pytest.raises(OverBudget):
        Budget(seconds=-1).check()


READ = {
    "My name is Jane Doe.": True,
    "it was samir haddad who called": True,
    "Ask for Mr Kowalczyk.": True,
    "Her maiden name is Key.": True,
    "J. Cole sings.": True,
    "12 main street, second floor": True,
    "Kangerlussuaq 54005": True,
    "reach me on 0171 555 01 23": True,
    "Ich heiße Jürgen Müller.": True,
    "The meter shows the new reading on the first day of the month.": False,
    "You can open the menu, choose the tab, and send it again.": False,
    "Returns the value of `x` as a string, or None.": False,
    "2024-01-02 12:00:00 it was sent again": False,
    "isDataFrame getValue toString": False,
    "the total is 12.50 for 3 of them": False,
}


@pytest.mark.parametrize(("text", "expected"), READ.items(), ids=ascii)
def test_only_sentences_that_can_name_somebody_are_read(text: str, expected: bool) -> None:
    assert bool(list(passages(text))) == expected


def test_a_sentence_without_a_candidate_costs_the_model_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clean = "You can open the menu, choose the tab, and send the reading again on the next day. "
    named = "My name is Jane Doe, and I have lived in this house for more than a hundred years. "
    text = clean * 3 + named + clean * 3
    read: list[str] = []
    original = model.Rampart._read

    def listening(self: model.Rampart, parts: list[str], *rest: Any) -> object:
        read.extend(parts)
        return original(self, parts, *rest)

    monkeypatch.setattr(model.Rampart, "_read", listening)
    monkeypatch.setattr(rampart(), "_cache", type(rampart()._cache)())
    assert [text[f.start : f.end] for f in Redactor().find(text)] == ["Jane Doe"]
    assert all("Jane" in part or "name is" in part for part in read)
    assert sum(map(len, read)) < 3 * len(named)
    read.clear()
    assert Redactor().find(text)
    assert read == []


def test_passages_are_in_order_apart_and_short() -> None:
    for text in texts(3_000, seed=7):
        end = 0
        for start, stop in passages(text):
            assert end <= start < stop <= len(text)
            assert stop - start <= candidates.LONG + candidates.SHORT
            end = stop


def test_threads_at_the_model_find_what_one_finds() -> None:
    sentences = [f"Dear {name}, you wrote to us." for name in ("Jane Doe", "Peter Smith")] * 20
    expected = [REDACTOR.find(text) for text in sentences]
    barrier = threading.Barrier(8)

    def work(_: int) -> object:
        barrier.wait()
        return Redactor().find_many(sentences)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [expected] * 8


@st.composite
def awkward(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.sampled_from(PERSONAL + PLAIN) | st.text(max_size=8), max_size=6))
    chance = draw(st.randoms(use_true_random=False))
    changed = [mutated(chance, piece) if chance.random() < 0.4 else piece for piece in pieces]
    return draw(st.sampled_from(["", " ", ", ", "\n"])).join(changed)


def holds(text: str, *, models: bool) -> None:
    once = REDACTOR.redact(text, models=models)
    assert not once.failed
    assert REDACTOR.redact(once.text, models=models) == Redacted(once.text, ())
    parts, end = [], 0
    for finding in once.findings:
        assert end <= finding.start < finding.end <= len(text)
        parts.append(text[end : finding.start])
        end = finding.end
    # What is no finding stands in the result, in order.
    assert re.fullmatch(r"\[[^]]*\]".join(map(re.escape, (*parts, text[end:]))), once.text)
    for match in PLACEHOLDER.finditer(text):
        assert match.group() in once.text


@settings(max_examples=400, deadline=None)
@given(awkward())
def test_patterns_hold_on_awkward_texts(text: str) -> None:
    holds(text, models=False)


@settings(max_examples=80, deadline=None)
@given(awkward())
def test_the_model_holds_on_awkward_texts(text: str) -> None:
    holds(text, models=True)
