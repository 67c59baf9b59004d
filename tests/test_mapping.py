"""Logs whose fields have other names."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.load import MappingError, parse_mapping
from core.load.mapping import renamed
from core.pipeline import load_file
from core.review import item
from core.store import Store, reports

PAIRS = ("question=Query", "answer=reply.text", "signal=thumb", "correction=Better answer", "id=nr")
ASKED: dict[str, Any] = {
    "Query": "Why?",
    "reply": {"text": "Because.", "model": "m"},
    "thumb": "down",
    "Better answer": "So that it works.",
    "nr": 7,
    "colour": "red",
}


def test_fields_are_found_under_keys_and_paths() -> None:
    before = json.dumps(ASKED)
    assert renamed(ASKED, parse_mapping(PAIRS)) == {
        "question": "Why?",
        "answer": "Because.",
        "reply": {"model": "m"},
        "feedback": {"signal": "down", "correction": "So that it works."},
        "id": 7,
        "colour": "red",
    }
    assert json.dumps(ASKED) == before


def test_an_exact_key_comes_before_a_path() -> None:
    record = {"a.b": "exact", "a": {"b": "path"}}
    assert renamed(record, {"question": "a.b"}) == {"question": "exact", "a": {"b": "path"}}
    assert renamed({"a": {"b": "path"}}, {"question": "a.b"}) == {"question": "path"}
    assert renamed({"x": 1}, {"question": "a.b"}) == {"x": 1}


@pytest.mark.parametrize("pair", ["question", "question=", "=Query", "colour=red"])
def test_a_mapping_that_makes_no_sense_is_refused(pair: str) -> None:
    with pytest.raises(MappingError):
        parse_mapping((pair,))


def test_a_log_of_other_names_loads(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "log.jsonl"
    late = {"interaction_id": "7", "thumb": "up"}
    path.write_text(f"{json.dumps(ASKED)}\n{json.dumps(late)}\n", "utf-8")
    counts = load_file(store, path, mapping=parse_mapping(PAIRS))
    assert (counts.lines, counts.loaded, counts.feedback, counts.rejected) == (2, 1, 1, 0)
    loaded = item(store, "7")
    assert loaded and (loaded.question, loaded.answer) == ("Why?", "Because.")
    assert [event.signal for event in loaded.events] == ["down", "up"]
    assert loaded.events[0].correction == "So that it works."
    assert reports.stats(store, sample=False)["up"] == 1
    (row,) = store.rows("SELECT metadata FROM interactions")
    assert json.loads(row["metadata"]) == {"colour": "red", "reply": {"model": "m"}}
